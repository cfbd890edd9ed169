"""The graphics state under which a page draws its images: does it change how they look?"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pikepdf

from docclean.documents.pdf.contents import x_objects
from docclean.documents.pdf.drawing.graph import LETTERS, part_of
from docclean.documents.pdf.drawing.optional import OptionalContent

FOLLOWED = "q Q gs Do BDC BMC EMC BT ET Tr Tj TJ ' \""
CLIPS_FROM = 4
"""Modes of text from which letters clip what comes after (ISO 32000-1, table 106)."""
HARMLESS = frozenset(
    ("/Type", "/LW", "/LC", "/LJ", "/ML", "/D", "/RI", "/Font", "/FL", "/SM", "/SA", "/OPM", "/TK")
)
"""Entries of a graphics state that change nothing of an opaque image."""
NEUTRAL: dict[str, tuple[Any, ...]] = {
    "/BM": ("/Normal", "/Compatible"),
    "/SMask": ("/None",),
    "/ca": (1,),
    "/CA": (1,),
    "/OP": (False,),
    "/op": (False,),
    "/AIS": (False,),
    "/TR": ("/Identity", "/Default"),
    "/TR2": ("/Identity", "/Default"),
    "/HT": ("/Default",),
    "/BG2": ("/Default",),
    "/UCR2": ("/Default",),
}
"""Entries that may change how an image looks, and the values of them that do not."""
DEFAULT_SPACES = {
    "/DeviceGray": "/DefaultGray",
    "/DeviceRGB": "/DefaultRGB",
    "/DeviceCMYK": "/DefaultCMYK",
}
CALIBRATED = ("/ICCBased", "/CalGray", "/CalRGB")
"""Colour spaces that may stand for a device's: they mean the same colours, only better known."""


@dataclass(frozen=True)
class DrawnImage:
    """One image that a page's own content draws.

    Attributes:
        name: in the page's resources.
        plain: nothing in force changes how it looks.
        hidden: it lies in a layer that is switched off.
    """

    name: str
    plain: bool
    hidden: bool


@dataclass(frozen=True)
class _State:
    """What is in force: entries that are not neutral, a clip of letters, layers open."""

    odd: frozenset[str] = frozenset()
    clipped: bool = False
    mode: int = 0


@dataclass
class _Reader:
    """Follows a page's content."""

    leaf: pikepdf.Page
    layers: OptionalContent
    state: _State = field(default_factory=_State)
    stack: list[_State] = field(default_factory=list)
    marks: list[bool] = field(default_factory=list)
    """Of each open mark, whether it is a layer that is switched off."""
    letters_clip: bool = False

    def images(self) -> Iterator[DrawnImage]:
        known = x_objects(self.leaf)
        for step in pikepdf.parse_content_stream(self.leaf, FOLLOWED):
            operator, operands = str(step.operator), list(step.operands)
            if operator != "Do":
                self.follow(operator, operands)
                continue
            image = known.get(str(operands[0])) if operands else None
            if image is not None and image.get("/Subtype") == "/Image":
                off = "/OC" in image and not self.layers.shows(image.OC)
                plain = not self.state.odd and not self.state.clipped
                yield DrawnImage(str(operands[0]), plain, off or any(self.marks))

    def follow(self, operator: str, operands: list[Any]) -> None:
        if operator == "q":
            self.stack.append(self.state)
        elif operator == "Q":
            self.state = self.stack.pop() if self.stack else self.state
        elif operator == "gs" and operands:
            state = part_of(self.leaf.resources, "/ExtGState").get(str(operands[0]))
            self.state = replace(self.state, odd=_odd(self.state.odd, state))
        elif operator in ("BDC", "BMC"):
            self.marks.append(operator == "BDC" and self.switched_off(operands))
        elif operator == "EMC" and self.marks:
            self.marks.pop()
        elif operator == "Tr" and operands:
            self.state = replace(self.state, mode=int(operands[0]))
        elif operator in LETTERS:
            self.letters_clip |= self.state.mode >= CLIPS_FROM
        elif operator == "ET" and self.letters_clip:
            self.state, self.letters_clip = replace(self.state, clipped=True), False

    def switched_off(self, operands: list[Any]) -> bool:
        content = layer_of(self.leaf.resources, operands)
        return content is not None and not self.layers.shows(content)


def drawn_images(leaf: pikepdf.Page, layers: OptionalContent) -> list[DrawnImage]:
    """Return the images that a page's own content draws, in order."""
    return list(_Reader(leaf, layers).images())


def layer_of(resources: Any, operands: list[Any]) -> Any:
    """Return the layer that a mark of content begins (`/OC name BDC`); None for other marks."""
    if len(operands) < 2 or str(operands[0]) != "/OC":
        return None
    if isinstance(operands[1], pikepdf.Name):
        return part_of(resources, "/Properties").get(str(operands[1]))
    return operands[1]


def keeps_its_colours(image: Any, resources: Any) -> bool:
    """Say whether nothing puts another meaning under an image's colours, or makes it see-through.

    A page may set a default in the place of a device's colour space (ISO 32000-1, 8.6.5.6); a
    JPEG 2000 image may bring its own mask.
    """
    if int(image.get("/SMaskInData", 0)):
        return False
    space = image.get("/ColorSpace")
    if isinstance(space, pikepdf.Array) and len(space) > 1 and str(space[0]) == "/Indexed":
        space = space[1]
    if not isinstance(space, pikepdf.Name):
        return True
    other = part_of(resources, "/ColorSpace").get(DEFAULT_SPACES.get(str(space), "/None"))
    if isinstance(other, pikepdf.Array) and len(other):
        other = other[0]
    return other is None or str(other) in (str(space), *CALIBRATED)


def _odd(before: frozenset[str], state: Any) -> frozenset[str]:
    """Return which entries change how an image looks once a graphics state is set."""
    if not isinstance(state, pikepdf.Dictionary):
        return before
    now = set(before)
    for key, value in state.items():
        if key in NEUTRAL:
            (now.discard if _neutral(key, value) else now.add)(key)
        elif key not in HARMLESS:
            now.add(key)
    if "/TR2" in state and "/TR2" not in now:  # it goes before /TR, where both are there
        now.discard("/TR")
    return frozenset(now)


def _neutral(key: str, value: Any) -> bool:
    if isinstance(value, pikepdf.Array) and key in ("/BM", "/TR", "/TR2"):
        several = key != "/BM"  # functions, one a colour; of blend modes the first that is known
        kept = [_neutral(key, one) for one in (value if several else list(value)[:1])]
        return bool(kept) and all(kept)
    if isinstance(value, pikepdf.Object):
        return not isinstance(value, pikepdf.Stream) and str(value) in NEUTRAL[key]
    return bool(value in NEUTRAL[key])
