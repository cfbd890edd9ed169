"""The training loop: readable top to bottom, resumable to the step."""

import json
import math
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset

from docclean.corruptions.chain import check, corrupt_looks
from docclean.errors import OutputError, UsageError
from docclean.models import ARCHITECTURES, Architecture
from docclean.models.checkpoint import load_tensors, save_tensors
from docclean.recipe import Recipe
from docclean.training.losses import cleaning_loss
from docclean.training.parallel import Team
from docclean.training.patches import BLOCK, PatchBlocks, cached_pages
from docclean.training.plots import write_grid, write_loss_curve

CHECKPOINT = "checkpoint.safetensors"
HISTORY = "history.jsonl"
LOG_EVERY = 50
VALIDATION_BLOCKS = 1
"""Blocks of a fixed seed: 192 patches of pages the training never sees."""


@dataclass
class State:
    """Everything a run changes; what a checkpoint holds."""

    network: Architecture
    average: dict[str, Tensor]
    optimizer: torch.optim.AdamW
    step: int = 0
    seconds: float = 0.0
    team: Team = field(default_factory=Team)
    waited: float = 0.0
    """Seconds of this session in which the network had no patches to learn from."""
    stop: bool = False
    """Out of time; a team stops together, at the same step."""


def train(
    recipe: Recipe,
    out: Path,
    resume: bool = False,
    minutes: float | None = None,
    start_from: Path | None = None,
) -> Path:
    """Train the recipe's network and return its checkpoint.

    Args:
        recipe: what to make, learn and how.
        out: folder of the run: checkpoint, history, loss curve, grids, cached pages.
        resume: go on from the folder's checkpoint, at its step.
        minutes: stop after this long, checkpoint written; None runs the whole schedule.
        start_from: a checkpoint whose averaged weights start a new run (fine-tuning).

    Raises:
        OutputError: `out` already holds a run and `resume` is off.
    """
    checkpoint = out / CHECKPOINT
    if checkpoint.exists() and not resume:
        raise OutputError(f"{out}: already holds a run; give --resume, or another folder to -o")
    _check(recipe)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{out}: cannot be written ({error.strerror}); choose another folder with -o"
        ) from error
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(recipe.train.seed)
    state = _start(recipe, device, start_from)
    state.team = Team.join(device)
    if resume and checkpoint.exists():
        _restore(state, checkpoint, recipe)
        if state.team.rank == 0:
            _forget_after(out / HISTORY, state.step)
        if state.step >= recipe.train.steps:
            return checkpoint
    training, validation = _data(recipe, out, device, state.team)
    began, saved = time.monotonic() - state.seconds, time.monotonic()
    deadline = math.inf if minutes is None else time.monotonic() + 60 * minutes
    losses: list[float] = []
    with _progress() as bar:
        task = bar.add_task("training", total=recipe.train.steps, completed=state.step, loss="")
        for dirty, clean in _timed(_batches(training, state.step, recipe, device), state):
            state.stop = time.monotonic() > deadline
            losses.append(_learn(state, dirty, clean, recipe))
            state.step, state.seconds = state.step + 1, time.monotonic() - began
            late = state.stop if state.team.size > 1 else time.monotonic() > deadline
            done = late or state.step >= recipe.train.steps
            if state.team.rank > 0:
                if done:
                    break
                continue
            _show(bar, task, state, losses)
            check = state.step % recipe.train.validate_every == 0 or done
            if check or state.step % LOG_EVERY == 0:
                row = {
                    "step": state.step,
                    "seconds": round(state.seconds, 1),
                    "loss": float(np.mean(losses[-LOG_EVERY:])),
                    "waited": round(state.waited, 1),
                }
                if check:
                    row["validation"] = _validate(state, validation, recipe, out, device)
                _log(out, row, check)
            if done or time.monotonic() - saved > 60 * recipe.train.checkpoint_minutes:
                _save(state, checkpoint, recipe, device)
                saved = time.monotonic()
            if done:
                break
    return checkpoint


