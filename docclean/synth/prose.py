"""Pages of running text: articles, books, letters, typescripts, dialogue, small print, notes."""

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
    ragged,
    rule,
    run,
    share_out,
)


def article(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """A heading, an author, running text under subheadings."""
    body = [ragged(bold(line(voice.heading(rng)), 1.5))]
    body.append(f"#emph[{line(voice.line(rng))}]\n#v(0.6em)\n")
    for count, text in enumerate(paragraphs(rng, sheet.letters(0.92), voice.paragraph)):
        if count % 3 == 0:
            numeral = f"{count // 3 + 1} "
            body.append("#v(0.4em)\n" + ragged(bold(line(numeral + voice.heading(rng)))))
        body.append(par(text))
    return Content("\n".join(body), _page_number(rng) if rng.random() < 0.5 else "")


def columns(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """An article in two columns."""
    return _columned(rng, voice, sheet, 2)


def columns3(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """An article in three columns."""
    return _columned(rng, voice, sheet, 3)


def _columned(rng: Random, voice: Voice, sheet: Sheet, count: int) -> Content:
    head = f"#align(center)[{ragged(bold(line(voice.heading(rng)), 1.7))}]\n"
    head += f"#align(center)[{line(voice.line(rng))}]\n#v(1em)\n"
    longest = round(sheet.inner / count / sheet.size * 1.7)
    texts = paragraphs(rng, sheet.letters(0.86), voice.paragraph)
    parts = []
    for share in share_out([fit(text, len(text), longest) for text in texts], count):
        subhead = ragged(bold(line(fit(voice.heading(rng), 40, longest))))
        parts.append(subhead + "".join(map(par, share)))
    return Content(head + beside(parts, 2, rules=rng.random() < 0.3), _page_number(rng))


def book(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """A running head, indented paragraphs, perhaps a chapter, a page number."""
    number = str(rng.randint(1, 900))
    title = voice.heading(rng)
    on_top = rng.random() < 0.5
    head = f"#align(center, smallcaps[{line(title)}])\n#v(0.8em)\n"
    if on_top:
        head = f"#emph[{line(title)}] #h(1fr) {cell(number)}\n"
        head += rule(0.4) if rng.random() < 0.5 else "#v(0.6em)\n"
    chapter = ""
    if rng.random() < 0.3:
        heading = ragged(f"#text(size: 1.6em)[{line(voice.heading(rng))}]")
        chapter = f"#v(3em)#align(center)[{heading}]#v(2em)\n"
    texts = paragraphs(rng, sheet.letters(0.78 if chapter else 0.92), voice.paragraph, (4, 9))
    indent = "#set par(first-line-indent: 1.4em, spacing: par.leading)\n"
    indent = indent.replace("par.leading", f"{sheet.leading}em")
    foot = "" if on_top else f"#v(1em)#align(center)[{line(number)}]\n"
    return Content(head + chapter + indent + "".join(map(par, texts)), foot)


def letter(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """A letterhead, an address, a date, a subject, text and a signature."""
    sender = [voice.line(rng) for _ in range(rng.randint(3, 5))]
    if rng.random() < 0.5:
        head = f"#text(size: 1.8em, weight: 700)[{line(sender[0])}]\n\n"
        head += "#text(size: 0.8em)[" + " #h(1em) ".join(map(line, sender[1:])) + "]\n" + rule()
    else:
        head = "#align(right)[" + " \\ ".join(map(line, sender)) + "]\n"
    to = " \\ ".join(line(voice.line(rng)) for _ in range(rng.randint(3, 4)))
    date = line(voice.figure(rng))
    subject = line(voice.heading(rng))
    texts = "".join(map(par, paragraphs(rng, sheet.letters(0.55), voice.paragraph)))
    close = f"#v(1.5em){line(voice.line(rng))}\n#v(3em){rule(0.4, length='35%')}"
    return Content(
        f"{head}#v(2em)\n{to}\n#v(1.5em)\n#align(right)[{date}]\n#v(0.5em)\n*{subject}*\n\n"
        f"{texts}{close}{line(voice.line(rng))}\n"
    )


def typescript(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """A typewritten page: underlined headings, numbered paragraphs, tabs, ragged right."""
    longest = round(sheet.inner / sheet.size * 1.4)
    body = [f"#align(center, underline(offset: 2pt)[{line(voice.capitals(rng))}])\n#v(1em)\n"]
    body.insert(0, f"{line(voice.figure(rng))} #h(1fr) {cell(voice.figure(rng))}\n#v(1em)\n")
    numbered = rng.random() < 0.6
    for count, text in enumerate(paragraphs(rng, sheet.letters(0.78), voice.paragraph, (2, 6))):
        if count % 4 == 2:
            heading = line(fit(voice.heading(rng), 50, longest))
            body.append(f"#underline(offset: 2pt)[{heading}]\n\n")
        shown = fit(text, len(text), longest)
        if numbered:
            cells = f"[{line(f'{count + 1}.')}], [{cell(shown)}]"
            body.append(f"#grid(columns: (2.4em, 1fr), {cells})\n#v(0.4em)\n")
        else:
            body.append(f"#par[#h(3em){line(shown)}]\n")
    return Content("".join(body), f"#align(center)[{line(f'- {rng.randint(1, 40)} -')}]\n")


def punctuation(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """Speech, quotations and references: more punctuation than words need."""
    body = ["#set par(first-line-indent: 1em, spacing: 0.7em)\n"]
    before = len(body)
    opening, closing = rng.choice((("“", "”"), ("„", "“"), ("«", "»"), ("— ", ""), ('"', '"')))
    while sum(map(len, body[before:])) < sheet.letters(0.9):
        text = voice.punctuated(rng, rng.randint(1, 4))
        kind = rng.random()
        if kind < 0.5:
            text = f"{opening}{text}{closing}"
        elif kind < 0.6:
            text = f"[{rng.randint(1, 99)}] {text} ({voice.figure(rng)}; §{rng.randint(1, 60)}.)"
        body.append(par(text))
    return Content("".join(body), _page_number(rng))


def tiny(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """Small print: numbered clauses at 5 to 6 points."""
    count = rng.randint(1, 2)
    texts = paragraphs(rng, sheet.letters(0.9), voice.paragraph, (2, 5))
    clauses = []
    for number, text in enumerate(texts, 1):
        shown = fit(text, len(text), 40)
        clauses.append(f"#par[#strong[{line(f'{number}.')}] {cell(shown)}]\n")
    head = ragged(bold(line(voice.capitals(rng)), 1.6)) + "#v(1em)\n"
    parts = ["".join(share) for share in share_out(clauses, count)]
    return Content(head + beside(parts, 2), rule(0.3) + line(voice.line(rng)))


def footnotes(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """Text with footnote marks, and the footnotes under a short rule."""
    texts = paragraphs(rng, sheet.letters(0.7), voice.paragraph)
    body, feet = [f"_{line(voice.heading(rng))}_ #h(1fr) {cell(str(rng.randint(2, 700)))}\n\n"], []
    number = rng.randint(1, 30)
    for text in texts:
        at = rng.randint(0, len(text.split()) - 1) + 1
        start, rest = " ".join(text.split()[:at]), " ".join(text.split()[at:])
        mark = f"#super[{run(str(number))}]"
        body.append(f"#par[{line(start)}{mark} {cell(rest) if rest else ''}]\n")
        note = voice.punctuated(rng, rng.randint(1, 2))
        feet.append(f"#par[#super[{line(str(number))}] {cell(note)}]\n")
        number += 1
    small = f"#set text(size: {rng.uniform(0.6, 0.78):.2f}em)\n#set par(spacing: 0.5em)\n"
    return Content("".join(body), rule(0.4, length="30%") + small + "".join(feet))


def _page_number(rng: Random) -> str:
    """Return the foot of a page: its number in one of a few manners."""
    number = line(rng.choice(("{}", "{}", "- {} -", "[{}]", "p. {}")).format(rng.randint(1, 999)))
    return f"#v(1em)#align({rng.choice(('center', 'center', 'right', 'left'))})[{number}]\n"
