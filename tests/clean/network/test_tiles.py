"""Tiles cover a page exactly, stay in memory's bounds, and show no seam."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_networks import tiny_network, write_checkpoint

from docclean.clean.cleaner import Cleaner
from docclean.clean.network import OnnxRuntime, Runtime, load_runtime, shipped_models
from docclean.clean.tiles import MARGIN, TileGrid, join, split
from docclean.page import Image

sides = st.integers(1, 1500)
strides = st.sampled_from([1, 2, 8, 16, 32])
ODD_SIZES = [(1, 1), (1, 50), (50, 1), (7, 513), (513, 7), (301, 777)]


@st.composite
def covers(draw: st.DrawFn) -> tuple[TileGrid, int, int]:
    """A grid with the reach and the area it was chosen for."""
    stride = draw(strides)
    reach = draw(st.integers(max(1, 4 * stride), 200))
    area = draw(st.integers(1_000, 2_000_000))
    return TileGrid.cover(draw(sides), draw(sides), reach, stride, area), reach, area


class Identity:
    """A network that changes nothing and notes what it was given."""

    def __init__(self, stride: int = 16, reach: int = 40) -> None:
        self.stride, self.reach, self.name = stride, reach, "identity"
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, tiles: Image) -> Image:
        self.shapes.append(tiles.shape)
        return tiles.copy()


def noise(height: int, width: int, seed: int = 0) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)


# --- the grid ------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(covers())
def test_cores_cover_every_pixel_exactly_once(made):
    grid, _, _ = made
    counts = np.zeros((grid.height, grid.width), np.uint16)
    for box in grid.boxes:
        top, bottom, left, right = box.core
        assert 0 <= top < bottom <= grid.height and 0 <= left < right <= grid.width
        counts[top:bottom, left:right] += 1
    assert counts.min() == counts.max() == 1


@settings(deadline=None, max_examples=60)
@given(covers())
def test_cuts_and_cores_lie_on_the_stride(made):
    grid, _, _ = made
    for box in grid.boxes:
        assert all(place % grid.stride == 0 for place in box.cut)
        assert box.core[0] % grid.stride == 0 and box.core[2] % grid.stride == 0


@settings(deadline=None, max_examples=60)
@given(covers())
def test_every_core_sees_its_reach_or_the_edge_of_the_page(made):
    grid, reach, _ = made
    for box in grid.boxes:
        for side, start, end in ((grid.height, 0, 1), (grid.width, 2, 3)):
            assert box.core[start] - box.cut[start] >= reach or box.cut[start] == -MARGIN
            past = box.cut[end] - side
            assert box.cut[end] - box.core[end] >= reach or MARGIN <= past < MARGIN + grid.stride


@settings(deadline=None, max_examples=60)
@given(covers())
def test_cuts_keep_to_the_area_unless_no_smaller_tile_exists(made):
    grid, _, area = made
    largest = max(_area(box.cut) for box in grid.boxes)
    smallest = [-(-side // max(1, side // (2 * grid.halo))) for side in (grid.height, grid.width)]
    at_the_bottom = all(
        core < least + grid.stride for core, least in zip(grid.core, smallest, strict=True)
    )
    assert largest <= area or at_the_bottom


@settings(deadline=None, max_examples=30)
@given(sides, sides)
def test_a_page_that_fits_is_one_tile(height, width):
    assert len(TileGrid.cover(height, width, 132, 16, 10**9).boxes) == 1


def test_a_huge_page_is_planned_within_the_area():
    grid = TileGrid.cover(14_000, 20_000, 132, 16, 3_000_000)
    assert max(_area(box.cut) for box in grid.boxes) <= 3_000_000
    seen = sum(_area(box.cut) for box in grid.boxes)
    assert seen < 1.6 * 14_000 * 20_000  # the halo's price


def test_a_reach_of_nothing_needs_no_halo():
    grid = TileGrid.cover(100, 70, 0, 16, 1_000_000)
    assert grid.halo == 0 and len(grid.boxes) == 1


def _area(cut: tuple[int, int, int, int]) -> int:
    return (cut[1] - cut[0]) * (cut[3] - cut[2])


# --- split and join ------------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(covers(), st.integers(0, 99))
def test_split_then_join_is_the_page(made, seed):
    grid, _, _ = made
    page = noise(grid.height, grid.width, seed)
    joined = np.zeros_like(page)
    for box, cut in split(page, grid):
        assert cut.dtype == np.uint8
        assert cut.shape == (box.cut[1] - box.cut[0], box.cut[3] - box.cut[2])
        join(joined, box, cut)
    assert (joined == page).all()


@settings(deadline=None, max_examples=30)
@given(covers(), st.integers(0, 99))
def test_outside_the_page_its_edge_pixels_repeat(made, seed):
    grid, _, _ = made
    page = noise(grid.height, grid.width, seed)
    for box, cut in split(page, grid):
        rows = np.clip(np.arange(box.cut[0], box.cut[1]), 0, grid.height - 1)
        columns = np.clip(np.arange(box.cut[2], box.cut[3]), 0, grid.width - 1)
        assert (cut == page[np.ix_(rows, columns)]).all()


@pytest.mark.parametrize("area", [5_000, 60_000, 3_000_000])
@pytest.mark.parametrize("size", ODD_SIZES, ids=str)
def test_identity_returns_the_very_page(size, area):
    runtime = Identity()
    page = noise(*size)
    before = page.copy()
    cleaned = Cleaner(runtime, gate=False, max_tile_area=area).clean_grey(page)
    assert cleaned.dtype == np.uint8 and (cleaned == page).all() and (page == before).all()
    assert all(side % runtime.stride == 0 for shape in runtime.shapes for side in shape[1:])


# --- a real network ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    """A small exported network with random weights: its whole reach matters."""
    from docclean.training.export import export_checkpoint

    folder = tmp_path_factory.mktemp("tiny")
    checkpoint = write_checkpoint(folder / "c.safetensors", tiny_network(seed=5))
    export_checkpoint(checkpoint, folder / "tiny.onnx")
    return OnnxRuntime(folder / "tiny.onnx", "cpu", threads=1)


def scan(height: int, width: int, seed: int = 0) -> Image:
    """Noise, strokes and a shadow, so that no two places look alike."""
    rng = np.random.default_rng(seed)
    light = np.linspace(120, 255, width)[None, :] * np.linspace(1, 0.7, height)[:, None]
    page = light + rng.normal(0, 12, (height, width))
    for _ in range(height * width // 400):
        row, column = int(rng.integers(height)), int(rng.integers(width))
        page[row : row + 2, column : column + 9] *= 0.3
    return np.clip(page, 0, 255).astype(np.uint8)


def difference(runtime: Runtime, page: Image, area: int) -> tuple[int, int]:
    """Return the largest difference of tiled from whole in grey levels, and the tiles' number."""
    tiles = len(TileGrid.cover(*page.shape, runtime.reach, runtime.stride, area).boxes)
    tiled = Cleaner(runtime, gate=False, max_tile_area=area).clean_grey(page)
    whole = Cleaner(runtime, gate=False, max_tile_area=10**10).clean_grey(page)
    return int(np.abs(tiled.astype(int) - whole).max()), tiles


