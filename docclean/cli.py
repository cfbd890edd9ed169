"""The command line: each verb parses, calls one function and prints. Nothing heavy loads here."""

# ruff: noqa: D301  (click keeps the lines after a real backspace character as they are)

import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, TypeVar

import click

from docclean import __version__
from docclean.errors import (
    INTERRUPTED,
    SOME_FAILED,
    DoccleanError,
    MissingProgramError,
    OutputError,
    UsageError,
)

if TYPE_CHECKING:
    from docclean.batch import CleanerSpec, FileResult, Options
    from docclean.documents import Source

Command = TypeVar("Command", bound=Callable[..., Any])
EXTRA_OF = {
    **dict.fromkeys(("cv2", "rapidfuzz", "typst"), "measure"),
    **dict.fromkeys(
        ("albumentations", "faker", "kornia", "matplotlib", "onnx", "safetensors", "torch"), "train"
    ),
}
"""Which extra brings a package the base install does without."""


class PageRange(click.ParamType[frozenset[int]]):
    """Page numbers such as `1-3,7`."""

    name = "pages"

    def convert(self, value: Any, param: Any, ctx: click.Context | None) -> frozenset[int]:
        """Return the numbers as a set."""
        if isinstance(value, frozenset):
            return value
        numbers: set[int] = set()
        for part in str(value).split(","):
            first, _, last = part.partition("-")
            if not (first.strip().isdigit() and (last or first).strip().isdigit()):
                self.fail(f"'{value}' is not a page range; write it like 1-3,7", param, ctx)
            numbers.update(range(int(first), int(last or first) + 1))
        if not numbers or min(numbers) < 1:
            self.fail(f"'{value}' holds no pages; they count from 1", param, ctx)
        return frozenset(numbers)


def model_options(command: Command) -> Command:
    """Add the options every verb that cleans shares."""
    for option in (
        click.option(
            "--gate/--no-gate", default=True, help="Leave pages alone that cleaning hurts."
        ),
        click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda."),
        click.option("--model", default="small", show_default=True, help="A name or a model file."),
    ):
        command = option(command)
    return command


def reading_options(command: Command) -> Command:
    """Add the options that choose what is read of a document."""
    for option in (
        click.option("--password", help="Opens a protected PDF."),
        click.option("--pages", type=PageRange(), metavar="1-3,7", help="Only these pages."),
    ):
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="docclean")
def cli() -> None:
    """Clean scanned pages before OCR, and measure the gain.

    \b
    docclean clean scan.pdf -o clean.pdf
    docclean ocr scan.png -o text.txt
    docclean demo

    Exit status: 0 done, 1 wrong arguments, 2 unreadable input, 3 a program or package is
    missing, 4 some files failed or an output cannot be written, 130 interrupted.
    """


# --- clean and read ------------------------------------------------------------------------------


