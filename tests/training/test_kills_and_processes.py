"""A run that is killed goes on; several processes learn as one."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from training_runs import RECIPE, STEPS, history

from docclean.models.checkpoint import load_tensors
from docclean.recipe import Corrupt, Recipe
from docclean.training import loop, patches
from docclean.training.blocks import batches
from docclean.training.patches import PatchBlocks
from docclean.training.sheets import scan_factor

# --- a kill ---------------------------------------------------------------------------------------


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
        patch.setattr("docclean.files.fsync", full)
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
    after, twins = patches.corrupt_looks(sides[0], sides[1], facts[:8].numpy(), rng, recipe)
    assert (after != sides[0]).flatten(1).any(1).float().mean() > 0.5
    assert torch.equal(twins, sides[1])


# --- several processes ----------------------------------------------------------------------------


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
