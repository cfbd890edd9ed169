"""The verbs that clean and read: `clean`, `ocr`."""

# ruff: noqa: D301  (click keeps the lines after a real backspace character as they are)

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from docclean.cli.shared import model_options, reading_options, say, standard_input
from docclean.errors import SOME_FAILED, OutputError, UsageError

if TYPE_CHECKING:
    from docclean.documents import Source
    from docclean.jobs.batch import CleanerSpec
    from docclean.jobs.document import FileResult
    from docclean.jobs.one_page import Options


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("-o", "--out", required=True, metavar="OUT", help="A file, a folder, or - (stdout).")
@click.option("--format", "suffix", help="Output format; default: the input's. E.g. png, pdf.")
@click.option("--for-ocr", is_flag=True, help="To be read: grey, small type enlarged, no pens.")
@click.option(
    "--ocr", is_flag=False, flag_value="", metavar="[LANG]", help="Make the PDF searchable."
)
@click.option("--text", is_flag=True, help="Write what is read beside the output, as text.")
@click.option("--hocr", is_flag=True, help="The same as hOCR.")
@click.option("--alto", is_flag=True, help="The same as ALTO.")
@click.option("--lang", default="eng", show_default=True, help="Languages that are read.")
@click.option("--grey", is_flag=True, help="Write grey pages.")
@click.option("--bitonal", is_flag=True, help="Write black and white pages: CCITT G4 or JBIG2.")
@click.option("--mrc", is_flag=True, help="Write PDF pages as sharp text over a coarse ground.")
@click.option("--orient", is_flag=True, help="Turn pages upright.")
@click.option("--deskew", is_flag=True, help="Turn pages level, to 0.1 degrees.")
@click.option("--borders", is_flag=True, help="Whiten black borders and slivers of next pages.")
@click.option("--split", is_flag=True, help="Cut spreads into two pages.")
@click.option("--force", is_flag=True, help="Clean born-digital pages, read pages with text.")
@click.option("--strict", is_flag=True, help="Let one bad page fail its document.")
@click.option("--allow-signed", is_flag=True, help="Change signed PDFs, whose signature breaks.")
@reading_options
@model_options
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@click.option("--threads", type=click.IntRange(1), help="Of each process; else all cores.")
@click.option("--overwrite", is_flag=True, help="Replace outputs that exist.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line per page and file.")
def clean(
    inputs: tuple[str, ...],
    out: str,
    suffix: str | None,
    for_ocr: bool,
    ocr: str | None,
    text: bool,
    hocr: bool,
    alto: bool,
    lang: str,
    grey: bool,
    bitonal: bool,
    mrc: bool,
    orient: bool,
    deskew: bool,
    borders: bool,
    split: bool,
    force: bool,
    strict: bool,
    allow_signed: bool,
    pages: frozenset[int] | None,
    password: str | None,
    model: str,
    device: str,
    gate: str,
    jobs: int,
    threads: int | None,
    overwrite: bool,
    as_json: bool,
) -> int:
    """Clean files, folders (with all below them), globs, or - (stdin).

    PNG, JPEG, TIFF, BMP, WebP, JPEG 2000, PNM and PDF go in and out; dpi, size and page count
    stay. Of a PDF only the scans change: its text, outline, boxes and metadata stay.

    \b
    docclean clean scan.pdf -o clean.pdf --ocr deu --text
    docclean clean scan.pdf -o clean.pdf
    docclean clean inbox/ more/*.png -o cleaned/ --jobs 2
    cat scan.png | docclean clean - -o - > clean.png
    docclean clean scan.png -o - --for-ocr | tesseract - text
    """
    from docclean.documents import format_of
    from docclean.jobs.batch import SHARED_TILE_AREA, CleanerSpec, process_many
    from docclean.jobs.one_page import Geometry, Options
    from docclean.jobs.plan import plan_outputs

    if suffix:
        format_of(suffix, "--format")
    wanted = {"text": text, "hocr": hocr, "alto": alto}
    options = Options(
        pages=pages,
        password=password,
        overwrite=overwrite,
        suffix=suffix,
        for_ocr=for_ocr,
        ocr=ocr is not None,
        sidecars=tuple(kind for kind, asked in wanted.items() if asked),
        lang=ocr or lang,
        grey=grey,
        bitonal=bitonal,
        layered=mrc,
        geometry=Geometry(orient, deskew, borders, split),
        force=force,
        strict=strict,
        allow_signed=allow_signed,
    )
    if jobs > 1 and not threads:
        threads = max(1, (os.cpu_count() or 1) // jobs)
    spec = CleanerSpec(model, gate, device, threads, lang, SHARED_TILE_AREA if jobs > 1 else None)
    to_stdout = out == "-"

    def event(kind: str, told: dict[str, Any]) -> None:
        click.echo(json.dumps({"event": kind, **told}), err=to_stdout)

    def page_told(decision: dict[str, Any], count: int) -> None:
        if as_json:
            event("page", {"of": count or None, **decision})

    def told(result: "FileResult") -> None:
        if as_json:
            event("file", result.to_dict())
        if result.status == "failed":
            say(result.message)
        elif not as_json:
            say(_line(result))

    if "-" in inputs or to_stdout:
        return _clean_stream(inputs, out, spec, options, told, page_told, jobs)
    plan = plan_outputs(inputs, out, suffix)
    results = process_many(
        plan,
        spec,
        options,
        jobs=jobs,
        on_result=told,
        on_page=page_told,
        progress=not as_json,
    )
    return _status(results)


def _line(result: "FileResult") -> str:
    pages = f"{result.pages} page{'' if result.pages == 1 else 's'}"
    done = f"{result.source} -> {result.output} ({pages}, {result.seconds:.1f} s)"
    return f"{done}; {result.message}" if result.message else done


def _status(results: Sequence["FileResult"]) -> int:
    """Return the exit status: a single file's own, 4 when some of several failed."""
    failed = [result for result in results if result.status == "failed"]
    if not failed:
        return 0
    if len(results) == 1:
        return failed[0].exit_status
    others = "; the others are done" if len(failed) < len(results) else ""
    say(f"{len(failed)} of {len(results)} files failed{others}")
    return SOME_FAILED


def _clean_stream(
    inputs: tuple[str, ...],
    out: str,
    spec: "CleanerSpec",
    options: "Options",
    told: Callable[["FileResult"], None],
    page_told: Callable[[dict[str, Any], int], None],
    jobs: int,
) -> int:
    from docclean.jobs.document import process_file

    if len(inputs) != 1:
        raise UsageError("- is one document: give one input with it, or a folder to -o")
    source: Path | Source = Path(inputs[0]) if inputs[0] != "-" else standard_input()
    target: Path | BinaryIO = Path(out) if out != "-" else sys.stdout.buffer
    result = process_file(source, target, spec, options, page_told, jobs=jobs)
    told(result)
    return result.exit_status


@click.command()
@click.argument("source", metavar="INPUT")
@click.option("-o", "--out", default="-", metavar="TXT", help="A text file; default: stdout.")
@click.option("--lang", default="eng", show_default=True, help="Tesseract languages, e.g. eng+deu.")
@click.option("--psm", type=click.IntRange(1, 13), help="Tesseract page segmentation mode.")
@click.option("--raw", is_flag=True, help="Read the pages as they are, without cleaning.")
@reading_options
@model_options
@click.option("--overwrite", is_flag=True, help="Replace a text that exists.")
def ocr(
    source: str,
    out: str,
    lang: str,
    psm: int | None,
    raw: bool,
    pages: frozenset[int] | None,
    password: str | None,
    model: str,
    device: str,
    gate: str,
    overwrite: bool,
) -> None:
    """Clean a document and read it with Tesseract; pages are parted by a form feed.

    \b
    docclean ocr letter.pdf -o letter.txt --lang deu
    docclean ocr scan.png --raw
    """
    from docclean.documents import open_output, read_pages
    from docclean.jobs.batch import CleanerSpec
    from docclean.ocr import Tesseract

    engine = Tesseract(lang=lang, psm=psm)
    cleaner = None if raw else CleanerSpec(model, gate, device, lang=lang)()
    given: Path | Source = Path(source) if source != "-" else standard_input()
    wanted = set(pages) if pages else None

    def text() -> str:
        found = read_pages(given, pages=wanted, password=password)
        shown = (cleaner.clean(page).reading if cleaner else page for page in found)
        return "\f".join(engine.read(page).text for page in shown).rstrip("\n") + "\n"

    if out == "-":
        click.echo(text(), nl=False)
        return
    if source != "-" and Path(out).exists() and Path(out).samefile(source):
        raise OutputError(f"{out}: is the input itself; choose another -o")
    with open_output(Path(out), overwrite=overwrite) as stream:  # refuses before the work
        stream.write(text().encode())
