"""Which looks at a page pay, beside dropping unsure words alone?

    python pipelines/reading/looks.py DATA --settings SETS.toml [--split val] [--sets 'ocr/*']
        [--jobs 2] [--cache FILE] [-o FILE.md]

Every page is cleaned once and each picture of it read under three views; fusing costs no reading.
"""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

BENCH = Path(__file__).parents[1] / "bench"
sys.path.insert(0, str(BENCH))

import numpy as np  # noqa: E402
from common import measured, reading_arguments, run, table, tell  # noqa: E402

from docclean.clean.cleaner import Cleaner  # noqa: E402
from docclean.evaluation.cleaners import Sharing, cleaned_by, dropped_by, looked_by  # noqa: E402
from docclean.evaluation.comparison import evaluate  # noqa: E402
from docclean.evaluation.contenders import CONTENDERS, Contender, Treated  # noqa: E402
from docclean.evaluation.settings import Settings, pages_of_split  # noqa: E402
from docclean.imageops.division import divided  # noqa: E402
from docclean.ocr.fusion import fused  # noqa: E402
from docclean.page import Page  # noqa: E402
from docclean.report.report import Report  # noqa: E402
from docclean.scores.statistics import POINTS  # noqa: E402

VIEWS = 3
Picture = Callable[[Page, Sharing], Page]
PICTURES: dict[str, Picture] = {
    "as it came": lambda page, _: page.with_pixels(page.grey()),
    "divided": lambda page, _: page.with_pixels(divided(page.grey())),
    "cleaned, own size": lambda page, cleaner: _grey(cleaner.clean(page).page),
}
"""What can be looked at beside the page that is cleaned for reading."""
TRIED = (
    ("as it came",),
    ("divided",),
    ("cleaned, own size",),
    ("as it came", "divided"),
    ("as it came", "divided", "cleaned, own size"),
)


def _grey(page: Page) -> Page:
    return page.with_pixels(page.grey())


def contender(cleaner: Sharing, others: Sequence[str]) -> Contender:
    """Return the cleaned page fused with other pictures of it."""

    def treat(page: Page) -> Treated:
        cleaned = cleaner.clean(page)
        looks = tuple(PICTURES[name](page, cleaner) for name in others)
        return Treated(_grey(cleaned.page), enlarged=cleaned.reading, looks=looks)

    return Contender(f"cleaned + {' + '.join(others)}", "", treat, fuse=fused)


def rows_of(report: Report) -> list[tuple[str, ...]]:
    """Return a row a contender: means of the pages, and the pages that changed against grey."""
    rows = []
    for name in report.contenders():
        scores = {page.full_name: one.score for page in report.pages if (one := page.reading(name))}
        bars = {page.full_name: one.score for page in report.pages if (one := page.reading("grey"))}
        changes = [scores[key].f1 - bars[key].f1 for key in scores if key in bars]
        cer, f1 = (
            np.mean([getattr(one, rate) for one in scores.values()]) for rate in ("cer", "f1")
        )
        better, worse = sum(c > POINTS for c in changes), sum(c < -POINTS for c in changes)
        rows.append((name, f"{cer:.2%}", f"{f1:.4f}", str(better), str(worse)))
    return rows


def main() -> None:
    """Measure what was asked for and print one Markdown table."""
    parser = reading_arguments(__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    halves = pages_of_split(options.data, options.split) if options.split else {}
    cleaner = Sharing(Cleaner.load("small", threads=1))
    plan = [CONTENDERS["grey"], cleaned_by(cleaner), dropped_by(cleaner, "dropped")]
    plan += [*map(partial(contender, cleaner), TRIED), looked_by(cleaner, "looks")]
    report = evaluate(
        options.data,
        None,
        contenders=plan,
        settings=Settings.load(options.settings),
        sets=(options.sets,),
        only=lambda item: item.group not in halves or item.name in halves[item.group],
        limit=options.limit,
        jobs=options.jobs,
        cache=options.cache,
        views=VIEWS,
    )
    head = ("read", "CER", "word F1", f"better by > {POINTS:.0%}", "worse")
    facts = f"{measured()}: {len(report.pages)} pages of {options.sets} ({options.split}), means"
    tell([f"{facts}\n", *table(head, rows_of(report))], options.out)


if __name__ == "__main__":
    run(main)
