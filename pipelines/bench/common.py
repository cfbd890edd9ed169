"""What the scripts share: arguments, the day and the machine, tables, what is written."""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from docclean.evaluation.environment import environment


def arguments(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser whose description is the first line of a script's docstring.

    It has the option -o: a file that takes what the script prints.
    """
    parser = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    parser.add_argument("-o", "--out", type=Path, help="a file for what is printed")
    return parser


def measured() -> str:
    """Return when and on what machine this is measured, and with which Tesseract."""
    here = environment()
    return f"{here.date}, {here.machine}, Tesseract {here.versions.get('Tesseract', 'none')}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return the lines of a Markdown table: words on the left, numbers on the right."""
    lines = ["| " + " | ".join(head) + " |", "|---" + "|--:" * (len(head) - 1) + "|"]
    return lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]


def tell(lines: Iterable[str], out: Path | None) -> None:
    """Print lines, and write them where a file is named."""
    text = "\n".join(lines) + "\n"
    print(text)
    if out:
        out.write_text(text, "utf-8")
