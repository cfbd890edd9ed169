"""What is each row of the gate worth? Pages read both ways are decided anew without it.

    python pipelines/reading/gate.py STORE.json ... [--time] [-o FILE.md]

The stores are those of `both_ways.py`; nothing is cleaned or read here, so it takes seconds.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BENCH = Path(__file__).parents[1] / "bench"
sys.path.insert(0, str(BENCH))

import numpy as np  # noqa: E402
from common import arguments, measured, run, table, tell  # noqa: E402
from stored_pages import Outcome, Stored, Ways, by_half, floor, load, oracle  # noqa: E402

from docclean.clean.gate import need_and_harm  # noqa: E402
from docclean.clean.gate.at_a_glance import needs_nothing  # noqa: E402
from docclean.clean.gate.measures import Measures  # noqa: E402
from docclean.evaluation.bench.pages import a4_page  # noqa: E402
from docclean.imageops.division import divided  # noqa: E402

TIMES = 25
"""How often a page is judged to tell the time."""
TABLES = ("NEEDS", "HARMS", "UNREAD")
LIMITS: dict[str, dict[str, Any]] = {
    "paper: even": {"EVEN_PAPER": float("inf")},
    "paper: light": {"WHITE_PAPER": 0.0},
    "paper: no dirt": {"MOST_DIRT": 1.0},
    "weakness: not of thin strokes": {"FAINT_INK": 0.0},
    "weakness: not of small letters": {"is_faint": lambda _: True},
    "ink lost: more of specks": {"MOST_LOST_OF_SPECKS": need_and_harm.MOST_LOST},
    "crumbs: not of soft letters": {"BLURRED": 0.0},
    "crumbs, ink lost: specks": {"has_specks": lambda _: False},
}
"""Clauses inside the rows, and values under which each separates nothing."""


def by_gate(page: Stored) -> str:
    """Return the way a page is read by the gate as it is, or as `changed` has made it."""
    if page.routed:
        return "kept"
    return "cleaned" if need_and_harm.decide(page.measures).reads_cleaned else "kept"


@contextmanager
def changed(**values: Any) -> Iterator[None]:
    """Give the gate other tables or limits for a while."""
    before = {name: getattr(need_and_harm, name) for name in values}
    try:
        for name, value in values.items():
            setattr(need_and_harm, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(need_and_harm, name, value)


# --- without a row --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Without:
    """The gate without something: other values in its module, or another way past it."""

    kind: str
    name: str
    values: dict[str, Any]
    way: Ways = by_gate

    def outcome(self, pages: Sequence[Stored]) -> Outcome:
        """Return what pages come to."""
        with changed(**self.values):
            return Outcome.of(pages, self.way)

    def cells(self, pages: Sequence[Stored]) -> tuple[str, ...]:
        """Return how pages read beside the gate as it is."""
        before, after = Outcome.of(pages, by_gate), self.outcome(pages)
        taken = {id(page): way for page, way in zip(pages, after.read, strict=True)}
        unlike = sum(page.views[taken[id(page)]] != page.views[by_gate(page)] for page in pages)
        if not unlike and self.name:
            return ("0", "", "", "")
        least = floor(pages, by_gate, lambda page: taken[id(page)])
        gain = f"{after.f1 - before.f1:+.4f} ± {least:.4f}" if self.name else f"{after.f1:.4f}"
        return (str(unlike), gain, str(after.worse), f"{after.lowest:+.3f}")


def usual_network(page: Stored) -> str:
    """Return the gate's way, weak print cleaned by the usual network."""
    way = by_gate(page)
    return "usual network" if way == "cleaned" and page.faint else way


def variants() -> Iterator[Without]:
    """Yield the gate, and the gate without each row, each clause and each way past it."""
    yield Without("all", "", {})
    for name in TABLES:
        rows = getattr(need_and_harm, name)
        for row in rows:
            rest = tuple(one for one in rows if one is not row)
            yield Without(name.lower(), row.name, {name: rest})
    for limit, values in LIMITS.items():
        yield Without("clause", limit, values)
    yield Without("route", "the network for weak print", {}, usual_network)


