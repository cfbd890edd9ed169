"""A recipe: one TOML file that says how pages are made, dirtied, learned and cleaned.

Every default lives here and nowhere else. An unknown key is an error that names the nearest
known one, so a misspelt setting never passes silently.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from docclean.errors import UnreadableInputError, UsageError
from docclean.registry import nearest

Section = TypeVar("Section")

_LARGEST = 1e18
"""No number is larger; what lies beyond is infinite or a slip of the hand."""
_LIMITS: Mapping[str, tuple[float, float]] = {
    "dpi_range": (20, 2400),
    **dict.fromkeys(("clean_share", "members", "ema", "curriculum", "enlarge_share"), (0, 1)),
    "severity_power": (0.05, 20),
    "ranges": (-_LARGEST, _LARGEST),  # each member has its own: chain.check
    **dict.fromkeys(("pages", "widths", "patch", "batch", "steps", "sheet"), (1, _LARGEST)),
    **dict.fromkeys(("patches_per_sheet", "validate_every"), (1, _LARGEST)),
}
"""Where the numbers of a key must lie; the others are not below 0."""
_PAIR = tuple[float, float]
_LIKE: Mapping[Any, str] = {
    float: "0.3",
    _PAIR: "[0.1, 0.5]",
    tuple[str, ...]: '["DejaVu Serif"]',
    Mapping[str, float]: "{ name = 0.3 }",
    Mapping[str, _PAIR]: "{ depth = [0.1, 0.5] }",
    Mapping[str, Mapping[str, _PAIR]]: "{ stain = { depth = [0.1, 0.5] } }",
}
"""What would work, by type, where a default does not show it."""


@dataclass(frozen=True)
class Synth:
    """How clean pages are typeset."""

    pages: int = 400
    """Clean pages kept ready for training; each is cut and dirtied anew many times."""
    dpi_range: tuple[int, int] = (72, 600)
    """Resolutions drawn, in dots per inch, denser at the low end where strokes are thin."""
    layouts: Mapping[str, float] = field(default_factory=dict)
    """How often each layout is drawn beside the others; empty: all layouts alike."""
    fonts: tuple[str, ...] = ()
    """Font families to set in, as fontconfig names them; empty, or none installed: all."""
    text_folder: str = ""
    """A folder of .txt files to typeset beside Faker and the installed word lists."""
    locales: tuple[str, ...] = (
        *("en_US", "de_DE", "fr_FR", "es_ES", "cs_CZ", "da_DK", "pl_PL", "it_IT", "pt_PT", "sv_SE"),
        *("hu_HU", "ro_RO", "tr_TR", "nl_NL", "el_GR", "ru_RU", "uk_UA", "bg_BG"),
    )
    """Faker locales, the first one drawn half of the time; Latin, Greek and Cyrillic script."""


@dataclass(frozen=True)
class Corrupt:
    """Which corruptions a page suffers."""

    clean_share: float = 0.08
    """Share of pages left perfectly clean: the network must learn to leave those alone."""
    severity_power: float = 1.7
    """Severity is u ** power with u uniform: most pages ordinary, some terrible."""
    only_named: bool = False
    """Draw nothing but the members named below; else the others keep their own probability."""
    members: Mapping[str, float] = field(default_factory=dict)
    """Probability of each corruption by name."""
    ranges: Mapping[str, Mapping[str, _PAIR]] = field(default_factory=dict)
    """(low, high) of a corruption's parameters, in the member's own units, by member and name."""


@dataclass(frozen=True)
class Look:
    """One kind of page in a mixed recipe: how it is set and what it suffers, together."""

    name: str
    share: float
    """How often it is drawn, beside the other looks' shares."""
    synth: Synth
    corrupt: Corrupt


