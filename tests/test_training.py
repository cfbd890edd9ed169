"""Learning: finite, resumable to the step, safe against a kill; the loss knows where ink is."""

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from test_models import tiny_network, write_checkpoint

from docclean.errors import OutputError, UnreadableInputError, UsageError
from docclean.models.checkpoint import load_network, load_tensors
from docclean.recipe import Corrupt, Look, Recipe, Train
from docclean.training import loop, patches
from docclean.training.losses import cleaning_loss
from docclean.training.patches import BLOCK, PatchBlocks, cached_pages, cut_sheet

STEPS = 12
RECIPE = Recipe.load(
    synth__pages=4,
    synth__dpi_range=(72, 80),
    synth__locales=("en_US",),
    model__widths=(4, 8, 8, 8),
    train__patch=64,
    train__sheet=128,
    train__batch=4,
    train__patches_per_sheet=4,
    train__steps=STEPS,
    train__warmup=3,
    train__validate_every=6,
    train__workers=0,
)


@pytest.fixture(autouse=True)
def one_thread():
    """Patches are made with one thread each; give the others back what they had."""
    before = torch.get_num_threads(), cv2.getNumThreads()
    yield
    torch.set_num_threads(before[0])
    cv2.setNumThreads(before[1])


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the recipe's typeset pages, made once."""
    folder = tmp_path_factory.mktemp("pages")
    cached_pages(RECIPE, folder, 2)
    return folder


@pytest.fixture
def run(pages, tmp_path, monkeypatch):
    """Return a function that trains in a named folder, noting every batch it learns from."""

    def train(name: str, recipe: Recipe = RECIPE, **options) -> tuple[Path, list[int]]:
        out = tmp_path / name
        if not out.exists():
            shutil.copytree(pages, out)
        batches: list[int] = []
        learn = loop._learn

        def noting(state, dirty, clean, recipe):
            batches.append(hash((dirty.numpy().tobytes(), clean.numpy().tobytes())))
            return learn(state, dirty, clean, recipe)

        with monkeypatch.context() as patch:
            patch.setattr(loop, "_learn", noting)
            loop.train(recipe, out, **options)
        return out / loop.CHECKPOINT, batches

    return train


@pytest.fixture
def clock(monkeypatch):
    """A clock that moves one minute a step, so that `minutes` counts steps."""
    now = SimpleNamespace(seconds=0.0)
    learn = loop._learn

    def slow(*args):
        now.seconds += 60
        return learn(*args)

    monkeypatch.setattr(loop, "time", SimpleNamespace(monotonic=lambda: now.seconds))
    monkeypatch.setattr(loop, "_learn", slow)
    return now


def history(checkpoint: Path) -> list[dict[str, float]]:
    lines = (checkpoint.parent / loop.HISTORY).read_text().splitlines()
    return [json.loads(line) for line in lines]


def assert_equal_weights(one: Path, two: Path) -> None:
    mine, theirs = load_tensors(one)[0], load_tensors(two)[0]
    assert mine.keys() == theirs.keys()
    for name in mine:
        torch.testing.assert_close(mine[name], theirs[name], rtol=1e-4, atol=1e-5, msg=name)


# --- a whole run ---------------------------------------------------------------------------------


