"""A result as text: what a terminal, a README, a spreadsheet and a program get of it."""

import csv
import io
import json
import math
from dataclasses import replace

import pytest

from docclean.errors import OutputError, UnreadableInputError
from docclean.report import exports, tables
from docclean.report.report import Report
from docclean.scores.environment import Environment
from docclean.scores.pixels import Fidelity
from docclean.scores.results import Cost, Curve, Failure, PageResult, Reading, Signs
from docclean.scores.text import score

TRUTH = "one two three four"


def reading(name, text, **more):
    return Reading(name, text, score(TRUTH, text), treat=Cost(0.5, 100.0), ocr=Cost(2.0), **more)


@pytest.fixture
def report():
    near = Fidelity(0.1, 20.0, 0.9, 95.0, 96.0, 1.5)
    pages = (
        PageResult(
            "ocr/a|b",
            "p1",
            TRUTH,
            (reading("grey", "one two"), reading("cleaned", TRUTH, fidelity=near, note="x")),
        ),
        PageResult("two", "p2", TRUTH, (reading("grey", TRUTH), reading("cleaned", "one two"))),
        PageResult("two", "p3", TRUTH, (reading("grey", "one"), reading("cleaned", "one two"))),
        PageResult(
            "blind",
            "p4",
            None,
            tuple(
                Reading(name, "a b", signs=Signs(confidence, words, None, 1.0, 3.5, 0.25))
                for name, confidence, words in (("grey", math.nan, 0), ("cleaned", 88.0, 2))
            ),
        ),
    )
    machine = Environment("2026-01-02", "3 cores, abacus", {"Tesseract": "5.9"})
    failures = (Failure("two/p9", "two/p9.png: is damaged; scan it again"),)
    return Report("folder", pages, failures, (), machine, "4 pages read")


def test_numbers_of_sets_and_of_all(report):
    summary = report.summary()
    assert [(one.name, one.pages, one.labelled) for one in summary.sets] == [
        ("ocr/a|b", 1, True),
        ("two", 2, True),
        ("blind", 1, False),
    ]
    assert (summary.overall.name, summary.overall.pages) == ("all sets", 3)
    two = summary.sets[1].comparison("cleaned")
    assert (two.better, two.same, two.worse, two.p_value) == (1, 0, 1, 1.0)
    grey, cleaned = (summary.sets[1].total(name) for name in ("grey", "cleaned"))
    assert two.cer.value == pytest.approx(grey.micro.cer - cleaned.micro.cer)
    assert two.f1.value == pytest.approx(cleaned.micro.f1 - grey.micro.f1)
    assert summary.sets[2].comparisons == () and math.isnan(
        summary.sets[2].totals[0].signs.confidence
    )
    assert summary.sets[0].total("cleaned").fidelity.drd == 1.5
    assert summary.sets[1].total("cleaned").fidelity is None
    assert [page.name for page in report.made_worse()] == ["p2"]


def test_text_for_a_terminal(report):
    lines = report.to_text().splitlines()
    assert lines[0].startswith("worse   two/p2: CER +")
    assert lines[1] == "failed  two/p9: two/p9.png: is damaged; scan it again"
    heads = [line.split()[0] for line in lines if "s OCR" in line]
    assert heads == ["ocr/a|b", "two", "blind", "all"]
    assert lines[-1] == "Measured 2026-01-02 on 3 cores, abacus; Tesseract 5.9."
    assert "4 pages read" in lines[-2] and "sign test p = 1" in lines[-3]


def test_markdown_keeps_to_its_cells(report):
    blocks = report.to_markdown().split("\n\n")
    assert blocks[0].startswith("Measured 2026-01-02")
    for table in blocks[2:4]:
        widths = {line.replace("\\|", "").count("|") for line in table.splitlines()}
        assert len(widths) == 1
    assert "| ocr/a\\|b | 1 | cleaned | 0.00% |" in blocks[2]
    assert "| blind | 1 | cleaned | 88.0 |" in blocks[3] and "Not read: two/p9" in blocks[4]


def test_the_short_table(report):
    text = tables.to_short_markdown(report.summary())
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == 2 + 2 + 1  # two lines of head, two labelled sets, all of them
    assert rows[-1].startswith("| all sets (3) |")
    assert "0.0% / 1.000" in rows[2] and "blind" not in text and "abacus" in text


def test_csv_has_a_line_a_page_and_contender(report):
    rows = list(csv.DictReader(io.StringIO(report.to_csv())))
    assert len(rows) == 8 and {row["set"] for row in rows} == {"ocr/a|b", "two", "blind"}
    first, last = rows[1], rows[-1]
    assert (first["cer"], first["rmse"], first["note"]) == ("0.0", "0.1", "x")
    assert (last["cer"], last["sign_confidence"], last["sign_known"]) == ("", "88.0", "")


def test_json_is_whole_and_knows_no_nan(report):
    told = json.loads(report.to_json(), parse_constant=pytest.fail)
    assert told["version"] == 1 and told["environment"]["date"] == "2026-01-02"
    assert told["pages"][0]["name"] == "p2"
    blind = next(page for page in told["pages"] if page["name"] == "p4")
    assert blind["truth"] is None and blind["readings"][0]["signs"]["confidence"] is None
    assert told["sets"][1]["comparisons"][0]["worse"] == 1
    assert report.to_json() == report.to_json()


def test_a_table_goes_between_the_marks(tmp_path, report):
    readme = tmp_path / "README.md"
    readme.write_text(f"# x\n\n{exports.BEGIN}\nold\n{exports.END}\n\ntail\n", "utf-8")
    for _ in range(2):  # again: the same file
        exports.write_between(readme, tables.to_short_markdown(report.summary()))
        text = readme.read_text("utf-8")
        assert text.startswith("# x\n\n" + exports.BEGIN) and text.endswith(
            exports.END + "\n\ntail\n"
        )
        assert "old" not in text and text.count("all sets (3)") == 1
    readme.write_text("no marks")
    with pytest.raises(UnreadableInputError, match="put the lines '<!-- docclean evaluate: begin"):
        exports.write_between(readme, "x")
    assert readme.read_text() == "no marks"
    with pytest.raises(UnreadableInputError, match="cannot be read"):
        exports.write_between(tmp_path / "absent.md", "x")


def test_a_file_that_cannot_be_written(tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        exports.write_text(tmp_path / "absent" / "x.csv", "x")
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutputError, match="taken: cannot be written"):
        exports.write_text(tmp_path / "taken", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_curves_are_told_as_numbers_too(report):
    curve = Curve("stain", (0.0, 1.0), (0.01, 0.5), (0.012, 0.25), 3)
    drawn = replace(report, curves=(curve,))
    assert not any("|" in line and "ocr" not in line for line in drawn.to_text().splitlines())
    assert "50.0% > 25.0%" in drawn.to_text() and "1.0% > 1.2%" in drawn.to_text()
    row = next(line for line in drawn.to_markdown().splitlines() if line.startswith("| stain"))
    assert row.count("|") == 4 and "CER by severity" not in report.to_markdown()


def test_a_report_of_nothing_but_failures_has_no_headline(report):
    blind = replace(report, pages=report.pages[3:])
    assert tables.headline(blind.summary()) == "" and blind.summary().overall is None
    assert "lowers the CER" not in blind.to_text()
