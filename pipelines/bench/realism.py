"""Can a logistic probe tell synthetic crops from real ones, by simple statistics?

    python pipelines/bench/realism.py DATA/ocr --previous REVISION -o pipelines/results/realism.md

Crops of 256 x 256 px with ink on them are cut from real pages, from pages that this checkout makes
by a recipe, and from pages that an earlier revision makes by its own (in a git worktree). A
logistic regression on 15 standardised statistics learns to tell real from synthetic; its area
under the ROC curve over five folds, a page's crops always in one fold, says how well: 0.5 is
not at all, 1.0 always. Pictures of the three kinds side by side go beside the report.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from common import arguments, measured, run, tell
from PIL import Image as Pillow

SIDE = 256
CROPS = 6
"""Crops a page."""
FOLDS = 5
NAMES = (
    *("paper level", "paper spread", "light spread", "ink level", "ink spread", "contrast"),
    *("mid-grey share", "black and white share", "edge width", "widest edges"),
    *("noise in paper", "spectrum 1/2", "spectrum 1/4", "spectrum 1/8", "spectrum 1/16"),
)
MAKE = """
import sys
from pathlib import Path
import numpy as np
try:
    from docclean.pairs.make import make_pair
except ImportError:  # before the folders
    from docclean.pairs import make_pair
from docclean.recipe import Recipe
from docclean.synth import TextSource
recipe = Recipe.load(Path(sys.argv[1]))
out, seed, first, count = Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
text = TextSource(recipe.synth.locales)
for index in range(first, first + count):
    pair = make_pair(seed, index, text, recipe)
    np.save(out / f"{index:05}.npy", pair.dirty.pixels)
"""


def cut_crops(page: np.ndarray, rng: np.random.Generator, count: int = CROPS) -> list[np.ndarray]:
    """Return up to `count` crops (SIDE, SIDE) uint8 with ink on them, of a page uint8 (H, W)."""
    height, width = page.shape
    if height < SIDE or width < SIDE:
        return []
    found: list[np.ndarray] = []
    for _ in range(count * 6):
        row, column = rng.integers(height - SIDE + 1), rng.integers(width - SIDE + 1)
        crop = page[row : row + SIDE, column : column + SIDE]
        paper = float(np.percentile(crop, 80))
        share = float((crop < paper - 40).mean())
        if 0.02 < share < 0.5:
            found.append(crop)
        if len(found) == count:
            break
    return found


def statistics(crop: np.ndarray) -> list[float]:
    """Return the 15 numbers of NAMES for one crop."""
    grey = crop.astype(np.float32) / 255
    ink, paper = (float(value) for value in np.percentile(grey, (2, 75)))
    middle = (ink + paper) / 2
    on_paper, on_ink = grey[grey > middle], grey[grey <= middle]
    blocks = grey.reshape(16, SIDE // 16, 16, SIDE // 16).swapaxes(1, 2).reshape(256, -1)
    light = np.percentile(blocks, 85, axis=1)
    slope = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0) / 8, cv2.Sobel(grey, cv2.CV_32F, 0, 1) / 8)
    edges = np.sort(slope[slope > 0.25 * slope.max()]) if slope.max() > 0 else np.ones(1)
    contrast = max(paper - ink, 1e-3)
    widths = contrast / np.maximum(edges, 1e-3)  # px a full step from paper to ink takes
    rough = grey - cv2.medianBlur(crop, 3).astype(np.float32) / 255
    far = cv2.erode((grey > middle).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    window = np.hanning(SIDE).astype(np.float32)
    power = np.abs(np.fft.fft2((grey - grey.mean()) * window * window[:, None])) ** 2
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE), np.fft.fftfreq(SIDE)))
    bands = [
        float(np.log(power[(frequency > high / 2) & (frequency <= high)].mean() + 1e-6))
        for high in (0.5, 0.25, 0.125, 0.0625)
    ]
    return [
        paper,
        float(on_paper.std()) if len(on_paper) else 0.0,
        float(light.std()),
        ink,
        float(on_ink.std()) if len(on_ink) else 0.0,
        contrast,
        float(((grey > ink + 0.25 * contrast) & (grey < paper - 0.25 * contrast)).mean()),
        float(((crop < 3) | (crop > 252)).mean()),
        float(np.log(np.median(widths))),
        float(np.log(np.percentile(widths, 90))),
        float(np.log(rough[far].std() + 1e-3)) if far.any() else -7.0,
        *bands,
    ]


def auc(positive: np.ndarray, negative: np.ndarray) -> float:
    """Return the area under the ROC curve of two sets of scores (Mann-Whitney)."""
    both = np.concatenate((positive, negative))
    _, place = np.unique(both, return_inverse=True)
    counts = np.bincount(place)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    total = ranks[: len(positive)].sum() - len(positive) * (len(positive) + 1) / 2
    return float(total / (len(positive) * len(negative)))


def fit(features: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weights of a ridge logistic regression, by Newton's method."""
    solution = np.zeros(features.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-np.clip(features @ solution, -30, 30)))
        curve = features.T @ (features * (weights * chance * (1 - chance))[:, None])
        slope = features.T @ (weights * (labels - chance)) - 1e-2 * solution
        solution = solution + np.linalg.solve(curve + 1e-2 * np.eye(len(solution)), slope)
    return solution


