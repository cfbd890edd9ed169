"""Every contender keeps its family's contract, and the binarizers find ink where Otsu loses it."""

import shlex
import sys
from functools import cache

import cv2
import numpy as np
import pytest
from fakes import Identity

from docclean.clean.cleaner import Cleaner
from docclean.errors import DoccleanError, UsageError
from docclean.evaluation import contenders
from docclean.evaluation.cleaners import cleaned_by, tried_by
from docclean.evaluation.contenders import (
    CONTENDERS,
    by_program,
    command_contender,
)
from docclean.evaluation.rivals.binarizing import SAUVOLA_K, WINDOW, WOLF_K, binarize
from docclean.evaluation.rivals.programs import Program
from docclean.ocr import PageText
from docclean.ocr.tesseract import MAX_SIDE
from docclean.page import Page

BINARY = ("otsu", "sauvola", "wolf")
TOO_SMALL = {"unpaper": "unable to allocate", "ocrmypdf-clean": "Page size must be between 3"}
"""What programs say to pages of a few px."""

SLOW = ("ocrmypdf-clean",)
every = pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] * (n in SLOW)) for n in CONTENDERS.names()],
)


def treat(name, page):
    contender = CONTENDERS[name]
    if lacking := contender.lacking():
        pytest.skip(lacking)
    return contender.treat(page)


@cache
def typed():
    """A typed page (300, 500) of grey letters on paper, and which pixels are ink."""
    sheet = np.full((300, 500), 235, np.uint8)
    for row in range(5):
        cv2.putText(
            sheet, "Quick brown fox", (20, 55 + 55 * row), cv2.FONT_HERSHEY_COMPLEX, 1.4, 40, 2
        )
    return sheet, sheet < 138


def small_pages():
    sheet, _ = typed()
    return [
        Page(sheet[:1, :1].copy(), (300.0, 300.0)),
        Page(np.ascontiguousarray(np.tile(sheet, (1, 2))[30:37, :513]), (300.0, 300.0)),
        Page(sheet[20:150, :20].copy()),
    ]


# --- the contract --------------------------------------------------------------------------------


def test_the_members_are_listed_bars_first():
    assert CONTENDERS.names()[:5] == ["raw", "grey", "grey-x2", "divide", "divide-dilated"]
    for one in CONTENDERS:
        assert one.about and "\n" not in one.about


