"""Can a person still read it? `shared.legible` for a batch, on the device it lies on."""

from typing import TYPE_CHECKING

from docclean.corruptions.shared import legible as page

if TYPE_CHECKING:
    from torch import Tensor

LEAST_SHARE = 1e-4
"""Of a window, below which what is sought is not in it."""


def are_legible(dirty: "Tensor", clean: "Tensor") -> "Tensor":
    """Tell of every patch what `shared.legible.is_legible` does, as bool (N,).

    On the CPU it is asked itself, patch by patch: OpenCV's running sums take a sixth of the time
    of the products of matrices that a device is good at.

    Args:
        dirty: float (N, 1, H, W), 0..1.
        clean: their clean twins.
    """
    import torch

    if dirty.device.type != "cpu":
        return legible_at_once(dirty, clean)
    pairs = zip(*((side[:, 0] * 255).byte().numpy() for side in (dirty, clean)), strict=True)
    return torch.tensor([page.is_legible(*pair) for pair in pairs], dtype=torch.bool)


def legible_at_once(dirty: "Tensor", clean: "Tensor") -> "Tensor":
    """Tell the same of all patches at once: every window of a patch is a matrix of its own.

    Args:
        dirty: float (N, 1, H, W), 0..1, on any device.
        clean: their clean twins.
    """
    import torch

    with torch.no_grad():
        ink = (clean * 255).floor() < 128
        area = ink.flatten(1).sum(1)
        width = _stroke_width(ink.to(dirty.dtype), area)
        seen = _blurred((dirty * 255).floor(), (width / 2).clamp(0.7, 4))
        paper = _beside(ink.to(dirty.dtype), width.clamp(2, 8).round())
        mean = _Windows((8 * width).clamp(20, 60).round(), dirty)
        masks = torch.cat([paper, ink.to(dirty.dtype)], 1)
        means = mean(torch.cat([masks, masks * seen], 1))
        share, of_ink, ground, dark = means.split_with_sizes([1, 1, 1, 1], 1)
        on_ink = ink & (share > LEAST_SHARE / 2)
        part = share.clamp(min=LEAST_SHARE)
        ground = ground / part
        grain = (mean((seen - ground).square() * paper) / part).clamp(min=0).sqrt()
        needed = (page.LEAST_SIGHT * grain).clamp(min=page.LEAST_CONTRAST)
        stroke = ground - dark / of_ink.clamp(min=LEAST_SHARE)
        places = on_ink & (stroke.abs() >= needed)
        strokes = places & ((ground - seen) * stroke.sign() >= page.STROKE * needed)
        every, placed, struck = (mask.flatten(1).sum(1) for mask in (on_ink, places, strokes))
        fine = (placed >= page.MOST_PLACES * every) & (struck >= page.MOST_STROKES * every)
        return fine | (area < page.LEAST_INK)


def _stroke_width(ink: "Tensor", area: "Tensor") -> "Tensor":
    """Return how wide strokes are in px, (N,): twice the ink over what one erosion takes."""
    from torch.nn.functional import max_pool2d

    eroded = 1 - max_pool2d(1 - ink, 3, 1, 1)
    rim = area - eroded.flatten(1).sum(1)
    return 2 * area / rim.clamp(min=1)


def _beside(ink: "Tensor", reach: "Tensor") -> "Tensor":
    """Return the paper from 2 px off the ink to `reach` (N,) px further, 0 or 1."""
    import torch
    from torch.nn.functional import max_pool2d

    near = max_pool2d(ink, 5, 1, 2)
    down, across = (
        ((at[:, None] - at).abs() <= reach.view(-1, 1, 1, 1)).to(ink.dtype)
        for side in ink.shape[-2:]
        for at in [torch.arange(side, device=ink.device)]
    )
    return (down @ near @ across > 0.5).to(ink.dtype) - near


def _blurred(greys: "Tensor", sigma: "Tensor") -> "Tensor":
    """Return what OpenCV's Gaussian makes of 8-bit greys, `sigma` (N,) px each."""
    import torch

    reach = torch.div((6 * sigma + 1).round(), 2, rounding_mode="floor")
    offset = torch.arange(-12, 13, device=sigma.device, dtype=sigma.dtype)
    weights = torch.exp(-0.5 * (offset / sigma[:, None]) ** 2)
    weights = weights * (offset.abs() <= reach[:, None])
    weights = weights / weights.sum(1, keepdim=True)
    down, across = (_mirrored(weights, side)[:, None] for side in greys.shape[-2:])
    return (down @ greys @ across.transpose(2, 3)).round()


class _Windows:
    """The mean in a square window around each pixel, the patch mirrored at its edges."""

    def __init__(self, reach: "Tensor", like: "Tensor") -> None:
        """Keep the matrices of windows of 2 * reach + 1 px, (N,)."""
        import torch

        most = int(reach.max()) if len(reach) else 0
        offset = torch.arange(-most, most + 1, device=reach.device)
        weights = (offset.abs() <= reach[:, None]).to(like.dtype) / (2 * reach[:, None] + 1)
        self._down, self._across = (_mirrored(weights, side)[:, None] for side in like.shape[-2:])

    def __call__(self, values: "Tensor") -> "Tensor":
        """Return the means of (N, C, H, W)."""
        means: Tensor = self._down @ values @ self._across.transpose(2, 3)
        return means


def _mirrored(weights: "Tensor", side: int) -> "Tensor":
    """Return the matrix (N, side, side) that weighs what lies around each sample.

    Beyond the ends samples come again in reverse, the last one once: OpenCV's BORDER_REFLECT_101.

    Args:
        weights: (N, 2 * reach + 1).
        side: samples.
    """
    import torch

    reach = weights.shape[1] // 2
    turn = max(1, 2 * (side - 1))
    offset = torch.arange(-reach, reach + 1, device=weights.device)
    place = (torch.arange(side, device=weights.device)[:, None] + offset) % turn
    place = torch.minimum(place, turn - place) if side > 1 else place * 0
    shape = (len(weights), side, 2 * reach + 1)
    matrix = weights.new_zeros(len(weights), side, side)
    return matrix.scatter_add_(2, place.expand(shape), weights[:, None].expand(shape))
