"""The exported file computes what the checkpoint does, says what it is, and loads alone."""

import numpy as np
import pytest
import torch
from test_models import tiny_network, write_checkpoint

from docclean import runtime as runtime_module
from docclean.errors import (
    DoccleanError,
    MissingProgramError,
    OutputError,
    UnreadableInputError,
    UsageError,
)
from docclean.export import export_checkpoint
from docclean.models.checkpoint import load_network
from docclean.runtime import OnnxRuntime, load_runtime, shipped_models


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory):
    """(network, checkpoint, exported file, difference it was written with)."""
    folder = tmp_path_factory.mktemp("export")
    network = tiny_network(seed=9)
    checkpoint = write_checkpoint(folder / "checkpoint.safetensors", network, step=123)
    out = folder / "deep" / "tiny.onnx"
    return network, checkpoint, out, export_checkpoint(checkpoint, out)


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A shipped folder that holds one name."""
    (tmp_path / "small.onnx").write_bytes(b"junk")
    monkeypatch.setattr(runtime_module, "WEIGHTS", tmp_path)
    return tmp_path


# --- export --------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 16, 16), (1, 64, 96), (3, 144, 32), (2, 16, 480)], ids=str)
def test_the_file_computes_what_the_checkpoint_does_at_any_size(exported, shape):
    network, _, out, told = exported
    tiles = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    found = OnnxRuntime(out, "cpu", threads=1)(tiles)
    with torch.no_grad():
        expected = network(torch.from_numpy(tiles)[:, None].float() / 255)[:, 0] * 255
    assert found.dtype == np.uint8 and found.shape == tiles.shape
    assert np.abs(found - expected.numpy()).max() < 1
    assert found.std() > 5  # an output of one grey would compare well too
    assert 0 <= told <= 1


def test_the_file_says_what_it_is(exported):
    import onnx

    network, _, out, _ = exported
    facts = {item.key: item.value for item in onnx.load(str(out)).metadata_props}
    assert facts["architecture"] == "dae" and facts["step"] == "123"
    runtime = OnnxRuntime(out, "cpu")
    assert (runtime.stride, runtime.reach) == (network.stride, network.reach)
    assert runtime.name == "tiny"


def test_the_weights_beside_it_rebuild_the_same_network(exported):
    network, _, out, _ = exported
    rebuilt, header = load_network(out.with_suffix(".safetensors"))
    assert header["step"] == 123
    mine, theirs = network.state_dict(), rebuilt.state_dict()
    assert mine.keys() == theirs.keys()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    size = out.with_suffix(".safetensors").stat().st_size
    assert size < 4 * sum(value.numel() for value in mine.values()) * 1.1 + 8192  # no moments


def test_nothing_else_is_left_behind(exported):
    _, _, out, _ = exported
    assert sorted(path.name for path in out.parent.iterdir()) == ["tiny.onnx", "tiny.safetensors"]


@pytest.mark.parametrize("name", ["model.pt", "model", "model.onnx.gz"])
def test_an_output_that_is_no_onnx_is_refused_before_any_work(exported, tmp_path, name):
    with pytest.raises(OutputError, match=name):
        export_checkpoint(exported[1], tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_an_output_that_cannot_be_written_is_named(exported, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="file"):
        export_checkpoint(exported[1], tmp_path / "file" / "model.onnx")


def test_an_unreadable_checkpoint_is_named_and_nothing_written(tmp_path):
    with pytest.raises(UnreadableInputError, match=r"none\.safetensors"):
        export_checkpoint(tmp_path / "none.safetensors", tmp_path / "out.onnx")
    assert not list(tmp_path.iterdir())


def test_a_file_that_computes_something_else_is_not_kept(exported, tmp_path, monkeypatch):
    monkeypatch.setattr("docclean.export._compare", lambda *_: 9.0)
    with pytest.raises(DoccleanError, match=r"9\.0 grey levels"):
        export_checkpoint(exported[1], tmp_path / "wrong.onnx")
    assert not list(tmp_path.iterdir())


# --- loading -------------------------------------------------------------------------------------


def test_a_path_loads(exported):
    assert load_runtime(exported[2], "cpu", 1).name == "tiny"
    assert load_runtime(str(exported[2]), "cpu", 1).name == "tiny"


@pytest.mark.parametrize("content", [b"", b"junk" * 99], ids=["empty", "junk"])
def test_a_junk_file_is_named(tmp_path, content):
    path = tmp_path / "junk.onnx"
    path.write_bytes(content)
    with pytest.raises(UnreadableInputError, match=r"junk\.onnx.*docclean export"):
        OnnxRuntime(path, "cpu")


def test_someone_elses_network_is_named(exported, tmp_path):
    import onnx

    graph = onnx.load(str(exported[2]))
    del graph.metadata_props[:]
    onnx.save(graph, str(tmp_path / "foreign.onnx"))
    with pytest.raises(UnreadableInputError, match=r"foreign\.onnx"):
        OnnxRuntime(tmp_path / "foreign.onnx", "cpu")


def test_an_unknown_model_names_the_nearest(shelf):
    assert shipped_models() == ["small"]
    with pytest.raises(UsageError, match="did you mean 'small'"):
        load_runtime("smal")


def test_a_folder_is_no_model(shelf):
    with pytest.raises(UsageError, match="known: small"):
        load_runtime(shelf)


def test_cuda_without_cuda_is_a_missing_program(exported, monkeypatch):
    import onnxruntime

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(MissingProgramError, match="--device cuda"):
        OnnxRuntime(exported[2], "cuda")
    assert OnnxRuntime(exported[2], "auto").stride == 16


def test_an_unknown_device_is_refused(exported):
    with pytest.raises(UsageError, match="cuda"):
        OnnxRuntime(exported[2], "coda")
