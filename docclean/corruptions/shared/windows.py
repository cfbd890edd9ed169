"""Patches as windows of a sheet: grids of their px, lines, sides, for whole batches."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample, interpolate, pad

from docclean.corruptions.shared.tensors import gaussian_kernels, of_patch

FINE = 4
"""Entries of a profile for each px."""
FAR = 60.0
"""Nothing is left of what has faded by exp(-60)."""
MARGIN = 24
"""Px that a moved patch is continued by."""


def grid(like: Tensor, step: float = 1.0) -> tuple[Tensor, Tensor]:
    """Return y (1, 1, h, 1) and x (1, 1, 1, w) in px of a grid with a point every `step` px."""
    sides = []
    for side in like.shape[-2:]:
        few = few_px(side, step)
        places = torch.arange(few, device=like.device, dtype=like.dtype)
        sides.append((places + 0.5) * (side / few) - 0.5)
    return sides[0].view(1, 1, -1, 1), sides[1].view(1, 1, 1, -1)


def few_px(side: int, step: float) -> int:
    """Return how many points a grid of `step` px has along a side."""
    return max(1, round(side / step))


def enlarged(field: Tensor, like: Tensor) -> Tensor:
    """Return a field of a coarse grid at the patches' size."""
    size = (like.shape[-2], like.shape[-1])
    if field.shape[-2:] == size:
        return field
    return interpolate(field, size, mode="bilinear", align_corners=False)


def shrunk(images: Tensor, step: int) -> Tensor:
    """Return the means of squares of `step` px, in line with `grid` of that step."""
    height, width = images.shape[-2:]
    if height % step or width % step:
        few = (few_px(height, step), few_px(width, step))
        return interpolate(images, few, mode="area")
    return avg_pool2d(images, step)


def softened(field: Tensor, sigma: Tensor) -> Tensor:
    """Return a field under a Gaussian of `sigma` (N,) of its own px: one matrix for each side.

    For coarse grids: a wide kernel costs no more than a narrow one.
    """
    down, across = (_gaussian(sigma, side) for side in field.shape[-2:])
    return down @ field @ across.transpose(-1, -2)


def _gaussian(sigma: Tensor, side: int) -> Tensor:
    at = torch.arange(side, device=sigma.device, dtype=sigma.dtype)
    away = (at[:, None] - at) / sigma.clamp(min=0.05).view(-1, 1, 1, 1)
    kernel = bump(away * 0.5**0.5)
    return kernel / kernel.sum(-1, keepdim=True)


def slightly_blurred(images: Tensor, sigma: Tensor) -> Tensor:
    """Return patches under a Gaussian of up to about 1 px, `sigma` (N,): five taps each way."""
    height, width = images.shape[-2:]
    taps = gaussian_kernels(sigma, 2).T
    padded = pad(images, (2, 2, 2, 2), mode="replicate")
    rows = padded[..., 2:-2] * of_patch(taps[2])
    for tap in (0, 1, 3, 4):
        rows.addcmul_(padded[..., tap : tap + width], of_patch(taps[tap]))
    out = rows[..., 2:-2, :] * of_patch(taps[2])
    for tap in (0, 1, 3, 4):
        out.addcmul_(rows[..., tap : tap + height, :], of_patch(taps[tap]))
    return out


def bump(values: Tensor) -> Tensor:
    """Return exp(-x²): 1 at 0, gone at 2."""
    return fading(values * values)


def fading(values: Tensor) -> Tensor:
    """Return exp(-x) of what is not negative, never quite 0.

    To take numbers so small that they have no full precision takes twelve times as long.
    """
    return torch.exp(-values.clamp(max=FAR))


def share(distance: Tensor) -> Tensor:
    """Return how much of a px lies inside, 0..1, by its signed distance from an edge in px."""
    return (distance + 0.5).clamp(0, 1)


