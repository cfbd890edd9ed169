"""What every document format is, and the one bound on what is decoded."""

import threading
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from os import SEEK_END
from pathlib import Path
from typing import BinaryIO, ClassVar

from PIL import Image as Pillow

from docclean.errors import (
    MissingProgramError,
    OutputError,
    UnreadableInputError,
    UsageError,
)
from docclean.page import Page

MAX_PIXELS = 400_000_000
"""The largest page decoded, in pixels; an A0 sheet at 400 dpi has 244 million."""
_bound = MAX_PIXELS
LARGE = 64_000_000
"""Pixels from which a page's size is held against the bytes there are."""
ONE_AT_A_TIME = threading.RLock()
"""Held while decoding or encoding: bound and warnings are the process's, PDFium has no locks."""


@dataclass(frozen=True)
class Source:
    """A document's bytes, on disk or in memory, and the name messages give it."""

    name: str
    path: Path | None = None
    data: bytes = b""

    def open(self) -> BinaryIO:
        """Return a fresh seekable stream from the start."""
        return self.path.open("rb") if self.path else BytesIO(self.data)

    def unreadable(self, why: str) -> UnreadableInputError:
        """Return the error that names this document."""
        return UnreadableInputError(f"{self.name} {why}")


@dataclass(frozen=True)
class Ways:
    """How pages are written, beside what their format is."""

    bitonal: bool = False
    """Pages are black and white, and take one bit a pixel."""
    layered: bool = False
    """PDF pages are sharp text over a coarse ground."""
    grey: bool = False
    """Pages stay grey even where the document was black and white."""
    left: frozenset[int] = frozenset()
    """Numbers of pages that are written as they come, whatever else is asked."""

    def of(self, number: int) -> "Ways":
        """Return the ways of one page."""
        return Ways() if number in self.left else self


class Format(ABC):
    """One document format: how its files begin, are named, read and written."""

    name: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]
    multipage: ClassVar[bool] = False

    @staticmethod
    @abstractmethod
    def matches(head: bytes) -> bool:
        """Say whether a file beginning with `head` (1 KiB) is of this format."""

    @abstractmethod
    def read(self, source: Source, pages: set[int] | None, password: str | None) -> Iterator[Page]:
        """Yield the pages numbered in `pages` (all for None), one decoded at a time."""

    def count(self, source: Source, password: str | None) -> int:
        """Return how many pages there are; a format may know without decoding them."""
        return sum(1 for _ in self.read(source, None, password)) if self.multipage else 1

    @abstractmethod
    def write(
        self,
        pages: Iterator[Page],
        out: BinaryIO,
        like: Source | None,
        password: str | None,
        ways: Ways,
    ) -> None:
        """Write the pages to a seekable stream open for reading and writing."""


def bound_pixels(most: int) -> None:
    """Let this process refuse images of more than `most` px, where that is less than usual."""
    global _bound
    _bound = min(most, MAX_PIXELS)


def check_size(source: Source, width: int, height: int) -> None:
    """Refuse a page (width, height in px) that is too large, before any of it is decoded.

    Raises:
        UnreadableInputError: it is too large.
    """
    if width * height > _bound:
        raise source.unreadable(
            f"is too large: {width} x {height} px is more than {_bound:,} pixels; "
            "split the page or scan it at a lower resolution"
        )


def check_claim(source: Source, stream: BinaryIO, size: tuple[int, int], most: int) -> None:
    """Refuse a large canvas in a small file before it is filled: there can be no such page in it.

    Args:
        source: the document.
        stream: it, open; its place stays.
        size: of the page, px.
        most: pixels that a byte may hold.

    Raises:
        UnreadableInputError: so it is.
    """
    place = stream.tell()
    there = stream.seek(0, SEEK_END)
    stream.seek(place)
    if size[0] * size[1] > max(LARGE, most * there):
        raise source.unreadable(
            f"is damaged: {size[0]} x {size[1]} px cannot be in {there:,} bytes; "
            "scan or copy it again"
        )


def chosen(source: Source, pages: set[int] | None, count: int) -> list[int]:
    """Return the page numbers to read, ascending, out of 1..count.

    Raises:
        UsageError: none of the wanted pages exists.
    """
    numbers = [n for n in range(1, count + 1) if pages is None or n in pages]
    if not numbers:
        raise UsageError(f"{source.name} has {count} page(s); choose --pages within 1-{count}")
    return numbers


@contextmanager
def pillow_quiet() -> Iterator[None]:
    """Hold back Pillow's warnings and its own pixel bound; `check_size` is ours."""
    with ONE_AT_A_TIME:
        bound, Pillow.MAX_IMAGE_PIXELS = Pillow.MAX_IMAGE_PIXELS, None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        finally:
            Pillow.MAX_IMAGE_PIXELS = bound


@contextmanager
def decoding(source: Source) -> Iterator[None]:
    """Turn what a decoder raises on a damaged file into one sentence.

    Raises:
        UnreadableInputError: the file is damaged, or needs more memory than is free.
    """
    try:
        with pillow_quiet():
            yield
    except (UnreadableInputError, UsageError, MissingProgramError):
        raise
    except MemoryError as error:
        raise source.unreadable("needs more memory than is free; split it") from error
    except Exception as error:  # Pillow raises almost any type on damaged data
        raise source.unreadable(
            f"is truncated or damaged ({_short(error)}); scan or copy it again"
        ) from error


@contextmanager
def encoding(what: str) -> Iterator[None]:
    """Turn what an encoder raises into one sentence; let the system's own errors pass.

    Raises:
        OutputError: the format cannot hold the page.
    """
    try:
        with pillow_quiet():
            yield
    except MissingProgramError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise OutputError(
            f"a page cannot be written as {what} ({_short(error)}); choose another format"
        ) from error


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
