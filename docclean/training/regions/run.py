"""How the map's network learns: pieces of scenes, whole sheets among them; resumable."""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from docclean.models.checkpoint import load_tensors
from docclean.regions.kinds import MARKS, Kind, bit, merged
from docclean.training.regions.network import MapNet
from docclean.training.regions.store import Kept, piece

SHAPES = (
    *(((256, 256), 12),) * 5,
    *(((384, 384), 5),) * 3,
    ((768, 576), 2),
    ((576, 768), 2),
)
"""Sides in px of the pieces of a step and how many they are."""
RARE = {
    Kind.TEXT: 2.0, Kind.DARK: 3.0, Kind.PICTURE: 2.0, Kind.PANEL: 3.0,
    Kind.STAMP: 5.0, Kind.CODE: 6.0, Kind.RULE: 4.0, Kind.DIRT: 2.0,
}  # fmt: skip
"""Weight of the cells that show a kind, where it is not 1."""
CHECKPOINT = "regions.pt"
EMA, LOG_EVERY, SAVE_EVERY, WARMUP = 0.998, 50, 250, 100


@dataclass
class Schedule:
    """How long and how fast.

    Attributes:
        steps: of the cosine.
        learning_rate: at its top.
        minutes: after which it stops, to be resumed.
    """

    steps: int
    learning_rate: float = 2e-3
    minutes: float = 1e9

    def rate(self, step: int) -> float:
        """Return the learning rate of a step."""
        warm = min(1.0, (step + 1) / WARMUP)
        return (
            self.learning_rate
            * warm
            * 0.5
            * (1 + float(np.cos(np.pi * min(1.0, step / self.steps))))
        )


def train(
    kept: Sequence[Kept],
    held_out: Sequence[Kept],
    out: Path,
    schedule: Schedule,
    seed: int,
    start: Path | None = None,
) -> Path:
    """Train, going on from a checkpoint in `out` where there is one; return the checkpoint.

    Args:
        kept: scenes to learn from.
        held_out: scenes that are only judged.
        out: a folder for the checkpoint.
        schedule: how long and how fast.
        seed: of what is drawn.
        start: weights that `export` wrote beside its graph, to begin from; None: random ones.
    """
    path, learning = out / CHECKPOINT, _begun(out / CHECKPOINT, schedule, start)
    net, optimizer, began = learning.net, learning.optimizer, time.monotonic()
    running: list[float] = []
    while learning.step < schedule.steps and time.monotonic() - began < 60 * schedule.minutes:
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(learning.step)
        running.append(_step(net, optimizer, *_batch(kept, seed, learning.step)))
        _follow(learning.average, net)
        learning.step += 1
        if learning.step % LOG_EVERY == 0:
            took = time.monotonic() - began
            sys.stderr.write(f"{learning.step} loss {np.mean(running):.4f} {took:.0f} s\n")
            running = []
        if learning.step % SAVE_EVERY == 0 or learning.step == schedule.steps:
            learning.save(path)
        if learning.step % (4 * SAVE_EVERY) == 0:
            sys.stderr.write(f"{learning.step} {judge(learning.average, held_out[:60])}\n")
    return path


@dataclass
class _Learning:
    """A network that learns, and its moving average."""

    net: MapNet
    average: MapNet
    optimizer: torch.optim.Optimizer
    step: int = 0

    def save(self, path: Path) -> None:
        """Write what it takes to go on; a killed run leaves the old file."""
        state = {
            "net": self.net.state_dict(),
            "ema": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
        }
        torch.save(state, path.with_suffix(".tmp"))
        path.with_suffix(".tmp").replace(path)


def _begun(path: Path, schedule: Schedule, start: Path | None) -> _Learning:
    """Return a network as a checkpoint left it, or as it begins."""
    net, average = MapNet(), MapNet()
    if start is not None:
        _take(net, load_tensors(start)[0])
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average.load_state_dict(net.state_dict())
    rate = schedule.learning_rate
    learning = _Learning(net, average, torch.optim.AdamW(net.parameters(), rate, weight_decay=1e-4))
    if path.exists():
        state = torch.load(path, weights_only=True)
        net.load_state_dict(state["net"])
        average.load_state_dict(state["ema"])
        learning.optimizer.load_state_dict(state["optimizer"])
        learning.step = state["step"]
    return learning


