"""The settings of sets: patterns, later wins, unknown keys are errors."""

import json

import pytest

from docclean.errors import UnreadableInputError, UsageError
from docclean.evaluation.settings import SetSettings, Settings, pages_of_split
from docclean.scores.text import TextRules


def load(tmp_path, text, default=None):
    path = tmp_path / "s.toml"
    path.write_text(text)
    return Settings.load(path, default or SetSettings())


def test_patterns_meet_the_path_and_its_last_part(tmp_path):
    told = '[set."*"]\npsm=3\n[set."*-deu"]\nlang="deu"\n[set."ocr/x-deu"]\npsm=6\nform="NFKC"\n'
    settings = load(tmp_path, told)
    assert settings.of("ocr/x-deu") == SetSettings("deu", 6, "NFKC")
    assert settings.of("more/y-deu") == SetSettings("deu", 3)
    assert load(tmp_path, '[set."a [1]"]\npsm=6').of("a [1]").psm == 6
    assert settings.of("z") == SetSettings("eng", 3)
    assert settings.of("ocr/x-deu").reader().lang == "deu"
    assert load(tmp_path, '[set."x"]\nengine="rapidocr"\npsm=6').of("x").reader().name == "rapidocr"
    assert settings.of("ocr/x-deu").rules() == TextRules("NFKC", False)


def test_without_a_file_the_default_holds(tmp_path):
    assert Settings.load(None, SetSettings("fra")).of("any") == SetSettings("fra")
    assert load(tmp_path, "", SetSettings("fra", 4)).of("x") == SetSettings("fra", 4)
    assert load(tmp_path, "").views == 1 and load(tmp_path, "views=3").views == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[set.x]\nlnag='deu'", "has no 'lnag' (did you mean 'lang'?)"),
        ("[set.x]\npsm='6'", "psm cannot be '6'"),
        ("[set.x]\npsm=99", "psm cannot be 99"),
        ("[set.x]\npsm=0", "psm cannot be 0"),
        ("[set.x]\nlang=''", "lang cannot be ''"),
        ("[set.x]\npsm=true", "psm cannot be True"),
        ("[set.x]\nform='NFD'", "form cannot be 'NFD'"),
        ("[set.x]\nengine='tess'", "engine cannot be 'tess'"),
        ("[sets.x]\npsm=6", "unknown key 'sets'"),
        ("[set]\nx=6", "must be a table"),
        ("views=4", "views must be 1 to 3, not 4"),
        ("views='3'", "views must be 1 to 3"),
    ],
)
def test_wrong_settings(tmp_path, text, words):
    with pytest.raises(UsageError) as caught:
        load(tmp_path, text)
    assert words in str(caught.value) and "s.toml" in str(caught.value)


def test_what_is_no_settings_file(tmp_path):
    with pytest.raises(UnreadableInputError, match="is not a settings file"):
        load(tmp_path, "[set.x")
    with pytest.raises(UnreadableInputError, match="is not a settings file"):
        Settings.load(tmp_path / "absent.toml")


def test_splits_are_nested_like_the_folders(tmp_path):
    told = {"ocr": {"a": {"val": ["x", "y"], "test": ["z"]}}, "b": {"val": ["q"]}}
    (tmp_path / "splits.json").write_text(json.dumps(told))
    assert pages_of_split(tmp_path, "val") == {"ocr/a": {"x", "y"}, "b": {"q"}}
    # a set with splits of other names has no page of this one: nothing slips in
    assert pages_of_split(tmp_path, "test") == {"ocr/a": {"z"}, "b": set()}
    with pytest.raises(UsageError, match="no set has a split 'dev'; known: test, val"):
        pages_of_split(tmp_path, "dev")
    with pytest.raises(UnreadableInputError, match="--split needs this file"):
        pages_of_split(tmp_path / "absent", "val")