def probe(real: list[np.ndarray], made: list[np.ndarray]) -> tuple[float, np.ndarray]:
    """Return (AUC over the folds, weights over all) for statistics (crops, 15) a page."""
    pages = [(page, 1.0) for page in real] + [(page, 0.0) for page in made]
    fold = np.random.default_rng(0).permutation(len(pages)) % FOLDS
    every = np.concatenate([page for page, _ in pages])
    labels = np.concatenate([np.full(len(page), label) for page, label in pages])
    folds = np.concatenate(
        [np.full(len(page), at) for (page, _), at in zip(pages, fold, strict=True)]
    )
    values = (every - every.mean(0)) / (every.std(0) + 1e-9)
    values = np.hstack([values, np.ones((len(values), 1))])
    weights = np.where(labels == 1, 0.5 / labels.mean(), 0.5 / (1 - labels.mean()))
    scores = np.zeros(len(values))
    for at in range(FOLDS):
        held = folds == at
        scores[held] = values[held] @ fit(values[~held], labels[~held], weights[~held])
    return auc(scores[labels == 1], scores[labels == 0]), fit(values, labels, weights)[:-1]


def real_pages(folder: Path, split: str) -> list[np.ndarray]:
    """Return the grey pages of the sets under `folder`; `val` and `test` are its halves."""
    halves = json.loads((folder.parent / "splits.json").read_text())["ocr"]
    pages = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in (".png", ".jpg", ".jpeg", ".tif", ".tiff"):
            continue
        if split != "all" and path.stem not in halves[path.parent.name][split]:
            continue
        with Pillow.open(path) as picture:
            pages.append(np.asarray(picture.convert("L")))
    return pages


