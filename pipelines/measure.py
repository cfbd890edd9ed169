"""Measure the benchmark: every set, every contender, one Markdown table.

python pipelines/measure.py ../shared/data --model small -o table.md --json scores.json

Text read once is kept in the cache under the pixels it came from, so raw, grey, divide and every
page the gate leaves alone are read by Tesseract only the first time.
"""

import argparse
import datetime
import hashlib
import importlib.metadata
import json
import os
import platform
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytesseract

import docclean
from docclean.evaluation import Contender, Report, cleaned_by, evaluate, find_labelled
from docclean.ocr import OcrEngine, PageText, Tesseract
from docclean.page import Page
from docclean.score import TextRules

LANGUAGES = ("deu", "fra", "dan", "ces")
PAIRED_SET = "dirty-documents"


@dataclass
class CachedEngine:
    """An engine that reads no pixels twice; the cache also keeps the seconds of the first time."""

    engine: Tesseract
    cache: dict[str, list[str | float]]
    lock: threading.Lock = field(default_factory=threading.Lock)

    name: ClassVar[str] = "cached"

    def read(self, page: Page, *, words: bool = False) -> PageText:
        """Return the text known for these pixels, or read them."""
        key = self._key(page)
        if key not in self.cache:
            found = self.engine.read(page)
            with self.lock:
                self.cache[key] = [found.text, found.seconds]
        text, seconds = self.cache[key]
        return PageText(str(text), (), float(seconds))

    def _key(self, page: Page) -> str:
        engine = self.engine
        told = f"{tesseract_version()} {engine.lang} {engine.psm} {page.dpi} {page.pixels.shape}"
        return hashlib.sha256(told.encode() + page.pixels.tobytes()).hexdigest()


def measure_set(folder: Path, plan: Sequence[str | Contender], args: argparse.Namespace) -> Report:
    """Measure one folder with the language, segmentation and rules that belong to it."""
    cache = json.loads(args.cache.read_text()) if args.cache and args.cache.exists() else {}
    engine: OcrEngine = CachedEngine(engine_for(folder.name), cache)

    def progress(done: int, total: int) -> None:
        print(f"\r{folder.name} {done}/{total} ", end="", file=sys.stderr)
        if args.cache:  # after each page, so a stopped run goes on where it was
            save(cache, args.cache)

    return evaluate(
        folder,
        args.cleaner,
        engine,
        contenders=plan,
        limit=args.limit,
        only=wanted_pages(args.data, folder, args.split),
        rules=TextRules(fold_case=folder.name.startswith("receipts")),
        jobs=args.jobs,
        pictures=False,
        progress=progress,
    )


def save(cache: dict[str, list[str | float]], path: Path) -> None:
    """Write the cache aside, then rename."""
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps(dict(cache)))
    aside.replace(path)


def engine_for(name: str) -> Tesseract:
    """Return Tesseract as the benchmark's README asks for it."""
    lang = next((one for one in LANGUAGES if name.endswith(one)), "eng")
    psm = 6 if name == PAIRED_SET else 4 if name.startswith("receipts") else 3
    return Tesseract(lang=lang, psm=psm)


def wanted_pages(data: Path, folder: Path, split: str) -> list[str] | None:
    """Return the names of one half of a set; None for all of it (the pairs are not halved)."""
    halves = json.loads((data / "splits.json").read_text())["ocr"].get(folder.name)
    if split == "all" or halves is None:
        return None
    names: list[str] = halves[split]
    return names


def find_sets(data: Path, wanted: str | None) -> list[Path]:
    """Return the folders of the sets, those asked for or all."""
    folders = [data / PAIRED_SET, *sorted((data / "ocr").iterdir())]
    names = wanted.split(",") if wanted else [folder.name for folder in folders]
    found = [folder for folder in folders if folder.name in names and folder.is_dir()]
    unknown = set(names) - {folder.name for folder in found}
    if unknown:
        raise SystemExit(f"{data}: no set {', '.join(sorted(unknown))}")
    for folder in found:
        find_labelled(folder)  # say what is missing before an hour is spent
    return found


def markdown(reports: dict[str, Report], args: argparse.Namespace) -> str:
    """Lay the reports out as one table with the day, the machine and the versions above it."""
    packages = ("opencv-python-headless", "onnxruntime", "numpy")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    lines = [
        f"Measured {datetime.date.today()} on {os.cpu_count()} cores, {platform.machine()}, "
        f"{platform.system()}; Python {platform.python_version()}, "
        f"docclean {docclean.__version__}, Tesseract {tesseract_version()}, {versions}; "
        f"model {args.model or 'none'}; pages: {args.split}.",
        "",
        "| set | pages | contender | CER | CER/page | WER | recall | precision | F1 | RMSE "
        "| s clean | s OCR |",
        "|---|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, report in reports.items():
        for row in report.summary().totals:
            rates = row.micro
            lines.append(
                f"| {name} | {len(report.pages)} | {row.contender} | {rates.cer:.2%} "
                f"| {row.macro.cer:.2%} | {rates.wer:.2%} | {rates.recall:.3f} "
                f"| {rates.precision:.3f} | {rates.f1:.3f} "
                f"| {'' if row.rmse is None else f'{row.rmse:.4f}'} "
                f"| {row.clean_seconds:.2f} | {row.ocr_seconds:.2f} |"
            )
        for failure in report.failures:
            lines.append(f"| {name} |  | failed: {failure.name}: {failure.message} |")
    return "\n".join(lines) + "\n"


def contenders(args: argparse.Namespace) -> list[str | Contender]:
    """Return the baselines and, where a model is named, it with and without its gate."""
    plan: list[str | Contender] = ["raw", "grey", "divide", "divide-dilated"]
    args.cleaner = None
    if args.model:
        from docclean.cleaner import Cleaner

        args.cleaner = Cleaner.load(args.model)
        plan += ["cleaned", cleaned_by(Cleaner.load(args.model, gate=False), "no gate")]
    return plan


def tesseract_version() -> str:
    """Return the version of the program."""
    return str(pytesseract.get_tesseract_version(cached=True))


def main() -> None:
    """Parse, measure set by set, write what is there after each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path, help="the benchmark's folder")
    parser.add_argument("--model", help="name or path of a model; without one only baselines")
    parser.add_argument("--sets", help="names of sets, joined by commas; all by default")
    parser.add_argument("--split", choices=("val", "test", "all"), default="all")
    parser.add_argument("--jobs", type=int, default=2, help="pages at a time")
    parser.add_argument("--limit", type=int, help="at most so many pages a set")
    parser.add_argument("--cache", type=Path, help="JSON file that keeps what was read")
    parser.add_argument("-o", "--out", type=Path, help="Markdown table; stdout by default")
    parser.add_argument("--json", type=Path, help="every number and text")
    args = parser.parse_args()
    plan = contenders(args)
    reports: dict[str, Report] = {}
    for folder in find_sets(args.data, args.sets):
        reports[folder.name] = measure_set(folder, plan, args)
        print(f"\n{reports[folder.name].to_text()}\n", file=sys.stderr)
        if args.out:
            args.out.write_text(markdown(reports, args))
        if args.json:
            told = {name: json.loads(report.to_json()) for name, report in reports.items()}
            args.json.write_text(json.dumps(told, indent=1))
    if not args.out:
        print(markdown(reports, args))


if __name__ == "__main__":
    main()
