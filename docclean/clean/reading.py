"""Documents that are only read: what `docclean ocr` and `docclean.ocr_text` give."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from docclean.clean.contract import CleanedPage, PageCleaner
from docclean.clean.spec import CleanerSpec, engine_of
from docclean.documents import Source, as_source, read_pages
from docclean.errors import UsageError
from docclean.imageops.division import divided
from docclean.imageops.threshold import histogram, otsu
from docclean.ocr import OcrEngine, PageText, read_layers
from docclean.ocr.engine import is_neural, title_of
from docclean.ocr.fusion import brought, fused
from docclean.ocr.markup import written
from docclean.ocr.sidecars import merged, rescaled
from docclean.page import Image, Page
from docclean.recipe import Options

KINDS = {".hocr": "hocr", ".xml": "alto"}
"""What is written, by the end of the output's name; text otherwise."""
READ_DPI, LEAST_DPI = 300.0, 150.0
"""What a page to be read says of its dots per inch where its type was brought to the size it has at
300, and where it said nothing or less than the other. Word F1 on the validation halves of the
public sets: pages that said nothing 0.785 -> 0.797, 96 dpi 0.873 -> 0.906, enlarged 0.724 -> 0.772.
What says more is believed (pipelines/results/views.md)."""
MOST_LOOKS = 2
"""Looks there are: the cleaned page, and the page as it came or divided by its paper."""
NEAR = 0.02
"""How much less of its ink than the divided page the page as it came may share with the cleaned one
and still be the second look. Chosen on the validation halves of the public sets, all pages."""


def ocr_text(
    source: Path | str | bytes,
    lang: str = "eng",
    *,
    engine: str = "tesseract",
    model: str = "small",
    clean: bool = True,
) -> str:
    """Return what a document says, cleaned first; pages are parted by a form feed.

    Args:
        source: a PDF's or an image's path, or its bytes.
        lang: languages as Tesseract names them, joined by '+'.
        engine: what reads: `tesseract` or `rapidocr`.
        model: a shipped model's name or a model file.
        clean: read the pages cleaned, or as they come.

    Raises:
        DoccleanError: the document cannot be read, or a program, language or model is missing.
    """
    options = Options(lang=lang, ocr_engine=engine, model=model)
    document = as_source(source if isinstance(source, bytes) else Path(source))
    cleaner = CleanerSpec(options)() if clean else None
    return read_document(document, engine_of(options), cleaner).decode().rstrip("\n")


def kind_of(out: str) -> str:
    """Return what is to be written to an output: `text`, `hocr` or `alto`.

    Raises:
        UsageError: a PDF is asked for.
    """
    suffix = Path(out).suffix.lower()
    if suffix == ".pdf":
        raise UsageError(
            f"{out}: 'docclean ocr' writes .txt, .hocr or .alto.xml; "
            "'docclean clean --ocr' makes a PDF searchable"
        )
    return KINDS.get(suffix, "text")


def read_document(
    document: Path | Source,
    engine: OcrEngine,
    cleaner: PageCleaner | None = None,
    *,
    kind: str = "text",
    pages: Collection[int] | None = None,
    password: str | None = None,
    count: int = 1,
) -> bytes:
    """Read a document and return what it says; boxes are of its pages as they came.

    Args:
        document: a file, or a document in memory.
        engine: reads.
        cleaner: cleans each page first; None: the pages are read as they are.
        kind: `text` (pages parted by a form feed), `hocr` or `alto`.
        pages: numbers of the pages that are read; all where None.
        password: opens a protected PDF.
        count: looks at each page that are read; see `looks_at`.

    Raises:
        DoccleanError: the document cannot be read, or the engine failed.
    """
    wanted = set(pages) if pages else None
    shown = _shown(document, cleaner, wanted, password, count, is_neural(engine))
    if kind == "text":
        text = "\f".join(_text_of(engine, looks) for looks, _ in shown)
        return (text.rstrip("\n") + "\n").encode()
    found = [
        (looks[0].number, rescaled(kind, layers_of_looks(engine, looks, [kind])[kind], scale))
        for looks, scale in shown
    ]
    return merged(kind, found, Path(document.name).name)


