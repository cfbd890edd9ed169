"""Shared by the tests beside: what they are made of."""

from docclean.synth import (
    fonts,
)

ENGLISH = ("en_US",)


def _forget_fonts() -> None:
    for cached in (fonts.families, fonts._installed):
        cached.cache_clear()
