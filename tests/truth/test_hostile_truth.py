"""Damaged and hostile truths, what is meant as one, and what Tesseract writes."""

import json
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont
from truth_files import (
    ALTO_LINES,
    HOCR_LINES,
    alto,
    hocr,
    page,
    refused,
    region,
)

from docclean.errors import UnreadableInputError
from docclean.truth import TRUTH_SUFFIXES, is_truth, read_truth

PARAGRAPHS = (
    ("The quick brown fox jumps", "over the lazy dog & runs."),
    ("Pack my box with <five>", "dozen liquor jugs today."),
)


# --- damaged and hostile files --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "damaged XML"),
        (alto(ALTO_LINES)[:-30], "damaged XML"),
        (page(region("a", "one")).replace("UTF-8", "UTF-16"), "damaged XML"),
        ("<rsm:CrossIndustryInvoice xmlns:rsm='urn:x'/>", "neither ALTO nor PAGE but <CrossInd"),
        (alto(ALTO_LINES.replace("CONTENT", "OTHER")), "lines but no text"),
        (page(region("a")), "regions but no text"),
        (page(region("a", "", "")), "regions but no text"),
        ("<alto>" + "<a>" * 300 + "</a>" * 300 + "</alto>", "damaged XML"),
    ],
)
def test_bad_xml_is_refused(read, content, why):
    refused(read, "a.xml", content, why)


@pytest.mark.parametrize("name", ["a.xml", "a.hocr"])
def test_no_entity_reads_a_file(read, tmp_path, name):
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    dtd = f'<!DOCTYPE PcGts [<!ENTITY leak SYSTEM "{secret.as_uri()}">]>'
    content = page(region("a", "&leak;")).replace("<PcGts", f"{dtd}<PcGts")
    refused(read, name, content, "declares entities")


def test_no_entity_grows_without_bound(read):
    grow = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    dtd = f'<!DOCTYPE PcGts [<!ENTITY e0 "ha">{grow}]>'
    content = page(region("a", "&e11;")).replace("<PcGts", f"{dtd}<PcGts")
    refused(read, "a.xml", content, "declares entities|damaged XML")
    in_attribute = page("<TextRegion id='&e11;'/>").replace("<PcGts", f"{dtd}<PcGts")
    refused(read, "a.xml", in_attribute, "declares entities|damaged XML")


def test_missing_and_unknown_files(read, tmp_path):
    with pytest.raises(UnreadableInputError, match=r"none\.xml cannot be read .*; check"):
        read_truth(tmp_path / "none.xml")
    refused(read, "a.docx", "text", "no truth file")


@given(st.binary(max_size=200), st.sampled_from(TRUTH_SUFFIXES))
def test_whatever_the_bytes_there_is_a_truth_or_an_error_of_ours(tmp_path_factory, data, suffix):
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(data)
    is_truth(path)
    try:
        assert isinstance(read_truth(path).text, str)
    except UnreadableInputError as error:
        assert str(path) in str(error)


# --- what is meant as truth -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "meant"),
    [
        ("a.gt.txt", "", True),
        ("a.words.json", "damaged", True),
        ("a.hocr", "", True),
        ("a.page.xml", "", True),
        ("a.xml", alto(ALTO_LINES), True),
        ("a.xml", page(""), True),
        ("a.xml", "cut o", True),  # reading it tells that it is damaged
        ("a.xml", "<invoice/>", False),
        ("a.html", hocr(HOCR_LINES), True),
        ("a.html", hocr("<p>A saved web page</p>"), False),
    ],
)
def test_invoices_and_web_pages_are_no_truth(tmp_path, name, content, meant):
    (tmp_path / name).write_text(content)
    assert is_truth(tmp_path / name) is meant


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A typeset page as Tesseract writes it: .txt, .hocr, .xml (ALTO), letters.hocr."""
    if shutil.which("tesseract") is None:
        pytest.skip("the program tesseract is not installed")
    folder = tmp_path_factory.mktemp("written")
    image = Image.new("L", (1000, 500), 255)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=44)
    for row, line in enumerate([*PARAGRAPHS[0], "", *PARAGRAPHS[1]]):
        draw.text((60, 60 + 70 * row), line, 0, font)
    image.save(folder / "page.png", dpi=(300, 300))
    call = ["tesseract", folder / "page.png"]
    formats = ["txt", "hocr", "alto"]
    subprocess.run([*call, folder / "page", *formats], check=True, capture_output=True)
    letters = [folder / "letters", "-c", "hocr_char_boxes=1", "hocr"]
    subprocess.run([*call, *letters], check=True, capture_output=True)
    return folder


# --- what Tesseract writes ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["page.hocr", "page.xml", "letters.hocr"])
def test_what_tesseract_writes_says_what_its_text_says(written, name):
    text = (written / "page.txt").read_text("utf-8")
    assert PARAGRAPHS[0][0].split() == text.split()[:5]
    found = read_truth(written / name)
    assert found.text == text.strip()
    assert [one.text for one in found.words] == text.split()
    for one in found.words:
        assert 0 <= one.left < one.left + one.width <= 1000
        assert 0 <= one.top < one.top + one.height <= 500


def test_text_and_boxes_survive_words_json(written, read):
    found = read_truth(written / "page.hocr")
    again = read("again.words.json", json.dumps([vars(one) for one in found.words]))
    assert again.words == found.words
    assert again.text == found.text.replace("\n\n", "\n")
