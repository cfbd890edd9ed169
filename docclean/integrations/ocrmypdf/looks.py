"""Two looks at a page inside OCRmyPDF: its own Tesseract reads both, and their words vote.

The second look lies beside the picture that is to be read, in OCRmyPDF's working folder; a page
without one is read as ever.
"""

import logging
from pathlib import Path
from typing import Any

import numpy as np
from ocrmypdf.builtin_plugins.tesseract_ocr import TesseractOcrEngine
from PIL import Image as Pillow

from docclean.integrations.ocrmypdf.asked import FIRST, SECOND
from docclean.ocr.engine import PageText
from docclean.ocr.fusion import brought, fused
from docclean.ocr.hocr import read_hocr
from docclean.ocr.markup import written
from docclean.page import Page

log = logging.getLogger("ocrmypdf.docclean")


def second_look(first: Path) -> Path:
    """Return where the second look lies beside the picture that is read."""
    return first.with_name(first.name.removesuffix(FIRST) + SECOND)


class LooksEngine(TesseractOcrEngine):
    """OCRmyPDF's Tesseract, which reads a page's second look as well where there is one."""

    @staticmethod
    def generate_hocr(input_file: Path, output_hocr: Path, output_text: Path, options: Any) -> None:
        """Read the page; where it has two looks, leave what both together say."""
        _read(input_file, output_hocr, output_text, options)
        other = second_look(Path(input_file))
        if not other.exists():
            return
        beside = other.with_suffix(".hocr")
        try:
            _read(other, beside, other.with_suffix(".txt"), options)
            _vote(Path(input_file), other, Path(output_hocr), beside, Path(output_text))
        except Exception as error:  # what was read first stays
            log.warning("docclean: a page is read once: %s", str(error) or type(error).__name__)


def _read(picture: Path, hocr: Path, text: Path, options: Any) -> None:
    """Let OCRmyPDF's own Tesseract read a picture, with all that its user has asked for."""
    TesseractOcrEngine.generate_hocr(  # type: ignore[no-untyped-call]
        input_file=picture, output_hocr=hocr, output_text=text, options=options
    )


def _vote(first: Path, second: Path, hocr: Path, beside: Path, text: Path) -> None:
    """Put what both looks say in the place of what the first one said."""
    page, other = (_shape(path) for path in (first, second))
    looks: list[PageText] = [
        read_hocr(hocr.read_bytes()),
        brought(read_hocr(beside.read_bytes()), page.width / other.width),
    ]
    made = written(fused(looks), page, ["hocr", "text"], "Tesseract, docclean: 2 looks")
    hocr.write_bytes(made["hocr"])
    text.write_bytes(made["text"])


def _shape(path: Path) -> Page:
    """Return a page of the picture's size and dots per inch; its pixels are not decoded."""
    with Pillow.open(path) as picture:
        dpi = picture.info.get("dpi")
        blank = np.broadcast_to(np.uint8(255), (picture.height, picture.width))
    return Page(blank, dpi and (float(dpi[0]), float(dpi[1])))