@pytest.mark.parametrize("area", [1, 400_000])
@pytest.mark.parametrize("size", [*ODD_SIZES, (1, 1501), (611, 1303), (1201, 333)], ids=str)
def test_tiled_equals_whole(tiny, size, area):
    worst, tiles = difference(tiny, scan(*size), area)
    assert worst <= 1
    if area == 1 and max(size) > 1000:
        assert tiles > 1  # else nothing was compared


def test_a_halo_below_the_reach_would_show(tiny, monkeypatch):
    page = scan(611, 1303)
    whole = Cleaner(tiny, gate=False, max_tile_area=10**10).clean_grey(page)
    monkeypatch.setattr(tiny, "reach", 32)
    tiled = Cleaner(tiny, gate=False, max_tile_area=100_000).clean_grey(page)
    assert np.abs(tiled.astype(int) - whole).max() > 1


def test_the_whole_page_does_not_depend_on_its_neighbours_far_away(tiny):
    page = scan(200, 700)
    other = page.copy()
    other[:, 500:] = 255 - other[:, 500:]
    cleaner = Cleaner(tiny, gate=False)
    near = 500 - tiny.reach
    assert (cleaner.clean_grey(page)[:, :near] == cleaner.clean_grey(other)[:, :near]).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    "size", [*ODD_SIZES, (1, 5000), (1999, 1201), (3507, 2479), (5000, 3700)], ids=str
)
def test_tiled_equals_whole_with_the_shipped_model(size):
    if "small" not in shipped_models():
        pytest.skip("the weights of the model small are not in docclean/weights yet")
    runtime = load_runtime("small", "cpu", 1)
    for area in (400_000, 3_000_000):
        worst, _ = difference(runtime, scan(*size), area)
        assert worst <= 1
