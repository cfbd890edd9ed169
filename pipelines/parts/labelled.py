"""Does the map find the text of real pages? Thirty public ones, labelled by eye, say so.

    python pipelines/parts/labelled.py DATA/ocr            # a table of what the map finds
    python pipelines/parts/labelled.py DATA/ocr --draw     # rectangles to pictures of labels

`tests/regions/labels/rectangles.txt` holds rectangles drawn by eye, SET/PAGE.png beside it a
`Kind` for each cell of the map. In a rectangle of text a cell is text where the ink of letters
takes an eighth of it. Ink is what is darker than the paper around it by the rectangle's own
threshold (Otsu's), without rules (32 px long, at most 3 thick) and crumbs (under 4 px); on a
screened tint, what has less than 0.72 of the light around it. Pictures, panels, dark grounds and
codes are whole rectangles; stamps and pens are the cells in their rectangles with an eighth of
ink. Print under a stamp is text.
"""

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from docclean.documents import read_pages
from docclean.page import LUMA, Image, Page
from docclean.regions.kinds import COLOURS, Kind, Kinds
from docclean.regions.page_map import CELL, PageMap
from docclean.regions.reader import map_reader, reduced

LABELS = Path(__file__).parents[2] / "tests" / "regions" / "labels"
LEAST_INK = 1 / 8
"""Share of a cell that ink takes for the cell to hold letters."""
TONED_INK = 0.72
"""Light over that around, below which there is ink on a screened tint."""
WHOLE = ("off", "panel", "dark", "picture", "code", "dirt")
"""What fills its rectangles."""
LISTED = (Kind.OFF, Kind.PICTURE, Kind.PANEL, Kind.DARK, Kind.STAMP, Kind.CODE)
Mask = NDArray[np.bool_]
Shape = tuple[str, tuple[float, ...]]
"""A kind and where it lies, in cells."""


def read_rectangles(path: Path) -> dict[str, list[Shape]]:
    """Return the shapes of each page, by SET/PAGE."""
    pages: dict[str, list[Shape]] = {}
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("#"):
            shapes = pages.setdefault(line[1:].strip(), [])
        elif line.strip() and not line.startswith(";"):
            kind, *numbers = line.split()
            shapes.append((kind, tuple(map(float, numbers))))
    return pages


def page_of(folder: Path, name: str) -> Page:
    """Return the page SET/PAGE of the public sets, whatever its suffix."""
    (path,) = (folder / f"{name}{end}" for end in (".png", ".jpg", ".tif")
               if (folder / f"{name}{end}").is_file())  # fmt: skip
    return next(iter(read_pages(path)))


