"""The form every truth is read to, and the steps all readers share: bytes, XML, boxes, lines."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from docclean.errors import UnreadableInputError

Element = Any
"""An lxml element; lxml has no types."""
Box = tuple[int, int, int, int]
"""Left, top, width, height, px."""


@dataclass(frozen=True)
class TrueWord:
    """A word and its box in px from its page's top left corner.

    Where the truth boxes longer pieces (a field of a form), one of these.
    """

    text: str
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Truth:
    """What a page or a document says.

    Attributes:
        text: the text in reading order; empty for a blank page.
        words: the words in reading order; empty where the file has no boxes in pixels.
    """

    text: str
    words: tuple[TrueWord, ...] = ()


@dataclass
class Sheet:
    """One page while it is read: blocks of lines."""

    blocks: list[list[str]] = field(default_factory=list)

    def add(self, lines: Iterable[str]) -> None:
        """Add a block, its blank lines left out."""
        kept = [folded for line in lines if (folded := " ".join(line.split()))]
        if kept:
            self.blocks.append(kept)

    def text(self) -> str:
        """Return the page's text."""
        return "\n\n".join("\n".join(block) for block in self.blocks)


def make_truth(sheets: Iterable[Sheet], words: Iterable[TrueWord]) -> Truth:
    """Return the truth of pages; a form feed parts them."""
    return Truth("\f".join(sheet.text() for sheet in sheets), tuple(words))


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes.

    Raises:
        UnreadableInputError: it is missing or may not be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableInputError(
            f"{path} cannot be read ({error.strerror}); check the path and its permissions"
        ) from error


def parse_xml(path: Path, data: bytes) -> Element:
    """Return the root of an XML file; nothing outside it is fetched, no entity is expanded.

    Raises:
        UnreadableInputError: damaged, or with entities of its own.
    """
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
    )
    try:
        root = etree.fromstring(data.lstrip(), parser)  # the declaration must come first
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableInputError(f"{path} is damaged XML ({error}); export it again") from error
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(dtd.iterentities()):  # their text would be missing in silence
        raise UnreadableInputError(
            f"{path} declares entities of its own, which are not read; save it without its DOCTYPE"
        )
    return root


def local_name(element: Element) -> str:
    """Return an element's name without its namespace."""
    return str(etree.QName(element).localname)


def to_number(text: str | None) -> float | None:
    """Return the number an attribute holds, None where it holds none."""
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


def to_box(numbers: Any, *, edges: bool = False) -> Box | None:
    """Return a box in whole pixels, None where the numbers make none.

    Args:
        numbers: left, top, width, height.
        edges: they are left, top, right, bottom instead.
    """
    if not isinstance(numbers, list) or len(numbers) != 4:
        return None
    if not all(isinstance(one, int | float) and math.isfinite(one) for one in numbers):
        return None
    left, top, third, fourth = (round(one) for one in numbers)
    width, height = (third - left, fourth - top) if edges else (third, fourth)
    return (left, top, width, height) if width >= 0 and height >= 0 else None


def join_lines(words: Iterable[TrueWord]) -> Iterator[str]:
    """Join words to lines by their boxes."""
    line: list[TrueWord] = []
    for word in words:
        if line and not _follows(line[-1], word):
            yield " ".join(one.text for one in line)
            line = []
        line.append(word)
    yield " ".join(one.text for one in line)


def _follows(before: TrueWord, word: TrueWord) -> bool:
    """Say whether a word goes on in the line: beside the one before, not left of it."""
    top = max(before.top, word.top)
    bottom = min(before.top + before.height, word.top + word.height)
    beside = 2 * (bottom - top) >= min(before.height, word.height)
    return beside and word.left >= before.left
