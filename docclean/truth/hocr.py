"""hOCR 1.2, http://kba.github.io/hocr-spec/1.2/, as HTML and as XML."""

import html.entities
import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree  # type: ignore[import-untyped]

from docclean.errors import UnreadableInputError
from docclean.truth.base import (
    Element,
    Sheet,
    TrueWord,
    Truth,
    join_lines,
    make_truth,
    parse_xml,
    to_box,
    to_number,
)

HOCR_WORDS = frozenset({"ocrx_word", "ocr_word"})
# a header may be a line (Tesseract) or hold lines
HOCR_LINES = frozenset(
    {"ocr_line", "ocrx_line", "ocr_caption", "ocr_textfloat"}
    | {"ocr_header", "ocr_footer", "ocr_pageno"}
)
HOCR_BLOCKS = frozenset({"ocr_par", "ocr_carea", "ocrx_block"})
HOCR_PAGES = frozenset({"ocr_page"})


def read_web(path: Path, data: bytes) -> Truth:
    """Read the hOCR of an HTML or XHTML file.

    Raises:
        UnreadableInputError: cut off, empty, or without text in hOCR's classes.
    """
    return read_hocr(path, _parse_html(path, data))


def names_hocr(data: bytes) -> bool:
    """Say whether a web page names a class of hOCR."""
    return b"ocr_" in data or b"ocrx_" in data


def read_hocr(path: Path, root: Element) -> Truth:
    """Read hOCR from its root, XML or HTML.

    Raises:
        UnreadableInputError: it holds no text in hOCR's classes.
    """
    pages = _having(root, HOCR_PAGES) or [root]
    sheets, words = [], []
    for page in pages:
        sheet = Sheet()
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
            sheet.add(join_lines(found) if found else _word_texts(page))
        sheets.append(sheet)
        words += found
        if not sheet.blocks and (page is root or "".join(page.itertext()).strip()):
            raise UnreadableInputError(
                f"{path} has no text in ocr_line or ocrx_word; export it as hOCR"
            )
    return make_truth(sheets, words)


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
        box = numbers and to_box([to_number(one) for one in numbers[1].split()], edges=True)
        if box and (text := _word_text(word)):
            yield TrueWord(text, *box)


def _parse_html(path: Path, data: bytes) -> Element:
    """Return the root of an XHTML or HTML file."""
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml"):
        try:
            return parse_xml(path, re.sub(rb"&(\w+);", _numbered, data))
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
