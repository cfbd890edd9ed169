"""Cleans OCRmyPDF's pages. Whatever goes wrong here costs a page its cleaning, never the document.

OCRmyPDF's workers are threads, or processes with `--no-use-threads`; each process has one cleaner,
which its threads share: the network runs in the thread that calls it.
"""

import gc
import logging
import os
import threading
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ocrmypdf.exceptions import MissingDependencyError
from PIL import Image as Pillow

from docclean.clean.cleaner import Cleaner
from docclean.clean.gate.decision import Decision
from docclean.clean.network import model_file
from docclean.clean.reading import looks_at
from docclean.clean.spec import SHARED_TILE_AREA
from docclean.clean.strangers import page_of, picture_of
from docclean.clean.work import Cleaned
from docclean.errors import DoccleanError
from docclean.files import locked
from docclean.integrations.ocrmypdf.asked import Asked
from docclean.jobs.document import process_file
from docclean.ocr.tesseract import MAX_SIDE
from docclean.page import Page
from docclean.recipe import Options
from docclean.sessions import give_back

log = logging.getLogger("ocrmypdf.docclean")

LARGEST = 100_000_000
"""Pixels of a page that is cleaned for reading: about 0.6 GB and half a minute of one core."""
SMALLEST = 16
"""Sides of a page worth cleaning, px: less holds no letter."""

_lock = threading.Lock()
_cleaners: dict[tuple[int, str, int], Cleaner] = {}


def check(asked: Asked) -> None:
    """See that pages could be cleaned.

    Raises:
        MissingDependencyError: there is no such model, or nothing to run it.
        ImportError: a package is missing.
    """
    import onnxruntime  # noqa: F401  (the cleaner imports it when it is loaded)

    try:
        model_file(asked.model)
    except DoccleanError as error:
        raise MissingDependencyError(f"docclean: {error}") from error


def cleaner_for(asked: Asked) -> Cleaner:
    """Return this process's cleaner; it is loaded once. A fork's must load its own."""
    key = (os.getpid(), asked.model, asked.threads)
    with _lock:
        if key not in _cleaners:
            _cleaners.clear()
            _cleaners[key] = Cleaner.load(
                asked.model, device="cpu", threads=asked.threads, max_tile_area=SHARED_TILE_AREA
            )
        return _cleaners[key]


def _forget() -> None:
    """Let go of the cleaner and of all it worked in."""
    with _lock:
        _cleaners.clear()
    gc.collect()
    give_back()


@contextmanager
def turn(folder: Path | None, number: int, options: Any) -> Iterator[None]:
    """Let half the workers clean at a time, the others read: a network takes much memory.

    Args:
        folder: where workers, threads and processes alike, wait for each other; None: for none.
        number: of the page.
        options: OCRmyPDF's own.
    """
    with ExitStack() as held:
        if folder:
            workers = getattr(options, "jobs", None) or os.cpu_count() or 1
            place = folder / f"docclean-{number % max(1, workers // 2)}.lock"
            with suppress(OSError):  # a file system may know no locks
                locked(held.enter_context(place.open("wb")), wait=True)
        yield


def for_reading(
    image: Pillow.Image,
    asked: Asked,
    options: Any,
    number: int,
    folder: Path | None = None,
    aside: Path | None = None,
) -> Pillow.Image:
    """Return the picture that is to be read, or `image` itself where nothing is gained.

    Args:
        image: any mode; `info["dpi"]` is set. Its pixels may still lie in its file.
        asked: what is asked of the plugin.
        options: OCRmyPDF's own.
        number: of the page, from 1, for messages.
        folder: OCRmyPDF's working folder, see `turn`.
        aside: where a second look is left for `LooksEngine`; None: there is none.
    """
    width, height = image.size
    if width * height > LARGEST or min(width, height) < SMALLEST:
        log.warning(
            "docclean: page %d is read as it came: %d x %d px is too %s to be cleaned",
            *(number, width, height, "large" if width * height > LARGEST else "small"),
        )
        return image
    try:
        with turn(folder, number, options), _pixels_apart(image) as picture:
            read = _read_picture(picture, asked, aside)
            if read is picture:
                return image
    except Exception as error:  # one page's trouble must not sink the document
        log.warning("docclean: page %d is read as it came: %s", number, _told(error))
        return image
    if not _fits(read, options):
        across, down = (dpi * width / read.width for dpi in read.info["dpi"])
        read = read.resize(image.size, Pillow.Resampling.BOX)
        read.info["dpi"] = (across, down)
    return read


def _read_picture(picture: Pillow.Image, asked: Asked, aside: Path | None) -> Pillow.Image:
    """Return the cleaned picture, or `picture` itself; leave the second look aside."""
    cleaner = cleaner_for(asked)
    if aside is None:
        read: Pillow.Image = cleaner.image(picture, for_ocr=True)
        return read
    page = page_of(picture)
    cleaned = cleaner.clean(page)
    _, *others = looks_at(page, cleaned, 2)
    for other in others:
        Pillow.fromarray(other.grey()).save(aside, dpi=picture.info["dpi"])
    return picture if cleaned.untouched else picture_of(cleaned.reading, picture)


@dataclass(frozen=True)
class Chosen:
    """Cleans some pages of a document and leaves the others.

    Attributes:
        cleaner: cleans a page.
        numbers: of the pages, from 1; None: all.
    """

    cleaner: Cleaner
    numbers: Collection[int] | None

    def clean(self, page: Page) -> Cleaned:
        """Return the page cleaned, or as it came where it is not among those."""
        if self.numbers is not None and page.number not in self.numbers:
            return Cleaned(page, Decision("kept", "this page is not asked for", {}))
        return self.cleaner.clean(page)


def clean_document(path: Path | str | None, asked: Asked, options: Any) -> None:
    """Clean the scans of a PDF in place, before any of its pages is read."""
    if path is None:
        log.warning("docclean: this OCRmyPDF does not say where its document lies; pages are kept")
        return
    path = Path(path)
    aside = path.with_name("docclean.pdf")
    wanted = getattr(options, "pages", None)
    numbers = {number + 1 for number in wanted} if wanted else None
    # OCRmyPDF has asked about a signature before it came here
    how = Options(model=asked.model, device="cpu", allow_signed=True, overwrite=True)
    try:
        cleaner = cleaner_for(replace(asked, threads=os.cpu_count() or 1))
    except Exception as error:  # such as a model file that is none
        log.warning("docclean: the pages are kept as they came: %s", _told(error))
        return
    result = process_file(path, aside, Chosen(cleaner, numbers), how)
    _forget()  # workers that are forked now would hold it, and load their own
    if result.message:
        log.warning("docclean: %s", result.message)
    if result.status == "done":
        aside.replace(path)


def _pixels_apart(image: Pillow.Image) -> Pillow.Image:
    """Return the picture for its pixels; where they lie in a file still, from a second handle.

    A page that is kept is not written again by OCRmyPDF, as long as nobody has decoded it.
    """
    name = getattr(image, "filename", "")
    undecoded = getattr(image, "_im", True) is None  # as OCRmyPDF asks it: Pillow does not say
    return Pillow.open(name) if name and undecoded else image.copy()


def _fits(image: Pillow.Image, options: Any) -> bool:
    """Say whether an enlarged picture is within what Tesseract and OCRmyPDF's user allow."""
    most = getattr(options, "max_ocr_image_mpixels", None)
    within = not most or image.width * image.height <= most * 1_000_000
    return within and max(image.size) <= MAX_SIDE


def _told(error: Exception) -> str:
    return str(error) or type(error).__name__
