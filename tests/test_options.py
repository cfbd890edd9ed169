"""One object holds what can be asked of a cleaning: command line, recipe and program alike."""

import pickle
from dataclasses import fields
from itertools import islice

import pytest
from click.testing import CliRunner
from fakes import Identity

from docclean.cli import cli, run
from docclean.cli.options import gathered
from docclean.documents import read_pages, write_pages
from docclean.errors import DoccleanError, UnreadableInputError, UsageError
from docclean.page import Page
from docclean.recipe import Options, Recipe

WRONG = [
    ("[clean]\ndeskwe = true", r"deskwe.*did you mean 'deskew'"),
    ("[clean]\ngate = 'maybe'", r"\[clean\] gate must be like 'pixels', not 'maybe'"),
    ("[clean]\njobs = 0", r"\[clean\] jobs must be at least 1"),
    ("[clean]\npages = '3-x'", r"\[clean\] '3-x' is not a page range"),
    ("[clean]\nlang = '+'", r"\[clean\] --lang must name a language"),
    ("[claen]\njobs = 1", "no section 'claen'.*did you mean 'clean'"),
    ("clean = 3", r"\[clean\] must be a table"),
]


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "office.toml"
    path.write_text('[clean]\nocr = true\nlang = "deu"\npages = "1-2,5"\ngrey = true\njobs = 2\n')
    return path


def test_a_recipe_comes_over_the_defaults_and_the_command_line_over_both(recipe):
    options = Options.load(recipe)
    assert options == Options(ocr=True, lang="deu", pages=frozenset({1, 2, 5}), grey=True, jobs=2)
    assert Options.load(recipe, lang="eng", jobs=None).lang == "eng"
    given = {"ocr": "fra", "grey": None, "jobs": 3}
    assert gathered(given, recipe) == Options.load(recipe, lang="fra", jobs=3)
    assert gathered({"ocr": ""}, None) == Options(ocr=True)


@pytest.mark.parametrize(("text", "words"), WRONG, ids=[words for _, words in WRONG])
def test_a_mistake_names_the_file_and_what_would_work(text, words, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=f"mine.toml.*{words}"):
        Options.load(path)


def test_a_recipe_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UnreadableInputError, match=r"none\.toml"):
        Options.load(tmp_path / "none.toml")


@pytest.mark.parametrize("name", ["jobs", "threads"])
def test_wrong_values_are_refused_wherever_they_come_from(name):
    with pytest.raises(UsageError, match=f"--{name} must be at least 1"):
        Options(**{name: 0})
    with pytest.raises(UsageError, match="--gate"):
        Options(gate="maybe")
    with pytest.raises(UsageError, match="--looks must be 1 or 2, not 3"):
        Options(looks=3)
    with pytest.raises(UsageError, match="--pages"):
        Options(pages=frozenset())


def test_options_travel_between_processes_and_files():
    options = Options(pages=frozenset({3, 1}), text=True, model="base", password="secret")
    assert pickle.loads(pickle.dumps(options)) == options
    assert options.to_table() == {
        "pages": "1,3", "text": True, "model": "base", "password": "secret",
    }  # fmt: skip
    assert Options.of_table(options.to_table()) == options


def test_every_field_is_an_option_of_clean_and_a_key_of_the_recipe():
    known = {parameter.name for parameter in cli.commands["clean"].params}
    for item in islice(fields(Options), None):
        assert item.name in known
        assert item.metadata["help"]
        told = {"pages": "2", "gate": "off", "jobs": 2, "threads": 2, "ocr": True} | {
            "timeout": 9.0,
            "looks": 2,
            "memory": "2G",
            "paper": "tone",
            "drop": "stamps",
            "leave": "2",
        }
        value = told.get(item.name, True if item.default is False else "png")
        assert Options.of_table({item.name: value}) != Options()


def test_a_recipe_for_training_may_hold_the_section_too(recipe):
    recipe.write_text(recipe.read_text() + "[train]\nsteps = 7\n")
    assert Recipe.load(recipe).train.steps == 7
    assert Options.load(recipe).jobs == 2


def test_clean_takes_its_options_from_a_recipe(tmp_path, letters, monkeypatch):
    monkeypatch.setattr("docclean.clean.spec.CleanerSpec.__call__", lambda self: Identity())
    source, path = tmp_path / "a.png", tmp_path / "mine.toml"
    write_pages([Page(letters)], source)
    path.write_text('[clean]\nformat = "tiff"\nbitonal = true\n')
    assert run(["clean", str(source), "-o", f"{tmp_path}/out/", "--recipe", str(path)]) == 0
    (page,) = read_pages(tmp_path / "out" / "a.tiff")
    assert set(page.pixels.ravel().tolist()) <= {0, 255}
    path.write_text('[clean]\nformat = "doc"\n')
    told = CliRunner().invoke(cli, ["clean", str(source), "-o", "x", "--recipe", str(path)])
    assert isinstance(told.exception, DoccleanError) and "'doc'" in str(told.exception)
