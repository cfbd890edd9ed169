"""All that a page draws: forms in forms, patterns, masks, glyphs; counted before it is drawn."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pikepdf

from docclean.documents.base import Source
from docclean.documents.pdf.contents import CONTENT_LIMIT, unpacked

MOST_DRAWS = 100_000
"""Forms, patterns, masks, glyphs of Type 3 and images that a page may draw, one in another
counted as often as it is drawn."""
DEEPEST = 64
"""Forms in forms; PDFium draws no deeper than half of that."""
LETTERS = frozenset(("Tj", "TJ", "'", '"'))
Resources = Any
"""A dictionary of pikepdf, or {}."""
Key = tuple[tuple[int, int], tuple[int, int]]
"""A stream, and whose resources it draws with."""


@dataclass(frozen=True)
class Drawn:
    """What a page draws.

    Attributes:
        images: the images, each once, those in masks and patterns among them.
        streams: its own streams, each once, and what they take: contents, forms, images, masks.
        layered: layers lie within its forms.
    """

    images: tuple[Any, ...]
    streams: tuple[tuple[tuple[int, int], int], ...]
    layered: bool

    @property
    def pixels(self) -> int:
        """Return how many pixels the largest image says it has."""
        return max((int(one.Width) * int(one.Height) for one in self.images), default=0)


@dataclass
class _Walk:
    """Goes through what a page draws; each stream is read once, however often it is drawn."""

    source: Source
    costs: dict[Key, int] = field(default_factory=dict)
    under_way: list[tuple[int, int]] = field(default_factory=list)
    images: dict[tuple[int, int], Any] = field(default_factory=dict)
    streams: dict[tuple[int, int], int] = field(default_factory=dict)
    read: int = 0
    layered: bool = False

    def refused(self, why: str) -> Exception:
        return self.source.unreadable(f"has a page {why}; print it anew")

    def content(self, owner: Any, resources: Resources, key: tuple[int, int]) -> int:
        """Return how many draws the content of a page or a stream comes to."""
        total = 0
        for parts, theirs, number in _uses(owner, resources):
            owned = (resources, key) if theirs is None else (theirs, parts[0].objgen)
            total += number * max(self.part(part, *owned) for part in parts)
            if total > MOST_DRAWS:
                raise self.refused(f"that draws more than {MOST_DRAWS:,} things")
        return total

    def part(self, part: Any, resources: Resources, key: tuple[int, int]) -> int:
        """Return how many draws one of them is: itself, and what is drawn in it."""
        if not isinstance(part, pikepdf.Stream):
            return 1
        if part.get("/Subtype") == "/Image":
            self.images[part.objgen] = part
            for mask in (part.get("/SMask"), part.get("/Mask")):
                if isinstance(mask, pikepdf.Stream):
                    self.streams[mask.objgen] = int(mask.get("/Length", 0))
            self.streams[part.objgen] = int(part.get("/Length", 0))
            return 1
        own = part.get("/Resources")
        if isinstance(own, pikepdf.Dictionary):
            resources, key = own, part.objgen
        known = (part.objgen, key)
        if known not in self.costs:
            self.costs[known] = 1 + self.inside(part, resources, key)
        return self.costs[known]

    def inside(self, part: Any, resources: Resources, key: tuple[int, int]) -> int:
        if part.objgen in self.under_way:
            raise self.refused("with a form that draws itself")
        if len(self.under_way) >= DEEPEST:
            raise self.refused(f"with forms in forms, more than {DEEPEST} deep")
        self.take(part)
        self.layered |= any(map(_is_layer, part_of(resources, "/Properties").values()))
        self.layered |= any("/OC" in one for one in part_of(resources, "/XObject").values())
        self.under_way.append(part.objgen)
        total = self.content(part, resources, key)
        self.under_way.pop()
        return total

    def take(self, stream: Any) -> None:
        """Note a stream of drawing.

        Raises:
            UnreadableInputError: the page has more of them than any page needs.
        """
        if stream.objgen in self.streams:
            return
        self.streams[stream.objgen] = len(stream.read_raw_bytes())
        self.read += unpacked(stream, CONTENT_LIMIT)
        if self.read > CONTENT_LIMIT:
            raise self.refused(f"of more than {CONTENT_LIMIT // 1_000_000} MB of drawing")


def drawn_by(leaf: pikepdf.Page, source: Source) -> Drawn:
    """Return what a page draws, before anything draws it.

    Raises:
        UnreadableInputError: it draws too much, or a form that draws itself.
    """
    walk = _Walk(source)
    contents = leaf.obj.get("/Contents")
    for stream in list(contents) if isinstance(contents, pikepdf.Array) else [contents]:
        if isinstance(stream, pikepdf.Stream):
            walk.take(stream)
    resources = leaf.obj.get("/Resources", leaf.resources)
    total = walk.content(leaf, resources, leaf.obj.objgen)
    drawn = Drawn(tuple(walk.images.values()), tuple(walk.streams.items()), walk.layered)
    for note in _appearances(leaf):
        total += walk.part(note, {}, note.objgen)
    if total > MOST_DRAWS:
        raise walk.refused(f"that draws more than {MOST_DRAWS:,} things")
    return drawn


def _uses(owner: Any, resources: Resources) -> Iterator[tuple[list[Any], Resources, int]]:
    """Yield what a content draws: one of these parts, with resources of their own, so often."""
    forms, states = part_of(resources, "/XObject"), part_of(resources, "/ExtGState")
    patterns, fonts = part_of(resources, "/Pattern"), _drawn_fonts(resources)
    masked = {name: _mask(state) for name, state in states.items()}
    wanted = ["Do"]
    wanted += ["scn", "SCN"] if len(patterns) else []
    wanted += ["gs"] if any(mask is not None for mask in masked.values()) else []
    wanted += LETTERS if fonts else []
    if isinstance(owner, pikepdf.Stream) and not _has_any(owner.read_bytes(), wanted):
        return
    named: Counter[tuple[str, str]] = Counter()
    letters = 0
    for step in pikepdf.parse_content_stream(owner, " ".join(wanted)):
        operator = str(step.operator)
        if operator in LETTERS:
            letters += sum(map(_length, step.operands))
        elif len(step.operands) and isinstance(step.operands[-1], pikepdf.Name):
            named[operator, str(step.operands[-1])] += 1
    for (operator, name), number in named.items():
        known: Any = {"Do": forms, "gs": masked}.get(operator, patterns)
        if (part := known.get(name)) is not None:
            yield [part], None, number
    for font in fonts if letters else ():  # which of its glyphs is shown how often is not counted
        glyphs = [one for one in font.CharProcs.values() if isinstance(one, pikepdf.Stream)]
        if glyphs:
            yield glyphs, font.get("/Resources", resources), letters


def _has_any(data: bytes, words: list[str]) -> bool:
    return any(word.encode() in data for word in words)


def part_of(resources: Resources, name: str) -> Any:
    """Return one dictionary of resources; {} where there is none, or it is broken."""
    part = resources.get(name) if isinstance(resources, pikepdf.Dictionary) else None
    return part if isinstance(part, pikepdf.Dictionary) else {}


def _is_layer(mark: Any) -> bool:
    return isinstance(mark, pikepdf.Dictionary) and mark.get("/Type") in ("/OCG", "/OCMD")


def _mask(state: Any) -> Any:
    """Return the form that a graphics state masks with."""
    mask = state.get("/SMask") if isinstance(state, pikepdf.Dictionary) else None
    return mask.get("/G") if isinstance(mask, pikepdf.Dictionary) else None


def _drawn_fonts(resources: Resources) -> list[Any]:
    """Return the Type 3 fonts: their glyphs are drawn as forms are."""
    fonts = part_of(resources, "/Font").values()
    return [
        font
        for font in fonts
        if isinstance(font, pikepdf.Dictionary)
        and font.get("/Subtype") == "/Type3"
        and len(part_of(font, "/CharProcs"))
    ]


def _length(operand: Any) -> int:
    if isinstance(operand, pikepdf.Array):
        return sum(map(_length, operand))
    return len(bytes(operand)) if isinstance(operand, pikepdf.String) else 0


def _appearances(leaf: pikepdf.Page) -> Iterator[Any]:
    """Yield the appearances of a page's annotations."""
    notes = leaf.obj.get("/Annots")
    for note in notes if isinstance(notes, pikepdf.Array) else ():
        looks = part_of(note, "/AP")
        states = (looks.get("/N"), *part_of(looks, "/N").values())
        yield from (one for one in states if isinstance(one, pikepdf.Stream))
