"""One call of `docclean evaluate`, from its options to its report; nothing is read for real."""

import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from fakes import Identity
from PIL import Image as Pillow

from docclean.cli import run
from docclean.corruptions import CORRUPTIONS
from docclean.errors import MissingProgramError, OutputError, UsageError
from docclean.evaluation import request as order
from docclean.evaluation import robustness
from docclean.evaluation.contenders import CONTENDERS
from docclean.evaluation.request import Order
from docclean.ocr import PageText, Word
from docclean.report import exports
from docclean.scores.results import Curve

TRUTH = "one two three four"


class Bleach(Identity):
    """A cleaner under which a page reads better: it leaves one white pixel to be known by."""

    def clean(self, page):
        pixels = page.grey().copy()
        pixels[0, 0] = 255
        done = super().clean(page)
        return type(done)(page.with_pixels(pixels), done.decision)


@pytest.fixture(autouse=True)
def loaded(monkeypatch):
    """Give every model's name, gate and threads instead of loading it; read without Tesseract."""
    seen = []

    def load(model, *, gate, device, threads):
        seen.append((model, gate, threads))
        return Bleach() if gate else Identity()

    def read(self, page, *, words=False):
        text = TRUTH if page.grey()[0, 0] == 255 else "one two"
        boxes = tuple(Word(word, 0, 0, 9, 9, 80.0) for word in text.split())
        return PageText(text, boxes, 0.1)

    monkeypatch.setattr("docclean.clean.cleaner.Cleaner.load", load)
    monkeypatch.setattr("docclean.ocr.Tesseract.read", read)
    return seen


@pytest.fixture
def folder(tmp_path):
    pages = tmp_path / "pages"
    for group in ("a", "b"):
        (pages / group).mkdir(parents=True)
        for number in range(3):
            grey = np.full((40, 50), 180 + number, np.uint8)
            Pillow.fromarray(grey).save(pages / group / f"p{number}.png")
            (pages / group / f"p{number}.gt.txt").write_text(TRUTH)
    return pages


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


# --- the command ---------------------------------------------------------------------------------


def test_every_output_is_written(folder, tmp_path, capsys):
    readme = tmp_path / "README.md"
    readme.write_text(f"{exports.BEGIN}\n{exports.END}\n")
    outputs = {name: tmp_path / f"x.{name}" for name in ("html", "json", "csv", "markdown")}
    options = [part for name, path in outputs.items() for part in (f"--{name}", str(path))]
    assert run(["evaluate", str(folder), *options, "--table", str(readme), "--jobs", "2"]) == 0
    out = capsys.readouterr().out
    assert "'cleaned' lowers the CER of 'grey'" in out
    assert json.loads(outputs["json"].read_text())["overall"]["pages"] == 6
    assert len(outputs["csv"].read_text().splitlines()) == 1 + 6 * 4
    assert "| a | 3 | cleaned | 0.00% |" in outputs["markdown"].read_text()
    assert "| a (3) |" in readme.read_text() and "all sets" in outputs["html"].read_text()


@pytest.mark.parametrize("option", ["--json", "--csv", "--markdown"])
def test_stdout_carries_what_is_asked_for_alone(folder, option, capsys):
    assert run(["evaluate", str(folder), "--contenders", "raw,grey", option, "-"]) == 0
    first = capsys.readouterr().out.lstrip()
    assert {"--json": "{", "--csv": "set,page", "--markdown": "Measured"}[option] == first[
        : {"--json": 1, "--csv": 8, "--markdown": 8}[option]
    ]


def test_a_baseline_guards(folder, tmp_path, capsys, monkeypatch):
    scores = tmp_path / "scores.json"
    call = ["evaluate", str(folder), "--contenders", "raw,cleaned"]
    assert run([*call, "--json", str(scores)]) == 0
    assert run([*call, "--baseline", str(scores)]) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("docclean.clean.cleaner.Cleaner.load", lambda *_, **__: Identity())
    assert run([*call, "--baseline", str(scores)]) == 5
    told = capsys.readouterr().err.splitlines()
    assert [line.split(":")[1].strip() for line in told] == ["a", "a", "b", "b"]
    assert "CER is worse than the baseline by " in told[0]


def test_a_baseline_needs_no_texts(folder, tmp_path, capsys):
    scores = tmp_path / "scores.json"
    call = ["evaluate", str(folder), "--contenders", "raw,cleaned"]
    assert run([*call, "--json", str(scores), "--no-texts"]) == 0
    assert "one two" not in scores.read_text() and '"truth":' not in scores.read_text()
    assert run([*call, "--baseline", str(scores)]) == 0


