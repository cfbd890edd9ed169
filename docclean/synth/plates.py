"""Pages with pictures: line drawings and photographs beside text, captions under them."""

from collections.abc import Callable
from random import Random

from docclean.synth.figures import drawing
from docclean.synth.language.voice import Voice
from docclean.synth.markup import (
    Content,
    Sheet,
    beside,
    bold,
    fit,
    line,
    par,
    paragraphs,
    photo,
    ragged,
)
from docclean.synth.pictures import draw_spec

Picture = Callable[[float, float], str]
"""Makes source of a picture of a width and height in points."""


def drawings(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """Running text with line drawings."""
    return _illustrated(rng, voice, sheet, lambda wide, high: drawing(rng, voice, wide, high))


def pictures(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """Running text with photographs, halftone or grey."""
    return _illustrated(rng, voice, sheet, lambda wide, high: photo(draw_spec(rng), wide, high))


def _illustrated(rng: Random, voice: Voice, sheet: Sheet, picture: Picture) -> Content:
    body = [ragged(bold(line(voice.heading(rng)), 1.5))]
    room, number = sheet.letters(0.9), rng.randint(1, 40)
    in_point = sheet.letters() / max(1.0, sheet.inner * sheet.paper * sheet.fill)
    while room > 0:
        high = rng.uniform(90, max(100, min(230, sheet.paper * sheet.fill * 0.35)))
        if rng.random() < 0.55:
            source, used = _beside_text(rng, voice, sheet, picture, high, number)
        else:
            wide = sheet.inner * rng.uniform(0.55, 1.0)
            source = f"#align(center)[{picture(wide, high)}{_caption(rng, voice, number)}]\n"
            used = sheet.inner * high
        texts = paragraphs(rng, min(room, rng.randint(200, 1200)), voice.paragraph)
        body += [source, *map(par, texts)]
        room -= round((used + 30 * sheet.inner) * in_point) + sum(map(len, texts))
        number += 1
    return Content("\n".join(body), f"#align(center)[{line(str(rng.randint(1, 400)))}]\n")


def _beside_text(
    rng: Random, voice: Voice, sheet: Sheet, picture: Picture, high: float, number: int
) -> tuple[str, float]:
    """Return a picture and text in two columns, and the area in square points they take."""
    share = rng.uniform(0.35, 0.6)
    wide = sheet.inner * share - sheet.size
    longest = round(sheet.inner * (1 - share) / sheet.size * 1.6)
    letters = round(sheet.inner * (1 - share) * high / sheet.size**2 * 1.4)
    texts = [fit(text, len(text), longest) for text in paragraphs(rng, letters, voice.paragraph)]
    text = "".join(map(par, texts))
    widths = [f"{share * 100:.1f}%", "1fr"]
    if rng.random() < 0.5:
        parts = [picture(wide, high) + _caption(rng, voice, number), text]
    else:
        parts = [text, picture(wide, high) + _caption(rng, voice, number)]
        widths.reverse()
    return beside(parts, 1, widths=f"({', '.join(widths)})"), sheet.inner * high


def _caption(rng: Random, voice: Voice, number: int) -> str:
    mark = rng.choice(("Fig. {}.", "{}.", "({})", "Abb. {}:", "{} —")).format(number)
    text = fit(voice.paragraph(rng, 1), 90, 16)
    style = rng.choice(("italic", "normal"))
    return f'\n#text(size: 0.8em, style: "{style}")[{line(f"{mark} {text}")}]\n'
