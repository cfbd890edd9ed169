"""hOCR that another program has written, read back."""

from collections.abc import Iterator

from lxml import etree  # type: ignore[import-untyped]

from docclean.errors import UnreadableInputError
from docclean.ocr.engine import PageText, Word
from docclean.ocr.fusion import text_of

LINES = ("ocr_line", "ocr_header", "ocr_caption", "ocr_textfloat")
"""What Tesseract calls its lines."""


def read_hocr(data: bytes) -> PageText:
    """Return the words of a page's hOCR by paragraph and line, with their boxes and confidence.

    Args:
        data: of one page, as Tesseract and `written` make it.

    Raises:
        UnreadableInputError: it is no hOCR.
    """
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise UnreadableInputError(f"this is no hOCR ({error})") from error
    paragraphs = [
        [
            [word for part in _of_class(line, "ocrx_word") for word in _word_of(part)]
            for line in _of_class(paragraph, *LINES)
        ]
        for paragraph in _of_class(root, "ocr_par")
    ]
    return text_of(paragraphs, 0.0)


def _of_class(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    return (one for one in element.iter() if one.get("class") in names)


def _word_of(part: etree._Element) -> Iterator[Word]:
    """Yield the word an element holds, if it holds any."""
    text = "".join(str(piece) for piece in part.itertext()).strip()
    told = dict(one.strip().partition(" ")[::2] for one in str(part.get("title")).split(";"))
    left, top, right, bottom = (int(side) for side in told["bbox"].split())
    if text:
        sure = float(told.get("x_wconf", 100))
        yield Word(text, left, top, right - left, bottom - top, sure)
