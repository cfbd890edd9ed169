"""A recipe: one TOML file that says how pages are made, dirtied, learned and cleaned.

Every default lives here and nowhere else. An unknown key is an error that names the nearest
known one, so a misspelt setting never passes silently.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, get_args

from docclean.errors import UnreadableInputError, UsageError
from docclean.registry import nearest

Section = TypeVar("Section")


@dataclass(frozen=True)
class Synth:
    """How clean pages are typeset."""

    pages: int = 400
    """Clean pages kept ready for training; each is cut and dirtied anew many times."""
    dpi_range: tuple[int, int] = (100, 400)
    """Resolutions drawn, in dots per inch, denser at the low end where strokes are thin."""
    text_folder: str = ""
    """A folder of .txt files to typeset beside Faker and the installed word lists."""
    locales: tuple[str, ...] = ("en_US", "de_DE", "fr_FR", "es_ES", "cs_CZ", "da_DK")
    """Faker locales, the first one drawn half of the time."""


@dataclass(frozen=True)
class Corrupt:
    """Which corruptions a page suffers."""

    clean_share: float = 0.08
    """Share of pages left perfectly clean: the network must learn to leave those alone."""
    severity_power: float = 1.7
    """Severity is u ** power with u uniform: most pages ordinary, some terrible."""
    members: Mapping[str, float] = field(default_factory=dict)
    """Probability of each corruption by name; empty means each member's own default."""


@dataclass(frozen=True)
class Model:
    """Which network, and how wide."""

    name: str = "dae"
    widths: tuple[int, ...] = (16, 32, 64, 96)
    """Channels at 1/2, 1/4, 1/8 and 1/16 of the page's resolution."""


@dataclass(frozen=True)
class Train:
    """How the network learns."""

    patch: int = 192
    """Side of a training patch in pixels."""
    batch: int = 12
    """Patches a step."""
    steps: int = 20_000
    """Steps of the cosine schedule."""
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    warmup: int = 200
    """Steps of linear warm-up."""
    ema: float = 0.999
    """Decay of the exponential moving average that is validated and shipped."""
    clip: float = 1.0
    """Largest gradient norm."""
    ink_weight: float = 1.0
    """Extra weight of pixels within 3 px of ink: the strokes are the product."""
    keep_weight: float = 0.0
    """Extra weight of the ink itself: losing a stroke costs more than leaving some dirt."""
    fine_weight: float = 2.0
    """Extra weight of hairlines and of the eyes of letters."""
    l1_weight: float = 1.0
    """Weight of the absolute error beside the cross-entropy."""
    seed: int = 1
    patches_per_sheet: int = 12
    """Patches cut from one corrupted sheet."""
    sheet: int = 576
    """Side of the piece of a page that is corrupted at once, in pixels."""
    validate_every: int = 1000
    """Steps between validations, each with a before/after grid and the loss curve."""
    checkpoint_minutes: float = 3.0
    """Minutes between checkpoints."""
    workers: int = 1
    """Processes that make patches."""


@dataclass(frozen=True)
class Recipe:
    """The whole recipe; every section has working defaults."""

    synth: Synth = Synth()
    corrupt: Corrupt = Corrupt()
    model: Model = Model()
    train: Train = Train()

    @classmethod
    def load(cls, path: Path | None = None, **overrides: Any) -> "Recipe":
        """Read a recipe file over the defaults, then `section__key=value` overrides over both.

        Raises:
            UnreadableInputError: the file is missing or is not TOML.
            UsageError: a section, a key or the type of a value is wrong; the nearest is named.
        """
        tables: dict[str, dict[str, Any]] = {}
        if path is not None:
            try:
                tables = tomllib.loads(path.read_text("utf-8"))
            except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
                raise UnreadableInputError(
                    f"{path}: this recipe cannot be read ({error}); give a TOML file such as "
                    "pipelines/recipes/small.toml"
                ) from error
        for key, value in overrides.items():
            section, _, name = key.partition("__")
            if value is not None:
                tables.setdefault(section, {})[name] = value
        recipe = cls()
        known = [item.name for item in fields(cls)]
        for section, table in tables.items():
            if section not in known:
                raise UsageError(
                    f"{path or 'recipe'}: no section '{section}'"
                    f"{nearest(section, known)}; known: {', '.join(known)}"
                )
            merged = _fill(getattr(recipe, section), table, f"{path or 'recipe'}: [{section}]")
            recipe = replace(recipe, **{section: merged})
        return recipe

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as plain tables, for a checkpoint's header or a model card."""
        return asdict(self)


def _fill(section: Section, table: Any, where: str) -> Section:
    """Return `section` with the keys of `table` in place of its defaults."""
    assert is_dataclass(section) and not isinstance(section, type)
    if not isinstance(table, dict):
        raise UsageError(f"{where} must be a table of keys, not {table!r}")
    known = {item.name: getattr(section, item.name) for item in fields(section)}
    types = {item.name: item.type for item in fields(section)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            raise UsageError(
                f"{where} has no key '{key}'{nearest(key, list(known))}; known: {', '.join(known)}"
            )
        values[key] = _as_type_of(known[key], value, f"{where} {key}")
        fixed = isinstance(known[key], tuple) and Ellipsis not in get_args(types[key])
        if fixed and len(values[key]) != len(known[key]):
            raise UsageError(f"{where} {key} must be like {known[key]!r}, not {value!r}")
    return replace(section, **values)


def _as_type_of(default: Any, value: Any, where: str) -> Any:
    """Return `value` as the type of `default`; whole numbers pass as floats, lists as tuples."""
    if isinstance(default, tuple) and isinstance(value, list | tuple):
        return tuple(_as_type_of(default[0], item, where) for item in value)
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(default, Mapping) and isinstance(value, dict):
        return {key: _as_type_of(1.0, item, f"{where}.{key}") for key, item in value.items()}
    if type(value) is not type(default):
        raise UsageError(f"{where} must be like {default!r}, not {value!r}")
    return value
