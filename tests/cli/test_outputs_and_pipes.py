"""Where the command writes: files, pipes, and what the other verbs say."""

import io
import json
import subprocess
import sys

import pytest
from cli_pieces import image_bytes, one_line
from dirty_scan import dirty
from fakes import Interrupted

from docclean.cli import run
from docclean.documents import read_pages, write_pages
from docclean.ocr import PageText
from docclean.page import Page

# --- output ---------------------------------------------------------------------------------------


def test_output_equal_to_input_ends_with_4(png, capsys):
    before = png.read_bytes()
    for flags in ([], ["--overwrite"]):
        assert run(["clean", str(png), "-o", str(png), *flags]) == 4
        one_line(capsys.readouterr().err, "good.png")
    assert png.read_bytes() == before


def test_outputs_that_cannot_be_written_end_with_4(png, out, capsys):
    (out / "there.png").write_bytes(b"precious")
    (out / "folder.png").mkdir()
    for name in ("there.png", "missing/x.png", "there.png/x.png"):
        assert run(["clean", str(png), "-o", str(out / name)]) == 4
        one_line(capsys.readouterr().err, name.split("/")[0])
    assert sorted(path.name for path in out.rglob("*")) == ["folder.png", "there.png"]
    assert (out / "there.png").read_bytes() == b"precious"
    assert run(["clean", str(png), "-o", str(out / "there.png"), "--overwrite"]) == 0


def test_one_bad_among_three_good_ends_with_4(tmp_path, out, letters, capsys):
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.png", "c.tif", "d.pdf"):
        write_pages([Page(letters, (300.0, 300.0))], folder / name)
    (folder / "b.png").write_bytes(b"")
    assert run(["clean", str(folder), "-o", str(out), "--json"]) == 4
    captured = capsys.readouterr()
    (line,) = [line for line in captured.err.splitlines() if "b.png" in line]
    assert "empty" in line
    events = [json.loads(line) for line in captured.out.splitlines()]
    results = [event for event in events if event["event"] == "file"]
    pages = [event for event in events if event["event"] == "page"]
    assert len(pages) == sum(result["pages"] for result in results) == 3
    assert events[-1] | {"seconds": 0} == {
        **{
            "event": "batch",
            "done": 3,
            "done_before": 0,
            "changed": 0,
            "failed": 1,
            "held": 0,
            "left": 0,
        },
        **{"pages": 3, "seconds": 0},
    }
    assert sorted(r["status"] for r in results) == ["done", "done", "done", "failed"]
    assert sorted(path.name for path in out.iterdir()) == [".docclean", "a.png", "c.tif", "d.pdf"]


def test_several_inputs_and_one_name_make_one_document(tmp_path, out, letters, capsys):
    inputs = []
    for number in (2, 10):
        inputs.append(str(tmp_path / f"{number}.png"))
        write_pages([Page(letters, (300.0, 300.0))], inputs[-1])
    for name in ("book.pdf", "book.tif"):
        assert run(["clean", *inputs, "-o", str(out / name), "--json"]) == 0
        events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [event.get("page") for event in events] == [1, 2, None]
        assert events[-1]["pages"] == 2 and (out / name).is_file()
        assert len(list(read_pages(out / name))) == 2
    assert sorted(path.name for path in out.iterdir()) == ["book.pdf", "book.tif"]
    assert run(["clean", *inputs, "-o", str(out / "book.jpg")]) == 1
    assert "choose .pdf or .tif" in one_line(capsys.readouterr().err, "book.jpg")
    assert run(["clean", *inputs, "-o", str(out / "x.pdf"), "--limit", "1"]) == 1
    assert "leave them out" in one_line(capsys.readouterr().err, "x.pdf")
    assert run(["clean", *inputs, "-o", str(out / "x.pdf"), "--engine", "ray"]) == 1
    assert "fills folders" in one_line(capsys.readouterr().err, "x.pdf")
    assert not (out / "x.pdf").exists()


def test_interrupted_ends_with_130(tmp_path, out, make_pdf, monkeypatch, capsys):
    monkeypatch.setattr("docclean.clean.spec.CleanerSpec.__call__", lambda self: Interrupted())
    (tmp_path / "scan.pdf").write_bytes(make_pdf())
    assert run(["clean", str(tmp_path / "scan.pdf"), "-o", str(out)]) == 130
    one_line(capsys.readouterr().err, "interrupted")
    assert list(out.iterdir()) == []


def test_pages(tmp_path, out, make_pdf):
    (tmp_path / "scan.pdf").write_bytes(make_pdf(4))
    assert run(["clean", str(tmp_path / "scan.pdf"), "-o", str(out), "--pages", "1-2,4"]) == 0
    assert len(list(read_pages(out / "scan.pdf"))) == 3


