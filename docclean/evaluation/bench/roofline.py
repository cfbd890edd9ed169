"""What the machine could do at best: convolutions and memory, measured."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from docclean.sessions import session

CONVOLUTION = Path(__file__).with_name("conv.onnx")
"""One 3 x 3 convolution of 32 channels to 32, made by onnx's own helpers; its weights are one
constant, which onnxruntime unfolds as it loads."""
CHANNELS, SIDE = 32, 512
COPIED = 64_000_000
"""Bytes that are copied: more than any cache holds."""
RUNS = 5


@dataclass(frozen=True)
class Roofline:
    """What one machine does at best.

    Attributes:
        convolution: multiply-adds a second of a 3 x 3 convolution under onnxruntime.
        memory: bytes read and written a second.
    """

    convolution: float
    memory: float


def roofline(threads: int | None = None) -> Roofline:
    """Measure this machine, with so many threads; None: all cores."""
    convolution = session(CONVOLUTION, threads)
    pixels = np.ones((1, CHANNELS, SIDE, SIDE), np.float32)
    took = quickest(lambda: convolution.run(None, {"pixels": pixels}))
    here, there = np.ones(COPIED, np.uint8), np.empty(COPIED, np.uint8)
    copied = quickest(lambda: np.copyto(there, here))
    return Roofline(9 * CHANNELS**2 * SIDE**2 / took, 2 * COPIED / copied)


def quickest(action: Callable[[], Any], runs: int = RUNS) -> float:
    """Return the seconds of the quickest run, after one that is not counted."""
    action()
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        action()
        taken.append(time.perf_counter() - began)
    return min(taken)
