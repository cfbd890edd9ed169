"""Draws what one sheet suffers and lets it suffer, in physical order."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from docclean.corruptions import CORRUPTIONS
from docclean.corruptions.base import DPI, Corruption, Params
from docclean.corruptions.batch import BatchCorruption
from docclean.corruptions.borrowed import borrowed, is_borrowed
from docclean.corruptions.shared.legible import is_legible
from docclean.errors import UsageError
from docclean.page import Image
from docclean.recipe import Corrupt, Recipe
from docclean.registry import nearest

if TYPE_CHECKING:
    from torch import Tensor

log = logging.getLogger(__name__)

GROUPS = 4
"""Sets of parameters a batch member draws for one batch: patches of like severity share one."""
SOFTER = (1.0, 0.5, 0.25, 0.1)
"""Shares of the severity drawn until the page is legible."""
CLEAN = -1.0
"""The severity of a sheet that is left perfectly clean."""


@dataclass(frozen=True)
class Chain:
    """The drawn corruptions of one sheet with their parameters, first to last."""

    steps: Sequence[tuple[Corruption, Params]]
    severity: float
    """0..1, or CLEAN."""

    def names(self) -> list[str]:
        """Return the members' names, first to last."""
        return [member.name for member, _ in self.steps]


def check(corrupt: Corrupt, file: str = "") -> None:
    """Refuse names that no corruption has, and ranges a corruption cannot work with.

    A name such as "kornia:RandomPlasmaShadow" is looked up in the library, which is imported then.

    Args:
        corrupt: of a recipe or of a look.
        file: it was read from; begins the message.

    Raises:
        UsageError: a corruption or a parameter does not exist, or its numbers cannot work.
    """
    told = f"{file}: " if file else ""
    for table in ("members", "ranges"):
        for name in getattr(corrupt, table):
            if not is_borrowed(name) and name not in CORRUPTIONS.names():
                raise UsageError(
                    f"{told}[corrupt.{table}] has no '{name}'{nearest(name, CORRUPTIONS.names())}"
                )
    try:
        for name, ranges in corrupt.ranges.items():
            if not is_borrowed(name):
                CORRUPTIONS[name].check_ranges(ranges)
        for name in filter(is_borrowed, {**corrupt.members, **corrupt.ranges}):
            borrowed(name, corrupt.ranges.get(name))
    except UsageError as error:
        raise UsageError(f"{told}{error}") from error


def runs_here(member: Corruption) -> bool:
    """Tell whether the packages a corruption needs are installed, by trying it on a bit of paper.

    Needed beyond NumPy and OpenCV: torch by the batch stage, kornia and albumentations by some; a
    plugin may need anything.
    """
    try:
        params = member.sample(np.random.default_rng(0), 0.5)
        member.on_page(np.full((64, 64), 255, np.uint8), params)
    except ImportError as error:
        log.warning("the corruption '%s' is left out: %s", member.name, error)
        return False
    return True


def draw_chain(
    rng: np.random.Generator,
    corrupt: Corrupt,
    stages: tuple[str, ...] = ("page", "batch"),
    share: float = 1.0,
) -> Chain:
    """Draw a chain; a share of `corrupt.clean_share` keeps only what belongs to the print.

    Args:
        rng: draws the members and their parameters.
        corrupt: probabilities and ranges.
        stages: of the members drawn.
        share: of the severity that is drawn.

    Raises:
        UsageError: the recipe names a corruption or a parameter that does not exist.
    """
    check(corrupt)
    clean = rng.random() < corrupt.clean_share
    severity = share * float(rng.random() ** corrupt.severity_power)
    steps: list[tuple[Corruption, Params]] = []
    for member in CORRUPTIONS:
        drawn = rng.random() < _chance(member, corrupt)
        seeded = np.random.default_rng(
            rng.integers(2**63)
        )  # so that a member's own draws move no other's
        if drawn and member.stage in stages and (member.both_sides or not clean):
            ranges = corrupt.ranges.get(member.name)
            steps.append((member, member.sample(seeded, severity, ranges)))
    if "page" in stages:
        lens = next((at for at, step in enumerate(steps) if step[0].stage == "batch"), len(steps))
        steps[lens:lens] = _draw_borrowed(rng, corrupt, share, clean)
    return Chain(tuple(steps), CLEAN if clean else severity)


def _draw_borrowed(
    rng: np.random.Generator, corrupt: Corrupt, share: float, clean: bool
) -> list[tuple[Corruption, Params]]:
    """Draw the libraries' transforms, in the recipe's order.

    They follow no severity; where the page is to be milder, fewer of them are drawn.
    """
    steps: list[tuple[Corruption, Params]] = []
    for name in filter(is_borrowed, corrupt.members):
        member = borrowed(name, corrupt.ranges.get(name))
        chance = corrupt.members[name] * (1.0 if member.both_sides else share)
        drawn = rng.random() < chance
        seeded = np.random.default_rng(rng.integers(2**63))
        if drawn and (member.both_sides or not clean):
            steps.append((member, member.sample(seeded, 0.0)))
    return steps


