"""The HTML report: one file, no network, nothing unescaped, losses first, each text once."""

# ruff: noqa: F811  (fixtures come by import)

import math

import pytest
from written_reports import (
    TRUTH,
    block,
    head,
    outline,  # noqa: F401
    result,
    written,
)

import docclean.report.html.document as report_html
from docclean.errors import OutputError
from docclean.report.html.document import write_html
from docclean.scores.environment import Environment
from docclean.scores.pixels import Fidelity
from docclean.scores.results import (
    Curve,
    Failure,
    PageResult,
    Reading,
    SetSummary,
    Signs,
    Summary,
    Totals,
)
from docclean.scores.text import macro, micro, score

HOSTILE = "</script><script>alert(1)</script><!--PAGES--><b>&amp;\u2028"


def unlabelled(name, before, after, rise=2.0):
    readings = tuple(
        Reading(contender, text, signs=Signs(80 + extra, 3, None, 1.0, 4.0, 12.0))
        for contender, text, extra in (("grey", before, 0), ("cleaned", after, rise))
    )
    return PageResult("unknown", name, None, readings)


def signs_block():
    signs = Signs(81.25, 3, None, 0.975, 4.0, 12.0)
    totals = tuple(Totals(name, None, None, signs=signs) for name in ("grey", "cleaned"))
    return SetSummary("unknown", 2, False, totals)


# --- one file -------------------------------------------------------------------------------------


