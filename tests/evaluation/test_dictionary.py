"""The words of a language: from Tesseract's packs, from the system's lists, or none at all."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from docclean.evaluation import dictionary as module
from docclean.evaluation.dictionary import dictionary, known_share
from docclean.ocr.tesseract import installed_languages

WORDS = frozenset({"the", "quick", "fox", "don't", "well", "known", "homme", "fichier", "strasse"})

needs_pack = pytest.mark.skipif(
    not all(map(shutil.which, ("tesseract", "combine_tessdata", "dawg2wordlist"))),
    reason="Tesseract and its tools are not installed",
)


@pytest.fixture(autouse=True)
def fresh():
    dictionary.cache_clear()
    yield
    dictionary.cache_clear()


@pytest.fixture
def no_programs(monkeypatch, tmp_path):
    """A machine with one word list and without Tesseract."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(module, "WORD_LISTS", tmp_path)
    (tmp_path / "ngerman").write_text("Straße\nMu\u0308he\n", "utf-8")


@needs_pack
def test_a_pack_gives_the_words_of_its_language():
    if "eng" not in installed_languages():
        pytest.skip("no English pack")
    words = dictionary("eng")
    assert words and len(words) > 20_000
    assert {"the", "quick", "garden", "don't"} <= words
    assert not {"xqzvb", "teh quick", ""} & words
    assert all(word == word.casefold() for word in words)
    assert dictionary("eng") is words


@needs_pack
def test_languages_are_put_together_and_nothing_is_left_behind(monkeypatch, tmp_path):
    if not {"deu", "fra"} <= installed_languages():
        pytest.skip("no German and French packs")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    together, german, french = dictionary("deu+fra"), dictionary("deu"), dictionary("fra")
    assert german and french and together == german | french
    assert "fromage" in french - german
    assert list(tmp_path.iterdir()) == []


def test_a_list_stands_in_for_a_pack(no_programs):
    assert dictionary("deu") == {"strasse", "mühe"}
    assert dictionary("deu+xyz") == {"strasse", "mühe"}


def test_nothing_missing_is_an_error(no_programs):
    assert dictionary("eng") is None
    assert dictionary("xyz") is None
    assert dictionary("") is None


@needs_pack
def test_a_broken_pack_is_as_good_as_none(monkeypatch, tmp_path):
    (tmp_path / "deu.traineddata").write_bytes(b"not a pack" * 50)
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    monkeypatch.setattr(module, "WORD_LISTS", tmp_path)
    assert dictionary("deu") is None


def test_a_program_that_hangs_is_given_up(monkeypatch, tmp_path):
    def hang(command, **options):
        raise subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(module.subprocess, "run", hang)
    monkeypatch.setattr(module, "WORD_LISTS", tmp_path)
    assert dictionary("eng") is None


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("fox", True),
        ("The", True),
        ("“quick,”", True),
        ("(fox).", True),
        ("don’t", True),
        ("l'homme", True),
        ("well-known", True),
        ("well\u2013known", True),
        ("ﬁchier", True),
        ("STRASSE", True),
        ("Straße", True),
        ("well-knowm", False),
        ("qu1ck", False),
        ("tbe", False),
        ("co-op", False),
    ],
)
def test_a_word_is_known_as_it_may_be_written(word, known):
    assert known_share([word], WORDS) == float(known)


def test_numbers_and_scraps_do_not_count():
    scraps = ["1984", "3.14", "is", "a", "—", "|", "", "~~~", "___"]
    assert known_share(scraps, WORDS) is None
    assert known_share([*scraps, "fox", "tbe", "quick", "tho"], WORDS) == 0.5


def test_no_dictionary_no_share():
    assert known_share(["fox"], None) is None
    assert known_share([], WORDS) is None
    assert known_share(["fox"], frozenset()) == 0.0


def test_the_lists_have_plain_names():
    for names in module.LISTS.values():
        assert all(Path(name).name == name for name in names)
