"""What a network promises: its sizes are true, it learns, its halves fit, a file rebuilds it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from tiny_networks import TINY, build, every_network, tiny_network, write_checkpoint
from torch import Tensor, nn

from docclean.errors import UnreadableInputError, UsageError
from docclean.models import ARCHITECTURES, Architecture, Autoencoder
from docclean.models.checkpoint import (
    described_model,
    load_network,
    load_tensors,
    parameter_count,
    save_tensors,
)
from docclean.recipe import Model, Recipe

RECIPES = Path(__file__).parents[2] / "pipelines" / "recipes"
"""Every architecture, and every option that changes its sizes."""
CODED = [name for name in TINY if not name.startswith("dae")]

ROUNDING = 1e-12
"""Differences of float64 below it are no change."""

every_autoencoder = pytest.mark.parametrize("name", CODED)


def draw(*shape: int, seed: int = 0) -> Tensor:
    """Greys of noise, 0..1."""
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def lines(count: int, side: int) -> Tensor:
    """White pages with black bars 3 px thick, (count, 1, side, side), and none alike."""
    page = torch.ones(count, 1, side, side)
    for index in range(count):
        page[index, :, 2 + index :: 9, 3 : side - 4] = 0
        page[index, :, 3 + index :: 9, 3 : side - 4] = 0
        page[index, :, 4 + index :: 9, 3 : side - 4] = 0
    return page


def autoencoder(name: str, seed: int = 0) -> Autoencoder:
    network = tiny_network(name, seed)
    assert isinstance(network, Autoencoder)
    return network


def open_network(name: str) -> Architecture:
    """A network in which every path carries a change through: no weight is negative."""
    network = build(name).double()
    numbers = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for value in network.parameters():
            if value.dim() > 1:
                weight = 0.2 + torch.rand(value.shape, generator=numbers, dtype=value.dtype)
                value.copy_(weight / weight.sum(tuple(range(1, value.dim())), keepdim=True))
            else:
                value.fill_(1.0)
    return network


@torch.no_grad()
def farthest_change(network: Architecture, door: Callable[[Tensor], Tensor]) -> tuple[int, int]:
    """Change pixels of strips one at a time; return how far outputs change, and the room, in px.

    Every place of a cell of one stride is tried, lighter and darker, along both axes.
    """
    stride, scale = network.stride, network.scale
    middle = -(-network.reach // stride) * stride + stride
    strip = 0.3 + 0.4 * draw(1, 1, 2 * stride, 2 * middle, seed=2).double()
    farthest = 0
    for turned in (False, True):
        image = strip.mT if turned else strip
        before = door(image)
        for place in range(stride):
            changed = image.repeat(2, 1, 1, 1)
            spot = (stride + 3, middle + place)
            row, column = reversed(spot) if turned else spot
            changed[0, 0, row, column], changed[1, 0, row, column] = 3.0, -3.0
            axis = 2 if turned else 3
            # other numbers of blocks are multiplied in another order: that is no change
            places = ((door(changed) - before).abs() > ROUNDING).nonzero()[:, axis] // scale
            farthest = max(farthest, int((places - middle - place).abs().max()))
    return farthest, middle


# --- sizes ---------------------------------------------------------------------------------------


def test_every_architecture_is_tried_here():
    assert {model.name for model in TINY.values()} == set(ARCHITECTURES.names())


@every_network
def test_one_pixel_changes_nothing_beyond_the_claimed_reach(name):
    network = open_network(name)
    farthest, room = farthest_change(network, network.logits)
    assert farthest <= network.reach, f"{name} claims {network.reach} px and reaches {farthest}"
    # else the probe sees too little to prove anything, or the claim wastes work
    assert farthest == network.reach if name in CODED else farthest > network.reach / 2
    assert farthest < room  # else the image was too small to tell


def test_blocks_that_overlap_keep_the_claimed_reach():
    network = open_network("bottleneck-double")
    assert farthest_change(network, network)[0] == network.reach == 15


@every_network
def test_sides_are_multiples_of_the_stride(name):
    network = tiny_network(name)
    stride, scale = network.stride, network.scale
    for rows, columns in ((1, 1), (1, 4), (5, 3)):
        image = draw(2, 1, rows * stride, columns * stride)
        with torch.no_grad():
            cleaned, logits = network(image), network.logits(image)
        assert (
            cleaned.shape == logits.shape == (2, 1, scale * rows * stride, scale * columns * stride)
        )
        assert cleaned.min() >= 0 and cleaned.max() <= 1


@every_network
def test_macs_are_those_its_layers_do(name):
    network = tiny_network(name)
    done: list[int] = []

    def count(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        assert isinstance(module, nn.Conv2d | nn.Linear | nn.ConvTranspose2d)
        turned = isinstance(module, nn.ConvTranspose2d)
        done.append((inputs[0] if turned else output).numel() * module.weight[0].numel())

    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear | nn.ConvTranspose2d):
            module.register_forward_hook(count)
    image = draw(1, 1, 4 * network.stride, 6 * network.stride)
    with torch.no_grad():
        network.logits(image)
    assert network.macs_per_pixel() == pytest.approx(sum(done) / image.numel(), rel=1e-9)


def test_parameter_count_is_what_the_layers_hold():
    assert parameter_count(nn.Conv2d(3, 5, 3)) == 3 * 5 * 9 + 5


# --- the shipped family --------------------------------------------------------------------------


def test_untrained_it_keeps_black_on_white():
    image = lines(3, 96)
    with torch.no_grad():
        assert (build("dae")(image) - image).abs().max() < 0.05


def test_untrained_it_widens_the_contrast_of_faint_ink_on_dark_paper():
    image = lines(3, 96)
    with torch.no_grad():
        faint = build("dae")(0.4 + 0.3 * image)
    assert faint[image == 0].max() < 0.2 and faint[image == 1].min() > 0.8


def test_untrained_it_lightens_blank_paper_of_any_grey():
    for grey in (0.3, 0.6, 1.0):
        with torch.no_grad():
            assert build("dae")(grey - 0.02 * draw(1, 1, 64, 64, seed=4)).min() > 0.8


# --- learning ------------------------------------------------------------------------------------


@every_network
def test_a_few_steps_reduce_the_error_below_that_of_a_blank_page(name):
    torch.manual_seed(3)
    network = build(name).train()
    side = max(32, network.stride)
    clean = lines(4, side * network.scale)
    dirty = F.avg_pool2d(clean, network.scale) * 0.5 + 0.3 * draw(4, 1, side, side)
    share = clean.mean()
    blank = float(-(share * share.log() + (1 - share) * (1 - share).log()))
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    errors = []
    for _ in range(40):
        error = F.binary_cross_entropy_with_logits(network.logits(dirty), clean)
        errors.append(float(error.detach()))
        optimizer.zero_grad()
        (error + network.penalty(dirty)).backward()
        optimizer.step()
    assert errors[-1] < 0.8 * min(errors[0], blank)


@every_network
def test_every_weight_learns(name):
    network = tiny_network(name).train()
    image = draw(2, 1, 2 * network.stride, 2 * network.stride)
    network.logits(image).square().mean().backward()
    still = [key for key, value in network.named_parameters() if not value.grad.abs().max() > 0]
    assert not still


# --- two halves and their code -------------------------------------------------------------------


@every_autoencoder
def test_decoding_the_code_gives_the_logits(name):
    network = autoencoder(name)
    image = draw(2, 1, 3 * network.stride, 2 * network.stride)
    with torch.no_grad():
        code = network.encode(image)
        assert torch.equal(network.decode(code), network.logits(image))
    assert code.shape[0] == 2 and code.shape[2:] == (3, 2)


@every_autoencoder
def test_the_code_decides_the_page(name):
    network = autoencoder(name)
    side = 4 * network.stride
    with torch.no_grad():
        one, other = (network.encode(draw(1, 1, side, side, seed=seed)) for seed in (1, 2))
        assert (network.decode(one) - network.decode(other)).abs().max() > 1e-3


def test_a_patch_becomes_as_many_numbers_as_the_recipe_says():
    network = autoencoder("bottleneck")
    assert network.encode(draw(5, 1, 48, 48)).shape == (5, 24, 1, 1)


@every_network
def test_the_penalty_is_nothing_unless_asked_for(name):
    network = tiny_network(name)
    penalty = network.penalty(draw(1, 1, network.stride, network.stride))
    assert penalty.dim() == 0 and (penalty > 0) == (network.sparsity > 0) == (name[-6:] == "sparse")


def test_the_penalty_is_the_mean_absolute_code_and_pulls_at_the_encoder_alone():
    network = autoencoder("bottleneck-sparse").train()
    image = draw(3, 1, 32, 48)
    penalty = network.penalty(image)
    assert torch.allclose(penalty, 0.01 * network.encode(image).abs().mean())
    penalty.backward()
    pulled = {key for key, value in network.named_parameters() if value.grad is not None}
    pulled = {key.split(".")[0] for key in pulled}
    assert pulled == {"encoder", "squeeze"}
    assert all(float(value.grad.abs().sum()) > 0 for value in network.encoder.parameters())


def test_following_the_penalty_empties_the_code():
    network = autoencoder("bottleneck-sparse").train()
    image = draw(3, 1, 32, 48)
    before = network.encode(image)
    optimizer = torch.optim.SGD(network.parameters(), lr=20.0)
    for _ in range(20):
        optimizer.zero_grad()
        network.penalty(image).backward()
        optimizer.step()
    after = network.encode(image)
    assert before.min() >= 0 and after.mean() < 0.5 * before.mean()
    assert (after == 0).float().mean() > (before == 0).float().mean()  # zeros, not small numbers


# --- options -------------------------------------------------------------------------------------


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
        (Model("bottleneck", side=0), "side must be a multiple of 16 .* 16 would work"),
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


# --- blocks --------------------------------------------------------------------------------------


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


# --- checkpoints ---------------------------------------------------------------------------------


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
