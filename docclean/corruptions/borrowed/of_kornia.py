"""kornia's augmentations: of intensity, geometric with a matrix, geometric without one."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from docclean.corruptions.borrowed.followed import Trace, follow
from docclean.corruptions.borrowed.library import (
    Library,
    Points,
    Tool,
    in_channels,
    to_grey,
    unwarned,
)
from docclean.page import Image

CONTAINERS = ("Sequential", "Dispather")
"""How the names of what holds other augmentations end; kornia spells it so."""


class KorniaTool(Tool):
    """One of kornia's augmentations, made.

    Where it moves ink it is shown the ink, not the page: black beyond the edge is then white paper.
    """

    def dirty(self, image: Image, seed: int) -> NDArray[Any]:
        """Apply it to the page as a batch of one."""
        if not self._of_intensity:
            return self._moved(image, seed)
        with _seeded(seed):
            return _to_image(self.transform(_to_batch(image, self.channels)))

    def clean(self, image: Image, seed: int) -> NDArray[Any]:
        """Apply it to the ink as to a mask; what erases the page erases that too."""
        if not self._of_intensity:
            return self._moved(image, seed)
        with _seeded(seed):
            ink = 1 - _to_batch(image, self.channels)
            params = self.transform.forward_parameters(ink.shape)
            return _to_image(1 - self.transform.transform_masks(ink, params, self.transform.flags))

    def points(self, points: Points, shape: tuple[int, int], seed: int) -> Points:
        """Move them by kornia's matrix or, where it has none, to where their pixels went."""
        if self._of_intensity or not len(points):
            return points
        import torch

        if not isinstance(self.transform, _augmentation().RigidAffineAugmentationBase2D):
            return follow(points, shape, self._trace(shape, seed))
        with _seeded(seed):
            blank = torch.zeros((1, self.channels, *shape))
            params = self.transform.forward_parameters(blank.shape)
            self.transform(blank, params=params)
            matrix = np.asarray(self.transform.transform_matrix[0], np.float64)
        flat = np.column_stack((points, np.ones(len(points)))) @ matrix.T
        return np.asarray(flat[:, :2] / flat[:, 2:])

    @property
    def _of_intensity(self) -> bool:
        return isinstance(self.transform, _augmentation().IntensityAugmentationBase2D)

    def _moved(self, image: Image, seed: int) -> NDArray[Any]:
        with _seeded(seed):
            ink = 1 - _to_batch(image, self.channels)
            return _to_image(1 - self.transform(ink))

    def _trace(self, shape: tuple[int, int], seed: int) -> Trace:
        """Return what moves any image (H, W) as a page of that shape is moved."""
        import torch

        def trace(image: NDArray[np.float32]) -> NDArray[Any]:
            batch = torch.from_numpy(image).expand(1, self.channels, *shape)
            with _seeded(seed):
                return np.asarray(self.transform(batch)[0, 0])

        return trace


class Kornia(Library):
    """kornia; its augmentations see float batches."""

    name = "kornia"
    chosen_here = frozenset({"p", "p_batch", "same_on_batch", "keepdim", "data_keys"})

    @lru_cache(maxsize=1)  # noqa: B019  (there is one library)
    def transforms(self) -> Mapping[str, type]:
        """Return the modules of kornia.augmentation."""
        import torch

        offered = ((name, getattr(_augmentation(), name)) for name in dir(_augmentation()))
        return {
            name: kind
            for name, kind in offered
            if isinstance(kind, type) and issubclass(kind, torch.nn.Module)
        }

    def why_not(self, kind: type) -> str:
        """Refuse what the others derive from, what holds them, mixes pages or is for volumes."""
        library = _augmentation()
        if issubclass(kind, library.AugmentationBase3D):
            return "changes volumes, not pages"
        if kind.__name__.endswith(CONTAINERS):
            return "holds other augmentations; name those one by one"
        if kind.__module__.endswith(".base"):
            return "is what augmentations derive from, not one of them"
        if issubclass(kind, library.MixAugmentationBaseV2):
            return "mixes the pieces of pages, whose text nobody could follow"
        return ""

    def make(self, kind: type, arguments: Mapping[str, Any], channels: int) -> Tool:
        """Make it, for every page of a batch."""
        import torch

        known = self.settable(kind)
        given = {
            name: torch.tensor(value) if known[name].annotation is torch.Tensor else value
            for name, value in arguments.items()
        }
        with unwarned():
            return KorniaTool(kind(**given, p=1.0).eval(), channels)


def _augmentation() -> Any:
    import kornia.augmentation

    return kornia.augmentation


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed torch for a while; its own state comes back after."""
    import torch

    with unwarned(), torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.default_generator.manual_seed(seed)  # torch's own would reseed every device
        yield


def _to_batch(image: Image, channels: int) -> Any:
    import torch

    shown = torch.from_numpy(in_channels(image, 1)).float()[None, None] / 255
    return shown.repeat(1, channels, 1, 1)


def _to_image(batch: Any) -> NDArray[Any]:
    """Return the first of a batch (1, C, H, W), 0..1, as uint8 (H, W)."""
    import torch

    values = (batch[0].clamp(0, 1) * 255 + 0.5).to(torch.uint8).permute(1, 2, 0)
    return to_grey(np.ascontiguousarray(values.numpy()))