def labelled(small: Image, shapes: list[Shape]) -> Kinds:
    """Return the kind of each cell, (h / 8, w / 8) uint8, of a picture as the map sees it.

    Args:
        small: (h, w, 3) uint8.
        shapes: of the page; later ones of a kind lie over earlier, text over all.
    """
    grey = small.astype(np.float32) @ np.asarray(LUMA, np.float32)
    cells = np.zeros([-(-side // CELL) for side in grey.shape], np.uint8)
    for kind, where in shapes:
        if kind == "sheet":
            cells[_share(~_polygon(grey.shape, where)) >= 0.5] = Kind.OFF
    for kind, where in shapes:
        if kind in WHOLE:
            cells[_share(_inside(grey.shape, where)) >= 0.5] = Kind[kind.upper()]
    for name, ink in (("stamp", _ink), ("toned-text", _ink_on_tint), ("text", _ink)):
        for kind, where in shapes:
            if kind == name:
                has = _share(ink(grey, where)) >= LEAST_INK
                cells[has] = Kind.STAMP if name == "stamp" else Kind.TEXT
    return cells


def _share(mask: Mask) -> NDArray[np.float32]:
    """Return the share of each cell that a mask, (h, w), takes."""
    height, width = (side + -side % CELL for side in mask.shape)
    whole = np.zeros((height, width), np.float32)
    whole[: mask.shape[0], : mask.shape[1]] = mask
    return np.asarray(whole.reshape(height // CELL, CELL, width // CELL, CELL).mean((1, 3)))


def _polygon(shape: tuple[int, ...], where: tuple[float, ...]) -> Mask:
    points = np.round(np.array(where).reshape(-1, 2) * CELL).astype(np.int32)
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [points], 1)
    return mask > 0


def _box(where: tuple[float, ...]) -> tuple[slice, slice]:
    left, top, right, bottom = (max(0, round(side * CELL)) for side in where)
    return slice(top, bottom), slice(left, right)


def _inside(shape: tuple[int, ...], where: tuple[float, ...]) -> Mask:
    mask = np.zeros(shape, np.bool_)
    mask[_box(where)] = True
    return mask


def _ink(grey: NDArray[np.float32], where: tuple[float, ...]) -> Mask:
    """Return the ink of letters in a rectangle on paper, (h, w)."""
    smooth = cv2.GaussianBlur(grey, (0, 0), 0.7)
    paper = cv2.morphologyEx(smooth, cv2.MORPH_CLOSE, np.ones((17, 17), np.uint8))
    light = grey / np.maximum(cv2.blur(paper, (17, 17)), 1)
    inside = np.clip(light[_box(where)] * 255, 0, 255).astype(np.uint8)
    level, _ = cv2.threshold(inside, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    out = np.zeros(grey.shape, np.bool_)
    out[_box(where)] = _letters(inside <= min(max(level, 140), 226))
    return out


def _ink_on_tint(grey: NDArray[np.float32], where: tuple[float, ...]) -> Mask:
    """Return the ink of letters in a rectangle on a screened tint, (h, w)."""
    smooth = cv2.GaussianBlur(grey, (0, 0), 0.9)
    around = cv2.medianBlur(np.clip(smooth, 0, 255).astype(np.uint8), 31)
    out = np.zeros(grey.shape, np.bool_)
    out[_box(where)] = _letters((smooth < TONED_INK * around)[_box(where)])
    return out


def _letters(ink: Mask) -> Mask:
    """Return ink without rules, which may lean by a pixel or two, and without crumbs."""
    left = _without_level_rules(ink.astype(np.uint8))
    left = _without_level_rules(np.ascontiguousarray(left.T)).T.copy()
    _, labels, found, _ = cv2.connectedComponentsWithStats(left, connectivity=8)
    sides = found[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    residue = (sides.min(1) <= 2) & (sides.max(1) >= 10)
    residue |= found[:, cv2.CC_STAT_AREA] < 4
    return np.asarray((left > 0) & ~residue[labels])


def _without_level_rules(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    wide = cv2.dilate(ink, np.ones((3, 1), np.uint8))
    runs = cv2.morphologyEx(wide, cv2.MORPH_OPEN, np.ones((1, 32), np.uint8))
    thin = 1 - cv2.morphologyEx(wide, cv2.MORPH_OPEN, np.ones((7, 1), np.uint8))
    rules = cv2.dilate(runs & thin, np.ones((1, 9), np.uint8)) & wide & thin
    return np.asarray(ink & (1 - rules))


def write(path: Path, cells: Kinds) -> None:
    """Write cells as a picture of labels in the colours of the map."""
    image = Pillow.fromarray(cells)
    image.putpalette([value for kind in Kind for value in COLOURS[kind]])
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, optimize=True)


def row(name: str, found: PageMap, true: Kinds) -> str:
    """Return a row of the table: text found, text called off the sheet, and shares of others."""
    text = true == Kind.TEXT
    cells = [f"{found.has(Kind.TEXT)[text].mean():.3f}", f"{found.has(Kind.OFF)[text].mean():.3f}"]
    for kind in LISTED:
        own = true == kind
        cells.append(f"{found.has(kind)[own].mean():.2f}" if own.any() else "")
    return f"| {name} | {np.count_nonzero(text)} | {' | '.join(cells)} |"


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="the folder of the public sets")
    parser.add_argument("--draw", action="store_true", help="draw the pictures of labels anew")
    options = parser.parse_args()
    listed = " | ".join(kind.name.lower() for kind in LISTED)
    out = [f"| page | text cells | found | called off | {listed} |", f"|---|{'--:|' * 9}"]
    for name, shapes in read_rectangles(LABELS / "rectangles.txt").items():
        page, path = page_of(options.folder, name), LABELS / f"{name}.png"
        if options.draw:
            write(path, labelled(reduced(page.pixels), shapes))
        else:
            out.append(row(name, map_reader(1)(page), np.asarray(Pillow.open(path))))
    if not options.draw:
        sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
