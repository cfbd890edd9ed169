"""A look at a page: its map, and what cleaning would make of each part."""

from docclean.clean.parts.wish import Wish
from docclean.page import Image, Page
from docclean.regions.drawing import drawn
from docclean.regions.kinds import Kind
from docclean.regions.reader import map_reader

TREATMENT = {
    Kind.PAPER: "white",
    Kind.OFF: "white; not looked at by the gate",
    Kind.TEXT: "cleaned, its strokes and colours kept",
    Kind.DARK: "turned, cleaned, turned back; read dark on white",
    Kind.PICTURE: "as it came, its light evened with the paper",
    Kind.PANEL: "one even tint, the text on it cleaned",
    Kind.STAMP: "kept in its colour",
    Kind.CODE: "as it came; not read",
    Kind.RULE: "kept",
    Kind.DIRT: "white",
}
"""What becomes of each kind where a page is cleaned."""


def looked_at(page: Page, verdict: str, wish: Wish) -> Image:
    """Return the page with its map over it and a legend, (H, W, 3) uint8.

    Args:
        page: the page.
        verdict: what the gate said of it.
        wish: how parts are to be shown.
    """
    asked = dict(TREATMENT)
    if wish.tone:
        asked[Kind.PAPER] = "the sheet's own tone, evened"
    if wish.desk:
        asked[Kind.OFF] = "as it came"
    if not wish.stamps:
        asked[Kind.STAMP] = "taken out where it has a colour"
    return drawn(page, map_reader()(page), asked, verdict)
