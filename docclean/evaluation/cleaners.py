"""Contenders made of a cleaner: what it gives, read once, twice, or from the files it writes."""

import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from docclean.clean.cleaner import Cleaner
from docclean.clean.contract import CleanedPage, PageCleaner
from docclean.clean.reading import MOST_LOOKS, looks_at, suited
from docclean.documents import read_pages
from docclean.errors import UnreadableInputError
from docclean.evaluation.contenders import Contender, Treated, raw
from docclean.jobs.document import process_file
from docclean.ocr import OcrEngine, PageText, Tesseract
from docclean.ocr.engine import is_neural
from docclean.ocr.fusion import fused, without_unsure
from docclean.page import Page
from docclean.recipe import Options


class Sharing:
    """A cleaner whose last page serves every contender that is made of it, thread by thread."""

    def __init__(self, cleaner: PageCleaner) -> None:
        """Take the cleaner."""
        self.cleaner, self._last = cleaner, threading.local()

    def clean(self, page: Page) -> CleanedPage:
        """Return the page cleaned, now or before."""
        return self.cleaned(page)[0]

    def cleaned(self, page: Page) -> tuple[CleanedPage, float]:
        """Return the page cleaned, and the seconds it took where that was before."""
        last: tuple[Page, CleanedPage, float] | None = getattr(self._last, "done", None)
        if last is not None and last[0] is page:
            return last[1:]
        began = time.perf_counter()
        cleaned = self.cleaner.clean(page)
        self._last.done = (page, cleaned, time.perf_counter() - began)
        return cleaned, 0.0


def cleaned_by(cleaner: PageCleaner, name: str = "cleaned") -> Contender:
    """Make a cleaner a contender, read as `docclean ocr` does; its note is the reason."""
    return _contender(cleaner, name, "docclean, read in grey")


def tried_by(cleaner: Cleaner, name: str) -> Contender:
    """Make a cleaner whose gate reads a sample of the page, in the language of its set."""

    def trial(page: Page, engine: OcrEngine) -> Treated:
        reader = replace(engine, psm=6) if isinstance(engine, Tesseract) else engine
        judged = Cleaner(
            cleaner.runtime,
            max_tile_area=cleaner.max_tile_area,
            reader=reader,
            faint=cleaner.faint,
        )
        return _treated(judged, page)

    return Contender(name, "docclean, its gate by reading", raw, trial=trial)


def looked_by(cleaner: PageCleaner, name: str) -> Contender:
    """Make a cleaner whose page is read twice, as `docclean ocr --looks 2` does."""
    about = "docclean, read twice, words voted on"
    return _contender(cleaner, name, about, MOST_LOOKS, fused)


def dropped_by(cleaner: PageCleaner, name: str) -> Contender:
    """Make a cleaner whose page is read once and loses its unsure words: `looks` without a vote."""

    def fuse(looks: Sequence[PageText]) -> PageText:
        return without_unsure(looks[0])

    return _contender(cleaner, name, "docclean, without the words read unsurely", fuse=fuse)


def written_by(cleaner: PageCleaner, name: str, *, for_ocr: bool) -> Contender:
    """Make a cleaner that writes files a contender: what another program then reads.

    Each document is cleaned into a file of its own kind, as `docclean clean in.jpg -o out.jpg`
    does, and that file is read as it is.
    """
    options = Options(for_ocr=for_ocr, allow_signed=True)

    def treat(page: Page) -> Treated:
        source = Path(page.source)
        with tempfile.TemporaryDirectory(prefix="docclean-") as folder:
            target = Path(folder) / source.name
            result = process_file(source, target, cleaner, options)
            if result.status != "done":
                raise UnreadableInputError(f"{source}: {result.message or 'was not written'}")
            for written in read_pages(target, pages={page.number}):
                return Treated(written)
        raise UnreadableInputError(f"{source}: page {page.number} was not written")

    about = "the file that docclean writes" + (" for OCR" if for_ocr else "")
    return Contender(name, f"{about}, read as it is", treat)


def _contender(
    cleaner: PageCleaner,
    name: str,
    about: str,
    count: int = 1,
    fuse: Callable[[Sequence[PageText]], PageText] | None = None,
) -> Contender:
    """Make a cleaner a contender that gives each engine the picture it reads best."""

    def treat(page: Page) -> Treated:
        return _treated(cleaner, page, count)

    def trial(page: Page, engine: OcrEngine) -> Treated:
        return _treated(cleaner, page, count, neural=is_neural(engine))

    return Contender(name, about, treat, trial=trial, fuse=fuse)


def _treated(cleaner: PageCleaner, page: Page, count: int = 1, *, neural: bool = False) -> Treated:
    """Return what a cleaner makes of a page; its note is the reason."""
    sharing = cleaner if isinstance(cleaner, Sharing) else Sharing(cleaner)
    cleaned, shared = sharing.cleaned(page)
    reason = str(getattr(cleaned.decision, "reason", cleaned.decision))
    first, *others = looks_at(page, suited(cleaned, neural=neural), count)
    return Treated(cleaned.page, reason, first, shared, tuple(others))
