"""Shared by the tests beside: what they are made of."""

import io

import numpy as np
from PIL import Image as Pillow


def one_line(stderr: str, name: str) -> str:
    """Assert what holds for every failure: one line that names the file, and no traceback."""
    (line,) = stderr.splitlines()
    assert line.startswith("docclean: ")
    assert name in line
    assert "Traceback" not in stderr
    return line


def image_bytes(kind: str, size: tuple[int, int] = (120, 90)) -> bytes:
    noise = np.random.default_rng(0).integers(0, 255, size[::-1], dtype=np.uint8)
    buffer = io.BytesIO()
    Pillow.fromarray(noise).save(buffer, kind)
    return buffer.getvalue()
