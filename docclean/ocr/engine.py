"""What every OCR engine promises: a page in, its text and words out."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

from docclean.page import Page


@dataclass(frozen=True)
class Word:
    """One word, its box in px from the page's top left corner, its confidence 0..100."""

    text: str
    left: int
    top: int
    width: int
    height: int
    confidence: float


@dataclass(frozen=True)
class PageText:
    """What an engine read on one page.

    Attributes:
        text: the text, lines parted by a newline, paragraphs by an empty line.
        words: the words of the text in its order; empty unless they were asked for.
        seconds: how long the engine took.
    """

    text: str
    words: tuple[Word, ...] = ()
    seconds: float = 0.0


class OcrEngine(Protocol):
    """Anything that reads a page, made as `Engine(lang="deu+eng")`.

    An engine may have more, which is used where it is there: `version()` and `title()`, which
    return text; `check_languages()`, which raises what is missing before a page is read;
    `neural`, whether it has learned from pages as they come (see `is_neural`);
    `layers(page, kinds)`, which writes files of its own (see `engines.read_layers`); and a field
    `threads`, how many it may use.
    """

    name: ClassVar[str]

    def read(self, page: Page, *, words: bool = False) -> PageText:
        """Return the page's text; with `words`, also every word's box and confidence."""
        ...


def place(page: Page) -> str:
    """Name a page for a message: its file and number."""
    return f"{page.source or 'page'} (page {page.number})"


def version_of(engine: OcrEngine) -> str:
    """Return the version of an engine; empty where it tells none."""
    return str(engine.version()) if hasattr(engine, "version") else ""


def is_neural(engine: OcrEngine) -> bool:
    """Say whether an engine has learned from pages as they come, and wants the strokes' own greys.

    Tesseract reads best what is dark on white, and enlarged where it is small.
    """
    return bool(getattr(engine, "neural", False))


def title_of(engine: OcrEngine) -> str:
    """Return what a report calls an engine: its name, version or settings."""
    return str(engine.title()) if hasattr(engine, "title") else engine.name
