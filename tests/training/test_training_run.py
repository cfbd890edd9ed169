"""Learning: finite, resumable to the step, safe against a kill; the loss knows where ink is."""

import json
import math
from dataclasses import replace

import cv2
import pytest
import torch
from training_runs import RECIPE, STEPS, assert_equal_weights, history

from docclean.errors import OutputError, UsageError
from docclean.models.checkpoint import load_network, load_tensors, save_tensors
from docclean.training import journal, loop


def test_a_tiny_run_leaves_everything_a_person_wants(run):
    checkpoint, batches = run("run", curves=True)
    assert len(batches) == STEPS
    rows = history(checkpoint)
    assert [row["step"] for row in rows] == [6, 12]
    assert all(math.isfinite(row[key]) for row in rows for key in ("loss", "validation"))
    left = {path.name for path in checkpoint.parent.iterdir() if path.is_file()}
    assert left == {
        loop.CHECKPOINT,
        journal.HISTORY,
        journal.CURVES,
        "grid-000006.png",
        "grid-000012.png",
    }
    for picture in ("loss.png", "grid-000012.png"):
        assert cv2.imread(str(checkpoint.parent / picture)).size > 10_000
    tensors, header = load_tensors(checkpoint)
    assert header["step"] == STEPS and header["stride"] == 16
    assert header["recipe"] == json.loads(json.dumps(RECIPE.to_dict()))
    assert all(torch.isfinite(value).all() for value in tensors.values())
    assert any(
        not torch.equal(tensors[name], tensors["ema" + name[3:]])
        for name in tensors
        if name.startswith("net.")
    )
    network, _ = load_network(checkpoint)
    assert network.widths == (4, 8, 8, 8)


def test_it_learns(run):
    """On these pages the network soon beats the soft threshold it starts as."""
    steps = replace(RECIPE.train, steps=40, validate_every=8, warmup=4, ema=0.9)
    checkpoint, _ = run("long", replace(RECIPE, train=steps))
    rows = history(checkpoint)
    assert rows[-1]["validation"] < rows[0]["validation"]


def test_six_and_six_steps_are_twelve(run, clock):
    whole, all_batches = run("whole")
    halves, first = run("halves", minutes=5.5)
    assert load_tensors(halves)[1]["step"] == len(first) == 6
    halves, second = run("halves", minutes=None, resume=True)
    assert first + second == all_batches
    assert_equal_weights(whole, halves)
    assert load_tensors(halves)[1]["step"] == STEPS
    assert load_tensors(halves)[1]["seconds"] == pytest.approx(60 * STEPS)


def test_blocks_do_not_show_in_the_order_of_batches(run, clock):
    """A resume in the middle of the second block sees what an unbroken run sees."""
    longer = replace(RECIPE, train=replace(RECIPE.train, steps=22, validate_every=100))
    whole, all_batches = run("whole", longer)
    halves, first = run("halves", longer, minutes=18.5)
    _, second = run("halves", longer, resume=True)
    assert len(first) == 19 and len(set(all_batches)) == 22
    assert first + second == all_batches
    assert_equal_weights(whole, halves)


def test_a_seed_repeats_a_run_and_another_differs(run):
    short = replace(RECIPE, train=replace(RECIPE.train, steps=3))
    one, batches = run("one", short)
    two, again = run("two", short)
    assert batches == again
    assert_equal_weights(one, two)


def test_a_finished_run_is_left_as_it_is(run):
    checkpoint, _ = run("run")
    before = checkpoint.read_bytes()
    _, batches = run("run", resume=True)
    assert batches == []
    assert checkpoint.read_bytes() == before


def test_resume_without_a_run_begins_one(run):
    short = replace(RECIPE, train=replace(RECIPE.train, steps=2))
    checkpoint, batches = run("new", short, resume=True)
    assert len(batches) == 2 and checkpoint.is_file()