def test_a_tiny_run_leaves_everything_a_person_wants(run):
    checkpoint, batches = run("run")
    assert len(batches) == STEPS
    rows = history(checkpoint)
    assert [row["step"] for row in rows] == [6, 12]
    assert all(math.isfinite(row[key]) for row in rows for key in ("loss", "validation"))
    left = {path.name for path in checkpoint.parent.iterdir() if path.is_file()}
    assert left == {
        loop.CHECKPOINT,
        loop.HISTORY,
        "loss.png",
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


def test_the_checkpoint_is_saved_on_the_way(run, clock, monkeypatch):
    saved = []
    save = loop._save
    monkeypatch.setattr(
        loop, "_save", lambda state, *rest: (saved.append(state.step), save(state, *rest))
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


# --- beginning elsewhere -------------------------------------------------------------------------


def test_start_from_copies_the_averaged_weights(tmp_path):
    network = tiny_network(seed=4)
    source = write_checkpoint(tmp_path / "given.safetensors", network)
    state = loop._start(RECIPE, torch.device("cpu"), source)
    given = network.state_dict()
    assert state.step == 0
    for found in (state.network.state_dict(), state.average):
        assert found.keys() == given.keys()
        assert all(torch.equal(found[name], given[name]) for name in given)
    assert all(  # the average is its own copy
        state.average[name].data_ptr() != value.data_ptr()
        for name, value in state.network.state_dict().items()
    )


def test_start_from_another_width_is_told(tmp_path):
    source = write_checkpoint(tmp_path / "given.safetensors", tiny_network())
    wider = replace(RECIPE, model=replace(RECIPE.model, widths=(8, 8, 8, 8)))
    with pytest.raises(UsageError, match=r"given\.safetensors"):
        loop._start(wider, torch.device("cpu"), source)


def test_start_from_a_missing_file_is_named(tmp_path):
    with pytest.raises(UnreadableInputError, match=r"none\.safetensors"):
        loop._start(RECIPE, torch.device("cpu"), tmp_path / "none.safetensors")


# --- what cannot be trained ----------------------------------------------------------------------


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
    monkeypatch.setattr(loop, "cached_pages", lambda recipe, *rest: [page] * recipe.synth.pages)
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


# --- the schedule and the loss -------------------------------------------------------------------


def test_the_schedule_warms_up_and_ends_at_one_percent():
    rates = [loop._schedule(step, 10, 100) for step in range(101)]
    assert rates[0] == pytest.approx(0.1) and rates[9] == pytest.approx(1.0)
    assert all(one < two for one, two in pairwise(rates[:10]))
    assert all(one > two for one, two in pairwise(rates[10:]))
    assert rates[100] == pytest.approx(0.01) == pytest.approx(loop._schedule(500, 10, 100))


def loss_of(wrong_at: tuple[int, int], train: Train) -> float:
    """The loss of a page with one stroke when a single pixel is told wrong."""
    clean = torch.ones(1, 1, 40, 40)
    clean[..., 18:22, 10:30] = 0.0
    logits = 30 * (clean * 2 - 1)
    logits[..., wrong_at[0], wrong_at[1]] *= -1
    return float(cleaning_loss(logits, clean, train))


def test_a_lost_stroke_costs_more_than_dirt_beside_it_than_dirt_far_off():
    train = Train(keep_weight=1.0)
    ink, beside, far = (loss_of(place, train) for place in ((20, 20), (23, 20), (2, 2)))
    assert ink > beside > far


def test_the_weights_are_those_of_the_recipe():
    even = Train(ink_weight=0.0, keep_weight=0.0)
    ink, beside, far = (loss_of(place, even) for place in ((20, 20), (23, 20), (2, 2)))
    assert ink == pytest.approx(beside) == pytest.approx(far)
    kept = Train(ink_weight=0.0, keep_weight=3.0)
    right = Train(ink_weight=0.0, keep_weight=0.0, l1_weight=0.0)
    assert loss_of((20, 20), kept) / loss_of((2, 2), kept) == pytest.approx(4, rel=0.05)
    assert loss_of((2, 2), right) < loss_of((2, 2), even)


def test_near_ink_ends_three_pixels_away():
    train = Train(ink_weight=3.0, keep_weight=0.0)
    near, past = loss_of((24, 20), train), loss_of((25, 20), train)  # the stroke ends at row 21
    assert near / past == pytest.approx(4, rel=0.05)


def test_the_truth_costs_next_to_nothing():
    clean = torch.ones(1, 1, 16, 16)
    clean[..., 4:6, 4:12] = 0.0
    assert float(cleaning_loss(30 * (clean * 2 - 1), clean, Train())) < 1e-6


# --- patches -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def blocks(pages) -> PatchBlocks:
    return PatchBlocks(RECIPE, sorted(pages.glob("pages-*/*.png")), 3, 5)


def test_pages_are_cached(pages, monkeypatch):
    def none(*args, **kwargs):
        raise AssertionError("typeset again")

    monkeypatch.setattr("docclean.training.patches.ProcessPoolExecutor", none)
    paths = cached_pages(RECIPE, pages, 2)
    assert len(paths) == 4 and all(path.is_file() for path in paths)
    assert not list(pages.rglob("*.tmp"))
    with pytest.raises(AssertionError, match="typeset again"):
        cached_pages(replace(RECIPE, train=replace(RECIPE.train, seed=2)), pages, 2)


def test_the_same_block_holds_the_same_patches(pages, blocks):
    one, two = blocks[2], PatchBlocks(RECIPE, sorted(pages.glob("pages-*/*.png")), 3, 5)[2]
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(one, two, strict=True))
    assert not torch.equal(one[0], blocks[1][0])
    other_seed = PatchBlocks(RECIPE, sorted(pages.glob("pages-*/*.png")), 4, 5)[2]
    assert not torch.equal(one[0], other_seed[0])
    assert len(blocks) == 5


def test_patches_are_aligned_pairs(blocks):
    dirty, clean, facts = blocks[0]
    for side in (dirty, clean):
        assert side.shape == (BLOCK * 4, 1, 64, 64) and side.dtype == torch.uint8
    assert facts.shape == (BLOCK * 4, 2)
    assert (dirty != clean).any()
    assert ((clean < 128).flatten(1).any(1)).float().mean() > 0.5  # most patches show ink
    ink = (255 - clean.float()).flatten(1)
    dark = (255 - dirty.float()).flatten(1)
    lit = (ink.std(1) > 20) & (dark.std(1) > 5)
    moved = torch.roll(dark.view(-1, 64, 64), (9, 13), (1, 2)).flatten(1)
    together, apart = (
        torch.stack(
            [
                torch.corrcoef(torch.stack(pair))[0, 1]
                for pair in zip(ink[lit], other[lit], strict=True)
            ]
        )
        for other in (dark, moved)
    )
    assert together.median() > 0.5 > apart.median()


def test_the_batch_stage_can_be_left_to_the_device(pages):
    members = {"gaussian_noise": 1.0} | dict.fromkeys(
        [name for name in _names() if name != "gaussian_noise"], 0.0
    )
    recipe = replace(RECIPE, corrupt=replace(RECIPE.corrupt, clean_share=0.0, members=members))
    paths = sorted(pages.glob("pages-*/*.png"))
    dirty, clean, _ = PatchBlocks(recipe, paths, 3, 1, batch_on_device=True)[0]
    assert torch.equal(dirty, clean)
    dirty, clean, _ = PatchBlocks(recipe, paths, 3, 1)[0]
    assert not torch.equal(dirty, clean)


def _names() -> list[str]:
    from docclean.corruptions import CORRUPTIONS

    return CORRUPTIONS.names()


def test_a_mixed_recipe_sets_and_dirties_each_page_by_its_look(tmp_path, monkeypatch):
    """Receipts get the receipts' corruption, books the books', and the facts say which."""
    looks = tuple(
        Look(
            name,
            share,
            replace(RECIPE.synth, pages=6, layouts={layout: 1.0}),
            Corrupt(0.0, 1.0, True, {member: 1.0}),
        )
        for name, share, layout, member in (
            ("till", 1.0, "receipt", "inverted"),
            ("shelf", 2.0, "book", "threshold"),
        )
    )
    recipe = replace(RECIPE, synth=replace(RECIPE.synth, pages=6), mix=looks)
    drawn = []
    draw = patches.draw_page
    monkeypatch.setattr(
        patches, "draw_page", lambda *args: (drawn.append(args[2].layouts), draw(*args))[1]
    )
    monkeypatch.setattr(patches, "ProcessPoolExecutor", _InThisProcess)
    paths = cached_pages(recipe, tmp_path, 1)
    receipts = [list(layouts) for layouts in drawn].count(["receipt"])
    assert 2 <= receipts <= 3  # a third of six, by a sequence that fills evenly
    dirty, _, facts = PatchBlocks(recipe, paths, 1, 1)[0]
    assert set(facts[:, 1].tolist()) == {0.0, 1.0}
    for look, two_greys in ((0, False), (1, True)):
        values = dirty[facts[:, 1] == look].unique()
        assert (len(values) == 2) == two_greys
    assert recipe.look(0).name == "till" and recipe.look(0.999).name == "shelf"


class _InThisProcess:
    def __init__(self, *args, **options):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def map(self, function, jobs, chunksize):
        return map(function, jobs)


def test_a_cached_page_keeps_its_dpi(pages, blocks):
    path = sorted(pages.glob("pages-*/*.png"))[0]
    _, dpi = blocks._page(path)
    assert 72 <= dpi <= 80


@pytest.mark.parametrize("size", [(20, 20), (300, 90), (700, 900)], ids=str)
def test_a_sheet_of_any_page_has_its_side(size):
    page = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
    for seed in range(12):
        sheet, scale = cut_sheet(np.random.default_rng(seed), page, 128)
        assert 0.7 < scale < 1.4
        assert sheet.shape == (128, 128) and sheet.dtype == np.uint8


# --- a kill --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_killed_run_goes_on(pages, tmp_path):
    """SIGKILL in the middle: the checkpoint is whole, nothing lies beside it, the run resumes."""
    out = tmp_path / "run"
    shutil.copytree(pages, out)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        "[synth]\npages = 4\ndpi_range = [72, 80]\nlocales = ['en_US']\n"
        "[model]\nwidths = [4, 8, 8, 8]\n"
        "[train]\npatch = 64\nsheet = 128\nbatch = 4\npatches_per_sheet = 4\nsteps = 400\n"
        "warmup = 3\nvalidate_every = 1000\nworkers = 0\ncheckpoint_minutes = 0.0\n"
    )
    command = [sys.executable, "-m", "docclean", "train", str(recipe), "-o", str(out)]
    quiet = os.environ | {"OMP_NUM_THREADS": "1"}
    checkpoint = out / loop.CHECKPOINT
    step = 0
    for turn in range(2):
        process = subprocess.Popen(
            command + ["--resume"] * turn, env=quiet, stderr=subprocess.DEVNULL
        )
        before = step
        give_up = time.monotonic() + 120
        while step < before + 5 and process.poll() is None and time.monotonic() < give_up:
            time.sleep(0.05)
            if checkpoint.exists():
                step = load_tensors(checkpoint)[1]["step"]
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, "the run ended before it could be killed"
        tensors, header = load_tensors(checkpoint)
        assert before < header["step"] < 400
        assert all(torch.isfinite(value).all() for value in tensors.values())
        step = header["step"]
    done = Recipe.load(recipe, train__steps=step + 3)
    loop.train(done, out, resume=True)
    assert load_tensors(checkpoint)[1]["step"] == step + 3
    assert not list(out.glob("*.tmp"))


