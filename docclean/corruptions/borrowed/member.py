"""A borrowed transform as a corruption: named, checked with its arguments, tried, then kept."""

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from docclean.corruptions.base import DPI, Draw, PageCorruption, Params
from docclean.corruptions.borrowed.library import Library, Tool
from docclean.corruptions.borrowed.of_albumentations import Albumentations
from docclean.corruptions.borrowed.of_kornia import Kornia
from docclean.corruptions.borrowed.trial import try_out
from docclean.errors import UsageError
from docclean.page import Image
from docclean.registry import nearest

LIBRARIES: Mapping[str, Library] = {one.name: one for one in (Albumentations(), Kornia())}
_KEPT: dict[tuple[str, str], "Borrowed"] = {}
"""Members made before, by name and arguments: a trial costs some hundredths of a second."""


class Borrowed(PageCorruption):
    """A transform of a library, with the arguments a recipe gives it."""

    probability = 0.0  # only what a recipe names is drawn

    def __init__(self, tool: Tool) -> None:
        """Keep the transform."""
        self._tool = tool

    def draw(self, draw: Draw) -> Params:
        """Draw the seed of all that the library draws."""
        return {"seed": draw.seed()}

    def apply(self, image: Image, params: Params, dpi: float) -> Image:
        """Let the library change the page."""
        return self._whole(self._tool.dirty, image, params)

    def on_clean(self, image: Image, params: Params, dpi: float = DPI) -> Image:
        """Let the library change the clean twin as it changes a mask of the page."""
        return self._whole(self._tool.clean, image, params)

    def move_points(
        self, points: NDArray[np.float64], params: Params, shape: tuple[int, int], dpi: float = DPI
    ) -> NDArray[np.float64]:
        """Let the library move them; ours lie on the edges of pixels, its on their middles."""
        return self._tool.points(points - 0.5, shape, params["seed"]) + 0.5

    def _whole(self, side: Any, image: Image, params: Params) -> Image:
        try:
            made = side(image, params["seed"])
        except Exception as error:  # whatever the library makes of an odd page
            raise UsageError(f"'{self.name}' fails on {_size(image)} ({_told(error)})") from error
        if made.shape != image.shape:
            raise UsageError(f"'{self.name}' changes the size of {_size(image)}")
        return np.asarray(made, np.uint8)


def is_borrowed(name: str) -> bool:
    """Tell whether a recipe's name is one of a library's transform."""
    return ":" in name


def borrowed(name: str, arguments: Mapping[str, Any] | None = None) -> Borrowed:
    """Return the member of a name such as "kornia:RandomPlasmaShadow", its arguments set.

    Args:
        name: the library and the transform.
        arguments: as a recipe gives them: numbers, words, yes or no, lists and tables of those.

    Raises:
        UsageError: there is no such transform or argument (the nearest is named), an argument
            cannot work, or no page could go through the transform.
        ModuleNotFoundError: the library is not installed.
    """
    arguments = arguments or {}
    key = name, repr(arguments)
    if key not in _KEPT:
        library, kind = _found(name)
        tool, alike = _tried(library, kind, name, arguments)
        told = {"name": name, "both_sides": alike, "__doc__": f"{name}, of the library."}
        _KEPT[key] = type(kind.__name__, (Borrowed,), told)(tool)
    return _KEPT[key]


def _found(name: str) -> tuple[Library, type]:
    """Return the library and the class of a name."""
    owner, _, short = name.partition(":")
    if owner not in LIBRARIES:
        raise UsageError(
            f"[corrupt.members] '{name}': no library '{owner}'{nearest(owner, list(LIBRARIES))}; "
            f"known: {', '.join(LIBRARIES)}"
        )
    library = LIBRARIES[owner]
    known = library.transforms()
    if short not in known:
        usable = [one for one, kind in known.items() if not library.why_not(kind)]
        raise UsageError(f"[corrupt.members] {owner} has no '{short}'{nearest(short, usable)}")
    if reason := library.why_not(known[short]):
        raise UsageError(f"[corrupt.members] '{name}' cannot be used: it {reason}")
    return library, known[short]


def _tried(
    library: Library, kind: type, name: str, arguments: Mapping[str, Any]
) -> tuple[Tool, bool]:
    """Return the transform made and tried, and whether both sides come out alike."""
    where = f'[corrupt.ranges."{name}"]'
    known = library.settable(kind)
    for one in arguments:
        if one not in known:
            told = ", ".join(known) or "none"
            raise UsageError(f"{where} has no '{one}'{nearest(one, list(known))}; known: {told}")
    needed = [one for one, sort in known.items() if sort.default is inspect.Parameter.empty]
    if missing := [one for one in needed if one not in arguments]:
        raise UsageError(
            f"{where} must give {' and '.join(missing)}, for which there is no default"
        )
    try:
        return _made(library, kind, arguments)
    except UsageError as error:
        told = f"; it can be given {', '.join(known)}" if known and "as it is" in str(error) else ""
        raise UsageError(f"[corrupt.members] '{name}' cannot be used: it {error}{told}") from error
    except Exception as error:  # whatever a library makes of its arguments
        guilty = _guilty(library, kind, needed, arguments)
        if guilty is None:
            raise UsageError(
                f"[corrupt.members] '{name}' cannot be used: {_told(error)}"
            ) from error
        raise UsageError(
            f"{where} {guilty} cannot be {_shown(arguments[guilty])} ({_told(error)})"
        ) from error


def _made(library: Library, kind: type, arguments: Mapping[str, Any]) -> tuple[Tool, bool]:
    """Make and try a transform on a page of one channel, else on one of three equal ones.

    Raises:
        UsageError: a page goes through it, but not as a page needs to.
        Exception: what the library raised last.
    """
    for channels in (1, 3):
        try:
            tool = library.make(kind, arguments, channels)
            return tool, try_out(tool)
        except Exception:
            if channels == 3:
                raise
    raise AssertionError


def _guilty(
    library: Library, kind: type, needed: list[str], arguments: Mapping[str, Any]
) -> str | None:
    """Return the argument that fails without the others, or the first; None where all do."""
    for one in arguments:
        alone = {name: arguments[name] for name in {*needed, one}}
        try:
            _made(library, kind, alone)
        except Exception as error:
            if not isinstance(error, UsageError):
                return one
    return next(iter(arguments), None)


def _told(error: Exception) -> str:
    """Return what a library says, in one line."""
    lines = str(error).strip().splitlines()
    if lines and "validation error" in lines[0]:  # pydantic's: a count, the field, what is wrong
        lines = [" ".join(line.strip() for line in lines[1:3]).split(" [type=")[0]]
        lines[0] = lines[0].replace("Value error, ", "")
    line = lines[0][:160].rstrip(".") if lines else ""
    return f"{type(error).__name__}: {line}" if line else type(error).__name__


def _shown(value: Any) -> str:
    """Return a value as TOML writes it, nearly."""
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_shown, value))}]"
    return repr(value)


def _size(image: Image) -> str:
    return f"a page of {image.shape[1]} x {image.shape[0]} px"
