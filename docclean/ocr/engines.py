"""The family of OCR engines: which there are, how one is made, what any of them can write."""

from collections.abc import Iterable
from typing import Any

from docclean.errors import UsageError
from docclean.ocr.engine import OcrEngine, title_of
from docclean.ocr.markup import written
from docclean.ocr.rapidocr import RapidOcr
from docclean.ocr.tesseract import Tesseract
from docclean.page import Page
from docclean.registry import Registry

ENGINES: Registry[type[OcrEngine]] = Registry(
    "engine", [Tesseract, RapidOcr], key=lambda engine: engine.name
)
"""The OCR engines, by name."""


def make_engine(
    name: str, lang: str = "eng", *, psm: int | None = None, threads: int | None = None
) -> OcrEngine:
    """Return an engine of `ENGINES`, set up.

    Args:
        name: the engine's.
        lang: languages as Tesseract names them, joined by '+'.
        psm: Tesseract's page segmentation mode.
        threads: processor threads of an engine that reads in this process; None: its own choice.

    Raises:
        UsageError: there is no such engine, or `psm` for another one than Tesseract.
    """
    kind: Any = ENGINES[name]
    if kind is Tesseract:
        return Tesseract(lang, psm)
    if psm is not None:
        raise UsageError(f"--psm is an option of Tesseract's; leave it out with --engine {name}")
    settings = {"lang": lang}
    fields = getattr(kind, "__dataclass_fields__", {})
    engine: OcrEngine = kind(**settings, **({"threads": threads} if "threads" in fields else {}))
    return engine


def check_engine(engine: OcrEngine) -> None:
    """Tell what an engine lacks before a page is read.

    Raises:
        MissingProgramError: a program, a package or a language is not installed.
        UsageError: the engine does not know a language.
    """
    if hasattr(engine, "check_languages"):
        engine.check_languages()


def read_layers(engine: OcrEngine, page: Page, kinds: Iterable[str]) -> dict[str, bytes]:
    """Read one page and return what was found as files.

    Args:
        engine: reads; it writes the files itself where it has `layers`.
        page: the page.
        kinds: `text`, `hocr`, `alto`, and `pdf`, a page of invisible text.

    Raises:
        DoccleanError: the engine's own errors.
    """
    if hasattr(engine, "layers"):
        layers: dict[str, bytes] = engine.layers(page, kinds)
        return layers
    return written(engine.read(page, words=True), page, kinds, title_of(engine))
