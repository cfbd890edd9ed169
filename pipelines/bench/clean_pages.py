"""Does cleaning leave a clean page as it is, and does Tesseract read it as before?

    python pipelines/bench/clean_pages.py [--model small] [--pages 300] [--jobs 2]
        [--markdown FILE.md]

Pages set at five resolutions in twenty families are read raw, cleaned, and cleaned without gate.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from random import Random

import numpy as np
from common import (
    bounds,
    cleaning_arguments,
    drawn_sums,
    each_page,
    installed,
    load_cleaners,
    load_reader,
    run,
    set_page,
    to_read,
    write,
)

from docclean.clean.contract import PageCleaner
from docclean.evaluation.reader import Reader
from docclean.report.wording import percent
from docclean.scores.statistics import Interval
from docclean.scores.text import score
from docclean.synth import Typeset

DPI_STEPS = (100, 150, 200, 300, 400)
FONTS = (
    *("Libertinus Serif", "New Computer Modern", "DejaVu Sans Mono", "DejaVu Serif"),
    *("DejaVu Sans", "Liberation Serif", "Liberation Sans", "TeX Gyre Termes", "TeX Gyre Heros"),
    *("TeX Gyre Pagella", "TeX Gyre Bonum", "Gentium Book Plus", "EB Garamond 08", "C059"),
    *("Old Standard TT", "Noto Serif", "Open Sans", "Carlito", "Courier Prime", "PT Serif"),
)
"""Twenty families, the first three inside typst; those that are not installed are passed over."""
LAYOUTS = ("article", "book", "letter", "columns", "footnotes", "invoice", "typescript")
NEAR = 2  # grey levels by which a pixel may differ and still count as untouched
WORSE = 0.005
"""Rise of the CER from which a page counts as harmed."""


def clean_page(index: int) -> Typeset:
    """Set page `index`: resolutions take turns, then families; the layout is drawn."""
    known = installed(FONTS)
    dpi, family = DPI_STEPS[index % 5], known[index // 5 % len(known)]
    seed = f"clean-pages-{index}"
    return set_page(seed, dpi, Random(f"{seed}-layout").choice(LAYOUTS), family, index + 1)


@dataclass(frozen=True)
class Change:
    """What a cleaner did to one page: CER before and after, share of pixels left, verdict."""

    before: float
    after: float
    near: float
    verdict: str


def measure_page(
    made: Typeset, cleaners: Mapping[str, PageCleaner], reader: Reader
) -> list[Change]:
    """Clean a clean page with every cleaner, and read it before and after."""
    raw, before = made.page, score(made.text, reader.read(made.page).found.text).cer
    changes = []
    for cleaner in cleaners.values():
        told = cleaner.clean(raw)
        after = score(made.text, reader.read(to_read(told)).found.text).cer
        near = np.abs(raw.grey().astype(np.int16) - told.page.grey()) <= NEAR
        changes.append(Change(before, after, float(near.mean()), told.decision.verdict))
    return changes


def mean_rise(changes: Sequence[Change]) -> Interval:
    """Return the mean rise of the pages' CER, with its 95 % interval."""
    rises = np.array([[change.after - change.before] for change in changes])
    return bounds(float(rises.mean()), drawn_sums(rises)[:, 0] / len(rises), len(rises))


def table(found: Mapping[str, Sequence[Change]]) -> list[str]:
    """Return the lines of the markdown table, a row for each cleaner."""
    lines = [
        "| | CER raw | CER cleaned | mean change, points (95 %) | worse by more than 0.5 points "
        "| better by as much | pixels within 2 grey levels: least page | mean | verdicts |",
        "|---|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    for name, changes in found.items():
        rise, low, high = (100 * value for value in astuple(mean_rise(changes)))
        before, after, near = np.array([(one.before, one.after, one.near) for one in changes]).T
        verdicts = Counter(one.verdict for one in changes)
        cells = (
            *(name, percent(before.mean()), percent(after.mean())),
            *(f"{rise:+.3f} ({low:+.3f} to {high:+.3f})", f"{(after - before > WORSE).sum()}"),
            *(f"{(before - after > WORSE).sum()}", f"{near.min():.3%}", f"{near.mean():.3%}"),
            ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items())),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def main() -> None:
    """Set the pages, clean, read, tell."""
    args = cleaning_arguments(__doc__, 300).parse_args()
    cleaners, reader = load_cleaners(args.model, args.jobs), load_reader(args.cache)
    rows = each_page(
        lambda index: measure_page(clean_page(index), cleaners, reader), args.pages, args.jobs
    )
    facts = (
        f"{args.pages} pages, {', '.join(map(str, DPI_STEPS))} dpi, {len(installed(FONTS))} "
        "families, mode 3. Bars, with the gate: mean change at most 0.00, upper bound +0.05; "
        "no page worse by more than 0.5; 99.9 % of the pixels"
    )
    found = dict(zip(cleaners, zip(*rows, strict=True), strict=True))
    write("Clean pages stay as they are", facts, table(found), args.out)


if __name__ == "__main__":
    run(main)
