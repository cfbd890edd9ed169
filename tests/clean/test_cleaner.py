"""The heart: a page in, a page out; any size, grey or colour, gate on or off."""

import numpy as np
import pytest

from docclean.clean.cleaner import Cleaner
from docclean.clean.route import has_blank_paper
from docclean.clean.tiles import TileGrid
from docclean.page import Page


class Identity:
    """A network that changes nothing, with the stride and reach of a real one."""

    stride, reach, name = 16, 40, "identity"

    def __call__(self, tiles):
        assert tiles.dtype == np.uint8
        assert all(side % self.stride == 0 for side in tiles.shape[1:])
        return tiles.copy()


class Whitener(Identity):
    """A network that takes every stroke for dirt."""

    def __call__(self, tiles):
        return np.full_like(tiles, 255)


def text_like(height=400, width=600, seed=0):
    """Return a grey page of small dark blocks, as lines of letters are."""
    rng = np.random.default_rng(seed)
    page = np.full((height, width), 235, np.uint8)
    for top in range(20, height - 20, 24):
        for left in range(20, width - 20, 12):
            if rng.random() < 0.8:
                page[top : top + 12, left : left + int(rng.integers(2, 9))] = 25
    return page


@pytest.mark.parametrize("shape", [(1, 1), (1, 77), (130, 3), (333, 517)])
def test_identity_stays_identity_at_any_size_and_tiling(shape):
    grey = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    for area in (10_000, 10_000_000):
        cleaner = Cleaner(Identity(), gate=False, max_tile_area=area)
        assert np.array_equal(cleaner.clean_grey(grey), grey)


def test_a_small_tile_area_really_cuts_the_page():
    assert len(TileGrid.cover(700, 900, 40, 16, 50_000).boxes) > 4


def test_dpi_number_and_source_stay():
    page = Page(text_like(), (203.0, 98.0), 7, "fax.tif")
    done = Cleaner(Identity(), gate=False)(page)
    assert (done.dpi, done.number, done.source) == (page.dpi, page.number, page.source)


def test_colour_stays_colour_and_keeps_its_ink():
    grey = text_like()
    colour = np.repeat(grey[..., None], 3, 2)
    colour[grey < 100] = (40, 20, 160)  # blue ink
    done = Cleaner(Identity(), gate=False)(Page(colour))
    assert done.pixels.shape == colour.shape
    off = np.abs(done.pixels.astype(int) - colour)[grey < 100]
    assert off.max() <= 1


def test_yellow_paper_turns_white_under_a_network_that_whitens_it():
    colour = np.empty((64, 64, 3), np.uint8)
    colour[:] = (240, 225, 180)
    assert (Cleaner(Whitener(), gate=False)(Page(colour)).pixels == 255).all()


def test_the_gate_keeps_a_page_whose_ink_would_go():
    page = Page(text_like())
    cleaned = Cleaner(Whitener(), gate=True).clean(page)
    assert cleaned.decision.verdict == "kept"
    assert "ink" in cleaned.decision.reason
    assert cleaned.page is page
    assert (Cleaner(Whitener(), gate=False)(page).pixels == 255).all()


def test_a_decision_carries_its_reason_and_measures():
    told = Cleaner(Identity()).clean(Page(text_like())).decision.to_dict()
    assert set(told) >= {"verdict", "reason"}
    assert all(isinstance(value, str | float) for value in told.values())


# --- small letters -------------------------------------------------------------------------------


def test_small_letters_are_cleaned_and_read_enlarged_and_shown_at_their_own_size():
    page = Page(text_like(), (100.0, 100.0), 3, "a.png")
    seen = []

    class Noted(Identity):
        def __call__(self, tiles):
            seen.append(tiles.shape[1:])
            return tiles.copy()

    done = Cleaner(Noted(), gate=False).clean(page)
    assert done.decision.measures["x_height"] == 12 and done.scale == 2
    assert done.page.pixels.shape == page.pixels.shape and done.page.dpi == page.dpi
    assert np.abs(done.page.pixels.astype(int) - page.pixels).mean() < 1
    assert done.reading.pixels.shape == (800, 1200)
    assert done.reading.dpi == (200.0, 200.0) and done.reading.number == 3
    assert max(rows for rows, _ in seen) > 700


def test_large_letters_are_read_as_they_are_shown_in_grey():
    large = np.kron(text_like(), np.ones((2, 2), np.uint8))
    done = Cleaner(Identity(), gate=False).clean(Page(np.repeat(large[..., None], 3, 2)))
    assert done.scale == 1 and done.reading.is_grey and not done.page.is_grey
    assert np.abs(done.reading.pixels.astype(int) - large).max() <= 1


