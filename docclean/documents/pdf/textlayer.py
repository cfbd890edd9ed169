"""What is kept, unseen, of a page that becomes a picture: its text, and layers switched off."""

from dataclasses import dataclass
from itertools import chain
from typing import Any

import pikepdf

from docclean.documents.pdf.contents import x_objects
from docclean.documents.pdf.drawing.optional import OptionalContent
from docclean.documents.pdf.drawing.states import layer_of

PAINTING = frozenset(["S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "sh"])
"""Operators that paint paths and shadings (ISO 32000-1, table 60)."""
SHOWING = frozenset(("Tj", "TJ", "'", '"'))
INVISIBLE = 3
NAMING = {
    "Tf": "/Font",
    "Do": "/XObject",
    "gs": "/ExtGState",
    "cs": "/ColorSpace",
    "CS": "/ColorSpace",
    "scn": "/Pattern",
    "SCN": "/Pattern",
    "sh": "/Shading",
    "BDC": "/Properties",
    "DP": "/Properties",
}
"""Operators that name a resource, and its kind."""


@dataclass(frozen=True)
class Unseen:
    """What is kept of a page that becomes a picture, drawn after it and not seen.

    Attributes:
        content: text made invisible, and all that lies in layers that are switched off.
        names: of the resources it is drawn with, each with its kind.
        flattened: layers that are switched on were there, and are part of the picture now.
    """

    content: bytes
    names: frozenset[tuple[str, str]]
    flattened: bool


def unseen_of(leaf: pikepdf.Page, layers: OptionalContent) -> Unseen:
    """Return what is kept of a page's content once a picture shows all of it that is seen."""
    reader = _Reader(leaf, layers)
    for step in pikepdf.parse_content_stream(leaf):
        reader.take(step, bytes(step.operator).decode("latin-1"))
    if not reader.worth:
        return Unseen(b"", frozenset(), reader.flattened)
    names = frozenset(chain.from_iterable(map(_names, reader.kept)))
    return Unseen(pikepdf.unparse_content_stream(reader.kept), names, reader.flattened)


class _Reader:
    """Goes through a page's content and keeps what nobody sees."""

    def __init__(self, leaf: pikepdf.Page, layers: OptionalContent) -> None:
        self.leaf, self.layers, self.known = leaf, layers, x_objects(leaf)
        self.kept: list[Any] = []
        self.marks: list[bool] = []
        self.flattened = self.worth = False
        self.mode: Any = 0

    def take(self, step: Any, operator: str) -> None:
        was_off = any(self.marks)
        self.follow(step, operator)
        if operator == "Tr" and len(step.operands):
            self.mode = step.operands[0]
        if any(self.marks):
            self.worth |= operator in PAINTING or operator in SHOWING
            self.worth |= operator in ("Do", "INLINE IMAGE")
            self.kept.append(step)
            self.kept += [] if was_off else [_mode(self.mode)]
        elif was_off:
            self.kept += [(list(step.operands), step.operator), _mode(INVISIBLE)]
        elif operator in PAINTING:  # a path must still end
            self.kept += [] if operator == "sh" else [([], pikepdf.Operator("n"))]
        elif operator == "Do":
            self.draw(step)
        elif operator == "Tr":
            self.kept.append(_mode(INVISIBLE))
        elif operator not in ("INLINE IMAGE", "gs"):
            self.worth |= operator in SHOWING
            self.kept.append((list(step.operands), step.operator))
            self.kept += [_mode(INVISIBLE)] if operator == "BT" else []

    def follow(self, step: Any, operator: str) -> None:
        """Note which marks are open, and whether they are layers that are switched off."""
        if operator in ("BDC", "BMC"):
            layer = layer_of(self.leaf.resources, list(step.operands))
            off = layer is not None and not self.layers.shows(layer)
            self.flattened |= layer is not None and not off
            self.marks.append(off)
        elif operator == "EMC" and self.marks:
            self.marks.pop()

    def draw(self, step: Any) -> None:
        """Keep a form of invisible text, and what lies in a layer that is switched off."""
        one = self.known.get(str(step.operands[0]))
        layer = one.get("/OC") if one is not None else None
        off = layer is not None and not self.layers.shows(layer)
        self.flattened |= layer is not None and not off
        if off or _is_text_form(one):
            self.worth = True
            self.kept.append((list(step.operands), step.operator))


def _mode(mode: Any) -> Any:
    return [mode], pikepdf.Operator("Tr")


def _names(step: Any) -> list[tuple[str, str]]:
    operands, operator = step if isinstance(step, tuple) else (step.operands, step.operator)
    kind = NAMING.get(bytes(operator).decode("latin-1"), "")
    names = [str(one) for one in operands if isinstance(one, pikepdf.Name)]
    return [(kind, names[-1])] if kind and names else []


def _is_text_form(form: Any) -> bool:
    """Say whether a form holds nothing but invisible text, as the layers of OCR programs do."""
    if form is None or form.get("/Subtype") != "/Form":
        return False
    mode = 0
    try:
        for step in pikepdf.parse_content_stream(form):
            operator = bytes(step.operator).decode("latin-1")
            if operator == "Tr":
                mode = int(step.operands[0])
            if operator in PAINTING or operator in ("Do", "INLINE IMAGE"):
                return False
            if operator in SHOWING and mode != INVISIBLE:
                return False
    except pikepdf.PdfError:
        return False
    return True
