"""What a page really says: plain text, word boxes, hOCR, ALTO and PAGE files, all read to one form.

Text is kept as it stands on the page: lines are parted by a newline, blocks by an empty line,
pages by a form feed; a word broken at a line's end stays broken.
"""

import html.entities
import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from docclean.errors import UnreadableInputError

TRUTH_SUFFIXES = (
    ".gt.txt",
    ".words.json",
    ".page.xml",
    ".alto.xml",
    ".xml",
    ".hocr",
    ".html",
    ".htm",
    ".xhtml",
)
"""What follows a page's stem in the name of its truth; the first that exists is taken."""

WEB_SUFFIXES = (".hocr", ".html", ".htm", ".xhtml")

# hOCR 1.2, http://kba.github.io/hocr-spec/1.2/. A header may be a line (Tesseract) or hold lines
HOCR_WORDS = frozenset({"ocrx_word", "ocr_word"})
HOCR_LINES = frozenset(
    {"ocr_line", "ocrx_line", "ocr_caption", "ocr_textfloat"}
    | {"ocr_header", "ocr_footer", "ocr_pageno"}
)
HOCR_BLOCKS = frozenset({"ocr_par", "ocr_carea", "ocrx_block"})
HOCR_PAGES = frozenset({"ocr_page"})

ALTO_PLACES = ("TopMargin", "LeftMargin", "PrintSpace", "RightMargin", "BottomMargin")
"""The parts of an ALTO page as they are read; files list all margins before the print space."""
HYPHENS = "-\u00ad\u00ac\u2010\u2011\u2e17"
"""Signs a broken word may end with; the soft hyphen and the not sign stand for a printed '-'."""

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
class _Sheet:
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