def _shown(
    document: Path | Source,
    cleaner: PageCleaner | None,
    wanted: set[int] | None,
    password: str | None,
    count: int,
    neural: bool,
) -> Iterator[tuple[tuple[Page, ...], float]]:
    """Yield the looks at each page, and pixels of the first for one of the page as it came."""
    for page in read_pages(document, pages=wanted, password=password):
        cleaned = None if cleaner is None else suited(cleaner.clean(page), neural=neural)
        yield looks_at(page, cleaned, count), 1.0 if cleaned is None else cleaned.scale


def _text_of(engine: OcrEngine, looks: Sequence[Page]) -> str:
    return (engine.read(looks[0]) if len(looks) == 1 else read_looks(engine, looks)).text


def looks_at(page: Page, cleaned: CleanedPage | None, count: int) -> tuple[Page, ...]:
    """Return the pictures of a page that are read; sizes may differ, what they show does not.

    The second look has what the first may have lost. Of a cleaned page it is the page as it came,
    or divided by its paper where that shows the same ink as the cleaned page much better: division
    eats faint and heavy strokes, stains bury others. Of a page that was kept it is the divided one,
    of a page that is shown cleaned and read as it came the cleaned one. There is no second look
    where it would be the first again.

    Args:
        page: the page as it came.
        cleaned: what a cleaner made of it; None: it is read as it came.
        count: how many looks, 1 to `MOST_LOOKS`.
    """
    first = page if cleaned is None else legible(cleaned)
    if count < MOST_LOOKS:
        return (first,)
    grey = page.grey()
    even, shown = divided(grey), grey if cleaned is None else cleaned.page.grey()
    if np.array_equal(shown, grey):
        other = even
    elif np.array_equal(first.grey(), grey):
        other = shown
    else:
        other = even if likeness(shown, even) > likeness(shown, grey) + NEAR else grey
    again = np.array_equal(first.grey(), other)
    return (first,) if again else (first, _told(page.with_pixels(other), 1.0))


def suited(cleaned: CleanedPage, *, neural: bool) -> CleanedPage:
    """Return a cleaned page whose `reading` suits the kind of engine that is to read it.

    Args:
        cleaned: what a cleaner made of a page; where it has a `for_neural()`, that is asked.
        neural: a network reads, which has learned from pages as they come; else Tesseract.
    """
    made: CleanedPage = (
        cleaned.for_neural() if neural and hasattr(cleaned, "for_neural") else cleaned
    )
    return made


def legible(cleaned: CleanedPage) -> Page:
    """Return the page an engine is to read, with the dpi under which Tesseract reads it best."""
    return _told(cleaned.reading, cleaned.scale)


def _told(page: Page, scale: float) -> Page:
    """Return a page with `READ_DPI` where its own is none to go by."""
    if scale == 1 and page.dpi and max(page.dpi) >= LEAST_DPI:
        return page
    return replace(page, dpi=(READ_DPI, READ_DPI))


def likeness(one: Image, other: Image) -> float:
    """Return how much ink two pictures of one page share, 0..1: the F-measure of what is dark.

    Ink is what Otsu's threshold takes for it, with which Tesseract begins.
    """
    ink, others = (grey <= otsu(histogram(grey)) for grey in (one, other))
    both = int(np.count_nonzero(ink)) + int(np.count_nonzero(others))
    return 2 * int(np.count_nonzero(ink & others)) / max(1, both)


def read_looks(engine: OcrEngine, looks: Sequence[Page]) -> PageText:
    """Read every look at a page and return what they vote for, its boxes in px of the first.

    Raises:
        DoccleanError: the engine's own errors.
    """
    width = looks[0].width
    found = [brought(engine.read(one, words=True), width / one.width) for one in looks]
    return fused(found)


def layers_of_looks(
    engine: OcrEngine, looks: Sequence[Page], kinds: Iterable[str]
) -> dict[str, bytes]:
    """Read the looks at a page and return what was found as files, as `read_layers` does.

    Raises:
        DoccleanError: the engine's own errors.
    """
    if len(looks) == 1:
        return read_layers(engine, looks[0], kinds)
    title = f"{title_of(engine)}, {len(looks)} looks"
    return written(read_looks(engine, looks), looks[0], kinds, title)
