"""Lets whole batches of patches suffer, on the CPU or on a device, in physical order."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

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
    severe = np.asarray(severities, float)
    one_look = np.zeros(len(dirty), int)
    return _suffered(dirty, clean, severe, one_look, rng, [corrupt], stages, dpi)[:2]


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

    dpi = facts[:, 2] if facts.shape[1] > 2 else DPI
    corrupts = [look.corrupt for look in recipe.looks()]
    looks = facts[:, 1].astype(int)
    after, twins, hit = _suffered(dirty, clean, facts[:, 0], looks, rng, corrupts, stages, dpi)
    assert twins is not None
    index = torch.from_numpy(np.flatnonzero(hit)).to(dirty.device)
    index = index[~are_legible(after[index], twins[index])]
    after[index], twins[index] = dirty[index], clean[index]
    return after, twins


def _suffered(
    dirty: "Tensor",
    clean: "Tensor | None",
    severe: NDArray[np.floating],
    looks: NDArray[np.integer],
    rng: np.random.Generator,
    corrupts: Sequence[Corrupt],
    stages: Sequence[str],
    dpi: float | NDArray[np.floating],
) -> tuple["Tensor", "Tensor | None", NDArray[np.bool_]]:
    """Run each form once, whatever the looks of the patches it hits; tell which were hit."""
    import torch

    dirty = dirty.clone()
    clean = None if clean is None else clean.clone()
    dots = np.broadcast_to(np.asarray(dpi, float), severe.shape)
    touched = np.zeros(len(dirty), bool)
    for form in forms(stages):
        member = form.member
        hit = rng.random(len(dirty)) < np.array([chance(member, one) for one in corrupts])[looks]
        if not member.both_sides:
            hit &= severe >= 0
        chosen = np.flatnonzero(hit)
        if not len(chosen):
            continue
        touched |= hit
        ranges = _ranges(form, [one.ranges.get(member.name, {}) for one in corrupts], looks[chosen])
        params = form.sample_batch(rng, np.maximum(severe[chosen], 0), ranges, dots[chosen])
        index = torch.from_numpy(chosen).to(dirty.device, non_blocking=True)
        if clean is not None and form.changes_clean():
            clean[index] = form.apply_clean(clean[index], params)
        dirty[index] = form.apply(dirty[index], params)
    return dirty, clean, touched


def _ranges(
    form: BatchForm,
    by_look: Sequence[Mapping[str, tuple[float, float]]],
    looks: NDArray[np.integer],
) -> dict[str, Any]:
    """Return both ends of each parameter that a look moves: numbers, or arrays (N,) of several."""
    own = form.member.ranges
    moved = {}
    for name in sorted({name for ranges in by_look for name in ranges}):
        kept = (own[name].low, own[name].high) if name in own else (0.0, 0.0)
        ends = np.array([ranges.get(name, kept) for ranges in by_look])
        moved[name] = ends[0] if len(ends) == 1 else ends[looks].T
    return moved
