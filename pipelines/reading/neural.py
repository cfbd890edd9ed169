"""Which picture of a page does a neural engine read best?

    python pipelines/reading/neural.py DATA --settings SETS.toml [--split val] [--sets 'ocr/*']
        [--limit 3] [--pictures 'own strokes'] [--cache FILE] [-o FILE.md]

Every page is cleaned once and read with RapidOCR as it came, cleaned, and in pictures between the
two. The floor is how much moving a page as it came by one pixel moves its reading.
"""

import sys
from collections.abc import Callable
from pathlib import Path

BENCH = Path(__file__).parents[1] / "bench"
sys.path.insert(0, str(BENCH))

import numpy as np  # noqa: E402
from common import measured, reading_arguments, run, table, tell  # noqa: E402

from docclean.clean.cleaner import Cleaner  # noqa: E402
from docclean.clean.contract import CleanedPage  # noqa: E402
from docclean.clean.reading import suited  # noqa: E402
from docclean.clean.type_size import resized  # noqa: E402
from docclean.evaluation.cleaners import Sharing  # noqa: E402
from docclean.evaluation.comparison import evaluate  # noqa: E402
from docclean.evaluation.contenders import CONTENDERS, Contender, Treated  # noqa: E402
from docclean.evaluation.folder import Item  # noqa: E402
from docclean.evaluation.settings import SetSettings, Settings, pages_of_split  # noqa: E402
from docclean.imageops.division import divided  # noqa: E402
from docclean.imageops.morphology import darkest  # noqa: E402
from docclean.page import Image, Page  # noqa: E402
from docclean.report.report import Report  # noqa: E402

Picture = Callable[[Page, CleanedPage], Image]
RAW, MOVED, OWN = "raw", "raw, a pixel right", "own strokes"
EIGHTH = 8
"""Of a set that is not split, whose pages say the same, every so manieth is read."""


def masked(page: Page, cleaned: CleanedPage) -> Image:
    """Return the strokes of the divided page on white, where the cleaned one has ink near."""
    shown = resized(cleaned.reading.pixels, page.pixels.shape)
    near = np.clip((255 - darkest(shown, 5)) / np.float32(64), 0, 1)
    return np.asarray(255 - near * (255 - divided(page.grey())) + 0.5, np.uint8)


def softened(picture: Picture) -> Picture:
    """Return a picture with 0.6 of its contrast."""
    return lambda page, cleaned: np.asarray(0.6 * picture(page, cleaned) + 60, np.uint8)


def halved(page: Page, cleaned: CleanedPage) -> Image:
    """Return the divided page with half the contrast where the cleaned one has no ink near."""
    both = divided(page.grey()) + masked(page, cleaned).astype(np.float32)
    return np.asarray(both / 2, np.uint8)


def moved(page: Page, _: CleanedPage) -> Image:
    """Return the page moved by a pixel to the right; its edge is doubled."""
    return np.pad(page.pixels, ((0, 0), (1, 0), (0, 0))[: page.pixels.ndim], mode="edge")


PICTURES: dict[str, Picture] = {
    MOVED: moved,
    "cleaned": lambda _, cleaned: cleaned.reading.pixels,
    "mask over divided": masked,
    "mask over divided, contrast": softened(masked),
    "half a mask": halved,
    OWN: lambda _, cleaned: suited(cleaned, neural=True).reading.pixels,
}


def contender(cleaner: Sharing, name: str) -> Contender:
    """Return a picture of the page as a contender; its note is the verdict."""

    def treat(page: Page) -> Treated:
        cleaned = cleaner.clean(page)
        pixels = np.ascontiguousarray(PICTURES[name](page, cleaned))
        return Treated(page.with_pixels(pixels), cleaned.decision.to_dict()["verdict"])

    return Contender(name, "", treat)


def rows_of(report: Report) -> list[tuple[str, ...]]:
    """Return a row a set: its floor, and the mean word F1 of its pages in each picture."""
    rows = []
    for group in dict.fromkeys(page.group for page in report.pages):
        pages = [page for page in report.pages if page.group == group]
        found = {
            name: [one.score.f1 for page in pages if (one := page.reading(name))]
            for name in report.contenders()
        }
        floor = np.mean(np.abs(np.subtract(found[MOVED], found[RAW]))) if MOVED in found else 0.0
        means = [f"{np.mean(found[name]):.3f}" for name in report.contenders() if name != MOVED]
        rows.append((group or "all", str(len(pages)), f"{floor:.3f}", *means))
    return rows


def main() -> None:
    """Measure what was asked for and print one Markdown table."""
    parser = reading_arguments(__doc__, limit=3)
    parser.add_argument("--pictures", nargs="+", choices=list(PICTURES), default=list(PICTURES))
    options = parser.parse_args()
    halves, seen = pages_of_split(options.data, options.split), dict[str, int]()

    def wanted(item: Item) -> bool:
        group, name = item.group, item.name
        seen[group] = seen.get(group, -1) + 1
        return name in halves[group] if group in halves else seen[group] % EIGHTH == 0

    cleaner = Sharing(Cleaner.load("small"))
    report = evaluate(
        options.data,
        None,
        contenders=[CONTENDERS[RAW], *(contender(cleaner, name) for name in options.pictures)],
        settings=Settings.load(options.settings, SetSettings(engine="rapidocr")),
        sets=(options.sets,),
        only=wanted,
        limit=options.limit,
        cache=options.cache,
    )
    pictures = [name for name in report.contenders() if name != MOVED]
    facts = f"{measured()}; word F1 with RapidOCR, {len(report.pages)} pages ({options.split})"
    tell([f"{facts}\n", *table(("set", "pages", "floor", *pictures), rows_of(report))], options.out)


if __name__ == "__main__":
    run(main)
