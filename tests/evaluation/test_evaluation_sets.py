"""Twins, signs, sets and settings of an evaluation."""

import shutil

import pytest
from fake_evaluations import DIRT, FakeCleaner, FakeEngine, write

from docclean.errors import UnreadableInputError, UsageError
from docclean.evaluation.comparison import evaluate
from docclean.evaluation.folder import Item
from docclean.evaluation.settings import Settings
from docclean.ocr import PageText
from docclean.scores.text import TextRules
from docclean.scores.totals import TWIN


def test_limit_only_progress_and_rules(folder, engine):
    seen = []
    report = evaluate(
        folder, FakeCleaner(), engine, limit=2, progress=lambda done, total: seen.append(done)
    )
    assert [page.name for page in report.pages] == ["a", "b"] and seen == [1, 2]
    assert len(evaluate(folder, FakeCleaner(), engine, only=["b"]).pages) == 1
    engine.texts[30] = "ONE TWO"
    rules = TextRules(fold_case=True)
    report = evaluate(folder, FakeCleaner(), engine, only=["a"], rules=rules)
    assert report.cer_clean == 0


def pair(folder, truth=True):
    write(folder / "noisy/x.png", 30)
    write(folder / "clean/x.png", 30, dirty=False)
    if truth:
        (folder / "truth").mkdir()
        (folder / "truth/x.gt.txt").write_text("one two")


def test_clean_twins(tmp_path):
    pair(tmp_path)
    report = evaluate(tmp_path, FakeCleaner(), FakeEngine({30: "one two"}))
    assert report.contenders()[-1] == TWIN
    assert report.totals(TWIN).fidelity is None and report.totals(TWIN).micro.cer == 0
    assert report.totals("cleaned").fidelity.rmse == 0
    expected = (255 - DIRT) / 255 / (20 * 30) ** 0.5
    assert report.totals("raw").fidelity.rmse == pytest.approx(expected)
    for head in ("RMSE", "PSNR", "SSIM", "F-measure", "pseudo-F", "DRD"):
        assert head in report.to_text() and head in report.to_markdown()


def test_twins_without_truth_are_measured_too(tmp_path):
    pair(tmp_path, truth=False)
    report = evaluate(tmp_path, FakeCleaner(), FakeEngine({30: "one two"}))
    assert report.totals("cleaned").fidelity.rmse == 0 and report.totals("cleaned").signs
    assert report.totals("cleaned").micro is None and report.summary().overall is None


def test_a_contender_of_another_size_has_no_fidelity(tmp_path):
    pair(tmp_path)
    engine = FakeEngine({30: "one two", 60: "one two"})
    report = evaluate(tmp_path, None, engine, contenders=["grey", "grey-x2"])
    assert report.totals("grey-x2").fidelity is None and report.totals("grey").fidelity


def test_without_truth_the_signs_are_told(tmp_path, engine):
    for name, width in (("a", 30), ("b", 40)):
        write(tmp_path / f"{name}.png", width)
    report = evaluate(tmp_path, FakeCleaner(), engine, contenders=["raw", "cleaned"])
    raw, cleaned = (report.totals(name).signs for name in ("raw", "cleaned"))
    assert (raw.confidence, cleaned.confidence) == (60, 90)
    assert (raw.words, cleaned.words) == (2, 4)
    assert raw.agreement == 1 and 0 < cleaned.agreement < 1
    assert report.totals("raw").micro is None
    assert [round(page.change("raw", "cleaned"), 6) for page in report.pages] == [0.3, 0.3]
    for text in (report.to_text(), report.to_markdown(), report.to_csv()):
        assert "confidence" in text
    assert "CER" not in report.to_text()
    with pytest.raises(UsageError, match="no page of which the text is known"):
        report.scores("raw")


def test_a_pdf_is_one_text(tmp_path, engine, make_pdf):
    (tmp_path / "d.pdf").write_bytes(make_pdf(3))
    (tmp_path / "d.gt.txt").write_text("he llo\fhe llo\fhe llo\n")
    engine.texts[120] = "he llo"
    report = evaluate(tmp_path, None, engine, contenders=["raw", "grey"], jobs=2)
    (page,) = report.pages
    assert report.cer_raw == 0 and page.readings[0].ocr.seconds == pytest.approx(1.5)


def test_sub_folders_are_sets(folder, engine, tmp_path):
    for name in ("one", "two"):
        (tmp_path / "sets" / name).mkdir(parents=True)
    for path in folder.glob("a.*"):
        shutil.copy(path, tmp_path / "sets/one")
    for path in folder.glob("[bc].*"):
        shutil.copy(path, tmp_path / "sets/two")
    report = evaluate(tmp_path / "sets", FakeCleaner(), engine)
    assert report.sets() == ("one", "two")
    summary = report.summary()
    assert [one.pages for one in summary.sets] == [1, 2]
    assert summary.overall.name == "all sets" and summary.overall.pages == 3
    assert "all sets" in report.to_text()
    assert evaluate(tmp_path / "sets", FakeCleaner(), engine, sets=["t*"]).sets() == ("two",)
    with pytest.raises(UsageError, match="no set is called 'three'; there are: one, two"):
        evaluate(tmp_path / "sets", FakeCleaner(), engine, sets=["three"])
    assert len(evaluate(tmp_path / "sets", FakeCleaner(), engine, limit=1).pages) == 2


def test_settings_choose_engine_and_rules(folder, tmp_path, monkeypatch):
    seen = []

    def read(self, page, *, words=False):
        seen.append((self.lang, self.psm))
        return PageText("ONE TWO")

    monkeypatch.setattr("docclean.ocr.Tesseract.read", read)
    packs = frozenset({"eng", "deu"})  # whatever this machine has: nothing is really read
    monkeypatch.setattr("docclean.ocr.tesseract.installed_languages", lambda: packs)
    for name in ("x-deu", "receipts"):
        (tmp_path / "sets" / name).mkdir(parents=True)
        for path in folder.glob("a.*"):
            shutil.copy(path, tmp_path / "sets" / name)
    told = tmp_path / "settings.toml"
    told.write_text('[set."*-deu"]\nlang="deu"\n[set.receipts]\npsm=4\nfold_case=true\n')
    report = evaluate(tmp_path / "sets", None, contenders=["grey"], settings=Settings.load(told))
    assert sorted(seen) == [("deu", None), ("eng", 4)]
    assert [one.totals[0].micro.cer for one in report.summary().sets] == [0, pytest.approx(6 / 7)]
    assert report.methods == {
        "receipts": "Tesseract -l eng --psm 4, NFC, white space folded, case folded",
        "x-deu": "Tesseract -l deu, NFC, white space folded, case kept",
    }
    assert "x-deu: Tesseract -l deu" in report.summary().method
    assert [one.method for one in report.summary().sets] == list(report.methods.values())
    told.write_text("[set.receipts]\nskip=true\n")
    kept = evaluate(tmp_path / "sets", None, contenders=["grey"], settings=Settings.load(told))
    assert kept.sets() == ("x-deu",)


def test_only_may_be_a_test_of_an_item(folder, engine):
    def second(item: Item) -> bool:
        return item.name == "b"

    assert [p.name for p in evaluate(folder, FakeCleaner(), engine, only=second).pages] == ["b"]
    with pytest.raises(UnreadableInputError, match="none of its pages was asked for"):
        evaluate(folder, FakeCleaner(), engine, only=["z"])
