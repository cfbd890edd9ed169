"""Lets whole batches of patches suffer, on the CPU or on a device, in physical order."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from docclean.corruptions import CORRUPTIONS
from docclean.corruptions.base import DPI
from docclean.corruptions.batch import BatchCorruption, BatchForm
from docclean.corruptions.chain import chance, stage_of
from docclean.corruptions.device import DEVICE
from docclean.corruptions.device.legible import are_legible
from docclean.recipe import Corrupt, Recipe

if TYPE_CHECKING:
    from torch import Tensor

ON_DEVICE = ("page", "batch")
"""The stages a batch can go through; the sheet's own come before."""


def forms(stages: Sequence[str] = ON_DEVICE) -> list[BatchForm]:
    """Return what runs on batches, in physical order."""
    found: list[BatchForm] = []
    for member in CORRUPTIONS:
        if stage_of(member) not in stages:
            continue
        if isinstance(member, BatchCorruption):
            found.append(member)
        elif member.name in DEVICE:
            found.append(DEVICE[member.name])
    return found


def corrupt_batch(
    dirty: "Tensor",
    clean: "Tensor | None",
    severities: Sequence[float] | NDArray[np.floating],
    rng: np.random.Generator,
    corrupt: Corrupt,
    stages: Sequence[str] = ("batch",),
    dpi: float | NDArray[np.floating] = DPI,
) -> tuple["Tensor", "Tensor | None"]:
    """Run each form once, on the patches it hits, each patch with parameters of its own.

    Args:
        dirty: float (N, 1, H, W), 0..1, on any device.
        clean: their clean twins, which what belongs to the print changes too; None has none.
        severities: (N,), of the sheet each patch was cut from, 0..1; CLEAN patches suffer only
            what belongs to the print itself.
        rng: draws the hits and the parameters.
        corrupt: probabilities and ranges.
        stages: of the forms, of `ON_DEVICE`.
        dpi: dots per inch of all patches, or (N,) of each.

    Returns:
        dirty and clean, new tensors.
    """
    import torch

    dirty = dirty.clone()
    clean = None if clean is None else clean.clone()
    severe = np.asarray(severities, float)
    dots = np.broadcast_to(np.asarray(dpi, float), severe.shape)
    for form in forms(stages):
        member = form.member
        hit = rng.random(len(dirty)) < chance(member, corrupt)
        if not member.both_sides:
            hit &= severe >= 0
        chosen = np.flatnonzero(hit)
        if not len(chosen):
            continue
        level, ranges = np.maximum(severe[chosen], 0), corrupt.ranges.get(member.name)
        params = form.sample_batch(rng, level, ranges, dots[chosen])
        index = torch.from_numpy(chosen).to(dirty.device, non_blocking=True)
        dirty[index] = form.apply(dirty[index], params)
        if clean is not None:
            clean[index] = form.apply_clean(clean[index], params)
    return dirty, clean


def corrupt_looks(
    dirty: "Tensor",
    clean: "Tensor",
    facts: NDArray[np.float32],
    rng: np.random.Generator,
    recipe: Recipe,
    stages: Sequence[str] = ("batch",),
) -> tuple["Tensor", "Tensor"]:
    """Run the batch on patches of several looks, each by its own probabilities and ranges.

    A patch that nobody could read after it stays as it was before.

    Args:
        dirty: float (N, 1, H, W), 0..1, on any device.
        clean: their clean twins.
        facts: (N, 2 or 3): the severity of each patch's sheet, its look's place in the mix, and
            its dots per inch, `base.DPI` where it is not told.
        rng: draws the hits and the parameters.
        recipe: its looks.
        stages: of the forms, of `ON_DEVICE`.

    Returns:
        dirty and clean, new tensors.
    """
    import torch

    after, twins = dirty.clone(), clean.clone()
    dpi = facts[:, 2] if facts.shape[1] > 2 else np.full(len(facts), DPI)
    for place, look in enumerate(recipe.looks()):
        chosen = np.flatnonzero(facts[:, 1] == place)
        if not len(chosen):
            continue
        index = torch.from_numpy(chosen).to(dirty.device)
        severe, dots = facts[chosen, 0], dpi[chosen]
        before = dirty[index], clean[index]
        one, two = corrupt_batch(*before, severe, rng, look.corrupt, stages, dots)
        after[index], twins[index] = one, before[1] if two is None else two
    lost = ~are_legible(after, twins).view(-1, 1, 1, 1)
    return torch.where(lost, dirty, after), torch.where(lost, clean, twins)
