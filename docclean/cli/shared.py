"""What the verbs of the command line share: options, page ranges, one line on stderr."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from docclean.documents import Source

Command = TypeVar("Command", bound=Callable[..., Any])


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
        click.option("--no-gate", "gate", flag_value="off", help="The same as --gate off."),
        click.option(
            "--gate",
            type=click.Choice(["pixels", "ocr", "off"]),
            default="pixels",
            show_default=True,
            help="What tells whether cleaning hurts a page, which then stays as it is.",
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


def standard_input() -> "Source":
    """Return what comes in on stdin as one document."""
    from docclean.documents import Source

    return Source("standard input", data=sys.stdin.buffer.read())


def say(message: str) -> None:
    """Print one line on stderr, whatever an input's name holds."""
    click.echo(f"docclean: {' '.join(message.splitlines())}", err=True)