def test_a_run_that_exists_is_not_overwritten(run):
    short = replace(RECIPE, train=replace(RECIPE.train, steps=1))
    checkpoint, _ = run("run", short)
    before = checkpoint.read_bytes()
    with pytest.raises(OutputError, match=r"already holds a run; give --resume"):
        run("run", short)
    assert checkpoint.read_bytes() == before


def test_another_model_cannot_resume_it(run):
    short = replace(RECIPE, train=replace(RECIPE.train, steps=1))
    run("run", short)
    wider = replace(short, model=replace(short.model, widths=(8, 8, 8, 8)))
    with pytest.raises(UsageError, match=r"another \[model\]"):
        run("run", wider, resume=True)


def test_a_checkpoint_of_an_older_version_resumes(run, capsys):
    """Its header knows none of the later keys; they have their defaults there."""
    short = replace(RECIPE, train=replace(RECIPE.train, steps=1))
    checkpoint, _ = run("run", short)
    tensors, header = load_tensors(checkpoint)
    header["recipe"]["model"] = {"name": "dae", "widths": [4, 8, 8, 8]}
    for key in ("curriculum", "compile", "cer_pages", "gradient_weight"):
        del header["recipe"]["train"][key]
    save_tensors(checkpoint, tensors, header)
    capsys.readouterr()
    longer = replace(RECIPE, train=replace(RECIPE.train, steps=2))
    assert len(run("run", longer, resume=True)[1]) == 1
    assert "changed" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("section", "changes", "told"),
    [
        ("train", {"sheet": 160, "seed": 1}, "[train] sheet changed"),
        ("corrupt", {"clean_share": 0.5}, "[corrupt] changed"),
        ("train", {"learning_rate": 1e-4, "cer_pages": 0}, ""),
    ],
    ids=str,
)
def test_resuming_on_other_patches_says_so(run, capsys, section, changes, told):
    short = replace(RECIPE, train=replace(RECIPE.train, steps=1))
    run("run", short)
    other = replace(RECIPE, train=replace(RECIPE.train, steps=2))
    other = replace(other, **{section: replace(getattr(other, section), **changes)})
    capsys.readouterr()
    run("run", other, resume=True)
    lines = [line for line in capsys.readouterr().err.splitlines() if "changed" in line]
    assert len(lines) == bool(told) and all(told in line for line in lines)


def test_a_curriculum_resumes_to_the_step(run, clock):
    """The second block is drawn as severe as in an unbroken run, and unlike one without it."""
    rising = replace(
        RECIPE, train=replace(RECIPE.train, steps=20, validate_every=100, curriculum=1.0)
    )
    whole, all_batches = run("whole", rising)
    _, first = run("halves", rising, minutes=17.5)
    halves, second = run("halves", rising, resume=True)
    assert len(first) == 18 and first + second == all_batches
    assert_equal_weights(whole, halves)
    _, plain = run("plain", replace(RECIPE, train=replace(RECIPE.train, steps=2)))
    assert not set(plain) & set(all_batches)


def test_the_checkpoint_is_saved_on_the_way(run, clock, monkeypatch):
    saved = []
    save = loop.save_state
    monkeypatch.setattr(
        loop, "save_state", lambda state, *rest: (saved.append(state.step), save(state, *rest))
    )
    run("run")
    assert saved == [4, 8, 12]  # every 3 minutes passed, and the end


def test_history_has_one_row_a_step_after_a_kill(run, clock, monkeypatch):
    """Steps done since the last checkpoint are done again; they are not told twice."""
    often = replace(RECIPE, train=replace(RECIPE.train, validate_every=2, checkpoint_minutes=4.5))
    learn = loop._learn

    def killed(state, *rest):
        if state.step == 9:
            raise KeyboardInterrupt
        return learn(state, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "_learn", killed)
        with pytest.raises(KeyboardInterrupt):
            run("run", often)
    checkpoint, _ = run("run", often, resume=True)
    assert [row["step"] for row in history(checkpoint)] == [2, 4, 6, 8, 10, 12]
