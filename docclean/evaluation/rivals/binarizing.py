"""Binarization: pages turned black and white by Otsu, Sauvola or Wolf, as the library doxapy does.

Sauvola and Wolf are what scans were binarized with before networks did it; Otsu is what Tesseract
does by itself.
"""

import importlib
import importlib.util
from typing import Any, Literal

import numpy as np

from docclean.page import Image

MEASURE = "pip install 'docclean[measure]'"

WINDOW = 75
"""Side of the window of Sauvola and Wolf, px, odd: the default of the library doxapy, whatever the
page's dpi; 2.5 lines of 10 pt type at 300 dpi."""

SAUVOLA_K = 0.2
"""Of Sauvola and Pietikäinen, "Adaptive document image binarization" (2000). The paper used 0.5;
0.2, doxapy's default, is what came into use, as it keeps more of faint ink."""

WOLF_K = 0.5
"""Of Wolf and Jolion, "Extraction and recognition of artificial text in multimedia documents"
(2003): the paper's and its program's, not doxapy's 0.2."""

Algorithm = Literal["OTSU", "SAUVOLA", "WOLF"]


def binarize(grey: Image, algorithm: Algorithm, k: float = 0.0) -> Image:
    """Turn ink black and paper white: (H, W) uint8 -> (H, W) uint8 of 0 and 255.

    Otsu finds one threshold for the page; Sauvola and Wolf one for each pixel, from mean and
    deviation of the `WINDOW` around it. A page of a single grey has no ink: white.
    """
    if grey.min() == grey.max():  # Wolf divides by the page's contrast, and takes it all for ink
        return np.full_like(grey, 255)
    height, width = grey.shape
    # doxapy 0.9 reads and writes beyond a page smaller than half its window
    missing = ((0, max(0, WINDOW - height)), (0, max(0, WINDOW - width)))
    padded = np.ascontiguousarray(np.pad(grey, missing, "edge") if np.any(missing) else grey)
    doxapy: Any = importlib.import_module("doxapy")
    run = doxapy.Binarization(getattr(doxapy.Binarization.Algorithms, algorithm))
    run.initialize(padded)
    binary = np.empty_like(padded)
    run.to_binary(binary, {} if algorithm == "OTSU" else {"window": WINDOW, "k": k})
    return binary[:height, :width]


def lacks_doxapy() -> str | None:
    """Return None where the library that binarizes is installed, else what to install."""
    if importlib.util.find_spec("doxapy"):
        return None
    return f"the package doxapy is not installed: {MEASURE}"
