"""A small reader of lines (CRNN, CTC): how a cleaned line looks to somebody who reads it.

Convolutions bring the line's height down to one row of features; one-dimensional convolutions
stand where Shi et al. (2015, "An end-to-end trainable neural network for image-based sequence
recognition") have a recurrent layer: as good for short lines, and faster on a CPU.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from docclean.errors import UnreadableInputError, UsageError
from docclean.models.checkpoint import load_tensors

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
MAKING = "python pipelines/training/recogniser.py -o"
"""The command that makes one, less the folder."""

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
    return padded(lines, -(-lines.shape[3] // STRIDE) * STRIDE)


def padded(lines: Tensor, width: int) -> Tensor:
    """Put white paper behind lines until they are `width` wide, and at least `NARROWEST`."""
    return F.pad(lines, (0, max(width, NARROWEST) - lines.shape[3]), value=1.0)


@torch.no_grad()
def read_lines(recogniser: Recogniser, lines: Tensor) -> list[str]:
    """Return the greedy reading of lines, float (N, 1, h, w) in 0..1."""
    best = recogniser(to_height(lines)).argmax(2)
    return [decode(row) for row in best.tolist()]


def new_recogniser() -> Recogniser:
    """Return a new recogniser in the memory format that is fastest on a CPU."""
    network: Recogniser = Recogniser().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def load_recogniser(path: Path) -> Recogniser:
    """Return the frozen recogniser of a checkpoint: in eval mode, without gradients of its own.

    Raises:
        UsageError: there is no such file.
        UnreadableInputError: the file is no recogniser of this version.
    """
    if not path.is_file():
        raise UsageError(f"{path}: there is no such recogniser; make one: {MAKING} {path.parent}")
    try:
        tensors, header = load_tensors(path)
    except UnreadableInputError as error:
        raise _unfit(path) from error
    network = new_recogniser()
    take_weights(network, tensors, header, path)
    return network.eval().requires_grad_(False)


def take_weights(
    network: Recogniser, tensors: dict[str, Tensor], header: dict[str, Any], path: Path
) -> None:
    """Give a recogniser the weights of a checkpoint's tensors.

    Raises:
        UnreadableInputError: they are of another version, or no recogniser's.
    """
    weights = {name[4:]: value for name, value in tensors.items() if name.startswith("net.")}
    try:
        if header.get("alphabet") != ALPHABET:
            raise RuntimeError("another alphabet")
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise _unfit(path) from error


def _unfit(path: Path) -> UnreadableInputError:
    return UnreadableInputError(f"{path}: no recogniser of this version; make one: {MAKING} FOLDER")
