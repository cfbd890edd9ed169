"""The verb that serves a page and an HTTP door: `serve`."""

# ruff: noqa: D301  (click keeps the lines after a real backspace character as they are)

from pathlib import Path
from typing import Any

import click

from docclean.cli.options import cleaning_options, gathered
from docclean.recipe.options import NAMES

OF_A_REQUEST = ("pages", "leave", "password", "overwrite", "text", "hocr", "alto")
"""Options that hold for one document, not for whatever comes."""
USUAL = tuple(name for name in NAMES if name not in OF_A_REQUEST)
FOLDER = click.Path(path_type=Path)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, help="Its port.  [8765]")
@click.option("--token", envvar="DOCCLEAN_TOKEN", metavar="WORD", help="What requests must show.")
@click.option("--no-token", is_flag=True, help="Let anyone in who reaches --host.")
@click.option("--most-bytes", default="64M", metavar="SIZE", help="Of an upload.  [64M]")
@click.option("--most-pixels", type=int, default=100_000_000, help="Of a page.  [100000000]")
@click.option("--most-pages", type=int, default=500, help="Of a document.  [500]")
@click.option("--waiting", type=int, default=32, help="Documents that may wait.  [32]")
@click.option("--keep", type=float, default=30.0, metavar="MIN", help="Of each result.  [30]")
@click.option("--room", default="4G", metavar="SIZE", help="Of all that is kept.  [4G]")
@click.option("--patience", type=float, default=20.0, metavar="S", help="With an upload.  [20]")
@click.option("--grace", type=float, default=30.0, metavar="S", help="Seconds to stop in.  [30]")
@click.option("--state", type=FOLDER, help="Keep jobs here over restarts. [a temporary folder]")
@click.option("--log-json", is_flag=True, help="Log JSON lines.")
@click.option("--recipe", type=FOLDER, help="A TOML file with [clean].")
@cleaning_options(USUAL)
def serve(log_json: bool, recipe: Path | None, **given: Any) -> int:
    """Serve a page to drop scans on, and an HTTP door for programs.

    The page is at http://127.0.0.1:8765/, the door is described at /openapi.json. Cleaning options
    hold where a request says nothing; --timeout (900 s) and --memory (3G) bound each document.
    Results are deleted after --keep minutes. SIGTERM finishes what is in hand.

    \b
    docclean serve
    docclean serve --lang deu --deskew --jobs 2
    docclean serve --host 0.0.0.0 --token "$(cat token.txt)"
    """
    from docclean.jobs.watch.telling import Log
    from docclean.service.serving import serve as run
    from docclean.service.settings import Settings

    names = Settings.__dataclass_fields__
    settings = Settings(**{name: given.pop(name) for name in names})
    return run(settings, gathered(given, recipe), Log(as_json=log_json))
