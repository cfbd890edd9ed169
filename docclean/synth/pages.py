"""Sets one clean page: draws a sheet, lets a layout fill it, has typst make a PDF of it."""

from contextlib import closing
from dataclasses import dataclass, replace
from functools import lru_cache
from io import BytesIO
from random import Random

import pypdfium2
import typst
from PIL import Image as Pillow

from docclean.page import Page
from docclean.synth.fonts import families
from docclean.synth.language.text import TextSource
from docclean.synth.language.voice import Voice
from docclean.synth.layouts import LAYOUTS, Layout
from docclean.synth.markup import PRELUDE, Content, Sheet, photo_specs, true_text
from docclean.synth.rendering import Word, find_words, full_shape, paint_photos, render

_SLIP = 300.0  # points; narrower paper is a slip with slim margins, as long as its text
_LONGEST = 1.06  # of the paper: pages are not all cut alike
_TRIES = 6


@dataclass(frozen=True)
class Typeset:
    """A clean page and what it says."""

    page: Page
    text: str
    """True text in reading order, columns one after the other; of a page cut short, the words
    left on it, in one line."""
    words: tuple[Word, ...]
    """The words of the true text, in order, that stand wholly on the page."""
    layout: str
    font: str
    photos: tuple[tuple[int, int, int, int], ...] = ()
    """Boxes of its photographs: top, bottom, left, right in px."""


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler()


def typeset(
    rng: Random,
    text: TextSource,
    dpi: int,
    layout: str | None = None,
    max_pixels: int = 40_000_000,
    fonts: tuple[str, ...] = (),
) -> Typeset:
    """Draw and set one page.

    Args:
        rng: draws everything; the same state gives the same page on the same fonts.
        text: where the words come from.
        dpi: resolution of the page in dots per inch.
        layout: a name of `LAYOUTS`; drawn when None.
        max_pixels: rows below this area are cut off.
        fonts: families to set in, where installed; else all.
    """
    chosen = LAYOUTS[layout] if layout else rng.choice(list(LAYOUTS))
    voice = text.voice(rng)
    sheet = _draw_sheet(rng, chosen, voice, fonts)
    source, pdf = _compose(rng, voice, sheet, chosen)
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        leaf = document[0]
        truth = true_text(source)
        rows, _ = full_shape(leaf, dpi)
        pixels = render(leaf, dpi, max_pixels)
        photos = paint_photos(pixels, leaf, dpi, photo_specs(source))
        words = find_words(leaf, dpi, truth, pixels.shape[0])
    page = Page(pixels, (float(dpi), float(dpi)), source=chosen.name)
    if pixels.shape[0] < rows:
        truth = " ".join(word.text for word in words)
    return Typeset(page, truth, words, chosen.name, sheet.font, photos)


def _draw_sheet(rng: Random, layout: Layout, voice: Voice, fonts: tuple[str, ...]) -> Sheet:
    found = families(voice.script, voice.language)
    proportional, mono = (
        tuple(name for name in names if name in fonts) for names in (found.proportional, found.mono)
    )
    if not proportional and not mono:
        proportional, mono = found.proportional, found.mono
    wants_mono = rng.random() < layout.mono_share
    font = rng.choice((mono if wants_mono else proportional) or mono or proportional)
    width = rng.uniform(*layout.width)
    slim = width < _SLIP
    return Sheet(
        width=width,
        paper=0.0 if slim else width * 1.414,
        margin=rng.uniform(8, 20) if slim else rng.uniform(*layout.margin),
        size=rng.choice(layout.sizes),
        leading=rng.choice(layout.leadings),
        justify=rng.random() < layout.justified,
        fill=rng.uniform(0.35, 0.75) if rng.random() < 0.2 else rng.uniform(0.88, 0.97),
        font=font,
        other=rng.choice(proportional or mono),
        is_mono=font in found.mono,
    )


def _compose(rng: Random, voice: Voice, sheet: Sheet, layout: Layout) -> tuple[str, bytes]:
    """Return typst source and PDF of one page, drawn again with less on it while it is too long.

    A layout can only guess how wide a family runs, and the widest need twice the paper.
    """
    for _ in range(_TRIES):
        source = _source(rng, sheet, voice.language, layout.draw(rng, voice, sheet))
        pdf = _compile(source)
        with closing(pypdfium2.PdfDocument(pdf)) as document:
            longer = document[0].get_height() / sheet.paper if sheet.paper else 0.0
        if longer < _LONGEST:
            break
        sheet = replace(sheet, fill=sheet.fill / longer * 0.96)
    return source, pdf


def _source(rng: Random, sheet: Sheet, language: str, content: Content) -> str:
    """Return the whole typst file: page, type and content."""
    weight = rng.choice(("regular",) * 9 + ("bold",))
    style = rng.choice(("normal",) * 11 + ("italic",))
    tracking = rng.choice((0, 0, 0, 0.3))
    strut = max(
        0.0, sheet.paper - 2 * sheet.margin - (24 if content.foot else 0)
    )  # keeps half-filled paper at its full height
    return (
        PRELUDE
        % ", ".join(map(str, _one_pixel()))
        + f"#set page(width: {sheet.width:.2f}pt, height: auto, margin: {sheet.margin:.2f}pt)\n"
        f'#set text(font: "{sheet.font}", size: {sheet.size}pt, weight: "{weight}", '
        f'style: "{style}", lang: "{language}", tracking: {tracking}pt, hyphenate: false)\n'
        f"#set par(justify: {str(sheet.justify).lower()}, leading: {sheet.leading}em, "
        f"spacing: {sheet.leading * 1.7:.2f}em)\n"
        f"#grid(columns: (0pt, 1fr), box(height: {strut:.2f}pt), [\n{content.body}\n]"
        + (f", [], [#v(1em)\n{content.foot}\n]" if content.foot else "")
        + ")\n"
    )


@lru_cache(maxsize=1)
def _one_pixel() -> bytes:
    """Return a white 1 x 1 PNG: what keeps the place of a photo."""
    buffer = BytesIO()
    Pillow.new("L", (1, 1), 255).save(buffer, "PNG")
    return buffer.getvalue()


def _compile(source: str) -> bytes:
    made = _compiler().compile(source.encode(), format="pdf")
    assert isinstance(made, bytes)  # a PDF is one file, and no output path was given
    return made
