"""Do no harm: does a page need cleaning, and does that harm what is shown, or what is read?

The questions are tables of rows, answered by `Measures` without knowing the text. A page that
needs nothing is kept as it came; so is one of which ink would be lost. One that only reads worse is
shown cleaned and read as it came. Each limit says what it separates; `chosen` says on which pages
it was chosen, pipelines/results/gate.md what each row is worth.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from docclean.clean.gate.decision import Decision
from docclean.clean.gate.measures import Measures

MOST_LOST = 0.12
"""Share of a written block's ink that may go; more, and letters went with the dirt."""
MOST_LOST_OF_SPECKS = 0.25
"""The same on a page full of specks, where pepper that lies close still counts as ink."""
MOST_ADDED = 0.4
"""Share of the cleaned ink that may come from what was hardly darker than paper."""
MOST_CRUMBS = 2.0
"""Dark crumbs to a letter from which letters count as broken, on paper that needs little."""
WEAK_INK = 200.0
"""Grey levels from paper to ink below which sharp letters are weak."""
FAINT_INK, SMALL_STROKE = 135.0, 2.5
"""Grey levels, and width of strokes in px, below both of which weak letters are not mended."""
FAINT_SHARP, BLANK_PAPER, FEW_SPECKS = 0.55, 0.5, 0.001
"""Sharpness, deviation of the paper and share of specks of weak print on blank paper."""
ENLARGED_LITTLE, GREY_INK = 1.5, 15.0
"""Enlargement up to which, and darkest grey above which, small letters count as weak."""
BLURRED = 0.22
"""Sharpness below which crumbs say nothing: so soft a page is in crumbs before it is cleaned."""
EVEN_PAPER = 5.0
"""Deviation of blank paper, grey levels, below which there is nothing to clean."""
WHITE_PAPER = 190.0
"""Grey of the paper from which an even page counts as clean."""
MOST_DIRT = 0.003
"""Share of the page that may be dirt where the paper still counts as clean."""
MOST_SPECKS = 0.01
"""Share of the pixels that may be specks where letters still count as clean."""
MOST_OFF = 0.03
"""Share of the picture that may be off the sheet where it still needs nothing."""

Chosen = Literal["validation", "all real pages", "before the split"]
"""Which pages a limit was chosen on: the validation halves of the public sets, all of their real
pages, or some of them before the halves were drawn."""


@dataclass(frozen=True)
class Row:
    """One reason to clean a page or to keep it.

    Attributes:
        name: what is looked at.
        holds: whether the reason holds for a page.
        sentence: what is told of it; names of measures stand in braces.
        chosen: where its limits were chosen.
    """

    name: str
    holds: Callable[[Measures], bool]
    sentence: str
    chosen: Chosen

    def told(self, page: Measures) -> str:
        """Return the sentence about a page."""
        return self.sentence.format_map(vars(page))


def has_specks(page: Measures) -> bool:
    """Say whether a page is full of specks."""
    return page.specks > MOST_SPECKS


def is_even(page: Measures) -> bool:
    """Say whether the paper is even, light and clean."""
    return _is_light(page) and page.dirt < MOST_DIRT


def _is_light(page: Measures) -> bool:
    return page.paper_deviation < EVEN_PAPER and page.paper_grey > WHITE_PAPER


def is_faint(page: Measures) -> bool:
    """Say whether a page is weak, sharp print on paper that is blank and even.

    Small clean letters look weak too: where letters had to be enlarged, even the darkest must be
    grey.
    """
    return (
        0 < page.contrast < WEAK_INK
        and page.sharpness >= FAINT_SHARP
        and page.paper_deviation < BLANK_PAPER
        and page.specks < FEW_SPECKS
        and (page.scale == 1 or (page.scale <= ENLARGED_LITTLE and page.darkest > GREY_INK))
    )


def _is_weak(page: Measures) -> bool:
    mendable = page.stroke_width > SMALL_STROKE or page.contrast > FAINT_INK
    return 0 < page.contrast < WEAK_INK and mendable and (page.scale == 1 or is_faint(page))


def _loses_ink(page: Measures) -> bool:
    return page.ink_lost > (MOST_LOST_OF_SPECKS if has_specks(page) else MOST_LOST)


def _breaks_letters(page: Measures) -> bool:
    soft = 0 < page.sharpness < BLURRED
    return not has_specks(page) and not soft and _is_light(page) and page.crumbs > MOST_CRUMBS


NEEDS = (
    Row("specks", has_specks, "{specks:.1%} of the page was specks", "validation"),
    Row(
        "paper",
        lambda page: not is_even(page),
        "the paper was uneven, dark or dirty, and the ink is kept",
        "before the split",
    ),
    Row("weakness", _is_weak, "the letters were weak, and the ink is kept", "all real pages"),
    Row(
        "desk",
        lambda page: page.off_sheet > MOST_OFF,
        "{off_sheet:.0%} of the picture was no sheet, and the ink is kept",
        "validation",
    ),
)
"""Why a page needs cleaning, the first that holds is told; none: it is left untouched."""
HARMS = (
    Row(
        "ink lost",
        _loses_ink,
        "cleaning would take {ink_lost:.0%} of the ink with it",
        "before the split",
    ),
    Row(
        "ink added",
        lambda page: page.ink_added > MOST_ADDED,
        "{ink_added:.0%} of the ink would be made of paper",
        "all real pages",
    ),
)
"""Why a page that needs cleaning is shown as it came all the same."""
UNREAD = (
    Row(
        "crumbs",
        _breaks_letters,
        "letters fell into crumbs, and on paper so light they are read better as they came",
        "all real pages",
    ),
)
"""Why a page that is shown cleaned is read as it came."""
NOTHING = "the paper is even and light and the letters are sharp: there is nothing to clean"


def decide(page: Measures) -> Decision:
    """Judge a cleaned page against its original.

    Returns:
        the verdict, its reason, and the measures as they are told (`Measures.told`).
    """
    need, harm, unread = (_first(rows, page) for rows in (NEEDS, HARMS, UNREAD))
    if need is None:
        return Decision("kept", NOTHING, page.told(), untouched=True)
    if harm is not None:
        return Decision("kept", harm.told(page), page.told())
    why = "" if unread is None else unread.told(page)
    return Decision("cleaned", need.told(page), page.told(), unread=why)


def _first(rows: tuple[Row, ...], page: Measures) -> Row | None:
    """Return the first row that holds for a page."""
    return next((row for row in rows if row.holds(page)), None)
