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
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from tiny_networks import tiny_network, write_checkpoint

from docclean.errors import OutputError, UnreadableInputError, UsageError
from docclean.models.checkpoint import load_network, load_tensors, save_tensors
from docclean.recipe import Corrupt, Look, Recipe
from docclean.training import journal, loop, patches, state
from docclean.training.parallel import Team
from docclean.training.patches import BLOCK, PatchBlocks, batches, cached_pages
from docclean.training.recogniser.lineset import DPI, LEARNT, SEED, cached_lines, in_latin
from docclean.training.recogniser.run import CHECKPOINT as RECOGNISER
from docclean.training.recogniser.run import Run
from docclean.training.schedule import severity_share
from docclean.training.sheets import LARGE_TYPE, cut_sheet, scan_factor

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
    train__cer_pages=0,
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
        seen: list[int] = []
        learn = loop._learn

        def noting(state, dirty, clean, recipe):
            seen.append(hash((dirty.numpy().tobytes(), clean.numpy().tobytes())))
            return learn(state, dirty, clean, recipe)

        with monkeypatch.context() as patch:
            patch.setattr(loop, "_learn", noting)
            loop.train(recipe, out, **options)
        return out / loop.CHECKPOINT, seen

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
    lines = (checkpoint.parent / journal.HISTORY).read_text().splitlines()
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
    rising = replace(RECIPE, train=replace(RECIPE.train, steps=20, curriculum=1.0))
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


# --- beginning elsewhere -------------------------------------------------------------------------


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


# --- with a recogniser ---------------------------------------------------------------------------


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
    monkeypatch.setattr(loop, "cached_pages", lambda *rest: [tmp_path / "page.png"] * 2)
    with pytest.raises(UsageError, match="no line of 1 pages is 24 px high"):
        loop.train(reading, tmp_path / "run")


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


@pytest.mark.parametrize("on_device", [False, True], ids=["here", "on a device"])
def test_a_clean_side_of_twice_the_size_lies_under_the_dirty_one(pages, on_device):
    """Both sides show the same piece of the page; without corruption they are equal, averaged."""
    model = replace(RECIPE.model, name="conv", widths=(4, 8), scale=2)
    still = Corrupt(0.0, 1.0, True, {})
    recipe = replace(RECIPE, model=model, corrupt=still)
    paths = sorted(pages.glob("pages-*/*.png"))
    dirty, clean, _ = PatchBlocks(recipe, paths, 3, 1, on_device)[0]
    assert dirty.shape == (BLOCK * 4, 1, 64, 64) and clean.shape == (BLOCK * 4, 1, 128, 128)
    averaged = torch.nn.functional.avg_pool2d(clean.float(), 2)
    assert float((dirty.float() - averaged).abs().max()) <= 1
    noisy = replace(recipe, corrupt=Corrupt(0.0, 1.0, True, {"gaussian_noise": 1.0}))
    blocks = PatchBlocks(noisy, paths, 3, 1, on_device)
    assert torch.equal(blocks[0][1], clean)
    assert torch.equal(blocks[0][0], dirty) == on_device
    seen, true = next(batches(blocks, 0, noisy, torch.device("cpu")))
    rest = (seen - torch.nn.functional.avg_pool2d(true, 2)).flatten(1).std(1)
    assert float((rest > 0.005).float().mean()) >= 0.5


def test_a_network_of_scale_two_trains(run):
    model = replace(RECIPE.model, name="conv", widths=(4, 8), scale=2)
    train = replace(RECIPE.train, steps=2, patch=32)
    checkpoint, _ = run("run", replace(RECIPE, model=model, train=train))
    assert math.isfinite(history(checkpoint)[-1]["validation"])


