"""The lesson's script asks what it says it asks."""

import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

sys.path[:0] = [
    str(Path(__file__).parents[2] / "pipelines/training"),  # scripts, no package
    str(Path(__file__).parents[1] / "training"),
]

import lesson  # noqa: E402
from made_pictures import digits, write_mnist  # noqa: E402

from docclean.models import ARCHITECTURES  # noqa: E402


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Drawn digits where the recipes look for MNIST."""
    write_mnist(tmp_path / "shared/data/mnist", 400)
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def test_psnr_is_of_greys_in_0_to_1():
    clean = np.zeros((2, 4, 4), np.uint8)
    assert lesson.psnr(clean + 51, clean) == pytest.approx(-20 * np.log10(0.2))


def test_noises_differ_and_each_is_its_own(data):
    met = {name: lesson.under(name, quick=True) for name in lesson.NOISES}
    for dirty, clean in met.values():
        assert dirty.shape == clean.shape and (dirty != clean).any()
    struck = met["salt and pepper 0.2"]
    changed = struck[0] != struck[1]
    assert set(np.unique(struck[0][changed])) <= {0, 255}
    recipe = lesson.digits_under(list(lesson.NOISES), lesson.SMALL_DAE, quick=True)
    assert set(recipe.corrupt.members) == {"gaussian_noise", "salt_and_pepper", "jpeg"}
    assert sum(recipe.corrupt.members.values()) == pytest.approx(1)


def test_components_of_all_pixels_give_the_picture_back():
    clean = digits(40)[0]
    project = lesson.principal(clean, 39)
    assert np.abs(project(clean).astype(int) - clean).max() <= 1
    noisy = np.clip(clean + np.random.default_rng(0).normal(0, 60, clean.shape), 0, 255)
    noisy = noisy.astype(np.uint8)
    assert lesson.psnr(lesson.principal(clean, 10)(noisy), clean) > lesson.psnr(noisy, clean) + 2


def test_all_page_networks_take_the_same_patches():
    for model in lesson.PAGE_NETWORKS.values():
        recipe = lesson.page_recipe(model, quick=False)
        assert recipe.train.patch % ARCHITECTURES[model.name].build(model).stride == 0


@pytest.mark.slow
def test_the_digits_questions_are_answered(data):
    table = lesson.noise_matrix(data, quick=True)
    assert len(table) == 2 + 1 + len(lesson.NOISES) + 1
    assert all(row.count("dB") == len(lesson.NOISES) for row in table[2:])
    answers = lesson.rivals(data, quick=True)
    assert [row.split("|")[1].strip() for row in answers[2:]] == [
        *("nothing", "median", "non-local means", "PCA", "conv 32-32", "dae")
    ]
    assert (data / "matrix.png").is_file() and (data / "rivals.png").is_file()
