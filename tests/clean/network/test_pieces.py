"""Blank paper does not go through the network, and nothing else changes by that."""

import json
from pathlib import Path
from random import Random

import numpy as np
import pytest

from docclean.clean import network
from docclean.clean.network import OnnxRuntime, cleaned_by
from docclean.corruptions.chain import dirty_by_name
from docclean.documents import read_pages
from docclean.page import Image
from docclean.synth import TextSource, typeset

DATA = Path(__file__).parents[4] / "shared" / "data"
AREA = 6_000_000


class Counting(OnnxRuntime):
    """The shipped network, which counts the pixels it is given."""

    def __init__(self) -> None:
        super().__init__(network.model_file("small"), "cpu", threads=1)
        self.pixels = 0

    def __call__(self, tiles, seen=None):
        self.pixels += tiles.size
        return super().__call__(tiles, seen)


@pytest.fixture(scope="module")
def letter() -> Image:
    """A page of which the upper half is written, dirty all over."""
    page = typeset(Random("a half"), TextSource(()), 200, "letter").page.pixels
    page = page.copy()
    page[len(page) // 2 :] = 255
    dirty, _ = dirty_by_name(page, {"uneven_light": 1.0, "stain": 0.2}, 3, 200.0)
    grain = np.random.default_rng(0).normal(0, 1.5, dirty.shape)
    return np.clip(dirty + grain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("px", [16, 27])
def test_a_half_blank_letter_is_cleaned_as_the_whole_is(letter, px, monkeypatch):
    runtime = Counting()
    found = cleaned_by(runtime, letter, AREA, px)
    pieces = runtime.pixels
    monkeypatch.setattr(network, "WORTH", 0.0)
    whole = cleaned_by(runtime, letter, AREA, px)
    assert pieces < 0.75 * (runtime.pixels - pieces)
    apart = np.abs(whole.astype(int) - found)
    assert apart.max() <= 16
    assert np.mean(apart > 2) < 1e-3
    assert np.count_nonzero(found < 100) > 10_000  # it is written on


class Grey:
    """A network that leaves paper as it is."""

    name, stride, reach = "grey", 16, 0

    def __call__(self, tiles):
        return tiles


class Lid(Grey):
    """One that leaves a shade on what is below a line of its tile."""

    def __call__(self, tiles):
        made = np.full_like(tiles, 255)
        made[:, 300:] = 200
        return made


@pytest.mark.parametrize("runtime", [Grey(), Lid()])
def test_a_network_that_does_not_whiten_paper_sees_the_whole_page(letter, runtime):
    whole = network._tiled(runtime, letter, AREA, 16).whole()
    assert np.array_equal(cleaned_by(runtime, letter, AREA), whole)


def test_of_a_blank_page_the_network_sees_a_corner():
    runtime = Counting()
    page = (np.linspace(180, 230, 1800)[None, :] + np.zeros((1400, 1))).astype(np.uint8)
    assert (cleaned_by(runtime, page, AREA) == 255).all()
    assert 0 < runtime.pixels < page.size / 10


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="the public pages are not here")
def test_public_pages_are_cleaned_as_without_pieces(monkeypatch):
    split = json.loads((DATA / "splits.json").read_text())["ocr"]
    folders = [DATA / "ocr" / name for name in split] + [DATA / "dirty-documents" / "noisy"]
    paths = [path for folder in folders for path in sorted(folder.iterdir()) if is_picture(path)]
    assert len(paths) >= 200
    runtime, fewer, left = Counting(), 0, 0
    for path in paths:
        grey = next(iter(read_pages(path))).grey()
        if grey.size > 12_000_000:
            continue
        before = runtime.pixels
        found = cleaned_by(runtime, grey, AREA)
        pieces = runtime.pixels - before
        monkeypatch.setattr(network, "WORTH", 0.0)
        whole = cleaned_by(runtime, grey, AREA)
        monkeypatch.undo()
        fewer += pieces < runtime.pixels - before - pieces
        lighter = found.astype(int) - whole
        assert lighter.min() >= -16, path  # nothing comes that was not there
        left += np.mean(lighter > 16) > 1e-3
    assert fewer > 12
    assert left <= 2  # pages where the network would have left a mark on blank paper


def is_picture(path: Path) -> bool:
    return path.suffix.lower() in (".png", ".jpg", ".jpeg", ".tif", ".tiff")
