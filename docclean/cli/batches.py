"""Batches on the command line: their options, how they end, and the verbs `status` and `retry`."""

# ruff: noqa: D301  (click keeps the lines after a real backspace character as they are)

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, TypeVar

import click

from docclean.cli.options import cleaning_options
from docclean.cli.shared import Teller, lasting, pages, say
from docclean.errors import ExitStatus, UsageError

if TYPE_CHECKING:
    from docclean.clean.contract import Loader
    from docclean.jobs.batch import Batch
    from docclean.jobs.reuse import Part, Plan
    from docclean.jobs.status import Standing
    from docclean.recipe import Options

Command = TypeVar("Command", bound=Callable[..., Any])


class Shard(click.ParamType[tuple[int, int]]):
    """Which of how many shards, such as `3/8`."""

    name = "shard"

    def convert(self, value: Any, param: Any, ctx: click.Context | None) -> tuple[int, int]:
        """Return the number and how many there are."""
        if isinstance(value, tuple):
            return value
        number, _, count = str(value).partition("/")
        if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
            self.fail(f"'{value}' is no shard; write 1/8 to 8/8 for the first to the last of 8")
        return int(number), int(count)


_OPTIONS = (
    click.option(
        "--state", type=click.Path(path_type=Path), help="Folder of the ledger. [OUT/.docclean]"
    ),
    click.option("--shard", type=Shard(), metavar="I/N", help="Do the I-th of N parts."),
    click.option("--limit", type=click.IntRange(1), metavar="N", help="At most N files now."),
    click.option("--newest-first", is_flag=True, help="Youngest files first."),
    click.option(
        "--engine",
        type=click.Choice(("local", "ray")),
        default="local",
        help="Processes here, or Ray's on many machines; INPUT and OUT may be URLs then.  [local]",
    ),
    click.option("--address", metavar="HOST:PORT", help="Of Ray's cluster. [RAY_ADDRESS]"),
    click.option(
        "--report",
        type=click.Path(path_type=Path),
        metavar="HTML",
        help="Before and after, to see.",
    ),
)


