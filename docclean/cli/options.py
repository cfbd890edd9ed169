"""The options of `clean` as click knows them, made from `Options`: each stands in one place."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, TypeVar

import click

from docclean.errors import UsageError
from docclean.recipe.options import GATES, LOOKS, NAMES, PAPERS, Options, page_numbers, words

Command = TypeVar("Command", bound=Callable[..., Any])
READING = ("pages", "password")
MODEL = ("model", "device", "gate")


class PageRange(click.ParamType[frozenset[int]]):
    """Page numbers such as `1-3,7`."""

    name = "pages"

    def convert(self, value: Any, param: Any, ctx: click.Context | None) -> frozenset[int]:
        """Return the numbers as a set."""
        if isinstance(value, frozenset):
            return value
        try:
            return page_numbers(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)


class Words(click.ParamType[frozenset[str]]):
    """Words with commas between them, such as `stamps,pens`."""

    name = "words"

    def convert(self, value: Any, param: Any, ctx: click.Context | None) -> frozenset[str]:
        """Return them as a set."""
        return words(value)


_TYPES: dict[str, click.ParamType[Any]] = {
    "pages": PageRange(),
    "leave": PageRange(),
    "gate": click.Choice(GATES),
    "paper": click.Choice(PAPERS),
    "drop": Words(),
    "jobs": click.IntRange(1),
    "looks": click.IntRange(LOOKS[0], LOOKS[-1]),
    "threads": click.IntRange(1),
    "timeout": click.FloatRange(0, min_open=True),
}


def cleaning_options(names: Sequence[str] = NAMES) -> Callable[[Command], Command]:
    """Add options to a command; what is not given arrives as None, for a recipe to say.

    Args:
        names: fields of `Options`, in the order in which help tells them.
    """
    known = {item.name: item for item in fields(Options)}

    def add(command: Command) -> Command:
        for name in reversed(names):
            for option in reversed(_options(name, known[name].default, known[name].metadata)):
                command = option(command)
        return command

    return add


def _options(name: str, default: Any, told: Any) -> list[Callable[[Command], Command]]:
    """Return the click options of one field: two for the gate, one for any other."""
    flag, help_ = f"--{name.replace('_', '-')}", told["help"]
    if name == "ocr":  # a language may follow
        return [
            click.option(flag, is_flag=False, flag_value="", metavar=told["metavar"], help=help_)
        ]
    if isinstance(default, bool):
        return [click.option(flag, name, is_flag=True, default=None, help=help_)]
    if default is not None and default != frozenset():
        help_ = f"{help_}  [default: {default}]"
    kind, metavar = _TYPES.get(name), told["metavar"] or None
    one = click.option(flag, name, type=kind, metavar=metavar, default=None, help=help_)
    if name != "gate":
        return [one]
    off = click.option("--no-gate", "gate", flag_value="off", help="The same as --gate off.")
    return [one, off]


def gathered(given: dict[str, Any], recipe: Any = None) -> Options:
    """Return the options that a command line gives, over those of a recipe.

    Raises:
        As `Options.load`.
    """
    given = dict(given)
    language = given.pop("ocr", None)
    if language is not None:
        given |= {"ocr": True, **({"lang": language} if language else {})}
    options = Options.load(recipe, **given)
    if options.format:
        from docclean.documents import format_of

        format_of(options.format, "--format")
    if options.ocr_engine != Options.ocr_engine:  # to know the engines takes libraries
        from docclean.ocr import ENGINES

        ENGINES[options.ocr_engine]
    return options
