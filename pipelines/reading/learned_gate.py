"""Would a learned scorer choose better than the tables of the gate what is read?

    python pipelines/reading/learned_gate.py STORE.json ... [-o FILE.md]

The stores are those of `both_ways.py`. A logistic regression on the measures of a page chooses it
cleaned or as it came; it has not seen the set the page is of.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

BENCH = Path(__file__).parents[1] / "bench"
sys.path.insert(0, str(BENCH))

import numpy as np  # noqa: E402
from common import arguments, measured, run, table, tell  # noqa: E402
from gate import WAYS, by_gate  # noqa: E402
from stored_pages import Outcome, Stored, Ways, by_half, floor, load  # noqa: E402

RIDGES = (0.3, 1.0, 10.0)


def features(page: Stored) -> list[float]:
    """Return what a learned scorer sees: every measure, small ones as logarithms."""
    told = vars(page.measures)
    small = ("ink_lost", "ink_added", "dirt", "specks", "off_sheet")
    return [np.log(told[name] + 1e-3) if name in small else told[name] for name in told]


def learned(train: Sequence[Stored], strength: float = 1.0) -> Ways:
    """Return a logistic regression that chooses by the measures.

    Every page counts by how much the choice matters; Newton's steps, ridge of `strength`.
    """
    known = np.array([features(page) for page in train])
    middle, width = known.mean(0), known.std(0) + 1e-6
    gains = np.array([page.f1("cleaned") - page.f1("kept") for page in train])
    weight = np.abs(gains) / (np.abs(gains).mean() + 1e-9)
    inputs = np.c_[np.ones(len(train)), (known - middle) / width]
    theta = np.zeros(inputs.shape[1])
    ridge = strength * np.diag([0.0] + [1.0] * (len(theta) - 1))
    for _ in range(30):
        share = 1 / (1 + np.exp(-np.clip(inputs @ theta, -30, 30)))
        slope = inputs.T @ (weight * ((gains > 0) - share)) - ridge @ theta
        curve = (inputs * (weight * share * (1 - share) + 1e-6)[:, None]).T @ inputs + ridge
        theta = theta + np.linalg.solve(curve, slope)

    def way(page: Stored) -> str:
        if page.routed:
            return "kept"
        seen = np.r_[1.0, (np.array(features(page)) - middle) / width]
        return "cleaned" if seen @ theta > 0 else "kept"

    return way


def left_out(pages: Sequence[Stored], strength: float) -> Ways:
    """Return what chooses a page by a scorer that has not seen its set."""
    by_set = {
        group: learned([one for one in pages if one.group != group], strength)
        for group in {page.group for page in pages}
    }
    return lambda page: by_set[page.group](page)


def learned_table(pages: Sequence[Stored]) -> list[str]:
    """Return the tables beside scorers learned on the other sets, and beside the oracle."""
    ways = {"the tables": by_gate, "always as it came": WAYS["as it came"]}
    ways |= {"always cleaned": WAYS["cleaned"]}
    ways |= {f"learned, ridge {one:g}": left_out(pages, one) for one in RIDGES}
    ways |= {"oracle": WAYS["oracle"]}
    halves = by_half(pages)
    lines = []
    for name, way in ways.items():
        cells = [name]
        for some in halves.values():
            told, least = Outcome.of(some, way), floor(some, way, by_gate)
            cells += [f"{told.f1:.4f} ± {least:.4f}", str(told.worse)]
        lines.append(cells)
    head = ["chosen by", *(f"{half}: {told}" for half in halves for told in ("F1", "worse"))]
    return table(head, lines)


def main() -> None:
    """Learn from what was stored, and choose."""
    parser = arguments(__doc__)
    parser.add_argument("stores", nargs="+", type=Path)
    options = parser.parse_args()
    tell([measured(), "", *learned_table(load(options.stores))], options.out)


if __name__ == "__main__":
    run(main)
