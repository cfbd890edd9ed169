"""What shapes of the network cost: multiply-adds, weights and milliseconds, before any is trained.

    python pipelines/training/shapes.py [--rounds 12] [-o FILE.md]

Each shape is exported with random weights and cleans one picture of a megapixel on one thread, turn
by turn; the fastest of all rounds counts, in processor time.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from docclean.clean.network import OnnxRuntime
from docclean.evaluation.environment import environment
from docclean.models import ARCHITECTURES
from docclean.models.checkpoint import parameter_count, save_tensors
from docclean.recipe import Model, Recipe
from docclean.training.export import export_checkpoint

SMALL = Model("dae", (16, 32, 48, 64), (0, 1, 1, 0, 0), 0)
COARSE = Model("coarse", (32, 48, 64), (0, 1, 1, 0, 0))
SHAPES = {
    "`small`": SMALL,
    "one convolution a level": replace(SMALL, depths=(0, 0, 0, 0, 0)),
    "channels 16, 24, 32, 48": replace(SMALL, widths=(16, 24, 32, 48)),
    "channels 8, 24, 48, 64": replace(SMALL, widths=(8, 24, 48, 64)),
    "`coarse`": COARSE,
    "`coarse`, one convolution a level": replace(COARSE, depths=(0, 0, 0, 0, 0)),
    "`coarse`, channels 24, 48, 64": replace(COARSE, widths=(24, 48, 64)),
    "`coarse`, channels 32, 32, 48": replace(COARSE, widths=(32, 32, 48)),
    "`coarse`, channels 48, 64, 96": replace(COARSE, widths=(48, 64, 96)),
}
SIDE = 1024


def exported(model: Model, folder: Path) -> tuple[OnnxRuntime, float, int]:
    """Return a shape's runtime on one thread, its multiply-adds a pixel, and its weights."""
    network = ARCHITECTURES[model.name].build(model).eval()
    header = {
        "recipe": replace(Recipe(), model=model).to_dict(),
        "stride": network.stride,
        "reach": network.reach,
        "step": 0,
    }
    tensors = {f"ema.{name}": value for name, value in network.state_dict().items()}
    save_tensors(folder / "net.safetensors", tensors, header)
    export_checkpoint(folder / "net.safetensors", folder / "out.onnx")
    runtime = OnnxRuntime(folder / "out.onnx", "cpu", threads=1)
    return runtime, network.macs_per_pixel(), parameter_count(network)


def measured(rounds: int) -> list[str]:
    """Return the table's lines."""
    tile = np.random.default_rng(0).integers(0, 256, (1, SIDE, SIDE), np.uint8)
    lines = ["| shape | kMAC/px | weights | ms/MP | of `small` |", "|---|--:|--:|--:|--:|"]
    with tempfile.TemporaryDirectory() as home:
        made = {}
        for number, (name, model) in enumerate(SHAPES.items()):
            folder = Path(home) / str(number)
            folder.mkdir()
            made[name] = exported(model, folder)
        least = dict.fromkeys(made, np.inf)
        for _ in range(rounds):
            for name, (runtime, *_) in made.items():
                began = time.process_time()
                runtime(tile)
                least[name] = min(least[name], time.process_time() - began)
    first = least[next(iter(least))]
    for name, (_, macs, weights) in made.items():
        milliseconds = 1e3 * least[name] / (SIDE**2 / 1e6)
        row = [name, f"{macs / 1e3:.2f}", f"{weights / 1e3:.0f} k", f"{milliseconds:.0f}"]
        lines.append(f"| {' | '.join(row)} | {least[name] / first:.2f} |")
    return lines


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("-o", "--out", type=Path)
    asked = parser.parse_args()
    text = "\n".join([environment().sentence(), "", *measured(asked.rounds)]) + "\n"
    if asked.out:
        asked.out.write_text(text, "utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
