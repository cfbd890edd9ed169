"""A small reader of lines (CRNN, CTC): how a cleaned line looks to somebody who reads it.

Convolutions bring the line's height down to one row of features; one-dimensional convolutions
stand where Shi et al. (2015, "An end-to-end trainable neural network for image-based sequence
recognition") have a recurrent layer: as good for short lines, and faster on a CPU.
"""

import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from docclean.errors import OutputError, UnreadableInputError, UsageError
from docclean.models.checkpoint import load_tensors, save_tensors
from docclean.page import Image
from docclean.score import Score, score
from docclean.training.lines import Box, Line, line_batch

ALPHABET = (
    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]_abcdefghijklmnopqrstuvwxyz{|}"
    "§©ª«°±²³·º»¼½¾×–—‘’‚“”„…†•€£"
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿĂăĄąĆćČčĎďĐđĘęĚěĞğİıŁłŃńŇňŐőŒœŘř"
    "ŚśŞşŠšŤťŮůŰűŹźŻżŽžȘșȚț"
)
"""The signs it reads, the blank of CTC apart."""
HEIGHT = 32
"""Rows of a line as the network sees it, in px."""
STRIDE = 4
"""Columns of a line for one column of features."""
NARROWEST = 32
"""Columns of the shortest line, in px."""
CHECKPOINT = "recogniser.safetensors"
WARMUP, LOG_EVERY, SAVE_EVERY = 50, 50, 500
"""Steps."""

_PLACE = {sign: place for place, sign in enumerate(ALPHABET, 1)}


def readable(text: str) -> bool:
    """Tell whether the alphabet holds every sign of a text, and it holds any."""
    return bool(text) and all(sign in _PLACE for sign in text)


def encode(text: str) -> list[int]:
    """Return the classes of a text's signs; 0 is the blank.

    Raises:
        UsageError: the alphabet lacks a sign.
    """
    if not readable(text):
        lacking = "".join(sorted({sign for sign in text if sign not in _PLACE}))
        raise UsageError(f"the recogniser cannot read '{lacking}'; ask readable() before")
    return [_PLACE[sign] for sign in text]


def decode(classes: Sequence[int]) -> str:
    """Return the text of the best class of each column: repeats once, blanks not at all."""
    pairs = zip([0, *classes], classes, strict=False)
    return "".join(ALPHABET[now - 1] for before, now in pairs if now and now != before)


class Recogniser(nn.Module):
    """Reads grey lines of 32 px, black on light: about 0.9 million weights."""

    def __init__(self) -> None:
        """Build it with random weights."""
        super().__init__()
        self.stages = nn.ModuleList(
            (
                nn.Sequential(_conv(1, 24, 5, 2), _conv(24, 48, 3, (2, 1))),  # H/4, W/2
                nn.Sequential(_conv(48, 64, 3, 1), _conv(64, 96, 3, 2)),  # H/8, W/4
                _conv(96, 128, 3, 1),
                _conv(128, 192, (4, 3), 1, (0, 1)),  # 1, W/4
            )
        )
        self.around = nn.ModuleList(
            _conv(192, 192, (1, 5), 1, (0, 2 * step), (1, step)) for step in (1, 2)
        )
        self.head = nn.Conv2d(192, len(ALPHABET) + 1, 1)

    def features(self, lines: Tensor) -> list[Tensor]:
        """Return what each stage sees, finest first.

        Args:
            lines: float (N, 1, 32, W), 0 black .. 1 white, W a multiple of 4.

        Returns:
            (N, 48, 8, W/2), (N, 96, 4, W/4), (N, 128, 4, W/4), (N, 192, 1, W/4), none negative.
        """
        maps, seen = [], 1 - lines  # the padding of a convolution is then white paper
        for stage in self.stages:
            seen = stage(seen)
            maps.append(seen)
        return maps

    def read(self, column: Tensor) -> Tensor:
        """Return log-probabilities (N, W/4, classes) from the last map of `features`."""
        for layer in self.around:
            column = column + layer(column)
        return F.log_softmax(self.head(column).squeeze(2).mT.float(), 2)

    def forward(self, lines: Tensor) -> Tensor:
        """Return log-probabilities, float (N, W/4, classes), of lines (N, 1, 32, W) in 0..1."""
        return self.read(self.features(lines)[-1])


