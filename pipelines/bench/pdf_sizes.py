"""How large do scanned PDFs come out, beside what went in?

    python pipelines/bench/pdf_sizes.py DATA [--markdown FILE.md]

Every image of the public OCR sets becomes a PDF of one page with the image's own bytes (JPEG, G4 or
Flate, as a scanner writes them), and is cleaned; the odd PDFs of `DATA/pdf` as they are.
"""

import io
import statistics
from pathlib import Path

import pikepdf
from common import arguments, run, write
from PIL import Image as Pillow

from docclean.clean.spec import CleanerSpec
from docclean.documents import as_source, read_pages
from docclean.documents.codecs import Kind, Stored, encode
from docclean.documents.forms import Encoded
from docclean.documents.pdf.newpage import new_pdf_page
from docclean.jobs.document import process_file

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif")


def as_pdf(path: Path) -> bytes:
    """Return an image file as a PDF of one page, a JPEG with its own bytes."""
    (page,) = read_pages(path)
    data = path.read_bytes()
    if data[:2] == b"\xff\xd8":
        with Pillow.open(path) as image:
            grey, size = image.mode == "L", image.size
        form = Encoded(data, size, 8, not grey, "DCTDecode")
    else:
        two = set(page.pixels[::7].ravel().tolist()) <= {0, 255}
        form = encode(page.pixels, Stored(Kind.BITONAL if two else Kind.LOSSLESS))
    with pikepdf.new() as pdf:
        new_pdf_page(pdf, page, form)
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def main() -> None:
    """Make, clean, weigh."""
    parser = arguments(__doc__)
    parser.add_argument("data", type=Path)
    args = parser.parse_args()
    cleaner = CleanerSpec()()
    sets = sorted((args.data / "ocr").iterdir())
    groups = {one.name: sorted(f for f in one.iterdir() if f.suffix in SUFFIXES) for one in sets}
    groups["pdf"] = sorted((args.data / "pdf").glob("*.pdf"))
    lines = [
        "| files | count | cleaned or packed | median, all | median of these | largest |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    every: list[float] = []
    for name, files in groups.items():
        shares = []
        for path in files:
            data = path.read_bytes() if path.suffix == ".pdf" else as_pdf(path)
            out = io.BytesIO()
            result = process_file(as_source(data), out, cleaner)
            assert result.status == "done", result.message
            shares.append(len(out.getvalue()) / len(data))
        every += shares
        lines.append(_row(name, shares))
        print(lines[-1], flush=True)
    lines.append(_row("all", every))
    write("Size of cleaned PDFs, of the original", "model small", lines, args.out)


def _row(name: str, shares: list[float]) -> str:
    changed = [share for share in shares if share != 1]
    median = f"{statistics.median(changed):.2f}" if changed else ""
    return (
        f"| {name} | {len(shares)} | {len(changed)} | {statistics.median(shares):.2f} | {median} "
        f"| {max(shares):.2f} |"
    )


if __name__ == "__main__":
    run(main)
