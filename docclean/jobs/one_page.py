"""All that is done to one page, whatever document it comes from: set straight, cleaned, read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from docclean.clean.contract import CleanedPage, PageCleaner
from docclean.clean.reading import layers_of_looks, legible, looks_at, suited
from docclean.clean.spec import engine_of
from docclean.documents.codecs import to_bits
from docclean.ocr.engine import is_neural
from docclean.ocr.sidecars import rescaled
from docclean.page import Page, is_same
from docclean.recipe import Options
from docclean.straighten import Straightened, straighten

LEFT = "left as it came, as was asked"
"""What is told of a page of `Options.leave`."""


@dataclass(frozen=True, eq=False)
class Treated:
    """One page after all that was asked for.

    Attributes:
        page: the page to keep.
        decision: the verdict, its reason, the measures, as plain data.
        layers: what the engine read, by kind; boxes are of `page`.
        straightened: what was set straight.
        changed: whether any pixel is not as it came.
    """

    page: Page
    decision: dict[str, Any]
    layers: Mapping[str, bytes]
    straightened: Straightened
    changed: bool


def treat(page: Page, cleaner: PageCleaner, options: Options, *, has_text: bool = False) -> Treated:
    """Set a page straight, clean it and read it, as the options ask.

    Args:
        page: as a viewer shows it.
        cleaner: cleans it.
        options: what is asked for.
        has_text: the page has a text layer: it is not turned under it, nor read again unforced.
    """
    if page.number in options.leave:
        return _left(page, options, has_text=has_text)
    straightened = straighten(
        page,
        orient=options.orient,
        deskew=options.deskew and not has_text,
        borders=options.borders,
        split=options.split,
        crop=options.crop and not has_text,
        flatten=options.flatten and not has_text,
    )
    cleaned = suited(cleaner.clean(straightened.page), neural=_is_for_neural(options))
    told = {"page": page.number, **cleaned.decision.to_dict(), **straightened.told()}
    if page.note:
        told["read_as"] = page.note
    if options.deskew and has_text:
        told["deskewed"] = "no: its text layer would not lie on its letters any more"
    kept = _kept(cleaned, options)
    layers: dict[str, bytes] = {}
    if options.reads and (options.force or not has_text):
        layers = layers_of(straightened.page, cleaned, options)
    elif options.reads:
        told["read"] = "no: the page has text (--force reads it again)"
    changed = straightened.moved or not is_same(kept.pixels, straightened.page.pixels)
    return Treated(kept, told, layers, straightened, changed)


@dataclass(frozen=True)
class _AsItCame:
    """A page that is to stay as it is, as a cleaner would have handed it back."""

    page: Page
    scale: float = 1.0

    @property
    def reading(self) -> Page:
        return self.page

    @property
    def decision(self) -> "_AsItCame":
        return self

    def to_dict(self) -> dict[str, Any]:
        return {"verdict": "kept", "reason": LEFT}


def _left(page: Page, options: Options, *, has_text: bool) -> Treated:
    """Leave a page as it came; it is read all the same."""
    kept = _AsItCame(page)
    reads = options.reads and (options.force or not has_text)
    layers = layers_of(page, kept, options) if reads else {}
    told = {"page": page.number, **kept.to_dict()}
    return Treated(page, told, layers, Straightened(page), changed=False)


def _is_for_neural(options: Options) -> bool:
    """Say whether what is read of a page, or written to be read, is for a neural engine."""
    if options.to_be_read:
        return options.for_neural
    other = options.ocr_engine != Options.ocr_engine  # to know the engines takes libraries
    return bool(options.reads) and other and is_neural(engine_of(options))


def _kept(cleaned: CleanedPage, options: Options) -> Page:
    page = legible(cleaned) if options.to_be_read else cleaned.page
    if options.bitonal:
        return page.with_pixels(to_bits(page.pixels) * np.uint8(255))
    return page.with_pixels(page.grey()) if options.grey else page


def layers_of(page: Page, cleaned: CleanedPage, options: Options) -> dict[str, bytes]:
    """Let an engine read a page cleaned; boxes come back to the page that is kept."""
    looks = looks_at(page, cleaned, options.looks)
    found = layers_of_looks(engine_of(options), looks, options.reads)
    scale = 1.0 if options.to_be_read else cleaned.scale
    return {kind: rescaled(kind, data, scale) for kind, data in found.items()}
