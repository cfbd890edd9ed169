"""The heart: a dirty page in, a clean page out, every stroke kept."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from docclean.gate import Decision, decide
from docclean.page import Image, Page
from docclean.runtime import Runtime, load_runtime
from docclean.tiles import TileGrid, join, split

MAX_TILE_AREA = 3_000_000
"""Pixels of one tile: what bounds the memory, about 100 bytes a pixel while the network runs."""
COLOUR_STRIP = 256
"""Rows of a colour page put together at a time."""


@dataclass(frozen=True, eq=False)
class Cleaned:
    """A cleaned page and why it is as it is."""

    page: Page
    decision: Decision


class Cleaner:
    """Cleans pages with one loaded network."""

    def __init__(
        self, runtime: Runtime, gate: bool = True, max_tile_area: int = MAX_TILE_AREA
    ) -> None:
        """Take a runtime; with `gate` a page that cleaning would not help is left alone."""
        self.runtime, self.gate, self.max_tile_area = runtime, gate, max_tile_area

    @classmethod
    def load(
        cls,
        model: str | Path = "small",
        *,
        gate: bool = True,
        device: str = "auto",
        threads: int | None = None,
    ) -> "Cleaner":
        """Load a shipped model by name or an exported one by path.

        Raises:
            UsageError: no such model.
            UnreadableInputError: the file is not a model of docclean.
            MissingProgramError: the device is not available here.
        """
        return cls(load_runtime(model, device, threads), gate)

    def __call__(self, page: Page) -> Page:
        """Return the cleaned page: same size, dpi and number; colour stays colour."""
        return self.clean(page).page

    def clean(self, page: Page) -> Cleaned:
        """Return the cleaned page with the gate's decision and its reason."""
        grey = page.grey()
        cleaned = self.clean_grey(grey)
        decision = (
            decide(grey, cleaned) if self.gate else Decision("cleaned", "the gate is off", {})
        )
        if decision.verdict == "kept":
            return Cleaned(page, decision)
        pixels = cleaned if page.is_grey else _with_chroma(page.pixels, grey, cleaned)
        return Cleaned(page.with_pixels(pixels), decision)

    def clean_grey(self, grey: Image) -> Image:
        """Return the network's page, uint8 (H, W) -> (H, W), whatever its size, tile by tile."""
        runtime = self.runtime
        grid = TileGrid.cover(
            len(grey), grey.shape[1], runtime.reach, runtime.stride, self.max_tile_area
        )
        cleaned = np.empty_like(grey)
        for box, cut in split(grey, grid):
            join(cleaned, box, runtime(cut[None])[0])
        return cleaned


def _with_chroma(colour: Image, grey: Image, cleaned: Image) -> Image:
    """Return a colour page (H, W, 3) with new luma; chroma fades where the paper is white.

    R, G and B keep their distance from the luma (ITU-R BT.601), scaled down towards white paper.
    """
    out = np.empty_like(colour)
    for top in range(0, len(colour), COLOUR_STRIP):
        rows = np.s_[top : top + COLOUR_STRIP]
        luma = cleaned[rows].astype(np.float32)
        keep = np.clip((255 - luma) / 64, 0, 1)
        chroma = colour[rows].astype(np.float32) - grey[rows].astype(np.float32)[..., None]
        values = luma[..., None] + keep[..., None] * chroma
        out[rows] = np.clip(values + 0.5, 0, 255).astype(np.uint8)
    return out