def test_a_curriculum_makes_the_first_blocks_milder(pages):
    paths = sorted(pages.glob("pages-*/*.png"))
    recipe = replace(RECIPE, train=replace(RECIPE.train, steps=32, curriculum=1.0))

    def severities(rising: bool) -> list[float]:
        blocks = PatchBlocks(recipe, paths, 3, 2, rising=rising)
        return [float(blocks[index][2][:, 0].clamp(min=0).mean()) for index in (0, 1)]

    rising, plain = severities(True), severities(False)
    assert rising[0] < 0.6 * plain[0] and severity_share(16, recipe.train) == pytest.approx(0.65)


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
    same_size = replace(RECIPE.train, enlarge_share=0.0)  # enlarging makes greys of two
    recipe = replace(RECIPE, synth=replace(RECIPE.synth, pages=6), mix=looks, train=same_size)
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
    scales = []
    for seed in range(40):
        sheet, scale = cut_sheet(np.random.default_rng(seed), page, 128)
        assert sheet.shape == (128, 128) and sheet.dtype == np.uint8
        scales.append(scale)
    usual = [scale for scale in scales if 0.7 < scale < 1.4]
    large = [scale for scale in scales if 1.4 <= scale < 1.4 * LARGE_TYPE[1]]
    assert len(set(usual) | set(large)) == len(set(scales)) and len(usual) > len(large) > 0


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
        pairs = batches(PatchBlocks(recipe, paths, 3, 3), 0, recipe, torch.device("cpu"))
        return [dirty.numpy().tobytes() + clean.numpy().tobytes() for dirty, clean in pairs]

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
    after = patches.corrupt_looks(sides[0], sides[1], facts[:8].numpy(), rng, recipe)
    assert (after != sides[0]).flatten(1).any(1).float().mean() > 0.5


# --- several processes ---------------------------------------------------------------------------


@pytest.mark.slow
def test_two_processes_learn_one_network(pages, tmp_path):
    """Other patches each, the same weights in both; stopped together, resumed, one history."""
    out = tmp_path / "run"
    shutil.copytree(pages, out)
    script = tmp_path / "two.py"
    script.write_text(
        "import hashlib, sys\n"
        "from dataclasses import replace\n"
        "from pathlib import Path\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
        "from test_training import RECIPE\n"
        "from docclean.training import loop\n"
        "learn, seen = loop._learn, []\n"
        "def noting(state, dirty, clean, recipe):\n"
        "    seen.append(hashlib.sha256(dirty.numpy().tobytes()).hexdigest())\n"
        "    loss = learn(state, dirty, clean, recipe)\n"
        "    total = sum(float(value.double().sum()) for value in state.average.values())\n"
        "    name = f'{state.team.rank}-{sys.argv[2]}.txt'\n"
        "    Path(sys.argv[1], name).write_text(f'{len(seen)} {seen[0]} {total!r}')\n"
        "    return loss\n"
        "loop._learn = noting\n"
        "minutes = float(sys.argv[3]) if len(sys.argv) > 3 else None\n"
        "loop.train(RECIPE, Path(sys.argv[1]), resume=True, minutes=minutes)\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", str(script)]
    for turn in (["first", "0.0001"], ["second"]):
        quiet = os.environ | {"OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [*command, str(out), *turn], env=quiet, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        told = [(out / f"{rank}-{turn[0]}.txt").read_text().split() for rank in (0, 1)]
        assert told[0][0] == told[1][0]  # steps
        assert told[0][1] != told[1][1]  # patches
        assert told[0][2] == told[1][2]  # weights
    assert load_tensors(out / loop.CHECKPOINT)[1]["step"] == STEPS
    assert load_tensors(out / loop.CHECKPOINT)[1]["processes"] == 2
    assert [row["step"] for row in history(out / loop.CHECKPOINT)] == [1, 6, 12]


@pytest.mark.parametrize("dpi", [72, 100, 150])
def test_small_scans_come_to_the_working_size(dpi: int) -> None:
    rng = np.random.default_rng(dpi)
    factors = [scan_factor(rng, dpi, 1.0) for _ in range(50)]
    assert all(factor * dpi < 400 and (factor == 3 or factor * dpi > 160) for factor in factors)
    assert all(2 * factor == int(2 * factor) for factor in factors)
    assert {scan_factor(rng, dpi, 0.0) for _ in range(20)} == {1.0}


def test_large_scans_stay_as_they_are() -> None:
    rng = np.random.default_rng(1)
    assert {scan_factor(rng, 300, 1.0) for _ in range(20)} == {1.0}
