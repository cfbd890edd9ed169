"""The main job as a stranger sees it: a page made here, a labelled folder, an unlabelled one."""

import shutil

import pytest

from docclean.cli import run
from docclean.evaluation.demo import run_demo
from docclean.pairs.folder import write_png
from docclean.pairs.make import make_pair
from docclean.recipe import Recipe
from docclean.synth import TextSource

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="the program tesseract is not installed"
)


@needs_tesseract
def test_the_page_made_here_is_read_better_cleaned(tmp_path, capsys):
    assert run(["demo", "-o", str(tmp_path / "demo")]) == 0
    told = capsys.readouterr().out
    assert "as scanned ->" in told
    assert (tmp_path / "demo" / "before-after.png").stat().st_size > 10_000
    assert "<html" in (tmp_path / "demo" / "report.html").read_text()
    first = told[told.index("CER ") :].split()
    raw, cleaned = (float(first[place].rstrip("%")) for place in (1, 5))
    assert cleaned < raw / 4


@pytest.mark.slow
@needs_tesseract
def test_folders_with_and_without_truth_are_shown(tmp_path):
    small = Recipe.load(synth__dpi_range=(150, 150))
    pair = make_pair(3, 0, TextSource(()), small, layout="typescript")
    head = pair.dirty.with_pixels(pair.dirty.pixels[:400])  # a few lines show as much
    for name in ("labelled", "bare"):
        (tmp_path / name).mkdir()
        write_png(tmp_path / name / "page.png", head)
    (tmp_path / "labelled" / "page.gt.txt").write_text(pair.typeset.text)
    shown = run_demo(tmp_path / "out", folders=[tmp_path / "labelled", tmp_path / "bare"])
    assert [one.report is not None for one in shown] == [True, False]
    assert "confidence" in shown[1].text
    assert all(one.picture.is_file() for one in shown)
    assert (tmp_path / "out" / "bare" / "cleaned" / "page.png").is_file()


def test_an_empty_folder_is_one_sentence(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert run(["demo", str(tmp_path / "empty"), "-o", str(tmp_path / "out")]) != 0
    (line,) = capsys.readouterr().err.splitlines()
    assert "empty" in line
