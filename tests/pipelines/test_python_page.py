"""The examples of "docclean in your program" run where their packages are installed."""

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from dirty_scan import SENTENCES, dirty

from docclean.documents import read_pages, write_pages
from docclean.scores.text import score

PAGE = (Path(__file__).parents[2] / "pipelines/python/README.md").read_text("utf-8")
EXAMPLES = re.findall(r"^## (.+?)\n.*?^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
NEEDS = {"pytesseract": "pytesseract", "RapidOCR": "rapidocr", "docTR": "doctr"}


@pytest.mark.parametrize(("name", "code"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_an_example_runs_and_reads(name, code, tmp_path):
    if name in NEEDS and find_spec(NEEDS[name]) is None:
        pytest.skip(f"{NEEDS[name]} is not installed")
    write_pages([dirty()], tmp_path / "scan.png")
    write_pages([dirty()], tmp_path / "scan.pdf")
    (tmp_path / "scans").mkdir()
    shutil.copy(tmp_path / "scan.png", tmp_path / "scans")
    command = [sys.executable, "-W", "ignore", "-c", f"{code}\nprint(text)"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert score(" ".join(SENTENCES), done.stdout).f1 > 0.9
    if name == "Whole documents":
        assert len(list(read_pages(tmp_path / "cleaned.pdf"))) == 1
        assert (tmp_path / "cleaned/scan.png").is_file()


def test_every_example_is_found():
    assert len(EXAMPLES) == 4
