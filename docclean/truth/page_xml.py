"""PAGE of any year: regions in their reading order, nested ones too."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from docclean.errors import UnreadableInputError
from docclean.truth.base import (
    Box,
    Element,
    Sheet,
    TrueWord,
    Truth,
    local_name,
    make_truth,
    to_box,
    to_number,
)


def read_page(path: Path, root: Element) -> Truth:
    """Read PAGE of any year from its root.

    Raises:
        UnreadableInputError: it has regions without their text.
    """
    meant = next(root.iter("{*}TextRegion", "{*}TextLine"), None) is not None
    if meant and not any(
        "".join(one.itertext()) for one in root.iter("{*}Unicode", "{*}PlainText")
    ):
        raise UnreadableInputError(
            f"{path} has regions but no text; export it with its text (TextEquiv)"
        )
    sheets, words = [], []
    for page in root.iter("{*}Page"):
        sheet = Sheet()
        for region in _regions(page):
            sheet.add(_region_lines(region))
            words += list(_page_words(region))
        sheets.append(sheet)
    return make_truth(sheets, words)


def _is_region(element: Element) -> bool:
    return local_name(element).endswith("Region") or local_name(element) == "TableCell"


def _regions(page: Element) -> list[Element]:
    """Return the regions, nested ones too, each once, in reading order.

    Regions the reading order does not name stand after the region they are nested in, or at
    the end as the file lists them.
    """
    regions = [one for one in page.iter("*") if _is_region(one)]
    by_id = {one.get("id"): one for one in reversed(regions)}
    order = [ref for group in page.iterchildren("{*}ReadingOrder") for ref in _references(group)]
    named = set(order)
    taken: dict[Element, None] = {}  # ordered

    def take(region: Element) -> None:
        if region in taken:
            return
        taken[region] = None
        for child in region.iterchildren("*"):
            if _is_region(child) and child.get("id") not in named:
                take(child)

    for ref in order:
        if ref in by_id:
            take(by_id[ref])
    for region in regions:
        take(region)
    return list(taken)


def _references(group: Element) -> Iterator[str]:
    """Yield the ids a group names: by index in an ordered group, else as they are listed."""
    children = list(group.iterchildren("*"))
    if local_name(group).startswith("OrderedGroup"):
        children.sort(key=_index)
    for child in children:
        if ref := child.get("regionRef"):  # groups may stand for a region, too
            yield ref
        yield from _references(child)


def _index(element: Element) -> float:
    return to_number(element.get("index")) or 0.0


def _region_lines(region: Element) -> Sequence[str]:
    lines = [_line_text(line) for line in region.iterchildren("{*}TextLine")]
    inner = (one for one in region.iterdescendants("*") if _is_region(one))
    if any(lines) or any(_region_lines(one) for one in inner):
        return lines  # a region's own text repeats that of the regions in it
    return _equivalent(region).splitlines()


def _line_text(line: Element) -> str:
    own = _equivalent(line).strip()
    return own or " ".join(_equivalent(word) for word in line.iterchildren("{*}Word")).strip()


def _equivalent(element: Element) -> str:
    """Return an element's own text: of several readings that with the lowest index."""
    readings = sorted(element.iterchildren("{*}TextEquiv"), key=_index)
    for reading in readings[:1]:
        for name in ("{*}Unicode", "{*}PlainText"):
            if (found := reading.find(name)) is not None:
                return "".join(found.itertext())
    return ""


def _page_words(region: Element) -> Iterator[TrueWord]:
    for line in region.iterchildren("{*}TextLine"):
        for word in line.iterchildren("{*}Word"):
            text = " ".join(_equivalent(word).split())
            if text and (box := _outline_box(word.find("{*}Coords"))):
                yield TrueWord(text, *box)


def _outline_box(outline: Element | None) -> Box | None:
    """Return the box around an outline: `points="x,y x,y"`, before 2013 Point elements."""
    if outline is None:
        return None
    pairs = [point.split(",") for point in outline.get("points", "").split()]
    pairs = pairs or [[one.get("x"), one.get("y")] for one in outline.iterchildren("{*}Point")]
    if not pairs or any(len(pair) != 2 for pair in pairs):
        return None
    across = [one for pair in pairs if (one := to_number(pair[0])) is not None]
    down = [one for pair in pairs if (one := to_number(pair[1])) is not None]
    if not len(across) == len(down) == len(pairs):
        return None
    return to_box([min(across), min(down), max(across), max(down)], edges=True)
