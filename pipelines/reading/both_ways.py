"""Every page read as it came, divided and cleaned, whatever the tables say: what `gate.py` asks.

    python pipelines/reading/both_ways.py DATA -o STORE.json [--settings SETS.toml] [--split val]
        [--sets 'ocr/*' 'dirty-documents'] [--cache FILE]

A page's measures and its scores under three views are stored. A page that never comes to the
tables, being drawn, a picture, or clean at a glance, is read as it came. Of sets that are not
split, such as dirty-documents, every eighth page counts to each half.
"""

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

BENCH = Path(__file__).parents[1] / "bench"
sys.path.insert(0, str(BENCH))

import numpy as np  # noqa: E402
from common import described, run  # noqa: E402

from docclean.clean.cleaner import Cleaner, faint_for  # noqa: E402
from docclean.clean.finishing import finished  # noqa: E402
from docclean.clean.gate.decision import Decision, Verdict  # noqa: E402
from docclean.clean.gate.measures import Measures  # noqa: E402
from docclean.clean.network import load_runtime  # noqa: E402
from docclean.clean.reading import legible  # noqa: E402
from docclean.clean.work import Work  # noqa: E402
from docclean.evaluation.comparison import evaluate  # noqa: E402
from docclean.evaluation.contenders import CONTENDERS, Contender, Treated  # noqa: E402
from docclean.evaluation.folder import Item  # noqa: E402
from docclean.evaluation.settings import Settings, pages_of_split  # noqa: E402
from docclean.page import Page  # noqa: E402
from docclean.regions.reader import map_reader  # noqa: E402
from docclean.scores.results import PageResult  # noqa: E402

HALVES = ("val", "test")
EVERY = 4
"""Of sets that are not split, every such page is read, in turn of one half and the other."""
READ = ("grey", "divide", "kept", "cleaned", "usual network")
"""Ways a page is read: turned grey, divided by its paper, as the gate keeps and as it cleans it,
and cleaned without the network for weak print."""


class Forced(Cleaner):
    """A cleaner whose verdict is told beforehand; it remembers what it had to judge."""

    verdict: Verdict = "cleaned"
    judged: Work | None = None

    def _chosen(self, work: Work) -> Work:
        self.judged = self.judged or work
        told = work.measures.told() | {"x_height": work.x_height, "scale": work.scale}
        return replace(work, decision=Decision(self.verdict, "as told beforehand", told))

    def both(self, page: Page) -> tuple[Page, Page, Work | str]:
        """Return the page to be read cleaned and as it came, and what was to be judged.

        Nothing was where the page never comes to the tables: then why.
        """
        self.judged, self.verdict = None, "cleaned"
        done = self.clean(page)
        work = self.judged
        if work is None:
            return legible(done), legible(done), done.decision.reason
        self.verdict = "kept"
        kept = replace(work, decision=Decision("kept", "as told beforehand", {}))
        left = self._without_pens(kept, finished(kept))
        return legible(done), legible(left), work


@dataclass(frozen=True, eq=False)
class BothWays:
    """Reads pages in every way, the cleaning done once a page."""

    main: Forced
    plain: Forced

    @classmethod
    def load(cls, model: str = "small") -> "BothWays":
        """Load the networks."""
        runtime, faint = load_runtime(model, threads=1), faint_for(model, threads=1)
        main, plain = (Forced(runtime, faint=one, look=map_reader(1)) for one in (faint, None))
        return cls(main, plain)

    def contenders(self) -> list[Contender]:
        """Return the ways as contenders; the note of the cleaned one is what was measured."""
        known = lru_cache(maxsize=1)(self._pictures)

        def way(name: str) -> Callable[[Page], Treated]:
            def treat(page: Page) -> Treated:
                pictures, facts = known(page)
                dot = page.with_pixels(np.zeros((1, 1), np.uint8))  # nothing is held against it
                return Treated(dot, json.dumps(facts) if name == "cleaned" else "", pictures[name])

            return treat

        return [Contender(name, "", way(name)) for name in READ]

    def _pictures(self, page: Page) -> tuple[dict[str, Page], dict[str, Any]]:
        cleaned, kept, judged = self.main.both(page)
        routed = judged if isinstance(judged, str) else ""
        work = None if isinstance(judged, str) else judged
        faint = work is not None and work.network is not self.main.runtime
        facts = {
            "measures": asdict(Measures() if work is None else work.measures),
            "routed": routed,
            "faint": faint,
        }
        pictures = {
            "grey": page.with_pixels(page.grey()),
            "divide": CONTENDERS["divide"].treat(page).reading,
            "kept": kept,
            "cleaned": cleaned,
            "usual network": self.plain.both(page)[0] if faint else cleaned,
        }
        return pictures, facts


def chosen(data: Path, half: str) -> Callable[[Item], bool]:
    """Return what tells whether a page is read: of a half, or every so many of sets without."""
    halves = pages_of_split(data, half)
    seen: dict[str, int] = {}

    def is_read(item: Item) -> bool:
        if item.group in halves:
            return item.name in halves[item.group]
        place = seen[item.group] = seen.get(item.group, -1) + 1
        return place % (2 * EVERY) == EVERY * HALVES.index(half)

    return is_read


def rows_of(pages: Iterable[PageResult], half: str) -> list[dict[str, Any]]:
    """Return a page as plain data: its facts, its score a view in each way."""
    return [
        {
            "set": page.group,
            "name": page.name,
            "half": half,
            "views": {one.contender: [asdict(view) for view in one.views] for one in page.readings},
            **json.loads(next(one.note for one in page.readings if one.contender == "cleaned")),
        }
        for page in pages
    ]


def main() -> None:
    """Read what was asked for and store it."""
    parser = described(__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--settings", type=Path)
    parser.add_argument("--split", choices=HALVES, help="a half; all pages where none is told")
    parser.add_argument("--sets", nargs="+", default=[])
    parser.add_argument("--cache", type=Path, help="file that keeps what Tesseract has read")
    options = parser.parse_args()
    report = evaluate(
        options.data,
        None,
        contenders=BothWays.load().contenders(),
        settings=Settings.load(options.settings),
        sets=options.sets,
        only=chosen(options.data, options.split) if options.split else None,
        cache=options.cache,
        views=3,
        progress=lambda done, of: print(f"{done} of {of}", file=sys.stderr),
    )
    rows = rows_of(report.pages, options.split or "made")
    options.out.write_text(json.dumps(rows, indent=0), "utf-8")


if __name__ == "__main__":
    run(main)