def test_a_write_that_fails_leaves_the_old_checkpoint(run, monkeypatch):
    short = replace(RECIPE, train=replace(RECIPE.train, steps=1))
    checkpoint, _ = run("run", short)
    before = checkpoint.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("docclean.models.checkpoint.os.fsync", full)
        longer = replace(RECIPE, train=replace(RECIPE.train, steps=3))
        with pytest.raises(OSError, match="No space"):
            run("run", longer, resume=True)
    assert checkpoint.read_bytes() == before


@pytest.mark.slow
def test_patches_are_the_same_with_any_number_of_workers(pages):
    paths = sorted(pages.glob("pages-*/*.png"))

    def drawn(workers: int) -> list[bytes]:
        recipe = replace(RECIPE, train=replace(RECIPE.train, workers=workers, steps=40))
        batches = loop._batches(PatchBlocks(recipe, paths, 3, 3), 0, recipe, torch.device("cpu"))
        return [dirty.numpy().tobytes() + clean.numpy().tobytes() for dirty, clean in batches]

    assert drawn(0) == drawn(1) == drawn(2)


def test_a_batch_on_a_device_goes_through_the_later_half_there(pages):
    """What a GPU would do, on the CPU: page stage in the workers, batch stage on the tensors."""
    corrupt = Corrupt(0.0, 1.0, True, {"gaussian_noise": 1.0})
    recipe = replace(RECIPE, corrupt=corrupt)
    paths = sorted(pages.glob("pages-*/*.png"))
    dirty, clean, facts = PatchBlocks(recipe, paths, 3, 1, batch_on_device=True)[0]
    assert torch.equal(dirty, clean)
    sides = [side[:8].float() / 255 for side in (dirty, clean)]
    rng = np.random.default_rng(0)
    after = loop.corrupt_looks(sides[0], sides[1], facts[:8].numpy(), rng, recipe)
    assert (after != sides[0]).flatten(1).any(1).float().mean() > 0.5
