"""What a JPEG makes of a batch of planes, each at its own quality, as libjpeg does it.

Source: ITU-T T.81 (1992): the transform in A.3.3, the tables in Annex K.1; the scaling of tables by
quality is the Independent JPEG Group's (jcparam.c).
"""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

SIDE = 8
"""Of a block, in px."""
_LUMA = (
    *(16, 11, 10, 16, 24, 40, 51, 61),
    *(12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56),
    *(14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77),
    *(24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101),
    *(72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMA = (
    *(17, 18, 24, 47, 99, 99, 99, 99),
    *(18, 21, 26, 66, 99, 99, 99, 99),
    *(24, 26, 56, 99, 99, 99, 99, 99),
    *(47, 66, 99, 99, 99, 99, 99, 99),
    *(99,) * 32,
)


def padded(images: Tensor, x: Tensor, y: Tensor, multiple: int) -> Tensor:
    """Return the patches moved by (x, y) px, their edges repeated up to whole blocks.

    Args:
        images: (N, 1, H, W).
        x: int (N,), 0 to `multiple` - 1.
        y: likewise.
        multiple: px of a block's side.

    Returns:
        (N, 1, H', W'), sides whole multiples and the same for every x and y.
    """
    index = [
        (torch.arange(-(-(side + multiple - 1) // multiple) * multiple, device=images.device)
         - place[:, None]).clamp(0, side - 1)
        for place, side in zip((y, x), images.shape[-2:], strict=True)
    ]  # fmt: skip
    return _looked_up(images, *index)


def cropped(planes: Tensor, x: Tensor, y: Tensor, shape: tuple[int, int]) -> Tensor:
    """Return the patches (N, 1, *shape) that `padded` moved."""
    index = [
        torch.arange(side, device=planes.device) + place[:, None]
        for place, side in zip((y, x), shape, strict=True)
    ]
    return _looked_up(planes, *index)


def _looked_up(planes: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    number, _, height, width = planes.shape
    first = torch.arange(number, device=planes.device)[:, None] * height
    flat = ((first + rows) * width)[:, :, None] + columns[:, None, :]
    found = planes.flatten().index_select(0, flat.flatten())
    return found.view(number, 1, rows.shape[1], columns.shape[1])


def coded(planes: Tensor, quality: Tensor, chroma: bool = False) -> Tensor:
    """Return planes (N, C, H, W) of whole blocks after a JPEG, whole numbers 0..255.

    Args:
        planes: whole numbers 0..255, as floats.
        quality: int (N,), 1..100.
        chroma: by the table of colours.
    """
    high, wide = planes.shape[-2] // SIDE, planes.shape[-1] // SIDE
    blocks = planes.reshape(len(planes), -1, high, SIDE, wide, SIDE).transpose(3, 4)
    blocks = blocks.reshape(len(planes), -1, SIDE * SIDE)
    cosines = _cosines(str(planes.device), planes.dtype)
    steps = _steps(quality, chroma).to(planes.dtype)[:, None]
    # eighths, as libjpeg's own transform leaves: what lies between two steps falls alike everywhere
    waves = ((blocks - 128) @ (8 * cosines.T)).round_()
    waves = waves.abs().add_(4 * steps).div_(8 * steps).floor_().copysign_(waves).mul_(steps)
    blocks = (waves @ cosines).add_(128).round_().clamp_(0, 255)
    return (
        blocks.view(len(planes), -1, high, wide, SIDE, SIDE).transpose(3, 4).reshape(planes.shape)
    )


def _steps(quality: Tensor, chroma: bool) -> Tensor:
    """Return int (N, 64): how coarse each wave is coded."""
    table = torch.tensor(_CHROMA if chroma else _LUMA, device=quality.device)
    good = quality.clamp(1, 100).long()[:, None]
    scale = torch.where(good < 50, 5000 // good, 200 - 2 * good)
    return ((table * scale + 50) // 100).clamp(1, 255)


@lru_cache(maxsize=8)
def _cosines(device: str, dtype: torch.dtype) -> Tensor:
    """Return the waves of a block, (64, 64), one a row, orthonormal."""
    at = np.arange(SIDE)
    rows = np.cos((2 * at[None] + 1) * at[:, None] * np.pi / 16) / 2
    rows[0] /= np.sqrt(2)
    return torch.from_numpy(np.kron(rows, rows)).to(device=device, dtype=dtype)
