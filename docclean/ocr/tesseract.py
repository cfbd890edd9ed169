"""Tesseract through pytesseract, one child process a page."""

import os
import shlex
import subprocess
import tempfile
import time
from collections import ChainMap
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from PIL import Image

from docclean.errors import DoccleanError, MissingProgramError, UnreadableInputError
from docclean.ocr.engine import PageText, Word, place
from docclean.page import Page

MAX_SIDE = 32767
"""Tesseract's limit on either side of an image, px (it keeps coordinates in 16 bits)."""

NO_TESSERACT = "the program tesseract is not installed: apt-get install tesseract-ocr"

DPI_RANGE = (70, 2400)
"""The resolutions Tesseract takes seriously, dots per inch."""

LAYERS = {
    "text": (".txt", "-c tessedit_create_txt=1"),
    "hocr": (".hocr", "-c tessedit_create_hocr=1"),
    "alto": (".xml", "-c tessedit_create_alto=1"),
    "pdf": (".pdf", "-c tessedit_create_pdf=1 -c textonly_pdf=1"),
}
"""Kinds of files Tesseract writes: the suffix it gives them, the switch that asks for them."""


@cache
def caller() -> Any:
    """Return pytesseract, loaded where Tesseract is first called: it brings all of pandas along.

    Two Tesseracts of one thread each read more pages a minute than one with two threads, whose
    OpenMP sections mostly wait for each other; so every child gets one, and speed comes from
    `jobs`. pytesseract hands its module's `environ` to the child: changed there, the limit stays
    out of our own process, where it would slow a training down. A value set by the user comes
    first.
    """
    import pytesseract

    pytesseract.pytesseract.environ = ChainMap(os.environ, {"OMP_THREAD_LIMIT": "1"})
    return pytesseract


@dataclass(frozen=True)
class Tesseract:
    """Tesseract through pytesseract, one child process a page.

    Attributes:
        lang: language packs, joined by '+', such as 'eng' or 'deu+fra'.
        psm: page segmentation mode 0..13; None leaves Tesseract's own (3, automatic).
        timeout: seconds after which a page is given up.
        variables: names and values of Tesseract's own variables (`tesseract --print-parameters`).
    """

    name: ClassVar[str] = "tesseract"

    lang: str = "eng"
    psm: int | None = None
    timeout: float = 600.0
    variables: tuple[tuple[str, str], ...] = ()

    def read(self, page: Page, *, words: bool = False) -> PageText:
        """Read one page with one call of the program.

        Raises:
            MissingProgramError: Tesseract or a language pack is not installed.
            UnreadableInputError: a side is longer than 32,767 px, or time ran out.
            DoccleanError: Tesseract failed; the message carries its own words.
        """
        self._check(page)
        image = Image.fromarray(page.pixels)
        arguments = self._arguments(page)
        image.format = "PPM"  # the file between the two programs: no time spent on compressing it
        started = time.perf_counter()
        try:
            if words:
                text, boxes = parse_tsv(caller().image_to_data(image, **arguments))
            else:
                text, boxes = caller().image_to_string(image, **arguments), ()
        except caller().TesseractError as error:
            raise DoccleanError(f"{place(page)}: Tesseract failed: {error.message}") from error
        except RuntimeError as error:  # pytesseract's word for a timeout
            raise self._late(page) from error
        return PageText(text.strip(), boxes, time.perf_counter() - started)

    def layers(self, page: Page, kinds: Iterable[str]) -> dict[str, bytes]:
        """Read one page with one call and return what was found as files.

        Args:
            page: the page.
            kinds: of `LAYERS`: `text`, `hocr`, `alto`, and `pdf`, a page of invisible text.

        Raises:
            As `read`.
        """
        self._check(page)
        wanted = dict.fromkeys(kinds)
        arguments = self._arguments(page)
        config = " ".join([arguments["config"], *(LAYERS[kind][1] for kind in wanted)])
        with tempfile.TemporaryDirectory(prefix="docclean-") as folder:
            image, base = f"{folder}/page.ppm", f"{folder}/page"
            Image.fromarray(page.pixels).save(image)
            try:
                caller().pytesseract.run_tesseract(
                    image, base, "", arguments["lang"], config, timeout=self.timeout
                )
            except caller().TesseractError as error:
                raise DoccleanError(f"{place(page)}: Tesseract failed: {error.message}") from error
            except RuntimeError as error:
                raise self._late(page) from error
            return {kind: Path(base + LAYERS[kind][0]).read_bytes() for kind in wanted}

    def _late(self, page: Page) -> UnreadableInputError:
        return UnreadableInputError(
            f"{place(page)}: Tesseract had not finished after {self.timeout:g} s; "
            "give it a longer timeout or a smaller page"
        )

    def _arguments(self, page: Page) -> dict[str, Any]:
        options = [] if self.psm is None else [f"--psm {self.psm}"]
        options += [shlex.join(("-c", f"{name}={value}")) for name, value in self.variables]
        # The dpi a file states, even a doubtful 72, read better than Tesseract's guess from the
        # height of the letters: of 9 typewritten pages CER fell on 4 (5.5 % -> 2.9 % at best) and
        # rose on none. Outside 70..2400 Tesseract warns and uses the nonsense all the same.
        if page.dpi and DPI_RANGE[0] <= round(page.dpi[1]) <= DPI_RANGE[1]:
            options.append(f"--dpi {round(page.dpi[1])}")
        return {"lang": self.lang, "config": " ".join(options), "timeout": self.timeout}

    def version(self) -> str:
        """Return the version of the program; see `tesseract_version`."""
        return tesseract_version()

    def title(self) -> str:
        """Return what a report calls it: the program and how it is called."""
        return f"Tesseract -l {self.lang}" + ("" if self.psm is None else f" --psm {self.psm}")

    def check_languages(self) -> None:
        """Tell what is missing before a page is read.

        Raises:
            MissingProgramError: Tesseract or a language pack is not installed.
        """
        # Of several languages Tesseract leaves out those it has not, and reads with the others
        missing = [name for name in self.lang.split("+") if name not in installed_languages()]
        if missing:
            raise MissingProgramError(
                f"Tesseract has no language pack for '{'+'.join(missing)}': apt-get install "
                + " ".join(map(_package, missing))
            )

    def _check(self, page: Page) -> None:
        """Meet the failures Tesseract hides or words badly before it is started."""
        self.check_languages()
        if max(page.width, page.height) > MAX_SIDE:
            raise UnreadableInputError(
                f"{place(page)}: {page.width} x {page.height} px is more than Tesseract reads "
                f"({MAX_SIDE} px a side); cut the page or scale it down"
            )


