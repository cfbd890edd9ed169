"""How far a network's look is felt: what changes where tiles see less around them than it reaches.

    python pipelines/training/felt.py small scans/*.png

Each page is cleaned in small tiles with halos of several widths and compared with itself cleaned
whole. A width that changes nothing may be written into the model: `--write 128`.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx

from docclean.clean.network import OnnxRuntime, cleaned_by, load_runtime, model_file
from docclean.clean.type_size import (
    enlarge,
    pixels_seen_as_16,
    working_factor,
    x_height,
)
from docclean.documents import read_pages
from docclean.evaluation.environment import environment
from docclean.page import Image

WIDTHS = (32, 64, 96, 112, 128)
"""Pixels of the picture that the network sees."""
TILE = 1_500_000
"""Pixels of a tile: four or more a page."""
LEVELS = (2, 16)


def sized(runtime: OnnxRuntime, grey: Image) -> tuple[Image, int]:
    """Return a page as large as the cleaner would give it to the network, and its px for 16."""
    height = x_height(cleaned_by(runtime, grey, 10**9))
    factor = working_factor(height, grey.shape)
    return (enlarge(grey, factor), 16) if factor > 1 else (grey, pixels_seen_as_16(height))


def differences(runtime: OnnxRuntime, grey: Image, px: int) -> dict[int, list[float]]:
    """Return, by width, the largest difference from the whole page and shares beyond `LEVELS`."""
    runtime.felt = runtime.reach
    whole, found = cleaned_by(runtime, grey, 10**9, px).astype(int), {}
    for width in WIDTHS:
        runtime.felt = width
        apart = np.abs(whole - cleaned_by(runtime, grey, TILE, px))
        found[width] = [float(apart.max()), *(float(np.mean(apart > one)) for one in LEVELS)]
    return found


def main() -> None:
    """Compare, print, perhaps write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("pages", type=Path, nargs="*")
    parser.add_argument("--write", type=int, metavar="PX", help="note the width in the model")
    args = parser.parse_args()
    path = model_file(args.model)
    if args.pages:
        runtime, every = load_runtime(args.model, threads=1), []
        for page in args.pages:
            grey, px = sized(runtime, next(iter(read_pages(page))).grey())
            every.append(differences(runtime, grey, px))
        print(f"{environment().sentence()} Model {args.model}, {len(every)} pages.\n")
        print(
            "| halo, px seen | largest difference | pixels > 2 levels | > 16 |\n|--:|--:|--:|--:|"
        )
        for width in WIDTHS:
            rows = np.array([one[width] for one in every])
            most, shares = rows[:, 0].max(), rows[:, 1:].mean(0)
            print(f"| {width} | {most:.0f} | {shares[0]:.1e} | {shares[1]:.1e} |")
    if args.write:
        model = onnx.load(path)
        facts = {one.key: one.value for one in model.metadata_props} | {"felt": str(args.write)}
        onnx.helper.set_model_props(model, facts)
        onnx.save(model, path)


if __name__ == "__main__":
    main()
