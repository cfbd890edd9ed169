"""Whole scenes for the map of a page: sheets with all that lies on them, and where they lie."""

from docclean.scenes.scene import CELL, Sample, draw_scene, sample

__all__ = ["CELL", "Sample", "draw_scene", "sample"]
