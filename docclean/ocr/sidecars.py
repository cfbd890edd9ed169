"""What was read of a document, as files beside it: text, hOCR, ALTO, boxes of the kept page."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lxml import etree  # type: ignore[import-untyped]

SUFFIXES = {"text": ".txt", "hocr": ".hocr", "alto": ".alto.xml"}
"""Kinds of sidecars and the suffix each takes in the place of the document's own."""
XHTML = "{http://www.w3.org/1999/xhtml}"
ALTO_LENGTHS = ("HPOS", "VPOS", "WIDTH", "HEIGHT")
HOCR_LENGTHS = ("x_size", "x_descenders", "x_ascenders")


def rescaled(kind: str, data: bytes, scale: float) -> bytes:
    """Return a page's sidecar with its lengths divided by `scale`: read enlarged, kept small."""
    if scale == 1 or kind not in ("hocr", "alto"):
        return data
    from lxml import etree

    tree = _tree(data)
    for element in tree.iter(etree.Element):
        if kind == "alto":
            for name in ALTO_LENGTHS:
                if name in element.attrib:
                    element.set(name, str(round(float(element.get(name, "0")) / scale)))
        elif "title" in element.attrib:
            element.set("title", _rescaled_title(element.get("title", ""), scale))
    return bytes(etree.tostring(tree))


def _rescaled_title(title: str, scale: float) -> str:
    """Return an hOCR title with its boxes and sizes divided (hOCR 1.2, properties)."""
    return "; ".join(_rescaled_property(one.strip(), scale) for one in title.split(";"))


def _rescaled_property(told: str, scale: float) -> str:
    name, *values = told.split()
    if name == "bbox":
        return " ".join([name, *(str(round(float(value) / scale)) for value in values)])
    if name in HOCR_LENGTHS:
        return f"{name} {float(values[0]) / scale:.6g}"
    if name == "scan_res":
        return " ".join([name, *(str(round(float(value) / scale)) for value in values)])
    if name == "baseline":
        return f"{name} {values[0]} {round(float(values[1]) / scale)}"
    return told


def merged(kind: str, pages: Sequence[tuple[int, bytes]], source: str) -> bytes:
    """Return the sidecar of a whole document.

    Args:
        kind: `text`, `hocr` or `alto`.
        pages: number, and what Tesseract wrote of that page alone; or of a part of the document:
            the number of its first page, and its sidecar.
        source: name of the document, which takes the place of a temporary file's.
    """
    return _MERGERS[kind](pages, source)


def _text(pages: Sequence[tuple[int, bytes]], source: str) -> bytes:
    return b"\f".join(data.rstrip(b"\f\n") + b"\n" for _, data in pages)


def _hocr(pages: Sequence[tuple[int, bytes]], source: str) -> bytes:
    from lxml import etree

    whole = _tree(pages[0][1])
    body = whole.find(f"{XHTML}body")
    assert body is not None  # Tesseract writes one
    _empty(body)
    for number, data in pages:
        for page in list(_tree(data).iter(f"{XHTML}div")):  # they move
            if page.get("class") != "ocr_page":
                continue
            inside = re.search(r"ppageno (\d+)", page.get("title", ""))
            place = number + (int(inside[1]) if inside else 0)
            for element in page.iter(etree.Element):
                if "id" in element.attrib:  # page_1, word_1_7: the first number is the page's
                    element.set("id", re.sub(r"_\d+", f"_{place}", element.get("id", ""), count=1))
            title = re.sub(r'image "[^"]*"', f'image "{_plain(source)}"', page.get("title", ""))
            page.set("title", re.sub(r"ppageno \d+", f"ppageno {place - 1}", title))
            page.tail = "\n"
            body.append(page)
    doctype = (
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" '
        '"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">'
    )
    return bytes(etree.tostring(whole, xml_declaration=True, encoding="UTF-8", doctype=doctype))


def _alto(pages: Sequence[tuple[int, bytes]], source: str) -> bytes:
    from lxml import etree

    whole = _tree(pages[0][1])
    space = etree.QName(whole).namespace
    for name in whole.iter(f"{{{space}}}fileName"):
        name.text = source
    layout = whole.find(f"{{{space}}}Layout")
    assert layout is not None  # Tesseract writes one
    _empty(layout)
    for number, data in pages:
        for page in list(_tree(data).iter(f"{{{space}}}Page")):
            place = number + int(page.get("PHYSICAL_IMG_NR", "0"))
            for element in page.iter(etree.Element):
                if "ID" in element.attrib:  # one document, one name each
                    element.set("ID", f"p{place}_{element.get('ID')}")
            page.set("PHYSICAL_IMG_NR", str(place - 1))
            layout.append(page)
    return bytes(etree.tostring(whole, xml_declaration=True, encoding="UTF-8"))


def _tree(data: bytes) -> Any:
    from lxml import etree  # who needs none of it need not wait for it, nor hold it

    safe = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    return etree.fromstring(data, safe)


def _empty(element: "etree._Element") -> None:
    """Take an element's children out; it keeps its attributes."""
    for child in list(element):
        element.remove(child)


def _plain(name: str) -> str:
    return name.replace('"', "'").replace(";", ",")


_MERGERS: Mapping[str, Callable[[Sequence[tuple[int, bytes]], str], bytes]] = {
    "text": _text,
    "hocr": _hocr,
    "alto": _alto,
}
