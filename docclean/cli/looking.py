"""The verb that shows how docclean sees a page: `look`."""

# ruff: noqa: D301  (click keeps the lines after a real backspace character as they are)

from pathlib import Path
from typing import Any

import click

from docclean.cli.options import cleaning_options, gathered
from docclean.cli.shared import say
from docclean.errors import UsageError

ASKED = ("pages", "password", "model", "gate", "keep_desk", "paper", "drop")


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="A picture.")
@click.option("--overwrite", is_flag=True, help="Replace an output that exists.")
@cleaning_options(ASKED)
def look(source: Path, out: Path, overwrite: bool, **given: Any) -> None:
    """Show the map of a page: text, pictures, stamps, codes, panels, the desk.

    \b
    docclean look scan.jpg -o map.png
    docclean look book.pdf --pages 7 -o map.png
    """
    from docclean.clean.parts.looking import looked_at
    from docclean.clean.spec import CleanerSpec, wish_of
    from docclean.documents import read_pages, write_pages
    from docclean.outputs import check_target

    check_target(out, overwrite=overwrite)  # before the work, not after it
    options = gathered(given)
    wanted = set(options.pages or {1})
    if len(wanted) != 1:
        raise UsageError("docclean look shows one page; name it, such as --pages 7")
    for page in read_pages(source, pages=wanted, password=options.password):
        told = CleanerSpec(options)().clean(page).decision.to_dict()
        verdict = f"{told['verdict']}: {told['reason']}"
        shown = page.with_pixels(looked_at(page, verdict, wish_of(options)))
        write_pages([shown], out, overwrite=overwrite)
        say(verdict)
