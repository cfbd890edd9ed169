"""Documents in, pages out, and back."""

from docclean.documents.base import Format, Source, Ways
from docclean.documents.reading import (
    FORMATS,
    Input,
    as_source,
    detect,
    format_of,
    known_suffixes,
    read_pages,
)
from docclean.documents.wholeness import check_whole, page_count
from docclean.documents.writing import Output, write_pages, write_to

__all__ = [
    "FORMATS",
    "Format",
    "Input",
    "Output",
    "Source",
    "Ways",
    "as_source",
    "check_whole",
    "detect",
    "format_of",
    "known_suffixes",
    "page_count",
    "read_pages",
    "write_pages",
    "write_to",
]
