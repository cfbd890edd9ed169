"""One call of `docclean evaluate`, from its options to its report; nothing is read for real."""

# ruff: noqa: F811  (fixtures come by import)

import json

import pytest
from orders import (
    folder,  # noqa: F401
    loaded,  # noqa: F401
)

from docclean.corruptions import CORRUPTIONS
from docclean.errors import MissingProgramError, UsageError
from docclean.evaluation import request as order
from docclean.evaluation import robustness
from docclean.evaluation.contenders import CONTENDERS
from docclean.evaluation.request import Order
from docclean.scores.results import Curve


def test_models_with_and_without_gate(folder, loaded):
    report = Order(folder, ("raw", "cleaned", "ungated"), models=("small", "x/big.onnx")).fulfil()
    names = ("raw", "cleaned", "cleaned:big", "ungated", "ungated:big")
    assert report.contenders() == names and (report.before, report.after) == ("raw", "cleaned")
    assert [one[:2] for one in loaded] == [
        ("small", True),
        ("x/big.onnx", True),
        ("small", False),
        ("x/big.onnx", False),
    ]
    assert report.cer_clean == 0 < report.cer_raw
    assert Order(folder, ("cleaned:big",)).fulfil().contenders() == ("cleaned:big",)


def test_threads_are_shared_among_the_jobs(folder, loaded, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    for jobs in (1, 2, 16):
        Order(folder, ("cleaned",), jobs=jobs).fulfil()
    assert [threads for _, _, threads in loaded] == [None, 4, 1]


def test_all_leaves_out_what_cannot_run(folder, monkeypatch):
    members = [one for one in CONTENDERS if one.name in ("raw", "grey", "unpaper")]
    lame = next(one for one in members if one.name == "unpaper")
    monkeypatch.setattr(lame.treat.keywords["program"].__class__, "lacking", lambda self: "get it")
    monkeypatch.setattr(order, "CONTENDERS", members)
    report = Order(folder, ("all",)).fulfil()
    assert report.contenders() == ("raw", "grey", "cleaned", "ungated")
    assert "left out: unpaper (get it)" in report.remark
    monkeypatch.setattr(order, "CONTENDERS", CONTENDERS)
    with pytest.raises(MissingProgramError, match="'unpaper' cannot run: get it"):
        Order(folder, ("unpaper",)).fulfil()


def test_commands_take_part(folder):
    report = Order(folder, ("raw",), commands=("copy=cp @IN @OUT",)).fulfil()
    assert report.contenders() == ("raw", "copy") and not report.failures
    assert report.summary().overall.comparison("copy").same == 6


def test_a_folder_or_synthetic_pages(folder):
    for wrong in (Order(None), Order(folder, synthetic=True)):
        with pytest.raises(UsageError, match="give a FOLDER of pages, or --synthetic"):
            wrong.fulfil()


def test_synthetic_pages_and_curves_need_no_data(monkeypatch):
    asked = {}

    def curves(clean, engine, **options):
        asked.update(options)
        return (Curve("stain", (0.0, 1.0), (0.0, 0.5), (0.0, 0.1), 2),)

    monkeypatch.setattr(order, "measure_curves", curves)
    told = []
    report = Order(None, ("raw", "cleaned"), synthetic=True, count=2, seed=5, curves=True).fulfil(
        lambda *step: told.append(step)
    )
    assert report.title == "2 synthetic pages, seed 5" and len(report.pages) == 2
    assert report.totals("raw").fidelity and report.curves[0].corruption == "stain"
    assert asked["seed"] == 5 and ("reading", 2, 2) in told
    assert asked["members"] == robustness.COMMON


@pytest.mark.parametrize(("members", "asked"), [(("all",), None), (("stain", "jpeg"),) * 2])
def test_curves_of_named_corruptions(folder, monkeypatch, members, asked):
    seen = []
    monkeypatch.setattr(
        order, "measure_curves", lambda *args, members, **rest: seen.append(members) or ()
    )
    Order(folder, ("raw",), limit=1, curves=True, members=members).fulfil()
    assert seen == [asked]


def test_an_unknown_curve_is_told_before_any_page_is_read(folder):
    with pytest.raises(UsageError, match="did you mean 'stain'"):
        Order(folder, ("raw",), curves=True, members=("stian",)).fulfil()


def test_the_common_corruptions_exist():
    assert set(robustness.COMMON) <= set(CORRUPTIONS.names())


def test_sets_split_and_limit(folder):
    (folder / "splits.json").write_text(json.dumps({"a": {"val": ["p1"], "test": ["p0", "p2"]}}))
    report = Order(folder, ("raw",), split="test").fulfil()
    # a set the file does not name is not split
    assert [(page.group, page.name) for page in report.pages] == [
        *(("a", name) for name in ("p0", "p2")),
        *(("b", name) for name in ("p0", "p1", "p2")),
    ]
    assert len(Order(folder, ("raw",), sets=("b",), limit=1).fulfil().pages) == 1
