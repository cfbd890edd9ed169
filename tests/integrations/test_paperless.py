"""What paperless-ngx 3 does with docclean: its call of OCRmyPDF, and its pre-consume script."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from dirty_scan import SENTENCES, dirty
from PIL import Image

from docclean.documents import read_pages
from docclean.scores.text import score

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "pipelines/paperless/pre-consume"
CALL = """
import json, sys
import ocrmypdf
arguments = json.loads(sys.argv[1])
user = json.loads(sys.argv[2])
ocrmypdf.ocr(**{**arguments, **user})
"""


def consume(document: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the script as paperless does: no arguments, the paths in its environment."""
    told = {"DOCUMENT_SOURCE_PATH": "/consume/letter", "DOCUMENT_WORKING_PATH": str(document)}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        [str(SCRIPT)],
        env=os.environ | {"PATH": path, "TASK_ID": ""} | told | env,
        capture_output=True,
        text=True,
    )


def test_the_call_of_paperless(dirty_pdf, tmp_path):
    pytest.importorskip("ocrmypdf")
    out, words = tmp_path / "archive.pdf", tmp_path / "sidecar.txt"
    arguments = {
        "input_file_or_options": str(dirty_pdf()),
        "output_file": str(out),
        "use_threads": True,
        "jobs": 1,
        "language": "eng",
        "output_type": "pdf",
        "progress_bar": False,
        "deskew": True,
        "rotate_pages": True,
        "rotate_pages_threshold": 12.0,
        "sidecar": str(words),
    }
    user = json.dumps({"docclean_mode": "ocr"})
    command = [sys.executable, "-c", CALL, json.dumps(arguments), user]
    subprocess.run(command, check=True, capture_output=True)
    # the stain's edge lies in the gap between two words
    assert score(" ".join(SENTENCES), words.read_text("utf-8")).f1 > 0.9
    assert out.is_file()


def test_the_script_cleans_the_working_copy_and_says_so(dirty_pdf):
    source = dirty_pdf()
    source.chmod(0o640)
    before = source.read_bytes()
    done = consume(source)
    assert done.returncode == 0
    assert done.stdout.startswith("docclean: /consume/letter is cleaned (1 page, ")
    assert source.read_bytes() != before
    assert source.read_bytes().startswith(b"%PDF")
    assert (next(iter(read_pages(source))).grey() > 250).mean() > 0.7
    assert source.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in source.parent.iterdir()] == [source.name]


def test_the_same_document_gives_the_same_bytes(dirty_pdf):
    one, other = dirty_pdf(name="one.pdf"), dirty_pdf(name="other.pdf")
    for path in (one, other):
        consume(path)
    assert one.read_bytes() == other.read_bytes()


def test_the_type_of_the_content_stays_whatever_the_name_says(tmp_path):
    misnamed = tmp_path / "letter.jpg"
    page = dirty()
    Image.fromarray(page.pixels).save(misnamed, "PNG", dpi=(200, 200))
    assert consume(misnamed).returncode == 0
    with Image.open(misnamed) as image:
        assert image.format == "PNG"
        assert image.size == (page.width, page.height)
        assert image.info["dpi"] == pytest.approx((200, 200), abs=0.1)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("letter.pdf", b"%PDF-1.7 torn", "stays as it came: "),
        ("mail.eml", b"From: somebody\n\nHello", "stays as it came: "),
        ("nothing.pdf", b"", "stays as it came: "),
    ],
)
def test_whatever_goes_wrong_the_document_stays(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    done = consume(path)
    assert (done.returncode, path.read_bytes()) == (0, content)
    assert words in done.stdout
    assert len(done.stdout.strip().split("stays as it came: ")[1]) > 10
    assert "Traceback" not in done.stdout + done.stderr


def test_options_reach_the_command_and_bad_ones_cost_nothing(dirty_pdf):
    source = dirty_pdf()
    before = source.read_bytes()
    done = consume(source, DOCCLEAN_OPTIONS="--no-such-option")
    assert (done.returncode, source.read_bytes()) == (0, before)
    assert "no-such-option" in done.stdout
    assert consume(source, DOCCLEAN_OPTIONS="--bitonal").returncode == 0
    assert {page.pixels.max() - page.pixels.min() for page in read_pages(source)} == {255}
    assert source.stat().st_size < len(before) / 4


def test_without_docclean_or_a_document_it_says_so(tmp_path, dirty_pdf):
    done = consume(tmp_path / "gone.pdf")
    assert (done.returncode, "there is no file" in done.stdout) == (0, True)
    source = dirty_pdf()
    before = source.read_bytes()
    done = consume(source, PATH="/usr/bin:/bin")
    assert (done.returncode, source.read_bytes()) == (0, before)
    assert "docclean is not installed" in done.stdout
