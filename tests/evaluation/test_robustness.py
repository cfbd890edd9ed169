"""Curves start at the page without dirt, repeat with their seed and never read a page twice."""

import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pytest
from fakes import Identity

from docclean.corruptions import CORRUPTIONS
from docclean.errors import MissingProgramError, UsageError
from docclean.evaluation.rivals.classical import divide_background
from docclean.evaluation.robustness import (
    SEVERITIES,
    SPECIMENS,
    corrupt_page,
    measure_curves,
    runs_here,
    set_specimen,
)
from docclean.ocr import PageText, Tesseract
from docclean.page import Page

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="the program tesseract is not installed"
)
LIGHT = ("streaks", "contrast", "specks")
"""Members that need neither torch nor albumentations."""


@dataclass
class Blinded:
    """An engine that reads a number of dots that hangs on how dark the page is."""

    name: ClassVar[str] = "blinded"
    pages: list[bytes] = field(default_factory=list)

    def read(self, page: Page, *, words: bool = False) -> PageText:
        self.pages.append(page.pixels.tobytes())
        return PageText("." * int((255 - page.pixels).sum() % 997))


class Absent:
    name: ClassVar[str] = "absent"

    def read(self, page: Page, *, words: bool = False) -> PageText:
        raise MissingProgramError("no such program")


def wash(page: Page) -> Page:
    """A cleaner that leaves white paper only."""
    return page.with_pixels(np.full_like(page.pixels, 255))


# --- the curves ----------------------------------------------------------------------------------


def test_curves_have_one_point_a_severity_and_share_the_first():
    curves = measure_curves(wash, Blinded(), members=LIGHT, severities=(0.5, 1.0), pages=2)
    assert [curve.corruption for curve in curves] == list(LIGHT)
    for curve in curves:
        assert curve.severities == (0.0, 0.5, 1.0)
        assert len(curve.before) == len(curve.after) == 3
        assert curve.pages == 2
        assert curve.before != curve.after
    assert len({(curve.before[0], curve.after[0]) for curve in curves}) == 1
    assert len({curve.before[1:] for curve in curves}) == len(LIGHT)


def test_a_seed_repeats_its_curves_whatever_the_jobs():
    options = {"members": LIGHT[:2], "severities": (1.0,), "pages": 2}
    one = measure_curves(wash, Blinded(), seed=4, **options)
    assert measure_curves(wash, Blinded(), seed=4, jobs=3, **options) == one
    assert measure_curves(wash, Blinded(), seed=5, **options) != one
    alone = measure_curves(wash, Blinded(), seed=4, **(options | {"members": LIGHT[1:2]}))
    assert alone == one[1:2], "a member's curve depends on which others are measured"


def test_no_page_is_read_twice():
    engine = Blinded()
    members = ("stain", "ink_weight")  # how bold a print is does not grow with severity
    curves = measure_curves(Identity(), engine, members=members, severities=(0.5, 1.0), pages=1)
    assert len(engine.pages) == len(set(engine.pages)) == 1 + 2 + 1
    assert all(curve.before == curve.after for curve in curves)


def test_progress_counts_every_point():
    told = []
    measure_curves(
        wash,
        Blinded(),
        members=LIGHT[:1],
        severities=(0.5, 1.0),
        pages=2,
        jobs=2,
        progress=lambda done, total: told.append((done, total)),
    )
    total = 2 * 3
    assert told == [(done, total) for done in range(1, total + 1)]


def test_what_needs_an_absent_package_is_left_out(bare_machine, caplog):
    needy = {"jpeg", "chroma_jpeg", "illumination", "perspective", "skew", "fax", "missing_rows"}
    assert {member.name for member in CORRUPTIONS if not runs_here(member)} == needy
    caplog.clear()
    curves = measure_curves(
        wash, Blinded(), members=("jpeg", "stain", "illumination"), severities=(1.0,), pages=1
    )
    assert [curve.corruption for curve in curves] == ["stain"]
    assert [record.args[0] for record in caplog.records] == ["jpeg", "illumination"]


def test_a_member_that_does_not_exist_and_an_engine_that_does_not_run():
    with pytest.raises(UsageError, match="did you mean 'stain'"):
        measure_curves(wash, Blinded(), members=("stains",))
    with pytest.raises(MissingProgramError):
        measure_curves(wash, Absent(), members=LIGHT, pages=1, jobs=2)


# --- the pages -----------------------------------------------------------------------------------


def test_pages_differ_and_repeat():
    pages = [set_specimen(1, index) for index in range(4)]
    assert len({page.text for page in pages}) == 4
    assert [page.page.source for page in pages[:3]] == [one.name for one in SPECIMENS]
    again = set_specimen(1, 1)
    assert again.text == pages[1].text
    assert np.array_equal(again.page.pixels, pages[1].page.pixels)
    assert all(page.page.pixels.size < 1_500_000 for page in pages), "slow to read"


def test_only_the_severity_differs_along_a_curve():
    page = set_specimen(1, 0).page
    darkness = [
        int((255 - corrupt_page(page, CORRUPTIONS["stain"], severity, 1).pixels).sum())
        for severity in SEVERITIES
    ]
    assert darkness == sorted(darkness)
    one, two = (corrupt_page(page, CORRUPTIONS["stain"], 0.5, seed).pixels for seed in (1, 2))
    assert not np.array_equal(one, two)


def test_importing_it_loads_nothing_of_the_training():
    code = (
        "import docclean.evaluation.robustness, docclean.evaluation.synthetic, sys\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    trained = {"torch", "kornia", "albumentations", "faker", "matplotlib"}
    assert not trained & set(done.stdout.split())


# --- with Tesseract ------------------------------------------------------------------------------


@needs_tesseract
def test_a_page_is_read_as_it_was_set_and_worse_in_bad_light():
    (curve,) = measure_curves(
        lambda page: page.with_pixels(divide_background(page.grey())),
        Tesseract(),
        members=["cast_shadow"],
        severities=(0.0, 1.0),
        pages=1,
    )
    assert curve.before[0] == 0.0, "the known text is not what stands on the page"
    assert curve.before[1] > 0.1
    assert curve.after[1] < curve.before[1]


@pytest.mark.slow
@needs_tesseract
def test_every_member_is_measured_with_the_shipped_model():
    from docclean.clean.cleaner import Cleaner

    curves = measure_curves(Cleaner.load("small"), Tesseract(), severities=(1.0,), jobs=2)
    assert [curve.corruption for curve in curves] == [
        member.name for member in CORRUPTIONS if runs_here(member)
    ]
    assert all(curve.before[0] < 0.01 for curve in curves)
    assert sum(curve.before[-1] for curve in curves) > len(curves) * 0.02
    assert sum(curve.after[-1] for curve in curves) <= sum(curve.before[-1] for curve in curves)
