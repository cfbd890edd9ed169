"""Runs that begin elsewhere, cannot begin, or have a recogniser."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from tiny_networks import tiny_network, write_checkpoint
from training_runs import RECIPE, assert_equal_weights

from docclean.errors import OutputError, UnreadableInputError, UsageError
from docclean.models.checkpoint import load_tensors
from docclean.recipe import Recipe
from docclean.training import loop, state
from docclean.training.parallel import Team
from docclean.training.patches import BLOCK
from docclean.training.recogniser.lineset import DPI, LEARNT, SEED, cached_lines, in_latin
from docclean.training.recogniser.run import CHECKPOINT as RECOGNISER
from docclean.training.recogniser.run import Run
from docclean.training.sources import pages as source_pages

# --- beginning elsewhere --------------------------------------------------------------------------


def test_start_from_copies_the_averaged_weights(tmp_path):
    network = tiny_network(seed=4)
    source = write_checkpoint(tmp_path / "given.safetensors", network)
    begun = state.begin(RECIPE, Team.join(), source)
    given = network.state_dict()
    assert begun.step == 0
    for found in (begun.network.state_dict(), begun.average):
        assert found.keys() == given.keys()
        assert all(torch.equal(found[name], given[name]) for name in given)
    assert all(  # the average is its own copy
        begun.average[name].data_ptr() != value.data_ptr()
        for name, value in begun.network.state_dict().items()
    )


def test_start_from_another_width_takes_what_fits(tmp_path, capsys):
    network = tiny_network(seed=4)
    source = write_checkpoint(tmp_path / "given.safetensors", network)
    wider = replace(RECIPE, model=replace(RECIPE.model, widths=(8, 8, 8, 8)))
    found, given = state.begin(wider, Team.join(), source).average, network.state_dict()
    same = [name for name in found if found[name].shape == given[name].shape]
    assert 0 < len(same) < len(found)
    assert all(torch.equal(found[name], given[name]) for name in same)
    told = capsys.readouterr().err
    assert f"{len(same)} of {len(found)} tensors" in told and told.count("\n") == 1


def test_start_from_a_stranger_is_told(tmp_path):
    source = write_checkpoint(tmp_path / "given.safetensors", tiny_network())
    other = replace(RECIPE, model=replace(RECIPE.model, name="conv", widths=(5, 7)))
    with pytest.raises(UsageError, match=r"given\.safetensors: .*none of its tensors"):
        state.begin(other, Team.join(), source)


def test_start_from_a_shipped_model_by_name():
    assert state.weights_path("small").is_file()
    shipped = replace(RECIPE, model=replace(RECIPE.model, widths=(16, 32, 64, 96)))
    begun = state.begin(shipped, Team.join(), "small")
    tensors, _ = load_tensors(state.weights_path("small"))
    assert torch.equal(begun.average["stem.bias"], tensors["ema.stem.bias"])


def test_start_from_a_missing_file_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"none\.safetensors.*small"):
        state.begin(RECIPE, Team.join(), tmp_path / "none.safetensors")
    (tmp_path / "text.safetensors").write_text("no tensors")
    with pytest.raises(UnreadableInputError, match=r"text\.safetensors"):
        state.begin(RECIPE, Team.join(), tmp_path / "text.safetensors")


# --- what cannot be trained -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"train__patch": 72},
        {"train__patch": 256},
        {"train__batch": 4 * BLOCK + 1},
        {"synth__pages": 1},
        {"model__widths": (4, 8, 8)},
    ],
    ids=str,
)
def test_a_recipe_that_cannot_work_is_told_in_one_sentence(tmp_path, monkeypatch, wrong):
    """A patch off the stride or over the sheet, a batch over a block, no page to hold out."""
    page = tmp_path / "page.png"
    cv2.imwrite(str(page), np.full((300, 300), 255, np.uint8))
    monkeypatch.setattr(
        source_pages, "cached_pages", lambda recipe, *rest: [page] * recipe.synth.pages
    )
    tables = {
        f"{section}__{key}": value
        for section, table in RECIPE.to_dict().items()
        if section != "mix"
        for key, value in table.items()
    }
    with pytest.raises(UsageError):
        loop.train(Recipe.load(**(tables | wrong)), tmp_path / "run")


def test_an_out_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="file"):
        loop.train(RECIPE, tmp_path / "file")


@pytest.fixture(scope="module")
def reading(pages) -> Recipe:
    """The recipe with an unlearned recogniser; the lines of one page lie beside the pages."""
    torch.manual_seed(3)
    Run.start(1e-3).save(pages / RECOGNISER, {})
    train = replace(
        RECIPE.train,
        recogniser=str(pages / RECOGNISER),
        recogniser_weight=0.5,
        recogniser_lines=2,
        recogniser_pages=1,
    )
    recipe = replace(RECIPE, train=train)
    cached_lines(in_latin(recipe, DPI), pages, 1, SEED + train.seed, LEARNT, workers=0)
    return recipe


# --- with a recogniser ----------------------------------------------------------------------------


def test_a_run_that_reads_resumes_to_the_step(run, clock, reading):
    whole, _ = run("whole", reading)
    _, first = run("halves", reading, minutes=5.5)
    halves, second = run("halves", reading, resume=True)
    assert (len(first), len(second)) == (6, 6)
    assert_equal_weights(whole, halves)


def test_reading_changes_the_run_and_only_the_network_is_trained(run, reading):
    short = replace(reading, train=replace(reading.train, steps=3))
    tensors = load_tensors(run("reads", short)[0])[0]
    blind = replace(short, train=replace(short.train, recogniser_weight=0.0))
    plain = load_tensors(run("blind", blind)[0])[0]
    assert tensors.keys() == plain.keys()  # nor is the recogniser stored
    assert any(not torch.equal(tensors[name], plain[name]) for name in tensors)
    begun = state.begin(reading, Team.join())
    trained = [one for group in begun.optimizer.param_groups for one in group["params"]]
    assert list(map(id, trained)) == list(map(id, begun.network.parameters()))


@pytest.mark.parametrize(
    ("section", "changes", "told"),
    [
        ("train", {"recogniser": "none.safetensors"}, "python pipelines/training/recogniser.py"),
        ("train", {"recogniser_lines": 0}, "recogniser_lines must be at least 1"),
        ("train", {"recogniser_pages": 0}, "recogniser_pages must be at least 1"),
        ("model", {"name": "conv", "widths": (4, 8), "scale": 2}, "scale 1 only"),
        ("model", {"name": "bottleneck", "widths": (4, 8), "side": 48}, "stride, 48"),
        ("synth", {"locales": ("el_GR",)}, "Latin"),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_told_before_anything_is_made(
    tmp_path, reading, section, changes, told
):
    wrong = replace(reading, **{section: replace(getattr(reading, section), **changes)})
    small = {"patch": 48} if "side" in changes else {"patch": 32}
    wrong = replace(wrong, train=replace(wrong.train, **small))
    with pytest.raises(UsageError, match=told) as caught:
        loop.train(wrong, tmp_path / "run")
    assert "\n" not in str(caught.value) and not (tmp_path / "run").exists()


def test_pages_without_a_line_that_can_be_used_are_told(reading, tmp_path, monkeypatch):
    monkeypatch.setattr("docclean.training.recogniser.lineset.cached_lines", lambda *rest: [])
    monkeypatch.setattr(source_pages, "cached_pages", lambda *rest: [tmp_path / "page.png"] * 2)
    with pytest.raises(UsageError, match="no line of 1 pages is 24 px high"):
        loop.train(reading, tmp_path / "run")


# --- a teacher ------------------------------------------------------------------------------------


def test_a_teacher_is_learned_from_and_stays_as_it_is(tmp_path):
    """With its whole share the true page counts nothing: the teacher's pages cost least."""
    teacher = tiny_network(seed=4)
    path = write_checkpoint(tmp_path / "teacher.safetensors", teacher)
    train = replace(RECIPE.train, teacher=str(path), teacher_share=1.0)
    begun = state.begin(replace(RECIPE, train=train), Team.join())
    torch.manual_seed(0)
    dirty = torch.rand(2, 1, 64, 64)
    with torch.no_grad():
        taught = teacher(dirty)
    two = begun.lesson(dirty, torch.ones_like(dirty)), begun.lesson(dirty, torch.zeros_like(dirty))
    plain = state.begin(RECIPE, Team.join())
    plain.network.load_state_dict(begun.network.state_dict())
    one, other, direct = (float(it.detach()) for it in (*two, plain.lesson(dirty, taught)))
    assert one == pytest.approx(other) == pytest.approx(direct, rel=1e-3)
    assert not any(name.startswith("_teacher") for name in begun.lesson.state_dict())
    names = {name for name, _ in begun.lesson.named_parameters()}
    assert len(names) == len(list(begun.network.parameters()))


def test_a_teacher_that_is_not_there_is_named():
    train = replace(RECIPE.train, teacher="smal")
    with pytest.raises(UsageError, match="did you mean 'small'"):
        state.begin(replace(RECIPE, train=train), Team.join())
