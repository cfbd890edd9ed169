"""Train the reader of lines that the cleaning network is measured by while it learns.

    python pipelines/training/recogniser.py -o runs/recogniser --minutes 12

Lines are cut from pages that the recipe sets and dirties, in its Latin languages; they are made
once and kept beside the checkpoint. Told is the character error rate of greedy readings on lines
of other pages, clean and dirty. A recipe names the checkpoint as `recogniser` in its [train].
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import torch

from docclean.errors import DoccleanError
from docclean.recipe import Recipe
from docclean.training.recogniser.lineset import Wanted, cached_lines, in_latin
from docclean.training.recogniser.network import load_recogniser
from docclean.training.recogniser.run import evaluate, samples, train_recogniser

DPI = (110, 200)
"""Pages are set no finer: the recogniser sees lines of 32 px only."""
WANTED = Wanted(margin=4)
"""All lines, with next to no context: the recogniser needs none."""


def train_and_tell(options: argparse.Namespace) -> None:
    """Make the lines, train, and print the error rates."""
    recipe = Recipe.load(options.recipe)
    if options.text_folder:
        recipe = replace(recipe, synth=replace(recipe.synth, text_folder=str(options.text_folder)))
    recipe = in_latin(recipe, DPI)
    options.out.mkdir(parents=True, exist_ok=True)
    train, held_out = (
        samples(cached_lines(recipe, options.out, pages, seed, WANTED, options.jobs))
        for pages, seed in ((options.pages, options.seed), (options.held_out, options.seed + 1))
    )
    sys.stderr.write(f"{len(train)} lines to learn from, {len(held_out)} held out\n")
    path = train_recogniser(
        options.out,
        train,
        held_out,
        options.steps,
        options.minutes,
        options.seed,
        options.resume,
    )
    recogniser = load_recogniser(path)
    sys.stdout.write(f"{path}\n| held-out lines | CER |\n|---|--:|\n")
    for side in ("clean", "dirty"):
        told = evaluate(recogniser, held_out, side == "dirty")
        sys.stdout.write(f"| {side} ({len(held_out)}) | {100 * told.cer:.2f} % |\n")


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--recipe", type=Path, default=Path("pipelines/recipes/small.toml"))
    parser.add_argument("--text-folder", type=Path, help="a folder of .txt files to set as well")
    parser.add_argument("--pages", type=int, default=300, help="pages to learn from")
    parser.add_argument("--held-out", type=int, default=20, help="pages to measure on")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--minutes", type=float, help="end earlier, by the clock")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="processes that make pages")
    parser.add_argument("--threads", type=int, default=1, help="of the training")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    try:
        train_and_tell(options)
    except DoccleanError as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
