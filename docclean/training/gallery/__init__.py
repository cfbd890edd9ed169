"""The pictures a finished run leaves: what was asked for, and what an auto-encoder's codes are."""

from docclean.training.gallery.wall import NOTHING, Wanted, leave_pictures

__all__ = ["NOTHING", "Wanted", "leave_pictures"]
