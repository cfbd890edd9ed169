"""Everything that can be asked of a cleaning, in one object: the section [clean] of a recipe.

The command line, a recipe file and a program fill the same fields, and a step takes this object
whole. Names, defaults and units stand here and nowhere else.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from docclean.errors import UsageError
from docclean.recipe.tables import check_sections, fill, read_tables

Gate = Literal["pixels", "ocr", "off"]
GATES: tuple[Gate, ...] = get_args(Gate)
Paper = Literal["white", "tone"]
PAPERS: tuple[Paper, ...] = get_args(Paper)
LOOKS = (1, 2)
"""How often a page can be read."""
DROPS = ("stamps", "pens")
"""What `drop` can take out."""
HOW_ONLY = (
    *("jobs", "threads", "device", "timeout", "memory", "overwrite"),
    *("password", "allow_signed"),  # these decide whether a document can be cleaned at all
)
"""Options that do not change what comes out."""
UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
"""Bytes of the units of a size."""
LAST_PAGE = 999_999
"""No document has a page of a larger number."""
SIDECARS = ("text", "hocr", "alto")
"""Files that can be written beside the output."""


def _asked(help_: str, default: Any = False, metavar: str = "") -> Any:
    """Return a field with the words that the command line says of it."""
    return field(default=default, metadata={"help": help_, "metavar": metavar})


@dataclass(frozen=True)
class Options:
    """What holds for every document of a call; the metadata of a field says what it does.

    Raises:
        UsageError: a value is out of its range; the option and the range are named.
    """

    format: str | None = _asked("Output format; default: the input's. E.g. png, pdf.", None, "EXT")
    for_ocr: bool = _asked("To be read: grey, small type enlarged, no pens.")
    for_neural: bool = _asked("To be read by a neural engine: own strokes and size.")
    ocr: bool = _asked("Make the PDF searchable.", metavar="[LANG]")
    text: bool = _asked("Write what is read beside the output, as text.")
    hocr: bool = _asked("The same as hOCR.")
    alto: bool = _asked("The same as ALTO.")
    lang: str = _asked("Languages that are read.", "eng", "LANG")
    looks: int = _asked("Read each page so often; words are voted on: 1 or 2.", 1, "N")
    ocr_engine: str = _asked("What reads: tesseract or rapidocr.", "tesseract", "NAME")
    grey: bool = _asked("Write grey pages.")
    bitonal: bool = _asked("Write black and white pages: CCITT G4 or JBIG2.")
    mrc: bool = _asked("Write PDF pages as sharp text over a coarse ground.")
    orient: bool = _asked("Turn pages upright.")
    deskew: bool = _asked("Turn pages level, to 0.1 degrees.")
    borders: bool = _asked("Whiten what is off the sheet: black borders, slivers of next pages.")
    split: bool = _asked("Cut spreads into two pages.")
    crop: bool = _asked("Cut off what is not the sheet.")
    flatten: bool = _asked("Undo perspective and curl of photographed sheets.")
    keep_desk: bool = _asked("Leave what the sheet lies on as it is.")
    paper: Paper = _asked("White, or the sheet's own tone, evened.", "white", "white|tone")
    drop: frozenset[str] = _asked("Take stamps, pens or both out.", frozenset(), "stamps,pens")
    force: bool = _asked("Clean born-digital pages, read pages with text.")
    strict: bool = _asked("Let one bad page fail its document.")
    allow_signed: bool = _asked("Change signed PDFs, whose signature breaks.")
    pages: frozenset[int] | None = _asked("Only these pages.", None, "1-3,7")
    leave: frozenset[int] = _asked("Leave these pages as they came.", frozenset(), "2,5-7")
    password: str | None = _asked("Opens a protected PDF.", None, "WORD")
    model: str = _asked("A shipped model's name or a model file.", "small", "MODEL")
    device: str = _asked("auto, cpu or cuda.", "auto", "DEVICE")
    gate: Gate = _asked(
        "What tells whether cleaning hurts a page, which then stays as it is.", "pixels"
    )
    jobs: int | None = _asked("Processes; else by cores and memory.", None, "N")
    threads: int | None = _asked("Of each process; else all cores.", None, "N")
    timeout: float | None = _asked("For a document; else by its pages.", None, "SECONDS")
    memory: str | None = _asked("A process may take, such as 2G.", None, "SIZE")
    overwrite: bool = _asked("Replace outputs that exist.")

    def __post_init__(self) -> None:
        """Refuse what no step could follow."""
        for name in ("jobs", "threads"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UsageError(f"--{name} must be at least 1, not {value}")
        if self.for_ocr and self.for_neural:
            raise UsageError("--for-ocr writes for Tesseract, --for-neural does not; give one")
        if self.looks not in LOOKS:
            raise UsageError(f"--looks must be 1 or 2, not {self.looks}")
        if self.timeout is not None and self.timeout <= 0:
            raise UsageError(f"--timeout must be more than 0 seconds, not {self.timeout:g}")
        if self.memory is not None:
            bytes_of(self.memory)
        if self.gate not in GATES:
            raise UsageError(f"--gate must be one of {', '.join(GATES)}, not '{self.gate}'")
        if self.paper not in PAPERS:
            raise UsageError(f"--paper must be one of {', '.join(PAPERS)}, not '{self.paper}'")
        for name in sorted(self.drop - set(DROPS)):
            raise UsageError(f"--drop takes {' and '.join(DROPS)}, not '{name}'")
        if self.pages is not None and (not self.pages or min(self.pages) < 1):
            raise UsageError("--pages holds no pages; they count from 1")
        if self.leave and min(self.leave) < 1:
            raise UsageError("--leave names pages, which count from 1")
        if not self.lang.strip("+ "):
            raise UsageError("--lang must name a language, such as eng or deu+eng")

    @property
    def to_be_read(self) -> bool:
        """Return whether what is written is to be read by an engine, not to be looked at."""
        return self.for_ocr or self.for_neural

    @property
    def sidecars(self) -> tuple[str, ...]:
        """Return the kinds of files written beside the output."""
        return tuple(kind for kind in SIDECARS if getattr(self, kind))

    @property
    def reads(self) -> tuple[str, ...]:
        """Return the kinds of layers the engine is asked for."""
        return (*(("pdf",) if self.ocr else ()), *self.sidecars)

    @property
    def suffix(self) -> str | None:
        """Return the format of outputs in a folder; None: each document's own."""
        return self.format or ("pdf" if self.ocr or self.mrc else None)

    @property
    def memory_bytes(self) -> int | None:
        """Return how much memory a process may take, in bytes; None: no limit."""
        return None if self.memory is None else bytes_of(self.memory)

    @classmethod
    def load(cls, path: Path | None = None, **overrides: Any) -> "Options":
        """Read the section [clean] of a recipe over the defaults, then overrides over both.

        Args:
            path: a TOML file; pages are written as on the command line ("1-3,7").
            overrides: values of fields; None leaves what the file or the default says.

        Raises:
            UnreadableInputError: the file is missing or is not TOML.
            UsageError: a section, a key or a value is wrong; what would work is named.
        """
        options = cls()
        if path is not None:
            tables = read_tables(path)
            check_sections(tables, path)
            options = cls.of_table(tables.get("clean", {}), f"{path}: [clean]")
        given = {name: value for name, value in overrides.items() if value is not None}
        return replace(options, **given)

    @classmethod
    def of_table(cls, table: Any, where: str = "[clean]") -> "Options":
        """Return the options that a table of plain values holds.

        Raises:
            UsageError: a key or a value is wrong; `where` and what would work are named.
        """
        values = dict(table) if isinstance(table, Mapping) else table
        pages, leave, drop = (
            values.pop(name, None) if isinstance(values, dict) else None
            for name in ("pages", "leave", "drop")
        )
        try:
            options = fill(cls(), values, where)
            listed: dict[str, Any] = {} if pages is None else {"pages": page_numbers(pages)}
            listed |= {} if leave is None else {"leave": page_numbers(leave)}
            listed |= {} if drop is None else {"drop": words(drop)}
            return replace(options, **listed)
        except UsageError as error:
            raise error if where in str(error) else UsageError(f"{where} {error}") from error

    def result_table(self) -> dict[str, Any]:
        """Return of `to_table` what changes the result: two calls with the same make the same."""
        return {name: value for name, value in self.to_table().items() if name not in HOW_ONLY}

    def to_table(self) -> dict[str, Any]:
        """Return what differs from the defaults, as plain values that `of_table` takes."""
        usual = asdict(Options())
        told = {name: value for name, value in asdict(self).items() if value != usual[name]}
        for name in ("pages", "leave"):
            if name in told:
                told[name] = ",".join(map(str, sorted(told[name])))
        if self.drop:
            told["drop"] = ",".join(sorted(self.drop))
        return told