def _check(recipe: Recipe) -> None:
    """Refuse a recipe that would fail only after the pages are made.

    Raises:
        UsageError: a setting contradicts another; both are named.
    """
    train = recipe.train
    for look in recipe.looks():
        check(look.corrupt, f"{look.name}.toml" if look.name else "")
    try:
        stride = ARCHITECTURES[recipe.model.name].build(recipe.model).stride
    except ValueError as error:
        raise UsageError(
            f"[model] widths: {recipe.model.name} takes another number of them ({error})"
        ) from error
    wrong = {
        f"[train] patch must be a multiple of {stride}": train.patch % stride,
        "[train] patch must not be larger than sheet": train.patch > train.sheet,
        f"[train] batch must be at most {BLOCK} x patches_per_sheet": (
            train.batch > BLOCK * train.patches_per_sheet
        ),
        "[synth] pages must be at least 2: one is held out": recipe.synth.pages < 2,
    }
    for message, so in wrong.items():
        if so:
            raise UsageError(message)


def _forget_after(history: Path, step: int) -> None:
    """Drop the rows of steps that will be done again."""
    if history.exists():
        rows = history.read_text().splitlines(keepends=True)
        history.write_text("".join(row for row in rows if json.loads(row)["step"] <= step))


def _start(recipe: Recipe, device: torch.device, start_from: Path | None) -> State:
    network = ARCHITECTURES[recipe.model.name].build(recipe.model)
    if start_from is not None:
        tensors, _ = load_tensors(start_from)
        try:
            network.load_state_dict(
                {name[4:]: value for name, value in tensors.items() if name.startswith("ema.")}
            )
        except RuntimeError as error:
            raise UsageError(
                f"{start_from}: was trained with another [model]; start from one like the recipe's"
            ) from error
    network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = {name: value.detach().clone() for name, value in network.state_dict().items()}
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=recipe.train.learning_rate, weight_decay=recipe.train.weight_decay
    )
    return State(network, average, optimizer)


def _restore(state: State, checkpoint: Path, recipe: Recipe) -> None:
    tensors, header = load_tensors(checkpoint)
    if header["recipe"]["model"] != json.loads(json.dumps(recipe.to_dict()["model"], default=list)):
        raise UsageError(f"{checkpoint}: was trained with another [model]; choose another -o")
    try:
        state.network.load_state_dict(
            {name[4:]: value for name, value in tensors.items() if name.startswith("net.")}
        )
        state.average = {
            name: tensors[f"ema.{name}"].to(value.device) for name, value in state.average.items()
        }
        moments = state.optimizer.state_dict()
        moments["state"] = {
            index: {key: tensors[f"opt.{index}.{key}"] for key in ("step", "exp_avg", "exp_avg_sq")}
            for index, _ in enumerate(state.network.parameters())
        }
        state.optimizer.load_state_dict(moments)
    except (RuntimeError, KeyError) as error:
        raise UsageError(
            f"{checkpoint}: holds no run this version can resume; start anew in another -o, with "
            f"--start-from {checkpoint} if its weights still fit"
        ) from error
    state.step, state.seconds = header["step"], header["seconds"]


def _save(state: State, checkpoint: Path, recipe: Recipe, device: torch.device) -> None:
    tensors = {f"net.{name}": value for name, value in state.network.state_dict().items()}
    tensors |= {f"ema.{name}": value for name, value in state.average.items()}
    for index, moments in state.optimizer.state_dict()["state"].items():
        tensors |= {f"opt.{index}.{key}": value for key, value in moments.items()}
    save_tensors(
        checkpoint,
        tensors,
        {
            "recipe": recipe.to_dict(),
            "step": state.step,
            "seconds": round(state.seconds, 1),
            "stride": state.network.stride,
            "reach": state.network.reach,
            "device": device.type,
            "torch": torch.__version__,
            "processes": state.team.size,
        },
    )


