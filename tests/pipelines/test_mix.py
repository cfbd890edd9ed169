"""Mixed weights lie between those of two checkpoints of one network."""

import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

sys.path.append(str(Path(__file__).parents[2] / "pipelines/training"))  # scripts, no package

import mix  # noqa: E402

from docclean.clean.network import WEIGHTS  # noqa: E402
from docclean.errors import UsageError  # noqa: E402
from docclean.models.checkpoint import load_network, load_tensors  # noqa: E402


def test_a_share_of_the_second_and_nothing_but_averaged_weights():
    before = {"ema.a": torch.tensor([0.0, 2.0]), "a": torch.tensor([9.0])}
    after = {"ema.a": torch.tensor([1.0, 4.0]), "step": torch.tensor(3)}
    found = mix.mixed(before, after, 0.25)
    assert list(found) == ["ema.a"]
    assert found["ema.a"].tolist() == [0.25, 2.5]


@pytest.mark.parametrize("other", [{"ema.b": torch.zeros(2)}, {"ema.a": torch.zeros(3)}, {}])
def test_other_networks_are_refused(other):
    with pytest.raises(UsageError, match="same network"):
        mix.mixed({"ema.a": torch.zeros(2)}, other, 0.5)


def test_a_mixed_file_is_a_checkpoint(tmp_path, monkeypatch):
    shipped, out = WEIGHTS / "small.safetensors", tmp_path / "mixed.safetensors"
    monkeypatch.setattr(sys, "argv", ["mix.py", str(shipped), str(shipped), "-o", str(out)])
    mix.main()
    network, header = load_network(out)
    assert header["step"] == load_tensors(shipped)[1]["step"]
    wanted, _ = load_network(shipped)
    for name, value in network.state_dict().items():
        assert torch.equal(value, wanted.state_dict()[name])
