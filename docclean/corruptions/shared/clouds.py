"""Noise of patches: clouds on coarse grids, streaks, fine grain cut from textures made once."""

from functools import lru_cache

import torch
from torch import Tensor

from docclean.corruptions.shared.tensors import fractal_noise, smooth_noise, uniform
from docclean.corruptions.shared.windows import few_px

BANK = 384
"""Side in px of the textures that grain is cut from."""
OCTAVE = 7919
"""Between the seeds of a noise's octaves."""
LEVELS = 7
"""Of those textures: grains of 1 px, each level's wider by the root of two, up to 8 px."""


def clouds(
    seeds: Tensor,
    like: Tensor,
    scale: Tensor,
    octaves: int = 4,
    gain: float = 0.55,
    stream: int = 0,
    step: float = 1.0,
) -> Tensor:
    """Return fractal noise (N, 1, h, w) on a grid of `step` px, its blobs `scale` (N,) px wide."""
    few = (few_px(like.shape[-2], step), few_px(like.shape[-1], step))
    # all octaves in one go: on small grids calls cost more than numbers
    order = torch.arange(octaves, device=seeds.device)
    own = (seeds[:, None] + OCTAVE * order).flatten()
    scales = (scale[:, None] / step / 2.0**order).flatten()
    layers = smooth_noise(own, few, scales, 97 * stream).to(like.dtype)
    weights = (gain**order / (gain ** (2.0 * order)).sum().sqrt()).to(like)
    return torch.einsum("noyx,o->nyx", layers.view(-1, octaves, *few), weights)[:, None]


def clouds_of_marks(
    seeds: Tensor, like: Tensor, scale: Tensor, octaves: int = 2, stream: int = 0, step: float = 1.0
) -> Tensor:
    """Return noise (N, k, h, w), a field for each of a patch's k marks, `scale` (N, k)."""
    own = (seeds[:, None] * 16 + torch.arange(scale.shape[1], device=seeds.device)).flatten()
    noise = clouds(own, like, scale.flatten(), octaves, 0.55, stream, step)
    return noise.view(len(seeds), -1, *noise.shape[-2:])


def waves(
    seeds: Tensor, length: int, scale: Tensor, octaves: int, gain: float, stream: int = 0
) -> Tensor:
    """Return fractal noise (N, length) along a line, its waves `scale` (N,) px long."""
    line = scale.new_zeros(()).expand(1, 1, 1, length)
    return clouds(seeds, line, scale, octaves, gain, stream)[:, 0, 0]


def streaky(
    seeds: Tensor,
    like: Tensor,
    scale: Tensor,
    aspect: Tensor,
    octaves: int,
    stream: int,
    step: float,
) -> Tensor:
    """Return fractal noise on a grid of `step` px whose blobs are `aspect` (N,) times as wide."""
    few = (few_px(like.shape[-2], step), few_px(like.shape[-1], step))
    return fractal_noise(seeds, few, scale / step, octaves, 0.55, stream, aspect)


def grain(seeds: Tensor, like: Tensor, scale: Tensor, stream: int = 0) -> Tensor:
    """Return fine noise (N, 1, H, W) of mean 0 and deviation 1, its grains `scale` (N,) px wide.

    A piece of a texture made once, at a place and in a sense that the seed names: noise of a few
    px made anew for each patch is what costs most. Scales are kept to steps of a root of two,
    from 1 to 8 px; a side of more than `BANK` px repeats.
    """
    bank = _bank(str(like.device))
    drawn = uniform(seeds, (1, 4), 31 + stream).view(-1, 4)
    level = (2 * torch.log2(scale.clamp(min=1))).round().clamp(max=LEVELS - 1).long()
    index = level.view(-1, 1, 1) * BANK**2
    for axis, (side, stride) in enumerate(zip(like.shape[-2:], (BANK, 1), strict=True)):
        first = (drawn[:, axis] * (max(0, BANK - side) + 1)).long()
        along = (first[:, None] + torch.arange(side, device=like.device)) % BANK
        back = (drawn[:, 2 + axis] < 0.5).long()[:, None]
        along = along + back * (BANK - 1 - 2 * along)
        index = index + stride * (along[:, None, :] if axis else along[:, :, None])
    return bank.index_select(0, index.flatten()).view(len(seeds), 1, *index.shape[1:]).to(like)


@lru_cache(maxsize=4)
def _bank(device: str) -> Tensor:
    scales = 2.0 ** (torch.arange(LEVELS) / 2)
    textures = fractal_noise(torch.arange(LEVELS) + 1, (BANK, BANK), scales, 2)
    return (textures / textures.std((1, 2, 3), keepdim=True)).flatten().to(device)
