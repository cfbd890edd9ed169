"""The fuzz of the readers: valid seeds, damage that repeats, and a short run without finds."""

import subprocess
import sys
from pathlib import Path

import pytest

from docclean.documents import read_pages

ROOT = Path(__file__).parents[2]
CORPUS, SCRIPTS = ROOT / "tests/corpus", ROOT / "pipelines/fuzz"
SEEDS = sorted(path for path in CORPUS.iterdir() if path.suffix != ".heic")


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.name)
def test_every_seed_is_valid(path):
    pages = list(read_pages(path, password="word" if path.stem == "locked" else None))
    assert len(pages) == {"animated": 3, "several": 3}.get(path.stem, len(pages)) >= 1
    assert path.stat().st_size < 20_000


def test_a_seed_repeats_its_damage(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    from mutations import mutated

    seeds = {".png": [path.read_bytes() for path in CORPUS.glob("*.png")]}
    made = [mutated(seeds, ".png", str(number)) for number in range(40)]
    assert made == [mutated(seeds, ".png", str(number)) for number in range(40)]
    assert len(set(made)) > 30 and not set(made) & set(seeds[".png"])


@pytest.mark.slow
def test_a_short_run_finds_nothing(tmp_path):
    command = [sys.executable, "readers.py", "--files", "400", "--finds", str(tmp_path / "finds")]
    out = tmp_path / "fuzz.md"
    done = subprocess.run(
        [*command, "-o", str(out)], cwd=SCRIPTS, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "400 documents" in out.read_text() and "0 finds" in out.read_text()
    assert not (tmp_path / "finds").exists()
