"""When, where and with what an evaluation was made."""

import datetime
import importlib.metadata
import os
import platform
from contextlib import suppress
from pathlib import Path

from docclean import __version__
from docclean.errors import MissingProgramError
from docclean.ocr.tesseract import tesseract_version
from docclean.scores.results import Environment


def environment() -> Environment:
    """Return date, machine and versions of what is installed."""
    versions = {"docclean": __version__}
    with suppress(MissingProgramError):
        versions["Tesseract"] = tesseract_version()
    versions["Python"] = platform.python_version()
    for name in ("onnxruntime", "numpy", "opencv-python-headless", "rapidfuzz", "rapidocr"):
        with suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    machine = f"{os.cpu_count()} cores, {_processor()}, {platform.system()}"
    return Environment(datetime.date.today().isoformat(), machine, versions)


def _processor() -> str:
    """Return the processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
