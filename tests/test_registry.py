"""Families: listed order, errors that help, and members that plugins bring."""

from dataclasses import dataclass

import pytest

from docclean import registry as registry_module
from docclean.errors import UsageError
from docclean.registry import PLUGIN_GROUP, Registry, nearest


@dataclass(frozen=True)
class Fruit:
    name: str


@dataclass(frozen=True)
class Entry:
    """What importlib.metadata gives for an installed plugin."""

    name: str
    value: object

    def load(self) -> object:
        return self.value


@pytest.fixture
def fruits() -> Registry[Fruit]:
    return Registry("fruit", [Fruit("pear"), Fruit("apple")], key=lambda fruit: fruit.name)


@pytest.fixture
def installed(monkeypatch):
    """Return a function that pretends these entry points are installed; it counts look-ups."""
    asked: list[str] = []

    def install(*entries: Entry) -> list[str]:
        def entry_points(*, group: str) -> tuple[Entry, ...]:
            asked.append(group)
            return entries

        monkeypatch.setattr(registry_module.metadata, "entry_points", entry_points)
        return asked

    return install


def test_keeps_the_listed_order(fruits):
    assert fruits.names() == ["pear", "apple"]
    assert [fruit.name for fruit in fruits] == ["pear", "apple"]
    assert len(fruits) == 2
    assert fruits["apple"] == Fruit("apple")


def test_an_unknown_name_names_the_nearest_and_the_known(fruits):
    with pytest.raises(UsageError, match=r"no fruit 'aple' \(did you mean 'apple'\?\)") as caught:
        fruits["aple"]
    assert "known: pear, apple" in str(caught.value)


def test_a_name_like_nothing_here_gets_no_guess(fruits):
    with pytest.raises(UsageError) as caught:
        fruits["xyzzy"]
    assert "did you mean" not in str(caught.value)


def test_a_plugin_is_found_by_name(fruits, installed):
    asked = installed(Entry("fruit:plum", Fruit("plum")), Entry("nut:almond", Fruit("almond")))
    assert fruits["plum"] == Fruit("plum")
    assert fruits.names() == ["pear", "apple", "plum"]
    assert len(fruits) == 3
    assert asked == [PLUGIN_GROUP]  # once, however often it is asked
    with pytest.raises(UsageError, match="no fruit 'almond'"):
        fruits["almond"]


def test_plugins_are_looked_up_only_when_needed(fruits, installed):
    asked = installed(Entry("fruit:plum", Fruit("plum")))
    assert fruits["pear"] == Fruit("pear")
    assert not asked
    assert [fruit.name for fruit in fruits] == ["pear", "apple", "plum"]


def test_a_plugin_does_not_replace_a_listed_member(fruits, installed):
    installed(Entry("fruit:pear", Fruit("impostor")))
    assert [fruit.name for fruit in fruits] == ["pear", "apple"]


def test_nearest():
    assert nearest("steins", ["stain", "jpeg"]) == " (did you mean 'stain'?)"
    assert nearest("zzz", ["stain"]) == "" == nearest("stain", [])
