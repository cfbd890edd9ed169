"""Pages that are typeset and dirtied on the way; they never end."""

from pathlib import Path

from docclean.errors import UsageError
from docclean.models import ARCHITECTURES
from docclean.recipe import Recipe
from docclean.training.blocks import Blocks
from docclean.training.parallel import Team
from docclean.training.patches import BLOCK, PatchBlocks, SheetBlocks, cached_pages, steps_a_block
from docclean.training.sources.base import Source

VALIDATION_BLOCKS = 1
"""Blocks of a fixed seed: 192 patches of pages the training never sees."""


class Pages(Source):
    """Patches of synthetic pages, as [synth], [corrupt] and [mix] say."""

    name = "pages"

    def __init__(self, recipe: Recipe) -> None:
        """Refuse sizes that do not go together."""
        super().__init__(recipe)
        train, scale = recipe.train, recipe.model.scale
        stride = ARCHITECTURES[recipe.model.name].build(recipe.model).stride
        wrong = {
            f"[train] patch must be a multiple of {stride}": train.patch % stride,
            "[train] patch must not be larger than sheet": scale == 1 and train.patch > train.sheet,
            f"[train] sheet must be at least {scale} x patch and a multiple of {scale}": (
                scale * train.patch > train.sheet or train.sheet % scale
            ),
            f"[train] batch must be at most {BLOCK} x patches_per_sheet": (
                train.batch > BLOCK * train.patches_per_sheet
            ),
            f"[train] pool must be a multiple of {BLOCK}": train.pool % BLOCK,
            "[train] pool takes no [model] scale": train.pool and scale > 1,
            "[train] epochs are of pictures; pages never end: give steps": train.epochs,
            "[synth] pages must be at least 2: one is held out": recipe.synth.pages < 2,
        }
        for message, so in wrong.items():
            if so:
                raise UsageError(message)

    def learning(self, out: Path, team: Team) -> Blocks:
        """Return patches of all pages but those held out; each process makes its own."""
        recipe, pages = self.recipe, self._pages(out)
        blocks = -(-recipe.train.steps // steps_a_block(recipe.train))
        seed = recipe.train.seed + 1_000_000 * team.rank
        if recipe.train.pool:
            held = recipe.train.pool // BLOCK
            return SheetBlocks(recipe, pages[_held_out(pages) :], seed, blocks + held, rising=True)
        on_device = team.device.type != "cpu"
        return PatchBlocks(recipe, pages[_held_out(pages) :], seed, blocks, on_device, rising=True)

    def validation(self, out: Path) -> Blocks:
        """Return patches of the pages that are held out."""
        pages, seed = self._pages(out), self.recipe.train.seed + 10_000
        return PatchBlocks(self.recipe, pages[: _held_out(pages)], seed, VALIDATION_BLOCKS)

    def _pages(self, out: Path) -> list[Path]:
        return cached_pages(self.recipe, out, max(2, self.recipe.train.workers))


def _held_out(pages: list[Path]) -> int:
    return max(1, len(pages) // 20)
