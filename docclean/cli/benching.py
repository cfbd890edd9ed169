"""The verb that measures speed and memory: `bench`."""

# ruff: noqa: D301  (click keeps the lines after a real backspace character as they are)

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from docclean.cli.shared import say
from docclean.errors import UsageError

if TYPE_CHECKING:
    from docclean.evaluation.bench.figures import Figure

CORRUPTIONS = Path("corruptions")
"""What stands in place of a scan to measure corruptions; a file of that name is ./corruptions."""
NO_SCAN = (
    "--recipe, --batch and --augraphy are of `docclean bench corruptions`; "
    "leave them out, or give that word in place of a scan"
)


@click.command()
@click.argument("scan", required=False, type=click.Path(path_type=Path), metavar="[SCAN]")
@click.option("--model", default="small", show_default=True, help="A name or a model file.")
@click.option("--threads", type=click.IntRange(1), help="Of each process; else all cores.")
@click.option(
    "--pages",
    "count",
    type=click.IntRange(1),
    default=12,
    show_default=True,
    help="Of the runs that tell pages a second.",
)
@click.option("--quick", is_flag=True, help="Only the steps of one page: some seconds.")
@click.option("--recipe", type=click.Path(path_type=Path), help="corruptions: whose looks.")
@click.option("--batch", "sizes", type=click.IntRange(1), multiple=True, help="corruptions: size.")
@click.option("--augraphy", metavar="PYTHON", help="corruptions: a Python that has Augraphy.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="A file for the table.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a figure, not the table.")
def bench(
    scan: Path | None,
    model: str,
    threads: int | None,
    count: int,
    quick: bool,
    recipe: Path | None,
    sizes: tuple[int, ...],
    augraphy: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Measure how fast this machine cleans, and what it takes.

    Milliseconds by step, pages a second, memory, the machine's own limits, and other programs on
    the same page in the same run. The page is the first of SCAN, or one made here (extra `train`).
    The word `corruptions` for SCAN asks how fast patches become dirty: by device, batch and member,
    on one thread unless --threads says more, beside Augraphy and kornia.

    \b
    docclean bench
    docclean bench scan.jpg --quick
    docclean bench -o speed.md --pages 24
    docclean bench corruptions --batch 96 --augraphy venv/bin/python -o corruptions.md
    """
    tell = (lambda line: None) if as_json else say
    if scan == CORRUPTIONS:
        _leave(*_corruptions(recipe, sizes, augraphy, threads, quick, tell), out, as_json)
    elif recipe or sizes or augraphy:
        raise UsageError(NO_SCAN)
    else:
        _leave(*_pages(scan, model, threads, count, quick, tell), out, as_json)


def _leave(figures: list["Figure"], text: str, out: Path | None, as_json: bool) -> None:
    """Write the table where a file is named, and show figures or table."""
    from docclean.files import writing_text

    if out:
        with writing_text(out) as file:
            file.write(text)
    if as_json:
        for figure in figures:
            click.echo(json.dumps(asdict(figure)))
    elif not out:
        click.echo(text)


def _pages(
    scan: Path | None,
    model: str,
    threads: int | None,
    count: int,
    quick: bool,
    tell: Callable[[str], None],
) -> tuple[list["Figure"], str]:
    """Return what was measured of cleaning, and its table."""
    from docclean.evaluation.bench.running import Order, measured, table

    order = Order(scan, model, threads, count, quick)
    figures = measured(order, tell)
    return figures, table(figures, order)


def _corruptions(
    recipe: Path | None,
    sizes: tuple[int, ...],
    augraphy: str | None,
    threads: int | None,
    quick: bool,
    tell: Callable[[str], None],
) -> tuple[list["Figure"], str]:
    """Return what was measured of corruptions, and its tables."""
    from docclean.evaluation.bench.dirtying import Order, measured, table

    chosen = sizes or ((8,) if quick else Order.sizes)
    order = Order(recipe, chosen, augraphy, threads or 1, quick)
    groups = measured(order, tell)
    return [figure for group in groups.values() for figure in group], table(groups, order)
