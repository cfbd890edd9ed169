"""Do words that perspective and curl took come back with `--flatten`? On sheets drawn on desks.

    python pipelines/parts/flatten.py --pages 20 --page-dewarp PATH/bin/page-dewarp

A sheet is read as a flat scan, then as photographed: turned, in perspective, most of them curled.
Lost are the true words read on the scan and not on the photograph. Every picture is cleaned with
the same model and read by Tesseract at the same size; page-dewarp's page, which it binarises, is
read as it is.
"""

import argparse
import io
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow

from docclean.clean.cleaner import Cleaner
from docclean.corruptions.shared.fields import to_image
from docclean.documents import read_pages
from docclean.evaluation.environment import environment
from docclean.ocr import Tesseract
from docclean.page import Image, Page
from docclean.regions.outline import find_outline
from docclean.regions.reader import map_reader
from docclean.scenes.camera import on_desk, uneven_light
from docclean.scenes.laying import Corners, View
from docclean.scenes.sheets import printed
from docclean.straighten import straighten
from docclean.synth import TextSource

SEED = 960_000
DPI = 170
LAYOUTS = ("article", "book", "letter", "typescript")
WAYS = ("as a flat scan", "photographed", "--flatten", "page-dewarp")


@dataclass(frozen=True, eq=False)
class Scene:
    """A sheet twice: as a flat scan and photographed on a desk.

    Attributes:
        scan: the sheet alone.
        photo: the picture of it.
        corners: where its corners lie, (4, 2) x, y in px.
        words: that stand on it.
    """

    scan: Page
    photo: Page
    corners: Corners
    words: Counter[str]


def draw(number: int) -> Scene:
    """Draw scene `number`."""
    rng = np.random.default_rng((SEED, number))
    canvas = printed(rng, TextSource(("en_US",)), DPI, LAYOUTS[number % len(LAYOUTS)])
    view = on_desk(rng, canvas, [])
    while not _is_whole(view):  # words outside the picture cannot come back
        view = on_desk(rng, canvas, [])
    # the scan shows as much of the letters as the photograph does
    longer = max(np.hypot(*(view.corners[at] - view.corners[at - 1])) for at in range(4))
    scale = min(1.0, longer / max(canvas.shape))
    scan = cv2.resize(canvas.rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    light = uneven_light(rng, view.rgb.shape[:2], 0.25)
    photo = _stored(to_image(view.rgb.astype(np.float32) * light[..., None]))
    words = Counter(word.text for word in canvas.words)
    return Scene(_page(_stored(scan)), _page(photo), view.corners, words)


def _is_whole(view: View) -> bool:
    """Say whether the whole sheet is in the picture."""
    height, width = view.layers.shape
    return bool((view.corners >= 0).all() and (view.corners <= (width, height)).all())


def _stored(image: Image) -> Image:
    held = io.BytesIO()
    Pillow.fromarray(image).save(held, "JPEG", quality=88)
    return np.array(Pillow.open(held), np.uint8)


def _page(image: Image) -> Page:
    return Page(image, (float(DPI), float(DPI)))


def dewarped(page: Page, program: Path) -> Page | None:
    """Return what page-dewarp makes of a page; None where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        Pillow.fromarray(page.pixels).save(Path(folder) / "page.png")
        done = subprocess.run([program, "page.png"], cwd=folder, capture_output=True, timeout=300)
        made = Path(folder) / "page_thresh.png"
        return next(iter(read_pages(made))) if not done.returncode and made.is_file() else None


def hits(page: Page | None, words: Counter[str]) -> int:
    """Return how many of the words are read on a page."""
    if page is None:
        return 0
    return (Counter(Tesseract("eng").read(page).text.split()) & words).total()


def measured(scene: Scene, cleaner: Cleaner, program: Path | None) -> list[int]:
    """Return how many words are read each way."""
    pages: list[Page | None] = [
        cleaner.clean(scene.scan).reading,
        cleaner.clean(scene.photo).reading,
        cleaner.clean(straighten(scene.photo, flatten=True).page).reading,
    ]
    if program:
        pages.append(dewarped(scene.photo, program))
    return [hits(page, scene.words) for page in pages]


def off_corners(scene: Scene) -> float:
    """Return how far the corners that are found lie off, a share of the diagonal; 1: none are."""
    outline = find_outline(map_reader(1)(scene.photo))
    if outline is None:
        return 1.0
    diagonal = np.hypot(*scene.photo.pixels.shape[:2])
    return float(np.hypot(*(outline.corners - scene.corners).T).mean() / diagonal)


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--page-dewarp", type=Path, help="its program")
    options = parser.parse_args()
    cleaner, rows, off = Cleaner.load(threads=1), [], []
    for number in range(options.pages):
        scene = draw(number)
        rows.append(measured(scene, cleaner, options.page_dewarp))
        off.append(off_corners(scene))
        sys.stderr.write(f"{number} {scene.words.total()} {rows[-1]} {off[-1]:.4f}\n")
    read = np.array(rows)
    lost = int((read[:, 0] - read[:, 1]).sum())
    told = f"{len(rows)} scenes; corners off by {np.median(off):.2%} of the diagonal (median)."
    out = [environment().sentence(), "", told, ""]
    out += ["| read | words | of those lost, come back |", "|---|--:|--:|"]
    for place, way in enumerate(WAYS[: read.shape[1]]):
        back = (read[:, place] - read[:, 1]).sum() / max(1, lost)
        out.append(f"| {way} | {read[:, place].sum()} | {back:.0%} |")
    sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