def _conv(
    inputs: int,
    outputs: int,
    size: int | tuple[int, int],
    stride: int | tuple[int, int],
    padding: tuple[int, int] | None = None,
    dilation: tuple[int, int] = (1, 1),
) -> nn.Sequential:
    around = padding or (size // 2 if isinstance(size, int) else 0)
    conv = nn.Conv2d(inputs, outputs, size, stride, around, dilation, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU())


def to_height(lines: Tensor) -> Tensor:
    """Bring lines (N, 1, h, w) to 32 rows and columns a multiple of 4; gradients pass."""
    height, width = lines.shape[2:]
    if height != HEIGHT:
        wide = max(1, round(width * HEIGHT / height))
        lines = F.interpolate(lines, (HEIGHT, wide), mode="bilinear", antialias=True)
    return _padded(lines, -(-lines.shape[3] // STRIDE) * STRIDE)


def _padded(lines: Tensor, width: int) -> Tensor:
    """Put white paper behind lines until they are `width` wide, and at least `NARROWEST`."""
    return F.pad(lines, (0, max(width, NARROWEST) - lines.shape[3]), value=1.0)


def to_lines(images: Tensor, boxes: Sequence[Box]) -> Tensor:
    """Cut one line out of each image and bring them to one size; gradients pass.

    Args:
        images: float (N, 1, H, W) in 0..1.
        boxes: of each image's line, in px.

    Returns:
        (N, 1, 32, widest), white behind the shorter lines.
    """
    lines = [
        to_height(image[None, :, top:bottom, left:right])
        for image, (left, top, right, bottom) in zip(images, boxes, strict=True)
    ]
    widest = max(line.shape[3] for line in lines)
    return torch.cat([_padded(line, widest) for line in lines])


def recogniser_loss(
    recogniser: Recogniser,
    cleaned: Tensor,
    clean: Tensor,
    texts: Sequence[str] | None = None,
    ctc_weight: float = 1.0,
) -> Tensor:
    """Return how differently cleaned lines look to the reader, and how badly they read.

    The distance is the mean absolute difference of the feature maps, over the clean line's mean
    feature, averaged over the stages: 0 for equal lines, about 1 for lines with nothing in common.
    CTC (Graves et al. 2006) is in nats a sign. The recogniser is frozen: in eval mode and without
    gradients of its own, as `load_recogniser` gives it.

    Args:
        recogniser: the frozen reader.
        cleaned: float (N, 1, h, w) in 0..1, lines of any one size.
        clean: their true twins, the same shape.
        texts: what they say; without them only the features count. A line whose text the alphabet
            lacks counts by its features only.
        ctc_weight: of CTC beside the distance.
    """
    cleaned, clean = to_height(cleaned), to_height(clean)
    maps = recogniser.features(cleaned)
    with torch.no_grad():
        true = recogniser.features(clean)
    distances = [
        (one.float() - other.float()).abs().mean() / (other.float().mean() + 1e-3)
        for one, other in zip(maps, true, strict=True)
    ]
    loss = torch.stack(distances).mean()
    known = [place for place, text in enumerate(texts or ()) if readable(text)]
    if texts and known and ctc_weight:
        read = recogniser.read(maps[-1][known])
        loss = loss + ctc_weight * reading_loss(read, [texts[place] for place in known])
    return loss


def cleaning_reader_loss(
    network: nn.Module, recogniser: Recogniser, lines: Sequence[Line], ctc_weight: float = 1.0
) -> Tensor:
    """Clean lines in their context and return `recogniser_loss` of what comes out.

    Args:
        network: float (N, 1, H, W) in 0..1 -> the same; gradients reach its weights.
        recogniser: frozen, on the network's device.
        lines: a few of `docclean.training.lines.cached_lines`, cut with their context.
        ctc_weight: as `recogniser_loss` takes it.
    """
    device = next(recogniser.parameters()).device
    dirty, clean, boxes, texts = line_batch(lines)
    cleaned = network(dirty.to(device)).float()
    true = to_lines(clean.to(device), boxes)
    return recogniser_loss(recogniser, to_lines(cleaned, boxes), true, texts, ctc_weight)


def reading_loss(read: Tensor, texts: Sequence[str]) -> Tensor:
    """Return CTC in nats a sign, of log-probabilities (N, columns, classes).

    Lines with more signs than columns count nothing.
    """
    targets = [encode(text) for text in texts]
    return F.ctc_loss(
        read.transpose(0, 1),
        torch.tensor([sign for target in targets for sign in target], device=read.device),
        torch.full((len(texts),), read.shape[1]),
        torch.tensor([len(target) for target in targets]),
        zero_infinity=True,
    )


@torch.no_grad()
def read_lines(recogniser: Recogniser, lines: Tensor) -> list[str]:
    """Return the greedy reading of lines, float (N, 1, h, w) in 0..1."""
    best = recogniser(to_height(lines)).argmax(2)
    return [decode(row) for row in best.tolist()]


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
    return torch.cat([_padded(line[None, None].float() / 255, widest) for line in lines])


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
    checkpoint = out / CHECKPOINT
    if checkpoint.exists() and not resume:
        raise OutputError(f"{out}: already holds a recogniser; resume it, or choose another folder")
    if not train:
        raise UsageError("no lines to learn from; make more pages")
    torch.manual_seed(seed)
    run = Run.start(learning_rate)
    if checkpoint.exists():
        run.restore(checkpoint)
    out.mkdir(parents=True, exist_ok=True)
    order = sorted(train, key=lambda one: one.clean.shape[1])
    began, limit = time.monotonic() - run.seconds, 60 * (minutes or math.inf)
    while (done := max(run.step / steps, run.seconds / limit)) < 1:
        rate = learning_rate * min(1, (run.step + 1) / WARMUP, (1 + math.cos(math.pi * done)) / 2)
        rng = np.random.default_rng((seed, run.step))
        loss = run.learn(*_draw(rng, order, batch, dirty_share), rate)
        run.step, run.seconds = run.step + 1, time.monotonic() - began
        if run.step % LOG_EVERY == 0:
            sys.stderr.write(f"step {run.step}: {loss:.3f} nats a sign, {run.seconds:.0f} s\n")
        if run.step % SAVE_EVERY == 0:
            run.save(checkpoint, {})
    scores = {side: evaluate(run.network, held_out, side == "dirty") for side in ("clean", "dirty")}
    run.save(checkpoint, {f"cer_{side}": one.cer for side, one in scores.items() if one.chars})
    return checkpoint


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
        network = _network()
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
        _fill(self.network, tensors, header, path)
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


def _network() -> Recogniser:
    """Return a new recogniser in the memory format that is fastest on a CPU."""
    network: Recogniser = Recogniser().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def load_recogniser(path: Path) -> Recogniser:
    """Return the frozen recogniser of a checkpoint: in eval mode, without gradients of its own.

    Raises:
        UnreadableInputError: the file is no recogniser of this version.
    """
    tensors, header = load_tensors(path)
    network = _network()
    _fill(network, tensors, header, path)
    return network.eval().requires_grad_(False)


def _fill(
    network: Recogniser, tensors: dict[str, Tensor], header: dict[str, Any], path: Path
) -> None:
    weights = {name[4:]: value for name, value in tensors.items() if name.startswith("net.")}
    try:
        if header.get("alphabet") != ALPHABET:
            raise RuntimeError("another alphabet")
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise UnreadableInputError(
            f"{path}: no recogniser of this version; train one with pipelines/recogniser.py"
        ) from error
