"""What keeps the work on a large page small: where something is to be laid, every nth pixel."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from docclean.imageops.packed import is_large
from docclean.page import Image, Page
from docclean.regions.harm import Harm, Part, harms, parts_of
from docclean.regions.page_map import PageMap

APART = 64
"""Columns with nothing to lay from which what lies beside them is laid by itself."""


def stretches(masks: Sequence[Image]) -> list[slice]:
    """Return the stretches of columns in which any of the masks, (h, W), has something."""
    columns = np.flatnonzero(np.any([mask.any(0) for mask in masks], axis=0))
    if not len(columns):
        return []
    breaks = np.flatnonzero(np.diff(columns) > APART)
    firsts, lasts = columns[np.append(0, breaks + 1)], columns[np.append(breaks, -1)]
    return [slice(int(first), int(last) + 1) for first, last in zip(firsts, lasts, strict=True)]


def thin_harms(came: Page, shown: Page, found: PageMap) -> Iterator[tuple[Harm, Part]]:
    """Yield what became of every part of a page; of a large one every second pixel, or third.

    Args:
        came: the page as it came.
        shown: the page that is kept.
        found: the map of the page as it came.
    """
    step = 1
    while is_large(came.pixels[::step, ::step].shape):
        step += 1
    before, after = (page.pixels[::step, ::step] for page in (came, shown))
    if step > 1:
        found = replace(found, height=len(before), width=before.shape[1])
    yield from harms(before, after, parts_of(found))
