"""Line drawings as typst shapes: apparatus, charts, contours, geometry, ornament."""

import math
from random import Random

from docclean.synth.language.voice import Voice
from docclean.synth.markup import cell

Point = tuple[float, float]


def drawing(rng: Random, voice: Voice, width: float, height: float) -> str:
    """Return source of a drawing `width` x `height` points, lettered with a few labels."""
    parts = rng.choice((_apparatus, _chart, _contours, _geometry, _hatched))(rng, width, height)
    # each label has a band of its own, so that none covers another
    for band in rng.sample(range(5), rng.randint(0, 4)):
        letters = rng.choice((rng.choice("ABCDEFGH"), str(rng.randint(1, 40)), voice.figure(rng)))
        at = (rng.uniform(0, max(0.0, width - 8.0 * len(letters) - 4)), (band + 0.1) * height / 5.2)
        # a white ground keeps a label legible where it crosses lines
        parts.append(
            _place(at, f"box(fill: white, inset: 1pt, text(size: 0.8em)[{cell(letters)}])")
        )
    return f"#box(width: {width:.1f}pt, height: {height:.1f}pt, clip: true)[{''.join(parts)}]\n"


def _place(at: Point, shape: str) -> str:
    return f"#place(dx: {at[0]:.1f}pt, dy: {at[1]:.1f}pt, {shape})"


def _pen(rng: Random) -> str:
    return f"{rng.choice((0.25, 0.4, 0.6, 0.6, 1.0, 1.6))}pt"


def _path(points: list[Point], stroke: str, smooth: bool = False, closed: bool = False) -> str:
    """Return a line through `points`; smooth ones bend as Catmull-Rom splines do."""
    steps = [f"curve.move({_pt(points[0])})"]
    ring = points[-1:] + points + points[:2] if closed else points[:1] + points + points[-1:]
    for n in range(len(points) - (0 if closed else 1)):
        before, start, end, after = ring[n : n + 4]
        if smooth:
            out = (start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6)
            into = (end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6)
            steps.append(f"curve.cubic({_pt(out)}, {_pt(into)}, {_pt(end)})")
        else:
            steps.append(f"curve.line({_pt(end)})")
    return _place((0, 0), f"curve(stroke: {stroke}, {', '.join(steps)})")


def _pt(point: Point) -> str:
    return f"({point[0]:.1f}pt, {point[1]:.1f}pt)"


def _apparatus(rng: Random, width: float, height: float) -> list[str]:
    """Return boxes, wheels and pipes with centre lines."""
    parts = []
    for _ in range(rng.randint(4, 9)):
        at = (rng.uniform(0.02, 0.7) * width, rng.uniform(0.02, 0.65) * height)
        wide, high = rng.uniform(0.08, 0.28) * width, rng.uniform(0.1, 0.32) * height
        pen = _pen(rng)
        radius = min(wide, high) / 2
        if rng.random() < 0.5:
            parts.append(
                _place(at, f"rect(width: {wide:.1f}pt, height: {high:.1f}pt, stroke: {pen})")
            )
        else:
            for step in (1.0, rng.uniform(0.3, 0.8)):
                corner = (at[0] + radius * (1 - step), at[1] + radius * (1 - step))
                parts.append(
                    _place(corner, f"circle(radius: {radius * step:.1f}pt, stroke: {pen})")
                )
        middle = at[1] + (radius if rng.random() < 0.5 else high / 2)
        centre = [(at[0] - 6, middle), (at[0] + wide + 6, middle)]
        parts.append(_path(centre, '(thickness: 0.3pt, dash: "dash-dotted")'))
        end = (rng.uniform(0, 1) * width, rng.uniform(0, 1) * height)
        parts.append(_path([(at[0] + wide, middle), (end[0], middle), end], pen))
    return parts


