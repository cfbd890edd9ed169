"""Patches as windows of a sheet: grids of their px, clouds, grain, sides, for whole batches."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample, interpolate, pad

from docclean.corruptions.shared.tensors import (
    fractal_noise,
    gaussian_kernels,
    of_patch,
    smooth_noise,
    uniform,
)

BANK = 384
"""Side in px of the textures that grain is cut from."""
OCTAVE = 7919
"""Between the seeds of a noise's octaves."""
LEVELS = 7
"""Of those textures: grains of 1 px, each level's wider by the root of two, up to 8 px."""


FINE = 4
"""Entries of a profile for each px."""
MARGIN = 24
"""Px that a moved patch is continued by."""


def grid(like: Tensor, step: float = 1.0) -> tuple[Tensor, Tensor]:
    """Return y (1, 1, h, 1) and x (1, 1, 1, w) in px of a grid with a point every `step` px."""
    sides = []
    for side in like.shape[-2:]:
        few = _few(side, step)
        places = torch.arange(few, device=like.device, dtype=like.dtype)
        sides.append((places + 0.5) * (side / few) - 0.5)
    return sides[0].view(1, 1, -1, 1), sides[1].view(1, 1, 1, -1)


def _few(side: int, step: float) -> int:
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
        few = (_few(height, step), _few(width, step))
        return interpolate(images, few, mode="area")
    return avg_pool2d(images, step)


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
    few = (_few(like.shape[-2], step), _few(like.shape[-1], step))
    # all octaves in one go: on small grids calls cost more than numbers
    order = torch.arange(octaves, device=seeds.device)
    own = (seeds[:, None] + OCTAVE * order).flatten()
    scales = (scale[:, None] / step / 2.0**order).flatten()
    layers = smooth_noise(own, few, scales, 97 * stream).to(like.dtype)
    weights = gain**order / (gain ** (2.0 * order)).sum().sqrt()
    return torch.einsum("noyx,o->nyx", layers.view(-1, octaves, *few), weights)[:, None]


def clouds_of_marks(
    seeds: Tensor, like: Tensor, scale: Tensor, octaves: int = 2, stream: int = 0, step: float = 1.0
) -> Tensor:
    """Return noise (N, k, h, w), a field of its own for each of a patch's k marks, `scale` (N, k)."""
    own = (seeds[:, None] * 16 + torch.arange(scale.shape[1], device=seeds.device)).flatten()
    noise = clouds(own, like, scale.flatten(), octaves, 0.55, stream, step)
    return noise.view(len(seeds), -1, *noise.shape[-2:])


def waves(seeds: Tensor, length: int, scale: Tensor, octaves: int, gain: float, stream: int = 0) -> Tensor:  # noqa: E501
    """Return fractal noise (N, length) along a line, its waves `scale` (N,) px long."""
    line = scale.new_zeros(()).expand(1, 1, 1, length)
    return clouds(seeds, line, scale, octaves, gain, stream)[:, 0, 0]


def streaky(
    seeds: Tensor, like: Tensor, scale: Tensor, aspect: Tensor, octaves: int, stream: int, step: float
) -> Tensor:
    """Return fractal noise on a grid of `step` px whose blobs are `aspect` (N,) times as wide."""
    few = (_few(like.shape[-2], step), _few(like.shape[-1], step))
    total = torch.zeros((), device=like.device, dtype=like.dtype)
    for octave in range(octaves):
        layer = smooth_noise(seeds, few, scale / step / 2**octave, 97 * stream + octave, aspect)
        total = total + 0.55**octave * layer
    return total / sum(0.55 ** (2 * octave) for octave in range(octaves)) ** 0.5


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


def softened(field: Tensor, sigma: Tensor) -> Tensor:
    """Return a field under a Gaussian of `sigma` (N,) of its own px: one matrix for each side.

    For coarse grids: a wide kernel costs no more than a narrow one.
    """
    down, across = (_gaussian(sigma, side) for side in field.shape[-2:])
    return down @ field @ across.transpose(-1, -2)


def _gaussian(sigma: Tensor, side: int) -> Tensor:
    at = torch.arange(side, device=sigma.device, dtype=sigma.dtype)
    kernel = torch.exp(-0.5 * ((at[:, None] - at) / sigma.clamp(min=0.05).view(-1, 1, 1, 1)) ** 2)
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
    return torch.exp(-(values * values))


def share(distance: Tensor) -> Tensor:
    """Return how much of a px lies inside, 0..1, by its signed distance from an edge in px."""
    return (distance + 0.5).clamp(0, 1)


def along_and_across(y: Tensor, x: Tensor, at: tuple[Tensor, Tensor], angle: Tensor) -> tuple[Tensor, Tensor]:  # noqa: E501
    """Return the distances in px from a point along a line through it, and to its left side.

    Args:
        y, x: of the grid.
        at: the points' x and y in px, (N,) each.
        angle: of the lines, radians, (N,).
    """
    dx, dy = x - of_patch(at[0]), y - of_patch(at[1])
    cos, sin = of_patch(angle.cos()), of_patch(angle.sin())
    return dx * cos + dy * sin, dx * sin - dy * cos


def profile(like: Tensor) -> Tensor:
    """Return the distances in px (P,) that what lies beside a line is reckoned at, for `looked_up`."""
    reach = int((like.shape[-2] ** 2 + like.shape[-1] ** 2) ** 0.5) + 2
    return torch.arange(-reach * FINE, reach * FINE + 1, device=like.device, dtype=like.dtype) / FINE


def looked_up(distance: Tensor, *profiles: Tensor) -> list[Tensor]:
    """Return each profile (N, P), made at `profile`, at the distances (N, 1, H, W) in px.

    To look a shade up takes a third of the time its exponentials take.
    """
    last = profiles[0].shape[-1] - 1
    index = (distance * FINE + (last / 2 + 0.5)).clamp_(0, last).long()
    flat = index.flatten(1)
    return [values.gather(1, flat).view(index.shape) for values in profiles]


def each(
    params: Mapping[str, Tensor], names: str, count: Tensor, most: int
) -> Iterator[tuple[Tensor, ...]]:
    """Yield of the first marks, the second and so on: whose they are, and what was drawn of them.

    Args:
        params: hold (N, most) of every name.
        names: of the parameters, apart by blanks.
        count: how many marks each patch has, (N,).
        most: of all patches.

    Yields:
        the rows (M,) of the patches that have so many, and their values (M,) of each name.
    """
    for place in range(most):
        rows = torch.nonzero(count > place)[:, 0]
        if not len(rows):
            return
        yield rows, *(params[name][rows, place] for name in names.split())


def from_side(
    y: Tensor, x: Tensor, like: Tensor, quarter: Tensor
) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor]]:
    """Return how deep within and how far along a side each px lies, and (depth, length) in px.

    Args:
        y, x: of the grid.
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
    places = [
        (2 * (at + margin) + 1) / side - 1 for at, side in zip((x, y), padded.shape[:1:-1], strict=True)
    ]
    at = torch.stack(torch.broadcast_tensors(*places), -1)[:, 0]
    at = at.expand(len(images), *at.shape[1:])
    return grid_sample(padded, at, mode=mode, padding_mode="border", align_corners=False)


def level(ink: Tensor) -> Tensor:
    """Return the darkest of each patch's ink (N, 1, 1, 1)."""
    return ink.amax((1, 2, 3), keepdim=True)