def test_nothing_is_read_where_an_output_cannot_be_written(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(Order, "fulfil", lambda *_: pytest.fail("the pages were read"))
    for option in ("html", "json", "csv", "markdown", "cache"):
        assert run(["evaluate", str(folder), f"--{option}", str(tmp_path / "no/x")]) == 4
    assert run(["evaluate", str(folder), "--table", str(folder / "a/p0.gt.txt")]) == 2


def test_wrong_calls(folder, tmp_path, capsys):
    for arguments, status, words in (
        ([], 1, "give a FOLDER of pages, or --synthetic"),
        ([str(folder), "--contenders", "wolff"], 1, "did you mean 'wolf'"),
        ([str(folder), "--contenders", ","], 1, "at least one contender"),
        ([str(folder), "--sets", "c"], 1, "no set is called 'c'"),
        ([str(folder), "--command", "cp @IN"], 1, "@OUT"),
        ([str(folder), "--command", "grey=cp @IN @OUT"], 1, "two contenders are called 'grey'"),
        ([str(folder), "--model", "a/x.onnx", "--model", "b/x.onnx"], 0, ""),
        ([str(folder), *["--model", "s", "--model", "a/x.onnx", "--model", "b/x.onnx"]], 1, ":x'"),
        ([str(folder), "--json", "-", "--csv", "-"], 1, "two outputs have the same name"),
        ([str(folder), "--html", "-"], 1, "--html needs the name of a file"),
        ([str(folder), "--json", str(folder)], 4, "it is a folder"),
        ([str(folder), "--psm", "0"], 1, "--psm"),
        ([str(folder), "--command", "absent-program @IN @OUT"], 3, "absent-program"),
        ([str(tmp_path / "absent")], 2, "does not exist"),
        ([str(folder), "--baseline", str(tmp_path / "no.json")], 2, "is not a baseline"),
        ([str(folder), "--settings", str(tmp_path / "no.toml")], 2, "is not a settings file"),
        ([str(folder), "--split", "val"], 2, "--split needs this file"),
        ([str(folder), "--table", str(tmp_path / "no.md")], 2, "cannot be read"),
        ([str(folder), "--html", str(tmp_path / "no/x.html")], 4, "cannot be written"),
    ):
        assert run(["evaluate", *arguments]) == status, arguments
        lines = capsys.readouterr().err.splitlines()
        if status:
            assert words in lines[-1] and lines[-1].startswith("docclean: "), arguments


def test_some_failed_is_4_and_one_lost_output_keeps_the_others(folder, tmp_path, capsys):
    (folder / "a/p1.png").write_bytes(b"no picture")
    assert run(["evaluate", str(folder), "--contenders", "raw,grey"]) == 4
    capsys.readouterr()
    bad, good = tmp_path / "bad.json", tmp_path / "good.csv"
    real = exports.write_text

    def write(path, text):
        if path == bad:
            raise OutputError(f"{path}: cannot be written: the disk is full")
        real(path, text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exports, "write_text", write)
        arguments = ["--contenders", "raw", "--json", str(bad), "--csv", str(good)]
        assert run(["evaluate", str(folder), *arguments]) == 4
    assert good.read_text() and not bad.exists()
    assert "the disk is full" in capsys.readouterr().err


def test_a_baseline_may_be_replaced_by_the_run_it_guards(folder, tmp_path, monkeypatch):
    scores = str(tmp_path / "scores.json")
    call = ["evaluate", str(folder), "--contenders", "raw,cleaned", "--json", scores]
    assert run(call) == 0
    monkeypatch.setattr("docclean.clean.cleaner.Cleaner.load", lambda *_, **__: Identity())
    assert run([*call, "--baseline", scores]) == 5


def test_a_missing_language_is_told_before_anything_is_read(folder, tmp_path, monkeypatch):
    told = tmp_path / "s.toml"
    told.write_text('[set.b]\nlang = "zzz"\n')
    monkeypatch.setattr("docclean.ocr.Tesseract.read", lambda *_, **__: pytest.fail("was read"))
    assert run(["evaluate", str(folder), "--contenders", "raw", "--settings", str(told)]) == 3


@pytest.mark.skipif(not hasattr(signal, "SIGTERM"), reason="no such signal here")
def test_a_termination_stops_the_programs_too(folder, tmp_path):
    mark = f"docclean-test-{tmp_path.name}"
    script = tmp_path / "hang.py"
    script.write_text("import sys, time\nopen(sys.argv[1], 'w').close()\ntime.sleep(60)\n")
    began = tmp_path / mark
    command = f"hang={shlex.quote(sys.executable)} {script} {began} @IN @OUT"
    call = [sys.executable, "-m", "docclean", "evaluate", str(folder), "--contenders", "raw"]
    with subprocess.Popen([*call, "--command", command], stderr=subprocess.PIPE) as process:
        for _ in range(600):
            if began.exists():
                break
            time.sleep(0.05)
        process.terminate()
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130 and err.decode().splitlines()[-1] == "docclean: interrupted"
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if readable(path)]
    assert not any(mark.encode() in line for line in lines)


def readable(path):
    try:
        return bool(path.read_bytes())
    except OSError:
        return False


def test_list_contenders(capsys):
    assert run(["list", "contenders"]) == 0
    names = capsys.readouterr().out.split()
    assert {"raw", "grey", "grey-x2", "divide", "otsu", "sauvola", "wolf", "unpaper"} < set(names)
    assert names[-3:] == ["cleaned", "ungated", "tried"]
