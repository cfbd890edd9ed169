"""Pictures, panels, stamps and codes: what each contender did to them, and where it is told."""

import csv
import io
import json
import re
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow
from written_reports import Outline

from docclean.evaluation.comparison import evaluate
from docclean.evaluation.contenders import Contender, Treated, on_grey
from docclean.ocr import PageText
from docclean.page import Page
from docclean.report.baseline import hold_against
from docclean.report.harmed import harm_in_words
from docclean.scenes import parts
from docclean.scenes.sheets import sheet_with
from docclean.synth import TextSource

CASES = Path(__file__).parents[1] / "cases"
DPI = 100
DRAWN = {"picture": parts.add_picture, "stamp": parts.add_stamp, "code": parts.add_code}
PHOTO, BARE = "photo <i>", "bare"
SMEARED = Contender(
    "smeared",
    "its luma through a wide median",
    partial(on_grey, treat=lambda grey: np.asarray(cv2.medianBlur(grey, 9), np.uint8)),
)
CUT = Contender("cut", "a row less", lambda page: Treated(page.with_pixels(page.pixels[1:].copy())))


class Engine:
    """Reads the same on every page: what is tested here is not read."""

    name = "fake"

    def read(self, page: Page, *, words: bool = False) -> PageText:
        return PageText("one two", (), 0.0)


