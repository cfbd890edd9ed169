"""Which files, where to, and one bad file among good ones."""

import functools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fakes import Broken, Identity, Interrupted, load_identity

from docclean.documents import read_pages, write_pages
from docclean.errors import OutputError, UnreadableInputError, UsageError
from docclean.jobs.batch import process_many
from docclean.jobs.document import process_file
from docclean.jobs.plan import plan_outputs
from docclean.page import Page
from docclean.recipe import Options


@pytest.fixture
def inbox(tmp_path, letters) -> Path:
    """A folder with two images at two levels, and things that are no documents."""
    folder = tmp_path / "inbox"
    (folder / "deep").mkdir(parents=True)
    for name in ("b.png", "deep/a.TIF"):
        write_pages([Page(letters)], folder / name)
    (folder / "note.txt").write_text("no document")
    (folder / "folder.png").mkdir()
    return folder


def test_what_the_inputs_name(inbox, tmp_path):
    a, b = inbox / "deep/a.TIF", inbox / "b.png"

    def found(*inputs):
        return [source for source, _ in plan_outputs(inputs, tmp_path / "out")]

    assert found(inbox) == [b, a]
    assert found(b, inbox, b) == [b, a]
    assert [source.name for source in found(f"{inbox}/**/*.TIF")] == ["a.TIF"]
    with pytest.raises(UnreadableInputError, match=r"folder\.png holds no documents.*\.tiff"):
        found(inbox / "folder.png")
    with pytest.raises(UnreadableInputError, match="matches no files"):
        found(f"{inbox}/*.bmp")


def test_a_folder_keeps_its_structure(inbox, tmp_path):
    out = tmp_path / "out"
    assert plan_outputs([inbox], out) == [
        (inbox / "b.png", out / "b.png"),
        (inbox / "deep/a.TIF", out / "deep/a.TIF"),
    ]
    assert plan_outputs([inbox], out, "pdf")[1][1] == out / "deep/a.pdf"


def test_when_out_is_a_folder(inbox, tmp_path):
    one = inbox / "b.png"
    assert plan_outputs([one], tmp_path / "x.png") == [(one, tmp_path / "x.png")]
    assert plan_outputs([one], f"{tmp_path}/new/") == [(one, tmp_path / "new/b.png")]
    assert plan_outputs([one], tmp_path) == [(one, tmp_path / "b.png")]
    with pytest.raises(OutputError, match="folder does not exist"):
        plan_outputs([one], tmp_path / "new/x.png")


def test_a_name_without_a_known_suffix_gets_one(inbox, tmp_path):
    (inbox / "b.png").rename(inbox / "b.dat")
    assert plan_outputs([inbox / "b.dat"], tmp_path) == [(inbox / "b.dat", tmp_path / "b.dat.png")]


def test_an_output_folder_inside_the_input_is_not_input(inbox):
    out = inbox / "out"
    process_many(plan_outputs([inbox], out), load_identity)
    assert [source for source, _ in plan_outputs([inbox], out)] == [
        inbox / "b.png",
        inbox / "deep/a.TIF",
    ]


def test_collisions_stop_before_anything_starts(inbox, tmp_path):
    b = inbox / "b.png"
    with pytest.raises(OutputError, match=r"would both become .*b\.png"):
        write_pages(read_pages(b), inbox / "deep/b.png")
        plan_outputs([b, inbox / "deep/b.png"], tmp_path / "out")
    for out in (b, inbox / "deep" / ".." / "b.png"):
        with pytest.raises(OutputError, match="another -o"):
            plan_outputs([b], out)
    for name, link in (("soft.png", os.symlink), ("hard.png", os.link)):
        link(b, tmp_path / name)
        with pytest.raises(OutputError, match="another -o"):
            plan_outputs([b], tmp_path / name)
    with pytest.raises(OutputError, match="another -o"):
        plan_outputs([inbox], inbox)


def test_one_file(inbox, tmp_path):
    seen: list[int] = []
    out = tmp_path / "new" / "x.pdf"
    result = process_file(
        inbox / "b.png", out, Identity(), on_page=lambda told, count: seen.append(told["page"])
    )
    assert (result.status, result.pages, result.exit_status) == ("done", 1, 0)
    assert result.decisions == ({"page": 1, "cleaned": True, "reason": "fake"},)
    assert seen == [1]
    assert result.to_dict()["output"] == str(out)


