"""The heart: a dirty page in, a clean page out, every stroke kept."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from docclean.clean.faint_marks import wipe_crumbs
from docclean.clean.focus import find_blur, refocus
from docclean.clean.gate import Decision, decide, is_drawing, is_faint
from docclean.clean.gate_by_reading import decide_by_reading
from docclean.clean.network import Runtime, load_runtime
from docclean.clean.pens import without_pens
from docclean.clean.tiles import TileGrid, join, split
from docclean.clean.type_size import TINY_X_HEIGHT, bring_back, enlarge, working_factor, x_height
from docclean.ocr import OcrEngine
from docclean.page import Image, Page

MAX_TILE_AREA = 6_000_000
"""Pixels of one tile: what bounds the memory, about 100 bytes a pixel while the network runs. An A4
page at 300 dpi makes two tiles; smaller ones would spend more time on their halos."""
DEFAULT, LARGER, FAINT = "small", "base", "faint"
"""The shipped models: the third takes the place of either on weak print."""
DRAWN = "a program drew it in colour, on paper of one value: there is nothing to clean"
COLOUR_STRIP = 256
"""Rows of a colour page put together at a time."""


@dataclass(frozen=True, eq=False)
class Cleaned:
    """A cleaned page and why it is as it is.

    Attributes:
        page: the page to look at and to keep: same size and dpi as it came, colour if it had any.
        decision: the gate's verdict, its reason, and the measures behind it.
        read: the page to be read, where it is not `page` turned grey: at `scale` times its size
            and dpi where its letters are small, without a pen's strokes where they cross its print.
        scale: pixels of `reading` for one of `page`: boxes found on it are divided by that.
    """

    page: Page
    decision: Decision
    read: Page | None = None
    scale: float = 1.0

    @property
    def reading(self) -> Page:
        """Return the page to give to an OCR engine, grey: see `read`."""
        return self.read or self.page.with_pixels(self.page.grey())


class Cleaner:
    """Cleans pages with one loaded network."""

    def __init__(
        self,
        runtime: Runtime,
        gate: bool = True,
        max_tile_area: int = MAX_TILE_AREA,
        scale: bool = True,
        reader: OcrEngine | None = None,
        faint: Callable[[], Runtime] | None = None,
    ) -> None:
        """Take a runtime.

        Args:
            runtime: the network.
            gate: leave a page alone where cleaning would not help it.
            max_tile_area: pixels of one tile.
            scale: enlarge pages of small letters while they are cleaned and read.
            reader: lets the gate read a sample of the page, raw and cleaned, before it decides.
            faint: loads the network that takes over on pages of weak print on blank paper.
        """
        self.faint = faint
        self.runtime, self.gate, self.max_tile_area = runtime, gate, max_tile_area
        self.scale, self.reader = scale, reader

    @classmethod
    def load(
        cls,
        model: str | Path = "small",
        *,
        gate: bool = True,
        device: str = "auto",
        threads: int | None = None,
        reader: OcrEngine | None = None,
        max_tile_area: int = MAX_TILE_AREA,
    ) -> "Cleaner":
        """Load a shipped model by name or an exported one by path.

        A shipped one hands pages of weak print on blank paper to the network made for them.

        Raises:
            UsageError: no such model.
            UnreadableInputError: the file is not a model of docclean.
            MissingProgramError: the device is not available here.
        """
        runtime = load_runtime(model, device, threads)
        faint = faint_for(model, device, threads)
        return cls(runtime, gate, max_tile_area, reader=reader, faint=faint)

    def __call__(self, page: Page) -> Page:
        """Return the cleaned page: same size, dpi and number; colour stays colour."""
        return self.clean(page).page

    def clean(self, page: Page) -> Cleaned:
        """Return the cleaned page with the gate's decision and its reason.

        A page out of focus is brought into focus, and comes back so whatever the gate says of the
        rest. A page of small letters is enlarged to the size the network works at, cleaned there
        and brought back to its own size.
        """
        grey = page.grey()
        if self.gate and not page.is_grey and is_drawing(page.pixels, grey):
            return Cleaned(page, Decision("kept", DRAWN, {}, untouched=True))
        blur = find_blur(grey)
        if blur is None:
            return self._clean_focused(page, grey)
        focused = _with_luma(page, grey, refocus(grey, blur))
        done = self._clean_focused(focused, focused.grey())
        return replace(done, decision=done.decision.after_focus(blur.width()))

    def _clean_focused(self, page: Page, grey: Image) -> Cleaned:
        """Return the page cleaned; what a hand wrote over its print is not read, and is kept."""
        done = self._clean(page, grey)
        printed = without_pens(grey, done.decision.measures["x_height"])
        if printed is None:
            return done
        read = self._clean(page.with_pixels(printed), printed)
        decision = done.decision.with_measures(pens=round(float(np.mean(printed != grey)), 5))
        return replace(done, decision=decision, read=read.reading, scale=read.scale)

    def _clean(self, page: Page, grey: Image) -> Cleaned:
        work, cleaned = grey, self.clean_grey(grey)
        height = x_height(cleaned)
        factor = working_factor(height, grey.shape) if self.scale else 1.0
        if factor > 1:
            work = enlarge(grey, factor)
            cleaned = self.clean_grey(work)
        decision = decide(work, cleaned, factor)
        if self.faint and is_faint(decision.measures, factor):
            cleaned = self.clean_grey(work, self.faint())
            decision = decide(work, cleaned, factor)
        decision = self._judged(page, work, cleaned, decision, factor)
        decision = decision.with_measures(x_height=height, scale=factor)
        if decision.verdict == "kept":
            if factor > 1 and height < TINY_X_HEIGHT:
                return Cleaned(page, decision, page.finer(work, factor), factor)
            return Cleaned(page, decision)
        cleaned = wipe_crumbs(work, cleaned, factor * height)
        shown = bring_back(grey, work, cleaned) if factor > 1 else cleaned
        done = _with_luma(page, grey, shown)
        if factor > 1:
            return Cleaned(done, decision, page.finer(cleaned, factor), factor)
        return Cleaned(done, decision)

    def _judged(
        self, page: Page, raw: Image, cleaned: Image, decision: Decision, factor: float
    ) -> Decision:
        """Return the decision as the options of the gate leave it."""
        if not self.gate:
            return Decision("cleaned", "the gate is off", decision.measures)
        if self.reader is None:
            return decision
        before, after = (page.finer(grey, factor) for grey in (raw, cleaned))
        return decide_by_reading(before, after, self.reader, decision)

    def clean_grey(self, grey: Image, runtime: Runtime | None = None) -> Image:
        """Return the network's page, uint8 (H, W) -> (H, W), whatever its size, tile by tile."""
        runtime = runtime or self.runtime
        grid = TileGrid.cover(
            len(grey), grey.shape[1], runtime.reach, runtime.stride, self.max_tile_area
        )
        cleaned = np.empty_like(grey)
        for box, cut in split(grey, grid):
            join(cleaned, box, runtime(cut[None])[0])
        return cleaned


def faint_for(
    model: str | Path, device: str = "auto", threads: int | None = None
) -> Callable[[], Runtime] | None:
    """Return what loads the network for weak print that goes with a model; None with an own one."""
    if model not in (DEFAULT, LARGER):
        return None
    return cache(lambda: load_runtime(FAINT, device, threads))


def _with_luma(page: Page, grey: Image, luma: Image) -> Page:
    """Return a page with new luma (H, W), `grey` being its own; colour keeps its chroma."""
    return page.with_pixels(luma if page.is_grey else _with_chroma(page.pixels, grey, luma))


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
