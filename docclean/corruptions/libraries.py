"""Which library stands behind a corruption, told by its own code, not by a list."""

import dis
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

from docclean.corruptions.base import Corruption

LIBRARIES = {
    "albumentations": "albumentations",
    "kornia": "kornia",
    "torch": "torch",
    "cv2": "OpenCV",
    "numpy": "numpy",
}
"""Packages that are told, by the name they are imported by, in this order."""
OURS = "docclean.corruptions"


def libraries_of(member: Corruption) -> tuple[str, ...]:
    """Return the libraries whose functions a member's own code reaches, in the order of LIBRARIES.

    Followed are its methods, and the functions and classes of this package that they name. What
    annotations name counts for nothing. No library is imported for it.
    """
    found: set[str] = set()
    _gather(type(member), found, set())
    return tuple(told for package, told in LIBRARIES.items() if package in found)


def _gather(thing: Any, found: set[str], seen: set[int]) -> None:
    """Add the packages that a function or a class of ours reaches."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, type):
        for base in thing.__mro__:
            if base is not Corruption and base.__module__ != "abc":
                for own in vars(base).values():
                    _gather(getattr(own, "__func__", getattr(own, "fget", own)), found, seen)
        return
    function = getattr(thing, "__wrapped__", thing)  # lru_cache keeps what it wraps
    if not isinstance(function, FunctionType):
        return
    for package, name in _named(function.__code__):
        if package:
            found.add(package.partition(".")[0])
            continue
        value = function.__globals__.get(name)
        if isinstance(value, ModuleType):
            found.add(value.__name__.partition(".")[0])
        elif str(getattr(value, "__module__", "")).startswith(OURS):
            _gather(value, found, seen)


def _named(code: CodeType) -> Iterator[tuple[str, str]]:
    """Yield (package, "") of what a function imports and ("", name) of the globals it loads."""
    for step in dis.get_instructions(code):
        if step.opname == "IMPORT_NAME":
            yield str(step.argval), ""
        elif step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield "", str(step.argval)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _named(inner)
