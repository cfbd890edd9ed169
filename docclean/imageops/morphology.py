"""Dilation and erosion: the lightest, darkest, or any, of what lies around a pixel (numpy only).

One axis after the other: a tenth of the time of Pillow's rank filters.
"""

import numpy as np
from numpy.typing import NDArray

from docclean.page import Image


def widest(image: Image, side: int) -> Image:
    """Return the lightest of the side x side px around each pixel, (H, W) uint8; `side` odd."""
    reach = side // 2
    for axis in (0, 1):
        walls = [(reach, reach) if axis == along else (0, 0) for along in (0, 1)]
        walled, length = np.pad(image, walls, mode="edge"), image.shape[axis]
        seen = [
            walled[place : place + length] if axis == 0 else walled[:, place : place + length]
            for place in range(side)
        ]
        image = seen[0].copy()
        for other in seen[1:]:
            np.maximum(image, other, out=image)
    return image


def darkest(image: Image, side: int) -> Image:
    """Return the darkest of the side x side px around each pixel, (H, W) uint8; `side` odd."""
    return 255 - widest(255 - image, side)


def spread(mask: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """Return the mask (H, W) grown by `pixels` each way."""
    for axis in (0, 1):
        grown = mask.copy()
        for shift in range(1, pixels + 1):
            head, tail = np.s_[shift:], np.s_[:-shift]
            if axis:
                grown[:, head] |= mask[:, tail]
                grown[:, tail] |= mask[:, head]
            else:
                grown[head] |= mask[tail]
                grown[tail] |= mask[head]
        mask = grown
    return mask
