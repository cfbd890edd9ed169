"""What each contender does to pictures, panels, stamps and codes: how many of how many it harms.

    python pipelines/parts/whole.py --pages 60 --write pages/
    python pipelines/parts/harmed.py pages/ -o pipelines/results/harm.md

The measures are those of `docclean evaluate`. Nothing is read, which is what takes time there.
"""

import argparse
import sys
from pathlib import Path

from docclean.clean.cleaner import Cleaner
from docclean.evaluation.cleaners import cleaned_by
from docclean.evaluation.comparison import evaluate, resolve
from docclean.ocr import PageText
from docclean.page import Page
from docclean.report.report import Report

CONTENDERS = ("raw", "divide", "otsu", "sauvola", "unpaper", "ocrmypdf-clean", "ungated", "cleaned")
KINDS = ("picture", "panel", "stamp", "code")


class Nothing:
    """An engine that reads nothing."""

    name = "nothing"

    def read(self, page: Page, *, words: bool = False) -> PageText:
        """Return no text."""
        return PageText("", (), 0.0)


def measured(folder: Path, contenders: list[str], model: str) -> Report:
    """Let contenders treat every page of a folder."""
    cleaner = Cleaner.load(model)
    ungated = cleaned_by(Cleaner.load(model, gate=False), "ungated")
    plan = [ungated if name == "ungated" else resolve(name, cleaner) for name in contenders]
    return evaluate(folder, cleaner, Nothing(), contenders=plan)


def table(report: Report) -> str:
    """Return a row a contender, a column a kind, 'harmed of measured', and what failed."""
    rows = [f"| contender | {' | '.join(KINDS)} | all |", f"|---|{'--:|' * (len(KINDS) + 1)}"]
    for name in report.contenders():
        counts = {one.kind: one for one in report.totals(name).parts}
        cells = [
            f"{counts[kind].harmed} of {counts[kind].measured}" if kind in counts else ""
            for kind in KINDS
        ]
        harmed, all_ = (sum(getattr(c, n) for c in counts.values()) for n in ("harmed", "measured"))
        rows.append(f"| {name} | {' | '.join(cells)} | {harmed} of {all_} |")
    failed = [f"- {one.name}: {one.message}" for one in report.failures]
    made = report.environment.sentence() if report.environment else ""
    return "\n".join([f"{len(report.pages)} pages. {made}", "", *rows, "", *failed]).rstrip() + "\n"


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("-o", "--out", type=Path, help="a file for what is printed")
    parser.add_argument("--contenders", nargs="+", default=list(CONTENDERS))
    parser.add_argument("--model", default="small", help="a name or an .onnx file")
    options = parser.parse_args()
    report = measured(options.folder, options.contenders, options.model)
    told = table(report)
    sys.stdout.write(told)
    for page in report.harmed():
        sys.stderr.write(f"{page.full_name}\n")
    if options.out:
        options.out.write_text(told, "utf-8")


if __name__ == "__main__":
    main()
