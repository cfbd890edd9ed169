"""Cleans one page: a row of stages over one record, every measure taken once.

    page -> in focus -> measured -> prepared -> candidate -> one side -> choice -> finished

A page that needs nothing for certain is told at a glance. On others the network runs once, where
type is small on the page enlarged, where it is large on a reduced picture; once more where letters
turn out to be of another size, another network takes over, the other side of the sheet shines
through, or a pen has crossed the print.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np

from docclean.clean.finishing import finished, with_pens
from docclean.clean.focus.focusing import Focused, in_focus
from docclean.clean.gate.at_a_glance import needs_nothing
from docclean.clean.gate.by_reading import decide_by_reading
from docclean.clean.gate.decision import Decision
from docclean.clean.gate.measures import speckled
from docclean.clean.gate.need_and_harm import ENLARGED_LITTLE, MOST_SPECKS, decide, is_faint
from docclean.clean.network import SIXTEEN, Runtime, cleaned_by, load_runtime
from docclean.clean.other_side import without_other_side
from docclean.clean.parts.parts import Parts
from docclean.clean.parts.wish import WISH, Wish
from docclean.clean.pens import without_pens
from docclean.clean.route import PICTURE, has_blank_paper, past_the_cleaner
from docclean.clean.strangers import Dpi, Picture, page_of, picture_like, picture_of
from docclean.clean.type_size import (
    ALIKE,
    enlarge,
    is_seen_too_small,
    pixels_seen_as_16,
    working_factor,
    x_height,
)
from docclean.clean.work import UNMEASURED, UNSEEN, Cleaned, Work
from docclean.imageops.by_boxes import Grey, whole
from docclean.ocr import OcrEngine
from docclean.page import Image, Page
from docclean.regions.page_map import PageMap
from docclean.regions.reader import map_reader

MAX_TILE_AREA = 3_400_000
"""Pixels of one tile as the network sees it: what bounds the memory, about 77 bytes a pixel while
it runs. A4 in type of 10 points makes two; smaller ones would spend more time on their halos."""
DEFAULT, BASE, FAINT = "small", "base", "faint"
"""The shipped models: the third takes the place of either on weak print."""


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
        look: Callable[[Page], PageMap] | None = None,
        wish: Wish = WISH,
    ) -> None:
        """Take a runtime.

        Args:
            runtime: the network.
            gate: leave a page alone where cleaning would not help it.
            max_tile_area: pixels of one tile, as the network sees it.
            scale: enlarge pages of small letters while they are cleaned and read.
            reader: lets the gate read a sample of the page, raw and cleaned, before it decides.
            faint: loads the network that takes over on pages of weak print on blank paper.
            look: tells what is on a page beside text: pictures, stamps, codes, the desk; None:
                nobody looks, all is taken for text on paper.
            wish: how those are to be shown.
        """
        self.faint, self.look, self.wish = faint, look, wish
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
        wish: Wish = WISH,
    ) -> "Cleaner":
        """Load a shipped model by name or an exported one by path.

        A shipped one hands pages of weak print on blank paper to the network made for them.

        Raises:
            UsageError: no such model.
            UnreadableInputError: the file is not a model of docclean.
            MissingProgramError: the device is not available here.
        """
        faint = faint_for(model, device, threads)
        return cls(
            load_runtime(model, device, threads), gate, max_tile_area, reader=reader, faint=faint,
            look=map_reader(threads), wish=wish,
        )  # fmt: skip

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
        if cleaned.untouched:
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
        past = past_the_cleaner(page, grey) if self.gate else None
        if past:
            return Cleaned(page, past)
        work = self._at_a_glance(page, grey)
        if work is None:
            found = None if self.look is None else self.look(page)
            seen = in_focus(page, grey, found)
            parts = None if found is None else Parts.of(seen.page, found, self.wish)
            if self.gate and parts is not None and parts.is_picture:
                return Cleaned(page, PICTURE)
            work = self._candidate(_prepared(self._measured(seen, parts)))
            work = self._chosen(without_other_side(work, self.look, self._cleaned_anew))
        return self._without_pens(work, finished(work))

    def _at_a_glance(self, page: Page, grey: Image) -> Work | None:
        """Return the page as it stays where it needs nothing for certain, being in focus, too."""
        if not self.gate or self.reader is not None:
            return None
        measures = needs_nothing(grey)
        if measures is None:
            return None
        work = Work(page, grey, grey, grey, self.runtime, measures=measures)
        work = self._sized(work, x_height(grey))
        told = decide(measures).with_measures(x_height=work.x_height, scale=work.scale)
        return _prepared(replace(work, decision=told))

    def _measured(self, seen: Focused, parts: Parts | None) -> Work:
        """Run the network once, and take the size of the letters from what it made.

        Where they seem small before anything is cleaned, the page is cleaned when it is enlarged.
        """
        even = seen.grey if parts is None else parts.positive(seen.grey)
        height = 0.0 if parts is None else parts.letters(even)
        seen_so = (parts, seen.blur, seen.print_only, seen.specks)
        work = self._sized(Work(seen.page, even, even, UNSEEN, self.runtime, *seen_so), height)
        return work if work.scale > 1 and not self._may_be_faint(work) else self._first_look(work)

    def _first_look(self, work: Work) -> Work:
        """Run the network on the page as it came, at first as large as its letters let it."""
        px = _px(work.grey, work.x_height)
        cleaned = self.clean_grey(work.grey, px=px)
        height = _letters_of(cleaned, work.parts)
        if is_seen_too_small(height, px):
            del cleaned  # a large page has no room for two
            cleaned = self.clean_grey(work.grey, px=_px(work.grey, height))
            height = _letters_of(cleaned, work.parts)
        return self._sized(replace(work, cleaned=cleaned), height)

    def _sized(self, work: Work, height: float) -> Work:
        """Return the work with the height of its letters, and how much larger it is to be."""
        scale = working_factor(height, work.grey.shape) if self.scale else 1.0
        return replace(work, x_height=height, scale=scale)

    def _may_be_faint(self, work: Work) -> bool:
        """Say whether the network for weak print may have to take over."""
        return bool(self.faint and work.scale <= ENLARGED_LITTLE and has_blank_paper(work.grey))

    def _candidate(self, work: Work) -> Work:
        """Clean the page at its working size with the network that suits it, and measure it.

        Weak print is told by what the network made of the page before, enlarged with it.
        """
        enlarged = work.scale > 1
        if work.cleaned is UNSEEN:
            return self._enlarged_unseen(work)
        network, measures = work.network, UNMEASURED
        if not enlarged or self._may_be_faint(work):
            made = enlarge(work.cleaned, work.scale) if enlarged else work.cleaned
            measures = work.measured(made)
            if self.faint and is_faint(measures):
                network = self.faint()
        if enlarged or network is not work.network:
            return self._cleaned_again(replace(work, network=network))
        return replace(work, measures=measures)

    def _enlarged_unseen(self, work: Work) -> Work:
        """Clean a page enlarged by what its letters seemed; look at it first where they do not."""
        made = self._cleaned_again(work)
        found = _letters_of(made.cleaned, work.parts) / work.scale
        if not found or found > ALIKE * work.x_height:
            return self._candidate(_prepared(self._first_look(replace(work, raw=work.grey))))
        return made

    def _cleaned_again(self, work: Work) -> Work:
        """Clean the page at its working size with the network that was chosen, and measure it."""
        # what was enlarged has no more to show: reduced again, it is cleaned worse
        px = _px(work.grey, work.x_height) if work.scale == 1 else SIXTEEN
        cleaned = self.clean_grey(work.raw, work.network, px)
        return replace(work, cleaned=cleaned, measures=work.measured(cleaned))

    def _cleaned_anew(self, work: Work) -> Work:
        """Clean another page in the place of the one that came."""
        return self._cleaned_again(_prepared(work))

    def _chosen(self, work: Work) -> Work:
        """Decide between the page as it came and the cleaned one, as the gate's options ask."""
        if not self.gate:
            decision = Decision("cleaned", "the gate is off", work.measures.told())
        else:
            specks = max(work.measures.specks, work.specks)
            decision = decide(replace(work.measures, specks=specks))
            if self.reader is not None:
                finer = partial(work.page.finer, factor=work.scale)
                before, after = (finer(whole(grey)) for grey in (work.raw, work.cleaned))
                decision = decide_by_reading(before, after, self.reader, decision)
        decision = decision.with_measures(x_height=work.x_height, scale=work.scale)
        return replace(work, decision=decision)

    def _without_pens(self, work: Work, done: Cleaned) -> Cleaned:
        """Return the page with another one to be read, where a pen has crossed its print."""
        printed = work.print_only
        if printed is None:
            printed = without_pens(work.grey, work.x_height)
        if printed is None:
            return done
        page = work.page.with_pixels(printed)  # of its parts, too: what stays as it came has no pen
        parts = None if work.parts is None else replace(work.parts, page=page)
        print_only = replace(work, page=page, grey=printed, parts=parts)
        read = finished(self._chosen(self._cleaned_anew(print_only)))
        pens = round(float(np.mean(printed != whole(work.grey))), 5)
        decision = done.decision.with_measures(pens=pens)
        kept = with_pens(done.page, work) if self.wish.pens else read.page
        return replace(read, page=kept, decision=decision, read=read.reading)

    def clean_grey(self, grey: Grey, runtime: Runtime | None = None, px: int = SIXTEEN) -> Image:
        """Return the network's page, uint8 (H, W) -> (H, W): see `cleaned_by`."""
        return cleaned_by(runtime or self.runtime, grey, self.max_tile_area, px)


def _px(grey: Grey, height: float) -> int:
    """Return how many pixels the network may see as 16: no more where specks would become grey."""
    px = pixels_seen_as_16(height)
    return SIXTEEN if px > SIXTEEN and speckled(grey) > MOST_SPECKS else px


def _letters_of(cleaned: Image, parts: Parts | None) -> float:
    """Return the height of the small letters of the text of the network's page, px."""
    return x_height(cleaned) if parts is None else parts.letters_left(cleaned)


def _prepared(work: Work) -> Work:
    """Enlarge the page where its letters are small."""
    return replace(work, raw=enlarge(whole(work.grey), work.scale) if work.scale > 1 else work.grey)


def faint_for(
    model: str | Path, device: str = "auto", threads: int | None = None
) -> Callable[[], Runtime] | None:
    """Return what loads the network for weak print that goes with a model; None with an own one."""
    if model not in (DEFAULT, BASE):
        return None
    return cache(lambda: load_runtime(FAINT, device, threads))
