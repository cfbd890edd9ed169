"""What the textbooks say of their networks, held against a slower way to the same numbers."""

import pytest
import torch
from drawn import draw
from tiny_networks import tiny_network

from docclean.models import ARCHITECTURES
from docclean.models.classics.dense import DenseAutoencoder, VariationalAutoencoder
from docclean.models.classics.marginalized import MarginalizedAutoencoder
from docclean.recipe import Model


def test_the_contraction_is_the_squared_norm_of_the_jacobian():
    network = tiny_network("dense-contractive")
    image = draw(3, 1, 12, 12)
    norms = [
        torch.autograd.functional.jacobian(network.encode, one[None]).square().sum()
        for one in image
    ]
    expected = 1e-3 * torch.stack(norms).mean()
    assert float(network.taught(image)[1].detach()) == pytest.approx(float(expected), rel=1e-4)


def test_the_divergence_is_that_of_two_normal_distributions():
    network = tiny_network("variational")
    assert isinstance(network, VariationalAutoencoder)
    image = draw(5, 1, 12, 12)
    told = network._told(network.blocks(image))
    mean, spread = told[:, :4], told[:, 4:]
    apart = torch.distributions.kl_divergence(
        torch.distributions.Normal(mean, (spread / 2).exp()), torch.distributions.Normal(0.0, 1.0)
    )
    expected = 0.1 * apart.sum(1).mean() / 144
    assert float(network.taught(image)[1].detach()) == pytest.approx(
        float(expected.detach()), rel=1e-4
    )


def test_a_variational_code_is_drawn_while_it_learns_and_its_mean_after():
    network = tiny_network("variational")
    image = draw(2, 1, 12, 24)
    assert torch.equal(network.logits(image), network.logits(image))
    one, other = network.taught(image)[0], network.taught(image)[0]
    assert one.shape == image.shape and not torch.equal(one, other)


def test_the_marginalized_map_is_what_least_squares_find_on_many_noisy_copies():
    """Ordinary least squares over 600 corrupted copies of the data come near the closed form."""
    network = ARCHITECTURES["marginalized"].build(Model("marginalized", side=4, marginal=0.3))
    assert isinstance(network, MarginalizedAutoencoder)
    clean = (draw(80, 1, 4, 4) > 0.5).float()
    for part in torch.split(clean, 20):
        network.absorb(part)
    numbers = torch.Generator().manual_seed(1)
    target = (1 - clean).flatten(1).repeat(600, 1)
    noisy = target.clone()
    chance = torch.rand(target.shape, generator=numbers)
    noisy[chance < 0.15], noisy[chance > 0.85] = 0, 1
    given = torch.cat((noisy, torch.ones(len(noisy), 1)), 1).double()
    found = torch.linalg.lstsq(given, target.double()).solution.T
    assert torch.allclose(network.map.weight.double(), found[:, :-1], atol=0.03)
    assert torch.allclose(network.map.bias.double(), found[:, -1], atol=0.03)


def test_the_marginalized_map_takes_noise_away():
    network = ARCHITECTURES["marginalized"].build(Model("marginalized", side=8))
    bars = torch.ones(16, 1, 8, 8)
    for at in range(16):
        bars[at, :, at % 8, :] = 0
    network.absorb(bars)
    dirty = bars.clone()
    chance = torch.rand(bars.shape, generator=torch.Generator().manual_seed(2))
    dirty[chance < 0.1], dirty[chance > 0.9] = 0, 1
    cleaned = network(dirty)
    assert (cleaned - bars).square().mean() < 0.4 * (dirty - bars).square().mean()


def test_frozen_levels_are_the_outer_ones():
    network = ARCHITECTURES["dense"].build(Model("dense", (8, 6, 4), side=4, frozen=2))
    assert isinstance(network, DenseAutoencoder)
    learning = {name for name, value in network.named_parameters() if value.requires_grad}
    assert learning == {
        f"{half}.2.{part}" for half in ("encoder", "decoder") for part in ("weight", "bias")
    }


def test_a_shallower_network_has_the_outer_layers_of_a_deeper_one():
    deep, shallow = (
        ARCHITECTURES["dense"].build(Model("dense", (8, 6, 4), side=4, depth=depth)).state_dict()
        for depth in (0, 2)
    )
    assert shallow.keys() < deep.keys()
    assert all(value.shape == deep[name].shape for name, value in shallow.items())


@pytest.mark.parametrize("name", ["bottleneck-deep", "dense"])
def test_a_picture_of_one_block_is_not_blended(name):
    model = Model("bottleneck", (4,), side=8, latent=6, overlap=False)
    network = ARCHITECTURES["bottleneck"].build(model).eval()
    image = draw(2, 1, 8, 8)
    with torch.no_grad():
        assert torch.equal(network(image), network.logits(image).sigmoid())


def test_convolutions_a_level_and_normalisation_are_as_many_as_asked():
    network = ARCHITECTURES["bottleneck"].build(Model("bottleneck", (4, 8, 8), side=16, convs=(2,)))
    kinds = [type(one).__name__ for one in network.modules()]
    assert kinds.count("Conv2d") == 6 + 3 and kinds.count("ConvTranspose2d") == 3
    assert "BatchNorm2d" not in kinds
    leaky = ARCHITECTURES["bottleneck"].build(
        Model("bottleneck", (4, 8), side=16, leak=0.2, norm=True)
    )
    kinds = [type(one).__name__ for one in leaky.modules()]
    assert kinds.count("BatchNorm2d") == 3 and "ReLU" not in kinds
