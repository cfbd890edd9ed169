"""RapidOCR on typeset pages: its text, its boxes, what it refuses, and life without it."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys

import pypdfium2
import pytest

from docclean.cli import run
from docclean.documents import write_pages
from docclean.errors import DoccleanError
from docclean.evaluation.reader import Cache, Reader
from docclean.evaluation.request import Order
from docclean.evaluation.settings import SetSettings
from docclean.ocr import ENGINES, RapidOcr, make_engine
from docclean.ocr import rapidocr as module
from docclean.page import Page
from docclean.truth import read_truth

from fakes import Identity, flat  # isort: skip

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("rapidocr") is None, reason="the extra 'engines' is not installed"
)
ENGINE = RapidOcr(threads=1)
ROWS = 243
"""Of the page that is read: its head and two lines, a second's work."""


@pytest.fixture(scope="module")
def page(book):
    whole, _ = book
    pixels = whole.pixels[: ROWS + 40].copy()
    pixels[ROWS:] = 255
    return Page(pixels, whole.dpi)


@pytest.fixture(scope="module")
def true_words(book):
    return [word for word in book[1] if word.bottom <= ROWS]


@pytest.fixture(scope="module")
def read(page):
    return ENGINE.read(page, words=True)


@pytest.fixture
def scan(page, tmp_path):
    path = tmp_path / "scan.png"
    write_pages([page], path)
    return path


def shared(word, true):
    """The part of two boxes' union that both hold."""
    left, top = max(word.left, true.left), max(word.top, true.top)
    right = min(word.left + word.width, true.right)
    bottom = min(word.top + word.height, true.bottom)
    both = max(0, right - left) * max(0, bottom - top)
    true_area = (true.right - true.left) * (true.bottom - true.top)
    return both / (word.width * word.height + true_area - both)