@dataclass(frozen=True)
class Model:
    """Which network, and how large; each architecture takes the options that concern it."""

    name: str = "dae"
    widths: tuple[int, ...] = (16, 32, 64, 96)
    """Channels of the levels, finest first; of `dae` at 1/2, 1/4, 1/8 and 1/16 of the page."""
    depths: tuple[int, ...] = (1, 1, 1, 1, 1)
    """Of `dae`: residual blocks of each level; 0 is a single convolution."""
    fine: int = 1
    """Of `dae`: 1 for a second convolution at half resolution, 0 for none."""
    depth: int = 0
    """Of `conv`, `bottleneck`: levels, the last width repeating; 0: as many as there are widths."""
    side: int = 64
    """Of `bottleneck`: side of its patches in pixels."""
    latent: int = 256
    """Of `bottleneck`: numbers that stand for a patch."""
    sparsity: float = 0.0
    """Of `conv`, `bottleneck`: weight in the loss of the code's mean absolute value."""
    scale: int = 1
    """2: the clean page has twice the dirty one's width and height (super-resolution)."""


@dataclass(frozen=True)
class Train:
    """How the network learns."""

    patch: int = 192
    """Side of a training patch in pixels, of its dirty side where [model] scale is 2."""
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
    charbonnier_weight: float = 0.0
    """Weight of the Charbonnier error, the absolute one made smooth at 0: instead of it."""
    gradient_weight: float = 0.0
    """Weight of the error of the steps between neighbouring pixels: edges stay sharp."""
    identity_weight: float = 0.0
    """Extra weight of patches that came in clean: those are to be left alone."""
    recogniser: str = ""
    """A checkpoint of pipelines/training/recogniser.py that looks at cleaned lines; empty: none."""
    recogniser_weight: float = 0.1
    """Weight of what it sees amiss: features unlike the clean line's, and signs misread (CTC)."""
    recogniser_lines: int = 4
    """Lines a step and process that it is shown."""
    recogniser_pages: int = 200
    """Pages those lines are cut from, once; only lines at least 24 px high are used."""
    curriculum: float = 0.0
    """Share of the run over which the mean severity rises, from 0.3 of the recipe's to all."""
    compile: bool = False
    """Let torch.compile make the network's kernels: a slow start (it needs g++), faster steps."""
    seed: int = 1
    patches_per_sheet: int = 12
    """Patches cut from one corrupted sheet."""
    enlarge_share: float = 0.75
    """Share of the sheets of low-resolution pages that are enlarged to the working size after they
    were dirtied, as the cleaner does with small type."""
    sheet: int = 576
    """Side of the piece of a page that is corrupted at once, in pixels."""
    validate_every: int = 1000
    """Steps between validations, each with a before/after grid and the loss curve."""
    cer_pages: int = 8
    """Pieces of synthetic pages Tesseract reads at each validation; 0: none."""
    checkpoint_minutes: float = 3.0
    """Minutes between checkpoints."""
    workers: int = 1
    """Processes that make patches."""

    @property
    def reads(self) -> bool:
        """Tell whether a recogniser has a say in what is learned."""
        return bool(self.recogniser) and self.recogniser_weight > 0


