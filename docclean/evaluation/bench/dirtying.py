"""`docclean bench corruptions`: how fast patches become dirty, and what else does it beside."""

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from docclean.corruptions import CORRUPTIONS
from docclean.corruptions.base import Corruption
from docclean.corruptions.batch import BatchForm
from docclean.corruptions.batches import ON_DEVICE, corrupt_looks, forms
from docclean.corruptions.chain import chance, runs_here
from docclean.evaluation.bench.augmenters import (
    AUGRAPHY,
    INSTALL,
    KORNIA,
    Augraphy,
    kornia_sequence,
)
from docclean.evaluation.bench.clock import seconds, threads
from docclean.evaluation.bench.figures import Figure, lines
from docclean.evaluation.bench.patches import Patches, made_patches
from docclean.evaluation.environment import environment
from docclean.models import ARCHITECTURES
from docclean.recipe import Recipe

DRAWS = 3
"""Of hits and parameters in each round: some are light, some heavy."""
SHEETS = 24
"""Set and dirtied for the patches that are measured."""


@dataclass(frozen=True)
class Order:
    """What is measured.

    Attributes:
        recipe: whose looks the patches have; None: the default recipe.
        sizes: of the batches, patches.
        augraphy: a Python that has Augraphy; None: this one, where it is installed.
        threads: of torch and OpenCV.
        quick: few patches, once: some seconds.
    """

    recipe: Path | None = None
    sizes: tuple[int, ...] = (96, 512)
    augraphy: str | None = None
    threads: int = 1
    quick: bool = False


Groups = dict[str, list[Figure]]
"""Figures by the title they stand under."""


def measured(order: Order, tell: Callable[[str], None] = lambda line: None) -> Groups:
    """Measure; return the figures in the order of the tables.

    Args:
        order: what is asked for.
        tell: called with each figure as it comes.

    Raises:
        UsageError: the recipe cannot be used, or Augraphy does not run where it is said to.
    """
    recipe = Recipe.load(order.recipe)
    groups: Groups = {}
    with threads(order.threads):
        few = 4 if order.quick else 24
        with Augraphy(order.augraphy, np.zeros((1, 1, 1), np.uint8)):
            pass  # a Python without it is told at once, not after minutes
        patches = made_patches(recipe, 2 if order.quick else SHEETS)
        for title, figures in (
            ("Stages", _stages(order, recipe, patches)),
            ("Members of the batch, each on every patch", _members(order, patches)),
            ("Members of the page, each on one patch", _pages(patches.first(few))),
            ("The same effects in Augraphy, one after the other", _beside(order, patches, few)),
            ("The same effects in kornia", _kornia(order, patches)),
        ):
            groups[title] = []
            for figure in figures:
                groups[title].append(figure)
                tell(f"{figure.what}: {figure.told()}")
    return groups


def table(groups: Groups, order: Order) -> str:
    """Return the figures as Markdown, under date, machine and versions."""
    recipe = order.recipe.name if order.recipe else "the default recipe"
    asked = f" --recipe {order.recipe}" if order.recipe else ""
    asked += "".join(f" --batch {size}" for size in order.sizes)
    asked += " --augraphy PYTHON" if order.augraphy else ""
    cores = "one core" if order.threads == 1 else f"{order.threads} threads"
    patch = Recipe.load(order.recipe).train.patch
    told = [
        "# How fast patches become dirty\n",
        f"{environment().sentence()} torch {torch.__version__}; patches of {patch} x {patch} px, "
        f"{recipe}; milliseconds are of one patch; on the CPU {cores}, time of the processor. "
        f"`docclean bench corruptions{asked}`.",
    ]
    if not torch.cuda.is_available():
        told += ["\nOn a CUDA device: not measured, there is none here."]
    for title, figures in groups.items():
        told += [f"\n## {title}\n", *lines(figures)]
    return "\n".join([*told, ""])


def _devices() -> list[str]:
    return ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]


def _stages(order: Order, recipe: Recipe, patches: Patches) -> Iterator[Figure]:
    rounds = 1 if order.quick else 3
    chances = {
        form.member.name: max(chance(form.member, look.corrupt) for look in recipe.looks())
        for form in forms()
    }
    drawn = [form for form in forms() if chances[form.member.name] > 0]
    yield Figure("members that the recipe draws on batches", len(drawn), "members")
    yield Figure("page stage, OpenCV on sheets", 1 / max(1e-9, patches.page_stage), "patches/s")
    kinds = {"batch stage": ("batch",), "page and batch stage": ON_DEVICE}
    if all(form.member.stage == "batch" for form in forms()):
        del kinds["page and batch stage"]
    for device in _devices():
        for size in order.sizes:
            some = patches.first(size)
            dirty, clean = some.dirty.to(device), some.clean.to(device)
            for name, stages in kinds.items():

                def run(
                    given: Patches = some,
                    sides: tuple[torch.Tensor, torch.Tensor] = (dirty, clean),
                    stages: tuple[str, ...] = stages,
                ) -> None:
                    for seed in range(DRAWS):
                        rng = np.random.default_rng(seed)
                        corrupt_looks(*sides, given.facts, rng, recipe, stages)

                took = seconds(run, device, rounds) / DRAWS
                yield Figure(f"{name} on {device}, {size} at once", size / took, "patches/s")
        yield _waiting(recipe, patches, device)


