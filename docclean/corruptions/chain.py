"""Draws what one sheet suffers and lets it suffer, in physical order."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from docclean.corruptions import CORRUPTIONS
from docclean.corruptions.base import DPI, Corruption, Params
from docclean.corruptions.batch import BatchCorruption
from docclean.corruptions.borrowed import borrowed, is_borrowed
from docclean.corruptions.device import DEVICE
from docclean.corruptions.shared.legible import is_legible
from docclean.errors import MissingProgramError, UsageError
from docclean.page import Image
from docclean.recipe import Corrupt
from docclean.registry import nearest

log = logging.getLogger(__name__)

SOFTER = (1.0, 0.5, 0.25, 0.1)
"""Shares of the severity drawn until the page is legible."""
CLEAN = -1.0
"""The severity of a sheet that is left perfectly clean."""
STAGES = ("sheet", "page", "batch")
"""sheet: needs the whole sheet. page: on the page, or by its twin on a device. batch: from the lens
on, everywhere the same form."""


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
    stages: tuple[str, ...] = STAGES,
    share: float = 1.0,
) -> Chain:
    """Draw a chain; a share of `corrupt.clean_share` keeps only what belongs to the print.

    Args:
        rng: draws the members and their parameters.
        corrupt: probabilities and ranges.
        stages: of the members drawn; "sheet" alone leaves to a device what it can do.
        share: of the severity that is drawn.

    Raises:
        UsageError: the recipe names a corruption or a parameter that does not exist.
    """
    check(corrupt)
    clean = rng.random() < corrupt.clean_share
    severity = share * float(rng.random() ** corrupt.severity_power)
    steps: list[tuple[Corruption, Params]] = []
    for member in CORRUPTIONS:
        drawn = rng.random() < chance(member, corrupt)
        seeded = np.random.default_rng(
            rng.integers(2**63)
        )  # so that a member's own draws move no other's
        if drawn and stage_of(member) in stages and (member.both_sides or not clean):
            ranges = corrupt.ranges.get(member.name)
            steps.append((member, member.sample(seeded, severity, ranges)))
    if "sheet" in stages:
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
        drawn = rng.random() < corrupt.members[name] * (1.0 if member.both_sides else share)
        seeded = np.random.default_rng(rng.integers(2**63))
        if drawn and (member.both_sides or not clean):
            steps.append((member, member.sample(seeded, 0.0)))
    return steps


def stage_of(member: Corruption) -> str:
    """Return the stage of a member, one of `STAGES`."""
    return "sheet" if member.stage == "page" and member.name not in DEVICE else member.stage


def chance(member: Corruption, corrupt: Corrupt) -> float:
    """Return how often a recipe draws a member."""
    unnamed = 0.0 if corrupt.only_named else member.probability
    return corrupt.members.get(member.name, unnamed)


def apply_chain(
    image: Image, chain: Chain, dpi: float = DPI, device: str = ""
) -> tuple[Image, Image]:
    """Return (dirty, clean), both uint8 (H, W); the input itself is not changed.

    With a device of torch's, what has a form for batches runs there; empty: all by OpenCV.
    """
    dirty, clean = image, image
    for member, params in chain.steps:
        if device and isinstance(member, BatchCorruption):
            dirty = member.on_device(dirty, params, device)
        else:
            dirty = member.on_page(dirty, params, dpi)
        clean = member.on_clean(clean, params, dpi)
    return dirty, clean


def dirty_sheet(
    image: Image,
    rng: np.random.Generator,
    corrupt: Corrupt,
    dpi: float = DPI,
    stages: tuple[str, ...] = STAGES,
    device: str = "",
) -> tuple[Image, Image, Chain]:
    """Draw a chain and apply it, milder and milder where nobody could read the page.

    Args:
        image: the page, uint8 (H, W).
        rng: draws everything.
        corrupt: probabilities and ranges.
        dpi: of the page, dots per inch.
        stages: leave out what `batches.corrupt_looks` does later.
        device: of torch's, for what can run there; empty: all by OpenCV.

    Returns:
        dirty, clean, both uint8 (H, W), and the chain they went through.
    """
    seed = int(rng.integers(2**63))
    for share in SOFTER:  # the same corruptions, each milder
        chain = draw_chain(np.random.default_rng(seed), corrupt, stages, share)
        dirty, clean = apply_chain(image, chain, dpi, device)
        if is_legible(dirty, clean):
            return dirty, clean, chain
    chain = Chain([step for step in chain.steps if step[0].both_sides], CLEAN)
    return *apply_chain(image, chain, dpi, device), chain


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


def check_device(device: str) -> None:
    """Refuse a device that torch does not have here; an empty one is OpenCV's processor.

    Raises:
        MissingProgramError: it is not here; what to do is told.
    """
    if not device.startswith("cuda"):
        return
    import torch

    if not torch.cuda.is_available():
        raise MissingProgramError(
            f"--device {device}: torch sees no such device here; "
            "install a CUDA build of torch, or leave --device out"
        )