def made_pages(root: Path, recipe: str, count: int, seed: int, jobs: int) -> list[np.ndarray]:
    """Return grey dirty pages that the checkout at `root` makes by its recipe."""
    with tempfile.TemporaryDirectory() as folder:
        share = -(-count // jobs)
        runs = [
            subprocess.Popen(
                [sys.executable, "-c", MAKE, recipe, folder, str(seed), str(first), str(share)],
                cwd=root,
                env={**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"},
            )
            for first in range(0, count, share)
        ]
        if any(run.wait() for run in runs):
            raise SystemExit(f"{root}: its pages could not be made")
        return [np.load(path) for path in sorted(Path(folder).glob("*.npy"))]


def write_sheet(path: Path, kinds: list[list[np.ndarray]], count: int = 7) -> None:
    """Write crops side by side: a row of each kind, over and over, one crop of a page."""
    rng = np.random.default_rng(1)
    rows = []
    for _ in range(3):
        for crops in kinds:
            picked = rng.choice(len(crops), count, replace=False)
            row = np.hstack(
                [cv2.copyMakeBorder(crops[at], 2, 2, 2, 2, cv2.BORDER_CONSTANT) for at in picked]
            )
            rows.append(row)
        rows.append(np.full((8, rows[-1].shape[1]), 128, np.uint8))
    cv2.imwrite(str(path), np.vstack(rows), [cv2.IMWRITE_JPEG_QUALITY, 80])


def statistics_of(pages: list[np.ndarray]) -> list[np.ndarray]:
    """Return the statistics (crops, 15) of each page that has ink enough."""
    cut = (cut_crops(page, np.random.default_rng(number)) for number, page in enumerate(pages))
    return [np.array([statistics(crop) for crop in crops]) for crops in cut if crops]


def report(real: list[np.ndarray], made: dict[str, list[np.ndarray]], split: str) -> list[str]:
    """Return the lines of the table of one split of the real pages."""
    every = np.concatenate(real)
    lines = [f"## Against the real pages of split '{split}' ({len(every)} crops)", ""]
    lines += ["| pages | crops | AUC of the probe |", "|---|--:|--:|"]
    weights = {}
    for name, pages in made.items():
        area, weights[name] = probe(real, pages)
        lines.append(f"| {name} | {sum(map(len, pages))} | {area:.3f} |")
    lines += [
        "",
        "Each statistic: distance of the mean from the real one, in real deviations; ratio",
    ]
    lines += ["of the deviations; weight in the probe.", ""]
    lines += ["| statistic | " + " | ".join(made) + " |", "|---" * (len(made) + 1) + "|"]
    for at, name in enumerate(NAMES):
        cells = []
        for kind, pages in made.items():
            values = np.concatenate(pages)[:, at]
            spread = every[:, at].std() + 1e-9
            away = (values.mean() - every[:, at].mean()) / spread
            told = f"{away:+.2f}, x{values.std() / spread:.2f}, w {weights[kind][at]:+.1f}"
            cells.append(told)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return [*lines, ""]


Making = tuple[str, int, int, int]
"""Recipe, pages, seed and jobs of the pages made."""


def pages_of(root: Path, previous: str | None, making: Making) -> dict[str, list[np.ndarray]]:
    """Return the pages made now and, where a revision is named, those that it made."""
    pages = {"now": made_pages(root, *making)}
    if previous:
        with tempfile.TemporaryDirectory() as folder:
            tree = Path(folder) / "tree"
            add = ["git", "worktree", "add", "--detach", "-q", str(tree), previous]
            subprocess.run(add, cwd=root, check=True)
            try:
                pages["previous"] = made_pages(tree, *making)
            finally:
                remove = ["git", "worktree", "remove", "--force", str(tree)]
                subprocess.run(remove, cwd=root, check=True)
    return pages


def main() -> None:
    """Measure, and write the report and the pictures of synthetic crops."""
    parser = arguments(__doc__)
    parser.add_argument("real", type=Path, help="folder of sets of real pages")
    parser.add_argument("--split", nargs="+", default=["all"], choices=("all", "val", "test"))
    parser.add_argument("--recipe", default="pipelines/recipes/small.toml")
    parser.add_argument("--previous", help="git revision to compare with")
    parser.add_argument("--pages", type=int, default=150)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sheet", type=Path, help="picture of crops: real, now, previous")
    options = parser.parse_args()
    root = Path(__file__).resolve().parents[2]
    making = (options.recipe, options.pages, options.seed, options.jobs)
    pages = pages_of(root, options.previous, making)
    made = {name: statistics_of(some) for name, some in pages.items()}
    lines = [
        f"# Synthetic crops beside real ones ({measured()})\n",
        f"`python pipelines/bench/realism.py DATA/ocr --split {' '.join(options.split)} "
        f"--previous {options.previous} --pages {options.pages}`\n",
    ]
    for split in options.split:
        lines += report(statistics_of(real_pages(options.real, split)), made, split)
    tell(lines, options.out)
    if options.sheet:
        kinds = {"real": real_pages(options.real, options.split[0]), **pages}
        rng = np.random.default_rng(0)
        write_sheet(
            options.sheet,
            [[c[0] for page in some if (c := cut_crops(page, rng, 1))] for some in kinds.values()],
        )


if __name__ == "__main__":
    run(main)
