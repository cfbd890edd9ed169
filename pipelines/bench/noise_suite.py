"""Which of the words that Tesseract loses to a noise does cleaning bring back?

    python pipelines/bench/noise_suite.py [--model small] [--jobs 2] [--markdown FILE.md]

Pages of a book are set at 300 dpi, so their text is known, and spoilt by nine noises. The noises
are made here, not by docclean.corruptions: nobody is examined in what they were taught. A page is
read clean, spoilt and treated. Words count whatever their order; the share that comes back is
(found treated - found spoilt) / (found clean - found spoilt), summed over the pages.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import common
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from docclean.clean.contract import PageCleaner
from docclean.evaluation.reader import Reader
from docclean.evaluation.rivals.classical import divide_background
from docclean.page import Image, Page
from docclean.pairs.folder import write_png
from docclean.report.wording import number, percent
from docclean.scores.statistics import Interval
from docclean.scores.text import Score, score
from docclean.synth import Typeset

DPI = 300
SET_AT = 270
"""Dots per inch pages are drawn with: a little smaller, type of 7 to 12 points."""
SAVED = 3  # pages of each noise that --save keeps
SALT = 0.08  # share of the pixels that salt and pepper takes
RAW = "as it is"
BOOK_FONTS = (
    *("Libertinus Serif", "New Computer Modern", "TeX Gyre Termes", "Gentium Book Plus", "P052"),
    *("C059", "Old Standard TT", "DejaVu Serif", "EB Garamond 08", "Liberation Serif"),
)
"""Families of books; those that are not installed are passed over."""
BARS = {"blur": 60, "weak ink": 60, "salt and pepper": 95, "watermark": 80, "scribbles": 80}
"""Share of the lost words that should come back, per cent."""
Noise = Callable[[Image, np.random.Generator], Image]
"""(H, W) uint8 -> the same shape; lengths in px of a page at 300 dpi."""
Treatment = Callable[[Page], Page]
Floats = NDArray[np.floating[Any]]


def blur(page: Image, rng: np.random.Generator) -> Image:
    """Blur with a Gaussian of sigma 4 cut to 11 x 11 px; nothing is drawn."""
    return np.asarray(cv2.GaussianBlur(page, (11, 11), 4), np.uint8)


def weak_ink(page: Image, rng: np.random.Generator) -> Image:
    """Fade, thin and break the ink: clouds say how weak it is, grain says where it holds."""
    clouds, grain = (_cloud(page.shape, rng, scale) for scale in (250, 2.2))
    thin = np.asarray(cv2.erode(255 - page, np.ones((3, 3), np.uint8)), np.float32)
    weak = np.clip(0.3 + 0.3 * clouds, 0, 1)
    ink = (1 - weak) * (255 - page) + weak * thin
    holds = np.clip(2.8 + 0.8 * grain - 2.0 * weak, 0.4, 1)
    return _grey(255 - ink * holds * (0.85 - 0.35 * weak))


def salt_and_pepper(page: Image, rng: np.random.Generator) -> Image:
    """Turn a share of the pixels black or white, half of them each."""
    drawn = rng.random(page.shape, np.float32)
    return np.where(drawn < SALT / 2, 0, np.where(drawn > 1 - SALT / 2, 255, page)).astype(np.uint8)


def watermark(page: Image, rng: np.random.Generator) -> Image:
    """Lay a grey word across the page, filled or outlined, under the print."""
    height, width = page.shape
    word = ("CONFIDENTIAL", "DRAFT", "COPY", "SAMPLE", "DO NOT COPY")[rng.integers(5)]
    size = min(1.18 * float(np.hypot(height, width)) / len(word), 0.3 * width)
    filled, grey = rng.random() < 0.5, int(rng.integers(185, 220))
    fill, edge = (grey, 0) if filled else (255, int(size / 40))
    sheet, font = Pillow.new("L", (width, height), 255), ImageFont.load_default(size)
    ImageDraw.Draw(sheet).text(
        (width / 2, height / 2), word, fill, font, "mm", stroke_width=edge, stroke_fill=grey
    )
    turned = sheet.rotate(float(rng.uniform(35, 60)), Pillow.Resampling.BILINEAR, fillcolor=255)
    return _grey(page.astype(np.float32) * np.asarray(turned, np.float32) / 255)


def scribbles(page: Image, rng: np.random.Generator) -> Image:
    """Draw thin curves of a pen over the text, medium dark."""
    over, size = np.full_like(page, 255), page.shape[::-1]
    along = np.linspace(0, 1, 200)[:, None]
    for _ in range(rng.integers(5, 9)):
        loops = np.sin(rng.uniform(4, 14, 2) * along + rng.uniform(0, 6.3, 2)) * (80, 30)
        start, end = rng.uniform(0.05, 0.75, 2), rng.uniform((0.1, -0.04), (0.3, 0.04))
        line = (start + end * along) * size + loops
        grey, thick = int(rng.integers(60, 130)), int(rng.integers(2, 4))
        cv2.polylines(
            over, [np.rint(line * 8).astype(np.int32)], False, grey, thick, cv2.LINE_AA, shift=3
        )
    return np.minimum(page, over)


def stains(page: Image, rng: np.random.Generator) -> Image:
    """Drop opaque blots of ink that cover words; what is under them is gone."""
    over, size = np.full_like(page, 255), page.shape[::-1]
    angle, order = np.linspace(0, 2 * np.pi, 90, endpoint=False), np.array([[2], [3], [5]])
    for _ in range(rng.integers(8, 14)):
        waves = rng.normal(0, 0.3 / order) * np.sin(order * angle + rng.uniform(0, 6.3, (3, 1)))
        radius = rng.uniform(35, 95) * (1 + waves.sum(0))
        outline = np.stack([1.4 * radius * np.cos(angle), radius * np.sin(angle)], 1)
        outline += rng.uniform(0.08, 0.92, 2) * size
        grey = int(rng.integers(15, 70))
        cv2.fillPoly(over, [np.rint(outline * 8).astype(np.int32)], grey, cv2.LINE_AA, shift=3)
    return np.where(over < 128, over, np.minimum(page, over))


NOISES: Mapping[str, Noise] = {
    "blur": blur,
    "weak ink": weak_ink,
    "salt and pepper": salt_and_pepper,
    "watermark": watermark,
    "scribbles": scribbles,
    "stains": stains,
    "blur + salt and pepper": lambda page, rng: salt_and_pepper(blur(page, rng), rng),
    "weak ink + salt and pepper": lambda page, rng: salt_and_pepper(weak_ink(page, rng), rng),
    "blur + scribbles": lambda page, rng: scribbles(blur(page, rng), rng),
}
"""A pair is made in the order of its name."""


def _cloud(shape: tuple[int, ...], rng: np.random.Generator, scale: float) -> Floats:
    """Return a smooth random field (H, W) of mean 0 and deviation 1, hills `scale` px apart."""
    coarse = rng.standard_normal([int(side / scale) + 4 for side in shape[:2]], np.float32)
    field = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray((field - field.mean()) / field.std(), np.float32)


def _grey(values: Floats) -> Image:
    return np.asarray(np.clip(values + 0.5, 0, 255), np.uint8)


def spoil(name: str, index: int, page: Image) -> Image:
    """Return page `index` with a noise of `NOISES`; the same arguments give the same pixels."""
    return NOISES[name](page, np.random.default_rng((zlib.crc32(name.encode()), index)))


def book_page(index: int) -> Typeset:
    """Set page `index` of the book, one column; the families take turns."""
    known = common.installed(BOOK_FONTS)
    family = known[index % len(known)]
    return common.set_page(f"noise-suite-{index}", SET_AT, "book", family, index + 1, DPI)


@dataclass(frozen=True)
class Reading:
    """How one spoilt page was read, and whether the treatment left its pixels alone."""

    score: Score
    untouched: bool


Readings = dict[tuple[str, str], Reading]
"""By noise ('' for the clean page) and treatment."""


def measure_page(
    index: int, names: Sequence[str], treatments: Mapping[str, Treatment], reader: Reader,
    save: Path | None = None,
) -> Readings:  # fmt: skip
    """Read page `index` clean, then with each noise, as it is and treated; perhaps save PNGs."""
    made = book_page(index)
    told = {("", RAW): Reading(score(made.text, reader.read(made.page).found.text), True)}
    for name in names:
        spoilt = made.page.with_pixels(spoil(name, index, made.page.pixels))
        for label, treat in {RAW: lambda page: page, **treatments}.items():
            page = treat(spoilt)
            found = score(made.text, reader.read(page).found.text)
            told[name, label] = Reading(found, np.array_equal(page.pixels, spoilt.pixels))
            if save and index < SAVED:
                write_png(save / f"{index:03} {name}, {label}.png", page)
    return told


def share_back(
    clean: Sequence[Score], spoilt: Sequence[Score], treated: Sequence[Score]
) -> Interval:
    """Return the share of the words lost to a noise that come back, with its 95 % interval.

    The scores are of the same pages in the same order; below 0 the treatment lost more words yet,
    nan where the noise lost none.
    """
    found = [[one.words_found for one in scores] for scores in (clean, spoilt, treated)]
    counts = np.array(found, np.float64).T
    whole, left, now = np.vstack([counts.sum(0), common.drawn_sums(counts)]).T
    shares = (now - left) / np.where(whole > left, whole - left, np.nan)
    return common.bounds(float(shares[0]), shares[1:], len(counts))


def table(rows: Sequence[Readings]) -> list[str]:
    """Return the lines of the markdown table; rows are the pages."""
    lines = [
        "| noise | page | CER | WER | word recall | lost words back (95 %) | bar | untouched |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    clean = [row["", RAW].score for row in rows]
    for name, label in rows[0]:
        scores = [row[name, label].score for row in rows]
        total = sum(scores, Score())
        rates = " | ".join(map(percent, (total.cer, total.wer, total.recall)))
        gain = " | | "
        if label != RAW:
            share = astuple(share_back(clean, [row[name, RAW].score for row in rows], scores))
            untouched = sum(row[name, label].untouched for row in rows)
            bar = f"{BARS[name]}%" if name in BARS else ""
            back, low, high = (number(value, ".1%") for value in share)
            gain = f"{back} ({low} to {high}) | {bar} | {untouched}"
        lines.append(f"| {name or 'none'} | {label} | {rates} | {gain} |")
    return lines


def cleaned_by(cleaner: PageCleaner) -> Treatment:
    """Return the cleaner as a treatment; what it gives is what is to be read."""
    return lambda page: common.to_read(cleaner.clean(page))


def main() -> None:
    """Set the pages, spoil, clean, read, tell."""
    parser = common.cleaning_arguments(__doc__, 100)
    parser.add_argument("--noise", nargs="+", choices=list(NOISES), default=list(NOISES))
    parser.add_argument("--save", type=Path, help=f"folder for PNGs of {SAVED} pages")
    args = parser.parse_args()
    if args.save:
        args.save.mkdir(parents=True, exist_ok=True)
    treatments: dict[str, Treatment] = {
        "divided": lambda page: page.with_pixels(divide_background(page.grey()))
    }
    for name, cleaner in common.load_cleaners(args.model, args.jobs).items():
        treatments[name] = cleaned_by(cleaner)
    reader = common.load_reader(args.cache)

    def measure(index: int) -> Readings:
        return measure_page(index, args.noise, treatments, reader, args.save)

    rows = common.each_page(measure, args.pages, args.jobs)
    facts = f"{args.pages} pages, {len(common.installed(BOOK_FONTS))} families, mode 3"
    common.write("Words that come back", facts, table(rows), args.out)


if __name__ == "__main__":
    common.run(main)
