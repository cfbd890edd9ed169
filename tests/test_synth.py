"""Typeset pages: a seed repeats them, their true text stands on them, pairs are evaluable."""

import json
from collections import Counter
from pathlib import Path
from random import Random
from shutil import which

import cv2
import numpy as np
import pypdfium2
import pytest

from docclean.corruptions import CORRUPTIONS
from docclean.documents import read_pages
from docclean.errors import OutputError, UnreadableInputError
from docclean.evaluation.folder import find_items
from docclean.pairs import CONTACT_SHEET, make_pair, write_pairs
from docclean.recipe import Recipe, Synth
from docclean.synth import LAYOUTS, TextSource, draw_dpi, draw_page, layout, typeset

ENGLISH = ("en_US",)
SMALL = Recipe.load(synth__dpi_range=(72, 90), corrupt__clean_share=0.0)

every_layout = pytest.mark.parametrize("name", LAYOUTS.names())


@pytest.fixture(scope="module")
def words() -> TextSource:
    return TextSource(ENGLISH)


@pytest.fixture
def no_system_fonts(monkeypatch):
    """A machine without fontconfig."""
    monkeypatch.setattr(layout, "which", lambda program: None)
    layout.families.cache_clear()
    yield
    layout.families.cache_clear()


# --- one page ------------------------------------------------------------------------------------


def test_a_seed_repeats_a_page_to_the_byte(words):
    for seed in range(3):
        one, two = (draw_page(Random(seed), words, (72, 120)) for _ in range(2))
        assert one.page.pixels.tobytes() == two.page.pixels.tobytes()
        assert (one.text, one.layout, one.font, one.page.dpi) == (
            two.text,
            two.layout,
            two.font,
            two.page.dpi,
        )


def test_two_seeds_differ(words):
    assert draw_page(Random(1), words, (72, 72)).text != draw_page(Random(2), words, (72, 72)).text


def test_a_seed_repeats_its_words_on_another_day(monkeypatch):
    provider = pytest.importorskip("faker.providers.date_time")
    source = TextSource(ENGLISH)

    def lines(year: int) -> list[str]:
        class Then(provider.datetime):
            @classmethod
            def now(cls, tz=None):
                return cls(year, 5, 6, 7, 8, 9, tzinfo=tz)

        monkeypatch.setattr(provider, "datetime", Then)
        rng = Random(4)
        return [source.line(rng) for _ in range(60)]

    assert lines(2026) == lines(2031)


@every_layout
def test_a_layout_sets_text_and_ink(words, name):
    made = typeset(Random(f"ink-{name}"), words, 72, name)
    pixels = made.page.pixels
    assert made.layout == name and made.page.dpi == (72.0, 72.0)
    assert len(made.text.split()) > 10
    assert pixels.ndim == 2 and pixels.dtype == np.uint8
    assert 0.005 < (pixels < 128).mean() < 0.4  # strokes on paper
    assert pixels[0].min() == pixels[:, 0].min() == 255  # a margin all around


@every_layout
def test_the_true_text_is_what_stands_on_the_page(words, name, monkeypatch):
    real, sources = layout._compiler(), []

    class Watched:
        def compile(self, source, **options):
            sources.append((source, options["sys_inputs"]))
            return real.compile(source, **options)

    monkeypatch.setattr(layout, "_compiler", Watched)
    for seed in range(2):
        made = typeset(Random(f"{seed}-{name}"), words, 40, name)
        source, inputs = sources[-1]
        pdf = pypdfium2.PdfDocument(real.compile(source, format="pdf", sys_inputs=inputs))
        printed = "".join(page.get_textpage().get_text_range() for page in pdf)
        assert len(pdf) == 1
        truth, found = (_characters(text) for text in (made.text, printed))
        missing, extra = truth - found, found - truth
        # a soft hyphen or a ligature may differ; a whole line of truth may not
        assert missing.total() <= 3, f"true text not on the page: {dict(missing)}"
        assert extra.total() <= 3, f"on the page but not in the true text: {dict(extra)}"


def _characters(text: str) -> Counter[str]:
    return Counter(sign for sign in text.casefold() if sign.isalnum())