@cli.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("-o", "--out", required=True, metavar="OUT", help="A file, a folder, or - (stdout).")
@click.option("--format", "suffix", help="Output format; default: the input's. E.g. png, pdf.")
@reading_options
@model_options
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@click.option("--overwrite", is_flag=True, help="Replace outputs that exist.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line per file.")
def clean(
    inputs: tuple[str, ...],
    out: str,
    suffix: str | None,
    pages: frozenset[int] | None,
    password: str | None,
    model: str,
    device: str,
    gate: bool,
    jobs: int,
    overwrite: bool,
    as_json: bool,
) -> int:
    """Clean files, folders (with all below them), globs, or - (stdin).

    PNG, JPEG, TIFF, BMP, WebP and PDF go in and out; dpi, size and page count stay.

    \b
    docclean clean scan.pdf -o clean.pdf
    docclean clean inbox/ more/*.png -o cleaned/ --jobs 2
    cat scan.png | docclean clean - -o - > clean.png
    """
    from docclean.batch import CleanerSpec, Options, plan_outputs, process_many
    from docclean.documents import format_of

    if suffix:
        format_of(suffix, "--format")
    options = Options(pages, password, overwrite, suffix)
    threads = max(1, (os.cpu_count() or 1) // jobs) if jobs > 1 else None
    spec = CleanerSpec(model, gate, device, threads)
    to_stdout = out == "-"

    def told(result: "FileResult") -> None:
        if as_json:
            click.echo(json.dumps(result.to_dict()), err=to_stdout)
        if result.status == "failed":
            _say(result.message)
        elif not as_json:
            _say(_line(result))

    if "-" in inputs or to_stdout:
        return _clean_stream(inputs, out, spec, options, told)
    plan = plan_outputs(inputs, out, suffix)
    show = sys.stderr.isatty()
    results = process_many(plan, spec, options, jobs=jobs, on_result=told, progress=show)
    return _status(results)


def _line(result: "FileResult") -> str:
    pages = f"{result.pages} page{'' if result.pages == 1 else 's'}"
    return f"{result.source} -> {result.output} ({pages}, {result.seconds:.1f} s)"


def _status(results: Sequence["FileResult"]) -> int:
    """Return the exit status: a single file's own, 4 when some of several failed."""
    failed = [result for result in results if result.status == "failed"]
    if not failed:
        return 0
    if len(results) == 1:
        return failed[0].exit_status
    others = "; the others are done" if len(failed) < len(results) else ""
    _say(f"{len(failed)} of {len(results)} files failed{others}")
    return SOME_FAILED


def _clean_stream(
    inputs: tuple[str, ...],
    out: str,
    spec: "CleanerSpec",
    options: "Options",
    told: Callable[["FileResult"], None],
) -> int:
    from docclean.batch import process_file

    if len(inputs) != 1:
        raise UsageError("- is one document: give one input with it, or a folder to -o")
    source: Path | Source = Path(inputs[0]) if inputs[0] != "-" else _stdin()
    target: Path | BinaryIO = Path(out) if out != "-" else sys.stdout.buffer
    result = process_file(source, target, spec(), options)
    told(result)
    return result.exit_status


def _stdin() -> "Source":
    from docclean.documents import Source

    return Source("standard input", data=sys.stdin.buffer.read())


@cli.command()
@click.argument("source", metavar="INPUT")
@click.option("-o", "--out", default="-", metavar="TXT", help="A text file; default: stdout.")
@click.option("--lang", default="eng", show_default=True, help="Tesseract languages, e.g. eng+deu.")
@click.option("--psm", type=click.IntRange(0, 13), help="Tesseract page segmentation mode.")
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
    gate: bool,
    overwrite: bool,
) -> None:
    """Clean a document and read it with Tesseract; pages are parted by a form feed.

    \b
    docclean ocr letter.pdf -o letter.txt --lang deu
    docclean ocr scan.png --raw
    """
    from docclean.batch import CleanerSpec
    from docclean.documents import open_output, read_pages
    from docclean.ocr import Tesseract

    engine = Tesseract(lang=lang, psm=psm)
    cleaner = None if raw else CleanerSpec(model, gate, device)()
    given: Path | Source = Path(source) if source != "-" else _stdin()
    wanted = set(pages) if pages else None

    def text() -> str:
        found = read_pages(given, pages=wanted, password=password)
        shown = (_cleaned_grey(cleaner, page) if cleaner else page for page in found)
        return "\f".join(engine.read(page).text for page in shown).rstrip("\n") + "\n"

    if out == "-":
        click.echo(text(), nl=False)
        return
    if source != "-" and Path(out).exists() and Path(out).samefile(source):
        raise OutputError(f"{out}: is the input itself; choose another -o")
    with open_output(Path(out), overwrite=overwrite) as stream:  # refuses before the work
        stream.write(text().encode())


def _cleaned_grey(cleaner: Any, page: Any) -> Any:
    """Return the cleaned page in grey: Tesseract reads colour worse than its luma."""
    cleaned = cleaner.clean(page).page
    return cleaned.with_pixels(cleaned.grey())


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--lang", default="eng", show_default=True, help="Tesseract languages.")
@click.option("--psm", type=click.IntRange(0, 13), help="Tesseract page segmentation mode.")
@click.option("--limit", type=click.IntRange(1), help="Only so many images.")
@click.option(
    "--jobs", type=click.IntRange(1), default=1, show_default=True, help="Parallel reads."
)
@click.option("--html", type=click.Path(path_type=Path), help="Also write a report to look at.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@model_options
def evaluate(
    folder: Path,
    lang: str,
    psm: int | None,
    limit: int | None,
    jobs: int,
    html: Path | None,
    as_json: bool,
    model: str,
    device: str,
    gate: bool,
) -> None:
    """Read a labelled folder raw, classically cleaned and cleaned, and compare the errors.

    The folder holds images, each with its true text beside it as NAME.gt.txt.

    \b
    docclean evaluate labelled/ --psm 6 --html report.html
    """
    from docclean import evaluation
    from docclean.batch import CleanerSpec
    from docclean.ocr import Tesseract

    engine = Tesseract(lang=lang, psm=psm)
    cleaner: Any = CleanerSpec(model, gate, device)()
    report = evaluation.evaluate(folder, cleaner, engine=engine, limit=limit, jobs=jobs)
    click.echo(report.to_json() if as_json else report.to_text())
    if html:
        report.to_html(html)


# --- make and learn ------------------------------------------------------------------------------


@cli.command()
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="A folder.")
@click.option("--count", type=click.IntRange(1), default=8, show_default=True, help="Pages.")
@click.option("--seed", type=int, default=1, show_default=True, help="Repeats the set exactly.")
@click.option("--recipe", type=click.Path(path_type=Path), help="A TOML file; default: built in.")
def synth(out: Path, count: int, seed: int, recipe: Path | None) -> None:
    """Make clean pages, their dirty twins and true texts, and a sheet of every corruption.

    \b
    docclean synth -o pages/ --count 20 --seed 7
    """
    from docclean.pairs import write_pairs
    from docclean.recipe import Recipe

    write_pairs(out, count, seed, Recipe.load(recipe))
    click.echo(out)


