"""What a source of images promises, the one interface between the loop and the data."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from docclean.recipe import Recipe
from docclean.training.blocks import Blocks
from docclean.training.parallel import Team


class Source(ABC):
    """Images to learn from and others to be validated on, as a recipe's [data] says.

    Attributes:
        recipe: as it was given, with `steps` in place of `epochs`.
        images: how many there are to learn from; 0: they never end.
    """

    name: ClassVar[str]
    recipe: Recipe
    images: int = 0

    def __init__(self, recipe: Recipe) -> None:
        """Look at the data, before anything of the run is made.

        Raises:
            UsageError: the recipe contradicts itself, or the data is not where it says.
            UnreadableInputError: the data is damaged.
        """
        self.recipe = recipe

    @abstractmethod
    def learning(self, out: Path, team: Team) -> Blocks:
        """Return what this process of a team learns from; `out` is the run's folder."""

    @abstractmethod
    def validation(self, out: Path) -> Blocks:
        """Return what all are validated on: block 0 of it, the same at every call."""

    @property
    def classes(self) -> tuple[int, ...]:
        """Return the class of each validated image; empty where there are none."""
        return ()