def read_truth(path: Path) -> Truth:
    """Read a truth file; its kind is told by its name, that of an `.xml` by its root.

    - `.txt`: UTF-8, taken as it is; form feeds part pages.
    - `.json`: a list of words in reading order, or `{"words": [...]}`. A word is `{"text": ...}`
      with `"left", "top", "width", "height"`, `"box": [left, top, width, height]` or
      `"bbox": [left, top, right, bottom]`. A new line begins where a word stands below its
      forerunner or starts left of it.
    - `.hocr`, `.html`, `.htm`, `.xhtml`: hOCR.
    - `.xml`: ALTO 1 to 4, PAGE of any year, or hOCR.

    Raises:
        UnreadableInputError: missing, damaged, of no known kind, or a layout without its text.
    """
    name = path.name.lower()
    data = _bytes(path)
    if name.endswith(".txt"):
        try:
            return Truth(data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n"))
        except UnicodeDecodeError as error:
            raise UnreadableInputError(
                f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8"
            ) from error
    if name.endswith(".json"):
        return _read_words(path, data)
    if name.endswith(WEB_SUFFIXES):
        return _read_hocr(path, _web_root(path, data))
    if not name.endswith(".xml"):
        known = " ".join(TRUTH_SUFFIXES)
        raise UnreadableInputError(f"{path} is no truth file; name it with one of {known}")
    root = _xml_root(path, data)
    kind = _kind(root)
    if kind == "alto":
        return _read_alto(path, root)
    if kind == "PcGts":
        return _read_page(path, root)
    if kind == "html":
        return _read_hocr(path, root)
    raise UnreadableInputError(
        f"{path} is neither ALTO nor PAGE but <{kind}>; export it as one of these"
    )


def is_truth(path: Path) -> bool:
    """Say whether a file with one of `TRUTH_SUFFIXES` is meant as truth.

    An invoice lies as `.xml` beside its PDF and a saved page as `.html` beside its picture:
    these are looked into, down to the root or the first hOCR class. A damaged file counts as
    truth, so that reading it tells what is wrong.
    """
    name = path.name.lower()
    if name.endswith((".gt.txt", ".words.json", ".page.xml", ".alto.xml", ".hocr")):
        return True
    if name.endswith(".xml"):
        try:
            return _kind(_xml_root(path, _bytes(path))) in {"alto", "PcGts", "html"}
        except UnreadableInputError:
            return True
    return b"ocr_" in (data := _bytes(path)) or b"ocrx_" in data


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableInputError(
            f"{path} cannot be read ({error.strerror}); check the path and its permissions"
        ) from error


def _truth(sheets: Iterable[_Sheet], words: Iterable[TrueWord]) -> Truth:
    return Truth("\f".join(sheet.text() for sheet in sheets), tuple(words))


# --- words.json ----------------------------------------------------------------------------------


def _read_words(path: Path, data: bytes) -> Truth:
    try:
        listed = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UnreadableInputError(f"{path} is damaged JSON ({error}); export it again") from error
    if isinstance(listed, dict):
        listed = listed.get("words")
    if not isinstance(listed, list):
        raise UnreadableInputError(f'{path} holds no words; give a list or {{"words": [...]}}')
    words = [_listed_word(path, number, entry) for number, entry in enumerate(listed, 1)]
    sheet = _Sheet()
    sheet.add(_lines(words))
    return _truth([sheet], (word for word in words if word.text))


def _listed_word(path: Path, number: int, entry: Any) -> TrueWord:
    if not isinstance(entry, dict) or not isinstance(entry.get("text"), str):
        raise UnreadableInputError(f'{path}: word {number} has no "text"; add it')
    if "bbox" in entry:
        box = _box(entry["bbox"], edges=True)
    elif "box" in entry:
        box = _box(entry["box"])
    else:
        box = _box([entry.get(key) for key in ("left", "top", "width", "height")])
    if box is None:
        raise UnreadableInputError(
            f"{path}: word {number} has no box in pixels; give left, top, width, height, "
            "box or bbox"
        )
    return TrueWord(" ".join(entry["text"].split()), *box)


def _box(numbers: Any, *, edges: bool = False) -> Box | None:
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


def _lines(words: Iterable[TrueWord]) -> Iterator[str]:
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


# --- markup --------------------------------------------------------------------------------------


def _xml_root(path: Path, data: bytes) -> Element:
    """Return the root of an XML file; nothing outside it is fetched, no entity is expanded."""
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


def _web_root(path: Path, data: bytes) -> Element:
    """Return the root of an XHTML or HTML file."""
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml"):
        try:
            return _xml_root(path, re.sub(rb"&(\w+);", _numbered, data))
        except UnreadableInputError as error:
            if not isinstance(error.__cause__, etree.XMLSyntaxError):
                raise
            # many a writer says it is XML and leaves <br> and <meta> open
    if b"<html" in data.lower() and b"</html" not in data.lower():
        raise UnreadableInputError(f"{path} ends before its </html>; export it again")
    try:
        data.decode("utf-8")
        encoding = "utf-8"
    except UnicodeDecodeError:
        encoding = None  # what the file's own <meta> says
    try:
        root = etree.fromstring(data, etree.HTMLParser(encoding=encoding, no_network=True))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableInputError(f"{path} is damaged HTML ({error}); export it again") from error
    if root is None:
        raise UnreadableInputError(f"{path} is empty; export it again")
    return root


def _numbered(match: re.Match[bytes]) -> bytes:
    """Turn an entity of HTML (&nbsp;) into a number XML knows; leave XML's own five."""
    name = match[1].decode("ascii", "replace")
    signs = html.entities.html5.get(f"{name};", "")
    if name in {"amp", "lt", "gt", "quot", "apos"} or not signs:
        return match[0]
    return "".join(f"&#{ord(sign)};" for sign in signs).encode()


def _kind(element: Element) -> str:
    """Return an element's name without its namespace."""
    return str(etree.QName(element).localname)


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


# --- hOCR ----------------------------------------------------------------------------------------


def _read_hocr(path: Path, root: Element) -> Truth:
    pages = _having(root, HOCR_PAGES) or [root]
    sheets, words = [], []
    for page in pages:
        sheet = _Sheet()
        lines = _innermost(page, HOCR_LINES) or _innermost(page, frozenset({"ocr_par"}))
        block: Element = None
        texts: list[str] = []
        for line in lines:
            above = (one for one in line.iterancestors() if _classes(one) & HOCR_BLOCKS)
            if (holder := next(above, None)) is not block:
                sheet.add(texts)
                block, texts = holder, []
            texts.append(" ".join(_word_texts(line)) or "".join(line.itertext()))
        sheet.add(texts)
        found = list(_hocr_words(page))
        if not lines:  # words on their own: no lines but those the boxes make
            sheet.add(_lines(found) if found else _word_texts(page))
        sheets.append(sheet)
        words += found
        if not sheet.blocks and (page is root or "".join(page.itertext()).strip()):
            raise UnreadableInputError(
                f"{path} has no text in ocr_line or ocrx_word; export it as hOCR"
            )
    return _truth(sheets, words)


def _classes(element: Element) -> frozenset[str]:
    return frozenset(element.get("class", "").split())


def _having(element: Element, classes: frozenset[str]) -> list[Element]:
    """Return what bears one of the classes, in the order of the file."""
    return [one for one in element.iter("*") if _classes(one) & classes]


def _innermost(element: Element, classes: frozenset[str]) -> list[Element]:
    return [one for one in _having(element, classes) if len(_having(one, classes)) == 1]


def _word_text(word: Element) -> str:
    letters = _having(word, frozenset({"ocrx_cinfo"}))  # a span a letter, on a line of its own
    pieces = ["".join(one.itertext()).strip() for one in letters] or word.itertext()
    return " ".join("".join(pieces).split())


def _word_texts(element: Element) -> list[str]:
    return [text for word in _having(element, HOCR_WORDS) if (text := _word_text(word))]


def _hocr_words(page: Element) -> Iterator[TrueWord]:
    for word in _having(page, HOCR_WORDS):
        numbers = re.search(r"\bbbox((?:\s+-?[\d.]+){4})", word.get("title", ""))
        box = numbers and _box([_number(one) for one in numbers[1].split()], edges=True)
        if box and (text := _word_text(word)):
            yield TrueWord(text, *box)


# --- ALTO ----------------------------------------------------------------------------------------


def _read_alto(path: Path, root: Element) -> Truth:
    strings = list(root.iter("{*}String"))
    if next(root.iter("{*}TextLine"), None) is not None and not any(
        one.get("CONTENT") for one in strings
    ):
        raise UnreadableInputError(f"{path} has lines but no text; export it with its text")
    unit = root.findtext("{*}Description/{*}MeasurementUnit", "").strip() or "pixel"
    sheets, words = [], []
    for page in root.iter("{*}Page"):
        sheet = _Sheet()
        for block in _alto_blocks(page):
            lines = [_alto_line(line) for line in block.iterchildren("{*}TextLine")]
            sheet.add(text for text, _ in lines)
            words += [word for _, found in lines for word in found]
        sheets.append(sheet)
    return _truth(sheets, words if unit == "pixel" else [])


def _alto_blocks(page: Element) -> Iterator[Element]:
    """Yield a page's text blocks, headers first and footers last."""
    places = {name: place for place, name in enumerate(ALTO_PLACES)}
    for part in sorted(page.iterchildren("*"), key=lambda one: places.get(_kind(one), 2)):
        yield from part.iter("{*}TextBlock")


def _alto_line(line: Element) -> tuple[str, list[TrueWord]]:
    """Return a line's text, its spaces as SP gives them, and its words that have boxes."""
    spaced = line.find("{*}SP") is not None  # some writers leave every SP out
    text, words = "", []
    box: Box | None = None
    for piece in line.iterchildren("*"):
        kind = _kind(piece)
        if kind == "String":
            content = piece.get("CONTENT", "")
            text += content if spaced or not text else f" {content}"
            sides = [_number(piece.get(key)) for key in ("HPOS", "VPOS", "WIDTH", "HEIGHT")]
            box = _box(sides) if content.strip() else None
            if box:
                words.append(TrueWord(content.strip(), *box))
        elif kind == "SP":
            text += " "
        elif kind == "HYP" and text and text[-1] not in HYPHENS:
            sign = piece.get("CONTENT") or "-"
            sign = "-" if sign in "\u00ad\u00ac" else sign
            text += sign
            if box:
                words[-1] = replace(words[-1], text=words[-1].text + sign)
    return text, words


# --- PAGE ----------------------------------------------------------------------------------------


def _read_page(path: Path, root: Element) -> Truth:
    meant = next(root.iter("{*}TextRegion", "{*}TextLine"), None) is not None
    if meant and not any(
        "".join(one.itertext()) for one in root.iter("{*}Unicode", "{*}PlainText")
    ):
        raise UnreadableInputError(
            f"{path} has regions but no text; export it with its text (TextEquiv)"
        )
    sheets, words = [], []
    for page in root.iter("{*}Page"):
        sheet = _Sheet()
        for region in _regions(page):
            sheet.add(_region_lines(region))
            words += list(_page_words(region))
        sheets.append(sheet)
    return _truth(sheets, words)


def _is_region(element: Element) -> bool:
    return _kind(element).endswith("Region") or _kind(element) == "TableCell"


def _regions(page: Element) -> list[Element]:
    """Return the regions, nested ones too, each once, in reading order.

    Regions the reading order does not name stand after the region they are nested in, or at
    the end as the file lists them.
    """
    regions = [one for one in page.iter("*") if _is_region(one)]
    by_id = {one.get("id"): one for one in reversed(regions)}
    order = [ref for group in page.iterchildren("{*}ReadingOrder") for ref in _references(group)]
    named = set(order)
    taken: dict[Element, None] = {}  # ordered

    def take(region: Element) -> None:
        if region in taken:
            return
        taken[region] = None
        for child in region.iterchildren("*"):
            if _is_region(child) and child.get("id") not in named:
                take(child)

    for ref in order:
        if ref in by_id:
            take(by_id[ref])
    for region in regions:
        take(region)
    return list(taken)


def _references(group: Element) -> Iterator[str]:
    """Yield the ids a group names: by index in an ordered group, else as they are listed."""
    children = list(group.iterchildren("*"))
    if _kind(group).startswith("OrderedGroup"):
        children.sort(key=_index)
    for child in children:
        if ref := child.get("regionRef"):  # groups may stand for a region, too
            yield ref
        yield from _references(child)


def _index(element: Element) -> float:
    return _number(element.get("index")) or 0.0


def _region_lines(region: Element) -> Sequence[str]:
    lines = [_line_text(line) for line in region.iterchildren("{*}TextLine")]
    inner = (one for one in region.iterdescendants("*") if _is_region(one))
    if any(lines) or any(_region_lines(one) for one in inner):
        return lines  # a region's own text repeats that of the regions in it
    return _equivalent(region).splitlines()


def _line_text(line: Element) -> str:
    own = _equivalent(line).strip()
    return own or " ".join(_equivalent(word) for word in line.iterchildren("{*}Word")).strip()


def _equivalent(element: Element) -> str:
    """Return an element's own text: of several readings that with the lowest index."""
    readings = sorted(element.iterchildren("{*}TextEquiv"), key=_index)
    for reading in readings[:1]:
        for name in ("{*}Unicode", "{*}PlainText"):
            if (found := reading.find(name)) is not None:
                return "".join(found.itertext())
    return ""


def _page_words(region: Element) -> Iterator[TrueWord]:
    for line in region.iterchildren("{*}TextLine"):
        for word in line.iterchildren("{*}Word"):
            text = " ".join(_equivalent(word).split())
            if text and (box := _outline_box(word.find("{*}Coords"))):
                yield TrueWord(text, *box)


def _outline_box(outline: Element | None) -> Box | None:
    """Return the box around an outline: `points="x,y x,y"`, before 2013 Point elements."""
    if outline is None:
        return None
    pairs = [point.split(",") for point in outline.get("points", "").split()]
    pairs = pairs or [[one.get("x"), one.get("y")] for one in outline.iterchildren("{*}Point")]
    if not pairs or any(len(pair) != 2 for pair in pairs):
        return None
    across = [one for pair in pairs if (one := _number(pair[0])) is not None]
    down = [one for pair in pairs if (one := _number(pair[1])) is not None]
    if not len(across) == len(down) == len(pairs):
        return None
    return _box([min(across), min(down), max(across), max(down)], edges=True)
