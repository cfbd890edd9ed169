"""What should reach the output? The same network trained with four answers, at equal cost.

    python pipelines/bench/outputs.py plain -o runs/plain --steps 1500 # or residual...
    docclean evaluate DATA --split val --settings pipelines/bench/benchmark.toml
        --contenders grey,ungated
        --model runs/plain/plain.onnx --model runs/affine/affine.onnx ...

Every answer starts from nothing, with the same seed, pages and losses, and the head's four channels
of full resolution mean something else: the page (plain), what is added to the page (residual), how
much of the page's ink stays (mask), or what is added to the logit of the page between its paper and
its ink (affine: the shipped one, which also stretches and shifts it).
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch.nn.functional as F
from common import described, run
from torch import Tensor

from docclean.models import Architecture
from docclean.models.dae import LEAST, LocalAffineAutoencoder
from docclean.recipe import Recipe
from docclean.training.export import export_checkpoint
from docclean.training.loop import train

PAPER = 3.0
"""Logit of the page before any training, where no page reaches the output: 0.95."""


def plain(page: Tensor, head: Tensor) -> Tensor:
    """Return logits (N, 4, h, w): the network paints the page."""
    return head + PAPER


def residual(page: Tensor, head: Tensor) -> Tensor:
    """Return logits of the page plus what the network adds to its greys."""
    return (page + head).clamp(LEAST, 1 - LEAST).logit()


def mask(page: Tensor, head: Tensor) -> Tensor:
    """Return logits of the page with a share of its ink."""
    return (1 - (head + PAPER).sigmoid() * (1 - page)).clamp(LEAST, 1 - LEAST).logit()


OUTPUTS: dict[str, Callable[[Tensor, Tensor], Tensor] | None] = {
    "affine": None,
    "plain": plain,
    "residual": residual,
    "mask": mask,
}


def give_out(output: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Make every `dae` of this process give out something else."""

    def logits(network: LocalAffineAutoencoder, image: Tensor) -> Tensor:
        quarters = F.pixel_unshuffle(image, 2)
        return F.pixel_shuffle(output(quarters, network._parts(quarters)[1]), 2)

    def forward(network: LocalAffineAutoencoder, image: Tensor) -> Tensor:
        return logits(network, image).sigmoid()

    for method in (logits, forward, Architecture.on_bytes):
        setattr(LocalAffineAutoencoder, method.__name__, method)


def main() -> None:
    """Train one answer and export it."""
    parser = described(__doc__)
    parser.add_argument("output", choices=list(OUTPUTS))
    parser.add_argument("--recipe", type=Path, default=Path("pipelines/recipes/small.toml"))
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args()
    output = OUTPUTS[options.output]
    if output is not None:
        give_out(output)
    recipe = Recipe.load(options.recipe)
    learn = replace(recipe.train, steps=options.steps, recogniser="", learning_rate=2e-3)
    checkpoint = train(replace(recipe, train=learn), options.out)
    export_checkpoint(checkpoint, options.out / f"{options.output}.onnx")


if __name__ == "__main__":
    run(main)
