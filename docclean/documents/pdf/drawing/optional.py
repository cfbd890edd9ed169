"""Optional content (ISO 32000-1, 8.11): which layers a viewer shows when it opens a document."""

from collections.abc import Callable, Iterable
from typing import Any

import pikepdf

MOST_NESTED = 16
"""Expressions in expressions that are followed."""


class OptionalContent:
    """The layers of a document in the state it opens with."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        """Read the document's own configuration."""
        properties = _dictionary(pdf.Root.get("/OCProperties"))
        first = _dictionary(properties.get("/D"))
        self._on = bool(first.get("/BaseState", "/ON") != "/OFF")
        self._states: dict[Any, bool] = {}
        for key, state in (("/ON", True), ("/OFF", False)):
            for group in _array(first.get(key)):
                self._states[_identity(group)] = state
        for use in _array(first.get("/AS")):
            self._use(_dictionary(use))

    def _use(self, use: Any) -> None:
        """Take the states that groups have when they are viewed."""
        if use.get("/Event") != "/View":
            return
        for group in _array(use.get("/OCGs")):
            usage = _dictionary(_dictionary(group).get("/Usage"))
            state = _dictionary(usage.get("/View")).get("/ViewState")
            if state is not None and "/View" in map(str, _array(use.get("/Category"))):
                self._states[_identity(group)] = state != "/OFF"

    def shows(self, content: Any) -> bool:
        """Say whether content of a group, or of a membership dictionary of groups, is shown."""
        content = _dictionary(content)
        if content.get("/Type") != "/OCMD":
            return self._states.get(_identity(content), self._on)
        if isinstance(content.get("/VE"), pikepdf.Array):
            return self._holds(content.VE, 0)
        groups = content.get("/OCGs")
        members = _array(groups) if isinstance(groups, pikepdf.Array) else [groups]
        states = [self.shows(one) for one in members if isinstance(one, pikepdf.Dictionary)]
        ways: dict[str, Callable[[Iterable[bool]], bool]] = {
            "/AllOn": all,
            "/AnyOff": lambda every: not all(every),
            "/AllOff": lambda every: not any(every),
        }
        return ways.get(str(content.get("/P", "/AnyOn")), any)(states) if states else True

    def _holds(self, expression: Any, depth: int) -> bool:
        """Work out an expression of visibility: a group, or /And, /Or, /Not of expressions."""
        if not isinstance(expression, pikepdf.Array):
            return self.shows(expression)
        if depth > MOST_NESTED or not len(expression):
            return True
        parts = (self._holds(one, depth + 1) for one in list(expression)[1:])
        operator = str(expression[0])
        if operator == "/Not":
            return not next(parts, False)
        return all(parts) if operator == "/And" else any(parts)


def _dictionary(thing: Any) -> Any:
    return thing if isinstance(thing, pikepdf.Dictionary) else {}


def _array(thing: Any) -> list[Any]:
    return list(thing) if isinstance(thing, pikepdf.Array) else []


def _identity(group: Any) -> Any:
    """Return what tells one group from another: its number; groups are indirect objects."""
    return group.objgen if isinstance(group, pikepdf.Dictionary) else None
