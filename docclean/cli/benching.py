"""The verb that measures speed and memory: `bench`."""

# ruff: noqa: D301  (click keeps the lines after a real backspace character as they are)

import json
from dataclasses import asdict
from pathlib import Path

import click

from docclean.cli.shared import say


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
@click.option("-o", "--out", type=click.Path(path_type=Path), help="A file for the table.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a figure, not the table.")
def bench(
    scan: Path | None,
    model: str,
    threads: int | None,
    count: int,
    quick: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Measure how fast this machine cleans, and what it takes.

    Milliseconds by step, pages a second, memory, the machine's own limits, and other programs on
    the same page in the same run. The page is the first of SCAN, or one made here (extra `train`).

    \b
    docclean bench
    docclean bench scan.jpg --quick
    docclean bench -o speed.md --pages 24
    """
    from docclean.evaluation.bench.running import Order, measured, table
    from docclean.files import writing_text

    order = Order(scan, model, threads, count, quick)
    figures = measured(order, lambda line: None if as_json else say(line))
    text = table(figures, order)
    if out:
        with writing_text(out) as file:
            file.write(text)
    if as_json:
        for figure in figures:
            click.echo(json.dumps(asdict(figure)))
    elif not out:
        click.echo(text)
