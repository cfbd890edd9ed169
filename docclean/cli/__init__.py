"""The command line: each verb parses, calls one function and prints. Nothing heavy loads here."""

import logging
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from docclean import __version__
from docclean.cli.batches import retry, status
from docclean.cli.benching import bench
from docclean.cli.cleaning import clean, ocr
from docclean.cli.learning import export, list_members, synth, train
from docclean.cli.looking import look
from docclean.cli.measuring import demo, evaluate
from docclean.cli.serving import serve
from docclean.cli.shared import Ended, say, stoppable
from docclean.cli.watching import watch
from docclean.errors import DoccleanError, ExitStatus

EXTRA_OF = {
    **dict.fromkeys(("cv2", "doxapy", "rapidfuzz", "typst"), "measure"),
    **dict.fromkeys(("fsspec", "ray"), "ray"),
    **dict.fromkeys(("prometheus_client", "python_multipart", "starlette", "uvicorn"), "serve"),
    **dict.fromkeys(
        (
            *("albumentations", "faker", "kornia", "matplotlib", "onnx", "safetensors"),
            *("sklearn", "torch"),
        ),
        "train",
    ),
}
"""Which extra brings a package the base install does without."""


HELP = f"""Clean scanned pages before OCR, and measure the gain.

\b
docclean clean scan.pdf -o clean.pdf
docclean ocr scan.png -o text.txt
docclean demo

Exit status: {ExitStatus.told()}.
"""


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, help=HELP)
@click.version_option(__version__, prog_name="docclean")
def cli() -> None:
    """Hold the verbs together."""


for verb in (
    clean,
    look,
    watch,
    serve,
    status,
    retry,
    ocr,
    evaluate,
    bench,
    demo,
    synth,
    train,
    export,
    list_members,
):
    cli.add_command(verb)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status; every failure is told on stderr here."""
    # libraries log whole tracebacks about damaged files; what matters we say ourselves
    logging.basicConfig(format="docclean: %(message)s", level=logging.CRITICAL)
    logging.getLogger("docclean").setLevel(logging.WARNING)
    try:
        with stoppable(), cli.make_context("docclean", list(arguments)) as context:
            status = cli.invoke(context)
        sys.stdout.flush()
        return int(status) if isinstance(status, int) else ExitStatus.DONE
    except click.exceptions.Exit as error:
        return error.exit_code
    except ModuleNotFoundError as error:
        return _lacking(error, arguments[0])
    except (KeyboardInterrupt, click.Abort) as error:
        status = error.status if isinstance(error, Ended) else ExitStatus.INTERRUPTED
        say(f"{status.sentence}; {error}" if str(error) else status.sentence)
        return status
    except BrokenPipeError:
        # the reader has left: nothing to tell, and nothing more to flush at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitStatus.FAILED
    except (click.ClickException, DoccleanError, OSError) as error:
        return _refused(error)


def _lacking(error: ModuleNotFoundError, verb: str) -> int:
    """Say which extra brings a package that is not installed."""
    package = (error.name or "").partition(".")[0]
    if package not in EXTRA_OF:
        raise error
    extra = EXTRA_OF[package]
    say(f"'docclean {verb}' needs the package {package}; run: pip install 'docclean[{extra}]'")
    return ExitStatus.MISSING


def _refused(error: click.ClickException | DoccleanError | OSError) -> int:
    """Tell a failure in one sentence, and return its status."""
    if isinstance(error, DoccleanError):
        say(str(error))
        return error.exit_status
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return ExitStatus.USAGE
    if isinstance(error, click.ClickException):
        where = getattr(error, "ctx", None)
        hint = f" (see {where.command_path} --help)" if where else ""
        say(f"{error.format_message()}{hint}")
        return ExitStatus.USAGE
    # a full disk, say, where no step foresaw it
    say(f"{error.filename or 'a file'}: {error.strerror or error}; free the way and try again")
    return ExitStatus.FAILED


def main() -> NoReturn:
    """Run the command `docclean` and end the process with its status."""
    sys.exit(run(sys.argv[1:]))
