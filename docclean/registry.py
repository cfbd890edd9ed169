"""Families of members: a plain list in the family's folder, plus what plugins bring."""

import difflib
from collections.abc import Callable, Iterator
from importlib import metadata
from typing import Generic, TypeVar

from docclean.errors import UsageError

Member = TypeVar("Member")
PLUGIN_GROUP = "docclean.plugins"


def nearest(name: str, known: list[str]) -> str:
    """Return ' (did you mean ...?)' for the known name closest to `name`, or an empty string."""
    close = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


class Registry(Generic[Member]):
    """Named members of one family, in the order they were listed.

    A plugin is an entry point in the group `docclean.plugins` whose name is `family:member` and
    whose value is the member; it is looked up the first time a name is not found here.
    """

    def __init__(self, family: str, members: list[Member], key: Callable[[Member], str]) -> None:
        """List the members of `family`, each named by `key`."""
        self.family = family
        self._members = {key(member): member for member in members}
        self._plugins_loaded = False

    def _load_plugins(self) -> None:
        if self._plugins_loaded:
            return
        self._plugins_loaded = True
        for entry in metadata.entry_points(group=PLUGIN_GROUP):
            family, _, name = entry.name.partition(":")
            if family == self.family and name not in self._members:
                self._members[name] = entry.load()

    def __getitem__(self, name: str) -> Member:
        """Return the member called `name`.

        Raises:
            UsageError: there is none; the message names the nearest known one.
        """
        if name not in self._members:
            self._load_plugins()
        if name not in self._members:
            raise UsageError(
                f"there is no {self.family} '{name}'{nearest(name, self.names())}; "
                f"known: {', '.join(self.names())}"
            )
        return self._members[name]

    def __iter__(self) -> Iterator[Member]:
        """Go through the members in listed order, plugins last."""
        self._load_plugins()
        return iter(self._members.values())

    def __len__(self) -> int:
        """Count the members, plugins included."""
        self._load_plugins()
        return len(self._members)

    def names(self) -> list[str]:
        """Return every member's name, in listed order."""
        self._load_plugins()
        return list(self._members)
