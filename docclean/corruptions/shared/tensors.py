"""What corruptions of batches are made of: a number or a kernel for each patch, on any device."""

import math
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

import numpy as np
import torch
from torch import Tensor

Interpolation = Literal["linear", "cubic"]

_INDEX, _SEED = 0x9E3779B9 - 2**32, 0x85EBCA6B - 2**32
_FIRST, _SECOND = 0x7FEB352D, 0x846CA68B - 2**32
"""Multipliers of a 32-bit mixing function of low bias (C. Wellons' `lowbias32`, 2018)."""
QUANTILES = 2**16
FEW_SAMPLES = 32


def of_patch(values: Tensor) -> Tensor:
    """Return (N,) as (N, 1, 1, 1): one number for all pixels of a patch."""
    return values.view(-1, 1, 1, 1)


def hashed(seeds: Tensor, shape: tuple[int, int], stream: int = 0) -> Tensor:
    """Return int32 (N, 1, rows, columns), all 32 bits random.

    A number depends on its patch's seed, its place and the stream alone, so that it is the same
    on every device, in every batch and in every shape; no generator is touched.

    Args:
        seeds: int (N,).
        shape: rows and columns.
        stream: of several that one seed needs.
    """
    start = (seeds.to(torch.int32) + 7919 * stream + 1) * _SEED
    start = _mixed(start).view(-1, 1)
    rows, columns = (torch.arange(side, dtype=torch.int32, device=seeds.device) for side in shape)
    index = ((rows << 16)[:, None] + columns).flatten() * _INDEX
    return _mixed(start + index).view(-1, 1, *shape)


def _mixed(values: Tensor) -> Tensor:
    values = values ^ ((values >> 16) & 0xFFFF)
    values *= _FIRST
    values ^= (values >> 15) & 0x1FFFF
    values *= _SECOND
    values ^= (values >> 16) & 0xFFFF
    return values


def uniform(seeds: Tensor, shape: tuple[int, int], stream: int = 0) -> Tensor:
    """Return float32 (N, 1, rows, columns) in 0 (included) to 1."""
    return (hashed(seeds, shape, stream) & 0xFFFFFF).float() * 2.0**-24


def normal(seeds: Tensor, shape: tuple[int, int], stream: int = 0) -> Tensor:
    """Return float32 (N, 1, rows, columns) of mean 0 and deviation 1: quantiles looked up."""
    table = _normal_table(str(seeds.device))
    codes = (hashed(seeds, shape, stream) >> 16) & 0xFFFF
    return table.index_select(0, codes.flatten()).view(codes.shape)


@lru_cache(maxsize=8)
def _normal_table(device: str) -> Tensor:
    law = NormalDist()
    values = np.array([law.inv_cdf((k + 0.5) / QUANTILES) for k in range(QUANTILES)], np.float32)
    return torch.from_numpy(values / values.std()).to(device)


def interpolated(
    places: Tensor, count: int, kind: Interpolation = "cubic", last: Tensor | None = None
) -> Tensor:
    """Return the matrix (N, P, count) that looks `count` samples up at places (N, P).

    Places are in samples, 0 at the middle of the first; beyond the ends the nearest sample
    stands. Cubic is Keys' kernel with a = -0.75, as OpenCV has it. `last` (N,) is the last sample
    of each where it is not count - 1.
    """
    end = places.new_full((len(places),), count - 1) if last is None else last.to(places)
    end = end[:, None]
    low = places.floor()
    taps = torch.arange(0, 2) if kind == "linear" else torch.arange(-1, 3)
    taps = taps.to(places)
    away = ((places - low)[..., None] - taps).abs()  # all taps in one go: calls cost most here
    weights = 1 - away if kind == "linear" else _keys(away)
    index = (low[..., None] + taps).clamp_(min=0).minimum(end[..., None]).long()
    matrix = places.new_zeros(*places.shape, count)
    return matrix.scatter_add_(-1, index, weights)


def _keys(x: Tensor, a: float = -0.75) -> Tensor:
    x = x.clamp(max=2)  # where it is 0, as beyond
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return torch.where(x <= 1, near, far)


def _enlarging(places: Tensor, count: int) -> Tensor:
    """Return `interpolated` for few samples, places from 0 on, the last two samples not reached.

    To ask every sample how far away it is takes half the time that to find four of few does.
    """
    if count > FEW_SAMPLES:
        return interpolated(places, count)
    at = torch.arange(-1, count, device=places.device, dtype=places.dtype)
    weights = _keys((places[..., None] - at).abs())
    matrix = weights[..., 1:]
    matrix[..., 0] += weights[..., 0]
    return matrix


