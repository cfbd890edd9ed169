"""A PDF of one page of text that can be found and copied and is not seen."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name

from docclean.ocr.engine import Word
from docclean.page import Page

ADVANCE = 0.5
"""Width of each letter by its height, before a word is stretched to its box."""
USUAL_DPI = 300.0
"""Resolution of a page that tells none, dots per inch."""
CMAP = """/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def /CMapType 2 def
1 begincodespacerange <00> <FF> endcodespacerange
1 beginbfrange <00> <FF> <{first}> endbfrange
endcmap CMapName currentdict /CMap defineresource pop end end
"""
"""Says which letters the 256 codes of a font are (ISO 32000-1, 9.10.3)."""


def hidden_text(lines: Iterable[Sequence[Word]], page: Page) -> bytes:
    """Return a PDF whose one page, as large as the scan, holds the words where they stand.

    Each font holds 256 letters without a shape (type 3, so it is embedded): the letters whose
    numbers in Unicode differ in the last eight bits. Fonts of one name are equal in all such PDFs.

    Args:
        lines: words with boxes in px of the page.
        page: the scan.
    """
    dpi = page.dpi or (USUAL_DPI, USUAL_DPI)
    scale = (72 / dpi[0], 72 / dpi[1])
    size = (page.width * scale[0], page.height * scale[1])
    blocks: set[int] = set()
    steps = ["BT 3 Tr"]
    for line in lines:
        for word in line:
            steps += _word(word, scale, size[1])
            blocks |= {ord(letter) >> 8 for letter in f"{word.text} "}
    steps.append("ET")
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=size)
        shared = _shared(pdf)
        fonts = {f"/{_font(block)}": _made(pdf, block, shared) for block in sorted(blocks)}
        pdf.pages[0].Resources = Dictionary(Font=Dictionary(fonts))
        pdf.pages[0].Contents = pdf.make_stream("\n".join(steps).encode())
        stream = BytesIO()
        pdf.save(stream, deterministic_id=True)
    return stream.getvalue()


def _word(word: Word, scale: tuple[float, float], height: float) -> Iterable[str]:
    """Yield what shows a word, stretched over its box, and a space after it."""
    tall = max(1, word.height) * scale[1]
    wide = max(1, word.width) * scale[0]
    stretch = 100 * wide / (ADVANCE * tall * len(word.text))
    left, bottom = word.left * scale[0], height - (word.top + word.height) * scale[1]
    yield f"{stretch:.2f} Tz 1 0 0 1 {left:.2f} {bottom:.2f} Tm"
    run, block = "", -1
    for letter in f"{word.text} ":
        if ord(letter) >> 8 != block:
            if run:
                yield f"<{run}> Tj"
            run, block = "", ord(letter) >> 8
            yield f"/{_font(block)} {tall:.2f} Tf"
        run += f"{ord(letter) & 255:02X}"
    yield f"<{run}> Tj"


def _font(block: int) -> str:
    return f"DoccleanU{block:02X}"


def _shared(pdf: pikepdf.Pdf) -> dict[str, Any]:
    """Return what all fonts have in common: one empty letter, its widths, its codes."""
    empty = pdf.make_stream(f"{ADVANCE} 0 0 0 {ADVANCE} 1 d1".encode())
    codes = Array([0, *[Name.letter] * 256])
    return {
        "CharProcs": pdf.make_indirect(Dictionary(letter=empty)),
        "Encoding": pdf.make_indirect(Dictionary(Type=Name.Encoding, Differences=codes)),
        "Widths": pdf.make_indirect(Array([ADVANCE] * 256)),
    }


def _made(pdf: pikepdf.Pdf, block: int, shared: dict[str, Any]) -> pikepdf.Object:
    """Return the font of a block of 256 letters."""
    first = chr(block << 8).encode("utf-16-be", "surrogatepass").hex().upper()
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type3,
            FontBBox=Array([0, 0, ADVANCE, 1]),
            FontMatrix=Array([1, 0, 0, 1, 0, 0]),
            FirstChar=0,
            LastChar=255,
            Resources=Dictionary(),
            ToUnicode=pdf.make_stream(CMAP.format(first=first).encode()),
            **shared,
        )
    )
