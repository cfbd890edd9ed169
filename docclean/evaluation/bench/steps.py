"""Where the time of one page goes: decoded, looked at, through the network, finished, encoded."""

import cProfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from docclean.clean.cleaner import Cleaner
from docclean.documents import read_pages, write_pages
from docclean.page import Page

STEPS = {
    "focus": ("focusing.py", "in_focus"),
    "glance": ("cleaner.py", "_at_a_glance"),
    "map of the page": ("reader.py", "__call__"),
    "size of the letters": ("type_size.py", "x_height_of"),
    "network": ("network.py", "__call__"),
    "measures": ("work.py", "measured"),
    "other side": ("other_side.py", "front_of"),
    "put together": ("finishing.py", "finished"),
}
"""The steps of a page that is cleaned, and the functions that do them: none calls another."""
RUNS = 3


def milliseconds(path: Path, cleaner: Cleaner) -> dict[str, float]:
    """Return the milliseconds of each step for a document of one page, the least of `RUNS`.

    Args:
        path: the document.
        cleaner: cleans it; warmed up here.
    """
    (page,) = read_pages(path)
    cleaner.clean(page)
    runs = [_run(path, cleaner) for _ in range(RUNS)]
    return {name: min(run[name] for run in runs) for name in runs[0]}


def _run(path: Path, cleaner: Cleaner) -> dict[str, float]:
    pages: list[Page] = []
    decoded = _timed(lambda: pages.extend(read_pages(path)))
    profile = cProfile.Profile(time.perf_counter)
    cleaned = profile.runcall(cleaner.clean, pages[0])
    profile.create_stats()
    told: dict[Any, Any] = profile.stats
    whole = max(row[3] for row in told.values())
    found = {name: _cumulative(told, *place) for name, place in STEPS.items()}
    encoded = _timed(lambda: write_pages([cleaned.page], BytesIO(), suffix=path.suffix))
    found["the rest"] = max(0.0, whole - sum(found.values()))
    took = {"decode": decoded, **found, "encode": encoded}
    return {name: 1000 * seconds for name, seconds in took.items()}


def _cumulative(told: dict[Any, Any], file: str, name: str) -> float:
    """Return the seconds in a function and all it called."""
    return float(
        sum(row[3] for (at, _, what), row in told.items() if what == name and Path(at).name == file)
    )


def _timed(action: Callable[[], Any]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began
