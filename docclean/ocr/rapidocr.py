"""PP-OCR through RapidOCR and ONNX Runtime, in this process; its weights are in its package."""

import importlib.util
import time
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from docclean.errors import DoccleanError, MissingProgramError, UsageError
from docclean.ocr.engine import PageText, place
from docclean.ocr.markup import written
from docclean.ocr.reading_order import reading_order
from docclean.ocr.word_boxes import ReadLine, words_of
from docclean.page import Page

NOT_INSTALLED = "the engine rapidocr is not installed: pip install 'docclean[engines]'"

_LANGUAGES = """
    afr aze bos cat ces chi_sim chi_tra cym dan deu eng est eus fin fra gle glg hrv hun ind isl
    ita jpn kmr lat lav lit ltz mlt mri msa nld nor oci pol por que ron slk slv spa sqi srp_latn
    swa swe tur
"""
LANGUAGES = frozenset(_LANGUAGES.split())
"""Languages, as Tesseract names them, whose letters the weights of RapidOCR 3.10 know: one network
reads all of them. It claims Vietnamese and Uzbek too, and lacks letters of both."""

LONGEST_SIDE = 2000
"""Longest side, px, of the page in which lines are looked for; they are read at full resolution."""
LEAST_SURE = 0.5
"""Confidence 0..1 below which a line is no text; RapidOCR's own."""
_LOADING = Lock()
UPRIGHT = 1.5
"""Height of a line by its width from which RapidOCR turns it: its text runs downwards."""


@dataclass(frozen=True)
class RapidOcr:
    """PP-OCR through RapidOCR, on the processor: the same page gives the same text.

    Attributes:
        lang: languages as Tesseract names them, joined by '+'. They change nothing but whether
            they are refused: one network reads all it knows.
        threads: processor threads; None: all cores. They change no text.
    """

    name: ClassVar[str] = "rapidocr"
    neural: ClassVar[bool] = True

    lang: str = "eng"
    threads: int | None = field(default=None, repr=False, compare=False)

    def read(self, page: Page, *, words: bool = False) -> PageText:
        """Read one page.

        Raises:
            MissingProgramError: RapidOCR is not installed.
            UsageError: its weights do not know a language.
            DoccleanError: RapidOCR failed; the message carries its own words.
        """
        self.check_languages()
        with _LOADING:
            engine = _loaded(self.threads)
        started = time.perf_counter()
        try:
            lines = list(_read_lines(engine, page))
        except Exception as error:  # whatever OpenCV, Shapely or ONNX Runtime raise
            raise DoccleanError(f"{place(page)}: RapidOCR failed: {error}") from error
        corners = [line.quad for line in lines]
        order = reading_order(np.array(corners).reshape(-1, 4, 2))
        text = "\n\n".join(
            "\n".join(
                " ".join(word for n in line for word in lines[n].text.split()) for line in paragraph
            )
            for paragraph in order
        )
        found = [lines[n] for paragraph in order for line in paragraph for n in line]
        boxes = tuple(word for line in found for word in words_of(line)) if words else ()
        return PageText(text, boxes, time.perf_counter() - started)

    def layers(self, page: Page, kinds: Iterable[str]) -> dict[str, bytes]:
        """Read one page and return what was found as files; see `markup.written`.

        Raises:
            As `read`.
        """
        return written(self.read(page, words=True), page, kinds, self.title())

    def version(self) -> str:
        """Return the versions of RapidOCR, its weights and ONNX Runtime.

        Raises:
            MissingProgramError: RapidOCR is not installed.
        """
        return f"{self.title()}, onnxruntime {metadata.version('onnxruntime')}"

    def title(self) -> str:
        """Return what a report calls it: the package, its version and its weights.

        Raises:
            MissingProgramError: RapidOCR is not installed.
        """
        weights = ", ".join(_weights(part).stem for part in ("det", "rec"))
        return f"RapidOCR {metadata.version('rapidocr')} ({weights})"

    def check_languages(self) -> None:
        """Tell what is missing before a page is read.

        Raises:
            MissingProgramError: RapidOCR is not installed.
            UsageError: its weights do not know a language.
        """
        _weights("rec")
        unknown = [name for name in self.lang.split("+") if name not in LANGUAGES]
        if unknown:
            raise UsageError(
                f"RapidOCR does not read '{'+'.join(unknown)}': its weights know Latin letters, "
                f"Chinese and Japanese; read it with --engine tesseract"
            )


def _read_lines(engine: Any, page: Page) -> Iterator[ReadLine]:
    """Yield the lines RapidOCR finds on a page."""
    found, _, read, strips = engine.run_ocr_steps(_bgr(page), {})
    if found.boxes is None or read.txts is None:
        return
    size = [page.width, page.height]
    for quad, strip, text, sure, letters in zip(
        found.boxes, strips, read.txts, read.scores, read.word_results, strict=True
    ):
        if sure < LEAST_SURE or not text.strip():
            continue
        corners = np.clip(np.asarray(quad, np.float64), 0, size)
        columns = [column for word in letters.word_cols for column in word]
        places = [(column + 0.5) / letters.line_txt_len for column in columns]
        yield ReadLine(_from_start(corners), strip[..., 1], text, places, letters.confs)


def _from_start(quad: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the corners (4, 2) of a line from where its writing begins.

    RapidOCR reads a line that is much higher than wide downwards, turned by a quarter.
    """
    across = max(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[3] - quad[2]))
    down = max(np.linalg.norm(quad[0] - quad[3]), np.linalg.norm(quad[1] - quad[2]))
    return np.roll(quad, -1, 0) if int(down) >= UPRIGHT * max(1, int(across)) else quad


def _bgr(page: Page) -> NDArray[np.uint8]:
    """Return the pixels as OpenCV has them, (H, W, 3)."""
    if page.is_grey:
        return np.repeat(page.pixels[..., None], 3, axis=2)
    return np.ascontiguousarray(page.pixels[..., ::-1])


@cache
def _loaded(threads: int | None) -> Any:
    """Load the networks, once a process.

    Lines are taken as they stand. RapidOCR's own check whether one is upside down turned 3 % of
    the lines of upright pages: of 12 pages CER fell on 6 without it (7.8 % -> 1.0 % at best) and
    rose on none; pages are turned before they are read.

    Raises:
        MissingProgramError: RapidOCR is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what it imports: nothing a reader can act on
            from rapidocr import RapidOCR
    except ImportError as error:
        raise MissingProgramError(f"{NOT_INSTALLED} ({error})") from error
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "Global.use_vertical_padding": False,  # makes gigabytes of a page that is one line
            "Global.return_word_box": True,
            "Det.model_path": str(_weights("det")),  # named, so nothing is downloaded
            "Det.limit_type": "max",
            "Det.limit_side_len": LONGEST_SIDE,
            "Rec.model_path": str(_weights("rec")),
            "EngineConfig.onnxruntime.intra_op_num_threads": threads or -1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


@cache
def _weights(part: str) -> Path:
    """Return the file of the network that finds (`det`) or reads (`rec`) lines.

    Raises:
        MissingProgramError: RapidOCR is not installed, or its package has no such weights.
    """
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise MissingProgramError(NOT_INSTALLED)
    found = sorted(Path(spec.origin).parent.glob(f"models/*_{part}_*.onnx"))
    if not found:
        raise MissingProgramError(
            "the package rapidocr has no weights in it: pip install --force-reinstall rapidocr"
        )
    return found[0]
