"""Options of networks, their blocks, and checkpoints that rebuild them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from drawn import autoencoder, draw
from safetensors.torch import save_file
from tiny_networks import TINY, build, every_network, tiny_network, write_checkpoint
from torch import Tensor

from docclean.errors import UnreadableInputError, UsageError
from docclean.models import ARCHITECTURES
from docclean.models.checkpoint import (
    described_model,
    load_network,
    load_tensors,
    save_tensors,
)
from docclean.recipe import Model, Recipe

RECIPES = Path(__file__).parents[2] / "pipelines" / "recipes"
"""Every architecture, and every option that changes its sizes."""


# --- options --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["conv", "bottleneck"])
@pytest.mark.parametrize(("depth", "widths"), [(0, (4, 8)), (1, (4,)), (4, (4, 8, 8, 8))], ids=str)
def test_depth_counts_the_levels_and_the_last_width_repeats(name, depth, widths):
    network = ARCHITECTURES[name].build(Model(name, (4, 8), depth=depth, latent=5))
    assert network.widths == widths
    assert network.stride == (64 if name == "bottleneck" else 2 ** len(widths))


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (Model("conv", scale=3), "scale must be 1 or 2, not 3"),
        (Model("bottleneck", scale=0), "scale must be 1 or 2, not 0"),
        (Model("conv", ()), "at least one level"),
        (Model("bottleneck", side=40), "side must be a multiple of 16 .* 48 would work"),
        (Model("bottleneck", side=0), "side must be at least 1, such as 32"),
        (Model("bottleneck", convs=()), "convs must name a number"),
        (Model("dense", (8, 4), contraction=0.1), "contraction is of one level"),
        (Model("dense", (8, 4), frozen=2), "frozen must be below 2"),
        (Model("variational", latent=0), "latent must be at least 1"),
        (Model("marginalized", marginal=0.0), "marginal between 0 and 1"),
        (Model("marginalized", scale=2), "keeps the size"),
        (Model("bottleneck", latent=0), "latent must be at least 1"),
    ],
    ids=lambda value: "" if isinstance(value, Model) else value,
)
def test_sizes_that_cannot_be_are_told(model, told):
    with pytest.raises(UsageError, match=told):
        ARCHITECTURES[model.name].build(model)


def test_an_unknown_architecture_names_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'dae'"):
        ARCHITECTURES["dea"]


@pytest.mark.parametrize("name", ["conv", "bottleneck", "sparse", "double"])
def test_the_recipes_of_the_other_networks_build(name):
    recipe = Recipe.load(RECIPES / f"{name}.toml")
    network = ARCHITECTURES[recipe.model.name].build(recipe.model)
    assert recipe.train.patch % network.stride == 0
    assert network.scale == (2 if name == "double" else 1)
    assert (network.sparsity > 0) == (name == "sparse")


# --- blocks ---------------------------------------------------------------------------------------


def test_blocks_are_coded_each_on_its_own_and_joined_in_place():
    network, image = autoencoder("bottleneck-double"), draw(2, 1, 48, 32)
    with torch.no_grad():
        page = network.logits(image)
        for row in range(3):
            for column in range(2):
                block = image[:, :, 16 * row : 16 * row + 16, 16 * column : 16 * column + 16]
                place = page[:, :, 32 * row : 32 * row + 32, 32 * column : 32 * column + 32]
                assert torch.allclose(network.logits(block), place, atol=1e-5)


@pytest.mark.parametrize("name", ["bottleneck", "bottleneck-double"])
def test_the_windows_of_overlapping_blocks_sum_to_one(name, monkeypatch):
    network, image = build(name), 0.1 + 0.8 * draw(1, 1, 96, 144)

    def enlarged(page: Tensor) -> Tensor:
        return F.interpolate(page, scale_factor=float(network.scale))

    monkeypatch.setattr(network, "logits", lambda page: enlarged(page).logit())
    assert torch.allclose(network(image), enlarged(image), atol=1e-5)


def test_overlapping_hides_the_borders_of_blocks(monkeypatch):
    network = build("bottleneck")
    squares = torch.eye(2).repeat(2, 2).repeat_interleave(48, 0).repeat_interleave(48, 1)
    image = squares[None, None]  # black blocks and white ones in turn

    def mean_of_each_block(page: Tensor) -> Tensor:
        return F.interpolate(4 * F.avg_pool2d(page, 48), scale_factor=48.0)

    def largest_step(page: Tensor) -> float:
        return float((page[..., 1:] - page[..., :-1]).abs().max())

    monkeypatch.setattr(network, "logits", mean_of_each_block)
    alone = mean_of_each_block(image).sigmoid()
    assert largest_step(alone) > 0.4  # else there is nothing to hide
    assert largest_step(network(image)) < largest_step(alone) / 8  # a step becomes a ramp


# --- checkpoints ----------------------------------------------------------------------------------


@every_network
def test_a_checkpoint_rebuilds_the_averaged_network(tmp_path, name):
    network = tiny_network(name)
    path = write_checkpoint(tmp_path / "c.safetensors", network, step=42, model=TINY[name])
    rebuilt, header = load_network(path)
    assert header["step"] == 42 and described_model(header) == TINY[name]
    assert not rebuilt.training and rebuilt.reach == network.reach
    image = draw(1, 1, network.stride, 3 * network.stride)
    with torch.no_grad():
        assert torch.equal(rebuilt(image), network(image))
    assert [path.name for path in tmp_path.iterdir()] == ["c.safetensors"]


@pytest.mark.parametrize("name", ["dae", "conv"])
def test_headers_of_older_and_newer_versions_load(tmp_path, name):
    network = tiny_network(name)
    path = write_checkpoint(tmp_path / "c.safetensors", network)
    tensors, header = load_tensors(path)
    older = {key: header["recipe"]["model"][key] for key in ("name", "widths")}
    for settings in (older, header["recipe"]["model"] | {"unheard_of": [1, 2]}):
        header["recipe"]["model"] = settings
        save_tensors(path, tensors, header)
        rebuilt, _ = load_network(path)
        assert torch.equal(rebuilt(draw(1, 1, 32, 64)), network(draw(1, 1, 32, 64)))


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


def test_the_shipped_architecture_tells_that_it_keeps_the_size():
    with pytest.raises(UsageError, match="conv"):
        ARCHITECTURES["dae"].build(Model(scale=2))
