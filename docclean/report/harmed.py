"""Pages with pictures, panels, stamps or codes that did not come out whole, in words."""

from collections.abc import Sequence

from docclean.scores.parts import Part
from docclean.scores.results import PageResult

NAMED = 3
"""Parts of a page that are named; of more, their number."""


def harmed_pages(pages: Sequence[PageResult], contender: str) -> list[tuple[int, PageResult]]:
    """Return the pages on which a contender harmed a part, and their places; the worst first."""
    found = [(at, page, _harmed(page, contender)) for at, page in enumerate(pages)]
    harmed = [(at, page, parts) for at, page, parts in found if parts]
    harmed.sort(key=lambda one: (-one[2][0].loss, -len(one[2])))
    return [(at, page) for at, page, _ in harmed]


def harm_in_words(page: PageResult, contender: str) -> str:
    """Say what became of the parts that a contender harmed, such as 'picture: white 1% -> 44%'."""
    harmed = _harmed(page, contender)
    reading = page.reading(contender)
    several = reading is not None and any(part.page > 1 for part in reading.parts)
    words = [
        f"page {part.page}: {_in_words(part)}" if several else _in_words(part)
        for part in harmed[:NAMED]
    ]
    more = [f"and {len(harmed) - NAMED} more"] if len(harmed) > NAMED else []
    return "; ".join([*words, *more])


def harmed_share(page: PageResult, contender: str) -> str:
    """Say how many of a page's parts a contender harmed, such as '1 of 3'."""
    reading = page.reading(contender)
    return f"{len(_harmed(page, contender))} of {len(reading.parts) if reading else 0}"


def _harmed(page: PageResult, contender: str) -> list[Part]:
    """Return the parts that a contender harmed, the worst first."""
    reading = page.reading(contender)
    parts = [part for part in reading.parts if not part.whole] if reading else []
    return sorted(parts, key=lambda part: -part.loss)


def _in_words(part: Part) -> str:
    if part.kind == "code":
        return "code no longer read" if part.decoded is False else f"code: {_greys(part)}"
    if part.kind == "stamp":
        return f"stamp: {part.ink:.0%} of its ink kept"
    bleached = part.white_after - part.white_before
    if part.kind == "picture" and bleached < 1 - part.greys:
        return f"picture: {_greys(part)}"
    if part.kind == "panel" and part.blackened > bleached:
        return f"panel: {part.blackened:.0%} of it turned black"
    return f"{part.kind}: white {part.white_before:.0%} -> {part.white_after:.0%}"


def _greys(part: Part) -> str:
    return f"greys alike {part.greys:.2f} of 1"
