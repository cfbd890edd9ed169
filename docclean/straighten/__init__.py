"""Pages set straight before they are cleaned: upright, level, without borders, one at a time."""

from docclean.straighten.spread import halves
from docclean.straighten.straightening import Straightened, straighten

__all__ = ["Straightened", "halves", "straighten"]
