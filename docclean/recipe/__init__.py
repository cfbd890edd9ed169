"""A recipe: one TOML file that says how pages are made, dirtied, learned and cleaned."""

from docclean.recipe.options import Options
from docclean.recipe.sections import Corrupt, Data, Look, Model, Synth, Train
from docclean.recipe.whole import Recipe

__all__ = ["Corrupt", "Data", "Look", "Model", "Options", "Recipe", "Synth", "Train"]
