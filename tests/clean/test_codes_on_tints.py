"""A code that is printed on a tint is cleaned with the tint, and must still be read."""

from dataclasses import replace

import numpy as np
import pytest
import zxingcpp
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from docclean.clean.cleaner import Cleaner
from docclean.clean.parts.wish import Wish
from docclean.page import Page
from docclean.regions.kinds import MARKS, Kind
from docclean.regions.reader import map_reader

PAPER, TINT = (226, 222, 214), (150, 150, 90)
PANEL = np.s_[300:660, 60:900]
CODES = (("QRCode", "DOC-4711", 4, (400, 120)), ("Code128", "BAR-0815", 2, (420, 420)))


def drawn(name: str, text: str, scale: int) -> np.ndarray:
    """Return a code of zxing-cpp, (h, w) uint8; bars are at least 100 px tall."""
    made = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, name))
    plate = np.asarray(zxingcpp.write_barcode_to_image(made, scale=scale, add_quiet_zones=True))
    return np.repeat(plate[:1], 100, 0) if name == "Code128" else plate


def places() -> list[tuple[tuple[slice, slice], np.ndarray]]:
    """Return where each code stands on the page, and its pixels."""
    plates = [(drawn(*code[:3]), code[3]) for code in CODES]
    return [(np.s_[y : y + p.shape[0], x : x + p.shape[1]], p) for p, (y, x) in plates]


@pytest.fixture(scope="module")
def page() -> Page:
    """Letters around a dark tint with two codes printed on it, in uneven light, with noise."""
    image = Pillow.new("RGB", (960, 960), PAPER)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(26)
    for line in [*range(6), *range(16, 23)]:
        draw.text(
            (70, 40 + 40 * line), "Dark letters stand around the codes here", (40, 36, 30), font
        )
    pixels = np.array(image, np.float64)
    pixels[PANEL] = TINT
    for where, plate in places():
        pixels[where] *= plate[..., None] / 255
    down, across = np.mgrid[:960, :960] / 960
    pixels *= (1 - 0.4 * (down + across) / 2)[..., None]
    pixels += np.random.default_rng(1).normal(0, 6, pixels.shape)
    return Page(np.clip(pixels, 0, 255).astype(np.uint8), (150.0, 150.0))


def look(page: Page):
    """Return the network's map with tint and codes where they are, as a better one would see."""
    found = map_reader(1)(page)
    shares, (down, across) = found.shares.copy(), found.cell

    def cells(box: tuple[slice, slice]) -> tuple[slice, slice]:
        return tuple(
            slice(round(side.start / step), round(side.stop / step))
            for side, step in zip(box, (down, across), strict=True)
        )

    for kind in (Kind.PICTURE, Kind.STAMP):
        shares[MARKS.index(kind)] = 0
    shares[MARKS.index(Kind.PANEL)][cells(PANEL)] = 255
    for where, _ in places():
        shares[MARKS.index(Kind.CODE)][cells(where)] = 255
    return replace(found, shares=shares)


def texts(page: Page) -> set[str]:
    return {code.text for code in zxingcpp.read_barcodes(page.pixels)}


@pytest.mark.parametrize("wish", [Wish(), Wish(tone=True)])
def test_codes_on_a_tint_are_put_back(page, wish):
    assert texts(page) == {"DOC-4711", "BAR-0815"}
    cleaner = Cleaner.load(threads=1, wish=wish)
    cleaner.look = look
    done = cleaner.clean(page)
    assert done.decision.verdict == "cleaned"
    assert texts(done.page) == texts(page)
    assert done.decision.measures["put_back"] > 0
