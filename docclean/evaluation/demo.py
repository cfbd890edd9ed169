"""The main job shown on one page: made or scanned, cleaned, read twice, measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from docclean.clean.cleaner import Cleaner
from docclean.corruptions.chain import dirty_by_name
from docclean.documents import read_pages
from docclean.errors import UnreadableInputError
from docclean.evaluation import Report, evaluate
from docclean.evaluation.folder import find_items
from docclean.jobs.batch import process_many
from docclean.jobs.plan import plan_outputs
from docclean.ocr import Tesseract
from docclean.page import Page
from docclean.pairs.folder import write_pair, write_png, writing_pairs
from docclean.recipe import Options
from docclean.report.pictures import before_after
from docclean.synth import TextSource, typeset

DIRT = {
    "faint_ink": 0.1,
    "paper_texture": 0.35,
    "stain": 0.6,
    "footprint": 0.2,
    "wrinkle": 0.3,
    "specks": 0.3,
    "uneven_light": 0.4,
}
"""What the page suffers: only corruptions that need neither torch nor albumentations."""
DPI = 150
PICTURE = "before-after.png"


@dataclass(frozen=True)
class Shown:
    """What there is to look at for one page or folder."""

    title: str
    picture: Path | None
    """Before and after, side by side; None where nothing could be read."""
    text: str
    report: Path | None = None
    complete: bool = True
    """Whether every file was cleaned."""


def run_demo(
    out: Path, seed: int = 8, folders: Sequence[Path] = (), model: str = "small", lang: str = "eng"
) -> list[Shown]:
    """Show the gain on a page made here, or on the real scans of each folder.

    A folder with truth (ID.gt.txt beside its images, or noisy/ and truth/) is measured; any other
    is cleaned, its first page shown and Tesseract's confidence told.

    Args:
        out: folder for pictures, reports and cleaned pages; made if missing.
        seed: of the page made here.
        folders: folders of real scans; none makes a page.
        model: which model cleans.
        lang: Tesseract's language.

    Raises:
        DoccleanError: of the step that failed, with what to do.
    """
    cleaner = Cleaner.load(model)
    if folders:
        names = [folder.resolve().name or "root" for folder in folders]
        homes = [
            out / (f"{name}-{names[:place].count(name) + 1}" if name in names[:place] else name)
            for place, name in enumerate(names)
        ]
        if len(folders) == 1:
            return [_show_folder(folders[0], homes[0], cleaner, lang)]
        return [
            _try_folder(folder, home, cleaner, lang)
            for folder, home in zip(folders, homes, strict=True)
        ]
    home = out / "page"
    _make_page(home, seed)
    return [_show_measured("a page made here and dirtied", home, out, cleaner, "eng")]


def _make_page(home: Path, seed: int) -> None:
    text = TextSource(())
    made = typeset(Random(seed), text, DPI, "book")
    dirty, clean = dirty_by_name(made.page.pixels, DIRT, seed, DPI)
    with writing_pairs(home):
        write_pair(
            home, "page", made.page.with_pixels(dirty), made.page.with_pixels(clean), made.text
        )


def _try_folder(folder: Path, out: Path, cleaner: Cleaner, lang: str) -> Shown:
    """Show one of several folders; one that cannot be read does not stop the others."""
    try:
        return _show_folder(folder, out, cleaner, lang)
    except UnreadableInputError as error:
        return Shown(str(folder), None, str(error), complete=False)


def _show_folder(folder: Path, out: Path, cleaner: Cleaner, lang: str) -> Shown:
    if not any(item.truth for item in find_items(folder).items):
        return _show_unlabelled(folder, out, cleaner, lang)
    return _show_measured(str(folder), folder, out, cleaner, lang)


def _show_measured(title: str, folder: Path, out: Path, cleaner: Cleaner, lang: str) -> Shown:
    report = evaluate(folder, cleaner, Tesseract(lang), pictures=True)
    out.mkdir(parents=True, exist_ok=True)
    report.to_html(out / "report.html")
    best = max(report.pages, key=lambda page: page.change(report.before, report.after))
    items = find_items(folder).items
    source = next(one for one in items if (one.group, one.name) == (best.group, best.name))
    page = next(read_pages(source.image))
    picture = _picture(page, cleaner(page), out)
    return Shown(title, picture, _headline(report) + "\n\n" + report.to_text(), out / "report.html")


def _show_unlabelled(folder: Path, out: Path, cleaner: Cleaner, lang: str) -> Shown:
    """Clean every document of a folder into `out`/cleaned and show the first page of the first."""
    target = out / "cleaned"
    target.mkdir(parents=True, exist_ok=True)
    plan = plan_outputs([str(folder)], target)
    results = process_many(plan, lambda: cleaner, Options(overwrite=True), progress=True)
    failed = [result.message for result in results if result.status == "failed"]
    done = [result for result in results if result.status == "done"]
    if not done:
        raise UnreadableInputError(failed[0])
    first = Path(done[0].source)
    page = next(read_pages(first))
    after = cleaner.clean(page)
    picture = _picture(page, after.page, out)
    engine = Tesseract(lang)
    raw, cleaned = (_confidence(engine, one) for one in (page, after.reading))
    lines = [
        f"{first.name}: mean word confidence {raw:.1f} as scanned, {cleaned:.1f} cleaned",
        f"{len(done)} of {len(results)} files cleaned into {target}",
        *failed,
        "put the true text beside the images as ID.gt.txt to see the CER",
    ]
    return Shown(str(folder), picture, "\n".join(lines), complete=not failed)


def _picture(before: Page, after: Page, out: Path) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    write_png(out / PICTURE, before_after(before, after))
    return out / PICTURE


def _headline(report: Report) -> str:
    return f"CER {report.cer_raw:.2%} as scanned -> {report.cer_clean:.2%} cleaned"


def _confidence(engine: Tesseract, page: Page) -> float:
    words = engine.read(page, words=True).words
    return float(np.mean([word.confidence for word in words])) if words else 0.0
