"""Draws what one sheet suffers and lets it suffer, in physical order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from docclean.corruptions import CORRUPTIONS
from docclean.corruptions.base import Corruption, PageCorruption, Params
from docclean.corruptions.batch import BatchCorruption
from docclean.errors import UsageError
from docclean.page import Image
from docclean.recipe import Corrupt
from docclean.registry import nearest

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Chain:
    """The drawn corruptions of one sheet with their parameters, first to last."""

    steps: Sequence[tuple[Corruption, Params]]
    severity: float

    def names(self) -> list[str]:
        """Return the members' names, first to last."""
        return [member.name for member, _ in self.steps]


def draw_chain(
    rng: np.random.Generator, corrupt: Corrupt, stages: tuple[str, ...] = ("page", "batch")
) -> Chain:
    """Draw a chain; a share of `corrupt.clean_share` keeps only what belongs to the print.

    Raises:
        UsageError: the recipe names a corruption that does not exist.
    """
    for name in corrupt.members:
        if name not in CORRUPTIONS.names():
            raise UsageError(
                f"[corrupt.members] has no '{name}'{nearest(name, CORRUPTIONS.names())}"
            )
    clean = rng.random() < corrupt.clean_share
    severity = float(rng.random() ** corrupt.severity_power)
    steps: list[tuple[Corruption, Params]] = []
    for member in CORRUPTIONS:
        chance = corrupt.members.get(member.name, member.probability)
        drawn = rng.random() < chance
        seeded = np.random.default_rng(
            rng.integers(2**63)
        )  # so that a member's own draws move no other's
        if drawn and member.stage in stages and (member.both_sides or not clean):
            steps.append((member, member.sample(seeded, severity)))
    return Chain(tuple(steps), severity)


def apply_chain(image: Image, chain: Chain) -> tuple[Image, Image]:
    """Return (dirty, clean), both uint8 (H, W); the input itself is not changed."""
    dirty, clean = image, image
    for member, params in chain.steps:
        dirty = apply_to_page(dirty, member, params)
        if member.both_sides:
            clean = apply_to_page(clean, member, params)
    return dirty, clean


def apply_to_page(image: Image, member: Corruption, params: Params) -> Image:
    """Run a member of either stage on one grey page; a batch member sees a batch of one."""
    if isinstance(member, PageCorruption):
        return member.apply(image, params)
    import torch

    assert isinstance(member, BatchCorruption)
    patch = torch.tensor(image).float()[None, None] / 255  # a copy: decoded pages are read-only
    values = member.apply(patch, params)[0, 0]
    return np.asarray((values * 255 + 0.5).to(torch.uint8).numpy())


def corrupt_batch(patches: "Tensor", rng: np.random.Generator, corrupt: Corrupt) -> "Tensor":
    """Run the batch stage on the device: each member on a drawn subset of the patches.

    Args:
        patches: float (N, 1, H, W), 0..1, on any device.
        rng: draws the members, the subsets and the parameters.
        corrupt: probabilities; those of the page stage are not used.
    """
    import torch

    patches = patches.clone()
    for member in CORRUPTIONS:
        if not isinstance(member, BatchCorruption):
            continue
        chance = corrupt.members.get(member.name, member.probability)
        chosen = np.flatnonzero(rng.random(len(patches)) < chance * (1 - corrupt.clean_share))
        severity = float(rng.random() ** corrupt.severity_power)
        params = member.sample(rng, severity)
        if len(chosen):
            index = torch.from_numpy(chosen).to(patches.device)
            patches[index] = member.apply(patches[index], params)
    return patches
