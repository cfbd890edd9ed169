"""Any program that turns one image file into another, run on a page."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

from PIL import Image as Pillow

from docclean.documents import format_of, read_pages, write_pages
from docclean.documents.base import Source, check_size, decoding
from docclean.errors import (
    DoccleanError,
    MissingProgramError,
    OutputError,
    UnreadableInputError,
    UsageError,
)
from docclean.ocr.engine import place
from docclean.ocr.tesseract import DPI_RANGE
from docclean.page import Page

TIMEOUT = 600.0
"""Seconds after which a program is stopped."""

ASSUMED_DPI = 300
"""What @DPI becomes for a page that names no sensible resolution, dots per inch."""

PNM_SUFFIXES = (".pnm", ".ppm", ".pgm")
"""The plainest image files; `docclean.documents` has no use for them, older programs do."""

_PLACE = re.compile(r"@(IN|OUT)(\.\w+)?(?!\w)")
_DPI = re.compile(r"@DPI(?!\w)")
_RUNNING: set["subprocess.Popen[bytes]"] = set()
_STARTING = threading.Lock()
"""Held from a program's start until it stands in `_RUNNING`."""


@dataclass(frozen=True)
class Program:
    """A command line with places for a page's file, and for the file it makes of it.

    '@IN' and '@OUT' become paths in a folder of their own, ending in '.png'; '@OUT.tif' asks for
    another suffix, one that `docclean.documents` knows or one of `PNM_SUFFIXES`. '@DPI' becomes
    the page's vertical resolution. Paths in the command are seen from the current folder.

    Attributes:
        arguments: the program and its arguments; no shell sees them.
        timeout: seconds after which it is stopped.
        install: how to get the program, for the message where it is missing.
    """

    arguments: tuple[str, ...]
    timeout: float = TIMEOUT
    install: str = ""

    def __post_init__(self) -> None:
        """Refuse a command that could not be run on any page.

        Raises:
            UsageError: no program, no @IN or no @OUT, two suffixes of one, or an unknown one.
        """
        if not self.arguments or _PLACE.search(self.arguments[0]):
            raise UsageError("a command begins with a program: write 'program @IN @OUT'")
        for where in ("IN", "OUT"):
            found = self._suffixes(where)
            if not found:
                raise UsageError(
                    f"the command '{self}' has no @{where}: write 'program @IN @OUT', "
                    "@IN for the page's file and @OUT for the cleaned one"
                )
            if len(found) > 1:
                raise UsageError(f"the command '{self}' gives @{where} two suffixes; keep one")
            if next(iter(found)) not in PNM_SUFFIXES:
                format_of(next(iter(found)), f"@{where}")

    @classmethod
    def parse(cls, command: str) -> "Program":
        """Split a command line as a shell would.

        Raises:
            UsageError: see above, or a quotation mark that is never closed.
        """
        try:
            return cls(tuple(shlex.split(command)))
        except ValueError as error:
            raise UsageError(f"the command '{command}' cannot be split ({error})") from error

    def __str__(self) -> str:
        """Return the command line."""
        return shlex.join(self.arguments)

    @property
    def name(self) -> str:
        """The program's name without its folder."""
        return Path(self.arguments[0]).name

    def lacking(self) -> str | None:
        """Return None where the program is here, else one sentence that says how to get it."""
        if find_program(self.arguments[0]):
            return None
        step = self.install or "install it, or give its path"
        return f"the program {self.arguments[0]} is not installed or not executable: {step}"

    def __call__(self, page: Page) -> Page:
        """Return what the program makes of a page; its size may change.

        The page keeps its number and source, and its dpi where the program's file names none.

        Raises:
            MissingProgramError: the program is not installed.
            DoccleanError: it failed, hung, or left no single readable page.
        """
        executable = find_program(self.arguments[0])
        if not executable:
            raise MissingProgramError(str(self.lacking()))
        with tempfile.TemporaryDirectory(prefix="docclean-", ignore_cleanup_errors=True) as folder:
            given = Path(folder, f"in{next(iter(self._suffixes('IN')))}")
            made = Path(folder, f"out{next(iter(self._suffixes('OUT')))}")
            _write(page, given)
            files = {"IN": str(given), "OUT": str(made)}
            rest = [self._filled(one, files, page) for one in self.arguments[1:]]
            self._run([executable, *rest], page, Path(folder))
            if not made.exists() or not made.stat().st_size:
                raise DoccleanError(
                    f"{place(page)}: {self.name} ended well but wrote nothing to @OUT; "
                    f"check the command '{self}'"
                )
            try:
                made_page = _read(made)
            except (UnreadableInputError, UsageError) as error:
                why = str(error).removeprefix(f"{made} ")
                raise DoccleanError(f"{place(page)}: what {self.name} wrote {why}") from error
        return replace(page, pixels=made_page.pixels, dpi=made_page.dpi or page.dpi)

    def _suffixes(self, where: str) -> set[str]:
        places = [found for one in self.arguments for found in _PLACE.finditer(one)]
        return {(one[2] or ".png").lower() for one in places if one[1] == where}

    def _filled(self, argument: str, files: dict[str, str], page: Page) -> str:
        dpi = round(page.dpi[1]) if page.dpi else 0
        sensible = dpi if DPI_RANGE[0] <= dpi <= DPI_RANGE[1] else ASSUMED_DPI
        argument = _DPI.sub(str(sensible), argument)
        return _PLACE.sub(lambda found: files[found[1]], argument)

    def _run(self, command: list[str], page: Page, folder: Path) -> None:
        words = folder / "stderr"
        # what the program keeps in temporary files goes with the folder, even if it is killed
        surroundings = os.environ | {"TMPDIR": str(folder)}
        try:
            with words.open("wb") as stderr, _STARTING:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=stderr,
                    env=surroundings,
                    start_new_session=True,
                )
                _RUNNING.add(process)
        except OSError as error:
            raise DoccleanError(
                f"{place(page)}: {self.name} cannot be started ({error.strerror}); "
                f"check the command '{self}'"
            ) from error
        hung = _wait(process, self.timeout)
        if hung:
            raise DoccleanError(
                f"{place(page)}: {self.name} had not finished after {self.timeout:g} s and was "
                "stopped; try it by hand on this page"
            )
        status = process.returncode
        if status:
            how = (
                f"ended with status {status}" if status > 0 else f"was stopped by signal {-status}"
            )
            raise DoccleanError(
                f"{place(page)}: {self.name} {how}: {last_words(words) or 'it gave no reason'}"
            )


