"""A page's text: the engines that read it, and the files that hold what was read."""

from docclean.ocr.engine import OcrEngine, PageText, Word
from docclean.ocr.engines import ENGINES, check_engine, make_engine, read_layers
from docclean.ocr.rapidocr import RapidOcr
from docclean.ocr.tesseract import Tesseract

__all__ = [
    "ENGINES",
    "OcrEngine",
    "PageText",
    "RapidOcr",
    "Tesseract",
    "Word",
    "check_engine",
    "make_engine",
    "read_layers",
]
