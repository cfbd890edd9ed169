"""Pictures and words of pages, and pairs that can be evaluated."""

import json
import sys
from pathlib import Path
from random import Random
from shutil import which

import cv2
import numpy as np
import pypdfium2
import pytest
from typeset_pages import ENGLISH

from docclean.cli import run
from docclean.corruptions import CORRUPTIONS
from docclean.documents import read_pages
from docclean.errors import OutputError, UnreadableInputError
from docclean.evaluation.folder import find_items
from docclean.pairs.make import CONTACT_SHEET, make_pair, write_pairs
from docclean.recipe import Recipe
from docclean.synth import (
    LAYOUTS,
    TextSource,
    pages,
    rendering,
    typeset,
)
from docclean.synth.figures import drawing
from docclean.synth.language.voice import Voice
from docclean.synth.markup import true_text
from docclean.synth.pictures import draw_spec, paint

SMALL = Recipe.load(synth__dpi_range=(72, 90), corrupt__clean_share=0.0)
PICTURES = ("pictures", "newspaper")


# --- pictures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["landscape", "portrait", "house", "texture"])
@pytest.mark.parametrize("shape", [(3, 5), (90, 400), (700, 500)])
def test_a_photo_repeats_and_has_shades(kind, shape):
    spec = f"{kind}:7:0"
    photo = paint(spec, shape, 300)
    assert photo.shape == shape and photo.dtype == np.uint8
    assert photo.tobytes() == paint(spec, shape, 300).tobytes()
    assert (paint(f"{kind}:8:0", shape, 300) != photo).any()
    if shape == (700, 500):
        assert np.ptp(photo.astype(int)) > 120 and len(np.unique(photo)) > 60


@pytest.mark.parametrize(("dpi", "lpi"), [(300, 60), (600, 100)])
def test_a_halftone_is_dots_that_keep_the_shade_and_the_pitch(dpi, lpi):
    shape = (800, 800)
    grey, dots = (paint(f"landscape:3:{screen}", shape, dpi) for screen in (0, lpi))
    assert (dots < 16).mean() + (dots > 239).mean() > 0.4 > ((grey < 16) | (grey > 239)).mean()
    blurred = [cv2.GaussianBlur(photo, (0, 0), 12).astype(float) for photo in (grey, dots)]
    assert np.abs(blurred[0] - blurred[1]).mean() < 12
    power = np.abs(np.fft.fft2(dots - blurred[1]))[: shape[0] // 2]
    pitch = np.hypot(*(n if n < 400 else 800 - n for n in np.argwhere(power == power.max())[0]))
    assert 800 / pitch == pytest.approx(dpi / lpi, rel=0.1)


def test_a_screen_finer_than_the_page_is_grey():
    assert (paint("house:1:150", (300, 300), 100) == paint("house:1:0", (300, 300), 100)).all()


def test_specs_are_drawn_of_every_kind():
    specs = [draw_spec(Random(seed)).split(":") for seed in range(80)]
    assert {spec[0] for spec in specs} == {"landscape", "portrait", "house", "texture"}
    assert 20 < sum(spec[2] == "0" for spec in specs) < 60


@pytest.mark.parametrize("name", PICTURES)
def test_a_page_with_photos_has_shades_of_grey(words, name):
    shares = []
    for seed in range(4):
        pixels = typeset(Random(f"{seed}-{name}"), words, 72, name).page.pixels
        calm = cv2.GaussianBlur(pixels, (0, 0), 2)
        shares.append(((calm > 40) & (calm < 170)).mean())
    assert max(shares) > 0.01


def test_line_drawings_differ_and_are_lettered():
    made = [drawing(Random(seed), Voice("en_US"), 200, 120) for seed in range(12)]
    assert len(set(made)) == 12
    assert any(true_text(source) for source in made)


# --- words ----------------------------------------------------------------------------------------


def test_without_faker_there_are_words_too(monkeypatch):
    for module in ("voice", "words"):
        monkeypatch.setattr(f"docclean.synth.language.{module}.faker", lambda locale: None)
    for locales in (ENGLISH, ()):
        source = TextSource(locales)
        made = typeset(Random(2), source, 72, "letter")
        assert len(made.text.split()) > 10
        assert made.text == typeset(Random(2), source, 72, "letter").text


def test_a_folder_of_text_stands_on_pages(tmp_path):
    (tmp_path / "book.txt").write_text("zyzzyva quixotry jabberwock " * 400, "utf-8")
    source = TextSource(ENGLISH, tmp_path)
    made = [typeset(Random(seed), source, 40, "book").text for seed in range(4)]
    assert any("jabberwock" in text for text in made)


def test_a_folder_without_text_is_named(tmp_path):
    (tmp_path / "notes.md").write_text("no")
    with pytest.raises(UnreadableInputError, match=r"no \.txt file") as caught:
        TextSource(ENGLISH, tmp_path)
    assert str(tmp_path) in str(caught.value)


# --- pairs ----------------------------------------------------------------------------------------


def test_a_pair_repeats_exactly(words):
    one, two = (make_pair(5, 2, words, SMALL) for _ in range(2))
    assert one.dirty.pixels.tobytes() == two.dirty.pixels.tobytes()
    assert one.clean.pixels.tobytes() == two.clean.pixels.tobytes()
    assert one.typeset.text == two.typeset.text
    assert one.chain.names() == two.chain.names()


def test_a_pair_is_aligned_and_dirty(words):
    for index in range(4):
        pair = make_pair(6, index, words, SMALL)
        assert pair.dirty.pixels.shape == pair.clean.pixels.shape
        assert pair.dirty.dpi == pair.clean.dpi == pair.typeset.page.dpi
        assert (pair.dirty.pixels != pair.clean.pixels).any()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pairs") / "set"
    paths = write_pairs(out, 3, 9, SMALL)
    assert [path.name for path in paths] == ["00000.png", "00001.png", "00002.png"]
    return out


def test_a_written_set_is_whole_and_aligned(written):
    assert sorted(path.name for path in written.iterdir()) == sorted(
        ["noisy", "clean", "truth", "index.jsonl", CONTACT_SHEET]
    )
    facts = [json.loads(line) for line in (written / "index.jsonl").read_text("utf-8").splitlines()]
    assert [fact["id"] for fact in facts] == ["00000", "00001", "00002"]
    for fact in facts:
        noisy, clean = (
            next(read_pages(written / side / f"{fact['id']}.png")) for side in ("noisy", "clean")
        )
        assert noisy.pixels.shape == clean.pixels.shape
        assert noisy.dpi == pytest.approx((fact["dpi"], fact["dpi"]), abs=0.5)
        assert (written / "truth" / f"{fact['id']}.gt.txt").read_text("utf-8").strip()
        assert fact["layout"] in LAYOUTS.names()
        assert set(fact["corruptions"]) <= set(CORRUPTIONS.names())
        assert 0 <= fact["severity"] <= 1
    sheet = cv2.imread(str(written / CONTACT_SHEET), cv2.IMREAD_GRAYSCALE)
    assert sheet.shape[0] > 500 and sheet.shape[1] > 500
    assert not list(written.rglob("*.tmp"))


def test_a_written_set_can_be_evaluated(written):
    found = find_items(written).items
    assert [item.name for item in found] == ["00000", "00001", "00002"]
    assert all(item.twin is not None and item.twin.is_file() for item in found)


def test_a_written_set_repeats_to_the_byte(written, tmp_path):
    write_pairs(tmp_path, 3, 9, SMALL)
    for path in sorted(written.rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / path.relative_to(written)).read_bytes()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="file"):
        write_pairs(tmp_path / "file", 1, 1, SMALL)


