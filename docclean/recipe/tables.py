"""Reads the tables of a TOML file into dataclasses; a wrong key or value names what would work."""

import tomllib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin

from docclean.errors import UnreadableInputError, UsageError
from docclean.recipe.sections import Pair, Ranges
from docclean.registry import nearest

Section = TypeVar("Section")
SECTIONS = ("data", "synth", "corrupt", "model", "train", "mix", "clean")
"""What a recipe can have."""
LARGEST = 1e18
"""No number is larger; what lies beyond is infinite or a slip of the hand."""
_LIMITS: Mapping[str, tuple[float, float]] = {
    "dpi_range": (20, 2400),
    **dict.fromkeys(("clean_share", "members", "ema", "curriculum", "enlarge_share"), (0, 1)),
    "severity_power": (0.05, 20),
    "ranges": (-LARGEST, LARGEST),  # each member has its own: chain.check
    **dict.fromkeys(("pages", "widths", "convs", "patch", "batch", "steps", "sheet"), (1, LARGEST)),
    **dict.fromkeys(("patches_per_sheet", "validate_every", "jobs", "threads"), (1, LARGEST)),
}
"""Where the numbers of a key must lie; the others are not below 0."""
_LIKE: Mapping[Any, str] = {
    float: "0.3",
    Pair: "[0.1, 0.5]",
    str | None: '"png"',
    int | None: "2",
    tuple[str, ...]: '["DejaVu Serif"]',
    Mapping[str, float]: "{ name = 0.3 }",
    Mapping[str, Pair]: "{ depth = [0.1, 0.5] }",
    Mapping[str, Any]: "{ p_range = [0.1, 0.5] }",
    Mapping[str, Ranges]: "{ stain = { depth = [0.1, 0.5] } }",
    Any: "0.3, [0.1, 0.5], true or a word",
}
"""What would work, by type, where a default does not show it."""


def read_tables(path: Path) -> dict[str, dict[str, Any]]:
    """Return the tables of a recipe file.

    Raises:
        UnreadableInputError: the file is missing or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableInputError(
            f"{path}: this recipe cannot be read ({error}); give a TOML file such as "
            "pipelines/recipes/small.toml"
        ) from error


def check_sections(tables: Mapping[str, Any], where: Path | None) -> None:
    """Refuse a section that no recipe has.

    Raises:
        UsageError: there is one; the nearest known one is named.
    """
    for section in tables:
        if section not in SECTIONS:
            raise UsageError(
                f"{where or 'recipe'}: no section '{section}'"
                f"{nearest(section, list(SECTIONS))}; known: {', '.join(SECTIONS)}"
            )


def fill(section: Section, table: Any, where: str) -> Section:
    """Return `section` with the keys of `table` in place of its defaults."""
    assert is_dataclass(section) and not isinstance(section, type)
    if not isinstance(table, dict):
        raise UsageError(f"{where} must be a table of keys, not {table!r}")
    types = {item.name: item.type for item in fields(section)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in types:
            raise UsageError(
                f"{where} has no key '{key}'{nearest(key, list(types))}; known: {', '.join(types)}"
            )
        default = getattr(section, key)
        shown = repr(list(default) if isinstance(default, tuple) else default)
        like = shown if default or types[key] not in _LIKE else _LIKE[types[key]]
        limits = _LIMITS.get(key, (0, LARGEST))
        values[key] = typed(types[key], value, f"{where} {key}", like, limits)
    return replace(section, **values)


def typed(kind: Any, value: Any, where: str, like: str, limits: tuple[float, float]) -> Any:
    """Return `value` as a `kind`, its numbers in the limits; whole numbers pass as floats."""
    origin, args = get_origin(kind), get_args(kind)
    if origin is UnionType:  # None stands for a key that is left out
        return typed(args[0], value, where, like, limits)
    if kind is Any:
        return _plain(value, where, like)
    if origin is Literal and value in args:
        return value
    if origin is tuple and isinstance(value, list | tuple):
        if Ellipsis in args or len(value) == len(args):
            return tuple(typed(args[0], item, where, like, limits) for item in value)
    elif origin is not None and isinstance(value, dict):
        return {
            key: typed(inner, item, f"{where}.{_quoted(key)}", _LIKE[inner], limits)
            for key, item in value.items()
            for inner in [_inner(args[1], key)]
        }
    elif kind in (int, float) and type(value) in (int, kind):
        low, high = limits
        if not -LARGEST <= value <= LARGEST:
            raise UsageError(f"{where} must be a finite number like {like}, not {value}")
        if not low <= value <= high:
            told = f"at least {low:g}" if high == LARGEST else f"from {low:g} to {high:g}"
            raise UsageError(f"{where} must be {told}, not {value}")
        return kind(value)
    elif type(value) is kind:
        return value
    raise UsageError(f"{where} must be like {like}, not {value!r}")


def _inner(kind: Any, key: str) -> Any:
    """Return what a table's value must be: ranges, or arguments of a library's transform."""
    return get_args(kind)[":" in key] if kind == Ranges else kind


def _quoted(key: str) -> str:
    return f'"{key}"' if ":" in key else key


def _plain(value: Any, where: str, like: str) -> Any:
    """Return an argument whose form only the library knows, its lists as tuples."""
    if isinstance(value, list | tuple):
        return tuple(_plain(item, where, like) for item in value)
    if isinstance(value, dict):
        return {key: _plain(item, f"{where}.{key}", like) for key, item in value.items()}
    if not isinstance(value, bool | int | float | str):
        raise UsageError(f"{where} must be like {like}, not {value!r}")
    if isinstance(value, int | float) and not -LARGEST <= value <= LARGEST:
        raise UsageError(f"{where} must be a finite number, not {value}")
    return value
