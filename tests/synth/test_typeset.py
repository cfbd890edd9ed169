"""Typeset pages: a seed repeats them, their true text stands on them, pairs are evaluable."""

from collections import Counter
from dataclasses import replace
from random import Random

import numpy as np
import pypdfium2
import pytest
from typeset_pages import ENGLISH

from docclean.errors import UsageError
from docclean.recipe import Synth
from docclean.synth import (
    LAYOUTS,
    TextSource,
    draw_dpi,
    draw_page,
    fonts,
    pages,
    rendering,
    typeset,
)
from docclean.synth.language.voice import Voice
from docclean.synth.markup import Content, cell, fit, line, par, run, share_out, true_text

GREEK, RUSSIAN = ("el_GR",), ("ru_RU",)
A4 = 842 / 595
COARSE = Synth(dpi_range=(72, 120))
every_layout = pytest.mark.parametrize("name", LAYOUTS.names())
every_written_layout = pytest.mark.parametrize("name", [n for n in LAYOUTS.names() if n != "blank"])


@pytest.fixture
def printed(monkeypatch):
    """The PDFs that pages are rendered from, in the order they are made."""
    real, made = pages._compile, []

    def compile_and_keep(source: str) -> bytes:
        made.append(real(source))
        return made[-1]

    monkeypatch.setattr(pages, "_compile", compile_and_keep)
    return made


# --- one page -------------------------------------------------------------------------------------


def test_a_seed_repeats_a_page_to_the_byte(words):
    for seed in range(3):
        one, two = (draw_page(Random(seed), words, COARSE) for _ in range(2))
        assert one.page.pixels.tobytes() == two.page.pixels.tobytes()
        assert replace(one, page=two.page) == two
        assert one.page.dpi == two.page.dpi


def test_two_seeds_differ(words):
    one, two = (draw_page(Random(seed), words, COARSE, layout="book").text for seed in (1, 2))
    assert one != two


@every_written_layout
def test_a_layout_sets_text_and_ink(words, name):
    made = typeset(Random(f"ink-{name}"), words, 72, name)
    pixels = made.page.pixels
    assert made.layout == name and made.page.dpi == (72.0, 72.0)
    assert len(made.text.split()) > 10
    assert pixels.ndim == 2 and pixels.dtype == np.uint8
    assert 0.002 < (pixels < 128).mean() < 0.4  # strokes on paper


@every_layout
@pytest.mark.parametrize("dpi", [40, 150])
def test_a_page_has_white_margins_all_around(words, name, dpi):
    pixels = typeset(Random(f"rim-{name}"), words, dpi, name).page.pixels
    rim = round(4 / 72 * dpi)  # 4 points
    frames = pixels[:rim], pixels[-rim:], pixels[:, :rim], pixels[:, -rim:]
    assert min(frame.min() for frame in frames) == 255


@every_layout
@pytest.mark.parametrize("locales", [ENGLISH, GREEK, RUSSIAN], ids=["latin", "greek", "cyrillic"])
def test_the_true_text_is_what_stands_on_the_page(name, locales, printed):
    source = TextSource(locales)
    for seed in range(2):
        made = typeset(Random(f"{seed}-{name}"), source, 40, name)
        pdf = pypdfium2.PdfDocument(printed[-1])
        assert len(pdf) == 1
        found = _characters("".join(page.get_textpage().get_text_range() for page in pdf))
        truth = _characters(made.text)
        # a soft hyphen or a ligature may differ; a whole line of truth may not
        assert (truth - found).total() <= 3, f"true text not on the page: {truth - found}"
        assert (found - truth).total() <= 3, f"not in the true text: {found - truth}"
        pdf.close()


def _characters(text: str) -> Counter[str]:
    return Counter(sign for sign in text.casefold() if sign.isalnum())


