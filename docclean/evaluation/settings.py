"""How each set of a benchmark is read and compared: one TOML file, a table a set."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from docclean.errors import UnreadableInputError, UsageError
from docclean.ocr import ENGINES, OcrEngine, Tesseract, make_engine
from docclean.registry import nearest
from docclean.scores.text import TextRules

SPLITS = "splits.json"
"""Names the pages of each split: {set: {split: [names]}}; sets may be nested like their folders."""


MOST_VIEWS = 3
"""Harmless views a page can be read under."""
PSM = (1, *range(3, 14))
"""Tesseract's page segmentation modes that read (0 finds the orientation only, 2 is not built)."""


@dataclass(frozen=True)
class SetSettings:
    """How one set is read and compared."""

    lang: str = "eng"
    """Languages as Tesseract names them, joined by '+'."""
    psm: int | None = None
    """Tesseract's page segmentation mode; None leaves its own."""
    form: Literal["NFC", "NFKC"] = "NFC"
    """Unicode normal form both texts are brought to."""
    fold_case: bool = False
    """Whether 'A' and 'a' are the same letter."""
    skip: bool = False
    """Whether the set is left out."""
    engine: str = Tesseract.name
    """What reads it; another engine than Tesseract knows no `psm`."""

    def reader(self, threads: int | None = None) -> OcrEngine:
        """Return the engine that reads this set, with so many processor threads."""
        psm = self.psm if self.engine == Tesseract.name else None
        return make_engine(self.engine, self.lang, psm=psm, threads=threads)

    def rules(self) -> TextRules:
        """Return what counts as the same text in this set."""
        return TextRules(self.form, self.fold_case)


PLAIN_SETTINGS = SetSettings()
"""English, Tesseract's own segmentation, texts compared as they are."""


@dataclass(frozen=True)
class Settings:
    """The settings of every set.

    Attributes:
        default: of sets no table matches.
        tables: by pattern (`typewritten-*`, `ocr/*`), matched against a set's path and against its
            last part; where several match, the later one wins key by key.
        views: views each page is read under; see `reader.VIEWS`.
    """

    default: SetSettings = PLAIN_SETTINGS
    tables: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    views: int = 1

    @classmethod
    def load(cls, path: Path | None, default: SetSettings = PLAIN_SETTINGS) -> "Settings":
        """Read a TOML file: `[set."PATTERN"]` with the fields of `SetSettings` as keys, `views`.

        Raises:
            UnreadableInputError: no such file, or not TOML.
            UsageError: an unknown key or a value of the wrong kind.
        """
        if path is None:
            return cls(default)
        try:
            told = tomllib.loads(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UnreadableInputError(f"{path}: is not a settings file: {error}") from error
        tables, views = told.pop("set", {}), told.pop("views", 1)
        if told or not isinstance(tables, dict):
            found = ", ".join(told) or "set"
            raise UsageError(f"{path}: unknown key '{found}'; settings stand in [set.\"NAME\"]")
        if type(views) is not int or not 1 <= views <= MOST_VIEWS:
            raise UsageError(f"{path}: views must be 1 to {MOST_VIEWS}, not {views!r}")
        checked = tuple((name, _checked(path, name, tables[name])) for name in tables)
        return cls(default, checked, views)

    def of(self, group: str) -> SetSettings:
        """Return the settings of one set."""
        settings = self.default
        for pattern, values in self.tables:
            if matches(group, pattern):
                settings = replace(settings, **values)
        return settings


def matches(group: str, pattern: str) -> bool:
    """Tell whether a pattern names a set, by its path or by the last part of it."""
    return (
        group == pattern
        or fnmatchcase(group, pattern)
        or fnmatchcase(group.rpartition("/")[2], pattern)
    )


def pages_of_split(folder: Path, split: str) -> Mapping[str, frozenset[str]]:
    """Return the page names of one split, by set.

    A set the file does not name is not split; one it names without this split has no such page.

    Raises:
        UnreadableInputError: the folder has no readable splits.json.
        UsageError: no set has such a split.
    """
    path = folder / SPLITS
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableInputError(f"{path}: --split needs this file: {error}") from error
    splits = dict(_walk(told, ""))
    names = {name for one in splits.values() for name in one}
    if split not in names:
        known = ", ".join(sorted(names)) or "none"
        raise UsageError(f"{path}: no set has a split '{split}'; known: {known}")
    return {group: frozenset(one.get(split, ())) for group, one in splits.items()}


def _walk(told: Any, group: str) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Yield the splits of every set a file names."""
    if not isinstance(told, dict):
        return
    lists = {key: [str(name) for name in one] for key, one in told.items() if isinstance(one, list)}
    if lists:
        yield group, lists
    for key, value in told.items():
        yield from _walk(value, f"{group}/{key}" if group else key)


def _checked(path: Path, name: str, values: Any) -> Mapping[str, Any]:
    known = {one.name for one in fields(SetSettings)}
    if not isinstance(values, dict):
        raise UsageError(f'{path}: [set."{name}"] must be a table')
    kinds = {"lang": str, "psm": int, "form": str, "fold_case": bool, "skip": bool, "engine": str}
    for key, value in values.items():
        if key not in known:
            close = nearest(key, sorted(known))
            raise UsageError(f"{path}: [set.\"{name}\"] has no '{key}'{close}")
        wrong = {
            "lang": value == "",
            "psm": value not in PSM,
            "form": value not in ("NFC", "NFKC"),
            "engine": value not in ENGINES.names(),
        }
        if type(value) is not kinds[key] or wrong.get(key, False):
            raise UsageError(f'{path}: [set."{name}"] {key} cannot be {value!r}')
    return values
