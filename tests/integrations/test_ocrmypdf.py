"""OCRmyPDF itself, with docclean as its plugin."""

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pikepdf
import pytest
from dirty_scan import SENTENCES, dirty
from PIL import Image

from docclean.documents import read_pages, write_pages
from docclean.page import Page
from docclean.scores.text import score

pytest.importorskip("ocrmypdf")
from docclean.integrations.ocrmypdf import cleaning
from docclean.integrations.ocrmypdf.asked import Asked

TRUTH = " ".join(SENTENCES)


def ocrmypdf(source: Path, *options: str, status: int = 0, **env: str) -> tuple[Path, str, str]:
    """Run the program; return the document, its text and what it said."""
    out, text = source.with_name(f"out-{source.name}"), source.with_name("words.txt")
    command = [sys.executable, "-m", "ocrmypdf", "--output-type", "pdf", "--optimize", "0"]
    done = subprocess.run(
        [*command, "--sidecar", str(text), *options, str(source), str(out)],
        capture_output=True,
        text=True,
        env=os.environ | env,
    )
    assert done.returncode == status, done.stderr
    return out, text.read_text("utf-8") if status == 0 else "", done.stderr


def images(pdf: Path) -> list[bytes]:
    with pikepdf.open(pdf) as document:
        return [
            image.read_raw_bytes()
            for page in document.pages
            for image in page.get_images().values()
        ]


def whiteness(pdf: Path) -> float:
    return float(np.mean(next(iter(read_pages(pdf))).grey() > 250))


def test_what_is_read_is_cleaned_and_the_page_stays(dirty_pdf):
    source = dirty_pdf()
    before = images(source)
    _, plain, _ = ocrmypdf(source)
    out, text, told = ocrmypdf(source, "--docclean", "ocr")
    assert score(TRUTH, plain).f1 < 0.8
    assert score(TRUTH, text).f1 > 0.9  # the stain's edge lies in the gap between two words
    assert images(out) == before
    assert "docclean" not in told


@pytest.fixture(scope="module")
def small_type(tmp_path_factory) -> tuple[Path, str]:
    """What the program makes of a scan of small type, and its words."""
    source = tmp_path_factory.mktemp("small") / "scan.pdf"
    write_pages([dirty(size=16)], source)
    return ocrmypdf(source, "--docclean", "ocr")[:2]


def test_small_type_is_enlarged_and_its_words_lie_where_they_lay(small_type):
    out, text = small_type
    assert score(TRUTH.casefold(), text.casefold()).f1 == 1  # a small k and a large one are alike
    import pypdfium2

    with pypdfium2.PdfDocument(out) as document:
        page = document[0]
        place = page.get_textpage().search("harbour").get_next()
        assert place is not None
        left, bottom, right, top = page.get_textpage().get_charbox(place[0])
    inch = 72 / 200
    assert left == pytest.approx(46 * inch, abs=4)  # where the h stands on the page as drawn
    assert bottom == pytest.approx((112 - 32) * inch, abs=4)
    assert 0 < right - left < 16 * inch
    assert 0 < top - bottom < 24 * inch


def test_off_counts_more_than_the_environment(dirty_pdf):
    """That the environment asks too is seen where it asks for two looks."""
    _, off, _ = ocrmypdf(dirty_pdf(), "--docclean", "off", DOCCLEAN_MODE="ocr")
    assert score(TRUTH, off).f1 < 0.8


def test_final_cleans_the_page_that_is_kept(dirty_pdf):
    source = dirty_pdf()
    out, text, _ = ocrmypdf(source, "--docclean", "final")
    assert score(TRUTH, text).f1 == 1
    assert whiteness(source) < 0.2
    assert whiteness(out) > 0.7
    with pikepdf.open(source) as before, pikepdf.open(out) as after:
        assert after.pages[0].mediabox == before.pages[0].mediabox
        (image,) = after.pages[0].get_images().values()
        assert (image.Width, image.Height) == (680, 238)


@pytest.mark.slow
def test_final_cleans_only_the_pages_that_are_asked_for(dirty_pdf):
    source = dirty_pdf(pages=2)
    out, _, _ = ocrmypdf(source, "--docclean", "final", "--pages", "2")
    shades = [float(np.mean(page.grey() > 250)) for page in read_pages(out)]
    assert shades[0] < 0.2
    assert shades[1] > 0.7


