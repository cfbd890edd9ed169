"""Small stand-ins for the sets the classics learn from, in their formats."""

import gzip
import io
import zipfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from docclean.recipe import Recipe

COUNT = 40


def digits(count: int, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Light digits on black, (count, 28, 28), and which they are."""
    rng = np.random.default_rng(seed)
    classes = np.arange(count, dtype=np.uint8) % 10
    images = np.zeros((count, 28, 28), np.uint8)
    for image, digit in zip(images, classes, strict=True):
        place = int(rng.integers(4, 8)), int(rng.integers(21, 25))
        cv2.putText(image, str(digit), place, cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2, cv2.LINE_AA)
    return images, classes


def idx(array: NDArray[np.uint8]) -> bytes:
    """The bytes of an idx file."""
    head = bytes((0, 0, 8, array.ndim)) + b"".join(size.to_bytes(4) for size in array.shape)
    return head + array.tobytes()


def write_mnist(folder: Path, count: int = COUNT, labels: bool = True) -> Path:
    """A folder as MNIST's; its digits are drawn."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, part in enumerate(("train", "t10k")):
        images, classes = digits(count, seed)
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
        if labels:
            (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(classes)))
    return folder


def write_cifar(path: Path, each: int = 4) -> Path:
    """A zip of coloured JPEGs of 32 x 32 px in ten classes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as held:
        for part in ("train", "test"):
            for kind in range(10):
                for at in range(each):
                    pixels = np.full((32, 32, 3), rng.integers(0, 256, 3), np.uint8)
                    cv2.circle(pixels, (8 + at, 12 + kind), 6, (255, 255, 255), -1)
                    data = io.BytesIO()
                    Pillow.fromarray(pixels).save(data, "JPEG", quality=95)
                    held.writestr(f"{part}/kind{kind}/{at:04}.jpg", data.getvalue())
    return path


def recipe(path: Path, **more: object) -> Recipe:
    """A recipe that learns a few steps from pictures in `path`."""
    settings: dict[str, object] = {
        "data__source": "idx" if path.is_dir() else "images",
        "data__path": str(path),
        "corrupt__only_named": True,
        "corrupt__clean_share": 0,
        "model__name": "dense",
        "model__widths": (16, 8),
        "model__side": 28,
        "model__overlap": False,
        "train__loss": "bce",
        "train__epochs": 2,
        "train__batch": 10,
        "train__warmup": 1,
        "train__ema": 0.5,
        "train__learning_rate": 1e-2,
        "train__cer_pages": 0,
    }
    return Recipe.load(**(settings | more))