@every
def test_a_page_comes_out_and_the_one_that_went_in_stays(name):
    sheet, _ = typed()
    colour = np.stack([sheet, sheet // 2 + 100, np.maximum(sheet, 90)], -1)
    for pixels, dpi in ((sheet, (300.0, 300.0)), (colour, None)):
        page, before = Page(pixels.copy(), dpi, 3, "scan.png"), pixels.copy()
        treated = treat(name, page)
        assert np.array_equal(page.pixels, before)
        made = treated.page
        times = 2 if name == "grey-x2" else 1
        assert made.pixels.dtype == np.uint8
        assert (made.height, made.width) == (times * page.height, times * page.width)
        assert made.dpi == (dpi and (times * dpi[0], times * dpi[1]))
        assert (made.number, made.source) == (3, "scan.png")
        assert made.is_grey or name in ("raw", "unpaper", "ocrmypdf-clean") or "tess" in name
        if name in BINARY:
            assert set(np.unique(made.pixels)) == {0, 255}


@every
@pytest.mark.parametrize("index", range(3), ids=["1x1", "7x513", "130x20"])
def test_odd_sizes_work_or_are_refused_in_one_sentence(name, index):
    page = small_pages()[index]
    try:
        made = treat(name, page).page
    except DoccleanError as error:
        assert TOO_SMALL[name] in str(error) and "\n" not in str(error)
        return
    times = 2 if name == "grey-x2" else 1
    assert (made.height, made.width) == (times * page.height, times * page.width)


@every
@pytest.mark.parametrize("level", [255, 240])
def test_an_empty_page_stays_empty(name, level):
    made = treat(name, Page(np.full((200, 150), level, np.uint8), (300.0, 300.0))).page
    assert made.pixels.min() >= 235


# --- bars ----------------------------------------------------------------------------------------


def test_tesseract_variants_leave_the_page_to_the_engine():
    page = Page(typed()[0])
    for method in range(3):
        contender = CONTENDERS[f"tesseract-{method}"]
        assert contender.variables == (("thresholding_method", str(method)),)
        assert contender.treat(page).page is page


def test_a_page_too_long_to_double_keeps_its_size_and_says_so():
    page = Page(np.full((2, MAX_SIDE // 2 + 1), 255, np.uint8), (300.0, 300.0))
    treated = CONTENDERS["grey-x2"].treat(page)
    assert treated.page.width == page.width and treated.page.dpi == page.dpi
    assert "kept its size" in treated.note
    fits = Page(page.pixels[:, 1:])
    assert CONTENDERS["grey-x2"].treat(fits).page.width == MAX_SIDE - 1


# --- binarizers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sauvola", "wolf"])
def test_local_thresholds_find_the_ink_otsu_loses_in_the_shade(name):
    sheet, ink = typed()
    light = np.linspace(1.0, 0.25, sheet.shape[1])
    shaded = Page(np.rint(sheet * light).astype(np.uint8))

    def scores(which):
        found = treat(which, shaded).page.pixels == 0
        return (found & ink).sum() / ink.sum(), (found & ink).sum() / found.sum()

    recall, precision = scores(name)
    assert recall > 0.97 and precision > 0.9
    assert scores("otsu")[1] < 0.5


def test_otsu_parts_two_greys():
    sheet, _ = typed()
    made = treat("otsu", Page(sheet)).page.pixels
    assert (made[sheet == 235] == 255).all() and (made[sheet == 40] == 0).all()


@pytest.mark.parametrize("algorithm", ["SAUVOLA", "WOLF"])
def test_thresholds_are_the_formulas(algorithm):
    """Away from the rim, where every window is whole."""
    if lacking := CONTENDERS["sauvola"].lacking():
        pytest.skip(lacking)
    k = {"SAUVOLA": SAUVOLA_K, "WOLF": WOLF_K}[algorithm]
    grey = np.random.default_rng(3).integers(0, 256, (WINDOW + 30, WINDOW + 41)).astype(np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(grey.astype(np.float64), (WINDOW, WINDOW))
    mean, deviation = windows.mean((2, 3)), windows.std((2, 3))
    half = WINDOW // 2
    inner = grey[half:-half, half:-half]
    if algorithm == "SAUVOLA":
        threshold = mean * (1 + k * (deviation / 128 - 1))
    else:
        threshold = mean - k * (1 - deviation / deviation.max()) * (mean - grey.min())
    found = binarize(grey, algorithm, k)[half:-half, half:-half]
    # the widest deviation may lie at the rim; doxapy's window is also up to a pixel off centre
    assert ((found == 0) == (inner <= threshold)).mean() > 0.98


@pytest.mark.parametrize("name", BINARY)
def test_a_page_that_is_a_view_is_read_as_it_looks(name):
    sheet, _ = typed()
    view = sheet[::2, ::-1]
    made = treat(name, Page(view)).page.pixels
    assert np.array_equal(made, treat(name, Page(view.copy())).page.pixels)


def test_a_missing_package_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "pip install 'docclean[measure]'" in CONTENDERS["wolf"].lacking()


@pytest.mark.parametrize("version", ["4.1.1", "5.3.0"])
def test_old_tesseracts_cannot_threshold(monkeypatch, version):
    monkeypatch.setattr(contenders, "tesseract_version", lambda: version)
    assert (CONTENDERS["tesseract-2"].lacking() is None) == (version >= "5")


# --- programs and cleaners -----------------------------------------------------------------------


def test_missing_programs_say_how_to_get_them(monkeypatch):
    monkeypatch.setattr("docclean.evaluation.rivals.programs.find_program", lambda name: None)
    assert "apt-get install unpaper" in CONTENDERS["unpaper"].lacking()
    assert "pip install ocrmypdf" in CONTENDERS["ocrmypdf-clean"].lacking()


def test_ocrmypdf_keeps_the_ink_where_it_was():
    sheet, _ = typed()
    made = treat("ocrmypdf-clean", Page(sheet, (300.0, 300.0))).page.pixels
    # it renders the page anew, up to half a px off, so the edges soften
    assert (made[sheet == 40] < 138).mean() > 0.9 and (made[sheet == 235] > 138).mean() > 0.95


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("cp @IN @OUT", "cp"),
        ("copy=cp @IN @OUT", "copy"),
        ("my-tool.v2=cp --preserve=mode @IN @OUT", "my-tool.v2"),
        ("cp --preserve=mode @IN @OUT", "cp"),
        ("/bin/cp @IN @OUT", "cp"),
    ],
)
def test_a_command_becomes_a_contender(spec, name):
    contender = command_contender(spec)
    assert contender.name == name and "cp" in contender.about and contender.lacking() is None
    page = Page(typed()[0], (200.0, 200.0))
    assert np.array_equal(contender.treat(page).page.pixels, page.pixels)


def test_a_command_may_change_the_size():
    code = "import sys; from PIL import Image; Image.new('L', (5, 4)).save(sys.argv[1])"
    page = Page(typed()[0], (200.0, 200.0))
    python = shlex.quote(sys.executable)
    made = command_contender(f'small={python} -c "{code}" @OUT.tif @IN').treat(page).page
    assert made.pixels.shape == (4, 5) and made.dpi == page.dpi


def test_a_page_without_dpi_is_not_given_one():
    program = Program(("cp", "@IN.pnm", "@OUT.pnm"))
    assert by_program(Page(typed()[0]), program).page.dpi is None


@pytest.mark.parametrize("spec", ["", "  ", "name=", "name=cp @IN", "cp in out", "n=cp '@IN @OUT"])
def test_a_command_that_cannot_work_is_refused(spec):
    with pytest.raises(UsageError):
        command_contender(spec)


def test_a_command_nobody_has_is_lacking():
    assert "not installed" in command_contender("x=program-nobody-has @IN @OUT").lacking()


def test_a_cleaned_page_keeps_its_colours_and_its_reason():
    sheet, _ = typed()
    contender = cleaned_by(Identity(), "cleaned:mine")
    treated = contender.treat(Page(np.stack([sheet] * 3, -1)))
    assert contender.name == "cleaned:mine" and contender.lacking() is None
    assert np.array_equal(treated.reading.grey(), sheet)
    assert not treated.page.is_grey  # what is kept has its colours
    assert treated.note == "fake"


class Unchanging:
    """A network that changes nothing."""

    stride, reach, name = 16, 40, "unchanging"

    def __call__(self, tiles):
        return tiles.copy()


class Blind:
    """An engine that reads nothing."""

    name = "blind"

    def read(self, page, *, words=False):
        return PageText("")


def test_the_gate_by_reading_hands_weak_print_to_the_same_network():
    """The tried cleaner is the one that `--gate ocr` runs: it keeps the network for weak print."""
    _, ink = typed()
    called = []

    def load():
        called.append(1)
        return Unchanging()

    weak = Page(np.where(ink, 120, 255).astype(np.uint8), (300.0, 300.0))
    contender = tried_by(Cleaner(Unchanging(), faint=load), "tried")
    contender.trial(weak, Blind())
    assert called