def _waiting(recipe: Recipe, patches: Patches, device: str) -> Figure:
    """Return how much of a training step of the recipe's network the batch stage takes."""
    some = patches.first(recipe.train.batch)
    dirty, clean = some.dirty.to(device), some.clean.to(device)
    network = ARCHITECTURES[recipe.model.name].build(recipe.model).to(device)

    def learn() -> None:
        logits = network.logits(dirty)
        torch.nn.functional.binary_cross_entropy_with_logits(logits, logits.detach()).backward()  # type: ignore[no-untyped-call]

    def spoil() -> None:
        corrupt_looks(dirty, clean, some.facts, np.random.default_rng(0), recipe)

    step, before = seconds(learn, device, 1), seconds(spoil, device, 1)
    what = f"share of a training step of {len(some.plain)} patches on {device} in the batch stage"
    return Figure(what, 100 * before / (step + before), "%")


def _members(order: Order, patches: Patches) -> Iterator[Figure]:
    some = patches.first(min(order.sizes))
    for device in _devices():
        for form in forms():
            took = _of_form(form, some, device, 1 if order.quick else 3)
            yield Figure(f"{form.member.name} on {device}", 1000 * took, "ms")


def _pages(patches: Patches) -> Iterator[Figure]:
    for member in CORRUPTIONS:
        if runs_here(member):
            yield Figure(member.name, 1000 * _of_page(member, patches), "ms")


def _of_form(form: BatchForm, patches: Patches, device: str, rounds: int) -> float:
    """Return the seconds of a patch of a batch, each at a severity of its own."""
    rng, images = np.random.default_rng(0), patches.dirty.to(device)
    params = form.sample_batch(rng, rng.random(len(images)))
    there = {name: values.to(device) for name, values in params.items()}
    return seconds(lambda: form.apply(images, there), device, rounds) / len(images)


def _of_page(member: Corruption, patches: Patches) -> float:
    """Return the seconds of a patch, each at a severity of its own."""
    rng = np.random.default_rng(0)
    drawn = [member.sample(rng, float(rng.random())) for _ in patches.plain]

    def run() -> None:
        for image, params in zip(patches.plain, drawn, strict=True):
            member.on_page(image, params)

    return seconds(run, rounds=1) / len(patches.plain)


def _beside(order: Order, patches: Patches, few: int) -> Iterator[Figure]:
    """Yield each effect in turn, ours and Augraphy's, then all of them."""
    some, on_batch = patches.first(few), {form.member.name: form for form in forms()}
    ours, theirs, times = 0.0, 0.0, []
    with Augraphy(order.augraphy, some.plain) as augraphy:
        if not augraphy.runs:
            yield Figure("Augraphy", None, "ms", f"not installed: {INSTALL}")
            return
        for name, effect in AUGRAPHY.items():
            form = on_batch.get(name)
            many = patches.first(min(order.sizes))
            mine = _of_form(form, many, "cpu", 1) if form else _of_page(CORRUPTIONS[name], some)
            took = augraphy.seconds(effect)
            yield Figure(f"{name}, docclean", 1000 * mine, "ms")
            if took is None:
                yield Figure(f"{effect}, Augraphy", None, "ms", "raises an error on a patch")
                continue
            yield Figure(f"{effect}, Augraphy", 1000 * took, "ms")
            ours, theirs = ours + mine, theirs + took
            times.append(took / mine)
    yield Figure("all that both can, docclean", 1 / max(1e-9, ours), "patches/s")
    yield Figure("all that both can, Augraphy", 1 / max(1e-9, theirs), "patches/s")
    yield Figure("docclean over Augraphy, all together", theirs / max(1e-9, ours), "x")
    yield Figure("docclean over Augraphy, the middle effect", statistics.median(times), "x")


def _kornia(order: Order, patches: Patches) -> Iterator[Figure]:
    rounds = 1 if order.quick else 3
    for device in _devices():
        for size in order.sizes:
            some = patches.first(size)
            images, run = some.dirty.to(device), kornia_sequence()
            wanted = [form for form in forms() if form.member.name in KORNIA]
            ours = sum(_of_form(form, some, device, rounds) for form in wanted)
            theirs = seconds(lambda run=run, images=images: run(images), device, rounds) / size  # type: ignore[misc]
            where = f"all {len(KORNIA)} on {device}, {size} at once"
            yield Figure(f"{where}, docclean", 1 / ours, "patches/s")
            yield Figure(f"{where}, AugmentationSequential", 1 / theirs, "patches/s")
