"""Write the corpus of the fuzz: small valid documents of every format and of most of its kinds.

    python pipelines/fuzz/seeds.py tests/corpus

They are in the repository, so that a find can be repeated whatever the libraries write tomorrow.
"""

import importlib.util
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
from PIL import Image as Pillow

from docclean.documents import write_pages
from docclean.page import Page


def picture() -> Any:
    """Return a small page (48, 64) uint8: lines of letters, a grey wedge, some noise."""
    page = np.full((48, 64), 236, np.uint8)
    for row in range(6, 36, 8):
        page[row : row + 4, 6:58:4] = 30
    page[40:44] = np.linspace(0, 255, 64)
    noise = np.random.default_rng(0).integers(-6, 7, page.shape)
    return np.clip(page + noise, 0, 255).astype(np.uint8)


def images() -> Iterator[tuple[str, Pillow.Image, dict[str, Any]]]:
    """Yield names, pictures and what Pillow is told of them."""
    grey = Pillow.fromarray(picture())
    colour = Pillow.merge("RGB", [grey, grey.rotate(180), grey])
    bits = grey.convert("1", dither=Pillow.Dither.NONE)
    wide = Pillow.fromarray(picture().astype(np.uint16) * 16)
    real = Pillow.fromarray(picture().astype(np.float32) / 255)
    several = {"save_all": True, "append_images": [grey.rotate(180), grey]}
    yield from (
        ("grey.png", grey, {"dpi": (300, 300)}),
        ("colour.png", colour, {"icc_profile": b""}),
        ("bits.png", bits, {}),
        ("palette.png", colour.quantize(16), {}),
        ("alpha.png", colour.convert("RGBA"), {}),
        ("wide.png", wide, {}),
        ("animated.png", grey, several),
        ("grey.jpg", grey, {"quality": 60, "dpi": (200, 200)}),
        ("colour.jpg", colour, {"progressive": True}),
        ("cmyk.jpg", colour.convert("CMYK"), {}),
        ("raw.tif", grey, {"compression": "raw"}),
        ("lzw.tif", colour, {"compression": "tiff_lzw"}),
        ("group4.tif", bits, {"compression": "group4"}),
        ("group3.tif", bits, {"compression": "group3"}),
        ("jpeg.tif", colour, {"compression": "jpeg"}),
        ("wide.tif", wide, {"compression": "tiff_adobe_deflate"}),
        ("float.tif", real, {}),
        ("several.tif", grey, {**several, "compression": "packbits"}),
        ("big.tif", grey, {"big_tiff": True}),
    )
    yield from _lighter(grey, colour, bits)
    if importlib.util.find_spec("pillow_heif"):
        importlib.import_module("pillow_heif").register_heif_opener()
        yield "colour.heic", colour, {"quality": 60}


def _lighter(grey: Any, colour: Any, bits: Any) -> Iterator[tuple[str, Pillow.Image, Any]]:
    """Yield those of the formats that are seldom scans."""
    several = {"save_all": True, "append_images": [grey.rotate(180), grey]}
    yield from (
        ("grey.bmp", grey, {}),
        ("bits.bmp", bits, {}),
        ("grey.webp", grey, {"lossless": True}),
        ("animated.webp", colour, several),
        ("grey.jp2", grey, {}),
        ("colour.j2k", colour, {"quality_layers": [20]}),
        ("bits.pbm", bits, {}),
        ("grey.pgm", grey, {}),
        ("colour.ppm", colour, {}),
        ("grey.gif", grey, {}),
        ("animated.gif", colour, several),
        ("grey.avif", grey, {"quality": 60}),
        ("animated.avif", colour, several),
    )


def pdfs() -> Iterator[tuple[str, bytes]]:
    """Yield names and PDFs; their objects lie open, so that a changed byte changes a page."""
    grey = picture()
    pages = [Page(grey, (100.0, 100.0)), Page(grey[::-1].copy(), (100.0, 100.0))]
    plain, bits = io.BytesIO(), io.BytesIO()
    write_pages(pages, plain, suffix=".pdf")
    write_pages([Page(np.where(grey > 99, 255, 0).astype(np.uint8))], bits, suffix=".pdf")
    yield "grey.pdf", _open(plain.getvalue(), lambda pdf: None)
    yield "bits.pdf", _open(bits.getvalue(), lambda pdf: None)
    for name, kind, way in (("jpeg", "JPEG", "DCTDecode"), ("jp2", "JPEG2000", "JPXDecode")):
        yield f"{name}.pdf", _open(plain.getvalue(), lambda pdf, k=kind, w=way: _packed(pdf, k, w))
    yield "drawn.pdf", _open(plain.getvalue(), _drawn)
    yield "locked.pdf", _open(plain.getvalue(), lambda pdf: None, locked=True)


def _open(data: bytes, change: Any, locked: bool = False) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        change(pdf)
        lock: Any = pikepdf.Encryption(user="word", owner="word") if locked else False
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, encryption=lock)
    return out.getvalue()


def _packed(pdf: pikepdf.Pdf, kind: str, way: str) -> None:
    packed = io.BytesIO()
    Pillow.fromarray(picture()).save(packed, format=kind)
    scan = pdf.pages[0].obj.Resources.XObject.Scan
    if "/DecodeParms" in scan:
        del scan.DecodeParms
    scan.ColorSpace, scan.BitsPerComponent = pikepdf.Name.DeviceGray, 8
    scan.write(packed.getvalue(), filter=pikepdf.Name(f"/{way}"))


def _drawn(pdf: pikepdf.Pdf) -> None:
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    pdf.pages[0].obj.Resources.Font = pikepdf.Dictionary(F=font)
    pdf.pages[0].contents_add(b"BT /F 9 Tf 4 9 Td (Scan of 1938) Tj ET 0 0 9 9 re f")
    pdf.pages[1].obj.Rotate = 90
    with pdf.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem("second", 1))


def main(folder: Path) -> None:
    """Write them all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, image, options in images():
        image.save(folder / name, **options)
    small = picture()[::6, ::4]
    rows = "\n".join(" ".join(map(str, row)) for row in small)
    (folder / "plain.pgm").write_text(f"P2\n# words\n{small.shape[1]} {len(small)}\n255\n{rows}\n")
    deep = (picture().astype(">u2") * 16).tobytes()
    (folder / "deep.pgm").write_bytes(b"P5 64 48 4095\n" + deep)
    for name, data in pdfs():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
