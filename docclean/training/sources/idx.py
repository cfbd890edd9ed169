"""Files of MNIST's format: a header of big-endian sizes, then bytes (LeCun, the MNIST database)."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from docclean.errors import UnreadableInputError
from docclean.training.sources.pictures import Pictures, PictureSource

NAMES = {"train": "train", "test": "t10k"}
"""How the files of each part begin."""
BYTES = 0x08
"""The format's code for unsigned bytes."""


class Idx(PictureSource):
    """A folder with `train-images-idx3-ubyte` and `t10k-...`, gzipped or not.

    Labels (`idx1`) beside them are the classes; they may be missing.
    """

    name = "idx"

    def read(self, path: Path, part: str) -> Pictures:
        """Return a part's pictures and classes."""
        images = read_idx(_file(path, f"{NAMES[part]}-images-idx3-ubyte"), 3)
        try:
            labels = _file(path, f"{NAMES[part]}-labels-idx1-ubyte")
        except UnreadableInputError:
            return Pictures(images)
        classes = read_idx(labels, 1).astype(np.int64)
        if len(classes) != len(images):
            raise UnreadableInputError(
                f"{labels}: {len(classes)} labels for {len(images)} pictures; get both again"
            )
        return Pictures(images, classes)


def _file(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise UnreadableInputError(f"{folder}: has no {name} or {name}.gz")


def read_idx(path: Path, axes: int) -> NDArray[np.uint8]:
    """Return the bytes of an idx file of so many axes, gzipped or not.

    Raises:
        UnreadableInputError: it is none, or cut short.
    """
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableInputError(f"{path}: cannot be read ({error}); get it again") from error
    start = 4 + 4 * axes
    shape = tuple(int.from_bytes(data[at : at + 4]) for at in range(4, start, 4))
    if data[:4] != bytes((0, 0, BYTES, axes)) or len(data) - start != math.prod(shape):
        raise UnreadableInputError(
            f"{path}: is no whole idx file of bytes with {axes} axes; get it again"
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)
