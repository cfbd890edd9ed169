"""The training loop: readable top to bottom, resumable to the step."""

import math
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor

from docclean.errors import OutputError
from docclean.files import refusing
from docclean.models.checkpoint import load_tensors
from docclean.recipe import Recipe
from docclean.training.checks import check_recipe
from docclean.training.journal import Journal
from docclean.training.parallel import Team
from docclean.training.patches import BLOCK, PatchBlocks, batches, cached_pages
from docclean.training.recogniser.lineset import draw_lines, training_lines
from docclean.training.schedule import average_decay, learning_rate
from docclean.training.state import State, begin, restore, save_average, save_state
from docclean.training.validate import Reader, averaged, validation_loss

CHECKPOINT = "checkpoint.safetensors"
BEST = "best.safetensors"
LOG_EVERY = 50
VALIDATION_BLOCKS = 1
"""Blocks of a fixed seed: 192 patches of pages the training never sees."""


def train(
    recipe: Recipe,
    out: Path,
    resume: bool = False,
    minutes: float | None = None,
    start_from: Path | str | None = None,
) -> Path:
    """Train the recipe's network and return its checkpoint.

    Args:
        recipe: what to make, learn and how.
        out: folder of the run: checkpoint, the best average so far as Tesseract reads it,
            history, curves, events, grids, cached pages.
        resume: go on from the folder's checkpoint, at its step.
        minutes: stop after this long, checkpoint written; None runs the whole schedule.
        start_from: a checkpoint or a shipped model's name, whose averaged weights start a new
            run (fine-tuning).

    Raises:
        OutputError: `out` already holds a run and `resume` is off.
        UsageError: the recipe contradicts itself, or the weights do not fit it.
    """
    checkpoint = out / CHECKPOINT
    if checkpoint.exists() and not resume:
        raise OutputError(f"{out}: already holds a run; give --resume, or another folder to -o")
    check_recipe(recipe)
    _make_folder(out)
    torch.manual_seed(recipe.train.seed)
    state = begin(recipe, Team.join(), start_from)
    if resume and checkpoint.exists():
        restore(state, checkpoint, recipe)
        if state.step >= recipe.train.steps:
            state.team.leave()
            return checkpoint
    _learn_all(recipe, out, state, minutes)
    state.team.leave()
    return checkpoint


def _make_folder(out: Path) -> None:
    """Make the folder of the run.

    Raises:
        OutputError: it cannot be made.
    """
    with refusing(out, "folder"):
        out.mkdir(parents=True, exist_ok=True)


