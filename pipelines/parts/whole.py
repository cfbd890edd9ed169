"""Do pictures, stamps, panels, codes and light text on dark come out whole? On pages made here.

    python pipelines/parts/whole.py --pages 200 -o pipelines/results/parts.md
    python pipelines/parts/whole.py --pages 60 --write pages/   # for `docclean evaluate pages/`

Every page is a printed sheet with parts of one kind, stained, unevenly lit and stored as JPEG,
drawn from seeds that
no training uses. A page passes where each of its parts keeps the right values of
`docclean.regions.harm`, its codes are read as before, its light text is read at least as well.
"""

import argparse
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from docclean.clean.cleaner import Cleaner
from docclean.corruptions import CORRUPTIONS
from docclean.corruptions.shared.fields import to_image
from docclean.evaluation.environment import environment
from docclean.ocr import Tesseract
from docclean.page import Image, Page
from docclean.recipe import Synth
from docclean.regions.codes import code_reader
from docclean.regions.harm import measured
from docclean.regions.kinds import Kind
from docclean.scenes import parts
from docclean.scenes.camera import uneven_light
from docclean.scenes.canvas import Canvas
from docclean.scenes.laying import View, corners_of
from docclean.scenes.scene import true_map
from docclean.scenes.sheets import sheet_with
from docclean.synth import TextSource

SEED = 990_000
DPI = (150, 200)
KINDS: dict[str, tuple[Kind, Callable[..., None]]] = {
    "picture": (Kind.PICTURE, parts.add_picture),
    "stamp": (Kind.STAMP, parts.add_stamp),
    "panel": (Kind.PANEL, parts.add_panel),
    "light on dark": (Kind.DARK, parts.add_dark),
    "code": (Kind.CODE, parts.add_code),
    "signet": (Kind.PICTURE, parts.add_signet),
}
FAMILY = [name for name in KINDS if name != "signet"]
"""The kinds of `tests/cases`; small pictures are asked for by name."""
QUOTES = str.maketrans("‘’“”", "''\"\"")
"""Straight and typographic quotes look alike in many fonts: one taken for the other is no loss."""
SLACK = 2
"""Words of a dark panel by which one reading may differ from another."""


@dataclass(frozen=True)
class Made:
    """A dirty page and the sheet that it was drawn on."""

    page: Page
    canvas: Canvas


def make(number: int, add: Callable[..., None]) -> Made:
    """Draw page `number` with one or two parts of a kind on it."""
    rng = np.random.default_rng((SEED, number))
    dpi = int(rng.integers(DPI[0], DPI[1] + 1))
    text = TextSource(Synth().locales[:1], None)
    canvas = sheet_with(rng, text, dpi, add, int(rng.integers(1, 3)))
    grey = np.full(canvas.shape, 255, np.uint8)
    for name in ("stain", "paper_texture"):
        member = CORRUPTIONS[name]
        grey = member.on_page(grey, member.sample(rng, float(rng.uniform(0.1, 0.6))), dpi)
    light = uneven_light(rng, canvas.shape, 0.25) * np.float32(rng.uniform(0.75, 0.98))
    dirty = canvas.rgb.astype(np.float32) * (light * grey / 255)[..., None]
    held = io.BytesIO()
    Pillow.fromarray(to_image(dirty)).save(held, "JPEG", quality=int(rng.integers(75, 95)))
    pixels = np.array(Pillow.open(held), np.uint8)
    return Made(Page(pixels, (float(dpi), float(dpi)), source=f"{number}"), canvas)


def passes(made: Made, kind: Kind, cleaner: Cleaner, true: bool) -> tuple[bool, str]:
    """Clean a page and say whether its parts came out whole, and if not why."""
    if true:
        view = View(made.page.pixels, made.canvas.layers, corners_of(made.canvas.shape), True)
        cleaner.look = lambda page: true_map(view)
    done = cleaner.clean(made.page)
    before, after = made.page.pixels, done.page.pixels
    inside = made.canvas.has(kind)
    if not inside.any():
        return True, ""
    if kind is Kind.CODE:
        return _codes(before, after)
    if kind is Kind.DARK:
        return _words(made, done.reading)
    told = measured(kind, (0, 0, 0, 0), before, after, _core(inside))
    return told.is_whole, "" if told.is_whole else str(told)


