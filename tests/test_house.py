"""The rules of the house: quick, light and quiet at the door; the docs name every verb."""

import ast
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

import docclean
from docclean.cli import cli

ROOT = Path(__file__).parents[1]
PACKAGE = Path(docclean.__file__).parent
README = ROOT / "README.md"
HEAVY = (
    "albumentations",
    "cv2",
    "faker",
    "kornia",
    "matplotlib",
    "numpy",
    "onnxruntime",
    "pikepdf",
    "PIL",
    "pypdfium2",
    "torch",
    "typst",
)
VERBS = sorted(cli.commands)
BESIDE = "/" + "work"
"""Where the project happens to stand now; nobody else has that folder."""

every_verb = pytest.mark.parametrize("verb", VERBS)


def loaded_by(code: str) -> set[str]:
    """Return the heavy packages a fresh interpreter holds after running `code`."""
    script = f"{code}\nimport sys; sys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(HEAVY) & set(done.stderr.split())


# --- light at the door ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        "import docclean",
        "from docclean.cli import run; assert run(['--help']) == 0",
        "from docclean.cli import run; assert run(['clean', '--help']) == 0",
        "from docclean.cli import run; assert run(['--version']) == 0",
    ],
)
def test_nothing_heavy_loads_before_it_is_needed(code):
    assert loaded_by(code) == set()


def test_cleaning_needs_nothing_of_the_training():
    trained = {"torch", "kornia", "albumentations", "faker", "matplotlib", "typst"}
    names = "Cleaner, Page, read_pages, write_pages"
    assert not trained & loaded_by(f"from docclean import {names}")


def test_help_comes_at_once():
    script = shutil.which("docclean", path=str(Path(sys.executable).parent))
    assert script, "the command docclean is not installed beside this python"
    subprocess.run([script, "--help"], check=True, stdout=subprocess.DEVNULL)
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run([script, "--help"], check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - started)
    assert min(seconds) <= 0.3


# --- the names and the docs ----------------------------------------------------------------------


def test_every_public_name_resolves():
    for name in docclean.__all__:
        assert getattr(docclean, name).__name__ == name
    assert docclean.__all__ == sorted(docclean.__all__)
    assert docclean.__version__.count(".") == 2
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        docclean.nothing  # noqa: B018


@every_verb
def test_a_verb_has_help_with_an_example(verb):
    command = cli.commands[verb]
    text = command.get_help(click.Context(command, info_name=f"docclean {verb}"))
    assert command.help and command.help.strip().splitlines()[0].endswith(".")
    example = [line for line in text.splitlines() if line.strip().startswith(f"docclean {verb}")]
    assert example, f"docclean {verb} --help shows no example"
    options = [item for item in command.params if isinstance(item, click.Option)]
    assert all(item.help or item.name == "out" for item in options)


@every_verb
def test_a_verb_stands_in_the_readme(verb):
    text = README.read_text("utf-8")
    if len(text.splitlines()) <= 20:
        pytest.skip("the README is not written yet")
    assert f"docclean {verb}" in text


def test_the_examples_parse():
    """An option an example names must exist."""
    for verb, command in cli.commands.items():
        known = {name for item in command.params for name in item.opts + item.secondary_opts}
        for line in (command.help or "").splitlines():
            if line.strip().startswith(f"docclean {verb}"):
                words = shlex.split(line)
                used = {word for word in words if word.startswith("-") and word != "-"}
                assert used <= known, line


# --- what lies in the house ----------------------------------------------------------------------


def test_no_file_prints():
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "print", f"{path}:{node.lineno} prints"


def test_every_module_says_what_it_is_for():
    for path in PACKAGE.rglob("*.py"):
        assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), path


def test_the_weights_stay_small():
    weights = [path for path in (PACKAGE / "weights").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in weights) < 20e6


def test_no_tracked_file_names_a_path_outside_the_project():
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    tracked = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    assert tracked
    for path in tracked:
        if path.is_file() and b"\0" not in (data := path.read_bytes())[:4096]:
            text = data.decode("utf-8", "replace")
            for number, line in enumerate(text.splitlines(), 1):
                assert not _names_outside(line), f"{path.relative_to(ROOT)}:{number}: {line}"


def _names_outside(line: str) -> bool:
    """Tell whether a line names a folder that only this machine has."""
    _, found, rest = line.partition(BESIDE)
    return bool(found) and not rest[:1].isalnum() and not line.split(found)[0][-1:].isalnum()


# --- the size of things --------------------------------------------------------------------------

TREES = ("docclean", "tests", "pipelines")
TABLES = {"docclean/synth/language/lists.py"}
"""Files of data, which may be long."""
FAMILIES = {"docclean/corruptions", "tests/corruptions", "pipelines/recipes"}
"""Folders of the members of a registry, which may be many."""
SOURCES = sorted(path for tree in TREES for path in (ROOT / tree).rglob("*.py"))


def test_no_file_and_no_function_is_long():
    for path in SOURCES:
        name, text = str(path.relative_to(ROOT)), path.read_text("utf-8")
        assert name in TABLES or len(text.splitlines()) <= 300, name
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                assert lines <= 40, f"{name}: {node.name} has {lines} lines"


def test_no_folder_is_crowded():
    top = [path for path in PACKAGE.iterdir() if path.is_file() and path.suffix in (".py", ".md")]
    assert len(top) <= 12
    for folder in {path.parent for path in SOURCES}:
        name = str(folder.relative_to(ROOT))
        files = [path for path in folder.iterdir() if path.is_file()]
        assert name in FAMILIES or len(files) <= 16, f"{name} holds {len(files)} files"