@cli.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="A folder.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in -o.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="Stop after so long.")
@click.option("--start-from", type=click.Path(path_type=Path), help="A checkpoint to begin with.")
def train(
    recipe: Path, out: Path, resume: bool, minutes: float | None, start_from: Path | None
) -> None:
    """Train a model on synthetic pairs as a recipe says.

    \b
    docclean train pipelines/recipes/small.toml -o runs/small --minutes 60
    """
    from docclean.recipe import Recipe
    from docclean.training import loop

    loop.train(Recipe.load(recipe), out, resume, minutes, start_from)
    click.echo(out)


@cli.command()
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="An .onnx file.")
def export(checkpoint: Path, out: Path) -> None:
    """Write a trained checkpoint as ONNX, run the file and compare the two.

    \b
    docclean export runs/small/checkpoint.safetensors -o small.onnx
    """
    from docclean.export import export_checkpoint

    difference = export_checkpoint(checkpoint, out)
    click.echo(f"{out} (at most {difference:.3g} grey levels from the checkpoint)")


@cli.command("list")
@click.argument("family", type=click.Choice(["models", "corruptions", "engines", "formats"]))
def list_members(family: str) -> None:
    """List what can be chosen of a family.

    \b
    docclean list formats
    """
    for name in _names(family):
        click.echo(name)


def _names(family: str) -> list[str]:
    if family == "models":
        from docclean.runtime import shipped_models

        return shipped_models()
    if family == "corruptions":
        from docclean.corruptions import CORRUPTIONS

        return CORRUPTIONS.names()
    if family == "engines":
        from docclean.ocr import ENGINES

        return ENGINES.names()
    from docclean.documents import FORMATS

    return FORMATS.names()


@cli.command()
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path))
@click.option("-o", "--out", default="demo", show_default=True, type=click.Path(path_type=Path))
@click.option("--seed", type=int, default=7, show_default=True, help="Repeats the page exactly.")
@click.option(
    "--model", default="small", show_default=True, help="A shipped name or an .onnx file."
)
@click.option("--lang", default="eng", show_default=True, help="Tesseract's language.")
def demo(folders: tuple[Path, ...], out: Path, seed: int, model: str, lang: str) -> int:
    """Show the gain: on FOLDERS of real scans, or on a page made and dirtied here.

    \b
    docclean demo
    docclean demo scans/ -o demo/
    """
    from docclean.demo import run_demo

    complete = True
    for shown in run_demo(out, seed, folders, model, lang):
        complete = complete and shown.complete
        if shown.picture is None:
            _say(shown.text)
            continue
        click.echo(f"{shown.title}\n  before and after: {shown.picture}")
        if shown.report:
            click.echo(f"  report:           {shown.report}")
        click.echo(f"\n{shown.text}\n")
        if _has_screen():
            click.launch(str(shown.picture))
    return 0 if complete else SOME_FAILED


def _has_screen() -> bool:
    """Tell whether a picture can be shown: a person at a terminal with a display."""
    return sys.stdout.isatty() and bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


# --- one place for every failure -----------------------------------------------------------------


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status; every failure is told on stderr here."""
    # libraries log whole tracebacks about damaged files; what matters we say ourselves
    logging.basicConfig(format="docclean: %(message)s", level=logging.CRITICAL)
    logging.getLogger("docclean").setLevel(logging.WARNING)
    try:
        with cli.make_context("docclean", list(arguments)) as context:
            status = cli.invoke(context)
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return UsageError.exit_status
    except click.ClickException as error:
        where = getattr(error, "ctx", None)
        hint = f" (see {where.command_path} --help)" if where else ""
        _say(f"{error.format_message()}{hint}")
        return UsageError.exit_status
    except DoccleanError as error:
        _say(str(error))
        return error.exit_status
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRA_OF:
            raise
        _say(
            f"'docclean {arguments[0]}' needs the package {package}; "
            f"run: pip install 'docclean[{EXTRA_OF[package]}]'"
        )
        return MissingProgramError.exit_status
    except (KeyboardInterrupt, click.Abort):
        _say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # the reader has left: nothing to tell, and nothing more to flush at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SOME_FAILED
    except OSError as error:  # a full disk, say, where no step foresaw it
        _say(f"{error.filename or 'a file'}: {error.strerror or error}; free the way and try again")
        return OutputError.exit_status


def _say(message: str) -> None:
    """Print one line on stderr, whatever an input's name holds."""
    click.echo(f"docclean: {' '.join(message.splitlines())}", err=True)


def main() -> NoReturn:
    """Be the command `docclean`."""
    sys.exit(run(sys.argv[1:]))
