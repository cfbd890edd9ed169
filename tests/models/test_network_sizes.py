"""What a network promises: its sizes are true, it learns, its halves fit, a file rebuilds it."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from drawn import autoencoder, draw
from tiny_networks import TINY, build, every_network, tiny_network
from torch import Tensor, nn

from docclean.models import ARCHITECTURES, Architecture
from docclean.models.checkpoint import (
    parameter_count,
)

CODED = [name for name in TINY if not name.startswith(("dae", "coarse"))]
ROUNDING = 1e-12
"""Differences of float64 below it are no change."""
every_autoencoder = pytest.mark.parametrize("name", CODED)


def lines(count: int, side: int) -> Tensor:
    """White pages with black bars 3 px thick, (count, 1, side, side), and none alike."""
    page = torch.ones(count, 1, side, side)
    for index in range(count):
        page[index, :, 2 + index :: 9, 3 : side - 4] = 0
        page[index, :, 3 + index :: 9, 3 : side - 4] = 0
        page[index, :, 4 + index :: 9, 3 : side - 4] = 0
    return page


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
                value.fill_(0.0 if network.closed else 1.0)  # a solved map is cut at black
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


# --- sizes ----------------------------------------------------------------------------------------


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


# --- the shipped family ---------------------------------------------------------------------------


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


# --- learning -------------------------------------------------------------------------------------


@every_network
def test_a_few_steps_reduce_the_error_below_that_of_a_blank_page(name):
    torch.manual_seed(3)
    network = build(name).train()
    side = -(-32 // network.stride) * network.stride
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
        if network.closed:
            network.absorb(clean)
            continue
        (error + network.taught(dirty)[1]).backward()
        optimizer.step()
    assert errors[-1] < 0.8 * min(errors[0], blank)


@every_network
def test_every_weight_learns(name):
    network = tiny_network(name).train()
    if network.closed:
        pytest.skip("its weights are solved for")
    image = draw(2, 1, 2 * network.stride, 2 * network.stride)
    network.taught(image)[0].square().mean().backward()
    still = [key for key, value in network.named_parameters() if not value.grad.abs().max() > 0]
    assert not still


# --- two halves and their code --------------------------------------------------------------------


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
    penalty = network.taught(draw(1, 1, network.stride, network.stride))[1]
    asked = name.endswith(("sparse", "contractive", "variational"))
    assert penalty.dim() == 0 and (penalty > 0) == asked


def test_the_penalty_is_the_mean_absolute_code_and_pulls_at_the_encoder_alone():
    network = autoencoder("bottleneck-sparse").train()
    image = draw(3, 1, 32, 48)
    penalty = network.taught(image)[1]
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
        network.taught(image)[1].backward()
        optimizer.step()
    after = network.encode(image)
    assert before.min() >= 0 and after.mean() < 0.5 * before.mean()
    assert (after == 0).float().mean() > (before == 0).float().mean()  # zeros, not small numbers