@every_layout
@pytest.mark.parametrize("locales", [ENGLISH, GREEK, RUSSIAN], ids=["latin", "greek", "cyrillic"])
def test_every_word_has_a_box_that_holds_its_ink(name, locales):
    made = typeset(Random(f"box-{name}"), TextSource(locales), 120, name)
    assert [word.text for word in made.words] == made.text.split()
    for word in made.words:
        assert 0 <= word.left < word.right <= made.page.width, word
        assert 0 <= word.top < word.bottom <= made.page.height, word
        ink = made.page.pixels[word.top : word.bottom, word.left : word.right]
        assert np.ptp(ink.astype(int)) > 40, word  # black on white, or white on black


@every_layout
def test_letters_are_found_on_the_page_in_the_order_of_the_true_text(words, name, printed):
    truth = "".join(typeset(Random(f"order-{name}"), words, 40, name).text.split())
    pdf = pypdfium2.PdfDocument(printed[-1])
    found, boxes = rendering.letters(pdf[0], 40)
    pdf.close()
    assert len(found) == len(boxes)
    assert len(truth) <= len(found) <= len(truth) + 3  # pdfium may write a hyphen twice
    places = list(rendering._places(found, truth))
    assert None not in places
    assert sum(found[n] != sign for n, sign in zip(places, truth, strict=True)) <= 3


@pytest.mark.parametrize(
    ("signs", "truth", "places"),
    [
        ("abcd", "abcd", [0, 1, 2, 3]),
        ("ab--cde", "ab-cde", [0, 1, 2, 4, 5, 6]),  # a hyphen written twice
        ("xabcd", "abcd", [1, 2, 3, 4]),
        ("abdefg", "abcdefg", [0, 1, None, 2, 3, 4, 5]),  # a letter that is not there
        ("abXdef", "abcdef", [0, 1, 2, 3, 4, 5]),  # another sign in its place
        ("abc", "abcde", [0, 1, 2, None, None]),
    ],
)
def test_true_letters_are_found_among_those_of_the_pdf(signs, truth, places):
    assert list(rendering._places(signs, truth)) == places


@every_written_layout
def test_a_full_page_is_about_as_long_as_its_paper(words, name):
    shapes = [typeset(Random(f"{s}-{name}"), words, 40, name).page.pixels.shape for s in range(3)]
    if name != "receipt":  # slips are as long as their text
        assert all(0.93 < high / wide / A4 < 1.12 for high, wide in shapes), shapes


def test_some_pages_are_half_full(words):
    made = [typeset(Random(seed), words, 40, "book").page.pixels for seed in range(24)]
    # a line of text is darker than a page number
    used = [np.flatnonzero((page < 200).mean(1) > 0.2).max() / page.shape[0] for page in made]
    assert min(used) < 0.75 and max(used) > 0.85


def test_a_blank_page_is_white_or_nearly_so(words):
    made = [typeset(Random(seed), words, 72, "blank") for seed in range(12)]
    white = [page for page in made if page.page.pixels.min() == 255]
    assert 0 < len(white) < len(made)
    assert all(page.text == "" and page.words == () for page in white)
    assert all((page.page.pixels < 128).mean() < 0.01 for page in made)
    assert all(page.text for page in made if page not in white)


def test_panels_are_white_on_black_too(words):
    made = [typeset(Random(seed), words, 72, "panels").page.pixels for seed in range(8)]
    assert max((page < 60).mean() for page in made) > 0.08  # more black than letters make
    assert any(((page > 180) & (page < 245)).mean() > 0.05 for page in made)  # grey grounds


