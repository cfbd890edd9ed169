"""Shared by the tests beside: what they are made of."""

import math

import cv2
import numpy as np


def text(seed: int = 0) -> np.ndarray:
    """A page of type, grey, 0..255."""
    page = np.full((150, 420), 255, np.uint8)
    rng = np.random.default_rng(seed)
    for line in range(4):
        words = "".join(rng.choice(list("abcdefghiklmnoprstu   "), 26))
        cv2.putText(page, words, (6, 32 + 34 * line), cv2.FONT_HERSHEY_COMPLEX, 0.8, 0, 2)
    return page


def slow_drd(truth: np.ndarray, ink: np.ndarray, block: int = 8) -> float:
    """The definition of Lu, Kot & Shi, pixel by pixel; of each block the first `block` pixels."""
    steps = [(dy, dx) for dy in range(-2, 3) for dx in range(-2, 3) if dy or dx]
    whole = sum(1 / math.hypot(*step) for step in steps)
    height, width = truth.shape
    total = 0.0
    for y, x in np.argwhere(truth != ink):
        for dy, dx in steps:
            if 0 <= y + dy < height and 0 <= x + dx < width and truth[y + dy, x + dx] != ink[y, x]:
                total += 1 / math.hypot(dy, dx) / whole
    blocks = [
        truth[top : top + block, left : left + block]
        for top in range(0, height - 7, 8)
        for left in range(0, width - 7, 8)
    ]
    return total / max(sum(bool(one.any() and not one.all()) for one in blocks), 1)


def picture(ink: np.ndarray) -> np.ndarray:
    return np.where(ink, 0, 255).astype(np.uint8)
