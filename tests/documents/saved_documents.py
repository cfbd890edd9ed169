"""Shared by the tests beside: what they are made of."""

import io

from PIL import Image as Pillow

from docclean.documents import read_pages
from docclean.page import Page


def saved(image: Pillow.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def only(source: object) -> Page:
    (page,) = read_pages(source)  # type: ignore[arg-type]
    return page
