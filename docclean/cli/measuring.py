"""The verbs that show and measure the gain: `evaluate`, `demo`."""

# ruff: noqa: D301  (click keeps the lines after a real backspace character as they are)

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from docclean.cli.shared import say
from docclean.errors import ExitStatus, OutputError, UsageError

if TYPE_CHECKING:
    from docclean.evaluation.request import Order
    from docclean.report.report import Report

FILE = click.Path(path_type=Path)
STDOUT = Path("-")


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option(
    "--contenders",
    metavar="LIST",
    default="raw,grey,divide,cleaned",
    show_default=True,
    help="Names joined by commas, or 'all'; see docclean list contenders.",
)
@click.option(
    "--command",
    "commands",
    multiple=True,
    metavar="'NAME=PROGRAM @IN @OUT'",
    help="One of your own.",
)
@click.option(
    "--model",
    "models",
    multiple=True,
    default=("small",),
    show_default=True,
    help="A name or a model file; may be given again.",
)
@click.option(
    "--timeout", type=float, default=600, show_default=True, help="Seconds for a command."
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option(
    "--engine",
    default="tesseract",
    metavar="NAME",
    show_default=True,
    help="What reads; see docclean list engines.",
)
@click.option("--lang", default="eng", show_default=True, help="Languages that are read.")
@click.option("--psm", type=click.IntRange(1, 13), help="Tesseract page segmentation mode.")
@click.option("--settings", type=FILE, help="TOML with lang, psm and more for each set.")
@click.option("--sets", metavar="LIST", default="", help="Only these sets; patterns such as ocr/*.")
@click.option("--split", help="Only the pages of this split in FOLDER/splits.json.")
@click.option("--limit", type=click.IntRange(1), help="At most so many pages a set.")
@click.option(
    "--jobs", type=click.IntRange(1), default=1, show_default=True, help="Pages at a time."
)
@click.option("--synthetic", is_flag=True, help="Instead of FOLDER: pages made here, and curves.")
@click.option(
    "--count", type=click.IntRange(1), default=12, show_default=True, help="Synthetic pages."
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Of synthetic pages and curves."
)
@click.option("--curves/--no-curves", default=None, help="Robustness curves; on with --synthetic.")
@click.option(
    "--curve",
    "curve_names",
    default="",
    help="Curves of these corruptions, with commas between, or 'all'; default: the common ones.",
)
@click.option("--html", type=FILE, help="Write a report to look at.")
@click.option("--json", "json_", type=FILE, help="Write every number and text; - for stdout.")
@click.option("--texts/--no-texts", default=True, help="Whether the JSON holds the texts.")
@click.option("--csv", "csv_", type=FILE, help="Write one line a page and contender; - for stdout.")
@click.option("--markdown", type=FILE, help="Write the table of all measures; - for stdout.")
@click.option("--table", type=FILE, help="Put a short table between the marks of this README.")
@click.option("--baseline", type=FILE, help="JSON of an earlier run; exit 5 where a set is worse.")
@click.option(
    "--views",
    type=click.IntRange(1, 3),
    help="Read each page so often, told another dpi each time.",
)
@click.option("--cache", type=FILE, help="Keeps what was read; a stopped run goes on where it was.")
def evaluate(
    html: Path | None,
    json_: Path | None,
    csv_: Path | None,
    markdown: Path | None,
    table: Path | None,
    texts: bool,
    baseline: Path | None,
    **asked: Any,
) -> int:
    """Does cleaning help OCR? Read pages as they are, cleaned, and by rivals, and compare.

    FOLDER holds images or PDFs with their true text beside them (NAME.gt.txt, words.json, hOCR,
    ALTO or PAGE XML), or noisy/ and clean/, or folders of such folders, each a set. Without
    ground truth the report uses signs: confidence, dictionary words, agreement, noise.

    \b
    docclean evaluate labelled/ --contenders all --command 'mine=convert @IN -despeckle @OUT'
    docclean evaluate labelled/ --engine rapidocr --json scores.json
    docclean evaluate labelled/ --baseline scores.json --html report.html
    docclean evaluate --synthetic --html report.html
    """
    from docclean.report.baseline import hold_against

    outputs = _outputs(html=html, json=json_, csv=csv_, markdown=markdown, table=table)
    _check_outputs(outputs, asked["cache"], baseline)  # before an hour is spent
    report = _order(pictures=html is not None, **asked).fulfil(_progress())
    # before the outputs: one of them may take the baseline's place
    verdict = hold_against(report, baseline) if baseline else None
    if STDOUT not in outputs.values():
        click.echo(report.to_text())
    errors = _write(report, outputs, texts)
    for line in verdict.lines() if verdict else []:
        say(line)
    if errors:
        return errors[0].exit_status
    if verdict and not verdict.passed:
        return ExitStatus.WORSE
    return ExitStatus.FAILED if report.failures else 0


def _order(
    *,
    contenders: str,
    engine: str,
    lang: str,
    psm: int | None,
    sets: str,
    curves: bool | None,
    curve_names: str,
    synthetic: bool,
    **rest: Any,
) -> "Order":
    """Return what is asked for as one object."""
    from docclean.evaluation.request import Order
    from docclean.evaluation.robustness import COMMON
    from docclean.evaluation.settings import SetSettings
    from docclean.ocr import make_engine

    make_engine(engine, lang, psm=psm)  # refuses what is asked for before anything is read
    return Order(
        contenders=_names(contenders),
        default=SetSettings(lang, psm, engine=engine),
        sets=_names(sets),
        curves=(synthetic or bool(curve_names)) if curves is None else curves,
        members=_names(curve_names) or COMMON,
        synthetic=synthetic,
        **rest,
    )


def _check_outputs(outputs: dict[str, Path], cache: Path | None, baseline: Path | None) -> None:
    """Refuse outputs that could not be written, and a baseline that is none.

    Raises:
        OutputError: one of them cannot be.
        UnreadableInputError: the baseline cannot be read.
    """
    from docclean.files import check_writable
    from docclean.report import exports
    from docclean.report.baseline import load_baseline

    for path in (*outputs.values(), *([cache] if cache else [])):
        if path != STDOUT:
            check_writable(path)
    if "table" in outputs:
        exports.around_marks(outputs["table"])
    if baseline:
        load_baseline(baseline)


def _write(report: "Report", outputs: dict[str, Path], texts: bool) -> list[OutputError]:
    """Write what is asked for, and return what could not be written; the rest is there."""
    from docclean.report import exports, tables

    write: dict[str, Callable[[Path], None]] = {
        "html": report.to_html,
        "json": lambda path: _put(path, report.to_json(texts=texts)),
        "csv": lambda path: _put(path, report.to_csv()),
        "markdown": lambda path: _put(path, report.to_markdown()),
        "table": lambda path: exports.write_between(
            path, tables.to_short_markdown(report.summary())
        ),
    }
    errors = []
    for kind, path in outputs.items():
        try:
            write[kind](path)
        except OutputError as error:
            errors.append(error)
            say(str(error))
    return errors


def _outputs(**paths: Path | None) -> dict[str, Path]:
    """Return the outputs asked for.

    Raises:
        UsageError: two of them are one file, or HTML is to go to a terminal.
    """
    outputs = {kind: path for kind, path in paths.items() if path is not None}
    places = [path if path == STDOUT else path.resolve() for path in outputs.values()]
    if len(set(places)) < len(places):
        raise UsageError("two outputs have the same name; give each its own")
    for kind in ("html", "table"):
        if outputs.get(kind) == STDOUT:
            raise UsageError(f"--{kind} needs the name of a file")
    return outputs


def _put(path: Path, text: str) -> None:
    if path == STDOUT:
        click.echo(text.encode("utf-8", "backslashreplace"))
    else:
        from docclean.report.exports import write_text

        write_text(path, text)


def _names(told: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in told.split(",") if name.strip())


def _progress() -> Callable[[str, int, int], None]:
    """Return what tells the progress on stderr: one line that counts, at a terminal only."""

    def told(what: str, done: int, total: int) -> None:
        end = "\n" if done == total else ""
        click.echo(f"\r{what} {done}/{total} {end}", err=True, nl=False)

    return told if sys.stderr.isatty() else lambda what, done, total: None


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path))
@click.option("-o", "--out", default="demo", show_default=True, type=click.Path(path_type=Path))
@click.option("--seed", type=int, default=8, show_default=True, help="Repeats the page exactly.")
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
    from docclean.evaluation.demo import run_demo

    complete = True
    for shown in run_demo(out, seed, folders, model, lang):
        complete = complete and shown.complete
        if shown.picture is None:
            say(shown.text)
            continue
        click.echo(f"{shown.title}\n  before and after: {shown.picture}")
        if shown.report:
            click.echo(f"  report:           {shown.report}")
        click.echo(f"\n{shown.text}\n")
        if _has_screen():
            click.launch(str(shown.picture))
    return 0 if complete else ExitStatus.FAILED


def _has_screen() -> bool:
    """Tell whether a picture can be shown: a person at a terminal with a display."""
    return sys.stdout.isatty() and bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