def test_failures_become_results(inbox, tmp_path):
    good, out = inbox / "b.png", tmp_path / "x.png"
    bug = process_file(good, out, Broken())
    assert (bug.status, bug.exit_status) == ("failed", 4)
    assert "ZeroDivisionError: a bug" in bug.message
    assert process_file(inbox / "note.txt", out, Identity()).exit_status == 2
    own = process_file(good, good, Identity(), Options(overwrite=True))
    assert own.exit_status == 4
    assert not out.exists()


def test_an_existing_output_is_refused(inbox, tmp_path):
    out = tmp_path / "x.png"
    out.write_bytes(b"precious")
    result = process_file(inbox / "b.png", out, Identity())
    assert "exists already" in result.message
    assert out.read_bytes() == b"precious"
    assert process_file(inbox / "b.png", out, Identity(), Options(overwrite=True)).status == "done"


@pytest.mark.parametrize("jobs", [1, 2])
def test_one_bad_among_three_good(jobs, inbox, tmp_path, letters):
    write_pages([Page(letters)], inbox / "c.webp")
    (inbox / "a_bad.png").write_bytes(b"not a picture")
    out, told = tmp_path / "out", []
    plan = plan_outputs([inbox], out)
    results = process_many(plan, load_identity, Options(jobs=jobs), on_result=told.append)
    assert [result.status for result in results] == ["failed", "done", "done", "done"]
    assert sorted(told, key=results.index) == results
    assert "a_bad.png" in results[0].message
    written = sorted(path.name for path in out.rglob("*") if path.is_file())
    assert written == ["a.TIF", "b.png", "c.webp"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_model_that_cannot_be_loaded_stops_everything(jobs, inbox, tmp_path):
    plan = plan_outputs([inbox], tmp_path / "out")
    with pytest.raises(UsageError, match="no model"):
        process_many(plan, functools.partial(refuse, "no model"), Options(jobs=jobs))


def refuse(words: str) -> Identity:
    raise UsageError(words)


def test_interrupted_leaves_no_half_file(make_pdf, tmp_path):
    source = tmp_path / "scan.pdf"
    source.write_bytes(make_pdf())
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        process_file(source, out / "scan.pdf", Interrupted())
    assert list(out.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("everyone", [False, True], ids=["parent", "group"])
def test_the_second_ctrl_c_ends_the_workers_and_leaves_no_half_file(everyone, make_pdf, tmp_path):
    """Whether the parent alone gets the signal (kill) or every process does (a terminal)."""
    (tmp_path / "in").mkdir()
    for name in "abcd":
        (tmp_path / "in" / f"{name}.pdf").write_bytes(make_pdf(30))
    script = tmp_path / "call.py"
    script.write_text(
        "import sys\nimport fakes\nfrom docclean import cli\nfrom docclean.clean import spec\n"
        "spec.CleanerSpec.__call__ = lambda self: fakes.Slow()\n"
        "if __name__ == '__main__':\n    sys.exit(cli.run(sys.argv[1:]))\n"
    )
    out = tmp_path / "out"
    command = [sys.executable, script, "clean", tmp_path / "in", "-o", f"{out}/", "--jobs", "2"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, env=environment, start_new_session=True
    ) as process:
        deadline = time.monotonic() + 60
        while len(list(out.glob("*.part"))) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        for _ in range(2):
            (os.killpg if everyone else os.kill)(process.pid, signal.SIGINT)
            time.sleep(0.5)
        told = process.communicate(timeout=30)[1].decode().splitlines()
    assert told == [
        "docclean: finishing the files in hand; Ctrl-C again stops at once",
        "docclean: interrupted; the same call goes on",
    ]
    assert process.returncode == 130
    assert [path.name for path in out.iterdir()] == [".docclean"]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_a_kept_image_is_copied_and_never_encoded(letters, tmp_path, monkeypatch, suffix):
    source, out = tmp_path / f"in{suffix}", tmp_path / f"out{suffix}"
    write_pages([Page(letters)], source)
    monkeypatch.setattr("docclean.jobs.document.write_to", None)  # it would be called
    assert process_file(source, out, Identity()).status == "done"
    assert out.read_bytes() == source.read_bytes()


def test_of_several_frames_every_one_is_written(letters, tmp_path):
    source, out = tmp_path / "in.tif", tmp_path / "out.tif"
    write_pages([Page(letters), Page(letters[::-1])], source)
    assert process_file(source, out, Identity()).pages == 2
    assert out.read_bytes() == source.read_bytes()
