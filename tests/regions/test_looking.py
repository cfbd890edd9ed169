"""`docclean look`, and the options that say how the parts of a page are shown."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from docclean.cli import run
from docclean.documents import read_pages
from docclean.errors import ExitStatus
from docclean.recipe import Options

CASES = Path(__file__).parents[1] / "cases"


@pytest.fixture(scope="module")
def photo(tmp_path_factory) -> Path:
    """A photograph of a light sheet of lines, askew on a dark desk."""
    from random import Random

    import cv2

    from docclean.synth import TextSource, typeset

    page = typeset(Random(3), TextSource(()), 80, "article").page.pixels
    sheet = cv2.resize(page, (640, 900), interpolation=cv2.INTER_AREA)
    sheet = np.repeat((sheet * 0.93).astype(np.uint8)[..., None], 3, 2)
    corners = np.array([(0, 0), (640, 0), (640, 900), (0, 900)], np.float32)
    seen = np.array([(150, 110), (800, 160), (760, 1080), (90, 1010)], np.float32)
    move = cv2.getPerspectiveTransform(corners, seen)
    desk = np.full((1200, 900, 3), (60, 44, 36), np.uint8)
    laid = cv2.warpPerspective(sheet, move, (900, 1200))
    mask = cv2.warpPerspective(np.ones((900, 640), np.uint8), move, (900, 1200))
    desk[mask > 0] = laid[mask > 0]
    path = tmp_path_factory.mktemp("desk") / "photo.png"
    Pillow.fromarray(desk).save(path, dpi=(100, 100))
    return path


def pixels_of(path: Path) -> np.ndarray:
    (page,) = read_pages(path)
    return page.pixels


def test_look_draws_the_map_and_says_the_verdict(tmp_path, capfd):
    out = tmp_path / "map.png"
    assert run(["look", str(CASES / "panels.jpg"), "-o", str(out)]) == 0
    assert "cleaned" in capfd.readouterr().err
    shown, page = pixels_of(out), pixels_of(CASES / "panels.jpg")
    assert shown.shape[1] > page.shape[1] * 1400 / max(page.shape[:2]) * 0.9
    assert run(["look", str(CASES / "panels.jpg"), "-o", str(out)]) == ExitStatus.FAILED


def test_look_asks_for_one_page(tmp_path, capfd):
    args = ["look", str(CASES / "panels.jpg"), "-o", str(tmp_path / "m.png"), "--pages", "1-3"]
    assert run(args) == ExitStatus.USAGE
    assert "--pages 7" in capfd.readouterr().err


def test_a_sheet_is_cut_out_of_its_photograph(photo, tmp_path):
    assert run(["clean", str(photo), "-o", str(tmp_path / "crop.png"), "--crop"]) == 0
    cropped = pixels_of(tmp_path / "crop.png")
    assert 880 < cropped.shape[0] < 1040 and 660 < cropped.shape[1] < 790


def test_a_photographed_sheet_is_flattened(photo, tmp_path):
    assert run(["clean", str(photo), "-o", str(tmp_path / "flat.png"), "--flatten"]) == 0
    flat = pixels_of(tmp_path / "flat.png")
    assert flat.shape[0] / flat.shape[1] == pytest.approx(900 / 640, rel=0.06)
    assert flat[8:-8, 8:-8].max(2).min(1).mean() > 60  # no desk at the sides


def test_the_desk_goes_white_unless_it_is_kept(photo, tmp_path):
    assert run(["clean", str(photo), "-o", str(tmp_path / "white.png")]) == 0
    assert run(["clean", str(photo), "-o", str(tmp_path / "desk.png"), "--keep-desk"]) == 0
    assert pixels_of(tmp_path / "white.png")[:60].min() > 240
    assert np.array_equal(pixels_of(tmp_path / "desk.png")[:60], pixels_of(photo)[:60])


def test_paper_keeps_its_tone_where_that_is_asked_for(photo, tmp_path):
    assert run(["clean", str(photo), "-o", str(tmp_path / "tone.png"), "--paper", "tone"]) == 0
    sheet = pixels_of(tmp_path / "tone.png")[300:900, 250:600]
    assert 225 < np.median(sheet) < 248


def test_what_cannot_be_dropped_is_told(tmp_path, capfd):
    args = ["clean", str(CASES / "panels.jpg"), "-o", str(tmp_path / "x.png"), "--drop", "staples"]
    assert run(args) == ExitStatus.USAGE
    assert "stamps and pens" in capfd.readouterr().err
    assert Options.of_table({"drop": ["stamps"]}).to_table() == {"drop": "stamps"}
    assert Options.of_table({"drop": "stamps, pens"}).drop == {"stamps", "pens"}
