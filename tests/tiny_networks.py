"""Networks of every architecture, small enough to run in a test."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from docclean.models import ARCHITECTURES, Architecture
from docclean.models.checkpoint import (
    save_tensors,
)
from docclean.recipe import Model, Recipe

TINY = {
    "dae": Model("dae", (4, 8, 8, 8)),
    "dae-shallow": Model("dae", (4, 8, 8, 8), depths=(0, 2, 1, 0, 0), fine=0),
    "coarse": Model("coarse", (8, 8, 8), depths=(0, 1, 1, 0, 0)),
    "conv": Model("conv", (4, 8, 8)),
    "conv-double": Model("conv", (6, 8), scale=2),
    "bottleneck": Model("bottleneck", (4, 8, 8), side=48, latent=24),
    "bottleneck-sparse": Model("bottleneck", (4, 8), side=16, latent=24, sparsity=0.01),
    "bottleneck-deep": Model(
        "bottleneck", (4, 8), side=16, latent=24, convs=(1, 2), leak=0.2, norm=True, overlap=False
    ),
    "bottleneck-double": Model("bottleneck", (4, 8), side=16, latent=24, scale=2),
    "dense": Model("dense", (24, 12), side=12),
    "dense-contractive": Model("dense", (24,), side=12, contraction=1e-3),
    "variational": Model("variational", (24,), side=12, latent=4, divergence=0.1),
    "marginalized": Model("marginalized", side=8),
}


every_network = pytest.mark.parametrize("name", TINY)


def build(name: str) -> Architecture:
    return ARCHITECTURES[TINY[name].name].build(TINY[name]).eval()


def tiny_network(name: str = "dae", seed: int = 0) -> Architecture:
    """A small network whose deepest features still matter for its output."""
    network = build(name)
    numbers = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for key, value in network.named_parameters():
            if value.dim() > 1:
                gain = 0.2 if key.startswith("head") else 2.0
                deviation = (gain / value[0].numel()) ** 0.5
                value.copy_(torch.randn(value.shape, generator=numbers) * deviation)
            else:
                middle = 1 if key.endswith("weight") else 0  # of a normalisation
                value.copy_(middle + torch.randn(value.shape, generator=numbers) * 0.05)
    return network


def write_checkpoint(
    path: Path, network: Architecture, step: int = 7, model: Model | None = None
) -> Path:
    """Write a network as `docclean train` does; the raw weights are not the averaged ones."""
    tensors = {f"net.{name}": value + 1 for name, value in network.state_dict().items()}
    tensors |= {f"ema.{name}": value for name, value in network.state_dict().items()}
    header = {
        "recipe": replace(Recipe(), model=model or TINY[network.name]).to_dict(),
        "step": step,
        "stride": network.stride,
        "reach": network.reach,
    }
    save_tensors(path, tensors, header)
    return path
