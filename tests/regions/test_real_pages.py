"""The text of thirty public pages, labelled by eye, is on their maps, none of it off the sheet.

The labels hold a `Kind` for each cell, no picture. `pipelines/parts/labelled.py` draws them, says
how, and lists what the maps show of pictures, panels and stamps.
"""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from docclean.documents import read_pages
from docclean.regions.kinds import Kind
from docclean.regions.reader import map_reader

LABELS = Path(__file__).parent / "labels"
PAGES = sorted(path.relative_to(LABELS).with_suffix("") for path in LABELS.glob("*/*.png"))
DATA = Path(__file__).parents[3] / "shared" / "data" / "ocr"
RECALL = 0.99
FOUND_LESS = {
    "forms-eng/0001123541": 0.98,  # type crossed by the lines it was typed on
    "modern-eng/chart_02": 0.96,  # words in the boxes of a chart
    "modern-eng/table_04": 0.96,  # figures between rules and on screens
    "modern-eng/table_11": 0.94,
}
"""What is found where it is not yet enough."""


def test_thirty_pages_are_labelled_by_kinds_alone():
    assert len(PAGES) == 30
    for name in PAGES:
        path = LABELS / f"{name}.png"
        cells = np.asarray(Pillow.open(path))
        assert cells.dtype == np.uint8 and cells.ndim == 2 and max(cells.shape) <= 96
        assert path.stat().st_size < 2000
        assert set(np.unique(cells)) <= set(Kind) and (cells == Kind.TEXT).sum() > 400


@pytest.mark.data
@pytest.mark.skipif(not DATA.is_dir(), reason="needs the benchmark beside the project")
@pytest.mark.parametrize("name", PAGES, ids=str)
def test_the_text_of_a_real_page_is_found(name):
    (path,) = (p for p in (DATA / name.parent).glob("*.*") if p.stem == name.name and p.suffix
               in (".png", ".jpg", ".tif"))  # fmt: skip
    page = next(iter(read_pages(path)))
    found = map_reader(1)(page)
    true = np.asarray(Pillow.open(LABELS / f"{name}.png"))
    assert true.shape == found.shares.shape[1:]
    text = true == Kind.TEXT
    assert not found.has(Kind.OFF)[text].any()
    recall = found.has(Kind.TEXT)[text].mean()
    assert recall >= FOUND_LESS.get(name.as_posix(), RECALL)
