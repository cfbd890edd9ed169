"""The exported file computes what the checkpoint does, says what it is, and loads alone."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_networks import TINY, every_network, tiny_network, write_checkpoint

from docclean.clean import network as runtime_module
from docclean.clean.network import OnnxRuntime, load_runtime, shipped_models
from docclean.clean.tiles import TileGrid, join, split
from docclean.errors import (
    DoccleanError,
    MissingProgramError,
    OutputError,
    UnreadableInputError,
    UsageError,
)
from docclean.models.base import Architecture
from docclean.models.checkpoint import load_network
from docclean.page import Image
from docclean.training.export import export_checkpoint


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
    monkeypatch.setattr("docclean.training.export._compare", lambda *_: 9.0)
    with pytest.raises(DoccleanError, match=r"9\.0 grey levels"):
        export_checkpoint(exported[1], tmp_path / "wrong.onnx")
    assert not list(tmp_path.iterdir())


# --- every network -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shelf_of_all(tmp_path_factory: pytest.TempPathFactory):
    """Return a function that exports a network of the tests, once."""
    folder, made = tmp_path_factory.mktemp("all"), {}

    def export(name: str) -> tuple[Architecture, Path]:
        if name not in made:
            network, out = tiny_network(name, seed=9), folder / f"{name}.onnx"
            checkpoint = write_checkpoint(folder / name, network, model=TINY[name])
            assert export_checkpoint(checkpoint, out) <= 1
            made[name] = network, out
        return made[name]

    return export


@every_network
def test_each_file_computes_what_its_network_does(shelf_of_all, name):
    network, out = shelf_of_all(name)
    runtime, stride, scale = OnnxRuntime(out, "cpu", threads=1), network.stride, network.scale
    for count, rows, columns in ((1, 1, 1), (3, 5, 2), (2, 1, 7)):
        shape = count, rows * stride, columns * stride
        tiles = np.random.default_rng(rows).integers(0, 256, shape, dtype=np.uint8)
        found = runtime(tiles)
        with torch.no_grad():
            expected = network(torch.from_numpy(tiles)[:, None].float() / 255)[:, 0] * 255
        assert found.dtype == np.uint8
        assert found.shape == (count, scale * rows * stride, scale * columns * stride)
        assert np.abs(found - expected.numpy()).max() <= 1


@every_network
def test_each_file_says_its_sizes(shelf_of_all, name):
    network, out = shelf_of_all(name)
    runtime = OnnxRuntime(out, "cpu", threads=1)
    sizes = runtime.stride, runtime.reach, runtime.scale
    assert sizes == (network.stride, network.reach, network.scale)


def clean_in_tiles(runtime: OnnxRuntime, page: Image, area: int) -> tuple[Image, int]:
    """Return the page as the network makes it, tile by tile, and the number of tiles."""
    grid = TileGrid.cover(*page.shape, runtime.reach, runtime.stride, area)
    scale = runtime.scale
    cleaned = np.zeros((scale * len(page), scale * page.shape[1]), np.uint8)
    for box, cut in split(page, grid):
        join(cleaned, box, runtime(cut[None])[0], scale)
    return cleaned, len(grid.boxes)


def half_light(runtime: OnnxRuntime) -> Image:
    """Noise, lighter to the right, large enough for two tiles each way."""
    halo = runtime.reach + runtime.stride
    shape = 4 * halo + 13, 4 * halo + 71
    page = np.random.default_rng(4).integers(0, 128, shape, dtype=np.uint8)
    page[:, shape[1] // 3 :] += 127
    return page


@every_network
def test_each_network_in_tiles_is_the_network_on_the_whole_page(shelf_of_all, name):
    runtime = OnnxRuntime(shelf_of_all(name)[1], "cpu", threads=1)
    page = half_light(runtime)
    whole, alone = clean_in_tiles(runtime, page, 10**9)
    tiled, several = clean_in_tiles(runtime, page, 1)
    assert alone == 1 and several > 3
    assert np.abs(tiled.astype(int) - whole).max() <= 1
    assert whole.std() > 0.5  # else tiles in a wrong place would compare well too


@pytest.mark.parametrize("name", ["conv", "bottleneck", "conv-double", "bottleneck-double"])
def test_a_halo_below_the_reach_would_show(shelf_of_all, name, monkeypatch):
    runtime = OnnxRuntime(shelf_of_all(name)[1], "cpu", threads=1)
    page = half_light(runtime)
    whole, _ = clean_in_tiles(runtime, page, 10**9)
    monkeypatch.setattr(runtime, "reach", 0)
    tiled, _ = clean_in_tiles(runtime, page, 1)
    assert np.abs(tiled.astype(int) - whole).max() > 1


def test_a_model_that_enlarges_is_not_taken_to_clean_pages_with(shelf_of_all):
    _, out = shelf_of_all("conv-double")
    with pytest.raises(UsageError, match=r"conv-double\.onnx: .* enlarges pages 2 times"):
        load_runtime(out, "cpu", 1)


def test_a_file_that_does_not_tell_its_scale_keeps_the_size(exported, tmp_path):
    import onnx

    graph = onnx.load(str(exported[2]))
    facts = {item.key: item.value for item in graph.metadata_props if item.key != "scale"}
    del graph.metadata_props[:]
    onnx.helper.set_model_props(graph, facts)
    onnx.save(graph, str(tmp_path / "older.onnx"))
    assert load_runtime(tmp_path / "older.onnx", "cpu", 1).scale == 1


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
