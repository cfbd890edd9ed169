"""The command as a user meets it: statuses, one-line errors, nothing half-written."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from fakes import Identity, Interrupted
from PIL import Image as Pillow

from docclean import cli
from docclean.cli import run
from docclean.documents import read_pages, write_pages
from docclean.page import Page

VERBS = sorted(cli.cli.commands)


@pytest.fixture(autouse=True)
def no_model(monkeypatch) -> None:
    """Clean with a cleaner that changes nothing."""
    monkeypatch.setattr("docclean.clean.spec.CleanerSpec.__call__", lambda self: Identity())


@pytest.fixture
def out(tmp_path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def one_line(stderr: str, name: str) -> str:
    """Assert what holds for every failure: one line that names the file, and no traceback."""
    (line,) = stderr.splitlines()
    assert line.startswith("docclean: ")
    assert name in line
    assert "Traceback" not in stderr
    return line


def image_bytes(kind: str, size: tuple[int, int] = (120, 90)) -> bytes:
    noise = np.random.default_rng(0).integers(0, 255, size[::-1], dtype=np.uint8)
    buffer = io.BytesIO()
    Pillow.fromarray(noise).save(buffer, kind)
    return buffer.getvalue()


def no_pages() -> bytes:
    buffer = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.save(buffer)
    return buffer.getvalue()


# --- help and wrong arguments --------------------------------------------------------------------


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nfrom docclean.cli import run\nstatus = run(['--help'])\n"
        "heavy = {'torch', 'numpy', 'cv2', 'PIL', 'rich', 'onnxruntime'} & set(sys.modules)\n"
        "sys.exit(status or bool(heavy) * 9)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_shows_a_real_example(verb, capsys):
    assert run([verb, "--help"]) == 0
    assert f"  docclean {verb} " in capsys.readouterr().out.replace("docclean demo\n", "")


def test_the_verbs():
    assert VERBS == ["clean", "demo", "evaluate", "export", "list", "ocr", "synth", "train"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["clen", "x"], "Did you mean 'clean'"),
        (["clean"], "Missing argument"),
        (["clean", "x.png"], "--out"),
        (["clean", "x.png", "-o", "y.png", "--pages", "0-2"], "count from 1"),
        (["clean", "x.png", "-o", "y.png", "--pages", "a"], "1-3,7"),
        (["clean", "x.png", "-o", "y.png", "--jobs", "0"], "--jobs"),
        (["clean", "x.png", "-o", "y.png", "--format", "doc"], "--format"),
        (["clean", "x.png", "y.png", "-o", "-"], "one document"),
        (["list", "horses"], "horses"),
        (["list", "models", "--long"], "corruptions only"),
    ],
)
def test_wrong_arguments_end_with_1(arguments, words, capsys):
    assert run(arguments) == 1
    one_line(capsys.readouterr().err, words)


def test_an_output_of_no_format_ends_with_1(png, out, capsys):
    assert run(["clean", str(png), "-o", str(out / "x.doc")]) == 1
    one_line(capsys.readouterr().err, "x.doc")


# --- bad input -----------------------------------------------------------------------------------


BAD = {
    "empty.png": lambda make: b"",
    "cut.png": lambda make: image_bytes("PNG")[:3000],
    "cut.jpg": lambda make: image_bytes("JPEG")[:3000],
    "cut.tif": lambda make: image_bytes("TIFF")[:3000],
    "text.png": lambda make: b"Dear Sir, this is a letter.\n",
    "bm.bmp": lambda make: b"BM is how this text begins, but it is no bitmap at all.",
    "locked.pdf": lambda make: make(password="secret"),
    "cut.pdf": lambda make: make()[:1500],
    "junk.pdf": lambda make: b"%PDF-1.7\n" + b"junk " * 300,
    "none.pdf": lambda make: no_pages(),
    "missing.png": lambda make: None,
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_ends_with_2_or_8(name, tmp_path, out, make_pdf, capsys):
    path, data = tmp_path / name, BAD[name](make_pdf)
    if data is not None:
        path.write_bytes(data)
    assert run(["clean", str(path), "-o", str(out / name)]) == (8 if name == "locked.pdf" else 2)
    line = one_line(capsys.readouterr().err, name)
    assert ";" in line  # the next step follows
    assert list(out.iterdir()) == []


def test_a_protected_pdf_opens_with_its_password(tmp_path, out, make_pdf, capsys):
    path = tmp_path / "locked.pdf"
    path.write_bytes(make_pdf(password="secret"))
    assert run(["clean", str(path), "-o", f"{out}/", "--password", "secret"]) == 0
    assert len(list(read_pages(out / "locked.pdf", password="secret"))) == 3
    assert run(["clean", str(path), "-o", str(out / "x.pdf"), "--password", "no"]) == 8
    assert "--password" in capsys.readouterr().err.splitlines()[-1]


def test_a_folder_without_documents_ends_with_2(out, tmp_path, capsys):
    (tmp_path / "bare").mkdir()
    assert run(["clean", str(tmp_path / "bare"), "-o", str(out)]) == 2
    one_line(capsys.readouterr().err, "bare")


def test_odd_but_readable_input(tmp_path, out, letters, capsys):
    (tmp_path / "really_png.jpg").write_bytes(image_bytes("PNG"))
    (tmp_path / "wide.png").write_bytes(image_bytes("PNG", (50_000, 1)))
    (tmp_path / "dot.png").write_bytes(image_bytes("PNG", (1, 1)))
    Pillow.new("CMYK", (9, 9)).save(tmp_path / "cmyk.tif")
    names = ["cmyk.tif", "dot.png", "really_png.jpg", "wide.png"]
    assert run(["clean", *(str(tmp_path / name) for name in names), "-o", str(out)]) == 0
    for name in names:
        (before,), (after,) = list(read_pages(tmp_path / name)), list(read_pages(out / name))
        assert before.pixels.shape == after.pixels.shape


# --- output --------------------------------------------------------------------------------------


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
    assert len(events) - len(results) == sum(result["pages"] for result in results)
    assert [r["status"] for r in results] == ["done", "failed", "done", "done"]
    assert results[0]["decisions"] == [{"page": 1, "cleaned": True, "reason": "fake"}]
    assert sorted(path.name for path in out.iterdir()) == ["a.png", "c.tif", "d.pdf"]


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


# --- pipes ---------------------------------------------------------------------------------------


def pipe(monkeypatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


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


# --- the other verbs -----------------------------------------------------------------------------


@pytest.mark.parametrize("raw", [True, False])
def test_ocr(raw, png, out, monkeypatch, capsys):
    class FakeTesseract:
        def __init__(self, lang: str, psm: int | None) -> None:
            self.words = f"read in {lang} {psm}"

        def read(self, page: Page) -> object:
            return type("PageText", (), {"text": self.words})()

    monkeypatch.setattr("docclean.ocr.Tesseract", FakeTesseract)
    flags = ["--raw"] if raw else []
    assert run(["ocr", str(png), "--lang", "deu", "--psm", "6", *flags]) == 0
    assert capsys.readouterr().out == "read in deu 6\n"
    assert run(["ocr", str(png), "-o", str(out / "x.txt"), *flags]) == 0
    assert (out / "x.txt").read_text() == "read in eng None\n"
    assert run(["ocr", str(png), "-o", str(out / "x.txt"), *flags]) == 4


def test_list_formats(capsys):
    assert run(["list", "formats"]) == 0
    assert capsys.readouterr().out.split() == [
        *("png", "jpeg", "tiff", "bmp", "webp", "jp2", "pnm", "pdf")
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
