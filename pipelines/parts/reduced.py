"""How small may the letters be that the network sees? The public pages, cleaned both ways and read.

    python pipelines/parts/reduced.py DATA [--seen 14 17.5] [--sets typewritten-eng ...]
        [--cache FILE.json] [-o FILE.md]

DATA is the folder of the public sets (`data/README.md`). Each page is cleaned with the network
seeing it as it is (seen 0), and with large letters reduced to each x-height. Tesseract reads what
is meant for it with 150 and 300 dpi said; the mean word F1 counts. Seconds are those of one
thread.
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from docclean.clean import type_size
from docclean.clean.cleaner import Cleaner
from docclean.documents import read_pages
from docclean.evaluation.environment import environment
from docclean.ocr import Tesseract
from docclean.page import Page
from docclean.scores.text import score

LANGUAGES = {"deu", "fra", "dan", "ces"}
SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
LEAST = 0.83
"""Share of the wanted x-height below which the network looks again."""
WORSE = 0.02
"""F1 that counts as better or worse."""
Rows = dict[str, dict[str, list[float]]]


def pages(data: Path, sets: list[str]) -> Iterator[tuple[str, Path, str]]:
    """Yield name, image and true text of each page."""
    for folder in sorted(path for path in (data / "ocr").iterdir() if path.is_dir()):
        if sets and folder.name not in sets:
            continue
        for truth in sorted(folder.glob("*.gt.txt")):
            stem = truth.name.removesuffix(".gt.txt")
            found = [one for one in folder.glob(f"{stem}.*") if one.suffix in SUFFIXES]
            if found:
                yield f"{folder.name}/{stem}", found[0], truth.read_text("utf-8")


def f1(page: Page, name: str, truth: str) -> float:
    """Return the mean word F1 of two readings."""
    language = name.partition("/")[0].rpartition("-")[2]
    receipt = name.startswith("receipts")
    engine = Tesseract(language if language in LANGUAGES else "eng", psm=4 if receipt else None)
    found = []
    for dpi in (150.0, 300.0):
        text = engine.read(replace(page, dpi=(dpi, dpi))).text
        folded = (truth.casefold(), text.casefold()) if receipt else (truth, text)
        found.append(score(*folded).f1)
    return float(np.mean(found))


def measured(data: Path, seen: list[float], sets: list[str], cache: Path | None) -> Rows:
    """Return F1, seconds and whether it was cleaned, of each page and x-height."""
    rows: Rows = json.loads(cache.read_text()) if cache and cache.exists() else {}
    cleaner = Cleaner.load(threads=1)
    for name, path, truth in pages(data, sets):
        if name in rows:
            continue
        page = next(iter(read_pages(path)))
        row: dict[str, list[float]] = {}
        for height in seen:
            type_size.SEEN_X_HEIGHT = height or 1e9  # type: ignore[misc]
            type_size.LEAST_SEEN = LEAST * height  # type: ignore[misc]
            began = time.process_time()
            cleaned = cleaner.clean(page)
            took = time.process_time() - began
            reading = cleaned.reading.with_pixels(cleaned.reading.grey())
            row[str(height)] = [
                f1(reading, name, truth),
                took,
                cleaned.decision.verdict == "cleaned",
            ]
        rows[name] = row
        if cache:
            cache.write_text(json.dumps(rows))
    return rows


def lines(rows: Rows, seen: list[float]) -> list[str]:
    """Return the table: all pages, and those on which the two ways differ."""
    head = "| x-height seen | F1, all pages | differing, as it is | reduced | better | worse | s |"
    told = [head, "|---|--:|--:|--:|--:|--:|--:|"]
    first = np.array([row[str(seen[0])] for row in rows.values()])
    for height in seen:
        own = np.array([row[str(height)] for row in rows.values()])
        apart = np.abs(own[:, 0] - first[:, 0]) > 1e-9
        gain = own[:, 0] - first[:, 0]
        means = [f"{one[apart, 0].mean():.4f}" if apart.any() else "" for one in (first, own)]
        cells = [
            *(f"{height:g} px" if height else "as it is", f"{own[:, 0].mean():.4f}", *means),
            *(f"{np.sum(gain > WORSE)}", f"{np.sum(gain < -WORSE)}", f"{own[:, 1].sum():.0f}"),
        ]
        told.append(f"| {' | '.join(cells)} |")
    return told


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--seen", type=float, nargs="+", default=[14.0])
    parser.add_argument("--sets", nargs="*", default=[])
    parser.add_argument("--cache", type=Path, help="JSON; a stopped run goes on")
    parser.add_argument("-o", "--out", type=Path, help="a file for what is printed")
    options = parser.parse_args()
    seen = [0.0, *options.seen]
    rows = measured(options.data, seen, options.sets, options.cache)
    told = f"# How small the letters may be that the network sees\n\n{environment().sentence()}"
    facts = f"{len(rows)} public pages; `python pipelines/parts/reduced.py DATA`."
    text = "\n".join([f"{told} {facts}\n", *lines(rows, seen), ""])
    print(text)
    if options.out:
        options.out.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
