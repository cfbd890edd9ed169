"""Ways to treat a page before it is read: the bars, the rivals, and the cleaner itself."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from docclean.clean.type_size import enlarge as enlarged
from docclean.errors import MissingProgramError, UsageError
from docclean.evaluation.rivals.binarizing import (
    SAUVOLA_K,
    WINDOW,
    WOLF_K,
    Algorithm,
    binarize,
    lacks_doxapy,
)
from docclean.evaluation.rivals.classical import divide_background, divide_dilated
from docclean.evaluation.rivals.programs import TIMEOUT, Program
from docclean.ocr import OcrEngine, PageText
from docclean.ocr.tesseract import MAX_SIDE, tesseract_version
from docclean.page import Image, Page
from docclean.registry import Registry


@dataclass(frozen=True, eq=False)
class Treated:
    """A treated page, and what there is to say about it.

    Attributes:
        page: the page, to be looked at and held against its clean twin.
        note: what there is to say.
        enlarged: the page as the engine is to read it, where that is not `page`.
        shared: seconds of work on it that another contender has done and was charged for too.
        looks: other pictures of the page, of whatever size, which are read too.
    """

    page: Page
    note: str = ""
    enlarged: Page | None = None
    shared: float = 0.0
    looks: tuple[Page, ...] = ()

    @property
    def reading(self) -> Page:
        """Return the page the engine reads."""
        return self.enlarged or self.page


def _nothing() -> None:
    """Lack nothing."""


@dataclass(frozen=True)
class Contender:
    """A named way to treat a page before it is read.

    Attributes:
        name: what it is asked for by, and called in reports.
        about: what it is, in one line.
        treat: takes a page, grey or RGB, and leaves it as it is; returns another one, whose size
            may differ.
        variables: of the engine, where reading in another way is the treatment (Tesseract only).
        missing: returns what it lacks on this machine, None for nothing; see `lacking`.
        trial: treats a page with the help of the engine that will read it; then `treat` is not
            called.
        fuse: makes one reading of those of the page and its other looks, whose words have boxes in
            px of the first; None: the page is read once, as it was treated.
    """

    name: str
    about: str
    treat: Callable[[Page], Treated]
    variables: tuple[tuple[str, str], ...] = ()
    missing: Callable[[], str | None] = _nothing
    trial: Callable[[Page, OcrEngine], Treated] | None = None
    fuse: Callable[[Sequence[PageText]], PageText] | None = None

    def lacking(self) -> str | None:
        """Return None where it can run, else one sentence that says what to install."""
        return self.missing()


# --- in this process -----------------------------------------------------------------------------


def raw(page: Page) -> Treated:
    """Leave the page as it is."""
    return Treated(page)


def on_grey(page: Page, treat: Callable[[Image], Image]) -> Treated:
    """Treat the luma of a page: (H, W) uint8 -> (H, W) uint8."""
    return Treated(page.with_pixels(treat(page.grey())))


def enlarge(page: Page) -> Treated:
    """Double the luma's width and height by Lanczos, and the dpi with them.

    A page that Tesseract could then not read keeps its size, and the note says so.
    """
    grey = page.with_pixels(page.grey())
    if 2 * max(page.width, page.height) > MAX_SIDE:
        return Treated(grey, f"kept its size: twice that is more than {MAX_SIDE} px a side")
    return Treated(page.finer(enlarged(grey.pixels, 2), 2))


def _lacks_thresholding() -> str | None:
    try:
        version = tesseract_version()
    except MissingProgramError as error:
        return str(error)
    if int(version.partition(".")[0]) >= 5:
        return None
    return f"Tesseract {version} binarizes in one way only: install Tesseract 5 or later"


def _binarized(name: str, about: str, algorithm: Algorithm, k: float = 0.0) -> Contender:
    treat = partial(on_grey, treat=partial(binarize, algorithm=algorithm, k=k))
    return Contender(name, about, treat, missing=lacks_doxapy)


def _thresholded(method: int, about: str) -> Contender:
    variables = (("thresholding_method", str(method)),)
    return Contender(f"tesseract-{method}", about, raw, variables, _lacks_thresholding)


# --- by other programs ---------------------------------------------------------------------------

UNPAPER = Program(
    ("unpaper", "--dpi", "@DPI", "@IN.pnm", "@OUT.pnm"), install="apt-get install unpaper"
)
"""unpaper as it runs by default: it also straightens the page, centres it and wipes its rim."""

OCRMYPDF = Program(
    (
        *("ocrmypdf", "--quiet", "--jobs", "1", "--image-dpi", "@DPI", "--clean-final"),
        *("--tesseract-timeout", "0", "--optimize", "0", "--output-type", "pdf"),
        *("@IN.png", "@OUT.pdf"),
    ),
    install="pip install ocrmypdf",
)
"""What `ocrmypdf --clean` gives its OCR to read, kept in a PDF; no time for the OCR switches it
off. It renders the page anew, which softens the edges where the size in points is not whole, and
calls unpaper with options that move nothing and wipe less."""


def by_program(page: Page, program: Program) -> Treated:
    """Let a program treat the page; a page that keeps its size keeps its dpi, None included."""
    made = program(page)
    if (made.height, made.width) == (page.height, page.width):
        made = replace(made, dpi=page.dpi)
    return Treated(made)


def _lacks(*programs: Program) -> str | None:
    return next((lack for program in programs if (lack := program.lacking())), None)


def command_contender(spec: str, timeout: float = TIMEOUT) -> Contender:
    """Make a command line a contender: 'NAME=program @IN @OUT', or without a name the program's.

    See `Program` for what may stand in the command.

    Raises:
        UsageError: no program, no @IN or no @OUT, or an open quotation mark.
    """
    named = re.fullmatch(r"\s*([^\s=/'\"@]+)=(.*)", spec, re.DOTALL)
    name, command = (named[1], named[2]) if named else ("", spec)
    if not command.strip():
        raise UsageError(f"the contender '{spec}' has no command: write 'NAME=program @IN @OUT'")
    program = replace(Program.parse(command), timeout=timeout)
    return Contender(
        name or program.name,
        f"the command {program}",
        partial(by_program, program=program),
        missing=program.lacking,
    )


# --- all of them ----------------------------------------------------------------------------------

CONTENDERS: Registry[Contender] = Registry(
    "contender",
    [
        Contender("raw", "the page as it is", raw),
        Contender("grey", "its luma", partial(on_grey, treat=lambda grey: grey)),
        Contender("grey-x2", "its luma enlarged twice (Lanczos), dpi doubled", enlarge),
        Contender(
            "divide",
            "its luma divided by a median background",
            partial(on_grey, treat=divide_background),
        ),
        Contender(
            "divide-dilated",
            "its luma divided by a dilated background",
            partial(on_grey, treat=divide_dilated),
        ),
        _binarized("otsu", "binarized by one threshold (Otsu)", "OTSU"),
        _binarized("sauvola", f"binarized by Sauvola, {WINDOW} px, k 0.2", "SAUVOLA", SAUVOLA_K),
        _binarized("wolf", f"binarized by Wolf, {WINDOW} px, k 0.5", "WOLF", WOLF_K),
        Contender(
            "unpaper",
            "unpaper with its own defaults",
            partial(by_program, program=UNPAPER),
            missing=partial(_lacks, UNPAPER),
        ),
        Contender(
            "ocrmypdf-clean",
            "what ocrmypdf --clean gives its OCR",
            partial(by_program, program=OCRMYPDF),
            missing=partial(_lacks, OCRMYPDF, UNPAPER),
        ),
        _thresholded(0, "the page as it is, binarized by Tesseract's default (Otsu)"),
        _thresholded(1, "the page as it is, binarized by Leptonica's adaptive Otsu in Tesseract"),
        _thresholded(2, "the page as it is, binarized by Sauvola in Tesseract"),
    ],
    key=lambda contender: contender.name,
)
"""The contenders that need no model, by name, bars first."""