def pipe(monkeypatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


# --- pipes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_stdin_to_stdout(kind, png, make_pdf, monkeypatch, capsysbinary):
    data = png.read_bytes() if kind == "png" else make_pdf()
    pipe(monkeypatch, data)
    assert run(["clean", "-", "-o", "-", "--json"]) == 0
    captured = capsysbinary.readouterr()
    before, after = list(read_pages(data)), list(read_pages(captured.out))
    for one, other in zip(before, after, strict=True):
        assert (one.pixels == other.pixels).all()
        assert one.dpi == pytest.approx(other.dpi)
    assert [json.loads(line)["event"] for line in captured.err.splitlines()] == [
        *["page"] * len(before),
        "file",
    ]


@pytest.mark.parametrize("suffix", [".tif", ".pdf"])
def test_pages_go_through_pipes_into_tesseract(suffix):
    made = io.BytesIO()
    write_pages([dirty(0), dirty(1)], made, suffix=suffix)
    ours = [sys.executable, "-m", "docclean", "clean", "-", "-o", "-", "--for-ocr"]
    cleaned = subprocess.run(ours, input=made.getvalue(), capture_output=True, check=True).stdout
    assert len(list(read_pages(cleaned))) == 2
    read = subprocess.run(["tesseract", "-", "-"], input=cleaned, capture_output=True, check=True)
    assert read.stdout.decode().split().count("harbour") == 2


def test_a_name_of_another_format_is_refused(png, tmp_path, capsys):
    out = tmp_path / "page.pdf"
    assert run(["clean", str(png), "-o", str(out), "--format", "png"]) == 1
    one_line(capsys.readouterr().err, "page.pdf: --format png")
    assert not out.exists()


def test_format_of_stdout(png, capsysbinary):
    assert run(["clean", str(png), "-o", "-", "--format", "pdf"]) == 0
    assert capsysbinary.readouterr().out.startswith(b"%PDF-")


@pytest.mark.parametrize("data", [b"", b"just text", image_bytes("PNG")[:2000]])
def test_bad_stdin_ends_with_2(data, monkeypatch, capsysbinary):
    pipe(monkeypatch, data)
    assert run(["clean", "-", "-o", "-"]) == 2
    captured = capsysbinary.readouterr()
    assert captured.out == b""
    one_line(captured.err.decode(), "standard input")


def test_a_reader_that_leaves_is_quiet():
    command = [sys.executable, "-m", "docclean", "list", "formats"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 4


# --- the other verbs ------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", [True, False])
def test_ocr(raw, png, out, monkeypatch, capsys):
    def read(self, page: Page) -> PageText:
        return PageText(f"read in {self.lang} {self.psm}")

    monkeypatch.setattr("docclean.ocr.Tesseract.read", read)
    flags = ["--raw"] if raw else []
    assert run(["ocr", str(png), "--lang", "deu", "--psm", "6", *flags]) == 0
    assert capsys.readouterr().out == "read in deu 6\n"
    assert run(["ocr", str(png), "-o", str(out / "x.txt"), *flags]) == 0
    assert (out / "x.txt").read_text() == "read in eng None\n"
    assert run(["ocr", str(png), "-o", str(out / "x.txt"), *flags]) == 4


def test_list_formats(capsys):
    assert run(["list", "formats"]) == 0
    assert capsys.readouterr().out.split() == [
        *("png", "jpeg", "tiff", "bmp", "webp", "jp2", "pnm", "gif", "avif", "heic", "pdf")
    ]


def test_a_missing_training_package_ends_with_3(tmp_path):
    code = (
        "import sys\nsys.modules['torch'] = None\nfrom docclean.cli import run\n"
        f"sys.exit(run(['train', 'x.toml', '--out', {str(tmp_path)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 3
    one_line(done.stderr, "torch; run: pip install 'docclean[train]'")


def test_corruptions_are_told_at_length(capsys):
    from docclean.corruptions import CORRUPTIONS

    assert run(["list", "corruptions", "--long"]) == 0
    told = capsys.readouterr().out
    for member in CORRUPTIONS:
        assert f"{member.name}: {str(type(member).__doc__).strip().splitlines()[0]}" in told
    assert "depth = [0.06, 0.6]  # share" in told
    assert "skew: " in told and "both sides" in told
    assert "    by albumentations, torch, OpenCV, numpy" in told


def test_the_list_of_corruptions_tells_the_libraries_behind_them(capsys):
    from docclean.corruptions import CORRUPTIONS

    assert run(["list", "corruptions"]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    told = dict(line.split(maxsplit=1) for line in lines)
    assert list(told) == CORRUPTIONS.names()
    assert told["stain"] == "OpenCV, numpy" and told["illumination"] == "albumentations, numpy"
    assert told["defocus"] == "kornia, torch, OpenCV, numpy" and told["banding"] == "torch, numpy"
    assert "albumentations:NAME" in last and "kornia:NAME" in last
    script = (
        "import sys\nfrom docclean.cli import run\nrun(['list', 'corruptions'])\n"
        "assert not {'torch', 'kornia', 'albumentations'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True).returncode == 0
