"""What a network promises: its sizes are true, it starts as a threshold, a file rebuilds it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from docclean.errors import UnreadableInputError, UsageError
from docclean.models import ARCHITECTURES, Architecture
from docclean.models.checkpoint import load_network, load_tensors, parameter_count, save_tensors
from docclean.recipe import Model, Recipe

TINY = Model(widths=(4, 8, 8, 8))
SIDE = 480
"""Room for the reach on both sides of the middle, a multiple of every stride here."""

every_network = pytest.mark.parametrize("name", ARCHITECTURES.names())


def tiny_network(name: str = "dae", seed: int = 0) -> Architecture:
    """A small network whose deepest features still matter for its output."""
    network = ARCHITECTURES[name].build(Model(name, TINY.widths)).eval()
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for key, value in network.named_parameters():
            if value.dim() > 1:
                gain = 0.2 if key.startswith("head") else 2.0
                deviation = (gain / value[0].numel()) ** 0.5
                value.copy_(torch.randn(value.shape, generator=draw) * deviation)
            else:
                value.copy_(torch.randn(value.shape, generator=draw) * 0.05)
    return network


def write_checkpoint(path: Path, network: Architecture, step: int = 7) -> Path:
    """Write a network as `docclean train` does; the raw weights are not the averaged ones."""
    tensors = {f"net.{name}": value + 1 for name, value in network.state_dict().items()}
    tensors |= {f"ema.{name}": value for name, value in network.state_dict().items()}
    header = {
        "recipe": Recipe.load(model__widths=TINY.widths, model__name=network.name).to_dict(),
        "step": step,
        "stride": network.stride,
        "reach": network.reach,
    }
    save_tensors(path, tensors, header)
    return path


def open_network(name: str) -> Architecture:
    """A network in which every path carries a change through: no weight is negative."""
    network = ARCHITECTURES[name].build(Model(name, TINY.widths)).double().eval()
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for value in network.parameters():
            if value.dim() > 1:
                weight = 0.2 + torch.rand(value.shape, generator=draw, dtype=value.dtype)
                value.copy_(weight / weight.flatten(1).sum(1).view(-1, 1, 1, 1))
            else:
                value.fill_(1.0)
    return network


@torch.no_grad()
def farthest_change(network: Architecture, image: Tensor, row: int, column: int, to: float) -> int:
    """How far from one changed pixel any output changes, in px."""
    changed = image.clone()
    changed[0, 0, row, column] = to
    rows, columns = (network.logits(changed) != network.logits(image))[0, 0].nonzero().T
    return int(max((rows - row).abs().max(), (columns - column).abs().max()))


# --- sizes ---------------------------------------------------------------------------------------


@every_network
def test_one_pixel_changes_nothing_beyond_the_claimed_reach(name):
    network = open_network(name)
    draw = torch.Generator().manual_seed(2)
    image = 0.3 + 0.4 * torch.rand(1, 1, SIDE, SIDE, generator=draw, dtype=torch.float64)
    middle = SIDE // 2 // network.stride * network.stride
    seen = {
        (row, column, to): farthest_change(network, image, middle + row, middle + column, to)
        for row, column in [*zip(range(16), range(16), strict=True), (0, 15), (15, 0), (3, 9)]
        for to in (3.0, -3.0)
    }
    farthest = max(seen.values())
    assert farthest <= network.reach, f"{name} claims {network.reach} px and reaches {farthest}"
    assert farthest > network.reach / 2  # else the probe sees too little to prove anything
    assert farthest < SIDE // 2 - network.stride  # else the image was too small to tell


@every_network
def test_sides_are_multiples_of_the_stride(name):
    network = tiny_network(name)
    stride = network.stride
    for rows, columns in ((1, 1), (1, 4), (5, 3)):
        image = torch.rand(2, 1, rows * stride, columns * stride)
        with torch.no_grad():
            cleaned = network(image)
        assert cleaned.shape == image.shape
        assert cleaned.min() >= 0 and cleaned.max() <= 1


@every_network
def test_macs_are_those_its_convolutions_do(name):
    network = tiny_network(name)
    done: list[int] = []

    def count(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        assert isinstance(module, nn.Conv2d)
        done.append(output.numel() * module.weight[0].numel())

    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(count)
    image = torch.rand(1, 1, 4 * network.stride, 6 * network.stride)
    with torch.no_grad():
        network(image)
    assert network.macs_per_pixel() == pytest.approx(sum(done) / image.numel(), rel=1e-9)


def test_parameter_count_is_what_the_layers_hold():
    assert parameter_count(nn.Conv2d(3, 5, 3)) == 3 * 5 * 9 + 5


# --- the shipped family --------------------------------------------------------------------------


def inked(seed: int = 3) -> Tensor:
    """Greys in squares of 2 px, black ink and white paper in every cell of 16 px."""
    draw = torch.Generator().manual_seed(seed)
    squares = torch.rand(2, 1, 48, 64, generator=draw)
    squares[..., ::8, ::8], squares[..., 3::8, 5::8] = 0.0, 1.0
    return squares.repeat_interleave(2, 2).repeat_interleave(2, 3)


def test_untrained_it_is_a_soft_threshold_of_the_input():
    network, image = ARCHITECTURES["dae"].build(TINY).eval(), inked()
    with torch.no_grad():
        assert torch.allclose(network(image), torch.sigmoid(12 * (image - 0.5)), atol=1e-5)


def test_untrained_it_reads_faint_ink_on_dark_paper_as_black_on_white():
    network, image = ARCHITECTURES["dae"].build(TINY).eval(), inked()
    with torch.no_grad():
        assert torch.allclose(network(0.4 + 0.3 * image), network(image), atol=1e-4)


def test_untrained_it_leaves_blank_paper_of_any_grey_white():
    network = ARCHITECTURES["dae"].build(TINY).eval()
    for grey in (0.3, 0.6, 1.0):
        noise = 0.02 * torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(4))
        with torch.no_grad():
            assert network(grey - noise).min() > 0.95


def test_an_unknown_architecture_names_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'dae'"):
        ARCHITECTURES["dea"]


# --- checkpoints ---------------------------------------------------------------------------------


@every_network
def test_a_checkpoint_rebuilds_the_averaged_network(tmp_path, name):
    network = tiny_network(name)
    rebuilt, header = load_network(write_checkpoint(tmp_path / "c.safetensors", network, step=42))
    assert header["step"] == 42 and header["recipe"]["model"]["name"] == name
    assert not rebuilt.training and rebuilt.reach == network.reach
    image = torch.rand(1, 1, 48, 64)
    with torch.no_grad():
        assert torch.equal(rebuilt(image), network(image))
    assert [path.name for path in tmp_path.iterdir()] == ["c.safetensors"]


def test_tensors_come_back_as_they_were(tmp_path):
    path = tmp_path / "c.safetensors"
    tensors = {"a": torch.arange(6.0).reshape(2, 3).T, "b": torch.tensor(5)}
    save_tensors(path, tensors, {"widths": (1, 2), "note": "ü"})
    found, header = load_tensors(path)
    assert found.keys() == tensors.keys()
    assert all(torch.equal(found[key], tensors[key]) for key in tensors)
    assert header == {"widths": [1, 2], "note": "ü"}


def _missing(path: Path) -> None:
    pass


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _junk(path: Path) -> None:
    path.write_bytes(b"\x80\x02}q\x00." * 50)  # what a pickle looks like


def _truncated(path: Path) -> None:
    write_checkpoint(path, tiny_network())
    path.write_bytes(path.read_bytes()[:-100])


def _foreign(path: Path) -> None:
    save_file({"weight": torch.zeros(3)}, path, metadata={"format": "pt"})


def _nameless(path: Path) -> None:
    save_file({"weight": torch.zeros(3)}, path)


def _folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    "damage", [_missing, _empty, _junk, _truncated, _foreign, _nameless, _folder]
)
def test_what_is_no_checkpoint_is_named(tmp_path, damage: Callable[[Path], None]):
    path = tmp_path / "broken.safetensors"
    damage(path)
    with pytest.raises(UnreadableInputError) as caught:
        load_network(path)
    assert str(path) in str(caught.value) and "docclean train" in str(caught.value)


def test_a_checkpoint_whose_weights_do_not_fit_its_header_is_named(tmp_path):
    path = write_checkpoint(tmp_path / "mixed.safetensors", tiny_network())
    tensors, header = load_tensors(path)
    header["recipe"]["model"]["widths"] = [8, 8, 8, 8]
    save_tensors(path, tensors, json.loads(json.dumps(header)))
    with pytest.raises(UnreadableInputError, match=r"mixed\.safetensors"):
        load_network(path)