def batch_options(command: Command) -> Command:
    """Add to a command what only makes sense for several files."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True)
class BatchOptions:
    """What a call says of its batch, beside what holds for each file."""

    state: Path | None
    shard: tuple[int, int] | None
    limit: int | None
    newest_first: bool
    engine: str
    address: str | None
    report: Path | None

    @classmethod
    def taken(cls, given: dict[str, Any], ends: Sequence[str]) -> "BatchOptions":
        """Take its options out of those of a call; `ends` are its inputs and its output.

        Raises:
            UsageError: one of them is a URL, and the engine knows none.
        """
        taken = cls(**{name: given.pop(name) for name in cls.__dataclass_fields__})
        urls = [one for one in ends if "://" in one and taken.engine == "local"]
        if urls:
            raise UsageError(f"{urls[0]}: is a URL; add --engine ray")
        return taken

    @property
    def given(self) -> bool:
        """Say whether any was given."""
        return any((self.state, self.shard, self.limit, self.newest_first, self.report))

    def clean(
        self, plan: "Plan", out: Path, load: "Loader", options: "Options", teller: Teller
    ) -> int:
        """Clean the batch, tell how it ended and return the exit status."""
        from docclean.jobs.batch import process_batch
        from docclean.jobs.ledger.database import FOLDER

        def run(part: "Part", stop: Event) -> "Batch":
            return process_batch(
                *(plan, out, load, options),
                state=self.state or out / FOLDER,
                part=part,
                stop=stop,
                on_result=teller.whole_file,
                progress=not teller.as_json,
            )

        return self._run(run, str(out), options, teller)

    def clean_on_ray(
        self, inputs: Sequence[str], out: str, options: "Options", teller: Teller
    ) -> int:
        """Clean the batch on a cluster, tell how it ended and return the exit status."""
        from docclean.integrations.cluster.call import clean_on

        if "-" in inputs or out == "-":
            raise UsageError("--engine ray takes files, folders and URLs, no -")
        if self.report and any("://" in one for one in (*inputs, out)):
            raise UsageError("--report shows files and cannot show URLs; leave it out")

        def run(part: "Part", stop: Event) -> "Batch":
            return clean_on(
                *(self.address, inputs, out, options),
                state=self.state,
                part=part,
                stop=stop,
                on_result=teller.whole_file,
                progress=not teller.as_json,
            )

        return self._run(run, out, options, teller)

    def _run(
        self,
        run: Callable[["Part", Event], "Batch"],
        out: str,
        options: "Options",
        teller: Teller,
    ) -> int:
        from docclean.files import check_writable
        from docclean.jobs.processes.stopping import finishing
        from docclean.jobs.reuse import Part

        if Path(out).is_file():
            raise UsageError(f"{out} is a file; a batch needs a folder for -o")
        if self.report:
            check_writable(self.report)
        part = Part(self.shard or (1, 1), self.limit, self.newest_first)
        started = time.monotonic()
        with _going_on(), finishing(_finishing) as stop:
            batch = run(part, stop)
        if self.report:
            from docclean.jobs.showing import write_report

            write_report(out, batch.whole, self.report, options.password)
        return ended(batch, out, time.monotonic() - started, teller)


@contextmanager
def _going_on() -> Iterator[None]:
    """Say what becomes of a batch that is stopped at once."""
    try:
        yield
    except KeyboardInterrupt as error:
        error.args = ("the same call goes on",)
        raise


def _finishing() -> None:
    say("finishing the files in hand; Ctrl-C again stops at once")


def ended(batch: "Batch", out: str | Path, seconds: float, teller: Teller) -> int:
    """Tell in one line how a batch ended; return its exit status."""
    before = batch.before
    for entry in before.failed:
        say(f"{entry.reason} (as before; docclean retry {out})")
    done = [result for result in batch.results if result.status == "done"]
    failed = batch.failed
    told = [
        *([f"{len(done):,} done"] if done or not before.done else []),
        *([f"{len(before.done):,} done before"] if before.done else []),
        *([f"{len(before.changed):,} changed by hand since, left alone"] if before.changed else []),
        *([f"{before.held:,} in another call's hands"] if before.held else []),
        *([f"{len(failed):,} failed"] if failed else []),
        *([f"{batch.left:,} left; the same call goes on"] if batch.left else []),
    ]
    worked = sum(result.pages for result in done)
    rate = f" ({pages(worked)}, {lasting(seconds)})" if done else ""
    say(f"{'stopped: ' if batch.stopped else ''}{', '.join(told)}{rate}")
    if teller.as_json:
        teller.event(
            "batch",
            {
                "done": len(done),
                "done_before": len(before.done),
                "changed": len(before.changed),
                "failed": len(failed),
                "held": before.held,
                "left": batch.left,
                "pages": worked,
                "seconds": round(seconds, 3),
            },
        )
    if batch.stopped:
        return ExitStatus.INTERRUPTED
    if len(failed) == 1 and len(batch.whole) + before.held == 1:
        return failed[0].exit_status
    return ExitStatus.FAILED if failed else ExitStatus.DONE


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def status(folder: Path, as_json: bool) -> None:
    """Tell how a batch or a watched folder stands: counts, rate, time left, failures.

    DIR is the folder of the outputs, or the one given as --state.

    \b
    docclean status cleaned/
    docclean status cleaned/ --json
    """
    from docclean.jobs.status import standing

    found = standing(folder)
    if as_json:
        click.echo(json.dumps(found.to_dict()))
        return
    for line in _standing_lines(found):
        click.echo(line)


def _standing_lines(found: "Standing") -> Sequence[str]:
    counts = [
        f"{found.done:,} done",
        f"{found.failed:,} failed",
        f"{found.waiting:,} waiting",
        *([f"{found.in_hand:,} in hand"] if found.in_hand else []),
    ]
    lines = [", ".join(counts)]
    rate = f"{found.per_minute:,.1f} files a minute"
    if found.running:
        left = f", {lasting(found.seconds_left)} left" if found.seconds_left else ""
        lines.append(f"at work: {rate}{left}")
    elif found.waiting:
        lines.append("nobody is at work; the same call goes on")
    for one in found.failures:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.when))
        tries = f", {one.tries} tries" if one.tries > 1 else ""
        lines.append(" ".join(f"failed: {one.reason} ({when}{tries})".splitlines()))
    return lines


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--json", "as_json", is_flag=True, help="One JSON line per file.")
@cleaning_options(("timeout", "memory", "jobs", "password", "overwrite"))
def retry(folder: Path, names: tuple[str, ...], as_json: bool, **given: Any) -> int:
    """Do files again, with the options they had.

    DIR is the folder of the outputs, or the one given as --state. NAME is a file's name or path;
    without any, all that failed. Of a watched folder the originals go back to the inbox.

    \b
    docclean retry cleaned/
    docclean retry cleaned/ scan.pdf --timeout 600
    """
    from docclean.jobs.retry import retry as do_again

    teller = Teller(as_json)
    overrides = {name: value for name, value in given.items() if value is not None}
    started = time.monotonic()
    again = do_again(folder, names, on_result=teller.whole_file, progress=not as_json, **overrides)
    for path in again.back:
        say(f"{path} is in the inbox again")
    if not again.batch.results:
        if not again.back:
            say(f"{folder}: no document has failed; name one to do it again")
        return ExitStatus.DONE
    return ended(again.batch, folder, time.monotonic() - started, teller)
