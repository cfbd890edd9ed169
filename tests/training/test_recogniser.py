"""Lines are cut where they stand; the reader learns, is stored, and judges what was cleaned."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from docclean.errors import OutputError, UnreadableInputError, UsageError
from docclean.pairs.make import Pair, make_pair
from docclean.recipe import Corrupt, Recipe, Synth, Train
from docclean.synth import TextSource, Word
from docclean.training.recogniser import lines as line_module
from docclean.training.recogniser import lineset
from docclean.training.recogniser.lines import WIDEST, WINDOW, Line, cut_lines, line_batch
from docclean.training.recogniser.lineset import LineSet, Wanted, cached_lines, draw_lines, in_latin
from docclean.training.recogniser.network import (
    ALPHABET,
    Recogniser,
    decode,
    encode,
    load_recogniser,
    read_lines,
    readable,
)
from docclean.training.recogniser.reading import (
    cleaning_reader_loss,
    reading_loss,
    recogniser_loss,
    to_lines,
)
from docclean.training.recogniser.run import CHECKPOINT, Run, evaluate, samples, train_recogniser

RECIPE = Recipe(
    synth=Synth(dpi_range=(100, 100), locales=("en_US",), layouts={"book": 1.0}),
    corrupt=Corrupt(clean_share=0.0, only_named=True, members={"skew": 1.0, "sensor_noise": 1.0}),
)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def pair() -> Pair:
    return make_pair(2, 0, TextSource(("en_US",)), RECIPE)


@pytest.fixture(scope="module")
def lines(pair) -> list[Line]:
    return cut_lines(pair)


def shown_to_it(lines: Sequence[Line]) -> Tensor:
    batch = line_batch(lines)
    return to_lines(batch.clean / 255, batch.boxes)


def frozen() -> Recogniser:
    torch.manual_seed(3)
    return Recogniser().eval().requires_grad_(False)


# --- lines ---------------------------------------------------------------------------------------


def test_lines_hold_the_words_of_the_page_in_order(pair, lines):
    told = " ".join(line.text for line in lines).split()
    words = [word.text for word in pair.words]
    assert len(told) > 0.9 * len(words)
    left = iter(words)
    assert all(word in left for word in told)  # a subsequence: nothing twice, nothing swapped
    assert np.median([len(line.text.split()) for line in lines]) >= 3


def test_the_ink_of_a_line_lies_in_its_box(lines):
    for line in lines:
        left, top, right, bottom = line.box
        inside = line.clean[top:bottom, left:right]
        assert line.dirty.shape == line.clean.shape
        assert right - left <= WIDEST and inside.min() < 100
        middle = inside[(bottom - top) // 4 : -(bottom - top) // 5]
        dark = (255.0 - middle).sum() / (255.0 - inside).sum()
        assert dark > 0.75  # x-height and ascenders stand in the middle, neighbours at the rims


def test_lines_end_at_a_column_and_at_print_between_words():
    clean = np.full((60, 300), 255, np.uint8)
    words = [Word("noon", 10, 20, 50, 30), Word("moon", 56, 20, 96, 30)]

    def texts(*all_words: Word) -> list[str]:
        found = line_module._lines(all_words, clean)
        return [" ".join(one.word.text for one in line) for line in found]

    assert texts(*words) == ["noon moon"]
    assert texts(words[0], replace(words[1], left=156, right=196)) == ["noon", "moon"]
    assert texts(words[0], replace(words[1], top=35, bottom=45)) == ["noon", "moon"]
    assert texts(words[0], replace(words[1], top=5, right=150)) == ["noon", "moon"]  # larger type
    clean[20:30, 52:54] = 0
    assert texts(*words) == ["noon", "moon"]


def test_a_window_shows_the_line_where_its_box_says(lines):
    dirty, clean, boxes, texts = line_batch(lines[:5])
    assert dirty.shape == clean.shape == (5, 1, *WINDOW) and texts == [x.text for x in lines[:5]]
    for line, image, (left, top, right, bottom) in zip(lines, clean, boxes, strict=False):
        x0, y0, x1, y1 = line.box
        shown = image[0, top:bottom, left:right].numpy()
        assert np.array_equal(shown, line.clean[y0:y1, x0:x1])


def test_lines_are_made_once(tmp_path, monkeypatch):
    latin = in_latin(replace(RECIPE, synth=replace(RECIPE.synth, locales=("en_US", "el_GR"))))
    assert latin.synth.locales == ("en_US",)
    made = cached_lines(latin, tmp_path, 1, 4, workers=0)
    monkeypatch.setattr(lineset, "make_pair", None)
    again = cached_lines(latin, tmp_path, 1, 4, workers=0)
    assert len(made) == len(again) > 5
    for one, other in zip(made, again, strict=True):
        assert (one.text, one.box) == (other.text, other.box)
        assert np.array_equal(one.dirty, other.dirty)
    assert LineSet.of([]).lines() == []


def test_high_lines_are_kept_evenly_from_the_whole_page(pair, lines):
    heights = [line.box[3] - line.box[1] for line in lines]
    high = [
        line.text
        for line, height in zip(lines, heights, strict=True)
        if height > np.median(heights)
    ]
    kept = [line.text for line in Wanted(lowest=int(np.median(heights)) + 1).cut(pair)]
    assert kept == high and len(kept) < len(lines)
    few = [line.text for line in Wanted(most=3).cut(pair)]
    places = [[line.text for line in lines].index(text) for text in few]
    assert len(few) == 3 and places[0] == 0 and np.ptp(np.diff(places)) <= 1
    assert places[2] > len(lines) / 2


def test_a_step_and_a_process_draw_their_own_lines_and_always_the_same(lines):
    train = Train(recogniser_lines=3)

    def drawn(step: int, rank: int, seed: int = 1) -> list[str]:
        return draw_lines(lines, replace(train, seed=seed), step, rank).texts

    assert drawn(7, 0) == drawn(7, 0) and len(set(drawn(7, 0))) == 3
    others = (drawn(8, 0), drawn(7, 1), drawn(7, 0, seed=2))
    assert all(other != drawn(7, 0) for other in others)
    assert len(draw_lines(lines[:2], train, 0, 0).texts) == 2


# --- the reader ----------------------------------------------------------------------------------


def test_texts_come_back_from_their_classes():
    for text in (ALPHABET, "Straße 22, „żółw“ 1 000 €", "aabbcc", ""):
        columns = [column for one in (encode(text) if text else []) for column in (one, one, 0)]
        assert decode(columns) == text
    assert decode([0, 5, 5, 0, 0, 5, 6]) == ALPHABET[4] * 2 + ALPHABET[5]
    assert len(set(ALPHABET)) == len(ALPHABET) and not readable("ω") and not readable("")
    with pytest.raises(UsageError, match="cannot read 'ω'"):
        encode("2 ω")


def test_a_few_steps_learn_a_few_lines(lines, tmp_path):
    short = sorted(lines, key=lambda line: len(line.text))[:4]
    some = samples(short)
    path = train_recogniser(tmp_path, some, some, steps=20, batch=4, dirty_share=0.0)
    shown = shown_to_it(short)
    texts = [line.text for line in short]
    torch.manual_seed(1)
    before = reading_loss(Run.start(1e-3).network.eval()(shown), texts)
    after = reading_loss(load_recogniser(path)(shown), texts)
    assert after < 0.5 * before
    with pytest.raises(OutputError, match="already holds a recogniser"):
        train_recogniser(tmp_path, some, some, steps=1)


def test_a_stopped_training_goes_on_as_an_unbroken_one(lines, tmp_path, monkeypatch):
    some = samples(lines[:4])
    whole = train_recogniser(tmp_path / "whole", some, some, steps=6, batch=2)
    monkeypatch.setattr("docclean.training.recogniser.run.SAVE_EVERY", 3)
    learn = Run.learn

    def interrupted(run, *args):
        if run.step == 3:
            raise KeyboardInterrupt
        return learn(run, *args)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Run, "learn", interrupted)
        train_recogniser(tmp_path / "halves", some, some, steps=6, batch=2)
    halves = train_recogniser(tmp_path / "halves", some, some, steps=6, batch=2, resume=True)
    one, other = (load_recogniser(path).state_dict() for path in (whole, halves))
    assert all(torch.equal(value, other[name]) for name, value in one.items())


def test_a_stored_recogniser_reads_the_same(lines, tmp_path):
    run = Run.start(1e-3)
    shown = shown_to_it(lines[:3])
    run.learn(shown, [line.text for line in lines[:3]], 1e-3)
    run.save(tmp_path / CHECKPOINT, {})
    again = load_recogniser(tmp_path / CHECKPOINT)
    run.network.eval()
    assert torch.equal(again(shown), run.network(shown))
    assert not again.training and not any(one.requires_grad for one in again.parameters())
    assert len(read_lines(again, shown)) == 3
    assert evaluate(again, samples(lines[:3])).chars == sum(len(x.text) for x in lines[:3])
    (tmp_path / "other").write_bytes(b"no weights")
    with pytest.raises(UnreadableInputError, match=r"other: no recogniser.*recogniser\.py"):
        load_recogniser(tmp_path / "other")
    with pytest.raises(UsageError, match=r"none: .*python pipelines/training/recogniser\.py -o"):
        load_recogniser(tmp_path / "none")


# --- the loss ------------------------------------------------------------------------------------


def test_equal_lines_are_no_distance_apart_and_a_lost_stroke_is_told():
    torch.manual_seed(0)
    clean = (torch.rand(2, 1, 57, 301) > 0.3).float()
    assert recogniser_loss(frozen(), clean, clean) == 0
    cleaned = clean.clone()
    cleaned[:, :, 20:30, 50:90] = 1.0
    cleaned.requires_grad_(True)
    loss = recogniser_loss(frozen(), cleaned, clean)
    loss.backward()
    assert loss > 0 and cleaned.grad is not None
    gone = cleaned.grad[:, :, 20:30, 50:90].abs().mean()
    far = cleaned.grad[:, :, :, 200:].abs().mean()  # nothing differs there
    assert gone > 10 * far


def test_reading_pulls_on_every_line_it_can_spell():
    torch.manual_seed(0)
    clean = torch.rand(2, 1, 32, 96)
    cleaned = clean.clone().requires_grad_(True)
    loss = recogniser_loss(frozen(), cleaned, clean, ["abc", "ωω"])
    loss.backward()
    assert loss > 1 and cleaned.grad is not None  # the features agree: this is CTC
    assert cleaned.grad[0].abs().sum() > 0 and cleaned.grad[1].abs().sum() == 0
    assert recogniser_loss(frozen(), clean, clean, ["ω", "ω"]) == 0


def test_the_loss_reaches_the_weights_of_a_cleaning_network(lines):
    network, some = nn.Conv2d(1, 1, 3, padding=1, padding_mode="replicate"), line_batch(lines[:4])
    loss = cleaning_reader_loss(network, frozen(), some)
    loss.backward()
    assert network.weight.grad is not None and network.weight.grad.abs().sum() > 0
    cleaned = some._replace(dirty=some.clean)
    same = cleaning_reader_loss(nn.Identity(), frozen(), cleaned, ctc_weight=0)
    as_it_came = cleaning_reader_loss(nn.Identity(), frozen(), some, ctc_weight=0)
    assert same == 0 and as_it_came > 0.02
