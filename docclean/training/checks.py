"""What would make a recipe's training fail, told before anything is made."""

from pathlib import Path

from docclean.corruptions.chain import check
from docclean.errors import UsageError
from docclean.models import ARCHITECTURES
from docclean.recipe import Recipe
from docclean.training.recogniser.lines import WINDOW
from docclean.training.recogniser.lineset import in_latin
from docclean.training.recogniser.network import load_recogniser


def check_recipe(recipe: Recipe) -> None:
    """Refuse a recipe that would fail only after the pages are made; its source checks the rest.

    Raises:
        UsageError: a setting contradicts another; both are named. Its recogniser is missing.
        UnreadableInputError: its recogniser is none.
    """
    train = recipe.train
    if train.reads:
        load_recogniser(Path(train.recogniser))
    for look in recipe.looks():
        check(look.corrupt, f"{look.name}.toml" if look.name else "")
    try:
        stride = ARCHITECTURES[recipe.model.name].build(recipe.model).stride
    except ValueError as error:
        raise UsageError(
            f"[model] widths: {recipe.model.name} takes another number of them ({error})"
        ) from error
    wrong = _reader_faults(recipe, stride) if train.reads else {}
    if train.layerwise:
        wrong['[train] layerwise is of dense; give [model] name = "dense"'] = (
            recipe.model.name != "dense"
        )
    for message, so in wrong.items():
        if so:
            raise UsageError(message)


def _reader_faults(recipe: Recipe, stride: int) -> dict[str, bool]:
    """Return what would keep a recogniser from reading what the recipe's network cleans."""
    train = recipe.train
    high, wide = WINDOW
    return {
        "[train] recogniser reads pages at [model] scale 1 only": recipe.model.scale != 1,
        f"[train] recogniser is shown {high} x {wide} px; the network's stride, {stride}, must "
        "divide both": bool(high % stride or wide % stride),
        "[train] recogniser_lines must be at least 1": train.recogniser_lines < 1,
        "[train] recogniser_pages must be at least 1": train.recogniser_pages < 1,
        "[train] recogniser reads Latin script; name such a locale in [synth] locales": (
            not in_latin(recipe).synth.locales
        ),
    }
