"""Shared by the tests beside: what they are made of."""

import json
from pathlib import Path

import torch

from docclean.models.checkpoint import load_tensors
from docclean.recipe import Recipe
from docclean.training import journal

STEPS = 12
RECIPE = Recipe.load(
    synth__pages=4,
    synth__dpi_range=(72, 80),
    synth__locales=("en_US",),
    model__widths=(4, 8, 8, 8),
    train__patch=64,
    train__sheet=128,
    train__batch=4,
    train__patches_per_sheet=4,
    train__steps=STEPS,
    train__warmup=3,
    train__validate_every=6,
    train__workers=0,
    train__cer_pages=0,
)


def history(checkpoint: Path) -> list[dict[str, float]]:
    lines = (checkpoint.parent / journal.HISTORY).read_text().splitlines()
    return [json.loads(line) for line in lines]


def assert_equal_weights(one: Path, two: Path) -> None:
    mine, theirs = load_tensors(one)[0], load_tensors(two)[0]
    assert mine.keys() == theirs.keys()
    for name in mine:
        torch.testing.assert_close(mine[name], theirs[name], rtol=1e-4, atol=1e-5, msg=name)
