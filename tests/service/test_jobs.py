"""Jobs: an id at once, progress by page, the result, its views, and an end."""

import io
import json
import zipfile

import pytest
from served import events_of, scan

from docclean.documents import read_pages


@pytest.fixture(scope="module")
def job(served):
    answer = served.send("/jobs", scan(".pdf", 3), "book.pdf", ocr="eng", text="true")
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/jobs/{answer.json()['id']}"
    return served.job(answer.json()["id"])


def test_a_job_tells_how_far_it_is(served):
    name = served.send("/jobs", scan(".pdf", 3), "book.pdf").json()["id"]
    with served.client.stream("GET", f"/jobs/{name}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        events = events_of(stream.read().decode())
    counts = [told["pages_done"] for _, told in events]
    assert counts == sorted(counts) and counts[-1] == 3
    assert events[-1][0] == "done" and events[-1][1]["pages"] == 3
    assert {told["state"] for _, told in events} <= {"waiting", "working", "done"}


def test_the_result_and_its_parts(served, job):
    assert job["parts"] == ["file", "text"] and job["verdict"] == "cleaned"
    file = served.client.get(f"/jobs/{job['id']}/result")
    assert len(list(read_pages(file.content))) == 3
    text = served.client.get(f"/jobs/{job['id']}/result/text")
    assert 'filename="book.txt"' in text.headers["content-disposition"]
    assert text.text.count("\f") == 2
    assert served.client.get(f"/jobs/{job['id']}/result/alto").status_code == 404


def test_a_page_can_be_seen(served, job):
    place = f"/jobs/{job['id']}/pages/2"
    before, after = (served.client.get(f"{place}/{view}") for view in ("before", "after"))
    (was,), (now,) = read_pages(before.content), read_pages(after.content)
    assert (was.height, was.width) == (now.height, now.width)
    assert now.grey().mean() > was.grey().mean() + 10
    parts = served.client.get(f"{place}/parts").json()
    assert abs(sum(parts["shares"].values()) - 1) < 0.01 and parts["shares"]["text"] > 0.05
    assert served.client.get(f"{place}/map").headers["content-type"] == "image/png"
    words = served.client.get(f"{place}/words").json()
    assert words.keys() == {"before", "after", "gained", "lost"}
    assert served.client.get(f"/jobs/{job['id']}/pages/4/before").status_code == 404
    assert served.client.get(f"{place}/inside").status_code == 404


def test_a_page_can_be_kept_as_it_was(served, job):
    again = served.client.post(f"/jobs/{job['id']}/leave", params={"pages": "2"})
    assert again.status_code == 202
    told = served.job(again.json()["id"])
    verdicts = [one["verdict"] for one in told["decisions"]]
    assert verdicts == ["cleaned", "kept", "cleaned"] and told["options"]["leave"] == "2"
    assert "text" in told["parts"]
    wrong = served.client.post(f"/jobs/{job['id']}/leave", params={"pages": "x"})
    assert wrong.status_code == 400


def test_all_in_one_archive(served, job, png):
    other = served.job(served.send("/jobs", png, "book.pdf").json()["id"])
    params = [("id", job["id"]), ("id", job["id"]), ("id", other["id"])]
    answer = served.client.get("/results.zip", params=params)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert sorted(packed.namelist()) == [
            *("book (2).pdf", "book (2).txt", "book.pdf", "book.png", "book.txt"),
        ]
    assert served.client.get("/results.zip").status_code == 400


def test_several_jobs_in_one_answer(served, job):
    told = served.client.get("/jobs", params=[("id", job["id"]), ("id", "none")]).json()
    assert [one["id"] for one in told["jobs"]] == [job["id"]]


def test_a_job_that_fails_says_why(served):
    damaged = scan(".png")[:-300]
    told = served.job(served.send("/jobs", damaged, "torn.png").json()["id"])
    assert told["state"] == "failed" and told["fault"] == "input"
    assert told["message"].startswith("torn.png is truncated or damaged")
    refused = served.client.get(f"/jobs/{told['id']}/result")
    assert refused.status_code == 422 and json.loads(refused.text)["error"] == told["message"]


def test_a_job_that_is_deleted_is_gone(served, png):
    name = served.send("/jobs", png).json()["id"]
    assert served.client.delete(f"/jobs/{name}").status_code == 204
    for path in ("", "/events", "/result", "/pages/1/before"):
        assert served.client.get(f"/jobs/{name}{path}").status_code == 404
    assert served.client.delete(f"/jobs/{name}").status_code == 404
