"""Which corruptions a measure suffers from: short fine-tunings, each without one group of them.

    python pipelines/bench/ablation.py CHECKPOINT DATA/dirty-documents -o runs/ablation

Every variant starts from the same weights, sees the same pages and draws with the same seeds; only
the members of its group (or the one member named) are never drawn. Told is the error on the pairs
of a folder (`noisy/`, `clean/`): its RMSE, and the share of it on ink and on paper.
"""

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from common import described, run

from docclean.clean.cleaner import Cleaner
from docclean.corruptions import CORRUPTIONS
from docclean.documents import read_pages
from docclean.recipe import Recipe
from docclean.training.export import export_checkpoint
from docclean.training.loop import train

GROUPS = {
    "nothing": (),
    "hard edges": ("threshold", "local_threshold", "fax", "dither", "photocopy"),
    "geometry": ("skew", "warp", "perspective", "feed_stretch"),
    "weak ink": (
        *("typestrike", "ribbon", "letterpress", "dot_matrix", "broken_strokes", "dropped_ink"),
        *("uneven_ink", "faint_ink", "carbon_copy", "thermal_fade"),
    ),
    "spread ink": ("ink_weight", "filled_eyes", "ink_bleed", "wet_smudge", "ink_smear"),
    "blur": ("blur", "defocus", "motion_blur", "low_resolution", "halo"),
    "noise": (
        *("sensor_noise", "correlated_noise", "gaussian_noise", "speckle", "salt_and_pepper"),
        *("jpeg", "chroma_jpeg"),
    ),
    "pens and stamps": (
        *("underline", "strike_through", "scribble", "highlighter", "handwriting", "signature"),
        *("stamp", "ruled_lines", "overstrike", "watermark", "patterned_stock"),
    ),
}


def without(recipe: Recipe, members: tuple[str, ...]) -> Recipe:
    """Return the recipe with members that are never drawn, in every look."""
    for name in members:
        CORRUPTIONS[name]  # a misspelt one is told
    looks = tuple(
        replace(
            look,
            corrupt=replace(
                look.corrupt, members={**look.corrupt.members, **dict.fromkeys(members, 0.0)}
            ),
        )
        for look in recipe.mix
    )
    return replace(recipe, mix=looks)


def errors(cleaner: Cleaner, folder: Path) -> tuple[float, float, float]:
    """Return RMSE, and the mean squared error on ink and on paper (x 10,000, of all pixels)."""
    rows = []
    for path in sorted((folder / "noisy").iterdir()):
        twin = next((folder / "clean").glob(f"{path.stem}.*"))
        dirty, clean = (next(read_pages(each)) for each in (path, twin))
        true = clean.grey().astype(float) / 255
        wrong = np.square(cleaner(dirty).grey().astype(float) / 255 - true)
        ink = cv2.dilate((true < 0.63).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        rows.append((wrong.mean(), (wrong * ink).mean(), (wrong * ~ink).mean()))
    every, ink_part, paper = np.mean(rows, 0)
    return float(every**0.5), float(ink_part * 1e4), float(paper * 1e4)


def main() -> None:
    """Fine-tune the variants and print their lines."""
    parser = described(__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--recipe", type=Path, default=Path("pipelines/recipes/small.toml"))
    parser.add_argument("--steps", type=int, default=250)
    parser.add_argument("--groups", nargs="+", default=list(GROUPS))
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args()
    settings = {"steps": options.steps, "warmup": 20, "learning_rate": 4e-4, "ema": 0.98}
    settings |= {"validate_every": options.steps, "patches_per_sheet": 12}
    recipe = Recipe.load(options.recipe, **{f"train__{key}": settings[key] for key in settings})
    for name in options.groups:
        run = options.out / name.replace(" ", "-")
        members = GROUPS.get(name, (name,))
        made = train(without(recipe, members), run, start_from=options.checkpoint)
        model = run / "exported.onnx"
        export_checkpoint(made, model)
        rmse, ink, paper = errors(Cleaner.load(model, gate=False), options.pairs)
        sys.stdout.write(f"| without {name} | {rmse:.4f} | {ink:.2f} | {paper:.2f} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    run(main)