def test_it_loads_nothing(outline):
    assert not {"link", "iframe", "img", "object", "base"} & {tag for tag, _ in outline.seen}
    assert not [attrs for _, attrs in outline.seen if "src" in attrs]
    links = [attrs["href"] for attrs in outline.tags("a")]
    assert links and all(link.startswith("#") for link in links)
    policy = next(attrs for attrs in outline.tags("meta") if "http-equiv" in attrs)["content"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert not [attrs for _, attrs in outline.seen if "style" in attrs or "onclick" in attrs]


def test_only_its_own_script_runs(outline):
    run = [attrs for attrs in outline.tags("script") if "type" not in attrs]
    assert len(run) == 1
    assert {attrs["type"] for attrs in outline.tags("script") if "type" in attrs} == {
        "application/json",
        "text/plain",
    }


def test_hostile_names_and_texts_stay_text(tmp_path):
    page = result(HOSTILE, HOSTILE, f"{HOSTILE} x", group=HOSTILE, truth=HOSTILE, note=HOSTILE)
    worse = result("w" + HOSTILE, TRUTH, HOSTILE, group=HOSTILE)
    summary = Summary(
        HOSTILE,
        (block(HOSTILE, [page]), signs_block()),
        block(HOSTILE, [page]),
        "grey",
        "cleaned",
        (Failure(HOSTILE, HOSTILE),),
        (Curve(HOSTILE, (0, 1), (0.1, 0.2), (0.1, 0.1), 3),),
        Environment(HOSTILE, HOSTILE, {HOSTILE: HOSTILE}),
        HOSTILE,
    )
    outline = written(tmp_path, summary, [page, worse])
    assert len([attrs for attrs in outline.tags("script") if "type" not in attrs]) == 1
    assert outline.text.count("alert(1)") >= 9
    assert outline.json("index")["pages"][1]["name"] == HOSTILE
    raw = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "alert(1)</script>" not in raw and "<!--" not in raw


def test_a_name_that_is_no_utf8_does_not_stop_it(tmp_path):
    page = result("caf\udce9.png", "a", "b")
    name = written(tmp_path, head([page]), [page]).json("index")["pages"][0]["name"]
    assert name == "caf\udce9.png"


def test_a_file_that_cannot_be_written(tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        write_html(head([]), [], tmp_path / "absent" / "r.html")


def test_a_failure_leaves_the_old_file_alone(tmp_path, monkeypatch):
    path = tmp_path / "r.html"
    path.write_text("old")
    monkeypatch.setattr(report_html, "page_blocks", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_html(head([]), [], path)
    assert path.read_text() == "old" and len(list(tmp_path.iterdir())) == 1


# --- the head -------------------------------------------------------------------------------------


def test_the_head_says_what_happened(outline):
    assert "1.23 points lower" in outline.text and "+0.40 to +2.00" in outline.text
    assert "+0.050" in outline.text and "−0.010 to +0.100" in outline.text
    assert "p: 0.030" in outline.text
    assert "a <folder>" in outline.text and "is <broken>" in outline.text
    assert "Measured today on a desk; docclean 1." in outline.text


def test_losses_come_before_everything_that_flatters(outline):
    assert outline.json("index")["pages"][0]["name"] == "worse"
    assert "#page-0" in [attrs["href"] for attrs in outline.tags("a")]
    assert outline.text.index("Made worse 1 page") < outline.text.index("Contenders")
    loss = 100 * score(TRUTH, "the quick").cer
    assert f"−{loss:.2f}" in outline.text


def test_many_losses_fold_away(tmp_path):
    pages = [result(f"p{n}", TRUTH, "the quick") for n in range(20)]
    outline = written(tmp_path, head(pages), pages)
    assert "and 8 more" in outline.text and outline.tags("details")


def test_no_loss_is_said_too(tmp_path):
    pages = [result("better", "the quick", TRUTH)]
    assert "No page reads worse" in written(tmp_path, head(pages), pages).text


def test_columns_stand_only_where_there_is_something_to_show(tmp_path):
    pages = [result("x", "the quick", TRUTH)]
    bare = written(tmp_path, head(pages), pages).text
    assert "RMSE" not in bare and "treat MB" not in bare and "confidence" not in bare
    full = block("f", pages, fidelity=Fidelity(0.5, math.inf, 0.9, 91.0, 92.0, 3.0), peak=123.4)
    text = written(tmp_path, head(pages, sets=(full,)), pages).text
    for shown in ("RMSE", "0.500", "∞", "SSIM", "pseudo-F", "DRD", "treat MB", "123"):
        assert shown in text


def test_a_set_without_truth_shows_signs(tmp_path):
    pages = [unlabelled("u", "a b", "a c")]
    summary = Summary("t", (signs_block(),), None, "grey", "cleaned")
    outline = written(tmp_path, summary, pages)
    for shown in ("81.2", "agreement", "0.975", "paper noise", "without truth"):
        assert shown in outline.text
    assert "CER points" not in outline.text
    assert "share of the words in the dictionary" not in [
        attrs.get("title") for attrs in outline.tags("th")
    ]
    assert "Made worse" not in outline.text and "No page reads worse" not in outline.text
    texts = outline.json("text-0")
    assert texts["truth"] is None and texts["marks"][1] == [[1], [1]]


def test_several_sets_have_a_table_each_and_one_together(tmp_path):
    pages = [result("x", "the quick", TRUTH), result("y", "the", TRUTH, group="forms")]
    sets = (block("letters", pages[:1]), block("forms", pages[1:]))
    outline = written(tmp_path, head(pages, sets=sets, overall=block("all sets", pages)), pages)
    assert len(outline.tags("table")) == 3 and "all sets 2 pages" in outline.text
    assert outline.json("index")["sets"] == ["letters", "forms"]


def test_an_empty_report(tmp_path):
    written(tmp_path, Summary("t", (), None, "grey", "cleaned"), [])


def test_a_report_of_one_contender(tmp_path):
    page = PageResult("", "x", TRUTH, (Reading("raw", TRUTH, score(TRUTH, TRUTH)),))
    totals = (Totals("raw", micro([]), macro([])),)
    summary = Summary("t", (SetSummary("", 1, True, totals),), None, "raw", "cleaned")
    outline = written(tmp_path, summary, [page])
    assert outline.json("index")["contenders"] == ["raw"] and "–" in outline.text


def test_curves_share_one_scale(tmp_path):
    curves = tuple(Curve(f"c{n}", (0, 1), (0.01, 0.5), (0.01, 1.7), 3) for n in range(3))
    pages = [result("x", "the quick", TRUTH)]
    outline = written(tmp_path, head(pages, curves=curves), pages)
    assert "from 0 to 100%" in outline.text and "50.00% → 170.00%" in outline.text
