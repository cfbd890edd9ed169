"""The verb that watches a folder."""

# ruff: noqa: D301  (click keeps the lines after a real backspace character as they are)

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from docclean.cli.options import cleaning_options, gathered
from docclean.errors import UsageError

if TYPE_CHECKING:
    from docclean.clean.spec import CleanerSpec
    from docclean.jobs.watch.watcher import Watcher
    from docclean.recipe import Options

FOLDER = click.Path(path_type=Path)


@click.command()
@click.argument("inbox", type=FOLDER)
@click.argument("outbox", type=FOLDER)
@click.option("--done", type=FOLDER, help="Where originals go. [INBOX/.done/DATE]")
@click.option("--failed", type=FOLDER, help="Where those of failures go. [INBOX/.failed]")
@click.option("--settle", type=float, default=5.0, metavar="S", help="Seconds of rest first. [5]")
@click.option("--once", is_flag=True, help="End when nothing is left to do.")
@click.option("--poll", is_flag=True, help="Look every 2 s; do not wait for events.")
@click.option("--status", type=FOLDER, metavar="FILE", help="JSON: counts, rate, heartbeat.")
@click.option("--grace", type=float, default=30.0, metavar="S", help="Seconds to stop in. [30]")
@click.option("--state", type=FOLDER, help="Folder of the ledger. [OUTBOX/.docclean]")
@click.option("--on-done", default="", metavar="COMMAND", help="For the shell, after each file.")
@click.option("--on-fail", default="", metavar="COMMAND", help="The same after each failure.")
@click.option("--log-json", is_flag=True, help="Log JSON lines.")
@click.option("--recipe", type=FOLDER, help="A TOML file with [clean]; SIGHUP rereads it.")
@cleaning_options()
def watch(log_json: bool, recipe: Path | None, **given: Any) -> int:
    """Clean whatever lands in INBOX into OUTBOX, until stopped.

    A file is taken when it has rested and every page of it decodes. Sub-folders are mirrored.
    Originals are put away last; nothing is ever deleted. What cannot be cleaned goes to --failed,
    with the reason beside it. Commands find the paths in their environment: DOCCLEAN_SOURCE,
    DOCCLEAN_ORIGINAL, DOCCLEAN_OUTPUT, DOCCLEAN_SIDECARS, DOCCLEAN_REASON, DOCCLEAN_NOTE.

    \b
    docclean watch inbox/ outbox/
    docclean watch inbox/ outbox/ --ocr deu --text
    docclean watch inbox/ outbox/ --once
    """
    from docclean.jobs.watch.settings import Settings
    from docclean.jobs.watch.telling import Log
    from docclean.jobs.watch.watcher import Watcher

    names = Settings.__dataclass_fields__
    settings = Settings(**{name: given.pop(name) for name in names})
    request = _Request(given, recipe)
    if request()[0].pages is not None:
        raise UsageError("--pages holds for one document, not for whatever comes; leave it out")
    watcher = Watcher(settings, request, Log(as_json=log_json))
    with _signals(watcher):
        return watcher.run()


class _Request:
    """What the command line asks for, over what the recipe says now."""

    def __init__(self, given: dict[str, Any], recipe: Path | None) -> None:
        self.given, self.recipe = given, recipe

    def __call__(self) -> "tuple[Options, CleanerSpec]":
        from docclean.clean.spec import CleanerSpec

        options = gathered(self.given, self.recipe)
        return options, CleanerSpec.of(options, os.cpu_count() or 1)


@contextmanager
def _signals(watcher: "Watcher") -> Iterator[None]:
    """Stop at SIGTERM and Ctrl-C, at once at the second; reread the recipe at SIGHUP."""

    def stop(number: int, frame: FrameType | None) -> None:
        if watcher.stop.is_set():
            raise KeyboardInterrupt
        watcher.stop.set()

    def reread(number: int, frame: FrameType | None) -> None:
        watcher.reread.set()

    wanted = {signal.SIGTERM: stop, signal.SIGINT: stop, signal.SIGHUP: reread}
    before = {number: signal.signal(number, handler) for number, handler in wanted.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
