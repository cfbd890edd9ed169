"""Tesseract on pages drawn here: the text, the boxes, and every way it can fail."""

import shutil

import cv2
import numpy as np
import pytesseract
import pytest

from docclean.errors import DoccleanError, MissingProgramError, UnreadableInputError
from docclean.ocr import ENGINES, Tesseract
from docclean.ocr import tesseract as ocr
from docclean.ocr.tesseract import installed_languages, parse_tsv
from docclean.page import Page

LINES = ("The quick brown fox", "jumps over the lazy dog")

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="the program tesseract is not installed"
)


def drawn(*lines, dpi=None, colour=False):
    pixels = np.full((80 + 70 * len(lines), 900), 255, np.uint8)
    for row, line in enumerate(lines):
        place = (40, 80 + 70 * row)
        cv2.putText(pixels, line, place, cv2.FONT_HERSHEY_COMPLEX, 1.5, 0, 2, cv2.LINE_AA)
    return Page(cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB) if colour else pixels, dpi=dpi)


@pytest.fixture
def fresh_languages():
    installed_languages.cache_clear()
    yield
    installed_languages.cache_clear()


@pytest.fixture
def commands(monkeypatch):
    """Every command line given to Tesseract's child process."""
    seen = []
    real = pytesseract.pytesseract.subprocess.Popen

    def popen(command, **options):
        seen.append((command, options["env"]))
        return real(command, **options)

    monkeypatch.setattr(pytesseract.pytesseract.subprocess, "Popen", popen)
    return seen


@needs_tesseract
@pytest.mark.parametrize("colour", [False, True])
def test_reads_a_drawn_page(colour):
    found = Tesseract().read(drawn(*LINES, colour=colour))
    assert found.text.split() == " ".join(LINES).split()
    assert found.words == () and found.seconds > 0


@needs_tesseract
def test_words_have_boxes_and_the_same_text():
    page = drawn(*LINES)
    found = Tesseract(psm=6).read(page, words=True)
    assert found.text == Tesseract(psm=6).read(page).text
    assert [word.text for word in found.words] == " ".join(LINES).split()
    for word in found.words:
        ink = page.pixels[word.top : word.top + word.height, word.left : word.left + word.width]
        assert ink.min() == 0 and 0 <= word.confidence <= 100
    assert found.words[0].top < found.words[-1].top


@needs_tesseract
def test_an_empty_page_has_no_text():
    for shape in ((1, 1), (2, 300), (400, 300)):
        found = Tesseract().read(Page(np.full(shape, 255, np.uint8)))
        assert found.text == ""
    assert Tesseract().read(Page(np.full((400, 300), 255, np.uint8)), words=True).words == ()


@needs_tesseract
@pytest.mark.parametrize("words", [False, True])
def test_one_call_and_one_thread_a_page(commands, monkeypatch, words):
    monkeypatch.delenv("OMP_THREAD_LIMIT", raising=False)
    installed_languages()
    commands.clear()
    Tesseract().read(drawn(*LINES), words=words)
    assert len(commands) == 1
    assert commands[0][1]["OMP_THREAD_LIMIT"] == "1"
    assert "OMP_THREAD_LIMIT" not in ocr.os.environ


@needs_tesseract
@pytest.mark.parametrize(
    ("dpi", "told"), [(None, None), (300, "300"), (72, "72"), (1, None), (9600, None)]
)
def test_only_a_sensible_resolution_is_passed_on(commands, dpi, told):
    Tesseract(psm=6).read(drawn("dpi", dpi=dpi and (dpi, dpi)))
    command = commands[-1][0]
    assert command[command.index("--psm") + 1] == "6"
    assert (command[command.index("--dpi") + 1] if "--dpi" in command else None) == told


@needs_tesseract
def test_variables_are_passed_on(commands):
    page = drawn("variables")
    variables = (("thresholding_method", "1"), ("tessedit_char_whitelist", "a b'c"))
    Tesseract(psm=6, variables=variables).read(page)
    command = commands[-1][0]
    given = [command[n + 1] for n, word in enumerate(command) if word == "-c"]
    assert {"thresholding_method=1", "tessedit_char_whitelist=a b'c"} <= set(given)
    assert set(Tesseract(psm=6, variables=variables[1:]).read(page).text) <= set("abc \n")


@needs_tesseract
@pytest.mark.parametrize(
    ("lang", "package"),
    [("xyz_abc", "xyz-abc"), ("frak2021", "frak2021"), ("script/Xyz", "script-xyz")],
)
def test_a_missing_language_pack_names_its_package(lang, package):
    """With the other language Tesseract itself reads on, and badly."""
    with pytest.raises(MissingProgramError, match=rf"apt-get install tesseract-ocr-{package}$"):
        Tesseract(lang=f"eng+{lang}").read(drawn("text"))


def test_the_missing_program_names_its_package(monkeypatch, fresh_languages):
    monkeypatch.setattr(pytesseract.pytesseract, "tesseract_cmd", "tesseract-that-is-not-there")
    with pytest.raises(MissingProgramError, match=r"apt-get install tesseract-ocr$"):
        Tesseract().read(drawn("text"))


@needs_tesseract
def test_a_page_beyond_the_limit_is_refused():
    wide = np.broadcast_to(np.uint8(255), (1, ocr.MAX_SIDE + 1))
    with pytest.raises(UnreadableInputError, match=r"32768 x 1 px .*cut the page"):
        Tesseract().read(Page(wide, source="wide.png"))


@needs_tesseract
def test_running_out_of_time_names_the_page():
    page = Page(drawn(*LINES).pixels, number=3, source="slow.png")
    with pytest.raises(UnreadableInputError, match=r"slow.png \(page 3\).*longer timeout"):
        Tesseract(timeout=0.001).read(page)


@needs_tesseract
def test_a_failure_of_the_program_carries_its_words():
    with pytest.raises(DoccleanError, match="Tesseract failed"):
        Tesseract(psm=99).read(drawn("text"))


def test_table_becomes_lines_and_paragraphs():
    head = "level page block par line word left top width height conf text".replace(" ", "\t")
    rows = ["5 1 1 1 1 1 1 2 3 4 96.5 a", "5 1 1 1 1 2 5 2 3 4 90 b", "5 1 1 1 2 1 1 9 3 4 80 c"]
    rows += ["5 1 2 1 1 1 1 9 3 4 70 d", "4 1 2 1 2 0 0 0 9 9 -1 "]
    text, words = parse_tsv("\n".join([head, *(row.replace(" ", "\t") for row in rows)]))
    assert text == "a b\nc\n\nd"
    assert words[0] == ocr.Word("a", 1, 2, 3, 4, 96.5) and len(words) == 4


def test_tesseract_is_a_registered_engine():
    assert ENGINES["tesseract"] is Tesseract
