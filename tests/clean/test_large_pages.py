"""A large page is cleaned in bands, and put away meanwhile: the same page, but for roundings."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from docclean.clean.cleaner import Cleaner
from docclean.clean.strangers import page_of
from docclean.page import Page

CASES = Path(__file__).parents[1] / "cases"


@pytest.mark.parametrize(
    ("name", "grey"),
    [("panels", True), ("photo_on_stained_page", True), ("stamp_and_signature", False)],
)
def test_a_large_page_is_cleaned_as_others_are(name, grey, monkeypatch):
    page = page_of(Pillow.open(CASES / f"{name}.jpg"))
    page = Page(page.grey()) if grey else page
    came, cleaner = page.pixels.copy(), Cleaner.load(max_tile_area=400_000)
    cleaner.scale = False  # a large page is not enlarged
    usual = cleaner.clean(page)
    monkeypatch.setattr("docclean.imageops.packed.LARGE", page.height * page.width)
    large = cleaner.clean(page)
    assert (page.pixels == came).all()
    assert large.decision.verdict == usual.decision.verdict == "cleaned"
    for one, other in ((usual.page, large.page), (usual.reading, large.reading)):
        apart = np.abs(one.pixels.astype(int) - other.pixels)
        assert apart.max() <= 2 and np.mean(apart > 0) < 0.001
