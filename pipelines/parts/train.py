"""Train the network that maps a page: draw scenes, learn from them, export.

    python pipelines/parts/train.py --scenes scenes/ -o runs/regions --parts 100 --steps 18000
    python pipelines/parts/train.py --scenes scenes/ -o runs/regions --export

Every twentieth part of the scenes is held out: told is the IoU of each kind on it, each cell called
after one kind, and the share of quarter turns told right.
"""

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import cv2
import torch

from docclean.regions.reader import WEIGHTS
from docclean.training.regions.export import export
from docclean.training.regions.network import MapNet
from docclean.training.regions.run import CHECKPOINT, Schedule, judge, train
from docclean.training.regions.store import make_part, read_parts

HELD_OUT = 20
"""One part of so many is held out."""


def learn(options: argparse.Namespace) -> None:
    """Draw what is missing, train, tell."""
    parts = range(options.parts)
    options.out.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(options.jobs) as pool:
        list(pool.map(partial(make_part, options.scenes, options.seed), parts))
    cv2.setNumThreads(1)
    held = [part for part in parts if part % HELD_OUT == HELD_OUT - 1]
    kept = read_parts(options.scenes, [part for part in parts if part not in held])
    held_out = read_parts(options.scenes, held) or kept[-20:]
    sys.stderr.write(f"{len(kept)} scenes to learn from, {len(held_out)} held out\n")
    schedule = Schedule(options.steps, options.learning_rate, options.minutes)
    path = train(kept, held_out, options.out, schedule, options.seed, options.start)
    net = MapNet()
    net.load_state_dict(torch.load(path, weights_only=True)["ema"])
    sys.stdout.write(json.dumps(judge(net, held_out), indent=1) + "\n")


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scenes", type=Path, required=True, help="a folder that keeps scenes")
    parser.add_argument("-o", "--out", type=Path, required=True, help="a folder for the run")
    parser.add_argument("--parts", type=int, default=100, help="of fifty scenes")
    parser.add_argument("--steps", type=int, default=18_000)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--minutes", type=float, default=1e9, help="then stop, to go on later")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--jobs", type=int, default=2, help="processes that draw")
    parser.add_argument("--start", type=Path, help="weights to begin from, .safetensors")
    parser.add_argument("--export", action="store_true", help="write the package's weights")
    options = parser.parse_args()
    if options.export:
        export(options.out / CHECKPOINT, WEIGHTS)
    else:
        learn(options)


if __name__ == "__main__":
    main()
