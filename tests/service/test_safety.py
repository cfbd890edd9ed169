"""Strangers: tokens, names that are weapons, other sites' pages, headers."""

import os
import re
import statistics
import time

import pytest
from served import Served, scan

from docclean.cli import run
from docclean.errors import UsageError
from docclean.service.door.answers import disposition, plain_name
from docclean.service.settings import Settings

TOKEN = "an-open-secret-of-32-characters!"
EVIL = '"><img src=x onerror=alert(1)>.png'


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    with Served(tmp_path_factory.mktemp("guarded"), DOCCLEAN_TOKEN=TOKEN) as running:
        yield running


def test_a_token_is_asked_for_everywhere_but_at_the_door(guarded, png):
    for path in ("/limits", "/metrics", "/jobs/x", "/openapi.json", "/results.zip"):
        answer = guarded.client.get(path)
        assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"
    for path in ("/", "/healthz", "/readyz"):
        assert guarded.client.get(path).status_code == 200
    for path in ("/clean", "/ocr", "/jobs"):
        assert guarded.send(path, png).status_code == 401
    for shown in (TOKEN[:-1], TOKEN + "x", "x", "ü"):
        headers = {"Authorization": f"Bearer {shown}".encode()}
        assert guarded.client.get("/limits", headers=headers).status_code == 401
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert guarded.client.get("/limits", headers=headers).status_code == 200
    assert guarded.send("/clean", png, headers=headers).status_code == 200


@pytest.mark.slow
def test_how_long_a_wrong_token_takes_tells_nothing(guarded):
    """A token that is right but for its end takes as long as one that is all wrong."""
    times: dict[str, list[float]] = {"all": [], "last": []}
    shown = {"all": "x" * len(TOKEN), "last": TOKEN[:-1] + "x"}
    for turn in range(1500):
        kind = ("all", "last")[turn % 2]
        headers = {"Authorization": f"Bearer {shown[kind]}"}
        began = time.perf_counter()
        assert guarded.client.get("/limits", headers=headers).status_code == 401
        times[kind].append(time.perf_counter() - began)
    one, other = (statistics.median(times[kind]) for kind in times)
    assert abs(one - other) < 0.05 * one


def test_the_door_stays_shut_unless_told_in_so_many_words(capsys):
    assert run(["serve", "--host", "0.0.0.0"]) == 1
    assert "--no-token to let anyone in" in capsys.readouterr().err
    with pytest.raises(UsageError, match="at least 8"):
        Settings(token="short")
    assert Settings(host="0.0.0.0", no_token=True).no_token
    assert Settings(host="0.0.0.0", token=TOKEN).token
    assert all(Settings(host=host).is_local for host in ("127.0.0.1", "::1", "localhost"))


@pytest.mark.parametrize(
    "name",
    [
        *("../../../../etc/cron.d/evil", "..\\..\\evil.png", "/etc/passwd", "a/../../b.png"),
        *("a\r\nSet-Cookie: x=1.png", "a\x00b.png", EVIL, "..", "", "  . ", "x" * 400 + ".png"),
        *("\u202egnp.exe", "con?<>|*.png", "ü\u0308ö.png"),
    ],
)
def test_a_name_is_only_a_name(name, served, png):
    plain = plain_name(name)
    assert plain and plain not in (".", "..") and len(plain) <= 150
    assert not set(plain) & set('/\\<>:"|?*\r\n\x00\u202e')
    header = disposition(plain)
    assert header.isascii() and header.isprintable()
    before = _evil(served.scratch.parents[1])
    answer = served.send("/clean", png, name or "x")
    assert answer.status_code == 200 and "set-cookie" not in answer.headers
    assert _evil(served.scratch.parents[1]) == before


def _evil(folder) -> set[str]:
    """Return what bears the name of a weapon; folders of jobs may go while they are walked."""
    found = {f"{at}/{name}" for at, inner, files in os.walk(folder) for name in (*inner, *files)}
    return {one for one in found if "evil" in one.rpartition("/")[2]}


def test_nothing_of_a_name_is_in_the_log_or_in_a_path(served):
    secret = "geheimes Zeugnis\nforged line.png"
    job = served.job(served.send("/jobs", scan()[:-300], secret).json()["id"])
    assert "geheimes" in job["message"] and "/" not in job["message"].split("(")[0]
    assert "geheimes" not in served.log and "forged" not in served.log
    assert not list(served.scratch.rglob("*geheimes*"))


def test_what_is_read_cannot_become_a_script(served):
    headers = {"Accept": "text/html"}
    answer = served.send("/ocr", scan(size=34), "<script>alert(1)</script>.png", headers=headers)
    assert "<script" not in answer.text
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_headers_of_every_answer(served):
    for path in ("/", "/limits", "/nowhere", "/jobs/x/result", "/healthz"):
        headers = served.client.get(path).headers
        assert headers["x-frame-options"] == "DENY" and headers["referrer-policy"] == "no-referrer"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        lower = {name.lower() for name in headers}
        assert not {name for name in lower if name.startswith("access-control")}
        assert not lower & {"set-cookie", "server"}


def test_the_page_runs_only_its_own_script(served):
    answer = served.client.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    hashes = re.findall(r"(script|style)-src 'sha256-", answer.headers["content-security-policy"])
    assert hashes == ["style", "script"]
    for weapon in ("onclick=", "onerror=", "javascript:", "innerHTML", "eval(", "http:", "https:"):
        assert weapon not in answer.text, weapon


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example"}, 421),
    ],
)
def test_pages_of_other_sites_are_refused(headers, status, served, png):
    assert served.send("/clean", png, headers=headers).status_code == status


def test_our_own_page_is_not_refused(served, png):
    assert served.send("/clean", png, headers={"Origin": served.url}).status_code == 200


def test_headers_cannot_be_forged_by_fields(served, png):
    answer = served.send("/clean?format=png%0d%0aX-Evil:%201", png)
    assert answer.status_code == 400 and "x-evil" not in answer.headers
    named = served.client.post(
        "/clean", content=png, headers={"X-Filename": "a%0d%0aX-Evil: 1.png"}
    )
    assert named.status_code == 200 and "x-evil" not in named.headers


def test_ids_cannot_be_walked(served, png):
    for path in (
        "/jobs/..%2f..",
        "/jobs/%2e%2e",
        "/jobs/.docclean",
        "/jobs/x/result/..%2fdocument",
    ):
        assert served.client.get(path).status_code == 404
