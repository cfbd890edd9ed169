"""How many pages a document has, and whether all of it is there."""

from pathlib import Path

from docclean.documents.base import decoding
from docclean.documents.reading import Input, as_source, detect, read_pages
from docclean.errors import DoccleanError

NAMED = 5
"""Pages named in one sentence."""


def page_count(source: Input, password: str | None = None) -> int:
    """Return how many pages a document has; 1 where that cannot be told."""
    opened = as_source(source)
    try:
        return max(1, detect(opened).count(opened, password))
    except DoccleanError:
        return 1  # told when it is read


def check_whole(path: Path, password: str | None = None) -> None:
    """Decode every page, and ask a PDF for its end and its table of objects.

    A document that is still being copied may open and lack its last pages, or half of one.

    Raises:
        UnreadableInputError: something is missing or damaged.
    """
    source = as_source(path)
    if detect(source).name != "pdf":
        for _ in read_pages(source):
            pass
        return
    import pikepdf

    from docclean.documents.pdf.checking import undecodable

    try:
        with pikepdf.open(path, password=password or "", attempt_recovery=False) as pdf:
            count = len(pdf.pages)
    except pikepdf.PasswordError:
        return  # told when it is read
    except (pikepdf.PdfError, ValueError) as error:
        why = " ".join(str(error).replace(str(path), "").split()).lstrip(": (")[:120]
        raise source.unreadable(
            f"is truncated or damaged ({why}); scan or copy it again"
        ) from error
    with decoding(source):
        bad = undecodable(path, range(1, count + 1), password)
    if bad:
        pages = ", ".join(map(str, bad[:NAMED])) + (", ..." if bad[NAMED:] else "")
        raise source.unreadable(f"is damaged: page {pages} cannot be decoded; scan it again")
