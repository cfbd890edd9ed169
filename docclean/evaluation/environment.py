"""When, where and with what an evaluation was made."""

import datetime
import importlib.metadata
import platform
from contextlib import suppress

from docclean import __version__
from docclean.errors import MissingProgramError
from docclean.machine import machine
from docclean.ocr.tesseract import tesseract_version
from docclean.scores.environment import Environment


def environment() -> Environment:
    """Return date, machine and versions of what is installed."""
    versions = {"docclean": __version__}
    with suppress(MissingProgramError):
        versions["Tesseract"] = tesseract_version()
    versions["Python"] = platform.python_version()
    for name in ("onnxruntime", "numpy", "opencv-python-headless", "rapidfuzz", "rapidocr"):
        with suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    return Environment(datetime.date.today().isoformat(), machine(), versions)
