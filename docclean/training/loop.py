"""The training loop: readable top to bottom, resumable to the step."""

import math
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor

from docclean.errors import OutputError
from docclean.files import refusing
from docclean.models.checkpoint import load_tensors
from docclean.recipe import Recipe
from docclean.training.blocks import Blocks, batches
from docclean.training.checks import check_recipe
from docclean.training.gallery import NOTHING, Wanted, leave_pictures
from docclean.training.journal import Journal
from docclean.training.parallel import Team
from docclean.training.recogniser.lineset import draw_lines, training_lines
from docclean.training.schedule import average_decay, learning_rate
from docclean.training.sources import SOURCES, Source
from docclean.training.sources.pool import pooled_batches
from docclean.training.state import State, begin, restore, save_average, save_state
from docclean.training.validate import Reader, averaged, validate

CHECKPOINT = "checkpoint.safetensors"
BEST = "best.safetensors"
LOG_EVERY = 50


def train(
    recipe: Recipe,
    out: Path,
    resume: bool = False,
    minutes: float | None = None,
    start_from: Path | str | None = None,
    wanted: Wanted = NOTHING,
) -> Path:
    """Train the recipe's network and return its checkpoint.

    Args:
        recipe: what to make, learn and how.
        out: folder of the run: checkpoint, history, curves, events, grids, cached pages, codes.
        resume: go on from the folder's checkpoint, at its step.
        minutes: stop after this long, checkpoint written; None runs the whole schedule.
        start_from: a checkpoint or a shipped model's name, whose averaged weights start a new
            run (fine-tuning).
        wanted: pictures that are written elsewhere as well.

    Raises:
        OutputError: `out` already holds a run and `resume` is off.
        UsageError: the recipe contradicts itself, or the weights do not fit it.
        UnreadableInputError: the pictures it names are missing or damaged.
    """
    checkpoint = out / CHECKPOINT
    if checkpoint.exists() and not resume:
        raise OutputError(f"{out}: already holds a run; give --resume, or another folder to -o")
    check_recipe(recipe)
    wanted.check()
    source = SOURCES[recipe.data.source](recipe)
    _make_folder(out)
    if recipe.train.layerwise:
        start_from, minutes = _layer_by_layer(recipe, out, minutes, start_from)
    torch.manual_seed(recipe.train.seed)
    state = begin(source.recipe, Team.join(), start_from)
    if resume and checkpoint.exists():
        restore(state, checkpoint, source.recipe)
    _finish(source, out, state, minutes, wanted)
    state.team.leave()
    return checkpoint


def _finish(source: Source, out: Path, state: State, minutes: float | None, wanted: Wanted) -> None:
    """Learn what is left to learn, then leave the pictures; a finished run stays as it is."""
    left = state.step < source.recipe.train.steps
    if left:
        _learn_all(source, out, state, minutes)
    if state.team.rank == 0 and (left or wanted):
        network = averaged(state.average, source.recipe, state.team.device)
        leave_pictures(source, out, network, wanted)


def _layer_by_layer(
    recipe: Recipe, out: Path, minutes: float | None, start_from: Path | str | None
) -> tuple[Path | str | None, float | None]:
    """Train each level alone between those outside it, which stay as they are (Bengio et al. 2007).

    Returns the last level's checkpoint, from which all are then trained together, and what is
    left of `minutes`. Levels that are trained already are left as they are.
    """
    deadline = math.inf if minutes is None else time.monotonic() + 60 * minutes
    depth = recipe.model.depth or len(recipe.model.widths)
    for level in range(depth):
        alone = replace(recipe.model, depth=level + 1, frozen=level)
        settings = replace(recipe.train, epochs=recipe.train.layerwise, layerwise=0)
        start_from = train(
            replace(recipe, model=alone, train=settings),
            out / f"level-{level + 1}",
            resume=True,
            minutes=None if minutes is None else max(0.01, (deadline - time.monotonic()) / 60),
            start_from=start_from,
        )
    left = None if minutes is None else max(0.01, (deadline - time.monotonic()) / 60)
    return start_from, left


def _make_folder(out: Path) -> None:
    """Make the folder of the run.

    Raises:
        OutputError: it cannot be made.
    """
    with refusing(out, "folder"):
        out.mkdir(parents=True, exist_ok=True)


def _data(source: Source, out: Path, state: State) -> tuple[Blocks, Blocks]:
    """Return what this process learns from, and what all are validated on.

    The state gets the lines its recogniser is shown.
    """
    team = state.team
    if team.rank > 0:
        team.wait()  # the first process makes the pages and the lines
    learning, validation = source.learning(out, team), source.validation(out)
    state.lines = training_lines(source.recipe, out)
    if team.rank == 0:
        team.wait()
    return learning, validation


def _learn_all(source: Source, out: Path, state: State, minutes: float | None) -> None:
    """Learn until the schedule or the time is over; the first process keeps the folder."""
    learning, validation = _data(source, out, state)
    recipe = source.recipe
    clerk = _Clerk(recipe, out, state, validation) if state.team.rank == 0 else None
    try:
        _learn_on(state, learning, recipe, minutes, clerk)
    finally:
        if clerk is not None:
            clerk.close()


def _learn_on(
    state: State,
    learning: Blocks,
    recipe: Recipe,
    minutes: float | None,
    clerk: "_Clerk | None",
) -> None:
    """Take step after step until the schedule or the time is over, in all processes alike."""
    began, worked = time.monotonic() - state.seconds, time.process_time() - state.worked
    deadline = math.inf if minutes is None else time.monotonic() + 60 * minutes
    made = pooled_batches if learning.held else batches
    patches = made(learning, state.step, recipe, state.team.device)
    for dirty, clean in _timed(patches, state):
        loss = _learn(state, dirty, clean, recipe)
        state.step, state.seconds = state.step + 1, time.monotonic() - began
        state.worked = time.process_time() - worked
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
    # what a network draws while it learns is of the step, so that a resumed run draws the same
    torch.manual_seed(hash((train.seed, state.step, state.team.rank)) % 2**63)
    lines = draw_lines(state.lines, train, state.step, state.team.rank) if state.lines else None
    loss: Tensor = state.lesson(dirty, clean, lines)
    if state.network.closed:
        state.network.absorb(clean)
    else:
        state.team.learn(state.lesson, state.optimizer, loss, train.clip)
    share = 1 - average_decay(state.step, train)
    values = state.network.state_dict()
    real = [name for name, value in values.items() if value.is_floating_point()]
    # one kernel for all of them
    torch._foreach_lerp_(
        [state.average[name] for name in real], [values[name].detach() for name in real], share
    )
    for name in values.keys() - set(real):  # a count, as batch normalisation has
        state.average[name].copy_(values[name])
    return loss.detach()


class _Clerk:
    """What the first process does beside learning: log, validate, save, show progress."""

    def __init__(self, recipe: Recipe, out: Path, state: State, validation: Blocks) -> None:
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
        scores, seen = validate(network, self._validation, self._recipe.train, device)
        seen.grid(self._out / f"grid-{state.step:06}.png", self._validation.shown)
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
