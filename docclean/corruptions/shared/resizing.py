"""Batches at other sizes, each patch at its own: rows and columns of OpenCV's interpolations."""

from collections.abc import Sequence

import torch
from torch import Tensor

from docclean.corruptions.shared.tensors import interpolated

KINDS = ("area", "linear", "cubic", "nearest")


def as_codes(codes: Tensor, options: Sequence[str]) -> Tensor:
    """Return the places in `KINDS` of options that were drawn by their own places, (N,)."""
    return torch.tensor([KINDS.index(name) for name in options], device=codes.device)[codes]


def resizing(small: Tensor, side: int, kinds: Tensor, back: bool = False) -> Tensor:
    """Return matrices that shrink columns of `side` px to `small` px each, or enlarge them back.

    Args:
        small: px of each patch, whole numbers (N,), 1 to `side`.
        side: px before.
        kinds: places in `KINDS`, int (N,); "area" is for shrinking alone.
        back: enlarge from `small` to `side`.

    Returns:
        (N, S, side), or (N, side, S) with `back`, where S is the largest of `small`; what lies
        beyond a patch's own px is 0.
    """
    most = int(small.max()) if len(small) else 1
    shape = (len(small), side, most) if back else (len(small), most, side)
    matrix = small.new_zeros(shape)
    for code in torch.unique(kinds).tolist():
        index = torch.nonzero(kinds == code)[:, 0]
        matrix[index] = _of_kind(KINDS[code], small[index], side, most, back)
    return matrix


def _of_kind(kind: str, small: Tensor, side: int, most: int, back: bool) -> Tensor:
    if kind == "area":
        return _coverage(small, side, most)
    many = torch.arange(side if back else most, device=small.device, dtype=small.dtype)[None]
    ratio = (small / side if back else side / small)[:, None]
    if back:
        last, count = small - 1, most
    else:
        last, count = torch.full_like(small, side - 1), side
    if kind == "nearest":
        places = (many * ratio + 1e-4).floor()
        return interpolated(places, count, "linear", last)
    rows = interpolated(
        (many + 0.5) * ratio - 0.5, count, "cubic" if kind == "cubic" else "linear", last
    )
    return rows if back else rows * (many < small[:, None])[..., None]


def _coverage(small: Tensor, side: int, most: int) -> Tensor:
    """Return the share of each of the wide pixels that each of the narrow ones fills."""
    step = (side / small)[:, None, None]
    wide = torch.arange(most, device=small.device, dtype=small.dtype)[None, :, None]
    narrow = torch.arange(side, device=small.device, dtype=small.dtype)[None, None, :]
    covered = torch.minimum((wide + 1) * step, narrow + 1) - torch.maximum(wide * step, narrow)
    return covered.clamp(min=0) / step