def parse_tsv(table: str) -> tuple[str, tuple[Word, ...]]:
    """Return the text and the words of Tesseract's TSV output.

    Columns: level, page, block, paragraph, line, word, left, top, width, height, conf, text;
    level 5 is a word. Lines and paragraphs are put together as Tesseract's text output does it.
    """
    words: list[Word] = []
    text = ""
    before: list[str] = []
    for row in table.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) < 12 or cells[0] != "5" or not cells[11].strip():
            continue
        left, top, width, height = (int(cell) for cell in cells[6:10])
        words.append(Word(cells[11], left, top, width, height, float(cells[10])))
        if before:
            same_paragraph, same_line = cells[1:4] == before[1:4], cells[1:5] == before[1:5]
            text += " " if same_line else "\n" if same_paragraph else "\n\n"
        text += cells[11]
        before = cells
    return text, tuple(words)


@cache
def installed_languages() -> frozenset[str]:
    """Return the language packs Tesseract finds.

    Raises:
        MissingProgramError: Tesseract itself is not installed.
    """
    try:
        program = caller().pytesseract.tesseract_cmd
        done = subprocess.run([program, "--list-langs"], capture_output=True, check=False)
    except OSError as error:
        raise MissingProgramError(NO_TESSERACT) from error
    told = (done.stdout or done.stderr).decode("utf-8", "replace")  # 3 told it as an error
    return frozenset(line.strip() for line in told.splitlines()[1:] if line.strip())


def _package(language: str) -> str:
    """Return the Debian package of a language: deu_latf, script/Latin."""
    return f"tesseract-ocr-{language.lower().replace('_', '-').replace('/', '-')}"


@cache
def tesseract_version() -> str:
    """Return the version of the program.

    Raises:
        MissingProgramError: Tesseract is not installed.
    """
    try:
        return str(caller().get_tesseract_version())
    except caller().TesseractNotFoundError as error:
        raise MissingProgramError(NO_TESSERACT) from error
