"""Reads a page of a PDF with pdfium: its pixels, and the box of every word."""

import ctypes
import math
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

from docclean.page import Image
from docclean.synth.pictures import paint

Box = tuple[float, float, float, float]
"""(left, top, right, bottom) in pixels, y downwards."""

_HYPHENS = {"\ufffe", "\x02", "\u00ad"}  # what pdfium makes of a hyphen at the end of a line
_SNAP = 0.5  # px: pdfium sets small letters on whole pixels


@dataclass(frozen=True)
class Word:
    """One word of a page and the box of its ink: pixels of the page, right and bottom excluded.

    A word broken over two lines has the box of its longer part: one around both would hold the two
    lines.
    """

    text: str
    left: int
    top: int
    right: int
    bottom: int


def full_shape(leaf: pypdfium2.PdfPage, dpi: int) -> tuple[int, int]:
    """Return rows and columns of the whole page at `dpi`."""
    width, height = leaf.get_size()
    scale = dpi / 72  # multiplied in pdfium's order: rounding up shows the last bit
    return math.ceil(height * scale), math.ceil(width * scale)


def render(leaf: pypdfium2.PdfPage, dpi: int, max_pixels: int) -> Image:
    """Return the page as (H, W) grey, without the rows below `max_pixels`."""
    scale = dpi / 72
    high, wide = full_shape(leaf, dpi)
    rows = min(high, max(1, max_pixels // wide))
    below = (high - rows - 0.5) / scale if rows < high else 0.0  # pdfium rounds the crop up
    with closing(leaf.render(scale=scale, grayscale=True, crop=(0, below, 0, 0))) as bitmap:
        return np.array(bitmap.to_numpy(), np.uint8).reshape(rows, wide)


def paint_photos(
    pixels: Image, leaf: pypdfium2.PdfPage, dpi: int, specs: list[str]
) -> tuple[tuple[int, int, int, int], ...]:
    """Paint photos into the places kept for them, the images of the page, in order.

    Returns:
        Their boxes: top, bottom, left, right in px, cut to the page.
    """
    boxes = []
    in_pixels = _to_pixels(leaf, dpi)
    places = leaf.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=8)
    for spec, place in zip(specs, list(places), strict=True):
        left, bottom, right, top = place.get_bounds()
        x0, y0, x1, y1 = map(round, in_pixels((left, top, right, bottom)))
        target = pixels[y0:y1, x0:x1]
        if target.size:
            target[:] = paint(spec, (y1 - y0, x1 - x0), dpi)[: target.shape[0], : target.shape[1]]
            boxes.append((y0, y0 + target.shape[0], x0, x0 + target.shape[1]))
    return tuple(boxes)


def find_words(leaf: pypdfium2.PdfPage, dpi: int, truth: str, rows: int) -> tuple[Word, ...]:
    """Return the words of `truth`, in order, that stand wholly in the first `rows` rows.

    pdfium gives the letters in the order typst set them, which is the order of the true text; the
    true text says where a word ends, for a PDF has no words.
    """
    return tuple(_words(leaf, dpi, truth, rows))


def _words(leaf: pypdfium2.PdfPage, dpi: int, truth: str, rows: int) -> Iterator[Word]:
    signs, boxes = letters(leaf, dpi)
    places = list(_places(signs, "".join(truth.split())))
    _, columns = full_shape(leaf, dpi)
    start = 0
    for text in truth.split():
        found = [boxes[n] for n in places[start : start + len(text)] if n is not None]
        start += len(text)
        if found and max(box[3] for box in found) <= rows:
            left, top, right, bottom = zip(*_longest_part(found), strict=True)
            yield Word(
                text,
                max(0, math.floor(min(left) - _SNAP)),
                max(0, math.floor(min(top) - _SNAP)),
                min(columns, math.ceil(max(right) + _SNAP)),
                min(rows, math.ceil(max(bottom) + _SNAP)),
            )


def _longest_part(boxes: list[Box]) -> list[Box]:
    """Return the letters of a word that stand in one line, of the line that has most of them."""
    parts = [[boxes[0]]]
    for before, box in pairwise(boxes):
        low = max(bottom for _, _, _, bottom in parts[-1])
        if box[0] < before[0] and (box[1] + box[3]) / 2 > low:
            parts.append([])
        parts[-1].append(box)
    return max(parts, key=len)


def letters(leaf: pypdfium2.PdfPage, dpi: int) -> tuple[str, list[Box]]:
    """Return the signs of a page in the order they were set, without spaces, and their boxes."""
    signs: list[str] = []
    boxes: list[Box] = []
    in_pixels = _to_pixels(leaf, dpi)
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    with closing(leaf.get_textpage()) as found:
        for index in _in_content_order(leaf, found):
            sign = chr(pdfium.FPDFText_GetUnicode(found, index))
            if sign.isspace() or sign == "\0" or pdfium.FPDFText_IsGenerated(found, index) == 1:
                continue
            if pdfium.FPDFText_GetCharBox(found, index, left, right, bottom, top):
                signs.append("-" if sign in _HYPHENS else sign)
                boxes.append(in_pixels((left.value, top.value, right.value, bottom.value)))
    return "".join(signs), boxes


def _to_pixels(leaf: pypdfium2.PdfPage, dpi: int) -> Callable[[Box], Box]:
    """Return what turns a box in points, y upwards, into pixels, y downwards.

    pdfium stretches the page to whole pixels, so a pixel is not quite 72 / dpi points.
    """
    width, height = leaf.get_size()
    rows, columns = full_shape(leaf, dpi)
    across, down = columns / width, rows / height

    def turned(box: Box) -> Box:
        left, top, right, bottom = box
        return left * across, (height - top) * down, right * across, (height - bottom) * down

    return turned


def _in_content_order(leaf: pypdfium2.PdfPage, found: pypdfium2.PdfTextPage) -> list[int]:
    """Return the indices of all letters in the order they were set.

    pdfium sorts text objects that it takes for one line by their left edge, and it takes the tight
    lines of a large heading for one.
    """
    objects = leaf.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=8)
    order = {_address(item.raw): number for number, item in enumerate(objects)}
    keys = [
        order.get(_address(pdfium.FPDFText_GetTextObject(found, index)), -1)
        for index in range(found.count_chars())
    ]
    return sorted(range(len(keys)), key=lambda index: keys[index])


def _address(handle: Any) -> int | None:
    return ctypes.cast(handle, ctypes.c_void_p).value


def _places(signs: str, truth: str) -> Iterator[int | None]:
    """Yield for every sign of `truth` its index in `signs`, or None where it is not found.

    pdfium may write a hyphen twice or a ligature as one sign; where the two differ, three equal
    signs tell who is ahead.
    """
    at = there = 0
    while there < len(truth):
        if at >= len(signs) or truth[there : there + 1] != signs[at : at + 1]:
            if at < len(signs) and signs[at + 1 : at + 4] == truth[there : there + 3]:
                at += 1
            elif at >= len(signs) or truth[there + 1 : there + 4] == signs[at : at + 3]:
                yield None
                there += 1
                continue
        yield at
        at, there = at + 1, there + 1