def test_a_page_cut_short_does_not_claim_the_text_it_lost(words):
    whole = typeset(Random(3), words, 100, "article")
    short = typeset(Random(3), words, 100, "article", max_pixels=whole.page.pixels.size // 3)
    assert short.page.pixels.size <= whole.page.pixels.size // 3
    assert short.text.split() == [word.text for word in short.words]
    assert 0 < len(short.words) < len(whole.words)
    assert short.words == tuple(word for word in whole.words if word.bottom <= short.page.height)
    same = whole.page.pixels[: short.page.height]
    assert (np.abs(same.astype(int) - short.page.pixels) > 8).mean() < 0.001


def test_any_resolution_and_any_cut_render(words):
    for seed in range(25):  # sizes whose last bit decides how pdfium rounds
        dpi, most = Random(seed).randint(40, 600), Random(seed).randint(100_000, 3_000_000)
        assert typeset(Random(seed), words, dpi, "blank", most).page.pixels.size <= most


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
    synth = Synth(dpi_range=(600, 600))
    page = draw_page(Random(5), words, synth, max_pixels=500_000, layout="book").page
    assert 490_000 < page.pixels.size <= 500_000


# --- what a recipe asks for -----------------------------------------------------------------------


def test_layouts_are_drawn_by_weight(words):
    synth = Synth(dpi_range=(40, 40), layouts={"title": 3.0, "blank": 1.0, "tiny": 0.0})
    drawn = Counter(draw_page(Random(seed), words, synth).layout for seed in range(80))
    assert set(drawn) == {"title", "blank"}
    assert 0.55 < drawn["title"] / 80 < 0.95


def test_an_unknown_layout_names_the_nearest(words):
    for synth, layout in ((Synth(layouts={"boook": 1.0}), None), (Synth(), "boook")):
        with pytest.raises(UsageError, match="did you mean 'book'"):
            draw_page(Random(1), words, synth, layout=layout)


def test_pages_are_set_in_the_fonts_asked_for_where_installed(words):
    wanted = "DejaVu Sans Mono"
    made = [typeset(Random(s), words, 40, "book", fonts=(wanted, "Nowhere")) for s in range(3)]
    assert {page.font for page in made} == {wanted}
    free = {typeset(Random(seed), words, 40, "book", fonts=("Nowhere",)).font for seed in range(6)}
    assert len(free) > 1


def test_without_system_fonts_the_embedded_ones_serve(words, no_system_fonts):
    found = fonts.families()
    assert sorted(found.proportional + found.mono) == sorted(fonts.EMBEDDED_FONTS)
    assert found.mono == ("DejaVu Sans Mono",)
    for name in LAYOUTS.names():
        made = typeset(Random(1), words, 72, name)
        assert made.font in fonts.EMBEDDED_FONTS
        assert name == "blank" or (made.page.pixels < 128).mean() > 0.002


# --- source and truth -----------------------------------------------------------------------------


def test_the_true_text_is_read_off_the_source_in_order():
    source = par('"one" #two') + line("a") + cell("b\\c") + run("d") + run(" e") + line("")
    assert true_text(source) == '"one" #two\na b\\cd e'


@pytest.mark.parametrize("text", ['#let x = "y"', "a_b*c*", "$1 @ref <tag> \\ //", "– « » § €"])
def test_no_sign_of_a_text_is_taken_for_markup(text, printed):
    sheet = pages._draw_sheet(Random(1), LAYOUTS["book"], Voice("en_US"), ("DejaVu Sans Mono",))
    pages._compile(pages._source(Random(1), sheet, "en", Content(par(text))))
    pdf = pypdfium2.PdfDocument(printed[-1])
    found = pdf[0].get_textpage().get_text_range()
    pdf.close()
    assert "".join(found.split()) == "".join(text.split())


def test_a_text_is_fitted_by_whole_words():
    assert fit("one two three", 9) == "one two"
    assert fit("one extraordinary day", 40, longest=5) == "one day"
    assert fit("extraordinary", 6) == "extrao"


def test_parts_are_shared_out_in_order():
    parts = [letter * 10 for letter in "abcdef"]
    shares = share_out(parts, 3)
    assert [part for share in shares for part in share] == parts and [
        len(share) for share in shares
    ] == [2, 2, 2]