def along_and_across(
    y: Tensor, x: Tensor, at: tuple[Tensor, Tensor], angle: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the distances in px from a point along a line through it, and to its left side.

    Args:
        y: of the grid.
        x: of the grid.
        at: the points' x and y in px, (N,) each.
        angle: of the lines, radians, (N,).
    """
    dx, dy = x - of_patch(at[0]), y - of_patch(at[1])
    cos, sin = of_patch(angle.cos()), of_patch(angle.sin())
    return dx * cos + dy * sin, dx * sin - dy * cos


def profile(like: Tensor) -> Tensor:
    """Return the distances in px (P,) that `looked_up` takes profiles of lines at."""
    reach = int((like.shape[-2] ** 2 + like.shape[-1] ** 2) ** 0.5) + 2
    return (
        torch.arange(-reach * FINE, reach * FINE + 1, device=like.device, dtype=like.dtype) / FINE
    )


def looked_up(distance: Tensor, *profiles: Tensor) -> list[Tensor]:
    """Return each profile (N, P), made at `profile`, at the distances (N, 1, H, W) in px.

    To look a shade up takes a third of the time its exponentials take.
    """
    last = profiles[0].shape[-1] - 1
    index = (distance * FINE).add_(last / 2 + 0.5).clamp_(0, last).long()
    flat = index.flatten(1)
    return [values.gather(1, flat).view(index.shape) for values in profiles]


def each(
    params: Mapping[str, Tensor], names: str, count: Tensor, most: int
) -> Iterator[tuple[Any, ...]]:
    """Yield of the first marks, the second and so on: whose they are, and what was drawn of them.

    Args:
        params: hold (N, most) of every name.
        names: of the parameters, apart by blanks.
        count: how many marks each patch has, (N,).
        most: of all patches.

    Yields:
        the index of the patches (M of N) that have so many, and their values (M,) of each name.
    """
    for place in range(most):
        rows = torch.nonzero(count > place)[:, 0]
        if not len(rows):
            return
        values = [params[name][rows, place] for name in names.split()]
        yield slice(None) if len(rows) == len(count) else rows, *values  # saves copies


def first(count: Tensor, most: int, like: Tensor) -> Tensor:
    """Return (N, most): 1 for the first `count` (N,) marks of a patch, 0 for the rest."""
    return (torch.arange(most, device=like.device) < count[:, None]).to(like.dtype)


def from_side(
    y: Tensor, x: Tensor, like: Tensor, quarter: Tensor
) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor]]:
    """Return how deep within and how far along a side each px lies, and (depth, length) in px.

    Args:
        y: of the grid.
        x: of the grid.
        like: the patches.
        quarter: 0 top, 1 right, 2 bottom, 3 left (N,), as `numpy.rot90` brings it to the top.
    """
    height, width = like.shape[-2:]
    top, right, bottom, left = (of_patch((quarter == side).to(like.dtype)) for side in range(4))
    depth = top * y + bottom * (height - 1 - y) + (left * x + right * (width - 1 - x))
    along = (top * x + bottom * (width - 1 - x)) + (right * y + left * (height - 1 - y))
    upright = (top + bottom).flatten()
    return depth, along, (
        upright * height + (1 - upright) * width, upright * width + (1 - upright) * height,
    )  # fmt: skip


def on_sheet(like: Tensor, params: Mapping[str, Tensor], step: float) -> tuple[Tensor, Tensor]:
    """Return y and x of a grid in shares of the sheet that the patches are windows of.

    `params` holds `wide` and `tall`, the sheet's px (N,), and `left` and `top`, where in it the
    window lies, in shares of what room it has. A patch larger than the sheet is the whole of it.
    """
    places = []
    for axis, (at, room, start) in enumerate(
        zip(grid(like, step), ("tall", "wide"), ("top", "left"), strict=True)
    ):
        side = like.shape[-2 + axis]
        whole = params[room].clamp(min=side)
        places.append((at + 0.5 + of_patch(params[start] * (whole - side))) / of_patch(whole))
    return places[0], places[1]


def fetched(images: Tensor, x: Tensor, y: Tensor, mode: str = "bilinear") -> Tensor:
    """Return patches whose px come from the places x, y (N, 1, H, W) in px, mirrored beyond.

    What is fetched from further beyond than `MARGIN` px is the mirrored patch's own edge.
    """
    margin = min(MARGIN, *(side - 1 for side in images.shape[-2:]))
    kind = "reflect" if margin else "replicate"  # mirrored here: grid_sample takes twice as long
    padded = pad(images, (margin,) * 4, mode=kind)
    at = images.new_empty(len(images), *images.shape[2:], 2)
    for axis, (place, side) in enumerate(zip((x, y), padded.shape[:1:-1], strict=True)):
        at[..., axis] = ((2 * (place + margin) + 1) / side - 1)[:, 0]
    return grid_sample(padded, at, mode=mode, padding_mode="border", align_corners=False)


def level(ink: Tensor) -> Tensor:
    """Return the darkest of each patch's ink (N, 1, 1, 1)."""
    return ink.amax((1, 2, 3), keepdim=True)