def _chart(rng: Random, width: float, height: float) -> list[str]:
    """Return axes with a grid and curves or bars."""
    count = rng.randint(5, 12)
    left, foot = 0.06 * width, 0.94 * height
    parts = [_path([(left, 0), (left, foot), (width, foot)], "0.8pt")]
    for n in range(1, count):
        y = foot * n / count
        parts.append(_path([(left, y), (width, y)], '(thickness: 0.25pt, dash: "dotted")'))
    xs = [left + (width - left) * (n + 0.5) / count for n in range(count)]
    if rng.random() < 0.5:
        wide = (width - left) / count * 0.6
        for x in xs:
            top = rng.uniform(0.05, 0.85) * foot
            shape = f"rect(width: {wide:.1f}pt, height: {foot - top:.1f}pt, stroke: 0.5pt, "
            parts.append(_place((x - wide / 2, top), f"{shape}fill: luma({rng.randint(0, 255)}))"))
    else:
        for _ in range(rng.randint(1, 3)):
            curve = [(x, rng.uniform(0.05, 0.9) * foot) for x in xs]
            parts.append(_path(curve, _pen(rng), smooth=rng.random() < 0.6))
    return parts


def _contours(rng: Random, width: float, height: float) -> list[str]:
    """Return closed wavy rings inside one another, as on a map."""
    parts = []
    for _ in range(rng.randint(1, 3)):
        centre = (rng.uniform(0.3, 0.7) * width, rng.uniform(0.3, 0.7) * height)
        reach = [rng.uniform(0.6, 1.0) for _ in range(12)]
        for ring in range(rng.randint(4, 9)):
            shrink = 0.5 * (1 - ring / 9) * min(width, height)
            ring_points = [
                (
                    centre[0] + shrink * far * math.cos(n * math.pi / 6) * width / height,
                    centre[1] + shrink * far * math.sin(n * math.pi / 6),
                )
                for n, far in enumerate(reach)
            ]
            parts.append(_path(ring_points, "1pt" if ring % 4 == 0 else "0.35pt", True, True))
    return parts


def _geometry(rng: Random, width: float, height: float) -> list[str]:
    """Return a triangle or quadrangle with its diagonals and circles."""
    corners = [
        (rng.uniform(0.05, 0.95) * width, rng.uniform(0.05, 0.95) * height)
        for _ in range(rng.randint(3, 5))
    ]
    parts = [_path([*corners, corners[0]], "0.8pt")]
    for start in corners:
        for end in corners:
            if start < end and rng.random() < 0.6:
                parts.append(_path([start, end], '(thickness: 0.4pt, dash: "dashed")'))
        radius = rng.uniform(0.05, 0.3) * height
        if rng.random() < 0.5:
            corner = (start[0] - radius, start[1] - radius)
            parts.append(_place(corner, f"circle(radius: {radius:.1f}pt, stroke: 0.4pt)"))
        parts.append(_place((start[0] - 1.5, start[1] - 1.5), "circle(radius: 1.5pt, fill: black)"))
    return parts


def _hatched(rng: Random, width: float, height: float) -> list[str]:
    """Return an engraved block: fine parallel strokes of changing length, an outline around."""
    outline = [
        (
            width * (0.5 + rng.uniform(0.3, 0.47) * math.cos(n * math.pi / 7)),
            height * (0.5 + rng.uniform(0.3, 0.47) * math.sin(n * math.pi / 7)),
        )
        for n in range(14)
    ]
    parts = [_path(outline, _pen(rng), smooth=True, closed=True)]
    pitch = rng.uniform(1.6, 4)
    for n in range(round(height * 0.6 / pitch)):
        y = height * 0.2 + n * pitch
        start, end = rng.uniform(0.2, 0.5) * width, rng.uniform(0.5, 0.8) * width
        bend = rng.uniform(-3, 3)
        wave = [(start, y), ((start + end) / 2, y + bend), (end, y)]
        parts.append(_path(wave, f"{rng.choice((0.25, 0.35, 0.6))}pt", smooth=True))
    return parts
