"""A page on its way through the cleaner, and what comes out of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from docclean.clean.gate.decision import Decision
from docclean.clean.gate.measures import Measures
from docclean.clean.network import Runtime
from docclean.clean.parts.parts import Parts
from docclean.clean.read.strokes import own_strokes
from docclean.imageops.by_boxes import Grey, whole
from docclean.page import Image, Page

UNSEEN: Image = np.empty((0, 0), np.uint8)
"""What a network made of a page that it has not seen."""
UNMEASURED, UNDECIDED = Measures(), Decision("kept", "nothing is decided yet", {})


@dataclass(frozen=True, eq=False)
class Cleaned:
    """A cleaned page and why it is as it is.

    Attributes:
        page: the page to look at and to keep: same size and dpi as it came, colour if it had any.
        decision: the gate's verdict, its reason, and the measures behind it.
        read: the page to be read, where it is not `page` turned grey: at `scale` times its size
            and dpi where its letters are small, without a pen's strokes where they cross its print;
            or what makes it, once it is asked for.
        scale: pixels of `reading` for one of `page`: boxes found on it are divided by that.
        came: a page that was cleaned as it came, in focus, dark on light everywhere.
        x_height: height of its small letters, px; 0: no text.
    """

    page: Page
    decision: Decision
    read: Page | Callable[[], Page] | None = None
    scale: float = 1.0
    came: Grey | None = None
    x_height: float = 0.0

    @property
    def untouched(self) -> bool:
        """Tell whether the page is best left as it is, to look at and to be read."""
        return self.read is None and self.decision.verdict == "kept"

    @cached_property
    def reading(self) -> Page:
        """The page to give to an OCR engine, grey: see `read`."""
        if self.read is None:
            return self.page.with_pixels(self.page.grey())
        return self.read if isinstance(self.read, Page) else self.read()

    def for_neural(self) -> "Cleaned":
        """Return the same with a `reading` for a neural engine: the page's own strokes.

        A page that was kept is read as it came, its colours with it, and not enlarged.
        """
        if self.came is not None:
            strokes = own_strokes(whole(self.came), self.reading.pixels, self.x_height)
            return replace(self, read=self.page.with_pixels(strokes), scale=1.0)
        return replace(self, read=self.page, scale=1.0) if self.decision.verdict == "kept" else self


@dataclass(frozen=True, eq=False)
class Work:
    """A page on its way through the cleaner; each stage returns a new one.

    Attributes:
        page: the page as it came, brought into focus where it was not.
        grey: its luma, (H, W) uint8, every tinted or dark ground on it as light as the paper.
        raw: its luma at the size the network works at, (h, w) uint8.
        cleaned: what the network made of it, (h, w) uint8; (H, W) until it is enlarged;
            `UNSEEN` at first.
        blur: standard deviation of what had blurred the page, px; 0 where nothing had.
        print_only: its luma without what a pen drew after it was blurred; None: nothing was.
        specks: share of its pixels that were salt or pepper over weak ink, and are gone.
        other_side: share of its pixels where its back shone through, and is gone.
        x_height: height of its small letters, px; 0: no text.
        scale: h / H, 1 and above.
        network: made `cleaned`.
        parts: what is on it beside text; None where nobody looked.
        measures: `raw` beside `cleaned`, in numbers.
        decision: what becomes of the page.
    """

    page: Page
    grey: Grey
    raw: Grey
    cleaned: Image
    network: Runtime
    parts: Parts | None = None
    blur: float = 0.0
    print_only: Image | None = None
    specks: float = 0.0
    other_side: float = 0.0
    x_height: float = 0.0
    scale: float = 1.0
    measures: Measures = UNMEASURED
    decision: Decision = UNDECIDED

    def measured(self, cleaned: Image) -> Measures:
        """Measure the text of the page at its working size beside what a network made of it."""
        if self.parts is None:
            return Measures.of(self.raw, cleaned, self.scale)
        left_out = partial(self.parts.left_out, cleaned.shape)
        measures = Measures.of(self.raw, cleaned, self.scale, left_out)
        return replace(measures, off_sheet=float(self.parts.off.mean()))
