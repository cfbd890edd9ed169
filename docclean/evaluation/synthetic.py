"""A labelled folder out of nothing: pages set, dirtied and written with their true text."""

from pathlib import Path

from docclean.corruptions import CORRUPTIONS
from docclean.corruptions.chain import runs_here
from docclean.pairs.folder import write_pair, writing_pairs
from docclean.pairs.make import make_pair
from docclean.recipe import Corrupt, Recipe, Synth
from docclean.synth import TextSource

DPI_RANGE = (100, 300)
"""What offices scan at. Above it a long page is cut to fit the memory and loses its true text."""


def write_synthetic(out: Path, count: int, seed: int) -> Path:
    """Write `count` pages as `noisy/`, `clean/` and `truth/ID.gt.txt`; return the folder.

    Built-in words, the installed fonts, and the corruptions that run here: without torch and
    albumentations those that need them are never drawn, and the others are drawn as ever.

    Raises:
        OutputError: the folder cannot be written.
    """
    with writing_pairs(out):
        recipe, text = synthetic_recipe(), TextSource(())
        for index in range(count):
            pair = make_pair(seed, index, text, recipe)
            write_pair(out, f"{index:05}", pair.dirty, pair.clean, pair.text)
    return out


def synthetic_recipe() -> Recipe:
    """Return the default recipe with the corruptions that cannot run here switched off."""
    absent = {member.name: 0.0 for member in CORRUPTIONS if not runs_here(member)}
    return Recipe(synth=Synth(dpi_range=DPI_RANGE, locales=()), corrupt=Corrupt(members=absent))
