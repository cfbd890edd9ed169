"""Corruptions of whole batches of patches through kornia and torch, on any device torch has."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from docclean.corruptions.base import DPI, Corruption, Params, Range
from docclean.corruptions.draws import Draws, Numbers
from docclean.page import Image

if TYPE_CHECKING:
    from torch import Tensor

AT_ONCE = 2**19
"""Pixels that run at once on the CPU: a few MB of floats."""


class BatchForm(ABC):
    """What a corruption does to float patches (N, 1, H, W), 0..1, on the device they lie on.

    Every patch has its own parameters: each is a tensor (N,), or (N, k) where a patch needs
    several. What a patch becomes depends on its own row alone, never on the others or on the
    device: random pixels come from the row's seed (`shared.tensors`).
    """

    side_by_side: ClassVar[bool] = False
    """`run` takes both sides as (N, 2, H, W) too: what moves ink looks both up at the same places,
    which costs half as much again as one side."""

    @property
    @abstractmethod
    def member(self) -> Corruption:
        """The corruption whose form this is: its name and its ranges."""

    @abstractmethod
    def draw(self, draw: Draws) -> Mapping[str, Numbers]:
        """Draw the parameters of all patches: numbers, codes, truths, in relative units or px."""

    @abstractmethod
    def run(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Corrupt the patches; values are clamped to 0..1 after."""

    def run_clean(self, images: "Tensor", params: Mapping[str, "Tensor"]) -> "Tensor":
        """Return the clean twins after it, as `Corruption.on_clean` does for pages."""
        return self.run(images, params) if self.member.both_sides else images

    def sample_batch(
        self,
        rng: np.random.Generator,
        severities: Sequence[float] | NDArray[np.floating[Any]],
        ranges: Mapping[str, tuple[float, float]] | None = None,
        dpi: float | Sequence[float] | NDArray[np.floating[Any]] = DPI,
    ) -> dict[str, "Tensor"]:
        """Draw parameters for N patches.

        Args:
            rng: source of randomness.
            severities: (N,), 0..1, of the sheet each patch was cut from.
            ranges: (low, high) by parameter, in place of the member's own.
            dpi: dots per inch of all patches, or (N,) of each.

        Raises:
            UsageError: the member has no such parameter; the nearest is named.
        """
        import torch

        drawn = self.draw(Draws(rng, severities, self.member.spans(ranges), dpi))
        kept = {name: np.asarray(values) for name, values in drawn.items()}
        return {
            name: torch.from_numpy(
                values.astype(np.float32) if values.dtype.kind == "f" else values
            )
            for name, values in kept.items()
        }

    def apply(self, images: "Tensor", params: Params) -> "Tensor":
        """Return the corrupted patches, clamped to 0..1, same shape, dtype and device.

        On the CPU they run by the handful, so that what lies between two steps stays in its cache.

        Args:
            images: (N, 1, H, W); they stay as they are.
            params: tensors and arrays hold a row for each patch; a number, or a list of numbers
                where a patch needs several, serves all.
        """
        return _clamped(self.run, images, params)

    def apply_clean(self, images: "Tensor", params: Params) -> "Tensor":
        """Return the clean twins after it, clamped to 0..1; most members leave them alone."""
        return _clamped(self.run_clean, images, params)

    def changes_clean(self) -> bool:
        """Tell whether the clean twins change too."""
        return self.member.both_sides or type(self).run_clean is not BatchForm.run_clean


class BatchCorruption(Corruption, BatchForm):
    """A corruption that has but this form: everything from the lens to the file.

    So the physical order holds to the end, on the CPU and on a device.
    """

    stage = "batch"

    @property
    def member(self) -> Corruption:
        """Itself."""
        return self

    def draw_one(
        self, rng: np.random.Generator, severity: float, spans: Mapping[str, Range]
    ) -> Params:
        """Draw for one patch: numbers, and lists where a patch needs several."""
        drawn = self.draw(Draws(rng, [severity], spans))
        return {name: np.asarray(values)[0].tolist() for name, values in drawn.items()}

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Run it on one grey page as a batch of one; a member may have a faster way on the CPU."""
        return self.on_device(image, params, "cpu")

    def on_device(self, image: Image, params: Params, device: str) -> Image:
        """Run it on one grey page as a batch of one, on a device of torch's: "cpu", "cuda"."""
        import torch

        batch = torch.tensor(image).to(device)  # a copy: pages may be read-only
        values = self.apply(batch.float()[None, None] / 255, params)[0, 0]
        return np.asarray((values * 255 + 0.5).to(torch.uint8).cpu().numpy())


def _clamped(
    run: "Callable[[Tensor, Mapping[str, Tensor]], Tensor]", images: "Tensor", params: Params
) -> "Tensor":
    """Run all patches at once, or on the CPU as many as `AT_ONCE` px."""
    import torch

    with torch.no_grad():
        rows = _rows(images, params)
        number = len(images)
        if images.device.type == "cpu":
            number = min(number, max(1, AT_ONCE // (images.shape[-2] * images.shape[-1])))
        after = torch.empty_like(images)
        for first in range(0, len(images), max(1, number)):
            here = slice(first, first + number)
            some = run(images[here], {name: values[here] for name, values in rows.items()})
            torch.clamp(some, 0, 1, out=after[here])
        return after


def _rows(images: "Tensor", params: Params) -> dict[str, "Tensor"]:
    """Return every parameter as a tensor with a row for each image, where the images lie."""
    import torch

    rows = {}
    for name, value in params.items():
        batched = isinstance(value, torch.Tensor | np.ndarray)
        tensor = torch.as_tensor(value) if batched else torch.tensor(value)[None]
        if tensor.is_floating_point():
            tensor = tensor.to(images.dtype)
        rows[name] = tensor.to(images.device, non_blocking=True).expand(
            len(images), *tensor.shape[1:]
        )
    return rows
