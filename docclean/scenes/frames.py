"""Lines that frame text: tables with tints, boxes of a chart, lines that type stands on."""

import itertools
from collections.abc import Iterable

import cv2
import numpy as np

from docclean.corruptions.shared.fields import to_image
from docclean.regions.kinds import Kind, bit
from docclean.scenes.canvas import Box, Canvas
from docclean.synth import Word

Colour = tuple[int, int, int]
Span = tuple[int, int]
"""First row or column, and the one after the last."""


def add_table(rng: np.random.Generator, canvas: Canvas) -> None:
    """Rule a piece of the text into rows and columns, some of them tinted, some cells empty."""
    box = canvas.box(rng, (0.4, 1.0), (0.08, 0.6))
    if box is None:
        return
    box = canvas.wide_of_text(box)
    rows = rows_of(canvas.words_in(box))
    if len(rows) < 2:
        return
    canvas.taken.append(box)
    columns = _columns(rng, canvas, box)
    cells = [((a, b), (c, d)) for a, b in _bands(rows, box[:2]) for c, d in columns]
    for (top, bottom), (left, right) in cells:
        if rng.random() < 0.12:
            canvas.erase(canvas.words_in((top, bottom, left, right)))
    _tint_cells(rng, canvas, cells)
    ink, thick = _ink(rng), canvas.px(rng.uniform(0.15, 0.5))
    down, across = rng.random() < 0.7, rng.random() < 0.75
    for (top, bottom), (left, right) in cells:
        if across:
            rule(canvas, (top, top + thick, left, right), ink)
        if down:
            rule(canvas, (top, bottom, left, left + thick), ink)
    for side in _sides(box, thick) if rng.random() < 0.6 else ():
        rule(canvas, side, ink)


