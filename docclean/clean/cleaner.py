"""Cleans one page: a row of stages over one record, every measure taken once.

    page -> in focus -> measured -> prepared -> candidate -> choice -> finished

A page that needs nothing for certain is told at a glance. Of others the network runs once on the
page as it came, and once more where small type is enlarged or another network takes over; a third
time only on a page whose print a pen has crossed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from docclean.clean.faint_marks import wipe_crumbs
from docclean.clean.focus import find_blur, refocus
from docclean.clean.gate.at_a_glance import needs_nothing
from docclean.clean.gate.by_reading import decide_by_reading
from docclean.clean.gate.decision import Decision
from docclean.clean.gate.measures import Measures
from docclean.clean.gate.need_and_harm import ENLARGED_LITTLE, decide, is_faint
from docclean.clean.network import Runtime, load_runtime
from docclean.clean.pens import without_pens
from docclean.clean.route import DRAWN, has_blank_paper, is_drawing
from docclean.clean.strangers import Dpi, Picture, page_of, picture_like, picture_of
from docclean.clean.tiles import TileGrid, join, split
from docclean.clean.type_size import TINY_X_HEIGHT, bring_back, enlarge, working_factor, x_height
from docclean.ocr import OcrEngine
from docclean.page import Image, Page

MAX_TILE_AREA = 6_000_000
"""Pixels of one tile: what bounds the memory, about 100 bytes a pixel while the network runs. An A4
page at 300 dpi makes two tiles; smaller ones would spend more time on their halos."""
UNMEASURED, UNDECIDED = Measures(), Decision("kept", "nothing is decided yet", {})
DEFAULT, BASE, FAINT = "small", "base", "faint"
"""The shipped models: the third takes the place of either on weak print."""


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


@dataclass(frozen=True, eq=False)
class Work:
    """A page on its way through the cleaner; each stage returns a new one.

    Attributes:
        page: the page as it came, brought into focus where it was not.
        grey: its luma, (H, W) uint8.
        raw: its luma at the size the network works at, (h, w) uint8.
        cleaned: what the network made of it, (h, w) uint8; (H, W) until it is enlarged.
        blur: standard deviation of what had blurred the page, px; 0 where nothing had.
        x_height: height of its small letters, px; 0: no text.
        scale: h / H, 1 and above.
        network: made `cleaned`.
        measures: `raw` beside `cleaned`, in numbers.
        decision: what becomes of the page.
    """

    page: Page
    grey: Image
    raw: Image
    cleaned: Image
    network: Runtime
    blur: float = 0.0
    x_height: float = 0.0
    scale: float = 1.0
    measures: Measures = UNMEASURED
    decision: Decision = UNDECIDED


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
        model: str | Path = DEFAULT,
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

    def image(self, image: Picture, dpi: Dpi = None, *, for_ocr: bool = False) -> Picture:
        """Clean a picture of another program: an array in, an array out; Pillow's likewise.

        Args:
            image: (H, W) or (H, W, 3) RGB uint8, 0 black .. 255 white, or an image of Pillow.
            dpi: dots per inch, one number or two; None: what an image of Pillow says of itself.
            for_ocr: give the picture that is to be read: grey, and larger than `image` where its
                type is small; Pillow's `info["dpi"]` grows with it.

        Returns:
            The cleaned picture; `image` itself where it is best left as it is.

        Raises:
            ValueError: the array has another type or shape.
        """
        cleaned = self.clean(page_of(image, dpi))
        if cleaned.read is None and cleaned.decision.verdict == "kept":
            return image
        if for_ocr:
            return picture_of(cleaned.reading, image)
        return picture_like(cleaned.page, image)

    def clean(self, page: Page) -> Cleaned:
        """Return the cleaned page with the gate's decision and its reason.

        A page out of focus is brought into focus, and comes back so whatever the gate says of the
        rest. A page of small letters is enlarged to the size the network works at, cleaned there
        and brought back to its own size. What a hand wrote over the print is kept, not read.
        """
        grey = page.grey()
        if self.gate and not page.is_grey and is_drawing(page.pixels, grey):
            return Cleaned(page, DRAWN)
        seen = _in_focus(page, grey)
        work = self._at_a_glance(*seen)
        if work is None:
            work = self._chosen(self._candidate(_prepared(self._measured(*seen))))
        return self._without_pens(work, _finished(work))

    def _at_a_glance(self, page: Page, grey: Image, blur: float) -> Work | None:
        """Return the page as it stays where it needs nothing for certain: no network runs."""
        if not self.gate or self.reader is not None or blur:
            return None
        measures = needs_nothing(grey)
        if measures is None:
            return None
        height = x_height(grey)
        scale = working_factor(height, grey.shape) if self.scale else 1.0
        decision = decide(measures).with_measures(x_height=height, scale=scale)
        args = (self.runtime, blur, height, scale, measures, decision)
        return _prepared(Work(page, grey, grey, grey, *args))

    def _measured(self, page: Page, grey: Image, blur: float) -> Work:
        """Run the network once, and take the size of the letters from what it made."""
        cleaned = self.clean_grey(grey)
        height = x_height(cleaned)
        scale = working_factor(height, grey.shape) if self.scale else 1.0
        return Work(page, grey, grey, cleaned, self.runtime, blur, height, scale)

    def _candidate(self, work: Work) -> Work:
        """Clean the page at its working size with the network that suits it, and measure it.

        Weak print is told by what the network made of the page before, enlarged with it.
        """
        enlarged = work.scale > 1
        network, measures = work.network, UNMEASURED
        little = self.faint and work.scale <= ENLARGED_LITTLE
        if not enlarged or (little and has_blank_paper(work.grey)):
            made = enlarge(work.cleaned, work.scale) if enlarged else work.cleaned
            measures = Measures.of(work.raw, made, work.scale)
            if self.faint and is_faint(measures):
                network = self.faint()
        if enlarged or network is not work.network:
            return self._cleaned_again(replace(work, network=network))
        return replace(work, measures=measures)

    def _cleaned_again(self, work: Work) -> Work:
        """Clean the page at its working size with the network that was chosen, and measure it."""
        cleaned = self.clean_grey(work.raw, work.network)
        return replace(work, cleaned=cleaned, measures=Measures.of(work.raw, cleaned, work.scale))

    def _chosen(self, work: Work) -> Work:
        """Decide between the page as it came and the cleaned one, as the gate's options ask."""
        if not self.gate:
            decision = Decision("cleaned", "the gate is off", work.measures.told())
        else:
            decision = decide(work.measures)
            if self.reader is not None:
                before, after = (work.page.finer(g, work.scale) for g in (work.raw, work.cleaned))
                decision = decide_by_reading(before, after, self.reader, decision)
        decision = decision.with_measures(x_height=work.x_height, scale=work.scale)
        return replace(work, decision=decision)

    def _without_pens(self, work: Work, done: Cleaned) -> Cleaned:
        """Return the page with another one to be read, where a pen has crossed its print."""
        printed = without_pens(work.grey, work.x_height)
        if printed is None:
            return done
        print_only = replace(work, page=work.page.with_pixels(printed), grey=printed)
        read = _finished(self._chosen(self._cleaned_again(_prepared(print_only))))
        pens = round(float(np.mean(printed != work.grey)), 5)
        decision = done.decision.with_measures(pens=pens)
        return replace(done, decision=decision, read=read.reading, scale=read.scale)

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