def save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(exist_ok=True)
    Pillow.fromarray(pixels).save(path, dpi=(DPI, DPI))
    path.with_suffix(".gt.txt").write_text("one two", "utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A set of pages with parts, drawn and of the cases, and one of text alone."""
    folder = tmp_path_factory.mktemp("pages")
    for name, add in DRAWN.items():
        canvas = sheet_with(np.random.default_rng(11), TextSource(()), DPI, add, 1)
        save(folder / "drawn" / f"{name}.png", (canvas.rgb * 0.93).astype(np.uint8))
    for name, to in (("photo_on_stained_page", PHOTO), ("codes", "codes")):
        shutil.copy(CASES / f"{name}.jpg", folder / "drawn" / f"{to}.jpg")
        (folder / "drawn" / f"{to}.gt.txt").write_text("one two", "utf-8")
    canvas = sheet_with(np.random.default_rng(3), TextSource(()), DPI, parts.add_stamp, 0)
    save(folder / BARE / "letters.png", canvas.rgb)
    return folder


@pytest.fixture(scope="module")
def report(folder):
    return evaluate(folder, None, Engine(), contenders=("raw", CUT, SMEARED, "otsu"))


def page(report, name):
    return next(one for one in report.pages if one.name == name)


def parts_of(report, name, contender):
    return page(report, name).reading(contender).parts


@pytest.mark.parametrize("name", [*DRAWN, PHOTO, "codes"])
def test_every_part_of_a_page_left_alone_is_whole(report, name):
    found = parts_of(report, name, "raw")
    assert found and all(part.whole and part.greys == pytest.approx(1) for part in found)
    kind = name if name in DRAWN else {PHOTO: "picture", "codes": "code"}[name]
    assert kind in {part.kind for part in found}
    assert parts_of(report, name, "cut") == ()  # another size: nothing to hold it against


def test_a_bleached_picture_is_harmed(report):
    for name in ("picture", PHOTO):
        picture = next(one for one in parts_of(report, name, "otsu") if one.kind == "picture")
        assert not picture.whole and picture.white_after > picture.white_before + 0.05
        assert picture.loss > 0.3 and picture.chroma < 0.5
        words = harm_in_words(page(report, name), "otsu")
        assert re.search(r"picture: white \d+% -> \d\d%", words), words


def test_a_code_that_cannot_be_read_is_harmed(report):
    before, after = (parts_of(report, "codes", name) for name in ("raw", "smeared"))
    assert [part.decoded for part in before] == [True, True, True]
    lost = [part for part in after if part.decoded is False]
    assert lost and not any(part.whole for part in lost) and lost[0].loss == 1
    assert "code no longer read" in harm_in_words(page(report, "codes"), "smeared")
    otsu = parts_of(report, "codes", "otsu")
    assert all(part.decoded and part.whole and part.white_after > 0.4 for part in otsu)


def test_the_tables_count_them_where_a_set_has_some(report):
    drawn, bare = report.summary().sets[1], report.summary().sets[0]
    raw, otsu = (drawn.total(name).parts for name in ("raw", "otsu"))
    assert {one.kind for one in raw} >= {"picture", "stamp", "code"}
    assert sum(one.harmed for one in raw) == 0 < sum(one.harmed for one in otsu)
    told = f"{sum(one.harmed for one in otsu)} of {sum(one.measured for one in otsu)}"
    tables = report.to_text().split("\n\n")
    of_drawn = next(table for table in tables if table.startswith("drawn"))
    assert "parts harmed" in of_drawn and told in of_drawn
    of_bare = next(table for table in tables if table.startswith(BARE))
    assert "parts harmed" not in of_bare and not any(row.parts for row in bare.totals)
    assert "parts harmed" in report.to_markdown()


def test_the_lists_name_the_harmed_pages_first(report, tmp_path):
    lines = report.to_text().splitlines()
    harmed = [line for line in lines if line.startswith("harmed  ")]
    assert lines[: len(harmed)] == harmed and any(PHOTO in line for line in harmed)
    assert not any(BARE in line for line in harmed)
    losses = [max(part.loss for part in one.reading("otsu").parts) for one in report.harmed()]
    assert len(losses) == len(harmed) and losses == sorted(losses, reverse=True)
    report.to_html(tmp_path / "r.html")
    html = (tmp_path / "r.html").read_text("utf-8")
    assert html.index('id="harmed"') < html.index('id="worse"')
    outline = Outline(html)
    assert "Pictures harmed" in outline.text and "white" in outline.text
    head = html[html.index('id="harmed"') : html.index('id="worse"')]
    assert "photo &lt;i&gt;" in head and "<i>" not in head and "-&gt;" in head
    assert len(re.findall(r'href="#page-\d+"', head)) == len(harmed)


def test_pages_without_parts_are_told_as_before(report, tmp_path):
    bare = replace(report, pages=tuple(one for one in report.pages if one.group == BARE))
    bare.to_html(tmp_path / "r.html")
    html = (tmp_path / "r.html").read_text("utf-8")
    for text in (bare.to_text(), bare.to_markdown(), html):
        assert "harmed" not in text
    assert bare.harmed() == []


def test_csv_and_json_hold_them(report):
    rows = list(csv.DictReader(io.StringIO(report.to_csv())))
    told = {(row["page"], row["contender"]): (row["parts"], row["parts_harmed"]) for row in rows}
    assert told["codes", "raw"] == ("3", "0") and told["letters", "otsu"] == ("", "")
    assert int(told[PHOTO, "otsu"][1]) >= 1
    whole = json.loads(report.to_json())
    photo = next(one for one in whole["pages"] if one["name"] == PHOTO)
    part = photo["readings"][-1]["parts"][0]
    assert part["kind"] == "picture" and part["whole"] is False and len(part["box"]) == 4
    drawn = next(one for one in whole["sets"] if one["name"] == "drawn")
    assert {one["kind"] for one in drawn["totals"][0]["parts"]} >= {"picture", "code"}


def test_a_json_of_before_is_still_a_baseline(report, tmp_path):
    told = json.loads(report.to_json())
    for one in told["pages"]:
        for reading in one["readings"]:
            del reading["parts"]
    for one in told["sets"]:
        for row in one["totals"]:
            del row["parts"]
    path = tmp_path / "old.json"
    path.write_text(json.dumps(told), "utf-8")
    assert hold_against(report, path).lines() == []


def test_parts_of_a_document_tell_their_page(folder, tmp_path):
    first, second = (
        Pillow.open(folder / "drawn" / f"{name}").convert("RGB")
        for name in ("code.png", f"{PHOTO}.jpg")
    )
    first.save(tmp_path / "two.tif", save_all=True, append_images=[second])
    (tmp_path / "two.gt.txt").write_text("one two", "utf-8")
    told = evaluate(tmp_path, None, Engine(), contenders=("raw", "otsu"))
    harmed = [part for part in told.pages[0].reading("otsu").parts if not part.whole]
    assert {part.page for part in harmed} == {2}
    assert harm_in_words(told.pages[0], "otsu").startswith("page 2: picture")
