"""Pages that shout or whisper: newspapers, posters, title pages, panels, capitals, blank pages."""

from random import Random

from docclean.synth.language.voice import Voice
from docclean.synth.markup import (
    Content,
    Sheet,
    beside,
    bold,
    cell,
    fit,
    line,
    par,
    paragraphs,
    photo,
    ragged,
    rule,
    run,
)
from docclean.synth.pictures import draw_spec

_GREYS = ("luma(215)", "luma(190)", "luma(235)")


def newspaper(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """A masthead, a lead, narrow columns with rules between them."""
    count = rng.randint(4, 5)
    strip = " #h(1fr) ".join(
        (line(voice.figure(rng)), cell(fit(voice.line(rng), 30)), cell(voice.figure(rng)))
    )
    name = fit(voice.heading(rng), 24)
    lead = fit(voice.heading(rng), 70)
    head = (
        f'#align(center, text(font: "{sheet.other}", size: 40pt, weight: 700)[{line(name)}])\n'
        f"{rule(1.5)}{strip}\n\n{rule(0.5)}"
        f"#align(center)[{ragged(bold(line(lead), rng.uniform(2.5, 3.5)))}]\n#v(0.5em)\n"
    )
    wide = sheet.inner / count - 8
    longest = round(wide / sheet.size * 1.75)
    parts = []
    for number in range(count):
        top = ""
        if number == count - 2 and rng.random() < 0.7:
            caption = (
                f"#text(size: 0.85em)[_{line(fit(voice.paragraph(rng, 1), 70, longest))}_]\n\n"
            )
            top = photo(draw_spec(rng, 0.9), wide, wide * rng.uniform(0.7, 1.2)) + caption
        room = sheet.letters(0.72 / count) - (200 if top else 0)
        parts.append(top + _stories(rng, voice, room, longest))
    return Content(head + "#set par(spacing: 0.7em)\n" + beside(parts, 1.0, rules=True))


def _stories(rng: Random, voice: Voice, letters: int, longest: int) -> str:
    """Return one newspaper column: short stories under their headings."""
    made, used = [], 0
    while used < letters:
        texts = paragraphs(rng, min(letters - used, rng.randint(200, 900)), voice.paragraph, (1, 3))
        heading = fit(voice.heading(rng), 40, max(6, round(longest / 1.5)))
        made.append(f"#align(center)[{ragged(bold(line(heading), 1.35))}]\n")
        made += [par(fit(text, len(text), longest)) for text in texts]
        made.append("#align(center, line(length: 40%, stroke: 0.4pt))\n")
        used += sum(map(len, texts)) + 3 * len(heading)
    return "".join(made)


def title(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """A title page: large centred lines, an ornament, an imprint at the foot."""
    lines = "".join(
        f"#text(size: {rng.choice((1, 1.2, 1.4))}em)[{line(voice.line(rng))}]\n\n"
        for _ in range(rng.randint(3, 7))
    )
    big = rng.uniform(2.0, 3.4)
    name = fit(voice.heading(rng), 60, round(sheet.inner / sheet.size / big * 1.5))
    ornament = rng.choice(
        (rule(0.8, length="30%"), "#circle(radius: 9pt, stroke: 1pt)\n", rule(2.5, length="12%"))
    )
    abstract = par(voice.paragraph(rng, 2)) if rng.random() < 0.6 else ""
    return Content(
        f"#v({sheet.paper * rng.uniform(0.05, 0.16):.0f}pt)\n#align(center)[\n"
        f"{ragged(bold(line(name), big))}"
        f'#text(size: 1.5em, style: "italic")[{line(voice.heading(rng))}]\n#v(2em)\n{ornament}'
        f"#v(2em)\n{lines}]\n#v(2em)\n{abstract}",
        f"#align(center)[{line(voice.line(rng))} \\ {line(str(rng.randint(1790, 2026)))}]\n",
    )


def headings(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """A bill of big headings in many sizes, with a little text between."""
    body, used = [], 0.0
    room = (sheet.paper - 2 * sheet.margin) * sheet.fill
    while used < room:
        size = rng.choice((13, 18, 24, 32, 44, 60))
        longest = round(sheet.inner / size * 1.35)
        text = voice.capitals(rng) if rng.random() < 0.4 else voice.heading(rng)
        shown = fit(text, 3 * longest, longest)
        font = rng.choice((sheet.font, sheet.other))
        weight = rng.choice((400, 700, 700))
        look = f'font: "{font}", size: {size}pt, weight: {weight}'
        body.append(f"#align(center)[{ragged(f'#text({look})[{line(shown)}]')}]\n")
        used += size * 1.4 * (1 + len(shown) * size * 0.55 // sheet.inner) + 10
        if rng.random() < 0.3:
            body.append(rule(rng.choice((0.5, 1, 3)), length=f"{rng.randint(20, 100)}%"))
        if rng.random() < 0.35:
            body.append(f"#align(center)[{ragged(line(voice.paragraph(rng, 2)))}]\n")
            used += sheet.size * 4
    return Content("\n".join(body))


def capitals(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """A notice set all in capitals."""
    lines, used = [], 0
    while used < sheet.letters(0.6):
        text = voice.capitals(rng)
        place = rng.choice(("left", "left", "center"))
        scale = rng.choice((1, 1, 1, 1.25, 1.6))
        lines.append(f"#align({place})[{ragged(f'#text(size: {scale}em)[{line(text)}]')}]\n")
        used += round(max(len(text), 35) * scale)
    return Content("\n".join(lines))


def mixed(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """Paragraphs whose words change weight, slant, family and case."""
    body = []
    for text in paragraphs(rng, sheet.letters(0.9), voice.paragraph, (2, 6)):
        words = text.split()
        at, pieces = 0, []
        while at < len(words):
            step = rng.randint(2, 12)
            piece = " ".join(words[at : at + step])
            pieces.append(_styled(rng, sheet, line(piece) if at == 0 else run(" " + piece)))
            at += step
        size = rng.choice((0.85, 1, 1, 1, 1.2))
        body.append(f"#par[#set text(size: {size}em)\n{''.join(pieces)}]\n")
    head = f"#smallcaps(text(size: 1.5em)[{line(voice.heading(rng))}])\n\n"
    return Content(head + "".join(body))


def _styled(rng: Random, sheet: Sheet, piece: str) -> str:
    """Return `piece` in one of the page's manners; half of the pieces stay plain."""
    styles = (
        f"#strong[{piece}]",
        f"#emph[{piece}]",
        f"#strong[#emph[{piece}]]",
        f"#smallcaps[{piece}]",
        f'#text(font: "{sheet.other}")[{piece}]',
        f"#underline[{piece}]",
    )
    return piece if rng.random() < 0.5 else rng.choice(styles)


def panels(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """Text between panels: white on black, black on grey, framed."""
    body = [ragged(bold(line(voice.heading(rng)), 1.6))]
    room = sheet.letters(0.72)
    while room > 0:
        texts = paragraphs(rng, 200, voice.paragraph, (1, 4))
        heading = voice.heading(rng)
        width = rng.choice((100, 100, 60))
        narrow = "#set par(justify: false)\n" if width < 100 else ""
        inside = f"{narrow}#strong[{line(heading)}]\n\n" + "".join(map(par, texts))
        fill, ink = rng.choice((("black", "white"), ("luma(40)", "white"), ("none", "black")))
        if rng.random() < 0.5:
            fill, ink = rng.choice(_GREYS), "black"
        stroke = "1pt" if fill == "none" else "none"
        body.append(
            f"#align({rng.choice(('left', 'right'))}, block(width: {width}%, fill: {fill}, "
            f"stroke: {stroke}, inset: 9pt, radius: {rng.choice((0, 0, 6))}pt)"
            f"[#set text(fill: {ink})\n#set align(left)\n{inside}])\n"
        )
        plain = paragraphs(rng, rng.randint(100, 500), voice.paragraph, (2, 5))
        body += map(par, plain)
        room -= sum(map(len, texts)) * 100 // width + sum(map(len, plain)) + 200
    return Content("\n".join(body))


def blank(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """A page with nothing on it, or nothing but its number or a single line."""
    kind = rng.random()
    if kind < 0.4:
        return Content("")
    number = line(str(rng.randint(1, 999)))
    if kind < 0.8:
        return Content("", f"#align({rng.choice(('center', 'right', 'left'))})[{number}]\n")
    return Content(f"#v({sheet.paper * 0.4:.0f}pt)#align(center)[{line(voice.line(rng))}]\n")