def _core(inside: np.ndarray) -> np.ndarray:
    """Return a mask without its outermost pixels, where JPEG mixes it with what is beside it."""
    import cv2

    core = cv2.erode(inside.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return core if core.any() else inside


def _codes(before: Image, after: Image) -> tuple[bool, str]:
    decode = code_reader()
    assert decode is not None, "needs the extra 'measure'"
    was, now = ({code.text for code in decode(page)} for page in (before, after))
    return was <= now, f"not read any more: {sorted(was - now)}"


def _words(made: Made, reading: Page) -> tuple[bool, str]:
    """Compare the words read in dark panels as they came and cleaned."""
    dark = made.canvas.has(Kind.DARK)
    true = [
        w.text.translate(QUOTES)
        for w in made.canvas.words
        if dark[(w.top + w.bottom) // 2, (w.left + w.right) // 2]
    ]
    rows, columns = (np.flatnonzero(dark.any(axis)) for axis in (1, 0))
    found = []
    for page in (made.page, reading):
        scale = page.height / made.page.height
        box = tuple(round(v * scale) for v in (rows[0], rows[-1] + 1, columns[0], columns[-1] + 1))
        cut = page.with_pixels(np.ascontiguousarray(page.grey()[box[0] : box[1], box[2] : box[3]]))
        read = Tesseract("eng", psm=6).read(cut).text.split()
        left = [word.translate(QUOTES) for word in read]
        hits = 0
        for word in true:
            if word in left:
                left.remove(word)
                hits += 1
        found.append(hits)
    return found[1] >= found[0] - SLACK, f"{found[0]} -> {found[1]} of {len(true)} words"


def pages_each(options: argparse.Namespace) -> int:
    """Return how many pages a kind is drawn."""
    return max(1, options.pages // len(FAMILY))


def write(options: argparse.Namespace) -> None:
    """Write the pages with their text beside them, a set a kind."""
    for place, (name, (_, add)) in enumerate(KINDS.items()):
        folder = options.write / name.replace(" ", "-")
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(pages_each(options) if name in options.only else 0):
            made = make(1000 * place + number, add)
            image = Pillow.fromarray(made.page.pixels)
            image.save(folder / f"{number:03}.png", dpi=made.page.dpi)
            words = " ".join(word.text for word in made.canvas.words)
            (folder / f"{number:03}.gt.txt").write_text(words + "\n", "utf-8")


def judge(options: argparse.Namespace) -> str:
    """Draw, clean, and return a table with the pages that failed."""
    cleaner = Cleaner.load()
    each = pages_each(options)
    rows, failed = [], []
    for place, (name, (kind, add)) in enumerate(KINDS.items()):
        if name not in options.only:
            continue
        whys = [
            passes(make(1000 * place + n, add), kind, cleaner, options.true_map)
            for n in range(each)
        ]
        good = sum(right for right, _ in whys)
        rows.append(f"| {name} | {each} | {good} | {good / each:.1%} |")
        failed += [f"- {name} {n}: {why}" for n, (right, why) in enumerate(whys) if not right]
    head = [environment().sentence(), "", "| parts | pages | whole | share |", "|---|--:|--:|--:|"]
    return "\n".join([*head, *rows, "", *failed]) + "\n"


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-o", "--out", type=Path, help="a file for what is printed")
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--only", nargs="+", choices=list(KINDS), default=FAMILY)
    parser.add_argument("--true-map", action="store_true", help="what the network cannot spoil")
    parser.add_argument("--write", type=Path, help="a folder for the pages; nothing is judged")
    options = parser.parse_args()
    if options.write:
        return write(options)
    told = judge(options)
    sys.stdout.write(told)
    if options.out:
        options.out.write_text(told, "utf-8")


if __name__ == "__main__":
    main()