def in_a_process(code, **environment):
    """Run code in a Python of its own, and return status, output and errors."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    return done.returncode, done.stdout, done.stderr


# --- what it reads --------------------------------------------------------------------------------


def test_a_page_is_read_word_by_word(read, true_words):
    assert [word.text for word in read.words] == read.text.split()
    assert [word.text for word in read.words] == [word.text for word in true_words]
    assert read.text.count("\n") >= 2 and read.seconds > 0


def test_boxes_lie_on_the_words(read, true_words):
    found = [shared(word, true) for word, true in zip(read.words, true_words, strict=True)]
    assert min(found) > 0.7 and sum(found) / len(found) > 0.85
    assert all(80 < word.confidence <= 100 for word in read.words)


def test_the_same_page_gives_the_same_text(page, read):
    again = RapidOcr(threads=2).read(page, words=True)
    assert (again.text, again.words) == (read.text, read.words)
    colour = page.with_pixels(page.pixels[..., None].repeat(3, axis=2))
    assert ENGINE.read(colour).text == read.text


def test_a_line_on_its_side_and_light_letters_are_read(page, true_words):
    """The last line of the page, its first words known by their boxes."""
    pixels = page.pixels[170:215]
    for turned, dark in ((1, False), (0, True)):
        shown = 255 - pixels if dark else pixels
        shown = shown if not turned else shown.swapaxes(0, 1)[:, ::-1].copy()
        found = ENGINE.read(Page(shown), words=True)
        true = [word for word in true_words if word.top > 170 and word.bottom < 215]
        assert [word.text for word in found.words] == [word.text for word in true]
        for word, known in zip(found.words, true, strict=True):
            start, size = (word.top, word.height) if turned else (word.left, word.width)
            assert abs(start - known.left) < 12 and abs(size - known.right + known.left) < 20


@pytest.mark.parametrize("shape", [(1, 1), (1, 40_000), (2, 300), (400, 300)])
def test_a_page_without_text(shape):
    found = ENGINE.read(Page(flat(255, *shape)), words=True)
    assert (found.text, found.words) == ("", ())


# --- what it writes -------------------------------------------------------------------------------


def test_hocr_carries_boxes_and_confidences(scan, read, tmp_path, capsys):
    out = tmp_path / "page.hocr"
    assert run(["ocr", str(scan), "--raw", "--engine", "rapidocr", "-o", str(out)]) == 0
    truth = read_truth(out)
    assert truth.text == read.text
    boxes = [(word.left, word.top, word.width, word.height) for word in read.words]
    assert [(word.left, word.top, word.width, word.height) for word in truth.words] == boxes
    text = out.read_text()
    told = re.findall(r"x_wconf (\d+)", text)
    assert told == [str(round(word.confidence)) for word in read.words]
    assert 'content="RapidOCR' in text and capsys.readouterr().err == ""


def test_a_pdf_becomes_searchable(scan, read, tmp_path, monkeypatch):
    monkeypatch.setattr("docclean.clean.spec.CleanerSpec.__call__", lambda self: Identity())
    out = tmp_path / "out.pdf"
    options = ["--ocr", "--text", "--alto", "--ocr-engine", "rapidocr"]
    assert run(["clean", str(scan), "-o", str(out), *options]) == 0
    assert out.with_suffix(".txt").read_text().rstrip("\n") == read.text
    assert read_truth(tmp_path / "out.alto.xml").text == read.text
    with pypdfium2.PdfDocument(out) as document:
        assert document[0].get_textpage().get_text_range().split() == read.text.split()


# --- what it refuses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--lang", "eng+ell"], "RapidOCR does not read 'ell'"),
        (["--psm", "6"], "--psm is an option of Tesseract's"),
        (["--engine", "rapido"], "did you mean 'rapidocr'"),
        (["-o", "x.pdf"], "'docclean clean --ocr' makes a PDF searchable"),
    ],
)
def test_wrong_calls_end_with_1(scan, arguments, words, capsys):
    assert run(["ocr", str(scan), "--raw", "--engine", "rapidocr", *arguments]) == 1
    assert words in capsys.readouterr().err


def test_a_failure_names_the_page(page, monkeypatch):
    monkeypatch.setattr(module, "_read_lines", lambda *_: 1 / 0)
    with pytest.raises(DoccleanError, match=r"slow\.png \(page 3\): RapidOCR failed: division"):
        ENGINE.read(Page(page.pixels, number=3, source="slow.png"))


def test_it_is_a_registered_engine():
    assert ENGINES["rapidocr"] is RapidOcr
    assert make_engine("rapidocr", "deu", threads=2) == RapidOcr("deu", 2)
    assert repr(RapidOcr(threads=1)) == repr(RapidOcr(threads=2))  # known in a cache by this


# --- life without it ------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["ocr", "evaluate"])
def test_without_the_package_one_sentence_says_what_to_install(verb, scan):
    scan.with_suffix(".gt.txt").write_text("words\n")
    arguments = [str(scan), "--raw"] if verb == "ocr" else [str(scan.parent), "--contenders=raw"]
    code = (
        "import sys\nsys.modules['rapidocr'] = None\nfrom docclean.cli import run\n"
        f"sys.exit(run({[verb, *arguments, '--engine', 'rapidocr']!r}))"
    )
    status, out, err = in_a_process(code)
    assert (status, out) == (3, "")
    assert err == (
        "docclean: the engine rapidocr is not installed: pip install 'docclean[engines]'\n"
    )


def test_without_its_weights_nothing_is_fetched(scan, tmp_path):
    (tmp_path / "rapidocr").mkdir()
    (tmp_path / "rapidocr/__init__.py").write_text("raise SystemExit('was loaded')\n")
    code = (
        f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\nfrom docclean.cli import run\n"
        f"sys.exit(run(['ocr', {str(scan)!r}, '--raw', '--engine', 'rapidocr']))"
    )
    status, _, err = in_a_process(code)
    assert status == 3 and "has no weights in it" in err and len(err.splitlines()) == 1


def test_it_is_quiet_and_needs_no_network(scan, read):
    code = (
        "import socket, sys\n"
        "def refuse(*_, **__): raise AssertionError('the network was asked')\n"
        "socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse\n"
        "from docclean.cli import run\n"
        f"sys.exit(run(['ocr', {str(scan)!r}, '--raw', '--engine', 'rapidocr']))"
    )
    assert in_a_process(code, PYTHONWARNINGS="default") == (0, f"{read.text}\n", "")


# --- evaluated ------------------------------------------------------------------------------------


@pytest.fixture
def folder(scan, read):
    folder = scan.parent / "pages"
    folder.mkdir()
    for name in "ab":
        shutil.copy(scan, folder / f"{name}.png")
        (folder / f"{name}.gt.txt").write_text(read.text)
    return folder


def test_evaluate_reads_with_it_and_says_so(folder, tmp_path, capsys, monkeypatch):
    outputs = {kind: str(tmp_path / f"x.{kind}") for kind in ("json", "html", "cache")}
    call = ["evaluate", str(folder), "--engine", "rapidocr", "--contenders", "raw,grey"]
    call += [part for kind, path in outputs.items() for part in (f"--{kind}", path)]
    assert run(call) == 0
    assert capsys.readouterr().out.count("0.00%") >= 4
    told = json.loads((tmp_path / "x.json").read_text())
    assert "RapidOCR 3" in told["method"] and "PP-OCR" in told["method"]
    assert "RapidOCR 3" in (tmp_path / "x.html").read_text()
    monkeypatch.setattr(RapidOcr, "read", lambda *_, **__: pytest.fail("was read again"))
    assert run(call) == 0  # from the cache


def test_another_version_or_engine_is_another_reading(page, tmp_path, monkeypatch):
    cache = Cache.load(tmp_path / "c")
    monkeypatch.setattr(RapidOcr, "read", lambda *_, **__: module.PageText("x"))
    Reader(RapidOcr(), cache).read(page)
    monkeypatch.setattr(RapidOcr, "version", lambda self: "RapidOCR 4")
    Reader(RapidOcr(), cache).read(page)
    Reader(RapidOcr("deu"), cache).read(page)
    assert len(cache.known) == 3


def test_what_is_tesseracts_alone_is_refused_or_left_out(folder, capsys):
    call = ["evaluate", str(folder), "--engine", "rapidocr"]
    for arguments, words in (
        (["--contenders", "tesseract-1"], "'tesseract-1' cannot run: it reads in another way"),
        (["--psm", "6"], "--psm is an option of Tesseract's"),
        (["--lang", "ell"], "RapidOCR does not read 'ell'"),
    ):
        assert run([*call, *arguments]) == 1
        assert words in capsys.readouterr().err
    plan, skipped = Order(folder, ("all",), default=SetSettings(engine="rapidocr"))._plan()
    assert not [one for one in plan if one.variables]
    assert sum(name.startswith("tesseract-") for name in skipped) == 3
    assert SetSettings(psm=6, engine="rapidocr").reader() == RapidOcr()
