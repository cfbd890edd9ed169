"""What the tests of this folder share."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import cv2
import pytest
import torch
from training_runs import RECIPE

from docclean.recipe import Recipe
from docclean.training import journal, loop
from docclean.training.patches import cached_pages


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
    """Return a function that trains in a named folder, noting every batch it learns from.

    The curves are drawn where they are asked for: drawing takes as long as learning here.
    """

    def train(
        name: str, recipe: Recipe = RECIPE, *, curves: bool = False, **options
    ) -> tuple[Path, list[int]]:
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
            if not curves:
                patch.setattr(journal, "write_curves", lambda *rest: None)
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

    told = SimpleNamespace(monotonic=lambda: now.seconds, process_time=lambda: now.seconds)
    monkeypatch.setattr(loop, "time", told)
    monkeypatch.setattr(loop, "_learn", slow)
    return now