def _data(
    recipe: Recipe, out: Path, device: torch.device, team: Team
) -> tuple[PatchBlocks, PatchBlocks]:
    if team.rank > 0:
        team.wait()  # the first process makes the pages
    pages = cached_pages(recipe, out, max(2, recipe.train.workers))
    if team.rank == 0:
        team.wait()
    held_out = max(1, len(pages) // 20)
    blocks = -(-recipe.train.steps // BLOCK)
    on_device = device.type != "cpu"
    seed = recipe.train.seed
    return (
        PatchBlocks(recipe, pages[held_out:], seed + 1_000_000 * team.rank, blocks, on_device),
        PatchBlocks(recipe, pages[:held_out], seed + 10_000, VALIDATION_BLOCKS),
    )


def _batches(
    blocks: PatchBlocks, step: int, recipe: Recipe, device: torch.device
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield (dirty, clean) float batches (N, 1, T, T) from `step` on, as an unbroken run would."""
    train = recipe.train
    steps_a_block = BLOCK * train.patches_per_sheet // train.batch
    first = step // steps_a_block
    rest = Subset(blocks, range(first, -(-train.steps // steps_a_block)))
    loader = DataLoader(
        rest,
        batch_size=None,
        num_workers=train.workers,
        multiprocessing_context="spawn" if train.workers else None,
        prefetch_factor=2 if train.workers else None,
    )
    skip = step % steps_a_block
    for index, block in enumerate(loader, first):
        parts = [torch.split(part, train.batch) for part in block]
        for turn in range(skip, steps_a_block):
            before, after = (part[turn].to(device).float() / 255 for part in parts[:2])
            if device.type != "cpu":
                rng = np.random.default_rng((train.seed, blocks.seed, index, turn))
                facts = parts[2][turn].numpy()
                before = corrupt_looks(before, after, facts, rng, recipe)
            yield before, after
        skip = 0


def _timed(
    batches: Iterator[tuple[Tensor, Tensor]], state: State
) -> Iterator[tuple[Tensor, Tensor]]:
    """Pass batches on and add up the time spent waiting for them, but for the workers' start."""
    asked: float | None = None
    for batch in batches:
        if asked is not None:
            state.waited += time.monotonic() - asked
        yield batch
        asked = time.monotonic()


def _learn(state: State, dirty: Tensor, clean: Tensor, recipe: Recipe) -> float:
    """Take one step: cosine schedule, clipped gradient, moving average."""
    train = recipe.train
    rate = train.learning_rate * _schedule(state.step, train.warmup, train.steps)
    for group in state.optimizer.param_groups:
        group["lr"] = rate
    state.network.train()
    with _precision(dirty.device):
        logits = state.network.logits(dirty.contiguous(memory_format=torch.channels_last))
    loss = cleaning_loss(logits.float(), clean, train)
    state.optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    state.stop = state.team.average(state.network, state.stop)
    nn.utils.clip_grad_norm_(state.network.parameters(), train.clip)
    state.optimizer.step()
    decay = min(train.ema, (1 + state.step) / (10 + state.step))
    for name, value in state.network.state_dict().items():
        state.average[name].lerp_(value.detach(), 1 - decay)
    return float(loss.detach())


def _schedule(step: int, warmup: int, steps: int) -> float:
    """Return the share of the learning rate: linear warm-up, then cosine to 1 %."""
    if step < warmup:
        return (step + 1) / warmup
    progress = (step - warmup) / max(1, steps - warmup)
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def _precision(device: torch.device) -> AbstractContextManager[Any]:
    if device.type == "cpu" and not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


@torch.no_grad()
def _validate(
    state: State, blocks: PatchBlocks, recipe: Recipe, out: Path, device: torch.device
) -> float:
    """Return the averaged network's loss on fixed patches, and write their before/after grid."""
    network = ARCHITECTURES[recipe.model.name].build(recipe.model).to(device)
    network.load_state_dict(state.average)
    network.eval()
    threads = torch.get_num_threads()
    dirty, clean, _ = blocks[0]
    torch.set_num_threads(threads)
    total, shown = 0.0, []
    pieces = zip(torch.split(dirty, 24), torch.split(clean, 24), strict=True)
    for some, true_some in pieces:
        logits = network.logits(some.to(device).float() / 255)
        total += float(cleaning_loss(logits, true_some.to(device).float() / 255, recipe.train))
        shown.append((logits.sigmoid() * 255).round().to(torch.uint8).cpu())
    before, after, true = (side[:, 0].numpy() for side in (dirty, torch.cat(shown), clean))
    write_grid(out / f"grid-{state.step:06}.png", before, after, true, count=8)
    return total / len(shown)


def _log(out: Path, row: dict[str, float], draw: bool) -> None:
    with (out / HISTORY).open("a") as file:
        file.write(json.dumps(row) + "\n")
    if draw:
        lines = (out / HISTORY).read_text().splitlines()
        write_loss_curve(out / "loss.png", [json.loads(line) for line in lines])
        sys.stderr.write(
            f"step {row['step']}: loss {row['loss']:.4f}, "
            f"validation {row['validation']:.4f}, {row['seconds']:.0f} s\n"
        )


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


def _show(bar: Progress, task: TaskID, state: State, losses: list[float]) -> None:
    del losses[:-LOG_EVERY]
    bar.update(task, completed=state.step, loss=f"loss {np.mean(losses):.4f}")