@pytest.mark.slow
def test_threads_and_processes_read_the_same(dirty_pdf):
    source = dirty_pdf(pages=2)
    texts = [
        ocrmypdf(source, "--docclean", "ocr", "--jobs", "2", *how)[1]
        for how in ((), ("--no-use-threads",))
    ]
    assert texts[0] == texts[1]
    assert texts[0].count("harbour") == 2


@pytest.mark.slow
def test_pages_that_cannot_be_cleaned_are_read_as_they_came(dirty_pdf, tmp_path):
    source = dirty_pdf(pages=2)
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    out, text, told = ocrmypdf(source, "--docclean", "ocr", "--docclean-model", str(broken))
    _, plain, _ = ocrmypdf(source)
    assert text == plain
    assert len(images(out)) == 2
    for number in (1, 2):
        assert told.count(f"docclean: page {number} is read as it came") == 1
    assert "not a model of docclean" in told
    out, text, told = ocrmypdf(source, "--docclean", "final", "--docclean-model", str(broken))
    assert (images(out), text) == (images(source), plain)
    assert told.count("the pages are kept as they came") == 1


@pytest.mark.parametrize(("size", "word"), [((1, 1), "small"), ((20_000, 20_000), "large")])
def test_pages_out_of_reach_are_told_once(size, word, caplog):
    image = Image.new("1", size, 1)
    image.info["dpi"] = (300.0, 300.0)
    with caplog.at_level(logging.WARNING, "ocrmypdf"):
        assert cleaning.for_reading(image, Asked("ocr"), None, 7) is image
    assert [record.getMessage() for record in caplog.records] == [
        f"docclean: page 7 is read as it came: {size[0]} x {size[1]} px is too {word} to be cleaned"
    ]


def test_a_document_with_a_tiny_page_comes_out_whole(dirty_pdf, tmp_path):
    source = tmp_path / "tiny.pdf"
    one = Page(np.zeros((1, 1), np.uint8), (10.0, 10.0))
    write_pages([dirty(), one], source)
    out, text, told = ocrmypdf(source, "--docclean", "ocr")
    assert len(images(out)) == 2
    assert "harbour" in text
    assert told.count("docclean: page 2 is read as it came") == 1


def test_an_enlarged_picture_keeps_within_what_is_allowed():
    class Small:
        max_ocr_image_mpixels = 0.05

    page = dirty(size=16)
    image = Image.fromarray(page.pixels)
    image.info["dpi"] = (200.0, 200.0)
    free = cleaning.for_reading(image, Asked("ocr"), None, 1)
    bound = cleaning.for_reading(image, Asked("ocr"), Small(), 1)
    assert free.size == (800, 280)
    assert free.info["dpi"] == pytest.approx((500, 500))
    assert bound.size == (320, 112)
    assert bound.info["dpi"] == pytest.approx((200, 200))


def test_half_the_workers_clean_at_a_time(tmp_path):
    class Two:
        jobs = 2

    done = []

    def clean(number):
        with cleaning.turn(tmp_path, number, Two()):
            done.append(number)

    waiting = threading.Thread(target=clean, args=(2,))
    with cleaning.turn(tmp_path, 1, Two()):
        waiting.start()
        waiting.join(0.3)
        assert done == []
    waiting.join(10)
    assert done == [2]


def test_a_page_that_is_kept_is_not_decoded(tmp_path):
    path = tmp_path / "clean.png"
    Image.new("L", (600, 400), 255).save(path, dpi=(200, 200))
    with Image.open(path) as image:
        assert cleaning.for_reading(image, Asked("ocr"), None, 1) is image
        assert image._im is None


@pytest.mark.parametrize(
    ("options", "env", "status", "words"),
    [
        (("--docclean", "ocr", "--docclean-model", "smal"), {}, 3, "there is no model 'smal'"),
        ((), {"DOCCLEAN_MODE": "orc"}, 1, "there is no mode 'orc'"),
    ],
)
def test_faults_of_the_set_up_are_told_before_the_work(dirty_pdf, options, env, status, words):
    _, _, told = ocrmypdf(dirty_pdf(), *options, status=status, **env)
    assert words in told
    assert "Traceback" not in told


