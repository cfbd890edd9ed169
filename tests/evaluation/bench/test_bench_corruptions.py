"""`docclean bench corruptions`: figures by device, batch and member; what is lacking is told."""

import importlib.util
import json

import pytest

from docclean.cli import run
from docclean.corruptions import CORRUPTIONS
from docclean.corruptions.batches import forms
from docclean.errors import ExitStatus

RECIPE = """
[synth]
layouts = { letter = 1 }
locales = ["en_US"]
[corrupt]
clean_share = 0.0
[train]
patch = 64
sheet = 128
batch = 4
patches_per_sheet = 2
"""


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(RECIPE, "utf-8")
    return path


def test_a_tiny_size_tells_every_figure(recipe, tmp_path, capsys):
    out = tmp_path / "figures.md"
    call = ["bench", "corruptions", "--quick", "--recipe", str(recipe), "--batch", "3", "--json"]
    assert run([*call, "-o", str(out)]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told = {figure["what"]: figure["value"] for figure in found}
    assert all(value is None or value > 0 for value in told.values())
    assert all(figure["why"] for figure in found if figure["value"] is None)
    assert told["members that the recipe draws on batches"] == len(forms())
    assert {f"{form.member.name} on cpu" for form in forms()} <= set(told)
    assert set(CORRUPTIONS.names()) <= set(told)
    assert told["batch stage on cpu, 3 at once"] > 1
    assert 0 < told["share of a training step of 4 patches on cpu in the batch stage"] < 100
    if not importlib.util.find_spec("augraphy"):
        assert told["Augraphy"] is None
        assert "not installed: pip install augraphy" in out.read_text("utf-8")
    assert out.read_text("utf-8").count("\n## ") == 5


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["corruptions", "--augraphy", "/no/such/python"], "--augraphy /no/such/python: cannot"),
        (["corruptions", "--recipe", "no.toml"], "no.toml"),
        (["corruptions", "--batch", "0"], "0"),
        (["scan.png", "--batch", "8"], "leave them out"),
    ],
)
def test_a_bad_option_gets_one_sentence(words, told, capsys):
    assert run(["bench", *words, "--quick"]) in (ExitStatus.USAGE, ExitStatus.UNREADABLE)
    error = capsys.readouterr().err
    assert told in error and len(error.strip().splitlines()) == 1


def test_a_python_without_augraphy_is_told_before_anything_is_measured(recipe, tmp_path, capsys):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    python.chmod(0o755)
    call = ["bench", "corruptions", "--quick", "--recipe", str(recipe)]
    assert run([*call, "--augraphy", str(python)]) == ExitStatus.USAGE
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 1 and "Augraphy does not run there" in told[0]