def _data(recipe: Recipe, out: Path, state: State) -> tuple[PatchBlocks, PatchBlocks]:
    """Return the patches this process learns from, and those all are validated on.

    The state gets the lines its recogniser is shown.
    """
    team = state.team
    if team.rank > 0:
        team.wait()  # the first process makes the pages and the lines
    pages = cached_pages(recipe, out, max(2, recipe.train.workers))
    state.lines = training_lines(recipe, out)
    if team.rank == 0:
        team.wait()
    held_out = max(1, len(pages) // 20)
    blocks = -(-recipe.train.steps // BLOCK)
    seed, on_device = recipe.train.seed, team.device.type != "cpu"
    mine = seed + 1_000_000 * team.rank
    return (
        PatchBlocks(recipe, pages[held_out:], mine, blocks, on_device, rising=True),
        PatchBlocks(recipe, pages[:held_out], seed + 10_000, VALIDATION_BLOCKS),
    )


def _learn_all(recipe: Recipe, out: Path, state: State, minutes: float | None) -> None:
    """Learn until the schedule or the time is over; the first process keeps the folder."""
    learning, validation = _data(recipe, out, state)
    clerk = _Clerk(recipe, out, state, validation) if state.team.rank == 0 else None
    try:
        _learn_on(state, learning, recipe, minutes, clerk)
    finally:
        if clerk is not None:
            clerk.close()


def _learn_on(
    state: State,
    learning: PatchBlocks,
    recipe: Recipe,
    minutes: float | None,
    clerk: "_Clerk | None",
) -> None:
    """Take step after step until the schedule or the time is over, in all processes alike."""
    began = time.monotonic() - state.seconds
    deadline = math.inf if minutes is None else time.monotonic() + 60 * minutes
    patches = batches(learning, state.step, recipe, state.team.device)
    for dirty, clean in _timed(patches, state):
        loss = _learn(state, dirty, clean, recipe)
        state.step, state.seconds = state.step + 1, time.monotonic() - began
        late = state.team.any(time.monotonic() > deadline)
        done = late or state.step >= recipe.train.steps
        if clerk is not None:
            clerk.note(state, loss, done)
        if done:
            break


def _timed(
    patches: Iterator[tuple[Tensor, Tensor]], state: State
) -> Iterator[tuple[Tensor, Tensor]]:
    """Pass batches on and add up the time spent waiting for them, but for the workers' start."""
    asked: float | None = None
    for batch in patches:
        if asked is not None:
            state.waited += time.monotonic() - asked
        yield batch
        asked = time.monotonic()


def _learn(state: State, dirty: Tensor, clean: Tensor, recipe: Recipe) -> Tensor:
    """Take one step: scheduled rate, clipped gradient, moving average; return the loss."""
    train = recipe.train
    for group in state.optimizer.param_groups:
        group["lr"] = learning_rate(state.step, train)
    state.lesson.train()
    lines = draw_lines(state.lines, train, state.step, state.team.rank) if state.lines else None
    loss: Tensor = state.lesson(dirty, clean, lines)
    state.team.learn(state.lesson, state.optimizer, loss, train.clip)
    share = 1 - average_decay(state.step, train)
    for name, value in state.network.state_dict().items():
        state.average[name].lerp_(value.detach(), share)
    return loss.detach()


class _Clerk:
    """What the first process does beside learning: log, validate, save, show progress."""

    def __init__(self, recipe: Recipe, out: Path, state: State, validation: PatchBlocks) -> None:
        self._recipe, self._out, self._validation = recipe, out, validation
        self._journal = Journal(out, state.step)
        self._reader = Reader.of(recipe)
        self._losses: deque[Tensor] = deque(maxlen=LOG_EVERY)
        self._saved = time.monotonic()
        best = out / BEST
        self._best = load_tensors(best)[1]["cer"] if best.exists() and state.step else math.inf
        self._bar = _progress()
        self._task = self._bar.add_task(
            "training", total=recipe.train.steps, completed=state.step, loss=""
        )
        self._bar.start()

    def note(self, state: State, loss: Tensor, done: bool) -> None:
        """Take note of a step that was taken, and of the last one most of all."""
        train = self._recipe.train
        self._losses.append(loss)
        due = done or state.step % train.validate_every == 0
        if due or state.step % LOG_EVERY == 0:
            mean = float(torch.stack(list(self._losses)).mean())
            row = {
                "step": state.step,
                "seconds": round(state.seconds, 1),
                "loss": mean,
                "waited": round(state.waited, 1),
                "rate": learning_rate(state.step - 1, train),
            }
            self._journal.write(row | self._judge(state) if due else row)
            self._bar.update(self._task, loss=f"loss {mean:.4f}")
        self._bar.update(self._task, completed=state.step)
        if done or time.monotonic() - self._saved > 60 * train.checkpoint_minutes:
            save_state(state, self._out / CHECKPOINT, self._recipe)
            self._saved = time.monotonic()

    def _judge(self, state: State) -> dict[str, float]:
        """Return the averaged network's scores; keep it if Tesseract never read better."""
        device = state.team.device
        network = averaged(state.average, self._recipe, device)
        grid = self._out / f"grid-{state.step:06}.png"
        loss = validation_loss(network, self._validation, self._recipe.train, device, grid)
        scores = {"validation": loss}
        if self._reader is not None:
            scores |= {"cer": self._reader.read(network, device), "cer_dirty": self._reader.dirty}
            if scores["cer"] < self._best:
                self._best = scores["cer"]
                save_average(state, self._out / BEST, self._recipe, scores)
        return scores

    def close(self) -> None:
        """Leave the terminal and the folder in order."""
        self._bar.stop()
        self._journal.close()


def _progress() -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[loss]}"),
    )
    console = Console(stderr=True)
    return Progress(*columns, console=console, disable=not console.is_terminal)
