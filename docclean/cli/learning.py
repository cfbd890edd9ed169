"""The verbs that make pages, train, export, and list what there is."""

# ruff: noqa: D301  (click keeps the lines after a real backspace character as they are)

from pathlib import Path
from typing import TYPE_CHECKING

import click

from docclean.errors import ExitStatus

if TYPE_CHECKING:
    from docclean.recipe import Recipe


@click.command()
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="A folder.")
@click.option("--count", type=click.IntRange(1), default=8, show_default=True, help="Pages.")
@click.option("--seed", type=int, default=1, show_default=True, help="Repeats the set exactly.")
@click.option("--recipe", type=click.Path(path_type=Path), help="A TOML file; default: built in.")
@click.option(
    "--device",
    type=click.Choice(["cpu", "cuda"]),
    default="cpu",
    show_default=True,
    help="Where the corruptions run, from the lens to the file.",
)
def synth(out: Path, count: int, seed: int, recipe: Path | None, device: str) -> None:
    """Make clean pages, their dirty twins and true texts, and a sheet of every corruption.

    truth/ also holds the box of every word and the map of the page: ID.map.png, a pixel for every
    cell of 8 x 8 px of the page reduced to 768 px, its value the number of a kind (0 paper, 1 off
    the sheet, 2 text, 3 light on dark, 4 picture, 5 panel, 6 stamp or pen, 7 code, 8 rule, 9 dirt).

    \b
    docclean synth -o pages/ --count 20 --seed 7
    """
    from docclean.pairs.make import write_pairs

    write_pairs(out, count, seed, _recipe(recipe), "" if device == "cpu" else device)
    click.echo(out)


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), help="A folder; runs/ and the name.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in -o.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="Stop after so long.")
@click.option("--start-from", help="A shipped model's name or a checkpoint, to fine-tune it.")
@click.option("--samples", type=click.IntRange(1), default=8, show_default=True, help="Of --grid.")
@click.option("--grid", type=click.Path(path_type=Path), help="Dirty, restored, true: a PNG.")
@click.option("--plot", type=click.Path(path_type=Path), help="The loss curves: a PNG.")
@click.option("--table", is_flag=True, help="Train a folder's recipes, go on; write table.md.")
@click.option("--quick", is_flag=True, help="A few steps on a few pictures: to see that it runs.")
def train(
    recipe: Path,
    out: Path | None,
    resume: bool,
    minutes: float | None,
    start_from: str | None,
    samples: int,
    grid: Path | None,
    plot: Path | None,
    table: bool,
    quick: bool,
) -> int | None:
    """Train a model as a recipe says: on synthetic pages, or on pictures in files.

    \b
    docclean train pipelines/recipes/small.toml -o runs/small --minutes 60
    docclean train mine.toml -o runs/mine --start-from small
    docclean train pipelines/recipes/classics/dense.toml --samples 10 --grid grid.png
    docclean train pipelines/recipes/classics --table
    """
    from docclean.training import loop
    from docclean.training.gallery import Wanted
    from docclean.training.table import shortened, train_all

    out = out or Path("runs") / recipe.name.removesuffix(".toml")
    if table:
        if start_from or grid or plot:
            raise click.UsageError("--table takes -o, --minutes and --quick only")
        failed = train_all(recipe, out, minutes, quick)
        click.echo((out / "table.md").read_text("utf-8"))
        return ExitStatus.FAILED if failed else None
    asked = shortened(_recipe(recipe)) if quick else _recipe(recipe)
    loop.train(asked, out, resume, minutes, start_from, Wanted(samples, grid, plot))
    click.echo(out)
    return None


def _recipe(path: Path | None) -> "Recipe":
    """Return a recipe whose corruptions exist; a mistake names the file it stands in."""
    from docclean.corruptions.chain import check
    from docclean.recipe import Recipe

    recipe = Recipe.load(path)
    for look in recipe.looks():
        file = path.with_name(f"{look.name}.toml") if path and look.name else path
        check(look.corrupt, str(file or ""))
    return recipe


@click.command()
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="An .onnx file.")
def export(checkpoint: Path, out: Path) -> None:
    """Write a trained checkpoint as ONNX, run the file and compare the two.

    \b
    docclean export runs/small/checkpoint.safetensors -o small.onnx
    """
    from docclean.training.export import export_checkpoint

    difference = export_checkpoint(checkpoint, out)
    click.echo(f"{out} (at most {difference:.3g} grey levels from the checkpoint)")


@click.command("list")
@click.argument(
    "family", type=click.Choice(["models", "corruptions", "engines", "formats", "contenders"])
)
@click.option("--long", "told", is_flag=True, help="Corruptions: what each imitates, its ranges.")
def list_members(family: str, told: bool) -> None:
    """List what can be chosen of a family; of corruptions also the libraries behind each.

    \b
    docclean list formats
    docclean list corruptions --long
    """
    if told and family != "corruptions":
        raise click.UsageError("--long tells of corruptions only; leave it away")
    for name in _names(family):
        if told:
            click.echo(_told(name))
        else:
            click.echo(f"{name:<17}  {_by(name)}" if family == "corruptions" else name)
    if family == "corruptions":
        click.echo("albumentations:NAME, kornia:NAME: any transform of those libraries")


def _by(name: str) -> str:
    """Return the libraries behind a corruption."""
    from docclean.corruptions import CORRUPTIONS
    from docclean.corruptions.libraries import libraries_of

    return ", ".join(libraries_of(CORRUPTIONS[name]))


def _told(name: str) -> str:
    """Return what a corruption imitates and what a recipe can set of it."""
    from docclean.corruptions import CORRUPTIONS

    member = CORRUPTIONS[name]
    lines = [f"{name}: {str(type(member).__doc__).strip().splitlines()[0]}"]
    sides = ", both sides" if member.both_sides else ""
    lines.append(f"    by {_by(name)}")
    lines.append(f"    drawn on {member.probability:.0%} of pages, stage {member.stage}{sides}")
    for parameter, span in member.ranges.items():
        lines.append(f"    {parameter} = [{span.low:g}, {span.high:g}]  # {span.unit}")
    return "\n".join(lines)


def _names(family: str) -> list[str]:
    if family == "models":
        from docclean.clean.network import shipped_models

        return shipped_models()
    if family == "corruptions":
        from docclean.corruptions import CORRUPTIONS

        return CORRUPTIONS.names()
    if family == "contenders":
        from docclean.evaluation.contenders import CONTENDERS
        from docclean.evaluation.request import OF_MODELS

        return [*CONTENDERS.names(), *OF_MODELS]
    if family == "engines":
        from docclean.ocr import ENGINES

        return ENGINES.names()
    from docclean.documents import FORMATS

    return FORMATS.names()
