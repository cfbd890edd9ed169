"""What an engine read of a page as a file: text, hOCR, ALTO or a PDF of invisible text."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from docclean.ocr.engine import PageText, Word
from docclean.page import Page

if TYPE_CHECKING:  # who writes only text, or cleans only, need not wait for them nor hold them
    from lxml import etree  # type: ignore[import-untyped]
    from lxml.builder import ElementMaker  # type: ignore[import-untyped]

XHTML = "http://www.w3.org/1999/xhtml"
ALTO = "http://www.loc.gov/standards/alto/ns-v3#"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
CLASSES = "ocr_page ocr_carea ocr_par ocr_line ocrx_word ocrp_wconf"
Line = tuple[Word, ...]
Paragraph = tuple[Line, ...]


@dataclass(frozen=True)
class Box:
    """What holds words: left, top, right and bottom, px."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def around(cls, words: Iterable[Word]) -> "Box":
        """Return the box around words, of which there is at least one."""
        sides = [(w.left, w.top, w.left + w.width, w.top + w.height) for w in words]
        left, top, right, bottom = zip(*sides, strict=True)
        return cls(min(left), min(top), max(right), max(bottom))

    def hocr(self) -> str:
        """Return it as a property of hOCR."""
        return f"bbox {self.left} {self.top} {self.right} {self.bottom}"

    def alto(self) -> dict[str, str]:
        """Return it as attributes of ALTO."""
        sides = (self.left, self.top, self.right - self.left, self.bottom - self.top)
        return dict(zip(("HPOS", "VPOS", "WIDTH", "HEIGHT"), map(str, sides), strict=True))


def written(found: PageText, page: Page, kinds: Iterable[str], engine: str) -> dict[str, bytes]:
    """Return what was read as files.

    Args:
        found: the text and its words, whose lines are those of the text.
        page: what was read.
        kinds: `text`, `hocr`, `alto`, and `pdf`, a page of invisible text.
        engine: what the files say that they are made by.
    """
    return {kind: _WRITERS[kind](found, page, engine) for kind in dict.fromkeys(kinds)}


def paragraphs_of(found: PageText) -> tuple[Paragraph, ...]:
    """Return the words by paragraph and line, as the text has them."""
    words = iter(found.words)
    paragraphs = []
    for paragraph in found.text.split("\n\n"):
        lines = [tuple(islice(words, len(line.split()))) for line in paragraph.split("\n")]
        paragraphs.append(tuple(line for line in lines if line))
    return tuple(paragraph for paragraph in paragraphs if paragraph)


def _words(lines: Iterable[Line]) -> Iterator[Word]:
    return (word for line in lines for word in line)


def _text(found: PageText, page: Page, engine: str) -> bytes:
    return f"{found.text}\n".encode()


def _hocr(found: PageText, page: Page, engine: str) -> bytes:
    """Return hOCR 1.2 in the elements and the order in which Tesseract writes it."""
    from lxml.builder import ElementMaker

    make = ElementMaker(namespace=XHTML, nsmap={None: XHTML})
    content = {"http-equiv": "Content-Type", "content": "text/html;charset=utf-8"}
    head = make.head(
        make.title(),
        make.meta(content),
        make.meta(name="ocr-system", content=engine),
        make.meta(name="ocr-capabilities", content=CLASSES),
    )
    dpi = f"; scan_res {round(page.dpi[0])} {round(page.dpi[1])}" if page.dpi else ""
    title = f'image ""; bbox 0 0 {page.width} {page.height}; ppageno 0{dpi}'
    sheet = make.div({"class": "ocr_page", "id": "page_1", "title": title})
    lines = words = 0
    for number, paragraph in enumerate(paragraphs_of(found), 1):
        title = Box.around(_words(paragraph)).hocr()
        area = make.div({"class": "ocr_carea", "id": f"block_1_{number}", "title": title})
        block = make.p({"class": "ocr_par", "id": f"par_1_{number}", "title": title})
        for line in paragraph:
            lines += 1
            title = Box.around(line).hocr()
            row = make.span({"class": "ocr_line", "id": f"line_1_{lines}", "title": title})
            for word in line:
                words += 1
                title = f"{Box.around([word]).hocr()}; x_wconf {round(word.confidence)}"
                named = {"class": "ocrx_word", "id": f"word_1_{words}", "title": title}
                row.append(make.span(named, word.text))
            block.append(row)
        area.append(block)
        sheet.append(area)
    return _serialized(make.html(head, make.body(sheet)))


def _alto(found: PageText, page: Page, engine: str) -> bytes:
    """Return ALTO 3, in pixels."""
    from lxml.builder import ElementMaker

    make = ElementMaker(namespace=ALTO, nsmap={None: ALTO, "xsi": XSI})
    step = make.ocrProcessingStep(make.processingSoftware(make.softwareName(engine)))
    described = make.Description(
        make.MeasurementUnit("pixel"),
        make.sourceImageInformation(make.fileName()),
        make.OCRProcessing(step, ID="OCR_0"),
    )
    size = {"WIDTH": str(page.width), "HEIGHT": str(page.height)}
    space = make.PrintSpace(HPOS="0", VPOS="0", **size)
    lines = words = 0
    for number, paragraph in enumerate(paragraphs_of(found)):
        block = make.TextBlock(ID=f"block_{number}", **Box.around(_words(paragraph)).alto())
        for line in paragraph:
            row = make.TextLine(ID=f"line_{lines}", **Box.around(line).alto())
            row.extend(_alto_strings(make, line, words))
            block.append(row)
            lines, words = lines + 1, words + len(line)
        space.append(block)
    sheet = make.Page(space, ID="page_0", PHYSICAL_IMG_NR="0", **size)
    root = make.alto(described, make.Layout(sheet))
    root.set(f"{{{XSI}}}schemaLocation", f"{ALTO} http://www.loc.gov/alto/v3/alto-3-0.xsd")
    return _serialized(root)


def _alto_strings(
    make: "ElementMaker", line: Sequence[Word], first: int
) -> Iterator["etree._Element"]:
    """Yield the words of a line, and the spaces between them."""
    for number, word in enumerate(line):
        box = Box.around([word])
        if number:
            before = line[number - 1]
            end = before.left + before.width
            yield make.SP(WIDTH=str(max(0, box.left - end)), HPOS=str(end), VPOS=str(box.top))
        sure = f"{word.confidence / 100:.2f}"
        told = {"ID": f"string_{first + number}", "WC": sure, "CONTENT": word.text}
        yield make.String(**box.alto(), **told)


def _pdf(found: PageText, page: Page, engine: str) -> bytes:
    from docclean.ocr.hidden_text import hidden_text

    lines = [line for paragraph in paragraphs_of(found) for line in paragraph]
    return hidden_text(lines, page)


def _serialized(root: "etree._Element") -> bytes:
    from lxml import etree

    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


_WRITERS: Mapping[str, Callable[[PageText, Page, str], bytes]] = {
    "text": _text,
    "hocr": _hocr,
    "alto": _alto,
    "pdf": _pdf,
}
