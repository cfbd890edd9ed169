"""Can a person still read it? `shared.legible` for a batch, on the device it lies on."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def are_legible(dirty: "Tensor", clean: "Tensor") -> "Tensor":
    """Tell of every patch what `shared.legible.is_legible` does, as bool (N,).

    Args:
        dirty: float (N, 1, H, W), 0..1.
        clean: their clean twins.
    """
    import torch

    from docclean.corruptions.shared.legible import is_legible

    pairs = zip(*((side[:, 0] * 255).byte().cpu().numpy() for side in (dirty, clean)), strict=True)
    return torch.tensor([is_legible(*pair) for pair in pairs], device=dirty.device)
