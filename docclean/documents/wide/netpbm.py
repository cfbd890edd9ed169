"""PNM files: how many pictures they hold, and their samples of two bytes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from os import SEEK_END
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from docclean.documents.samples import Levels, Said, extremes, levels_of
from docclean.page import Image

TOKEN = re.compile(rb"#[^\n]*\n|\d+")
HEAD = 2000
"""Bytes in which the numbers in front of the samples must stand."""
BANDS = {4: 1, 5: 1, 6: 3}
BYTE, FULL = 255, 65535
STRIP = 256


@dataclass(frozen=True)
class Picture:
    """A picture in a PNM file of plain bytes, P4 to P6.

    Attributes:
        start, data, end: where it begins, where its samples do, and where it ends.
        width, height: px.
        bands: samples of a pixel.
        white: the greatest sample.
    """

    start: int
    data: int
    end: int
    width: int
    height: int
    bands: int
    white: int


def pictures(stream: BinaryIO) -> Iterator[Picture]:
    """Yield the pictures of a file; none where its samples are written in digits."""
    size, start = stream.seek(0, SEEK_END), 0
    while start < size:
        stream.seek(start)
        found = _picture(stream.read(HEAD), start)
        if found is None:
            return
        yield found
        start = found.end


def _picture(head: bytes, start: int) -> Picture | None:
    kind = int(head[1:2]) if re.match(rb"P[456]\s", head) else 0
    if not kind:
        return None
    numbers, place = list[int](), 2
    for token in TOKEN.finditer(head, 2):
        if not token[0].startswith(b"#"):
            numbers.append(int(token[0]))
        place = token.end()
        if len(numbers) == (2 if kind == 4 else 3):
            break
    else:
        return None
    width, height, white = (*numbers, 1)[:3]
    data = start + place + 1
    row = -(-width // 8) if kind == 4 else width * BANDS[kind] * (1 if white <= BYTE else 2)
    return Picture(start, data, data + row * height, width, height, BANDS[kind], white)


def read_two_bytes(stream: BinaryIO, picture: Picture) -> tuple[Image, str]:
    """Return a picture of two bytes a sample as grey (H, W) or RGB, and what was taken for true.

    Raises:
        ValueError: samples are missing.
    """
    stream.seek(picture.data)
    data = stream.read(picture.end - picture.data)
    if len(data) < picture.end - picture.data or not data:
        raise ValueError("image file is truncated")
    samples = np.frombuffer(data, ">u2").reshape(picture.height, picture.width, -1)
    low, high = extremes(lambda: _strips(samples))
    said = Said(white=float(picture.white)) if picture.white < FULL else Said()
    levels: Levels = levels_of(low, high, "unsigned", 16, said)
    out = np.empty(samples.shape, np.uint8)
    for top in range(0, len(samples), STRIP):
        out[top : top + STRIP] = levels.bytes_of(samples[top : top + STRIP])
    return (out[..., 0] if picture.bands == 1 else out), levels.note


def _strips(samples: NDArray[np.uint16]) -> Iterator[NDArray[np.uint16]]:
    for top in range(0, len(samples), STRIP):
        yield samples[top : top + STRIP]
