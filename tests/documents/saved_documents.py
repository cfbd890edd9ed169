"""Shared by the tests beside: what they are made of."""

import importlib.util
import io

from PIL import Image as Pillow

from docclean.documents import FORMATS, read_pages
from docclean.page import Page

HAS_HEIC = importlib.util.find_spec("pillow_heif") is not None
MEMBERS = [member for member in FORMATS if member.name != "heic" or HAS_HEIC]
"""Formats that can be written here."""
WITHOUT_DPI = ("pnm", "gif")
"""Formats that have no place for it."""


def saved(image: Pillow.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def only(source: object) -> Page:
    (page,) = read_pages(source)  # type: ignore[arg-type]
    return page
