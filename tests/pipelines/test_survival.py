"""The scripts that kill, drop and measure: short tries here, the bars' own numbers marked slow."""

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "pipelines/survival"


def ran(script: str, *arguments: object) -> str:
    """Run a script of its folder; it fails where anything was lost, half or twice."""
    done = subprocess.run(
        [sys.executable, script, *map(str, arguments)], cwd=SCRIPTS, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_batch_that_is_killed_goes_on():
    told = ran("kills.py", "--kills", 2, "--documents", 3, "--only", 0)
    assert "| the batch | 2 |" in told


@pytest.mark.slow
@pytest.mark.parametrize("kind", [0, 1, 2], ids=["batch", "worker", "watcher"])
def test_a_hundred_kills(kind):
    ran("kills.py", "--kills", 100, "--only", kind)


@pytest.mark.slow
def test_a_thousand_files():
    told = ran("drops.py", "--files", 1000)
    assert "left in the inbox: 0" in told


@pytest.mark.slow
def test_a_service_under_load_and_attack():
    told = ran("serving.py", "--requests", 110, "--kills", 2, "--turns", 0)
    assert told.count("| yes |") == 4  # each row is told twice


@pytest.mark.slow
def test_what_it_costs():
    told = ran("costs.py", "--rounds", 2)
    assert told.count("<=") + told.count(">=") == 4


@pytest.mark.slow
def test_strange_pdfs_are_cleaned_and_told_of(tmp_path):
    corpus = Path(__file__).parents[1] / "cases"
    archive = tmp_path / "strange-1.0.tar.gz"
    with tarfile.open(archive, "w:gz") as made:
        for name in ("form_draws_itself", "hidden_layer", "nested_form"):
            made.add(corpus / f"{name}.pdf", f"strange-1.0/tests/{name}.pdf")
    told = ran("strange_pdfs.py", "--archive", archive)
    assert "3 files: 3 done, 0 refused in one sentence, 0 that differ" in told
    assert "a form that draws itself" in told