def _in_focus(page: Page, grey: Image) -> tuple[Page, Image, float]:
    """Return the page in focus, its luma, and the deviation of what had blurred it, px; 0: none."""
    blur = find_blur(grey)
    if blur is None:
        return page, grey, 0.0
    sharp = refocus(grey, blur)
    focused = page.with_luma(grey, sharp)
    return focused, focused.grey(), blur.width()


def _prepared(work: Work) -> Work:
    """Enlarge the page where its letters are small."""
    return replace(work, raw=enlarge(work.grey, work.scale) if work.scale > 1 else work.grey)


def _finished(work: Work) -> Cleaned:
    """Return the page that was chosen at its own size, and the one to read."""
    page, scale = work.page, work.scale
    decision = work.decision.after_focus(work.blur) if work.blur else work.decision
    if work.decision.verdict == "kept":
        if scale > 1 and work.x_height < TINY_X_HEIGHT:
            return Cleaned(page, decision, page.finer(work.raw, scale), scale)
        return Cleaned(page, decision)
    contrast = work.measures.speckled_contrast
    cleaned = wipe_crumbs(work.raw, work.cleaned, scale * work.x_height, contrast)
    if scale == 1:
        return Cleaned(page.with_luma(work.grey, cleaned), decision)
    shown = bring_back(work.grey, work.raw, cleaned)
    return Cleaned(page.with_luma(work.grey, shown), decision, page.finer(cleaned, scale), scale)


def faint_for(
    model: str | Path, device: str = "auto", threads: int | None = None
) -> Callable[[], Runtime] | None:
    """Return what loads the network for weak print that goes with a model; None with an own one."""
    if model not in (DEFAULT, BASE):
        return None
    return cache(lambda: load_runtime(FAINT, device, threads))
