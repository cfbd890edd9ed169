"""A folder made of nothing is labelled, repeats with its seed and needs no training package."""

from pathlib import Path

import numpy as np
import pytest

from docclean.corruptions.chain import draw_chain
from docclean.documents import read_pages
from docclean.errors import OutputError
from docclean.evaluation import synthetic
from docclean.evaluation.synthetic import synthetic_recipe, write_synthetic
from docclean.recipe import Recipe


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_seed_repeats_a_folder_on_a_bare_machine(bare_machine, monkeypatch, tmp_path):
    monkeypatch.setattr(synthetic, "DPI_RANGE", (72, 80))  # small pages, quickly made
    assert write_synthetic(tmp_path / "one", 2, 1) == tmp_path / "one"
    write_synthetic(tmp_path / "two", 1, 1)
    made = contents(tmp_path / "one")
    assert contents(tmp_path / "two") == {name: made[name] for name in made if "00000" in name}
    assert sorted(made) == [
        f"{folder}/{index:05}{suffix}"
        for folder, suffix in (("clean", ".png"), ("noisy", ".png"), ("truth", ".gt.txt"))
        for index in range(2)
    ]
    for index in range(2):
        dirty, clean = (
            next(read_pages(tmp_path / "one" / name / f"{index:05}.png"))
            for name in ("noisy", "clean")
        )
        assert dirty.pixels.shape == clean.pixels.shape
        assert dirty.dpi == clean.dpi
        assert len(made[f"truth/{index:05}.gt.txt"]) > 50
    write_synthetic(tmp_path / "other", 1, 2)
    assert contents(tmp_path / "other")["noisy/00000.png"] != made["noisy/00000.png"]


def test_without_the_packages_the_other_members_are_drawn_as_ever(bare_machine):
    full, bare = Recipe().corrupt, synthetic_recipe().corrupt
    assert bare.members
    for seed in range(20):
        drawn = draw_chain(np.random.default_rng(seed), full).names()
        assert draw_chain(np.random.default_rng(seed), bare).names() == [
            name for name in drawn if name not in bare.members
        ]


@pytest.mark.slow
def test_with_the_packages_the_chain_is_whole():
    pytest.importorskip("kornia")
    pytest.importorskip("albumentations")
    assert synthetic_recipe().corrupt == Recipe().corrupt


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(OutputError, match="choose another folder"):
        write_synthetic(tmp_path / "taken", 1, 1)
