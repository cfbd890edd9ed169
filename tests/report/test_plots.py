"""The plots: well-formed, in bounds, told to those who cannot see them, nothing unescaped."""

import math
import re
from xml.etree import ElementTree

import pytest

from docclean.report.plots import (
    Gain,
    Rate,
    curve_plot,
    error_bars,
    forest,
    interval_bar,
    page_counts,
    points,
)
from docclean.scores.results import Curve
from docclean.scores.statistics import Interval

UNKNOWN = Interval(math.nan, math.nan, math.nan)
GAINS = [
    Gain("<letters> & forms", Interval(0.03, 0.01, 0.05)),
    Gain("bad", Interval(-0.02, -0.04, -0.001)),
    Gain("unsure", Interval(0.01, -0.01, 0.02)),
    Gain("unknown", UNKNOWN),
    Gain("all", Interval(0.02, 0.01, 0.03), whole=True),
]
CURVE = Curve("fold <&>", (0, 0.5, 1), (0.01, 0.2, 1.4), (0.01, 0.1, math.nan), 12)


def drawn(text):
    root = ElementTree.fromstring(text)
    assert root.get("role") == "img" and root.get("aria-label")
    for node in root.iter():
        for name in ("x", "x1", "x2", "cx", "width"):
            value = node.get(name, "0")
            assert "nan" not in value
            if value.endswith("%"):
                assert 0 <= float(value[:-1]) <= 100
    return root


def marks(root, tag, kind):
    return [node for node in root.iter(tag) if node.get("class", "").split() == kind.split()]


@pytest.mark.parametrize(
    "text",
    [
        forest(GAINS, "gains <of> & all"),
        forest([], "nothing"),
        forest([Gain("none", Interval(0, 0, 0))], "nothing gained"),
        interval_bar(GAINS[0].gain, 0.05, 'a "gain"'),
        interval_bar(UNKNOWN, 0.0, "unknown"),
        error_bars([Rate("<raw>", 0.4, "before"), Rate("x", math.nan)], "errors"),
        error_bars([Rate("perfect", 0.0)], "no errors"),
        error_bars([], "nothing"),
        curve_plot(CURVE, 1.0),
        curve_plot(Curve("none", (), (), (), 0), 0.0),
        page_counts(3, 0, 1),
        page_counts(0, 0, 0),
    ],
)
def test_a_plot_is_well_formed_and_in_bounds(text):
    drawn(text)


def test_the_forest_colours_only_what_is_certain():
    root = drawn(forest(GAINS, "gains"))
    assert len(marks(root, "circle", "dot better")) == 2
    assert len(marks(root, "circle", "dot worse")) == 1
    assert len(marks(root, "circle", "dot unsure")) == 1
    text = " ".join(root.itertext())
    assert "<letters> & forms" in text and "+3.00 (+1.00 to +5.00)" in text and "–" in text


def test_a_gain_stands_right_of_the_line_and_a_loss_left_of_it():
    better, worse = (
        drawn(interval_bar(Interval(value, value, value), 0.05, "x")) for value in (0.03, -0.03)
    )
    assert float(next(better.iter("circle")).get("cx")[:-1]) > 50
    assert float(next(worse.iter("circle")).get("cx")[:-1]) < 50


def test_bars_are_as_long_as_the_rates():
    rows = [Rate("raw", 0.4, "before"), Rate("cleaned", 0.1, "after")]
    root = drawn(error_bars(rows, "errors"))
    raw, cleaned = (marks(root, "line", f"bar {role}")[0] for role in ("before", "after"))
    assert raw.get("x2") == "100.00%" and cleaned.get("x2") == "25.00%"


def test_a_curve_falls_where_the_error_falls():
    root = drawn(curve_plot(CURVE, 1.0))
    heights = [float(node.get("cy")) for node in marks(root, "circle", "dot before")]
    assert heights == sorted(heights, reverse=True) and min(heights) >= 0
    assert len(marks(root, "circle", "dot after")) == 2
    assert "severity 0.5: 20.0% as it is, 10.0% cleaned" in root.get("aria-label")


def test_counts_share_the_width():
    widths = re.findall(r'width="([\d.]+)%" height="10" class="part (\w+)"', page_counts(3, 0, 1))
    assert widths == [("75.00", "better"), ("25.00", "worse")]


def test_points_are_signed():
    assert points(Interval(0.012, -0.004, 0.02)) == "+1.20 (−0.40 to +2.00)"
    assert points(Interval(0, -0.00001, 0.00001)) == "0.00 (0.00 to 0.00)"
    assert points(UNKNOWN) == "–"