def test_a_page_cut_short_does_not_claim_the_text_it_lost(words):
    whole = typeset(Random(3), words, 100, "article")
    short = typeset(Random(3), words, 100, "article", max_pixels=whole.page.pixels.size // 4)
    assert short.page.pixels.size < whole.page.pixels.size / 3
    rows, columns = np.nonzero(short.page.pixels < 128)
    below, beside = short.page.height - 1 - rows.max(), columns.min()
    ends_in_its_margin = below >= beside - 3  # margins are equal all around
    assert ends_in_its_margin or len(short.text) < len(whole.text)


def test_pixels_follow_the_dpi(words):
    low, high = (typeset(Random(3), words, dpi, "article").page for dpi in (60, 180))
    assert high.width == pytest.approx(3 * low.width, abs=3)
    assert high.height == pytest.approx(3 * low.height, abs=3)
    assert high.dpi == (180.0, 180.0)


def test_a_drawn_dpi_stays_in_its_range_denser_below():
    drawn = [draw_dpi(Random(seed), (100, 400)) for seed in range(300)]
    assert min(drawn) >= 100 and max(drawn) <= 400
    assert np.median(drawn) == pytest.approx(200, rel=0.15)
    assert draw_dpi(Random(0), (150, 150)) == 150


def test_a_page_is_cut_at_its_largest_area(words):
    page = draw_page(Random(5), words, (150, 150), max_pixels=50_000, layout="book").page
    assert page.pixels.size <= 50_000


def test_without_system_fonts_the_embedded_ones_serve(words, no_system_fonts):
    proportional, mono = layout.families()
    assert sorted(proportional + mono) == sorted(layout.EMBEDDED_FONTS)
    assert mono == ("DejaVu Sans Mono",)
    for name in ("book", "typescript"):
        made = typeset(Random(1), words, 72, name)
        assert made.font in layout.EMBEDDED_FONTS
        assert (made.page.pixels < 128).mean() > 0.005


# --- words ---------------------------------------------------------------------------------------


def test_a_folder_of_text_is_used(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "book.txt").write_text("zyzzyva quixotry jabberwock " * 400, "utf-8")
    source = TextSource(ENGLISH, tmp_path)
    rng = Random(1)
    paragraphs = [source.paragraph(rng, 3) for _ in range(40)]
    quoted = [text for text in paragraphs if "jabberwock" in text]
    assert 8 < len(quoted) < 36  # beside the other sources, not instead of them
    assert {word for text in quoted for word in text.split()} == {
        "zyzzyva",
        "quixotry",
        "jabberwock",
    }


def test_a_tiny_or_empty_text_still_gives_words(tmp_path):
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "tiny.txt").write_text("one")
    source = TextSource(ENGLISH, tmp_path)
    assert all(source.paragraph(Random(seed), 2).strip() for seed in range(20))


def test_a_folder_without_text_is_named(tmp_path):
    (tmp_path / "notes.md").write_text("no")
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(UnreadableInputError, match=r"no \.txt file") as caught:
            TextSource(ENGLISH, folder)
        assert str(folder) in str(caught.value)


def test_without_faker_there_are_words_too(monkeypatch):
    monkeypatch.setattr("docclean.synth.text._faker", lambda locale: None)
    source = TextSource(ENGLISH)
    made = typeset(Random(2), source, 72, "letter")
    assert len(made.text.split()) > 10
    assert made.text == typeset(Random(2), source, 72, "letter").text


def test_a_first_locale_is_drawn_half_of_the_time():
    source = TextSource(Synth().locales)
    drawn = Counter(source._locale(Random(seed)) for seed in range(600))
    assert set(drawn) == set(Synth().locales)
    assert drawn["en_US"] / 600 == pytest.approx(0.5 + 0.5 / len(Synth().locales), abs=0.08)


# --- pairs ---------------------------------------------------------------------------------------


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


# --- what it is all for --------------------------------------------------------------------------


def test_tesseract_reads_a_clean_page(words, no_system_fonts):
    if not which("tesseract"):
        pytest.skip("the program tesseract is not installed")
    from docclean.ocr import Tesseract
    from docclean.score import TextRules, score

    made = typeset(Random(12), words, 200, "book")
    found = Tesseract("eng").read(made.page)
    assert score(made.text, found.text, TextRules()).cer < 0.05
