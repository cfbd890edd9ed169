"""ALTO 1 to 4, with the namespaces of any of them or none."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from docclean.errors import UnreadableInputError
from docclean.truth.base import (
    Box,
    Element,
    Sheet,
    TrueWord,
    Truth,
    local_name,
    make_truth,
    to_box,
    to_number,
)

ALTO_PLACES = ("TopMargin", "LeftMargin", "PrintSpace", "RightMargin", "BottomMargin")
"""The parts of an ALTO page as they are read; files list all margins before the print space."""
HYPHENS = "-\u00ad\u00ac\u2010\u2011\u2e17"
"""Signs a broken word may end with; the soft hyphen and the not sign stand for a printed '-'."""


def read_alto(path: Path, root: Element) -> Truth:
    """Read ALTO 1 to 4 from its root.

    Raises:
        UnreadableInputError: it has lines without their text.
    """
    strings = list(root.iter("{*}String"))
    if next(root.iter("{*}TextLine"), None) is not None and not any(
        one.get("CONTENT") for one in strings
    ):
        raise UnreadableInputError(f"{path} has lines but no text; export it with its text")
    unit = root.findtext("{*}Description/{*}MeasurementUnit", "").strip() or "pixel"
    sheets, words = [], []
    for page in root.iter("{*}Page"):
        sheet = Sheet()
        for block in _alto_blocks(page):
            lines = [_alto_line(line) for line in block.iterchildren("{*}TextLine")]
            sheet.add(text for text, _ in lines)
            words += [word for _, found in lines for word in found]
        sheets.append(sheet)
    return make_truth(sheets, words if unit == "pixel" else [])


def _alto_blocks(page: Element) -> Iterator[Element]:
    """Yield a page's text blocks, headers first and footers last."""
    places = {name: place for place, name in enumerate(ALTO_PLACES)}
    for part in sorted(page.iterchildren("*"), key=lambda one: places.get(local_name(one), 2)):
        yield from part.iter("{*}TextBlock")


def _alto_line(line: Element) -> tuple[str, list[TrueWord]]:
    """Return a line's text, its spaces as SP gives them, and its words that have boxes."""
    spaced = line.find("{*}SP") is not None  # some writers leave every SP out
    text, words = "", []
    box: Box | None = None
    for piece in line.iterchildren("*"):
        kind = local_name(piece)
        if kind == "String":
            content = piece.get("CONTENT", "")
            text += content if spaced or not text else f" {content}"
            sides = [to_number(piece.get(key)) for key in ("HPOS", "VPOS", "WIDTH", "HEIGHT")]
            box = to_box(sides) if content.strip() else None
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
