"""New pictures out of a variational auto-encoder: samples, and a walk through its latent plane."""

from pathlib import Path
from statistics import NormalDist

import cv2
import numpy as np
import torch
from torch import Tensor

from docclean.models.base import to_bytes
from docclean.models.classics.dense import VariationalAutoencoder

ROWS = 8
"""Samples a side."""
STEPS = 15
"""Steps of the walk a side; each passes the same share of the normal distribution."""


def draw_samples(path: Path, network: VariationalAutoencoder) -> None:
    """Write what standard normal codes decode to, always the same ones."""
    numbers = torch.Generator().manual_seed(0)
    _write(path, network, torch.randn(ROWS * ROWS, network.latent, generator=numbers), ROWS)


def draw_walk(path: Path, network: VariationalAutoencoder) -> None:
    """Write what the first two latent numbers do, the others at 0, in even shares."""
    share = [(step + 0.5) / STEPS for step in range(STEPS)]
    places = torch.tensor([NormalDist().inv_cdf(one) for one in share])
    codes = torch.zeros(STEPS, STEPS, network.latent)
    codes[..., 0] = places
    if network.latent > 1:
        codes[..., 1] = places.flip(0)[:, None]
    _write(path, network, codes.view(STEPS * STEPS, -1), STEPS)


@torch.no_grad()
def _write(path: Path, network: VariationalAutoencoder, codes: Tensor, columns: int) -> None:
    device = next(network.parameters()).device
    page = to_bytes(network.decode(codes[..., None, None].to(device)).sigmoid()).cpu()[:, 0]
    side = page.shape[-1]
    laid = page.view(-1, columns, side, side).transpose(1, 2).reshape(-1, columns * side)
    path.write_bytes(cv2.imencode(".png", np.asarray(laid))[1].tobytes())
