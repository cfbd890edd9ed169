"""Light over that of the paper: whites of pictures rolled off, ink of a colour told from grey."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from docclean.page import LUMA

ROLL = 0.88
"""Share of the paper's light above which a picture's whites are pressed together."""
WHITEST = 246.0
"""Grey of a picture's white."""
COLOURFUL = (36.0, 72.0)
"""Distance between channels from which a pixel is coloured ink a little, and wholly."""


STEPS, LIGHTEST = 1024, 1.5
"""Steps of the table of greys, and the light at its end, 1 as light as paper."""


def chroma(even: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the distance between the channels of pixels, (..., 3) -> (...)."""
    red, green, blue = even[..., 0], even[..., 1], even[..., 2]
    most = np.maximum(np.maximum(red, green), blue)
    return np.asarray(most - np.minimum(np.minimum(red, green), blue), np.float32)


def coloured_ink(even: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how surely pixels over their paper, (h, w, 3), are ink of a colour, (h, w) 0..1."""
    low, high = COLOURFUL
    return np.asarray(np.clip((chroma(even) - low) / (high - low), 0, 1), np.float32)


def rolled(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return light, 1 as light as paper, as greys: straight up to `ROLL`, then ever less steep.

    Paper becomes `WHITEST`; what is lighter comes close to white. In steps of a thousandth.
    """
    place = np.clip(light * (STEPS / LIGHTEST) + 0.5, 0, STEPS).astype(np.int16)
    return np.asarray(_greys().take(place), np.float32)


@cache
def _greys() -> NDArray[np.float32]:
    """Return the greys of light from 0 to `LIGHTEST`."""
    light = np.linspace(0, LIGHTEST, STEPS + 1)
    over, room = np.maximum(light - ROLL, 0), WHITEST - 255 * ROLL
    bent = room * (1 - np.exp(-255 * over / room)) / (1 - np.exp(-255 * (1 - ROLL) / room))
    return np.asarray(np.minimum(255 * np.minimum(light, ROLL) + bent, 249), np.float32)


def luma(colour: NDArray[np.float32]) -> float:
    """Return the luma of one colour, (3,)."""
    return float(colour @ np.asarray(LUMA, np.float32))
