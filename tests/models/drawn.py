"""Shared by the tests beside: what they are made of."""

import torch
from tiny_networks import tiny_network
from torch import Tensor

from docclean.models import Autoencoder


def draw(*shape: int, seed: int = 0) -> Tensor:
    """Greys of noise, 0..1."""
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def autoencoder(name: str, seed: int = 0) -> Autoencoder:
    network = tiny_network(name, seed)
    assert isinstance(network, Autoencoder)
    return network