def test_programs_may_name_the_mode_as_the_command_line_does():
    from ocrmypdf.cli import get_parser

    from docclean.integrations.ocrmypdf.plugin import add_options

    parser = get_parser()
    add_options(parser)
    for name in ("--docclean", "--docclean-mode"):  # OCRmyPDF 16 makes the second of docclean_mode=
        given = parser.parse_args([name, "final", "in.pdf", "out.pdf"])
        assert (given.docclean_mode, given.docclean_model) == ("final", None)


@pytest.mark.parametrize("clean", [True, False])
def test_unpaper_before_us_is_warned_of(clean, caplog):
    from docclean.integrations.ocrmypdf.plugin import check_options

    with caplog.at_level(logging.WARNING, "ocrmypdf"):
        check_options(SimpleNamespace(docclean_mode="ocr", clean=clean))
    told = [record.getMessage() for record in caplog.records]
    assert [words.startswith("docclean: --clean") for words in told] == [True] * clean


def test_the_plugin_is_light_while_it_is_off():
    code = (
        "import sys, docclean.integrations.ocrmypdf.plugin\n"
        "print([m for m in ('onnxruntime', 'docclean.clean') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- two looks ------------------------------------------------------------------------------------


def test_two_looks_are_read_and_vote(dirty_pdf, small_type, tmp_path):
    """The words of both looks lie in the text layer where they stand on the page."""
    asked, (_, one) = ("--docclean", "ocr", "--docclean-looks", "2"), small_type
    out, two, _ = ocrmypdf(dirty_pdf(size=16), *asked, "-k", TMPDIR=str(tmp_path))
    kept = next(tmp_path.glob("ocrmypdf.io.*"))
    read = {path.suffix for path in kept.glob("*docclean-look.*")}
    assert read >= {".png", ".hocr"}  # the program itself read both
    assert score(TRUTH.casefold(), two.casefold()).f1 >= score(TRUTH.casefold(), one.casefold()).f1
    import pypdfium2

    with pypdfium2.PdfDocument(out) as document:
        page = document[0]
        place = page.get_textpage().search("harbour").get_next()
        left, bottom, *_ = page.get_textpage().get_charbox(place[0])
    assert left == pytest.approx(46 * 72 / 200, abs=4)
    assert bottom == pytest.approx((112 - 32) * 72 / 200, abs=4)


def test_looks_by_the_environment_and_wrong_ones_refused(dirty_pdf):
    source = dirty_pdf()
    _, text, _ = ocrmypdf(source, DOCCLEAN_MODE="ocr", DOCCLEAN_LOOKS="2")
    assert score(TRUTH, text).f1 == 1
    *_, told = ocrmypdf(source, status=1, DOCCLEAN_MODE="ocr", DOCCLEAN_LOOKS="three")
    assert "there are no three looks" in told and "Traceback" not in told


def test_a_look_that_cannot_be_read_costs_the_vote_alone(dirty_pdf, tmp_path, caplog):
    """A broken second look: what was read first stays, with a warning."""
    from docclean.integrations.ocrmypdf.looks import LooksEngine, second_look

    first = tmp_path / "000001_ocr.png"
    Image.fromarray(next(iter(read_pages(dirty_pdf()))).grey()).save(first, dpi=(200, 200))
    second_look(first).write_bytes(b"no picture")
    tesseract = SimpleNamespace(
        oem=None, config=[], timeout=60, pagesegmode=None, thresholding=0,
        user_words=None, user_patterns=None, omp_thread_limit=1,
    )  # fmt: skip
    hocr, text = tmp_path / "out.hocr", tmp_path / "out.txt"
    options = SimpleNamespace(languages=["eng"], tesseract=tesseract)
    with caplog.at_level(logging.WARNING):
        LooksEngine.generate_hocr(
            input_file=first, output_hocr=hocr, output_text=text, options=options
        )
    assert hocr.exists() and text.exists()
    assert "is read once" in caplog.text