def page_numbers(told: Any) -> frozenset[int]:
    """Return the page numbers that words such as "1-3,7" name.

    Raises:
        UsageError: they are no page range.
    """
    numbers: set[int] = set()
    for part in str(told).split(","):
        first, _, last = part.partition("-")
        if not (first.strip().isdecimal() and (last or first).strip().isdecimal()):
            raise UsageError(f"'{told}' is not a page range; write it like 1-3,7")
        if len((last or first).strip()) > len(str(LAST_PAGE)):
            raise UsageError(f"'{told}' names pages that no document has")
        numbers.update(range(int(first), int(last or first) + 1))
    if not numbers or min(numbers) < 1:
        raise UsageError(f"'{told}' holds no pages; they count from 1")
    return frozenset(numbers)


def words(told: Any) -> frozenset[str]:
    """Return the words of a list such as "stamps,pens", or of a list of a recipe."""
    listed = told if isinstance(told, (list, tuple, frozenset)) else str(told).split(",")
    return frozenset(str(word).strip() for word in listed if str(word).strip())


def bytes_of(told: str, option: str = "memory") -> int:
    """Return the bytes that words such as "2G", "1.5GB" or "800M" name.

    Args:
        told: the words.
        option: which option of the command line they are of.

    Raises:
        UsageError: they name no size.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*", told.lower())
    if not found or not float(found[1]):
        raise UsageError(f"--{option} must be a size such as 2G or 800M, not '{told}'")
    return int(float(found[1]) * UNITS[found[2]])


NAMES = tuple(item.name for item in fields(Options))
"""Every option, in the order in which help tells them."""
