"""Documents that are only read: what `docclean ocr` and `docclean.ocr_text` give."""

from collections.abc import Collection, Iterator
from pathlib import Path

from docclean.clean.contract import CleanedPage, PageCleaner
from docclean.clean.spec import CleanerSpec, engine_of
from docclean.clean.type_size import resized
from docclean.documents import Source, as_source, read_pages
from docclean.errors import UsageError
from docclean.imageops.division import divided
from docclean.ocr import OcrEngine, read_layers
from docclean.ocr.sidecars import merged, rescaled
from docclean.page import Page
from docclean.recipe import Options

KINDS = {".hocr": "hocr", ".xml": "alto"}
"""What is written, by the end of the output's name; text otherwise."""
MOST_LOOKS = 2
"""Looks there are: the cleaned page, and the page as it came divided by its paper."""


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
) -> bytes:
    """Read a document and return what it says; boxes are of its pages as they came.

    Args:
        document: a file, or a document in memory.
        engine: reads.
        cleaner: cleans each page first; None: the pages are read as they are.
        kind: `text` (pages parted by a form feed), `hocr` or `alto`.
        pages: numbers of the pages that are read; all where None.
        password: opens a protected PDF.

    Raises:
        DoccleanError: the document cannot be read, or the engine failed.
    """
    wanted = set(pages) if pages else None
    shown = _shown(document, cleaner, wanted, password)
    if kind == "text":
        text = "\f".join(engine.read(page).text for page, _ in shown)
        return (text.rstrip("\n") + "\n").encode()
    found = [
        (page.number, rescaled(kind, read_layers(engine, page, [kind])[kind], scale))
        for page, scale in shown
    ]
    return merged(kind, found, Path(document.name).name)


def _shown(
    document: Path | Source,
    cleaner: PageCleaner | None,
    wanted: set[int] | None,
    password: str | None,
) -> Iterator[tuple[Page, float]]:
    """Yield each page as it is read, and its pixels for one of the page as it came."""
    for page in read_pages(document, pages=wanted, password=password):
        if cleaner is None:
            yield page, 1.0
        else:
            cleaned = cleaner.clean(page)
            yield cleaned.reading, cleaned.scale


def looks_at(page: Page, cleaned: CleanedPage, count: int) -> tuple[Page, ...]:
    """Return the pictures of a page that are read, all as large as the first, the cleaned one.

    Args:
        page: the page as it came.
        cleaned: what a cleaner made of it.
        count: how many looks, 1 to `MOST_LOOKS`.
    """
    first = cleaned.reading
    if count < MOST_LOOKS:
        return (first,)
    other = divided(page.grey())
    shape = first.pixels.shape[:2]
    return first, first.with_pixels(other if other.shape == shape else resized(other, shape))
