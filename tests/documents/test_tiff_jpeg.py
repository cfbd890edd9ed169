"""JPEGs inside TIFFs: as coarse as they came, and no larger."""

import io
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeCleaned, FakeDecision
from PIL import Image as Pillow

from docclean.clean.spec import CleanerSpec
from docclean.documents import as_source, read_pages, write_pages
from docclean.jobs.document import process_file
from docclean.recipe import Options

CASE = Path(__file__).parents[1] / "cases" / "ycbcr_jpeg.tif"


def picture():
    with Pillow.open(CASE) as opened:
        return opened.convert("RGB")


def tiff(image, **options):
    out = io.BytesIO()
    image.save(out, format="TIFF", compression="jpeg", **options)
    return out.getvalue()


def written(pages, like):
    out = io.BytesIO()
    write_pages(pages, out, like=like, suffix=".tif")
    return out.getvalue()


WAYS = {
    "RGB, coarse": lambda: tiff(picture(), quality=30),
    "RGB, fine": lambda: tiff(picture(), quality=90),
    "YCbCr": lambda: tiff(picture().convert("YCbCr"), quality=60),
    "grey": lambda: tiff(picture().convert("L"), quality=40, dpi=(200, 200)),
    "two pages": lambda: tiff(
        picture(), quality=50, save_all=True, append_images=[picture().convert("L")]
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_jpeg_inside_a_tiff_is_written_as_coarse_as_it_came(way):
    data = WAYS[way]()
    pages = list(read_pages(data))
    out = written(pages, data)
    assert 0.5 * len(data) < len(out) <= 1.1 * len(data)
    for before, after in zip(pages, read_pages(out), strict=True):
        assert np.abs(before.pixels.astype(int) - after.pixels).mean() < 0.5
        assert after.dpi == before.dpi
    with Pillow.open(io.BytesIO(data)) as came, Pillow.open(io.BytesIO(out)) as went:
        assert went.info["compression"] == "jpeg"
        assert went.tag_v2[262] == came.tag_v2[262]
        assert came.tag_v2[259] == went.tag_v2[259] == 7


class Sharper:
    """A cleaner after which a JPEG takes more room."""

    def clean(self, page):
        noise = np.random.default_rng(0).integers(-25, 26, page.pixels.shape)
        pixels = np.clip(page.pixels + noise, 0, 255).astype(np.uint8)
        return FakeCleaned(page.with_pixels(pixels), FakeDecision())


def load_sharper():
    return Sharper()


def test_a_page_that_would_grow_is_stored_more_coarsely(tmp_path):
    data = WAYS["RGB, fine"]()
    out = tmp_path / "out.tif"
    assert process_file(as_source(data), out, load_sharper).status == "done"
    assert out.stat().st_size <= 1.1 * len(data)
    (before,), (after,) = read_pages(data), read_pages(out)
    assert np.corrcoef(before.grey().ravel(), after.grey().ravel())[0, 1] > 0.9


@pytest.mark.slow
def test_the_real_file(tmp_path):
    out = tmp_path / "out.tif"
    assert process_file(CASE, out, CleanerSpec.of(Options(), 2)).status == "done"
    assert out.stat().st_size <= 1.1 * CASE.stat().st_size
