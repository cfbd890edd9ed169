"""albumentations' transforms: pixels only, or image and mask together (`DualTransform`)."""

import os
from collections.abc import Mapping
from copy import copy
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
from docclean.errors import UsageError
from docclean.page import Image

WHITE = 255


class AlbumentationsTool(Tool):
    """One of albumentations' transforms, made."""

    def dirty(self, image: Image, seed: int) -> NDArray[Any]:
        """Apply it to the page as to an image."""
        shown = in_channels(image, self.channels)
        if not _is_dual(self.transform):
            with unwarned():
                self.transform.set_random_seed(seed)
                return to_grey(np.asarray(self.transform(image=shown)["image"]))
        return to_grey(self._replayed("image", shown, image.shape[:2], seed))

    def clean(self, image: Image, seed: int) -> NDArray[Any]:
        """Apply it to the page as to a mask; what changes pixels only leaves that as it is."""
        if not _is_dual(self.transform):
            return image
        return to_grey(self._replayed("mask", np.array(image), image.shape[:2], seed))

    def points(self, points: Points, shape: tuple[int, int], seed: int) -> Points:
        """Apply it to the points as to keypoints."""
        if not _is_dual(self.transform) or not len(points):
            return points
        if isinstance(self.transform, _augmentations().geometric.distortion.BaseDistortion):
            # its own way with keypoints loses those that leave the page, and shuffles the rest
            return follow(points, shape, self._trace(shape, seed))
        keypoints = np.zeros((len(points), 5))  # x, y, z, angle, scale
        keypoints[:, :2], keypoints[:, 4] = points, 1
        moved = self._replayed("keypoints", keypoints, shape, seed)
        return np.asarray(moved[:, :2], np.float64)

    def _trace(self, shape: tuple[int, int], seed: int) -> Trace:
        """Return what moves any image (H, W) as a page of that shape is moved."""
        tracer = copy(self.transform)
        tracer.fill = 0
        with unwarned():
            tracer.set_random_seed(seed)
            tracer(image=np.full(shape, WHITE, np.uint8))
        return lambda image: np.asarray(tracer.apply(image, **tracer.params))

    def _replayed(
        self, target: str, values: Any, shape: tuple[int, ...], seed: int
    ) -> NDArray[Any]:
        """Apply to a target what is drawn for a blank page of that shape: alike for all."""
        blank = in_channels(np.full(shape, WHITE, np.uint8), self.channels)
        with unwarned():
            self.transform.set_random_seed(seed)
            self.transform(image=blank)
            told = self.transform.apply_with_params(self.transform.params, **{target: values})
        return np.asarray(told[target])


class Albumentations(Library):
    """albumentations; its transforms see uint8 pages."""

    name = "albumentations"
    chosen_here = frozenset({"p", "always_apply", "metadata_key", "mask_params", "read_fn"})

    @lru_cache(maxsize=1)  # noqa: B019  (there is one library)
    def transforms(self) -> Mapping[str, type]:
        """Return what derives from BasicTransform."""
        library, base = _library(), _library().BasicTransform
        offered = ((name, getattr(library, name)) for name in dir(library))
        return {
            name: kind
            for name, kind in offered
            if isinstance(kind, type) and issubclass(kind, base)
        }

    def why_not(self, kind: type) -> str:
        """Refuse what the others derive from, and what is made for volumes."""
        if issubclass(kind, _library().Transform3D):
            return "changes volumes, not pages"
        if issubclass(kind, _augmentations().crops.transforms.BaseCrop):
            return "cuts a page, whose size must stay"
        if kind.__module__.startswith("albumentations.core") and kind is not _library().NoOp:
            return "is what transforms derive from, not one of them"
        return ""

    def make(self, kind: type, arguments: Mapping[str, Any], channels: int) -> Tool:
        """Make it; beyond the page there is paper, and what it takes out leaves paper behind."""
        known = self.settable(kind)
        usual: dict[str, Any] = {}
        if {"interpolation", "mask_interpolation"} <= known.keys():
            own = known["interpolation"].default
            usual["mask_interpolation"] = arguments.get("interpolation", own)
            usual |= {"fill": WHITE} if "fill" in known else {}  # else black past the edge
        with unwarned():
            made = kind(**{**usual, **arguments, "p": 1.0})
        if hasattr(made, "fill_mask") and "fill_mask" not in arguments:
            made.fill_mask = WHITE  # of maskings, which take it from nobody
        if wanted := [name for name in made.targets_as_params if name != "image"]:
            raise UsageError(
                f"wants {' and '.join(wanted)} beside the page, which no recipe can give"
            )
        return AlbumentationsTool(made, channels)


def _is_dual(transform: Any) -> bool:
    return isinstance(transform, _library().DualTransform)


def _augmentations() -> Any:
    _library()
    import albumentations.augmentations

    return albumentations.augmentations


def _library() -> Any:
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # else it asks the network on import
    import albumentations

    return albumentations
