"""What is asked of a library, and of one of its transforms made with its arguments."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar
from warnings import catch_warnings, simplefilter

import cv2
import numpy as np
from numpy.typing import NDArray

from docclean.page import Image

Points = NDArray[np.float64]
"""x, y of points, (N, 2), in px; the middle of the first pixel lies at 0, 0."""


class Tool(ABC):
    """A transform made with its arguments, always applied; all that it draws follows a seed.

    The clean twin goes through it as the library's mask of the page does: what the library does to
    the truth of a page, it does to ours.
    """

    def __init__(self, transform: Any, channels: int) -> None:
        """Keep the library's own object, and how many equal channels a grey page is shown as."""
        self.transform, self.channels = transform, channels

    @abstractmethod
    def dirty(self, image: Image, seed: int) -> NDArray[Any]:
        """Return what it makes of a page, uint8 (H, W) where it can be used at all."""

    @abstractmethod
    def clean(self, image: Image, seed: int) -> NDArray[Any]:
        """Return what it makes of the clean twin, with the same draw."""

    @abstractmethod
    def points(self, points: Points, shape: tuple[int, int], seed: int) -> Points:
        """Return where points of a page (H, W) come to lie, with the same draw."""


class Library(ABC):
    """A library whose transforms a recipe may name."""

    name: ClassVar[str]
    chosen_here: ClassVar[frozenset[str]]
    """Arguments that no recipe sets, for a chain decides them: how often, for which of a batch."""

    @abstractmethod
    def transforms(self) -> Mapping[str, type]:
        """Return all that the library offers by name, what cannot be used among it.

        Raises:
            ModuleNotFoundError: it is not installed.
        """

    @abstractmethod
    def why_not(self, kind: type) -> str:
        """Return why its class alone says that a transform cannot be used, or an empty string."""

    @abstractmethod
    def make(self, kind: type, arguments: Mapping[str, Any], channels: int) -> Tool:
        """Make a transform; whatever the library raises at its arguments comes through."""

    def settable(self, kind: type) -> dict[str, inspect.Parameter]:
        """Return the arguments of a transform that a recipe can set."""
        given = inspect.signature(kind.__init__).parameters  # type: ignore[misc]
        named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        return {
            name: one
            for name, one in given.items()
            if one.kind in named and name not in self.chosen_here and name != "self"
        }


def in_channels(image: Image, channels: int) -> Image:
    """Return a writable copy of a grey page (H, W), or the page as (H, W, 3) equal channels."""
    return np.stack([image] * channels, 2) if channels > 1 else np.array(image)


def to_grey(values: NDArray[Any]) -> NDArray[Any]:
    """Return (H, W) of an image of one channel or, by luma, of three."""
    if values.ndim == 3 and values.shape[2] == 1:
        return values[:, :, 0]
    if values.ndim == 3 and values.shape[2] == 3 and values.dtype == np.uint8:
        return np.asarray(cv2.cvtColor(values, cv2.COLOR_RGB2GRAY))
    return values


@contextmanager
def unwarned() -> Iterator[None]:
    """Keep what a library warns of from the user, who can do nothing about it."""
    with catch_warnings():
        simplefilter("ignore")
        yield
