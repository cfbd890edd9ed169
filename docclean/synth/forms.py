"""Pages of boxes, rows and figures: forms, tables, ledgers, invoices, receipts, indexes."""

from random import Random

from docclean.synth.language.voice import Voice
from docclean.synth.markup import Content, Sheet, beside, cell, fit, line, par, rule, run, spread

_ZEBRA = "fill: (_, y) => if calc.odd(y) { luma(%d) } else { none }, "


def form(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """Labels with boxes, dotted lines and check boxes, some of them filled in."""
    head = f"#text(size: 1.5em, weight: 700)[{line(fit(voice.capitals(rng), 45, 20))}] #h(1fr) "
    head += f"#box(stroke: 0.6pt, inset: 4pt)[{cell(voice.figure(rng))}]\n{rule(1.2)}"
    makers = (_lined, _lined, _boxed, _ticked, _combed, _large)
    room = (sheet.paper - 2 * sheet.margin) * sheet.fill - 60
    parts, number = [], 1
    while room > 0:
        if rng.random() < 0.25:
            heading = line(f"{number}. {fit(voice.heading(rng), 50)}")
            parts.append(f"#block(fill: luma(220), width: 100%, inset: 3pt)[*{heading}*]\n")
            number, room = number + 1, room - 25
        source, used = rng.choice(makers)(rng, voice, sheet)
        parts.append(source)
        room -= used + 8
    foot = f"{rule(0.5, length='40%')}#text(size: 0.7em)[{line(voice.line(rng))}]\n"
    return Content(head + "".join(parts), foot)


def _label(rng: Random, voice: Voice) -> str:
    return fit(voice.heading(rng), 18, 18)


def _answer(rng: Random, voice: Voice, sheet: Sheet, letters: int) -> str:
    """Return an entry in the second family, or nothing: forms come half empty."""
    if rng.random() < 0.4:
        return ""
    text = fit(rng.choice((voice.line, voice.figure))(rng), letters, letters)
    return f'#text(font: "{sheet.other}", size: 1.1em)[{cell(text)}]'


def _lined(rng: Random, voice: Voice, sheet: Sheet) -> tuple[str, float]:
    count = rng.choice((1, 1, 2))
    dash = rng.choice(("solid", "loosely-dotted", "dotted"))
    letters = round(sheet.inner / count / sheet.size)
    cells = []
    for _ in range(count):
        cells.append(f"[{line(_label(rng, voice) + ':')}]")
        under = f'box(width: 100%, stroke: (bottom: (thickness: 0.6pt, dash: "{dash}")), '
        cells.append(f"{under}inset: (bottom: 2pt))[#sym.zws{_answer(rng, voice, sheet, letters)}]")
    return (
        f"#grid(columns: (auto, 1fr) * {count}, column-gutter: 5pt, {', '.join(cells)})\n",
        sheet.size * 1.6,
    )


def _boxed(rng: Random, voice: Voice, sheet: Sheet) -> tuple[str, float]:
    count = rng.randint(2, 4)
    letters = round(sheet.inner / count / sheet.size * 1.3)
    cells = [
        f"[#text(size: 0.7em)[{line(fit(_label(rng, voice), letters, letters))}] \\ "
        f"#v(0.2em){_answer(rng, voice, sheet, letters)}]"
        for _ in range(count)
    ]
    source = f"#table(columns: (1fr,) * {count}, stroke: 0.6pt, inset: 3pt, {', '.join(cells)})\n"
    return source, sheet.size * 3.4


def _ticked(rng: Random, voice: Voice, sheet: Sheet) -> tuple[str, float]:
    parts = [line(_label(rng, voice) + ":")]
    for _ in range(rng.randint(2, 4)):
        side = sheet.size * 0.8
        cross = f"#place(line(end: ({side}pt, {side}pt)))#place(line(start: (0pt, {side}pt), end: "
        cross += f"({side}pt, 0pt)))"
        inside = cross if rng.random() < 0.4 else ""
        box = f"#box(width: {side}pt, height: {side}pt, stroke: 0.7pt, baseline: 10%)[{inside}]"
        parts.append(f"#h(1.5em){box} {cell(fit(_label(rng, voice), 14, 14))}")
    return f"#par(justify: false)[{' '.join(parts)}]\n", sheet.size * 1.8


def _combed(rng: Random, voice: Voice, sheet: Sheet) -> tuple[str, float]:
    """Return one box for each sign of a number."""
    signs = "".join(voice.figure(rng).split())[:14]
    count = max(len(signs), min(20, round(sheet.inner / sheet.size / 2.2)))
    filled = rng.random() < 0.7
    cells = [f"[{(cell if n == 0 else run)(sign)}]" for n, sign in enumerate(signs) if filled]
    cells += ["[]"] * (count - len(cells))
    label = line(_label(rng, voice))
    return (
        f"#par(justify: false)[{label}]\n#grid(columns: ({sheet.size * 1.5:.1f}pt,) * {count}, "
        f"rows: {sheet.size * 1.7:.1f}pt, stroke: 0.5pt, align: center + horizon, "
        f"{', '.join(cells)})\n",
        sheet.size * 4,
    )


def _large(rng: Random, voice: Voice, sheet: Sheet) -> tuple[str, float]:
    """Return a large box for free text."""
    height = rng.uniform(40, 110)
    text = _answer(rng, voice, sheet, 60)
    label = line(_label(rng, voice))
    return (
        f"#block(width: 100%, stroke: 0.6pt, inset: 4pt, height: {height:.0f}pt)"
        f"[#text(size: 0.75em)[{label}] \\ {text}]\n",
        height,
    )


def table(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """A caption and tables with rules, zebra stripes or boxes."""
    room, parts = sheet.rows(sheet.size * 1.9), []
    while room > 3:
        parts.append(f"#text(size: 0.9em)[_{line(fit(voice.heading(rng), 60))}_]\n")
        count, rows = rng.randint(3, 6), min(room, rng.randint(6, 24))
        room -= rows + 5
        parts.append(_tabled(rng, voice, sheet, count, rows) + "#v(1em)\n")
    return Content("".join(parts))


def _tabled(rng: Random, voice: Voice, sheet: Sheet, count: int, rows: int) -> str:
    letters = round(sheet.inner / (count + 1) / sheet.size * 1.5)
    head = [fit(voice.heading(rng), letters, letters) for _ in range(count)]
    cells = [", ".join(f"[*{(cell if n else line)(text)}*]" for n, text in enumerate(head))]
    for _ in range(rows - 1):
        name = fit(voice.line(rng), round(letters * 1.7), round(letters * 1.7))
        figures = [fit(voice.figure(rng), letters, letters) for _ in range(count - 1)]
        cells.append(spread([name, *figures]))
    look = rng.choice(
        (
            "stroke: 0.5pt, ",
            "stroke: none, " + _ZEBRA % rng.choice((215, 230, 240)),
            "stroke: (x: none, y: 0.4pt), ",
            "stroke: (x, y) => if y == 0 { (bottom: 1pt, top: 1pt) }, ",
            "stroke: (x, y) => (left: if x > 0 { 0.4pt }, bottom: if y == 0 { 0.8pt }), ",
            "stroke: none, ",
        )
    )
    return (
        f"#table(columns: (2fr,) + (1fr,) * {count - 1}, inset: 3pt, {look}"
        f"align: (x, _) => if x == 0 {{ left }} else {{ {rng.choice(('right', 'center'))} }}, "
        f"{', '.join(cells)})\n"
    )


def numerals(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """Dense numerals in ruled columns, an account book or a timetable."""
    count = rng.randint(4, 7)
    letters = round(sheet.inner / count / sheet.size * 1.4)
    cells = []
    for _ in range(sheet.rows(sheet.size * (0.72 + 0.5))):
        drawn = voice.numerals(rng).split()
        numbers = [word for word in drawn if any(map(str.isdigit, word))] or ["0"]
        row = [fit(numbers[n % len(numbers)], letters, letters) for n in range(count)]
        cells.append(spread(row))
    stroke = rng.choice(("(x: 0.4pt, y: none)", "0.3pt", '(x: 0.6pt, y: (dash: "dotted"))'))
    head = f"#align(center)[*{line(voice.heading(rng))}*]\n"
    return Content(
        f"{head}#table(columns: (1fr,) * {count}, inset: (x: 3pt, y: 0.25em), stroke: {stroke}, "
        f"align: right, {', '.join(cells)})\n"
    )


def invoice(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """A sender, an address, a table of items, a total, terms."""
    sender = " \\ ".join(line(fit(voice.line(rng), 40)) for _ in range(4))
    to = " \\ ".join(line(fit(voice.line(rng), 40)) for _ in range(4))
    name = fit(voice.capitals(rng), 20, 20)
    head = beside(
        [f"#text(size: 1.8em, weight: 700)[{line(name)}]\n\n{to}", f"#align(right)[{sender}]"], 1
    )
    facts = beside(
        [f"*{line(_label(rng, voice))}* \\ {line(voice.figure(rng))}" for _ in range(3)], 1
    )
    rows = []
    for number in range(1, sheet.rows(sheet.size * 2, 0.55)):
        figures = [fit(voice.figure(rng), 14, 14) for _ in range(2)]
        rows.append(spread([str(number), fit(voice.line(rng), 34, 30), *figures]))
    titles = [fit(voice.heading(rng), 12, 12) for _ in range(3)]
    fill = rng.choice(("black", "luma(60)", "luma(210)"))
    ink = "black" if "210" in fill else "white"
    marks = (line("#"), *(cell(text) for text in titles))
    top = ", ".join(f"[#text(fill: {ink}, weight: 700)[{mark}]]" for mark in marks)
    stroke = rng.choice(("0.5pt", "(x: none, y: 0.4pt)", "none"))
    total = f"#align(right)[*{line(fit(voice.heading(rng), 15, 15))} #h(3em) "
    total += f"{cell(voice.figure(rng))}*]\n"
    return Content(
        f"{head}#v(2em)\n{facts}#v(1em)\n#table(columns: (auto, 3fr, 1fr, 1fr), inset: 4pt, "
        f"stroke: {stroke}, fill: (_, y) => if y == 0 {{ {fill} }}, "
        f"align: (x, _) => if x > 1 {{ right }} else {{ left }}, {top}, {', '.join(rows)})\n"
        f"{total}#v(1em)\n{par(voice.paragraph(rng, 2))}",
        rule(0.4) + f"#align(center, text(size: 0.75em)[{line(voice.line(rng))}])\n",
    )


def receipt(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """A slip of narrow paper: items and prices, a total between dashed rules."""
    letters = round(sheet.inner / sheet.size * 1.4)
    longest = letters - 2
    head = f"*{line(fit(voice.heading(rng), letters, longest))}* \\ "
    head += " \\ ".join(line(fit(voice.line(rng), letters, longest)) for _ in range(3))
    dashes = rule(0.7, dash="dashed")

    def priced(bold: str = "") -> str:
        name = fit(voice.line(rng), letters - 10, max(5, letters - 10))
        figure = fit(voice.figure(rng), 10, 10)
        return f"{bold}{line(name)} #h(1fr) {cell(figure)}{bold} \\ "

    rows = "".join(priced() for _ in range(rng.randint(8, 26)))
    totals = priced("*") + "".join(priced() for _ in range(rng.randint(0, 3)))
    numbers = line(fit(voice.numerals(rng), letters, longest))
    return Content(
        f"#align(center)[{head}]\n{dashes}{rows}\n{dashes}{totals}\n{dashes}"
        f"#align(center)[{line(fit(voice.line(rng), letters, longest))} \\ {numbers}]\n"
    )


def catalogue(rng: Random, voice: Voice, sheet: Sheet) -> Content:
    """A catalogue or list of contents: entries, leader dots, page numbers."""
    count = rng.choice((1, 1, 2))
    letters = round(sheet.inner / count / sheet.size * 1.3)
    leader = rng.choice(
        (
            "#box(width: 1fr, repeat(gap: 0.3em, box(circle(radius: 0.05em, fill: black))))",
            "#h(1fr)",
            '#box(width: 1fr, line(length: 100%, stroke: (dash: "dotted")))',
        )
    )
    rows, number = [], 1
    for n in range(sheet.rows(sheet.size * (0.72 + sheet.leading), 0.9) * count):
        number += rng.randint(0, 9)
        if n % rng.randint(6, 14) == 0:
            rows.append(f"#v(0.5em)*{line(fit(voice.heading(rng), letters, letters))}* \\ ")
        make = rng.choice((voice.line, voice.heading))
        indent = f"#h({rng.choice((0, 0, 1.2))}em)"
        name = fit(make(rng), max(8, letters - 12), max(8, letters - 12))
        rows.append(f"{indent}{line(name)} {leader} {cell(str(number))} \\ ")
    half = -(-len(rows) // count)
    parts = [
        "#set par(justify: false)\n" + "".join(rows[n * half : (n + 1) * half])
        for n in range(count)
    ]
    head = f"#align(center, text(size: 1.5em)[{line(voice.heading(rng))}])\n#v(1em)\n"
    return Content(head + beside(parts, 2, rules=rng.random() < 0.4))