@pytest.mark.parametrize(("side", "scale"), [(8, 3.0), (12, 1.0)])
def test_a_page_left_alone_is_read_enlarged_only_where_its_letters_are_tiny(side, scale):
    page = np.full((400, 600), 250, np.uint8)
    for top in range(20, 380, 2 * side):
        for left in range(20, 580, side):
            page[top : top + side, left : left + side // 2] = 20
    done = Cleaner(Identity()).clean(Page(page))
    assert done.decision.verdict == "kept" and done.page.pixels is page
    assert done.scale == scale and done.reading.height == scale * 400


def test_scale_can_be_left_out():
    done = Cleaner(Identity(), gate=False, scale=False).clean(Page(text_like()))
    assert done.scale == 1 and done.read is None


class Darker(Identity):
    """A network that tells itself apart: all ink becomes black."""

    name = "darker"

    def __call__(self, tiles):
        return np.where(tiles < 200, 0, tiles).astype(np.uint8)


def test_weak_print_on_blank_paper_goes_to_the_network_made_for_it():
    """And no other page does: not full ink, not paper with grain."""
    ink = text_like() < 100
    weak = np.where(ink, 120, 255).astype(np.uint8)
    full = np.where(ink, 10, 255).astype(np.uint8)
    grain = np.random.default_rng(3).integers(-6, 7, weak.shape)
    grainy = np.clip(weak.astype(int) - 20 + grain, 0, 255).astype(np.uint8)
    called = []

    def load():
        called.append(1)
        return Darker()

    cleaner = Cleaner(Identity(), faint=load, scale=False)
    done = cleaner(Page(weak))
    assert called and done.pixels[ink].max() == 0
    called.clear()
    for page in (full, grainy):
        cleaner(Page(page))
    assert not called


def test_the_shipped_models_bring_it_along_and_own_models_do_not(tmp_path):
    from docclean.clean.network import WEIGHTS

    own = tmp_path / "own.onnx"
    own.write_bytes((WEIGHTS / "small.onnx").read_bytes())
    assert Cleaner.load("small").faint().name == "faint"
    assert Cleaner.load(own).faint is None


# --- how often the network runs ------------------------------------------------------------------


def counted(kind):
    """Return a network and the list of the areas, px, of the whole pages it was given."""
    seen = []

    class Counted(kind):
        def __call__(self, tiles):
            seen.append(tiles.shape[1] * tiles.shape[2])
            return super().__call__(tiles)

    return Counted(), seen


def crossed(page):
    return crossed_by(page, 110)


def crossed_by(page, grey):
    """Return the page with a pen's slanted strokes over its print, lighter than that."""
    out = page.copy()
    for top in range(60, len(page) - 60, 120):
        for column in range(40, page.shape[1] - 40):
            row = top + column // 12
            out[row : row + 3, column] = np.minimum(out[row : row + 3, column], grey)
    return out


def printed(scale):
    """Return a solid page of large or small type, 12 * `scale` px high."""
    solid = np.where(text_like() < 100, 5, 250).astype(np.uint8)
    return np.kron(solid, np.ones((scale, scale), np.uint8))


@pytest.mark.parametrize(
    ("page", "runs"),
    [(printed(2), 1), (printed(1), 2), (crossed(printed(2)), 2), (crossed(printed(1)), 3)],
    ids=["large", "small", "large and a pen", "small and a pen"],
)
def test_the_network_runs_twice_a_page_at_most_and_once_more_for_a_pen(page, runs):
    network, seen = counted(Identity)
    done = Cleaner(network, gate=False).clean(Page(page))
    assert ("pens" in done.decision.measures) == (runs - (page.shape[0] < 500) > 1)
    assert len(seen) == runs


def test_weak_print_runs_two_networks_once_each_at_any_size():
    for enlarged, page in ((False, printed(2)), (True, printed(1)[::, ::])):
        weak = np.where(page < 100, 120, 255).astype(np.uint8)
        if enlarged:  # 16 px high: enlarged once and a half
            weak = np.kron(weak[:300, :450], np.ones((4, 4), np.uint8))[::3, ::3].copy()
        usual, seen = counted(Identity)
        other, others = counted(Darker)
        done = Cleaner(usual, faint=lambda other=other: other).clean(Page(weak))
        assert (done.decision.measures["scale"] > 1) == enlarged
        assert (len(seen), len(others)) == (1, 1)


def test_uneven_paper_is_told_before_anything_is_measured_of_it():
    weak = np.where(printed(1) < 100, 120, 255).astype(np.uint8)
    grain = np.random.default_rng(5).normal(0, 4, weak.shape)
    assert has_blank_paper(weak)
    assert not has_blank_paper(np.clip(weak - 20 + grain, 0, 255).astype(np.uint8))


def test_what_is_read_without_a_pen_comes_from_the_network_that_cleaned_the_page():
    page = printed(2).copy()
    page[page < 100], page[page > 100] = 70, 255  # weak enough for the other network
    usual, seen = counted(Identity)
    other, others = counted(Darker)
    done = Cleaner(usual, faint=lambda: other).clean(Page(crossed_by(page, 130)))
    assert "pens" in done.decision.measures
    assert (len(seen), len(others)) == (1, 2)
    assert done.reading.pixels[page == 70].max() == 0