@dataclass(frozen=True)
class Recipe:
    """The whole recipe; every section has working defaults."""

    synth: Synth = Synth()
    corrupt: Corrupt = Corrupt()
    model: Model = Model()
    train: Train = Train()
    mix: tuple[Look, ...] = ()
    """Kinds of pages; [mix] names recipes beside this one, with the share of each. Their [synth]
    and [corrupt] take the place of this recipe's own; empty: every page follows this recipe."""

    def looks(self) -> tuple[Look, ...]:
        """Return the looks of the mix, or this recipe's own as the only one."""
        return self.mix or (Look("", 1.0, self.synth, self.corrupt),)

    def look(self, at: float) -> Look:
        """Return the look at `at`, 0..1, of the shares laid end to end."""
        looks = self.looks()
        at *= sum(look.share for look in looks)
        for look in looks:
            at -= look.share
            if at < 0:
                return look
        return looks[-1]

    @classmethod
    def load(cls, path: Path | None = None, **overrides: Any) -> "Recipe":
        """Read a recipe file over the defaults, then `section__key=value` overrides over both.

        Raises:
            UnreadableInputError: the file is missing or is not TOML.
            UsageError: a section, a key or a value is wrong; what would work is named.
        """
        tables: dict[str, dict[str, Any]] = {}
        if path is not None:
            try:
                tables = tomllib.loads(path.read_text("utf-8"))
            except (OSError, ValueError) as error:
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
            if section != "mix":
                merged = _fill(getattr(recipe, section), table, f"{path or 'recipe'}: [{section}]")
                recipe = replace(recipe, **{section: merged})
        _agree(recipe.synth, f"{path or 'recipe'}: [synth]")
        return recipe._mixed(tables.get("mix", {}), path)

    def _mixed(self, shares: Any, path: Path | None) -> "Recipe":
        """Return the recipe with the looks that [mix] names; this one's pages and texts stay."""
        if not isinstance(shares, dict) or (shares and path is None):
            raise UsageError(f"{path or 'recipe'}: [mix] must name recipes beside the file")
        looks = []
        for name, share in shares.items():
            assert path is not None
            there = sorted(item.stem for item in path.parent.glob("*.toml") if item != path)
            where = f"{path}: [mix] {name}"
            if name not in there:
                raise UsageError(f"{where}: no {name}.toml beside it{nearest(name, there)}")
            share = _typed(float, share, where, "1.0", (0, _LARGEST))
            other = Recipe.load(path.parent / f"{name}.toml")
            if other.mix:
                raise UsageError(f"{where}: is itself a mix; name its parts")
            text = self.synth.text_folder or other.synth.text_folder
            synth = replace(other.synth, pages=self.synth.pages, text_folder=text)
            looks.append(Look(name, share, synth, other.corrupt))
        if looks and not any(look.share for look in looks):
            raise UsageError(f"{path}: [mix] needs a share above 0")
        return replace(self, mix=tuple(looks))

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as plain tables, for a checkpoint's header or a model card."""
        return asdict(self)


def _fill(section: Section, table: Any, where: str) -> Section:
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
        limits = _LIMITS.get(key, (0, _LARGEST))
        values[key] = _typed(types[key], value, f"{where} {key}", like, limits)
    return replace(section, **values)


def _typed(kind: Any, value: Any, where: str, like: str, limits: tuple[float, float]) -> Any:
    """Return `value` as a `kind`, its numbers in the limits; whole numbers pass as floats."""
    origin, args = get_origin(kind), get_args(kind)
    if origin is tuple and isinstance(value, list | tuple):
        if Ellipsis in args or len(value) == len(args):
            return tuple(_typed(args[0], item, where, like, limits) for item in value)
    elif origin is not None and isinstance(value, dict):
        inner = args[1]
        return {
            key: _typed(inner, item, f"{where}.{key}", _LIKE[inner], limits)
            for key, item in value.items()
        }
    elif kind in (int, float) and type(value) in (int, kind):
        low, high = limits
        if not -_LARGEST <= value <= _LARGEST:
            raise UsageError(f"{where} must be a finite number like {like}, not {value}")
        if not low <= value <= high:
            told = f"at least {low:g}" if high == _LARGEST else f"from {low:g} to {high:g}"
            raise UsageError(f"{where} must be {told}, not {value}")
        return kind(value)
    elif type(value) is kind:
        return value
    raise UsageError(f"{where} must be like {like}, not {value!r}")


def _agree(synth: Synth, where: str) -> None:
    """Refuse numbers that are right one by one, and wrong together."""
    low, high = synth.dpi_range
    if low > high:
        raise UsageError(f"{where} dpi_range must rise, as in [{high}, {low}], not [{low}, {high}]")
    if synth.layouts and not any(synth.layouts.values()):
        raise UsageError(f"{where} layouts needs a weight above 0, such as {{ letter = 2 }}")
