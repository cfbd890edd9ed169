"""How the recogniser learns: lines of about one width, clean and dirty, resumable to the step."""

import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from docclean.errors import OutputError, UsageError
from docclean.models.checkpoint import load_tensors, save_tensors
from docclean.page import Image
from docclean.scores.text import Score, score
from docclean.training.recogniser.lines import Box, Line
from docclean.training.recogniser.network import (
    ALPHABET,
    HEIGHT,
    STRIDE,
    Recogniser,
    new_recogniser,
    padded,
    read_lines,
    readable,
    take_weights,
    to_height,
)
from docclean.training.recogniser.reading import reading_loss

CHECKPOINT = "recogniser.safetensors"
WARMUP, LOG_EVERY, SAVE_EVERY = 50, 50, 500
"""Steps."""


@dataclass(frozen=True)
class Sample:
    """A line as the recogniser learns it: uint8 (32, w), clean and dirty, and its text."""

    clean: Tensor
    dirty: Tensor
    text: str


def samples(lines: Sequence[Line]) -> list[Sample]:
    """Bring the lines that the alphabet can spell to 32 rows, once for the whole training."""
    return [
        Sample(_small(line.clean, line.box), _small(line.dirty, line.box), line.text)
        for line in lines
        if readable(line.text)
    ]


def _small(image: Image, box: Box) -> Tensor:
    left, top, right, bottom = box
    line = torch.from_numpy(image[None, None, top:bottom, left:right]).float() / 255
    return (to_height(line)[0, 0] * 255).round().to(torch.uint8)


def evaluate(recogniser: Recogniser, held_out: Sequence[Sample], dirty: bool = False) -> Score:
    """Return the edits of greedy readings of the clean or the dirty lines, added up."""
    recogniser.eval()
    ordered = sorted(held_out, key=lambda one: one.clean.shape[1])
    total = Score()
    for start in range(0, len(ordered), 32):
        some = ordered[start : start + 32]
        lines = _stack([one.dirty if dirty else one.clean for one in some])
        for one, read in zip(some, read_lines(recogniser, lines), strict=True):
            total = total + score(one.text, read)
    return total


def _stack(lines: Sequence[Tensor]) -> Tensor:
    """Return lines (32, w) uint8 as one float (N, 1, 32, widest) in 0..1."""
    widest = max(line.shape[1] for line in lines)
    return torch.cat([padded(line[None, None].float() / 255, widest) for line in lines])


def train_recogniser(
    out: Path,
    train: Sequence[Sample],
    held_out: Sequence[Sample],
    steps: int = 4000,
    minutes: float | None = None,
    seed: int = 1,
    resume: bool = False,
    batch: int = 24,
    learning_rate: float = 2e-3,
    dirty_share: float = 0.5,
) -> Path:
    """Train a recogniser and return its checkpoint.

    Args:
        out: folder of the checkpoint.
        train: lines to learn from, half of them dirty.
        held_out: lines of other pages; their error rates stand in the checkpoint's header.
        steps: of the cosine schedule.
        minutes: ends the schedule earlier: it then runs by the clock, whichever is further on.
        seed: of the weights and of the order of lines.
        resume: go on from the folder's checkpoint.
        batch: lines a step, of about the same width.
        learning_rate: after 50 steps of warm-up; it falls to nothing.
        dirty_share: of the lines shown dirty.

    Raises:
        OutputError: `out` holds a recogniser and `resume` is off.
        UsageError: there are no lines.
    """
    checkpoint = _checkpoint(out, train, resume)
    run = _begin(checkpoint, seed, learning_rate)
    out.mkdir(parents=True, exist_ok=True)
    course = Course(steps, minutes, seed, batch, learning_rate, dirty_share)
    _learn(run, train, course, checkpoint)
    scores = {side: evaluate(run.network, held_out, side == "dirty") for side in ("clean", "dirty")}
    run.save(checkpoint, {f"cer_{side}": one.cer for side, one in scores.items() if one.chars})
    return checkpoint


@dataclass(frozen=True)
class Course:
    """How a recogniser learns; see `train_recogniser`."""

    steps: int
    minutes: float | None
    seed: int
    batch: int
    learning_rate: float
    dirty_share: float

    def rate(self, step: int, done: float) -> float:
        """Return the learning rate of a step: it warms up, then falls with the share done, 0..1."""
        return self.learning_rate * min(1, (step + 1) / WARMUP, (1 + math.cos(math.pi * done)) / 2)