def rows_table(pages: Sequence[Stored]) -> list[str]:
    """Return a line for all that can be taken out, columns by half."""
    halves = by_half(pages)
    columns = ("read otherwise", "F1", "worse", "lowest")
    head = ["table", "without", *(f"{half}: {told}" for half in halves for told in columns)]
    lines = []
    for one in variants():
        cells = (cell for some in halves.values() for cell in one.cells(some))
        lines.append([one.kind, one.name or "nothing", *cells])
    return table(head, lines)


# --- by set ---------------------------------------------------------------------------------------


WAYS: dict[str, Ways] = {
    "grey": lambda _: "grey",
    "divided": lambda _: "divide",
    "as it came": lambda _: "kept",
    "cleaned": lambda _: "cleaned",
    "gate": by_gate,
    "oracle": oracle,
}


def sets_table(pages: Sequence[Stored]) -> list[str]:
    """Return a line a set and one of all: CER and word F1 in each way, means of the pages."""
    lines = []
    groups = list(dict.fromkeys(page.group for page in pages))
    for group in [*groups, ""]:
        some = [page for page in pages if group in ("", page.group)]
        told = [Outcome.of(some, way) for way in WAYS.values()]
        title = f"{group.rpartition('/')[2] or '**all**'} ({len(some)})"
        lines.append([title, *(f"{100 * one.cer:.1f} / {one.f1:.3f}" for one in told)])
    told = [Outcome.of(pages, way) for way in WAYS.values()]
    lines.append(["pages better, worse", *(f"{one.better}, {one.worse}" for one in told)])
    lines.append(["lowest", *(f"{one.lowest:+.3f}" for one in told)])
    return table(("CER % / F1", *WAYS), lines)


def bars(pages: Sequence[Stored]) -> list[str]:
    """Return the bars of sets and pages, and what stands beside each."""
    groups = list(dict.fromkeys(page.group for page in pages))
    short = []
    for group in groups:
        some = [page for page in pages if page.group == group]
        gate, grey, divided = (
            Outcome.of(some, WAYS[name]).f1 for name in ("gate", "grey", "divided")
        )
        if gate < grey - 0.002 or gate < divided - 0.005:
            short.append(f"{group.rpartition('/')[2]} ({gate - grey:+.3f}, {gate - divided:+.3f})")
    every, grey = (Outcome.of(pages, WAYS[name]) for name in ("gate", "grey"))
    least = floor(pages, by_gate, WAYS["grey"])
    return table(
        ("bar", "measured"),
        [
            (
                "every set: F1 >= grey - 0.002 and >= divided - 0.005; short (by grey, by divided)",
                ", ".join(short) or "none",
            ),
            ("all sets: F1 +0.030 over grey", f"{every.f1 - grey.f1:+.4f} ± {least:.4f}"),
            ("all sets: CER -25 %", f"{every.cer / grey.cer - 1:+.1%}"),
            ("pages worse by > 2 points: <= 1 %", f"{every.worse} of {len(pages)}"),
        ],
    )


# --- its time -------------------------------------------------------------------------------------


def milliseconds() -> list[str]:
    """Return what the gate takes of an A4 page at 300 dpi, of one processor."""
    page = a4_page().grey()
    cleaned, nothing = divided(page), np.zeros(page.shape, np.bool_)
    nothing[:400, :400] = True  # a picture in the corner
    steps = {
        "at a glance": lambda: needs_nothing(page),
        "measures and tables": lambda: need_and_harm.decide(
            Measures.of(page, cleaned, left_out=nothing)
        ),
    }
    lines = []
    for name, step in steps.items():
        taken = []
        for _ in range(TIMES):
            began = time.process_time()
            step()
            taken.append(1000 * (time.process_time() - began))
        lines.append((name, f"{np.median(taken):.1f} ms (least {min(taken):.1f})"))
    return table(("A4 at 300 dpi, a processor's time", "middle of 25"), lines)


def main() -> None:
    """Ask what was stored."""
    parser = arguments(__doc__)
    parser.add_argument("stores", nargs="*", type=Path)
    parser.add_argument("--time", action="store_true", help="also what the gate takes of a page")
    options = parser.parse_args()
    pages = load(options.stores)
    lines = [measured(), ""]
    if options.time:
        lines += [*milliseconds(), ""]
    if pages:
        lines += rows_table(pages)
    for half, some in by_half(pages).items():
        lines += ["", f"**{half}**", "", *sets_table(some), "", *bars(some)]
    tell(lines, options.out)


if __name__ == "__main__":
    run(main)
