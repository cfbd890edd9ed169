"""The command as a user meets it: statuses, one-line errors, nothing half-written."""

import io
import subprocess
import sys

import pikepdf
import pytest
from cli_pieces import image_bytes, one_line
from PIL import Image as Pillow

from docclean import cli
from docclean.cli import run
from docclean.documents import read_pages

VERBS = sorted(cli.cli.commands)


def no_pages() -> bytes:
    buffer = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.save(buffer)
    return buffer.getvalue()


# --- help and wrong arguments ---------------------------------------------------------------------


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
    learning = ["bench", "demo", "evaluate", "export", "synth", "train"]
    using = ["clean", "list", "look", "ocr", "retry", "serve", "status", "watch"]
    assert sorted([*learning, *using]) == VERBS


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


# --- bad input ------------------------------------------------------------------------------------


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