def smooth_noise(
    seeds: Tensor,
    shape: tuple[int, int],
    scale: Tensor,
    stream: int = 0,
    aspect: float | Tensor = 1.0,
) -> Tensor:
    """Return (N, 1, H, W) noise of mean 0 and deviation about 1, its blobs `scale` (N,) px wide.

    The twin of `fields.smooth_noise` for batches: coarse noise, enlarged by cubic interpolation.
    """
    sides = [scale.clamp(min=1), scale.clamp(min=1) * aspect]
    steps = [
        torch.arange(side, device=seeds.device, dtype=scale.dtype)[None] / px[:, None]
        for side, px in zip(shape, sides, strict=True)
    ]
    counts = [int(step.max()) + 3 for step in steps]  # what a cubic reads beyond the last
    down = _enlarging(steps[0], counts[0])
    alike = shape[0] == shape[1] and isinstance(aspect, float) and aspect == 1
    across = down if alike else _enlarging(steps[1], counts[1])
    coarse = normal(seeds, (counts[0], counts[1]), stream)[:, 0].to(scale.dtype)
    field: Tensor = (down @ coarse @ across.transpose(1, 2))[:, None]
    return field


def fractal_noise(
    seeds: Tensor,
    shape: tuple[int, int],
    scale: Tensor,
    octaves: int = 4,
    gain: float = 0.55,
    stream: int = 0,
    aspect: float | Tensor = 1.0,
) -> Tensor:
    """Return noise summed over octaves from `scale` (N,) px down, of deviation about 1."""
    total, power = torch.zeros(()), 0.0
    for octave in range(octaves):
        amplitude = gain**octave
        layer = smooth_noise(seeds, shape, scale / 2**octave, 97 * stream + octave, aspect)
        total = total.to(layer) + amplitude * layer
        power += amplitude**2
    return total / math.sqrt(power)


def gaussian_kernels(sigma: Tensor, reach: int) -> Tensor:
    """Return (N, 2 * reach + 1) Gaussians of sum 1, each cut at three of its own deviations."""
    offset = torch.arange(-reach, reach + 1, device=sigma.device, dtype=sigma.dtype)[None]
    wide = sigma.clamp(min=1e-3)[:, None]
    kernels = torch.exp(-0.5 * (offset / wide) ** 2) * (offset.abs() <= (3 * wide).ceil())
    return kernels / kernels.sum(1, keepdim=True)


def separable(images: Tensor, down: Tensor, across: Tensor) -> Tensor:
    """Return (N, 1, H, W) filtered by a column (N, k) and a row (N, l) for each patch.

    The edge is repeated beyond the patch.
    """
    from torch.nn.functional import conv2d, pad

    number = len(images)
    if not number:
        return images
    high, wide = down.shape[1] // 2, across.shape[1] // 2
    padded = pad(images, (wide, wide, high, high), mode="replicate").transpose(0, 1)
    rows = conv2d(padded, across[:, None, None], groups=number)
    filtered: Tensor = conv2d(rows, down[:, None, :, None], groups=number)
    return filtered.transpose(0, 1)


def blurred(images: Tensor, sigma: Tensor) -> Tensor:
    """Return the patches under a Gaussian of deviation `sigma` (N,) px each."""
    if not len(images):
        return images
    kernels = gaussian_kernels(sigma, max(1, int(torch.ceil(3 * sigma.max()))))
    return separable(images, kernels, kernels)


def box_mean(images: Tensor, reach: Tensor) -> Tensor:
    """Return the mean over a square of 2 * reach + 1 px around each pixel, `reach` int (N,).

    Two running sums; beyond the patch there is nothing, and the mean is of what lies within.
    """
    for dim in (2, 3):
        side = images.shape[dim]
        at = torch.arange(side, device=images.device)[None]
        low = (at - reach[:, None]).clamp(min=0)
        high = (at + reach[:, None]).clamp(max=side - 1) + 1
        sums = torch.nn.functional.pad(
            images.double().cumsum(dim), (1, 0) if dim == 3 else (0, 0, 1, 0)
        )
        shape = (len(images), 1, side, 1) if dim == 2 else (len(images), 1, 1, side)
        whole = list(images.shape)
        part = [torch.gather(sums, dim, place.view(shape).expand(whole)) for place in (high, low)]
        images = ((part[0] - part[1]) / (high - low).view(shape)).to(images.dtype)
    return images


def window_moments(images: Tensor, reach: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean and the deviation in a square of 2 * reach + 1 px around each pixel.

    Args:
        images: (N, 1, H, W); beyond the patch its edge is repeated.
        reach: int (N,), px.
    """
    both = torch.cat([images - 0.5, (images - 0.5).square()], 1)
    down, across = (_windows(reach, side, images.dtype)[:, None] for side in images.shape[-2:])
    means = down @ both @ across.transpose(2, 3)
    mean, square = means[:, :1], means[:, 1:]
    return mean + 0.5, (square - mean.square()).clamp(min=0).sqrt()


def _windows(reach: Tensor, side: int, dtype: torch.dtype) -> Tensor:
    """Return (N, side, side): the weight of each sample in the mean around each other one."""
    at = torch.arange(side, device=reach.device)
    near = (at[:, None] - at).abs() <= reach.view(-1, 1, 1)
    weights = near.to(dtype)
    weights[:, :, 0] += (reach[:, None] - at).clamp(min=0)
    weights[:, :, -1] += (reach[:, None] - (side - 1 - at)).clamp(min=0)
    return weights / (2 * reach + 1).view(-1, 1, 1)