def _checkpoint(out: Path, train: Sequence[Sample], resume: bool) -> Path:
    """Return the checkpoint's path.

    Raises:
        OutputError: `out` holds a recogniser and `resume` is off.
        UsageError: there are no lines.
    """
    checkpoint = out / CHECKPOINT
    if checkpoint.exists() and not resume:
        raise OutputError(f"{out}: already holds a recogniser; resume it, or choose another folder")
    if not train:
        raise UsageError("no lines to learn from; make more pages")
    return checkpoint


def _begin(checkpoint: Path, seed: int, learning_rate: float) -> "Run":
    """Begin a run, or take up the one of the checkpoint."""
    torch.manual_seed(seed)
    run = Run.start(learning_rate)
    if checkpoint.exists():
        run.restore(checkpoint)
    return run


def _learn(run: "Run", train: Sequence[Sample], course: Course, checkpoint: Path) -> None:
    """Take step after step until the schedule or the time is over."""
    order = sorted(train, key=lambda one: one.clean.shape[1])
    began, limit = time.monotonic() - run.seconds, 60 * (course.minutes or math.inf)
    while (done := max(run.step / course.steps, run.seconds / limit)) < 1:
        rng = np.random.default_rng((course.seed, run.step))
        lines, texts = _draw(rng, order, course.batch, course.dirty_share)
        loss = run.learn(lines, texts, course.rate(run.step, done))
        run.step, run.seconds = run.step + 1, time.monotonic() - began
        if run.step % LOG_EVERY == 0:
            sys.stderr.write(f"step {run.step}: {loss:.3f} nats a sign, {run.seconds:.0f} s\n")
        if run.step % SAVE_EVERY == 0:
            run.save(checkpoint, {})


@dataclass
class Run:
    """What a training changes, and its file."""

    network: Recogniser
    optimizer: torch.optim.AdamW
    step: int = 0
    seconds: float = 0.0

    @classmethod
    def start(cls, learning_rate: float) -> "Run":
        """Begin with the weights torch's seed draws."""
        network = new_recogniser()
        return cls(network, torch.optim.AdamW(network.parameters(), learning_rate))

    def learn(self, lines: Tensor, texts: Sequence[str], rate: float) -> float:
        """Take one step on lines (N, 1, 32, W); return its loss in nats a sign."""
        self.network.train()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        with torch.autocast(lines.device.type, torch.bfloat16):
            read = self.network(lines.contiguous(memory_format=torch.channels_last))
        loss = reading_loss(read.float(), texts)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 2.0)
        self.optimizer.step()
        return float(loss.detach())

    def save(self, path: Path, scores: dict[str, float]) -> None:
        """Write weights and moments, with what was measured."""
        tensors = {f"net.{name}": value for name, value in self.network.state_dict().items()}
        for index, moments in self.optimizer.state_dict()["state"].items():
            tensors |= {f"opt.{index}.{key}": value for key, value in moments.items()}
        header = {"alphabet": ALPHABET, "step": self.step, "seconds": round(self.seconds, 1)}
        save_tensors(path, tensors, header | scores)

    def restore(self, path: Path) -> None:
        """Take up what `save` wrote."""
        tensors, header = load_tensors(path)
        take_weights(self.network, tensors, header, path)
        moments = self.optimizer.state_dict()
        moments["state"] = {
            index: {key: tensors[f"opt.{index}.{key}"] for key in ("step", "exp_avg", "exp_avg_sq")}
            for index, _ in enumerate(self.network.parameters())
            if f"opt.{index}.step" in tensors
        }
        self.optimizer.load_state_dict(moments)
        self.step, self.seconds = header["step"], header["seconds"]


def _draw(
    rng: np.random.Generator, order: Sequence[Sample], batch: int, dirty_share: float
) -> tuple[Tensor, list[str]]:
    """Draw lines of about one width, each clean or dirty, a little shifted, scaled and paled."""
    near = min(len(order), batch * 8)
    start = int(rng.integers(len(order) - near + 1))
    chosen = start + rng.choice(near, min(batch, near), replace=False)
    some = [order[place] for place in chosen]
    lines = _stack([one.dirty if rng.random() < dirty_share else one.clean for one in some])
    width = round(lines.shape[3] * rng.uniform(0.88, 1.15) / STRIDE) * STRIDE
    lines = F.interpolate(lines, (HEIGHT, width), mode="bilinear")
    down = int(rng.integers(-2, 3))
    lines = F.pad(lines, (0, 0, 2 + down, 2 - down), mode="replicate")[:, :, 2:-2]
    pale = torch.from_numpy(rng.uniform(0, 0.4, (len(some), 1, 1, 1))).float()
    return lines + (1 - lines) * pale, [one.text for one in some]