def add_boxes(rng: np.random.Generator, canvas: Canvas) -> None:
    """Make a chart of a piece of the text: boxes of a few words, lines between them."""
    box = canvas.box(rng, (0.4, 1.0), (0.15, 0.7))
    if box is None:
        return
    box = canvas.wide_of_text(box)
    kept, left_out = _few_words(rng, canvas, box)
    if len(kept) < 2:
        return
    canvas.taken.append(box)
    canvas.erase(left_out)
    ink, thick = _ink(rng), canvas.px(rng.uniform(0.15, 0.5))
    middles = [((left + right) // 2, (top + bottom) // 2) for top, bottom, left, right in kept]
    drawn = np.zeros(canvas.shape, np.uint8)
    for (x, y), (to_x, to_y) in itertools.pairwise(middles):
        cv2.polylines(drawn, [np.array([(x, y), (to_x, y), (to_x, to_y)])], False, 1, thick)
    for top, bottom, left, right in kept:  # the lines end at the boxes
        drawn[top:bottom, left:right] = 0
    tint = rng.uniform(170, 254, 3) if rng.random() < 0.4 else None
    for one in kept:
        if tint is not None:
            _tint(canvas, one, tint)
        cv2.rectangle(drawn, (one[2], one[0]), (one[3] - 1, one[1] - 1), 1, thick)
    canvas.rgb[drawn > 0] = ink
    canvas.layers[cv2.dilate(drawn, np.ones((3, 3), np.uint8)) > 0] |= bit(Kind.RULE)


def add_ruling(rng: np.random.Generator, canvas: Canvas) -> None:
    """Draw lines through a piece of the sheet as on a form, whatever type stands on them."""
    box = canvas.box(rng, (0.3, 1.0), (0.1, 1.2), apart=False)
    if box is None:
        return
    ink, thick = _ink(rng), canvas.px(rng.uniform(0.1, 0.4))
    pitch, dot = canvas.px(rng.uniform(4, 14)), canvas.px(rng.uniform(0.3, 1.2))
    dotted = rng.random() < 0.35
    for top in range(box[0], box[1] - thick, pitch):
        rule(canvas, (top, top + thick, box[2], box[3]), ink, dot if dotted else 0)
    if rng.random() < 0.4:
        for left in rng.integers(box[2], box[3] - thick, int(rng.integers(1, 6))).tolist():
            rule(canvas, (box[0], box[1], left, left + thick), ink)


def rule(canvas: Canvas, box: Box, ink: Colour, dot: int = 0) -> None:
    """Print a straight line; `dot` px long pieces of it with as long gaps, if not 0."""
    top, bottom, left, right = box
    here = canvas.rgb[top:bottom, left:right]
    if here.size == 0:
        return
    if dot:
        along = np.arange(max(here.shape[:2])) // dot % 2 == 0
        here[:, along[: here.shape[1]]] = np.minimum(here[:, along[: here.shape[1]]], ink)
    else:
        here[:] = np.minimum(here, np.asarray(ink, np.uint8))
    canvas.mark(Kind.RULE, (max(0, top - 1), bottom + 1, max(0, left - 1), right + 1))


def rows_of(words: Iterable[Word]) -> list[Span]:
    """Return the first and last pixel rows of lines of words, from above."""
    rows: list[Span] = []
    for top, bottom in sorted((word.top, word.bottom) for word in words):
        if rows and top < rows[-1][1] - (bottom - top) // 4:
            rows[-1] = (rows[-1][0], max(bottom, rows[-1][1]))
        else:
            rows.append((top, bottom))
    return rows


def _bands(rows: list[Span], ends: Span) -> list[Span]:
    """Return rows that touch one another halfway between lines, from end to end."""
    cuts = [(one[1] + other[0]) // 2 for one, other in itertools.pairwise(rows)]
    edges = [ends[0], *cuts, ends[1]]
    return [(a, b) for a, b in itertools.pairwise(edges) if b > a]


def _columns(rng: np.random.Generator, canvas: Canvas, box: Box) -> list[Span]:
    """Cut a box into columns and take out what stood across their edges."""
    top, bottom, left, right = box
    gap = canvas.px(rng.uniform(0.6, 2))
    cuts = np.sort(rng.integers(left + gap, max(left + gap + 1, right - gap), rng.integers(1, 8)))
    for cut in cuts.tolist():
        strip = (top, bottom, max(0, cut - gap), cut + gap)
        canvas.erase(canvas.words_in(strip))
        canvas.layers[top:bottom, strip[2] : strip[3]] &= ~np.uint16(bit(Kind.TEXT))
    edges = [left, *cuts.tolist(), right]
    return [(a, b) for a, b in itertools.pairwise(edges) if b > a]


def _tint_cells(rng: np.random.Generator, canvas: Canvas, cells: list[tuple[Span, Span]]) -> None:
    """Tint every other row, some columns, the first row, or nothing."""
    way = rng.random()
    if way < 0.4:
        return
    tint = rng.uniform(175, 252) + rng.normal(0, 12, 3) * int(rng.random() < 0.6)
    rows = sorted({row for row, _ in cells})
    columns = sorted({column for _, column in cells})
    chosen = set(rng.permutation(len(columns))[: int(rng.integers(1, 4))].tolist())
    for row, column in cells:
        number = rows.index(row)
        if (
            (way < 0.6 and number % 2)
            or (0.6 <= way < 0.8 and columns.index(column) in chosen)
            or (way >= 0.8 and number == 0)
        ):
            _tint(canvas, (*row, *column), tint)


def _tint(canvas: Canvas, box: Box, tint: np.ndarray) -> None:
    top, bottom, left, right = box
    here = canvas.rgb[top:bottom, left:right]
    here[:] = to_image(np.asarray(here * np.clip(tint, 0, 255) / 255, np.float32))
    canvas.mark(Kind.PANEL, box)


def _few_words(rng: np.random.Generator, canvas: Canvas, box: Box) -> tuple[list[Box], list[Word]]:
    """Choose boxes of one to four words of some lines; return them and the other words."""
    words = canvas.words_in(box)
    gap = canvas.px(rng.uniform(0.8, 3))
    boxes: list[Box] = []
    kept: set[Word] = set()
    for top, bottom in rows_of(words):
        line = sorted(
            (w for w in words if w.top >= top and w.bottom <= bottom), key=lambda w: w.left
        )
        start = int(rng.integers(0, max(1, len(line))))
        run = line[start : start + int(rng.integers(1, 5))]
        if not run or rng.random() < 0.4 or (boxes and top - 2 * gap < boxes[-1][1]):
            continue
        kept.update(run)
        boxes.append((
            max(0, top - gap), min(canvas.shape[0], bottom + gap),
            max(0, run[0].left - gap), min(canvas.shape[1], run[-1].right + gap),
        ))  # fmt: skip
    return boxes, [word for word in words if word not in kept]


def _ink(rng: np.random.Generator) -> Colour:
    grey = rng.uniform(0, 140) + rng.normal(0, 25, 3) * int(rng.random() < 0.3)
    red, green, blue = (int(value) for value in np.clip(grey + np.zeros(3), 0, 220))
    return red, green, blue


def _sides(box: Box, thick: int) -> list[Box]:
    top, bottom, left, right = box
    return [
        (top, top + thick, left, right),
        (bottom - thick, bottom, left, right),
        (top, bottom, left, left + thick),
        (top, bottom, right - thick, right),
    ]
