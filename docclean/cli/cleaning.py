"""The verbs that clean and read: `clean`, `ocr`."""

# ruff: noqa: D301  (click keeps the lines after a real backspace character as they are)

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from docclean.cli.batches import BatchOptions, batch_options
from docclean.cli.options import MODEL, READING, cleaning_options, gathered
from docclean.cli.shared import Teller, standard_input
from docclean.errors import OutputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docclean.clean.spec import CleanerSpec
    from docclean.documents import Source
    from docclean.recipe import Options


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("-o", "--out", required=True, metavar="OUT", help="A file, a folder, or - (stdout).")
@click.option("--recipe", type=click.Path(path_type=Path), help="A TOML file with [clean].")
@cleaning_options()
@batch_options
@click.option("--json", "as_json", is_flag=True, help="One JSON line per page and file.")
def clean(
    inputs: tuple[str, ...], out: str, recipe: Path | None, as_json: bool, **given: Any
) -> int:
    """Clean files, folders (with all below them), globs, or - (stdin).

    PDF and images (docclean list formats) go in and out; dpi, size and page count stay. Of a PDF
    only the scans change: its text, outline, boxes and metadata stay. A recipe's section [clean]
    holds the same options, with _ for -; what is given here comes first.

    Several files become one document where -o is named like one: book.pdf, book.tif. In a folder a
    ledger is kept, OUT/.docclean: the same call again does what is missing or has changed, and
    goes on where a killed one stopped. `docclean status OUT` tells how it stands.

    \b
    docclean clean scan.pdf -o clean.pdf --ocr deu --text
    docclean clean inbox/ more/*.png -o cleaned/ --jobs 2
    docclean clean page-*.jpg -o book.pdf
    docclean clean inbox/ -o cleaned/ --recipe office.toml
    docclean clean inbox/ -o cleaned/ --shard 3/8
    docclean clean s3://scans/ -o s3://cleaned/ --engine ray --address auto --jobs 64
    cat scan.png | docclean clean - -o - > clean.png
    docclean clean scan.png -o - --for-ocr | tesseract - text
    """
    from docclean.clean.spec import CleanerSpec

    asked = BatchOptions.taken(given, (*inputs, out))
    options = gathered(given, recipe)
    spec, teller = CleanerSpec.of(options, os.cpu_count() or 1), Teller(as_json, out == "-")
    if asked.engine == "ray":
        _check_folder(out)
        return asked.clean_on_ray(inputs, out, options, teller)
    if "-" in inputs or out == "-":
        return _clean_stream(inputs, out, spec, options, teller)
    return _clean_files(inputs, out, asked, spec, options, teller)


def _check_folder(out: str) -> None:
    from docclean.documents import known_suffixes

    if out.lower().endswith(known_suffixes()):
        raise UsageError(f"--engine ray fills folders; write {out}/ or leave --engine out")


def _clean_files(
    inputs: tuple[str, ...],
    out: str,
    asked: BatchOptions,
    spec: "CleanerSpec",
    options: "Options",
    teller: Teller,
) -> int:
    """Clean files into one document, into a folder, or a file into a file."""
    from docclean.jobs.batch import process_many
    from docclean.jobs.plan import book_of, plan_outputs

    files = book_of(inputs, out)
    if files is not None:
        return _clean_book(files, out, asked, spec, options, teller)
    plan = plan_outputs(inputs, out, options.suffix)
    if len(plan) > 1 or any(Path(one).is_dir() for one in inputs) or asked.given:
        return asked.clean(plan, Path(out), spec, options, teller)
    results = process_many(
        *(plan, spec, options),
        on_result=teller.file,
        on_page=teller.page,
        progress=not teller.as_json,
    )
    return results[0].exit_status


def _clean_book(
    files: "Sequence[Path]",
    out: str,
    asked: BatchOptions,
    spec: "CleanerSpec",
    options: "Options",
    teller: Teller,
) -> int:
    from docclean.jobs.book.making import make_book

    if asked.given:
        raise UsageError(
            f"{out} is one document of all inputs, and --state, --shard, --limit, --newest-first "
            f"and --report are for folders; leave them out or write {out}/"
        )
    results = make_book(files, Path(out), spec, options, progress=not teller.as_json)
    for result in results:
        teller.whole_file(result)
    return results[-1].exit_status


def _clean_stream(
    inputs: tuple[str, ...], out: str, spec: "CleanerSpec", options: "Options", teller: Teller
) -> int:
    from docclean.jobs.document import process_file
    from docclean.outputs import sweep

    if len(inputs) != 1:
        raise UsageError("- is one document: give one input with it, or a folder to -o")
    source: Path | Source = Path(inputs[0]) if inputs[0] != "-" else standard_input()
    target: Path | BinaryIO = Path(out) if out != "-" else sys.stdout.buffer
    if isinstance(target, Path):
        sweep(target.resolve().parent)
    result = process_file(source, target, spec, options, teller.page)
    teller.file(result)
    return result.exit_status


@click.command()
@click.argument("source", metavar="INPUT")
@click.option(
    "-o", "--out", default="-", metavar="FILE", help="By its name .txt, .hocr, .alto.xml."
)
@click.option("--psm", type=click.IntRange(1, 13), help="Tesseract page segmentation mode.")
@click.option("--raw", is_flag=True, help="Read the pages as they are, without cleaning.")
@click.option("--recipe", type=click.Path(path_type=Path), help="A TOML file with [clean].")
@click.option("--engine", "ocr_engine", metavar="NAME", help="What reads: tesseract or rapidocr.")
@cleaning_options(("lang", "looks", *READING, *MODEL, "overwrite"))
def ocr(
    source: str, out: str, psm: int | None, raw: bool, recipe: Path | None, **given: Any
) -> None:
    """Clean a document and read it; pages of text are parted by a form feed.

    \b
    docclean ocr letter.pdf -o letter.txt --lang deu
    docclean ocr letter.pdf -o letter.hocr --engine rapidocr
    docclean ocr letter.pdf --looks 2
    docclean ocr scan.png --raw
    """
    from docclean.clean.reading import kind_of, read_document
    from docclean.clean.spec import CleanerSpec, engine_of
    from docclean.outputs import open_output

    options = gathered(given, recipe)
    kind, engine = kind_of(out), engine_of(options, psm)
    cleaner = None if raw else CleanerSpec(options)()
    document: Path | Source = Path(source) if source != "-" else standard_input()

    def read() -> bytes:
        return read_document(
            *(document, engine, cleaner),
            kind=kind,
            pages=options.pages,
            password=options.password,
            count=options.looks,
        )

    if out == "-":
        click.echo(read(), nl=False)
        return
    if source != "-" and Path(out).exists() and Path(out).samefile(source):
        raise OutputError(f"{out}: is the input itself; choose another -o")
    with open_output(Path(out), overwrite=options.overwrite) as stream:  # refuses before the work
        stream.write(read())
