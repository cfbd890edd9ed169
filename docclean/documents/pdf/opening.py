"""A PDF opened twice: pikepdf checks, repairs and edits it, PDFium decodes and renders."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO

import pikepdf
import pypdfium2 as pdfium

from docclean.documents.base import Source, decoding
from docclean.documents.pdf.apart import apart
from docclean.errors import ProtectedInputError

logger = logging.getLogger(__name__)

READ = pikepdf.AccessMode.stream
"""Files are read, not mapped: a long document that is mapped counts as memory, in each process."""
BEYOND_REPAIR = "is a damaged PDF and cannot be repaired; fetch or scan it again"
TAIL = 2048
"""Bytes at a file's end in which every whole PDF has its end mark."""


@contextmanager
def opened(
    source: Source, password: str | None, *, tell: bool = False
) -> Iterator[tuple[pikepdf.Pdf, pdfium.PdfDocument]]:
    """Open a PDF with both libraries; with `tell`, a repair is logged.

    Raises:
        ProtectedInputError: it wants a password.
        UnreadableInputError: it is damaged beyond repair.
    """
    with decoding(source):
        if not apart(source, lambda: _opens(source, password)):
            raise source.unreadable(BEYOND_REPAIR)
        pdf = _checked(source, password)
    with pdf:
        with decoding(source):
            repaired = bool(pdf.get_warnings())
            document = _for_pdfium(pdf, source, password, repaired)
        if tell and repaired:
            logger.warning("%s is damaged and was repaired; compare its pages", source.name)
        try:
            yield pdf, document
        finally:
            document.close()


def check_permission(pdf: pikepdf.Pdf, source: Source, *, allow_signed: bool = False) -> None:
    """Refuse to change a PDF whose owner forbids it, or whose signature would break.

    Raises:
        ProtectedInputError: without the owner's password, or without `allow_signed`.
    """
    if pdf.is_encrypted and not pdf.owner_password_matched and not pdf.allow.modify_other:
        raise ProtectedInputError(
            f"{source.name} does not permit changes; give its owner's password with --password"
        )
    if not allow_signed and is_signed(pdf):
        raise ProtectedInputError(
            f"{source.name} is signed and cleaning would break the signature; "
            "clean a copy that is not, or add --allow-signed"
        )


def is_signed(pdf: pikepdf.Pdf) -> bool:
    """Say whether a signature is in the document, of a person or of a certifying program."""
    perms = pdf.Root.get("/Perms", pikepdf.Dictionary())
    if any(key in perms for key in ("/DocMDP", "/UR3", "/UR")):
        return True
    fields = list(pdf.Root.get("/AcroForm", pikepdf.Dictionary()).get("/Fields", []))
    seen: set[tuple[int, int]] = set()
    while fields:
        field = fields.pop()
        if not isinstance(field, pikepdf.Dictionary) or (field.objgen in seen and field.objgen[0]):
            continue
        seen.add(field.objgen)
        if field.get("/FT") == "/Sig" and "/V" in field:
            return True
        fields += list(field.get("/Kids", []))
    return False


def _opens(source: Source, password: str | None) -> bool:
    """Open a document with both libraries in a process that may die; False where it is no PDF.

    For want of memory qpdf tells of damage too, so what fails here is not tried without a bound.
    """
    given = source.path or BytesIO(source.data)
    try:
        with pikepdf.open(given, password=password or "", access_mode=READ) as pdf:
            len(pdf.pages)
    except pikepdf.PasswordError:
        return True  # told when it is opened here
    except pikepdf.PdfError:
        return False
    with suppress(pdfium.PdfiumError):  # it may read what pikepdf writes of it
        pdfium.PdfDocument(source.path or source.data, password=password).close()
    return True


def _checked(source: Source, password: str | None) -> pikepdf.Pdf:
    with source.open() as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - TAIL))
        tail = stream.read()
    try:
        pdf = pikepdf.open(
            source.path or BytesIO(source.data), password=password or "", access_mode=READ
        )
    except pikepdf.PasswordError as error:
        why = "has another password" if password else "is protected by a password"
        raise ProtectedInputError(
            f"{source.name} {why}; give the right one with --password"
        ) from error
    except pikepdf.PdfError as error:
        raise source.unreadable(BEYOND_REPAIR) from error
    # with the end gone the page list may survive and the pages themselves be missing
    if b"%%EOF" not in tail and b"startxref" not in tail:
        raise source.unreadable("is a truncated PDF: its end is missing; fetch or scan it again")
    declared = pdf.Root.get("/Pages", pikepdf.Dictionary()).get("/Count", 0)
    if int(declared) != len(pdf.pages):
        raise source.unreadable(
            f"is a damaged PDF: {len(pdf.pages)} of its {declared} pages are left; fetch it again"
        )
    if not len(pdf.pages):
        raise source.unreadable("is a PDF without pages; give one that has some")
    return pdf


def _for_pdfium(
    pdf: pikepdf.Pdf, source: Source, password: str | None, repaired: bool
) -> pdfium.PdfDocument:
    if not repaired:
        try:
            document = pdfium.PdfDocument(source.path or source.data, password=password)
            if len(document) == len(pdf.pages):
                return document
            document.close()
        except pdfium.PdfiumError:
            pass  # what pikepdf can read, PDFium reads once pikepdf has written it
    whole = BytesIO()
    pdf.save(whole)
    document = pdfium.PdfDocument(whole.getvalue())
    if len(document) != len(pdf.pages):
        raise source.unreadable("is a damaged PDF: its pages cannot be counted; fetch it again")
    return document
