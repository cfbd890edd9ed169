"""Reading in the loop: pieces that stand alone, one rate before and one after."""

import logging
from dataclasses import replace
from random import Random

import numpy as np
import pytest
import torch

from docclean.corruptions.chain import CLEAN, Chain
from docclean.errors import MissingProgramError
from docclean.models import ARCHITECTURES
from docclean.ocr import PageText, Tesseract
from docclean.page import Page
from docclean.pairs.make import Pair
from docclean.recipe import Corrupt, Recipe
from docclean.synth import TextSource, Typeset, Word, typeset
from docclean.training import validate
from docclean.training.validate import Piece, Reader, cut_piece, draw_pieces

RECIPE = Recipe.load(
    synth__dpi_range=(72, 100),
    synth__locales=("de_DE",),
    synth__layouts={"letter": 1.0},
    model__widths=(4, 8, 8, 8),
    train__cer_pages=2,
)


def pair(words: list[Word], size: tuple[int, int] = (200, 300)) -> Pair:
    page = Page(np.full(size, 255, np.uint8), (100.0, 100.0))
    made = Typeset(page, "", tuple(words), "letter", "")
    return Pair(page, page, made, Chain((), CLEAN), tuple(words), "")


def column(left: int, top: int, lines: int, name: str) -> list[Word]:
    return [
        Word(f"{name}{row}{place}", left + 30 * place, top + 12 * row, left + 30 * place + 24,
             top + 12 * row + 9)
        for row in range(lines)
        for place in range(4)
    ]  # fmt: skip


def test_a_piece_is_one_column_where_there_are_two():
    words = column(10, 10, 6, "a") + column(160, 15, 4, "b")
    piece = cut_piece(pair(words))
    assert piece is not None
    assert piece.text.split() == [word.text for word in words[:24]]
    high, wide = piece.box
    assert (high.stop - high.start, wide.stop - wide.start) == (69 + 4, 114 + 4)


def test_a_short_page_has_no_piece():
    assert cut_piece(pair(column(10, 10, 2, "a"))) is None
    assert cut_piece(pair([])) is None


def test_lines_with_a_stranger_between_them_are_not_a_piece():
    words = column(10, 10, 6, "a")
    stranger = Word("x", 40, 46, 60, 58)
    piece = cut_piece(pair([*words, stranger]))
    assert piece is None or "a30" not in piece.text.split()


def test_a_piece_of_a_real_page_says_what_stands_there():
    made = typeset(Random(3), TextSource(("en_US",)), 150, "letter")
    clean = Pair(made.page, made.page, made, Chain((), CLEAN), made.words, made.text)
    piece = cut_piece(clean)
    assert piece is not None and piece.text in " ".join(word.text for word in made.words)
    reader = Reader([piece], Tesseract("eng", psm=6))
    assert reader.dirty < 0.05


def test_pieces_are_english_and_the_same_every_time():
    engine = Tesseract("eng", psm=6)
    one, two = (draw_pieces(RECIPE, engine) for _ in range(2))
    assert len(one) == 2 and [piece.text for piece in one] == [piece.text for piece in two]
    assert all(np.array_equal(a.dirty, b.dirty) for a, b in zip(one, two, strict=True))
    assert all(piece.dpi == validate.READ_DPI[0] for piece in one)  # the recipe's are too coarse


class Counting:
    """Reads as many letters as a page has dark pixels."""

    def read(self, page: Page, *, words: bool = False) -> PageText:
        return PageText("x" * int((page.pixels < 128).sum()))


@pytest.mark.parametrize("scale", [1, 2])
def test_a_reader_reads_the_lines_alone_at_either_scale(scale):
    dirty = np.full((40, 50), 255, np.uint8)
    dirty[15, 20:24] = 0
    dirty[2, :] = 0  # context, to be cleaned with and not to be read
    piece = Piece(dirty, (slice(10, 30), slice(10, 40)), "x" * 4, 100.0)
    reader = Reader([piece], Counting())
    assert reader.dirty == 0
    widths = (4, 8, 8, 8) if scale == 1 else (4, 8)
    model = replace(RECIPE.model, name="dae" if scale == 1 else "conv", widths=widths, scale=scale)
    network = ARCHITECTURES[model.name].build(model).eval()
    network.forward = lambda image: torch.nn.functional.interpolate(image, scale_factor=scale)
    cer = reader.read(network, torch.device("cpu"))
    assert cer == scale * scale - 1  # every dark pixel is scale * scale of them now


def test_without_tesseract_a_run_goes_on_with_one_line(monkeypatch, caplog):
    def missing(self):
        raise MissingProgramError("the program tesseract is not installed")

    monkeypatch.setattr(Tesseract, "check_languages", missing)
    with caplog.at_level(logging.WARNING):
        assert Reader.of(RECIPE) is None
    assert len(caplog.records) == 1 and "tesseract" in caplog.text


def test_no_pages_no_reader():
    assert Reader.of(replace(RECIPE, train=replace(RECIPE.train, cer_pages=0))) is None
    blank = replace(
        RECIPE,
        synth=replace(RECIPE.synth, layouts={"blank": 1.0}),
        corrupt=Corrupt(1.0),
        train=replace(RECIPE.train, cer_pages=1),
    )
    assert Reader.of(blank) is None
