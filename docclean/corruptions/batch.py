"""Corruptions of whole batches of patches through kornia and torch, on any device torch has."""

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from docclean.corruptions.base import DPI, Corruption, Params
from docclean.page import Image

if TYPE_CHECKING:
    from torch import Tensor


class BatchCorruption(Corruption):
    """A corruption of float patches (N, 1, H, W), 0..1, on the device they lie on.

    One set of parameters serves the whole batch; which patches of a batch it touches is the
    caller's choice. Noise is seeded apart from torch's global state. Everything from the lens to
    the file is one of these, so that on a device the physical order holds to the end.
    """

    stage = "batch"

    def apply(self, image: "Tensor", params: Params) -> "Tensor":
        """Return the corrupted batch, clamped to 0..1, same shape, dtype and device."""
        import torch

        devices = [image.device] if image.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices), torch.no_grad():
            torch.manual_seed(params.get("seed", 0))
            corrupted: Tensor = self.run(image, params).clamp(0, 1)
            return corrupted

    @abstractmethod
    def run(self, image: "Tensor", params: Params) -> Any:
        """Corrupt the batch, with torch's generators already seeded; range is clamped after."""

    def on_page(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Run it on one grey page as a batch of one; a member may have a faster way on the CPU."""
        import torch

        batch = torch.tensor(image).float()[None, None] / 255  # a copy: pages may be read-only
        values = self.apply(batch, params)[0, 0]
        return np.asarray((values * 255 + 0.5).to(torch.uint8).numpy())