def _take(net: MapNet, weights: Mapping[str, Tensor]) -> None:
    """Take those weights that a network of another shape has, too."""
    own = net.state_dict()
    known = {k: v for k, v in weights.items() if k in own and own[k].shape == v.shape}
    net.load_state_dict(own | known)


def _batch(kept: Sequence[Kept], seed: int, step: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return pictures (N, 3, H, W) 0..1, layers (N, 9, h, w) 0 or 1, and turns (N,)."""
    rng = np.random.default_rng((seed, step))
    side, count = SHAPES[int(rng.integers(len(SHAPES)))]
    pieces = [piece(rng, kept[int(rng.integers(len(kept)))], side) for _ in range(count)]
    rgb = torch.from_numpy(np.stack([one.rgb for one in pieces])).permute(0, 3, 1, 2).float() / 255
    layers = torch.stack([as_layers(one.layers) for one in pieces])
    return rgb, layers, torch.tensor([one.turn for one in pieces])


def as_layers(bits: NDArray[np.uint16]) -> Tensor:
    """Return layers as (9, h, w) float of 0 and 1."""
    return torch.from_numpy(np.stack([(bits & bit(kind)) > 0 for kind in MARKS])).float()


def _step(
    net: MapNet, optimizer: torch.optim.Optimizer, rgb: Tensor, layers: Tensor, turn: Tensor
) -> float:
    net.train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found, turned = net(rgb.to(memory_format=torch.channels_last))
    found, turned = found.float(), turned.float()
    loss = map_loss(found, layers)
    written = layers[:, 1].sum((1, 2)) > 60  # of less nobody knows which way up it is
    if written.any():
        loss = loss + 0.1 * F.cross_entropy(turned[written], turn[written])
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimizer.step()
    return float(loss.detach())


def map_loss(found: Tensor, layers: Tensor) -> Tensor:
    """Return cross-entropy of every layer, rare kinds more, and the Dice loss of each."""
    weights = torch.tensor([RARE.get(kind, 1.0) for kind in MARKS]).view(1, -1, 1, 1)
    entropy = F.binary_cross_entropy_with_logits(found, layers, 1 + (weights - 1) * layers)
    share = torch.sigmoid(found)
    both = 2 * (share * layers).sum((0, 2, 3))
    dice = 1 - (both + 20) / (share.sum((0, 2, 3)) + layers.sum((0, 2, 3)) + 20)
    return 4 * entropy + dice.mean()


def _follow(average: MapNet, net: MapNet) -> None:
    with torch.no_grad():
        for mean, now in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
            if mean.dtype.is_floating_point:
                mean.lerp_(now, 1 - EMA)
            else:
                mean.copy_(now)


@torch.no_grad()
def judge(net: MapNet, held_out: Sequence[Kept]) -> dict[str, float]:
    """Return the IoU of every kind over scenes held out, and the share of turns told right."""
    net.eval()
    hit, union, right, asked = np.zeros(10), np.zeros(10), 0, 0
    for number, kept in enumerate(held_out):
        turn = number % 4
        rgb, bits = np.rot90(kept.rgb(), turn), np.rot90(kept.layers, turn)
        found, turned = net(_padded(rgb))
        shown = (found[0, :, : bits.shape[0], : bits.shape[1]] > 0).numpy()
        told = merged(
            sum(
                (layer * np.uint16(bit(kind)) for kind, layer in zip(MARKS, shown, strict=True)),
                np.zeros(bits.shape, np.uint16),
            )
        )
        true = merged(np.ascontiguousarray(bits))
        for kind in Kind:
            hit[kind] += np.sum((told == kind) & (true == kind))
            union[kind] += np.sum((told == kind) | (true == kind))
        if np.sum(true == Kind.TEXT) > 60:
            asked += 1
            right += int(turned.argmax()) == turn
    scores = {kind.name.lower(): round(float(hit[kind] / max(1, union[kind])), 3) for kind in Kind}
    return scores | {
        "mean": round(float(np.mean(hit / np.maximum(1, union))), 3),
        "turn": round(right / max(1, asked), 3),
    }


def _padded(rgb: NDArray[np.uint8]) -> Tensor:
    high, wide = (-side % 32 for side in rgb.shape[:2])
    whole = np.pad(rgb, ((0, high), (0, wide), (0, 0)), mode="edge")
    return torch.from_numpy(np.ascontiguousarray(whole)).permute(2, 0, 1)[None].float() / 255
