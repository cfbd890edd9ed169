"""The command `docclean evaluate`, from its options to its files."""

# ruff: noqa: F811  (fixtures come by import)

import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fakes import Identity
from orders import (
    folder,  # noqa: F401
    loaded,  # noqa: F401
)

from docclean.cli import run
from docclean.errors import OutputError
from docclean.evaluation.request import Order
from docclean.report import exports


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
    assert process.returncode == 143 and err.decode().splitlines()[-1] == "docclean: terminated"
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
    assert names[-7:-2] == ["cleaned", "ungated", "tried", "looks", "dropped"]
