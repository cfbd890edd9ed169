"""Robustness curves: each corruption at rising severity on pages set here, read dirty and cleaned.

Nothing but the packages is needed: the words come from a built-in passage, the fonts from typst.
"""

import hashlib
import json
import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from random import Random

import numpy as np
import typst
from PIL import Image as Pillow

from docclean.corruptions import CORRUPTIONS, Corruption
from docclean.corruptions.chain import runs_here
from docclean.ocr import OcrEngine
from docclean.page import Page
from docclean.scores.results import Curve
from docclean.scores.text import Score, micro, score
from docclean.synth import TextSource

SEVERITIES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""The points of a curve; 0 is the page without the corruption."""
COMMON = (
    *("typestrike", "faint_ink", "dropped_ink", "handwriting", "stamp", "bleed_through"),
    *("coloured_stock", "stain", "footprint", "specks", "wrinkle", "crumple", "crease"),
    *("uneven_light", "cast_shadow", "blur", "low_resolution", "gaussian_noise"),
    *("salt_and_pepper", "streaks", "threshold", "jpeg"),
)
"""What is measured when nothing is named: one or two of every kind; all would take an hour."""
DPI = 300


@dataclass(frozen=True)
class Specimen:
    """How a small page is set: `opening` is typst source that places the short lines `d.lines`."""

    name: str
    opening: str
    lines: int
    """Short lines above the paragraphs."""
    font: str
    """A family inside the typst package, so the page is the same on every machine."""
    size: float
    """Of the body, pt."""
    width: float
    """Of the page, pt; its height follows the text."""


# Small pages, half a second each for Tesseract, but at a scan's resolution: below 1.75 px of stroke
# the gate leaves a light page alone, and there would be no curve to see
SPECIMENS = (
    Specimen("book", "#align(center, strong(d.lines.at(0)))", 1, "Libertinus Serif", 11, 210),
    Specimen(
        "letter", "#align(right, d.lines.join(linebreak()))", 3, "New Computer Modern", 12, 230
    ),
    Specimen("typescript", "#d.lines.at(0)", 1, "DejaVu Sans Mono", 8.5, 220),
)
"""A printed, a written and a typed page; more pages set the same three in other words."""

# Ligatures and hyphens would show signs that the known text does not have
_SOURCE = """
#let d = json(bytes(sys.inputs.data))
#set page(width: d.width * 1pt, height: auto, margin: 20pt)
#set text(font: d.font, size: d.size * 1pt, hyphenate: false, ligatures: false, fallback: false)
#set par(leading: 0.65em, spacing: 1.3em)
%s
#for p in d.paragraphs [#par(p)]
"""


@dataclass(frozen=True)
class Sample:
    """A clean page and all that stands on it."""

    page: Page
    text: str


def measure_curves(
    clean: Callable[[Page], Page],
    engine: OcrEngine,
    *,
    members: Sequence[str] | None = None,
    severities: Sequence[float] = SEVERITIES,
    pages: int = 3,
    seed: int = 1,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Curve, ...]:
    """Return one curve for each corruption that runs here; the same seed gives equal curves.

    A member whose package is not installed is left out and logged.

    Args:
        clean: takes and gives a page; called by one thread at a time.
        engine: reads the pages, `jobs` at a time.
        members: names of corruptions; None takes all.
        severities: points of the curves, 0..1; 0 is always one of them.
        pages: pages at each point.
        seed: of the words and of all that is drawn.
        jobs: threads.
        progress: told (points measured, points in all), a point being one page at one severity.

    Raises:
        UsageError: no such corruption.
        DoccleanError: the engine failed.
    """
    names = CORRUPTIONS.names() if members is None else members
    chosen = [member for member in (CORRUPTIONS[name] for name in names) if runs_here(member)]
    points = tuple(sorted({0.0, *severities}))
    bench = _Bench(clean, engine, seed, [set_specimen(seed, index) for index in range(pages)])
    scores = _run(bench, _plan(chosen, points, pages), jobs, progress)
    return tuple(_curve(member, points, pages, scores) for member in chosen)


def set_specimen(seed: int, index: int) -> Sample:
    """Set page `index` of a seed: the specimens in turn, each time in other words."""
    specimen = SPECIMENS[index % len(SPECIMENS)]
    rng, text = Random(f"{seed}-{index}"), TextSource(())
    lines = [text.line(rng) for _ in range(specimen.lines)]
    paragraphs = [text.paragraph(rng, 3) for _ in range(2)]
    data = {
        "font": specimen.font,
        "size": specimen.size,
        "width": specimen.width,
        "lines": lines,
        "paragraphs": paragraphs,
    }
    png = _compiler().compile(
        (_SOURCE % specimen.opening).encode(),
        format="png",
        ppi=DPI,
        sys_inputs={"data": json.dumps(data)},
    )
    assert isinstance(png, bytes)  # a page of automatic height is one page
    pixels = np.array(Pillow.open(BytesIO(png)).convert("L"))
    page = Page(pixels, (float(DPI),) * 2, index + 1, specimen.name)
    return Sample(page, "\n".join(lines + paragraphs))


def corrupt_page(page: Page, member: Corruption, severity: float, seed: int) -> Page:
    """Return a grey page with one corruption; what is drawn depends on its name and page number.

    The generator starts alike at every severity, so between two severities of a page nothing but
    the severity differs, as far as the member's `sample` allows.
    """
    name = zlib.crc32(member.name.encode())  # hash() changes from run to run
    params = member.sample(np.random.default_rng((seed, name, page.number)), severity)
    return page.with_pixels(member.on_page(page.pixels, params, page.dpi[0] if page.dpi else DPI))


@dataclass(frozen=True)
class _Point:
    """One page at one severity; `member` is None for the page without any corruption."""

    member: Corruption | None
    severity: float
    index: int


def _plan(members: Sequence[Corruption], severities: Sequence[float], pages: int) -> list[_Point]:
    """Return every point to measure; the members share the pages without any corruption."""
    plan = [_Point(None, 0.0, index) for index in range(pages)]
    return plan + [
        _Point(member, severity, index)
        for member in members
        for severity in severities[1:]
        for index in range(pages)
    ]


def _curve(
    member: Corruption,
    severities: tuple[float, ...],
    pages: int,
    scores: Mapping[_Point, tuple[Score, Score]],
) -> Curve:
    """Return the curve of one member: its micro CER at each severity, before and after."""

    def cer(severity: float, side: int) -> float:
        shared = None if severity == 0 else member
        return micro([scores[_Point(shared, severity, index)][side] for index in range(pages)]).cer

    before = tuple(cer(severity, 0) for severity in severities)
    after = tuple(cer(severity, 1) for severity in severities)
    return Curve(member.name, severities, before, after, pages)


@dataclass(frozen=True)
class _Bench:
    """What every point goes through."""

    clean: Callable[[Page], Page]
    engine: OcrEngine
    seed: int
    samples: Sequence[Sample]
    read_before: dict[tuple[object, ...], str] = field(default_factory=dict)
    # albumentations and torch keep their random state outside the call, and the cleaner already
    # uses every core it may: only the engine, a program of its own, runs several times at once
    lock: threading.Lock = field(default_factory=threading.Lock)

    def measure(self, point: _Point) -> tuple[Score, Score]:
        """Return the score of the page as it is and cleaned."""
        sample = self.samples[point.index]
        with self.lock:
            dirty = sample.page
            if point.member is not None:
                dirty = corrupt_page(dirty, point.member, point.severity, self.seed)
            cleaned = self.clean(dirty)
        return score(sample.text, self._read(dirty)), score(sample.text, self._read(cleaned))

    def _read(self, page: Page) -> str:
        """Read a page, unless the very same pixels were read before."""
        digest = hashlib.blake2b(page.pixels.tobytes()).digest()
        key = (page.pixels.shape, page.dpi, digest)
        if key not in self.read_before:
            self.read_before[key] = self.engine.read(page).text
        return self.read_before[key]


def _run(
    bench: _Bench, plan: Sequence[_Point], jobs: int, progress: Callable[[int, int], None] | None
) -> dict[_Point, tuple[Score, Score]]:
    """Measure all points, `jobs` at a time."""
    scores = {}
    pool = ThreadPoolExecutor(max(1, jobs))
    try:
        for point, found in zip(plan, pool.map(bench.measure, plan), strict=True):
            scores[point] = found
            if progress:
                progress(len(scores), len(plan))
    finally:
        pool.shutdown(cancel_futures=True)
    return scores


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(ignore_system_fonts=True)
