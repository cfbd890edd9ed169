"""The plates of rubber stamps: words and dates in frames and rings."""

import cv2
import numpy as np
from numpy.typing import NDArray

from docclean.corruptions.base import to_px
from docclean.page import Image

WORDS = (
    "RECEIVED", "PAID", "COPY", "APPROVED", "CONFIDENTIAL", "URGENT", "DRAFT", "FILED", "VOID",
    "ENTERED", "ORIGINAL", "CANCELLED", "FINAL", "CHECKED", "POSTED", "EINGEGANGEN", "BEZAHLT",
    "KOPIE", "ERLEDIGT", "RECU", "PAYE", "COPIE", "URGENTE", "PAGADO", "ARCHIVES", "No. ", "Ref. ",
)  # fmt: skip
PLACES = (
    "CITY LIBRARY", "RECORDS OFFICE", "POST OFFICE", "NOTARY PUBLIC", "STATE ARCHIVES", "CUSTOMS",
    "UNIVERSITY LIBRARY", "TAX OFFICE", "BANK & SONS", "STANDESAMT", "MAIRIE", "AYUNTAMIENTO",
)  # fmt: skip
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
FACES = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_PLAIN,
)


def rubber(rng: np.random.Generator, kind: str, size: float, line: float, dpi: float) -> Image:
    """Return a stamp's plate, 255 where there is ink.

    Args:
        rng: draws the words.
        kind: plain, framed, double (frame) or round.
        size: its width in mm.
        line: the width of its lines in mm.
        dpi: of the page it is pressed on.
    """
    # drawn at twice the size, else the letters of small stamps fray
    wide, thick = max(8, round(2 * to_px(size, dpi))), max(1, round(2 * to_px(line, dpi)))
    plate = _ring(rng, wide * 2 // 3, thick) if kind == "round" else _frame(rng, kind, wide, thick)
    half = (max(1, plate.shape[1] // 2), max(1, plate.shape[0] // 2))
    return np.asarray(cv2.resize(plate, half, interpolation=cv2.INTER_AREA))


def _frame(rng: np.random.Generator, kind: str, wide: int, thick: int) -> Image:
    face = FACES[int(rng.integers(len(FACES)))]
    rows = [_word(rng), _date(rng)][: int(rng.integers(1, 3))]
    if rng.random() < 0.4:
        rows.insert(0, PLACES[int(rng.integers(len(PLACES)))])
    edge = 3 * thick + wide // 30
    inner = wide - 2 * edge
    words = [set_text(row, face, inner if row == max(rows, key=len) else 0) for row in rows]
    tall = max(word.shape[0] for word in words)
    spaced = [_fit(word, inner, min(tall, wide // 4)) for word in words]
    gap = np.zeros((wide // 40 + 1, inner), np.uint8)
    body = np.vstack([part for word in spaced for part in (word, gap)][:-1])
    plate = cv2.copyMakeBorder(body, *(edge,) * 4, cv2.BORDER_CONSTANT, value=0)
    low, high = thick, (plate.shape[1] - 1 - thick, plate.shape[0] - 1 - thick)
    if kind != "plain":
        cv2.rectangle(plate, (low, low), high, 255, thick)
    if kind == "double":
        second = low + 2 * thick
        corner = (high[0] - 2 * thick, high[1] - 2 * thick)
        cv2.rectangle(plate, (second, second), corner, 255, max(1, thick // 2))
    return np.asarray(plate)


def _ring(rng: np.random.Generator, wide: int, thick: int) -> Image:
    """Return a round plate: the ring is set as a strip, then bent round."""
    face, radius = FACES[int(rng.integers(len(FACES)))], wide // 2
    around = round(2 * np.pi * radius * 0.8)
    strip = np.zeros((max(8, radius), around), np.uint8)  # from the middle down to the rim
    tall = max(4, round(radius * rng.uniform(0.15, 0.24)))
    place = PLACES[int(rng.integers(len(PLACES)))]
    top = len(strip) - tall - 3 * thick - 2
    if top > 0:
        once = set_text(f"{place} *", face, 0)
        times = max(1, round(around * once.shape[0] / tall / once.shape[1]))
        text = set_text(f"{place} * " * times, face, 0)
        strip[top : top + tall] = cv2.resize(text, (around, tall), interpolation=cv2.INTER_AREA)[
            ::-1
        ]
    rim = [len(strip) - 1 - thick, top - 2 * thick]
    for y in rim if rng.random() < 0.7 else rim[:1]:
        strip[max(0, y) : max(0, y) + thick] = 255
    plate = cv2.warpPolar(
        np.ascontiguousarray(strip.T),
        (wide, wide),
        (wide / 2, wide / 2),
        radius,
        cv2.WARP_INVERSE_MAP + cv2.INTER_LINEAR + cv2.WARP_FILL_OUTLIERS,  # else memory shows
    )
    inner = round(radius * 1.05)
    date = _fit(set_text(_date(rng), face, 0), inner, max(2, tall))
    x, y = (wide - inner) // 2, (wide - date.shape[0]) // 2
    # bending leaves copies of the rim in the corners
    disc = cv2.circle(np.zeros_like(plate), (wide // 2, wide // 2), max(1, radius - 1), 255, -1)
    plate = cv2.bitwise_and(plate, disc)
    middle = plate[y : y + date.shape[0], x : x + inner]
    middle[:] = np.maximum(middle, date)
    return np.asarray(plate, np.uint8)


def _word(rng: np.random.Generator) -> str:
    word = WORDS[int(rng.integers(len(WORDS)))]
    return word if not word.endswith(" ") else f"{word}{int(rng.integers(100, 99999))}"


def _date(rng: np.random.Generator) -> str:
    day, month, year = (int(rng.integers(*span)) for span in ((1, 29), (0, 12), (1900, 2030)))
    forms = (
        f"{day:02} {MONTHS[month]} {year}",
        f"{day}.{month + 1}.{year}",
        f"{year}-{month + 1:02}-{day:02}",
    )
    return forms[int(rng.integers(len(forms)))]


def set_text(text: str, face: int, width: int) -> Image:
    """Return the text as an image cropped to its ink, `width` px wide unless 0."""
    scale = 2.0
    (wide, tall), below = cv2.getTextSize(text, face, scale, 4)
    canvas = np.zeros((tall * 2 + below + 16, wide + 32), np.uint8)
    cv2.putText(canvas, text, (8, int(tall * 1.5) + 8), face, scale, 255, 4, cv2.LINE_AA)
    x, y, w, h = cv2.boundingRect(canvas)
    cropped: NDArray[np.uint8] = canvas[y : y + h, x : x + w]
    return _fit(cropped, width, round(h * width / max(1, w))) if width else cropped


def _fit(text: Image, width: int, height: int) -> Image:
    """Return the text at this height, in the middle of a strip of this width."""
    height = max(1, height)
    across = int(np.clip(round(text.shape[1] * height / text.shape[0]), 1, width))
    strip = np.zeros((height, max(1, width)), np.uint8)
    left = (width - across) // 2
    small = cv2.resize(text, (across, height), interpolation=cv2.INTER_AREA)
    strip[:, left : left + across] = small
    return strip
