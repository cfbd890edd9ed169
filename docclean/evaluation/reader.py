"""Reads pages and remembers: the same pixels are never read twice."""

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from docclean.errors import OutputError, UnreadableInputError, UsageError
from docclean.evaluation.rivals.meter import Meter
from docclean.ocr import OcrEngine, PageText, Tesseract, Word
from docclean.ocr.engine import version_of
from docclean.page import Page
from docclean.scores.results import Cost

LINE_START = '{"key": "'
VIEWS = (None, 150.0, 300.0)
"""What the views of a page say of its dots per inch. The pixels are the same, and yet Tesseract
lays out the page in another way: the spread over them is the noise of the instrument."""
Variables = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Read:
    """What an engine read on a page and what that took."""

    found: PageText
    cost: Cost


def views_of(page: Page, count: int) -> tuple[Page, ...]:
    """Return a page as it came for one view, else under the first `count` of `VIEWS`."""
    if count == 1:
        return (page,)
    return tuple(replace(page, dpi=(dpi, dpi) if dpi else None) for dpi in VIEWS[:count])


def told_views(count: int) -> str:
    """Say under which views pages are read; nothing of one."""
    dpi = ", ".join("unsaid" if dpi is None else f"{dpi:.0f}" for dpi in VIEWS[:count])
    return f", {count} views a page (dpi {dpi}), scores averaged" if count > 1 else ""


@dataclass(frozen=True)
class Cache:
    """Readings kept in a file, one JSON line each, so that a stopped run goes on where it was.

    A reading is known by the pixels, the dpi, the engine's settings and version.
    """

    path: Path
    known: dict[str, Read] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def load(cls, path: Path) -> "Cache":
        """Load what an earlier run has read; a line cut off by its end is dropped.

        Raises:
            UnreadableInputError: the file is there and is no such cache.
        """
        if not path.exists():
            return cls(path)
        try:
            text = path.read_text("utf-8")
            told = [one for line in text.splitlines() if (one := _parsed(line)) is not None]
            known = {one["key"]: _read_of(one) for one in told}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UnreadableInputError(
                f"{path}: is not a cache of readings; remove it or name another file"
            ) from error
        cache = cls(path, known)
        if text and not text.endswith("\n"):
            cache._append("\n")
        return cache

    def add(self, key: str, read: Read) -> None:
        """Keep one reading, in memory and at the end of the file.

        Raises:
            OutputError: the file cannot be written.
        """
        told = {"key": key, "found": asdict(read.found), "cost": asdict(read.cost)}
        with self.lock:
            self.known[key] = read
            self._append(json.dumps(told, ensure_ascii=False) + "\n")

    def _append(self, text: str) -> None:
        try:
            with self.path.open("a", encoding="utf-8") as stream:
                stream.write(text)
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be written: {error.strerror}") from error


@dataclass(frozen=True)
class Reader:
    """Reads the contenders' pages of one document; pages that are equal are read once."""

    engine: OcrEngine
    cache: Cache | None = None
    known: dict[str, Read] = field(default_factory=dict)

    def read(self, page: Page, variables: Variables = (), *, words: bool = False) -> Read:
        """Return the text of a page read with these variables of Tesseract.

        Raises:
            UsageError: variables for an engine that has none.
            DoccleanError: the engine's own errors.
        """
        engine = self.engine
        if variables:
            if not isinstance(engine, Tesseract):
                raise UsageError(f"the engine '{engine.name}' cannot be told {dict(variables)}")
            engine = replace(engine, variables=engine.variables + variables)
        key = _key(engine, page, words)
        read = self._known(key)
        if read is None and not words:  # what was read with its words serves those who need none
            read = self._known(_key(engine, page, True))
        if read is None:
            with Meter() as meter:
                found = engine.read(page, words=words)
            read = Read(found, replace(meter.cost, seconds=found.seconds))
            if self.cache:
                self.cache.add(key, read)
        self.known[key] = read
        return read

    def _known(self, key: str) -> Read | None:
        stored: Mapping[str, Read] = self.cache.known if self.cache else {}
        return self.known.get(key) or stored.get(key)


def _key(engine: OcrEngine, page: Page, words: bool) -> str:
    told = f"{version_of(engine)} {engine!r} {page.dpi} {page.pixels.shape} {words}"
    digest = hashlib.blake2b(told.encode(), digest_size=20)
    digest.update(page.pixels.data if page.pixels.flags.c_contiguous else page.pixels.tobytes())
    return digest.hexdigest()


def _parsed(line: str) -> dict[str, Any] | None:
    """Return one line, None for one that the end of a run cut off."""
    try:
        told: dict[str, Any] = json.loads(line)
    except ValueError:
        if not line or line.startswith(LINE_START):
            return None
        raise
    return told


def _read_of(told: dict[str, Any]) -> Read:
    found = told["found"]
    words = tuple(Word(**word) for word in found["words"])
    return Read(PageText(found["text"], words, found["seconds"]), Cost(**told["cost"]))
