"""`POST /clean` and `POST /ocr`: the file, its name, its verdict, and what `--json` says."""

import io
import json
import subprocess
import sys

import numpy as np
import pikepdf
import pytest
from dirty_scan import SENTENCES, dirty
from served import scan

from docclean.documents import read_pages


def test_the_file_comes_back_as_the_command_makes_it(served, png, tmp_path):
    (tmp_path / "in.png").write_bytes(png)
    command = [sys.executable, "-m", "docclean", "clean", "in.png", "-o", "out.png", "--json"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in told.stderr.splitlines() + told.stdout.splitlines()]
    answer = served.send("/clean", png, "letter.png")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-docclean-verdict"] == "cleaned"
    assert 'filename="letter.png"' in answer.headers["content-disposition"]
    assert answer.content == (tmp_path / "out.png").read_bytes()
    asked = served.send("/clean", png, "letter.png", headers={"Accept": "application/json"}).json()
    page, whole = asked["events"]
    assert {**page, "of": None} == {**lines[0], "of": None}
    assert whole.keys() == lines[1].keys()
    assert (whole["source"], whole["output"]) == ("letter.png", "letter.png")
    assert served.client.get(asked["links"]["file"]).content == answer.content
    assert served.client.delete(f"/jobs/{asked['job']}").status_code == 204


def test_options_are_those_of_the_command_line(served, png):
    answer = served.send("/clean?format=pdf", png, "letter.png", **{"no-gate": "true"})
    assert answer.headers["content-type"] == "application/pdf"
    assert 'filename="letter.pdf"' in answer.headers["content-disposition"]
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        assert len(pdf.pages) == 1
    black = served.send("/clean", png, bitonal="1")
    (page,) = read_pages(black.content)
    assert set(np.unique(page.pixels)) <= {0, 255}


def test_the_body_may_be_the_file(served, png):
    headers = {"X-Filename": "%C3%BCber.png"}
    answer = served.client.post("/clean?grey=true", content=png, headers=headers)
    assert answer.status_code == 200
    assert "filename*=UTF-8''%C3%BCber.png" in answer.headers["content-disposition"]


@pytest.mark.parametrize(
    ("accept", "media", "words"),
    [
        ("text/plain", "text/plain; charset=utf-8", "harbour"),
        ("application/alto+xml", "application/alto+xml", "<alto"),
        ("text/html", "text/vnd.hocr+html; charset=utf-8", "ocr_page"),
        ("application/pdf", "application/pdf", "%PDF"),
    ],
)
def test_reading_gives_what_is_accepted(accept, media, words, served):
    answer = served.send(
        "/ocr", scan(size=34), "letter.png", headers={"Accept": accept}, lang="eng"
    )
    assert answer.headers["content-type"] == media, answer.text
    assert words in answer.content.decode("utf-8", "replace")


def test_what_is_read_is_what_is_written(served):
    text = served.send("/ocr", scan(size=34), psm="6").text
    assert text.split() == " ".join(SENTENCES).split()
    raw = served.send("/ocr", scan(size=34), raw="true").text
    assert raw != text


@pytest.mark.parametrize(
    ("path", "fields", "status", "words"),
    [
        ("/clean", {"deskwe": "1"}, 400, "did you mean 'deskew'"),
        ("/clean", {"jobs": "9"}, 400, "jobs is the server's to say"),
        ("/clean", {"model": "/etc/passwd"}, 400, "model is the server's to say"),
        ("/clean", {"format": "../../x"}, 400, "no format has the suffix"),
        ("/clean", {"lang": "../../eng"}, 400, "lang names languages"),
        ("/clean", {"pages": "1-99999999999"}, 400, "pages that no document has"),
        ("/clean", {"pages": "7"}, 400, "has 1 page"),
        ("/clean", {"deskew": "perhaps"}, 400, "true or false"),
        ("/clean", {"text": "1"}, 400, "accept application/json"),
        ("/clean", {"ocr": "xyz"}, 400, "no language pack"),
        ("/ocr", {"psm": "99"}, 400, "psm is a number"),
        ("/ocr", {"deskew": "1"}, 400, "no field 'deskew'"),
    ],
)
def test_a_wrong_field_is_named(path, fields, status, words, served, png):
    answer = served.send(path, png, "letter.png", **fields)
    assert answer.status_code == status and words in answer.json()["error"]
    assert "/" + "tmp" not in answer.text and "document," not in answer.text


def test_a_media_type_that_nothing_can_be_read_as_is_refused(served, png):
    assert served.send("/ocr", png, headers={"Accept": "video/mp4"}).status_code == 406


def test_a_page_that_is_left_stays_pixel_for_pixel(served):
    answer = served.send("/clean", scan(".pdf", 2), "two.pdf", leave="2")
    first, second = read_pages(answer.content)
    assert np.array_equal(second.pixels, dirty(1, 20).pixels)
    assert not np.array_equal(first.pixels, dirty(0, 20).pixels)