def _chance(member: Corruption, corrupt: Corrupt) -> float:
    unnamed = 0.0 if corrupt.only_named else member.probability
    return corrupt.members.get(member.name, unnamed)


def apply_chain(image: Image, chain: Chain, dpi: float = DPI) -> tuple[Image, Image]:
    """Return (dirty, clean), both uint8 (H, W); the input itself is not changed."""
    dirty, clean = image, image
    for member, params in chain.steps:
        dirty = member.on_page(dirty, params, dpi)
        clean = member.on_clean(clean, params, dpi)
    return dirty, clean


def dirty_sheet(
    image: Image,
    rng: np.random.Generator,
    corrupt: Corrupt,
    dpi: float = DPI,
    stages: tuple[str, ...] = ("page", "batch"),
) -> tuple[Image, Image, Chain]:
    """Draw a chain and apply it, milder and milder where nobody could read the page.

    Args:
        image: the page, uint8 (H, W).
        rng: draws everything.
        corrupt: probabilities and ranges.
        dpi: of the page, dots per inch.
        stages: leave out "batch" where `corrupt_looks` runs it later.

    Returns:
        dirty, clean, both uint8 (H, W), and the chain they went through.
    """
    seed = int(rng.integers(2**63))
    for share in SOFTER:  # the same corruptions, each milder
        chain = draw_chain(np.random.default_rng(seed), corrupt, stages, share)
        dirty, clean = apply_chain(image, chain, dpi)
        if is_legible(dirty, clean):
            return dirty, clean, chain
    chain = Chain([step for step in chain.steps if step[0].both_sides], CLEAN)
    return *apply_chain(image, chain, dpi), chain


def move_points(
    points: NDArray[np.float64], chain: Chain, shape: tuple[int, int], dpi: float = DPI
) -> NDArray[np.float64]:
    """Return where points (N, 2) of x, y in px of the page come to lie on the dirty page."""
    for member, params in chain.steps:
        points = member.move_points(points, params, shape, dpi)
    return points


def dirty_by_name(
    image: Image, members: dict[str, float], seed: int, dpi: float = DPI
) -> tuple[Image, Image]:
    """Return (dirty, clean) with exactly the named corruptions, each at the given severity."""
    drawn = tuple(
        (
            CORRUPTIONS[name],
            CORRUPTIONS[name].sample(np.random.default_rng((seed, place)), severity),
        )
        for place, (name, severity) in enumerate(members.items())
    )
    return apply_chain(image, Chain(drawn, max(members.values(), default=0.0)), dpi)


def corrupt_batch(
    patches: "Tensor", severities: Sequence[float], rng: np.random.Generator, corrupt: Corrupt
) -> "Tensor":
    """Run the batch stage on the device: each member on a drawn subset of the patches.

    Args:
        patches: dirty, float (N, 1, H, W), 0..1, on any device.
        severities: of the sheet each patch was cut from, 0..1; CLEAN patches are left alone.
        rng: draws the members, the subsets and the parameters.
        corrupt: probabilities and ranges; those of the page stage are not used.
    """
    import torch

    patches = patches.clone()
    severe = np.asarray(severities, float)
    for member in CORRUPTIONS:
        if not isinstance(member, BatchCorruption):
            continue
        hit = (rng.random(len(patches)) < _chance(member, corrupt)) & (severe >= 0)
        chosen = np.flatnonzero(hit)
        chosen = chosen[np.argsort(severe[chosen], kind="stable")]
        for group in np.array_split(chosen, min(GROUPS, len(chosen)) or 1):
            if not len(group):
                continue
            params = member.sample(
                rng, float(severe[group].mean()), corrupt.ranges.get(member.name)
            )
            index = torch.from_numpy(group).to(patches.device)
            patches[index] = member.apply(patches[index], params)
    return patches


def corrupt_looks(
    patches: "Tensor",
    clean: "Tensor",
    facts: NDArray[np.float32],
    rng: np.random.Generator,
    recipe: Recipe,
) -> "Tensor":
    """Run the batch stage on patches of several looks, each by its own probabilities and ranges.

    A patch that nobody could read after it stays as it was before.

    Args:
        patches: dirty, float (N, 1, H, W), 0..1, on any device.
        clean: their clean twins.
        facts: (N, 2): the severity of each patch's sheet, and its look's place in the mix.
        rng: draws the members, the subsets and the parameters.
        recipe: its looks.
    """
    import torch

    after = patches.clone()
    for place, look in enumerate(recipe.looks()):
        chosen = np.flatnonzero(facts[:, 1] == place)
        if len(chosen):
            index = torch.from_numpy(chosen).to(patches.device)
            severities = facts[chosen, 0].tolist()
            after[index] = corrupt_batch(patches[index], severities, rng, look.corrupt)
    dirty, twins = ((side[:, 0] * 255).byte().cpu().numpy() for side in (after, clean))
    lost = [not is_legible(*pair) for pair in zip(dirty, twins, strict=True)]
    index = torch.from_numpy(np.flatnonzero(lost)).to(patches.device)
    after[index] = patches[index]
    return after