# --- what it is all for ---------------------------------------------------------------------------


def test_tesseract_reads_a_clean_page(words, no_system_fonts):
    if not which("tesseract"):
        pytest.skip("the program tesseract is not installed")
    from docclean.ocr import Tesseract
    from docclean.scores.text import TextRules, score

    made = typeset(Random(12), words, 200, "book")
    found = Tesseract("eng").read(made.page)
    assert score(made.text, found.text, TextRules()).cer < 0.05


def test_no_text_of_a_newspaper_touches_the_rules_of_its_head(words):
    for seed in range(4):
        page = typeset(Random(f"rules-{seed}"), words, 150, "newspaper").page.pixels
        dark = (page[: page.shape[0] // 3] < 128).mean(1)
        rules = np.flatnonzero(dark > 0.75)
        groups = np.split(rules, np.flatnonzero(np.diff(rules) > 1) + 1)[:2]
        assert len(groups) == 2
        for rows in groups:
            assert dark[rows[0] - 4 : rows[0] - 1].max() == 0
            assert dark[rows[-1] + 2 : rows[-1] + 5].max() == 0


def test_a_word_broken_over_two_lines_has_the_box_of_its_longer_part():
    source = (
        "#set page(width: 90pt, height: 90pt, margin: 8pt)\n#set text(size: 12pt)\n"
        '#par("Is never-oldestwords so")\n'
    )
    with pypdfium2.PdfDocument(pages._compile(source)) as document:
        leaf = document[0]
        found = rendering.find_words(leaf, 144, "Is never-oldestwords so", 180)
        signs, boxes = rendering.letters(leaf, 144)
    first, second = boxes[signs.index("n")], boxes[signs.index("o")]
    assert second[1] > first[3]  # the hyphen breaks it here
    word = found[1]
    assert word.text == "never-oldestwords" and word.bottom - word.top < 30
    assert word.top < second[1] < word.bottom and word.top > first[3]
    assert [other.text for other in found] == ["Is", "never-oldestwords", "so"]


@pytest.mark.parametrize("package", ["albumentations", "faker", "kornia", "torch"])
def test_without_the_extra_it_fails_before_it_writes(package, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, package, None)
    out = tmp_path / "set"
    assert run(["synth", "-o", str(out), "--count", "2"]) == 3
    told = capsys.readouterr().err
    assert package in told and "docclean[train]" in told
    assert not out.exists()
