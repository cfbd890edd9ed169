"""Image files in a folder or a zip, laid out as PART/CLASS/NAME.jpg."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image as Pillow

from docclean.errors import UnreadableInputError
from docclean.page import Image
from docclean.training.sources.pictures import Pictures, PictureSource

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".pgm")


class Images(PictureSource):
    """Pictures of one size, grey as the mean of their channels, stretched from 0 to 255 as a set.

    The folder right above a file is its class.
    """

    name = "images"

    def read(self, path: Path, part: str) -> Pictures:
        """Return a part's pictures, class by class as `limit` takes them: one of each in turn."""
        greys, classes = [], []
        for name, data in _in_turn(path, part, self.recipe.data.limit):
            greys.append(_grey(data, f"{path}: {name}"))
            classes.append(PurePosixPath(name).parent.name)
        if not greys:
            raise UnreadableInputError(f"{path}: has no pictures under {part}/")
        if len({grey.shape for grey in greys}) > 1:
            raise UnreadableInputError(f"{path}: pictures under {part}/ are not of one size")
        numbers = np.unique(classes, return_inverse=True)[1].astype(np.int64)
        return Pictures(_stretched(np.stack(greys)), numbers)


def _stretched(greys: Image) -> Image:
    """Return pictures (N, H, W) whose darkest pixel of all is 0 and lightest 255."""
    low, high = int(greys.min()), int(greys.max())
    return np.asarray(np.rint((greys - np.float32(low)) * (255 / max(1, high - low))), np.uint8)


def _grey(data: bytes, where: str) -> Image:
    try:
        with Pillow.open(io.BytesIO(data)) as picture:
            pixels = np.asarray(picture.convert("RGB"), np.float32)
    except (OSError, ValueError) as error:
        raise UnreadableInputError(f"{where}: is no whole picture ({error})") from error
    return np.asarray(np.rint(pixels.mean(2)), np.uint8)


def _in_turn(path: Path, part: str, limit: int) -> Iterator[tuple[str, bytes]]:
    """Yield the names and bytes of a part's files, the classes taking turns, at most `limit`."""
    with ExitStack() as stack:
        try:
            held = None if path.is_dir() else stack.enter_context(zipfile.ZipFile(path))
            names = held.namelist() if held else _below(path)
            chosen = _turns([name for name in names if _of_part(name, part)])
            for name in chosen[: limit or None]:
                yield name, held.read(name) if held else (path / name).read_bytes()
        except (OSError, zipfile.BadZipFile, zlib.error) as error:
            raise UnreadableInputError(
                f"{path}: is no readable folder or zip of pictures ({error})"
            ) from error


def _below(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]


def _of_part(name: str, part: str) -> bool:
    path = PurePosixPath(name)
    return part in path.parts[:-1] and path.suffix.lower() in SUFFIXES


def _turns(names: list[str]) -> list[str]:
    """Return the names so that the first of each class come first, then the second of each."""
    by_class: dict[str, list[str]] = {}
    for name in sorted(names):
        by_class.setdefault(PurePosixPath(name).parent.name, []).append(name)
    placed = [(at, kind, name) for kind, some in by_class.items() for at, name in enumerate(some)]
    return [name for _, _, name in sorted(placed)]
