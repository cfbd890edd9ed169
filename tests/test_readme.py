"""The README is true: it is short, its commands run, its figures stand in the tables."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from docclean.cli import cli
from docclean.documents import read_pages, write_pages
from docclean.errors import ExitStatus
from docclean.page import Page

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
COMMANDS = [line for kind, text in BLOCKS if not kind for line in text.splitlines()]
LONG = ("bash ", "docclean train", "docclean export", "docclean demo", "docclean synth")
"""Commands that set a machine up or take minutes: other tests run what they call."""
QUICK = [line for line in COMMANDS if not line.startswith(LONG)]
THREADS = {name: os.environ[name] for name in os.environ if name.startswith("OMP_")}
"""Else the threads of every command wait for the same cores, and take five times as long."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Path:
    """A folder with what the README's commands name."""
    folder = tmp_path_factory.mktemp("readme")
    page = next(iter(read_pages(ROOT / "data/sample/noisy/00000.png")))
    small = Page(page.pixels[:300, :500].copy(), (150.0, 150.0))
    (folder / "scans").mkdir()
    (folder / "inbox").mkdir()
    for name in (
        "scan.png",
        "scan.pdf",
        "page-1.jpg",
        "page-2.jpg",
        "photo.jpg",
        "scans/a.png",
        "scans/b.png",
        "inbox/c.png",
    ):
        write_pages([small], folder / name)
    for name in "ab":
        (folder / f"scans/{name}.gt.txt").write_text("words\n")
    recipe = next(text for kind, text in BLOCKS if kind == "toml")
    (folder / "office.toml").write_text(recipe)
    return folder


def test_it_is_short_and_links_to_what_is_there():
    assert len(README.splitlines()) <= 185
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / link).exists(), link


@pytest.mark.parametrize("line", QUICK)
def test_a_command_runs(line, desk):
    shutil.rmtree(desk / "archive", ignore_errors=True)
    if "clean scans/" in line:
        shutil.rmtree(desk / "cleaned", ignore_errors=True)
    if line.startswith(("docclean status", "docclean retry")):
        line = f"docclean clean scans/ -o cleaned/; {line}"
    elif "watch" in line:  # or it would watch for ever
        line = f"{line.removesuffix(' --once').replace('--ocr deu', '--ocr eng')} --settle 0 --once"
    beside = Path(sys.executable).parent
    if "tesseract" in line and not shutil.which("tesseract"):
        pytest.skip("tesseract is not installed")
    done = subprocess.run(
        ["bash", "-c", f"set -euo pipefail; {line}"],
        cwd=desk,
        env=THREADS | {"PATH": f"{beside}:/usr/bin:/bin", "HOME": str(desk)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert not re.search(r"[1-9] failed|failed:|failed unexp", done.stderr), done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("line", [one for one in COMMANDS if one not in QUICK])
def test_a_long_command_parses_or_runs(line, desk, tmp_path):
    if line.startswith("bash "):
        script, *arguments = shlex.split(line)[1:]
        assert (ROOT / script).is_file() and not arguments
        subprocess.run(["bash", "-n", str(ROOT / script)], check=True)
        return
    _, verb, *arguments = shlex.split(line)
    assert verb in cli.commands
    if verb in ("demo", "synth"):
        subprocess.run([sys.executable, "-m", "docclean", verb, *arguments], cwd=desk, check=True)
    else:  # minutes of training stand behind them
        known = {name for item in cli.commands[verb].params for name in item.opts}
        assert {word for word in arguments if word.startswith("-")} <= known


def test_the_python_runs(desk):
    (code,) = (text for kind, text in BLOCKS if kind == "python")
    subprocess.run([sys.executable, "-c", code], cwd=desk, check=True)
    assert (desk / "from-python.pdf").is_file()


def test_every_exit_status_is_told_as_help_tells_it():
    assert ExitStatus.told() in " ".join(README.split())


def test_the_figures_are_those_of_the_table():
    table = (ROOT / "pipelines/results/figures.md").read_text("utf-8")
    shown = re.findall(r"^\| ([\w-]+|all sets) \((\d+)\) \|.*\| (.*) \| (.*) \|$", README, re.M)
    assert len(shown) >= 8
    for name, pages, grey, cleaned in shown:
        start = f"{name} ({pages})"
        row = next(
            line for line in table.splitlines() if re.match(rf"\| (ocr/)?{re.escape(start)}", line)
        )
        cells = [cell.strip() for cell in row.split("|")]
        assert [cells[2], cells[4]] == [grey, cleaned], name  # division stands between them
