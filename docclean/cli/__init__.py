"""The command line: each verb parses, calls one function and prints. Nothing heavy loads here."""

# ruff: noqa: D301  (click keeps the lines after a real backspace character as they are)

import logging
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from docclean import __version__
from docclean.cli.cleaning import clean, ocr
from docclean.cli.learning import export, list_members, synth, train
from docclean.cli.measuring import demo, evaluate
from docclean.cli.shared import say
from docclean.errors import (
    INTERRUPTED,
    SOME_FAILED,
    DoccleanError,
    MissingProgramError,
    OutputError,
    UsageError,
)

EXTRA_OF = {
    **dict.fromkeys(("cv2", "doxapy", "rapidfuzz", "typst"), "measure"),
    **dict.fromkeys(
        ("albumentations", "faker", "kornia", "matplotlib", "onnx", "safetensors", "torch"), "train"
    ),
}
"""Which extra brings a package the base install does without."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="docclean")
def cli() -> None:
    """Clean scanned pages before OCR, and measure the gain.

    \b
    docclean clean scan.pdf -o clean.pdf
    docclean ocr scan.png -o text.txt
    docclean demo

    Exit status: 0 done, 1 wrong arguments, 2 unreadable input, 3 a program or package is
    missing, 4 some files failed or an output cannot be written, 5 worse than the baseline, 130
    interrupted.
    """


for verb in (clean, ocr, evaluate, demo, synth, train, export, list_members):
    cli.add_command(verb)


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
        say(f"{error.format_message()}{hint}")
        return UsageError.exit_status
    except DoccleanError as error:
        say(str(error))
        return error.exit_status
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRA_OF:
            raise
        say(
            f"'docclean {arguments[0]}' needs the package {package}; "
            f"run: pip install 'docclean[{EXTRA_OF[package]}]'"
        )
        return MissingProgramError.exit_status
    except (KeyboardInterrupt, click.Abort):
        say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # the reader has left: nothing to tell, and nothing more to flush at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SOME_FAILED
    except OSError as error:  # a full disk, say, where no step foresaw it
        say(f"{error.filename or 'a file'}: {error.strerror or error}; free the way and try again")
        return OutputError.exit_status


def main() -> NoReturn:
    """Be the command `docclean`."""
    sys.exit(run(sys.argv[1:]))