def find_program(name: str) -> str | None:
    """Return the path of a program on PATH or beside this Python, None where there is none."""
    return shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))


def stop_programs() -> None:
    """Stop every program that is running now, with all it started.

    For the main thread after Ctrl-C: the programs have sessions of their own, so the terminal does
    not reach them, and the threads that wait for them are not interrupted.
    """
    with _STARTING:
        for process in list(_RUNNING):
            _kill(process)


def last_words(path: Path) -> str:
    """Return the last line of a log that tells of an error, else its last line."""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - 4096))
        text = stream.read().decode("utf-8", "replace")
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if re.search("error", line, re.IGNORECASE)] or lines
    return telling[-1][:300] if telling else ""


def _wait(process: "subprocess.Popen[bytes]", timeout: float) -> bool:
    """Wait for a process; return whether it had to be stopped. Nothing it started outlives it."""
    hung = threading.Event()

    def stop() -> None:
        hung.set()
        _kill(process)

    # Popen.wait with a timeout polls, up to 50 ms late: too coarse for what is being timed
    timer = threading.Timer(timeout, stop)
    timer.daemon = True
    try:
        timer.start()
        process.wait()
    finally:
        timer.cancel()
        _kill(process)
        process.wait()
        _RUNNING.discard(process)
    return hung.is_set()


def _kill(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _write(page: Page, path: Path) -> None:
    if path.suffix in PNM_SUFFIXES:
        kind = b"P5" if page.is_grey else b"P6"
        with path.open("wb") as stream:
            stream.write(b"%s\n%d %d\n255\n" % (kind, page.width, page.height))
            stream.write(page.pixels.tobytes())
        return
    try:
        write_pages([page], path)
    except OutputError as error:
        raise DoccleanError(f"{place(page)}: {error}") from error


def _read(path: Path) -> Page:
    with path.open("rb") as stream:
        head = stream.read(2)
    source: Path | bytes = path
    if re.fullmatch(rb"P[1-6]", head):  # told by content: unpaper writes PNM whatever the suffix
        source = _pnm_as_tiff(path)
    pages = read_pages(source)
    first = next(pages)
    if next(pages, None) is not None:
        raise UnreadableInputError(f"{path} has more than one page; let it write one")
    return first


def _pnm_as_tiff(path: Path) -> bytes:
    """Wrap a PNM's pixels, 1, 8 or 16 bits each, in a format `docclean.documents` reads."""
    source = Source(str(path), path)
    buffer = BytesIO()
    with decoding(source), Pillow.open(path) as image:
        check_size(source, image.width, image.height)
        image.save(buffer, "TIFF")
    return buffer.getvalue()
