"""A page's text: the engines that read it, and the files that hold what was read."""

from docclean.ocr.engine import OcrEngine, PageText, Word
from docclean.ocr.tesseract import Tesseract
from docclean.registry import Registry

__all__ = ["ENGINES", "OcrEngine", "PageText", "Tesseract", "Word"]

ENGINES: Registry[type[OcrEngine]] = Registry("engine", [Tesseract], key=lambda engine: engine.name)
"""The OCR engines, by name."""
