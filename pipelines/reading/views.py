"""How much do harmless changes of a page move its reading, and which dpi should a page tell?

    python pipelines/reading/views.py DATA --settings SETS.toml [--split val] [--limit 2]
        [--cache FILE] [-o FILE.md]

The page turned grey is read with three dpi, each as it is, shifted by one pixel to the right and
down. What is left of a family of views after averaging is the spread of its mean over the other
family. The cleaned page is read with each dpi and with its own.
"""

import sys
from dataclasses import replace
from pathlib import Path

BENCH = Path(__file__).parents[1] / "bench"
sys.path.insert(0, str(BENCH))

import numpy as np  # noqa: E402
from common import measured, reading_arguments, run, table, tell  # noqa: E402

from docclean.clean.cleaner import Cleaner  # noqa: E402
from docclean.evaluation.cleaners import Sharing  # noqa: E402
from docclean.evaluation.comparison import evaluate  # noqa: E402
from docclean.evaluation.contenders import Contender, Treated  # noqa: E402
from docclean.evaluation.reader import VIEWS  # noqa: E402
from docclean.evaluation.settings import Settings, pages_of_split  # noqa: E402
from docclean.page import Page  # noqa: E402
from docclean.report.report import Report  # noqa: E402

SHIFTS = {"as it is": (0, 0), "right": (0, 1), "down": (1, 0)}


def shifted(name: str) -> Contender:
    """Return the page turned grey and moved by a pixel; its edge is doubled."""
    down, right = SHIFTS[name]

    def treat(page: Page) -> Treated:
        moved = np.pad(page.grey(), ((down, 0), (right, 0)), mode="edge")
        return Treated(page.with_pixels(np.ascontiguousarray(moved)))

    return Contender(name, "", treat)


def told(cleaner: Sharing, dpi: float | None, name: str) -> Contender:
    """Return the cleaned page that says it has some dpi; 'own': what follows from the scan's."""

    def treat(page: Page) -> Treated:
        read = cleaner.clean(page).reading
        return Treated(read if name == "own" else replace(read, dpi=(dpi, dpi) if dpi else None))

    return Contender(name, "", treat)


def left_over(report: Report) -> list[tuple[str, ...]]:
    """Return what one view and what the mean of three leave, of a page's CER and word F1."""
    rows = []
    for rate, form in (("cer", ".2%"), ("f1", ".4f")):
        grid = np.array(
            [
                [[getattr(view, rate) for view in page.reading(name).views] for name in SHIFTS]
                for page in report.pages
            ]
        )  # pages, shifts, dpi
        for family, axis in (("dpi", 2), ("one-pixel shifts", 1)):
            alone = grid.std(axis=axis, ddof=1).mean()
            mean = grid.mean(axis=axis).std(axis=1, ddof=1).mean()
            rows.append((f"{family}, {rate}", format(alone, form), format(mean, form)))
    return rows


def by_dpi(report: Report) -> list[tuple[str, ...]]:
    """Return a row a dpi: means of the pages."""
    rows = []
    for name in report.contenders():
        scores = [one.score for page in report.pages if (one := page.reading(name))]
        cer, f1 = (np.mean([getattr(one, rate) for one in scores]) for rate in ("cer", "f1"))
        rows.append((name, f"{cer:.2%}", f"{f1:.4f}"))
    return rows


def main() -> None:
    """Measure what was asked for and print two Markdown tables."""
    options = reading_arguments(__doc__, limit=2).parse_args()
    halves = pages_of_split(options.data, options.split)
    asked = {
        "settings": Settings.load(options.settings),
        "sets": (options.sets,),
        "only": lambda item: item.name in halves.get(item.group, ()),
        "cache": options.cache,
    }
    moved = evaluate(
        options.data,
        None,
        contenders=[*map(shifted, SHIFTS)],
        views=3,
        limit=options.limit,
        **asked,
    )
    cleaner = Sharing(Cleaner.load("small"))
    dpis = {"own": None} | {"unsaid" if dpi is None else f"{dpi:.0f}": dpi for dpi in VIEWS}
    plan = [told(cleaner, dpi, name) for name, dpi in dpis.items()]
    cleaned = evaluate(options.data, None, contenders=plan, **asked)
    lines = [f"{measured()}\n", f"Spread of a page, {len(moved.pages)} pages turned grey:\n"]
    lines += table(("views", "one view", "mean of three, over the other views"), left_over(moved))
    lines += [f"\nThe dpi a cleaned page tells, {len(cleaned.pages)} pages:\n"]
    tell([*lines, *table(("dpi", "CER", "word F1"), by_dpi(cleaned))], options.out)


if __name__ == "__main__":
    run(main)
