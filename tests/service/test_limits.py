"""Limits: each one is refused by its own status, and the next document is fine."""

import io
import socket
import time
import zlib

import numpy as np
import pytest
from served import Served, large, scan, until

from docclean.documents import write_pages
from docclean.page import Page


@pytest.fixture(scope="module")
def bounded(tmp_path_factory):
    limits = ("--most-bytes", "8M", "--most-pixels", 4_000_000, "--most-pages", 2)
    more = ("--patience", 1, "--waiting", 1, "--timeout", 4)
    with Served(tmp_path_factory.mktemp("bounded"), *limits, *more) as running:
        yield running


def blank(height: int, width: int) -> bytes:
    """Return a white page, which takes few bytes whatever its size."""
    made = io.BytesIO()
    write_pages([Page(np.full((height, width), 255, np.uint8))], made, suffix=".png")
    return made.getvalue()


def zipped_bomb() -> bytes:
    """Return a PNG that says it is 30,000 px a side, and holds a few rows."""
    data = bytearray(blank(10, 10))
    data[16:24] = (30_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        (b"x" * 9_000_000, 413, "more than 8,388,608 bytes"),
        (blank(2500, 2500), 422, "2500 x 2500 px is more than 4,000,000 pixels"),
        (zipped_bomb(), 422, "30000 x 30000 px"),
        (scan(".pdf", 3), 413, "has 3 pages and 2 are taken"),
        (b"MZ this is a program", 415, "is not a document"),
        (b"", 400, "no document in the request"),
        (scan()[:-300], 422, "damaged"),
        (b"%PDF-1.7\nnothing", 422, "damaged"),
    ],
    ids=["bytes", "pixels", "bomb", "pages", "type", "empty", "cut", "torn"],
)
def test_a_limit_is_refused_by_its_status(data, status, words, bounded):
    answer = bounded.send("/clean", data, "letter.png")
    assert (answer.status_code, words in answer.json()["error"]) == (status, True), answer.text
    assert bounded.send("/clean", scan()).status_code == 200


def test_a_pdf_of_pages_that_are_too_large_is_refused(bounded):
    made = io.BytesIO()
    write_pages([Page(np.full((2500, 2500), 200, np.uint8))], made, suffix=".pdf")
    answer = bounded.send("/clean", made.getvalue(), "map.pdf")
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("map.pdf is too large: 2500 x 2500 px")


def raw(served: Served, head: str, body: bytes = b"") -> socket.socket:
    """Begin a request by hand."""
    host, port = served.url.removeprefix("http://").split(":")
    line = socket.create_connection((host, int(port)), timeout=30)
    line.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
    return line


def answered(line: socket.socket) -> str:
    """Return the first of an answer, and close the line."""
    with line:
        return line.recv(4096).decode()


def test_two_gigabytes_are_refused_before_they_come(bounded):
    head = "POST /clean HTTP/1.1\nHost: 127.0.0.1\nContent-Length: 2147483648"
    assert answered(raw(bounded, head, b"x" * 10_000)).startswith("HTTP/1.1 413 ")


def test_two_gigabytes_that_nobody_announced_are_cut_off(bounded):
    head = "POST /clean HTTP/1.1\nHost: 127.0.0.1\nTransfer-Encoding: chunked"
    line = raw(bounded, head)
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    for _ in range(140):
        line.sendall(piece)
    assert answered(line).startswith("HTTP/1.1 413 ")


def test_a_body_that_stops_is_not_waited_for(bounded):
    head = "POST /clean HTTP/1.1\nHost: 127.0.0.1\nContent-Length: 5000"
    began = time.monotonic()
    assert answered(raw(bounded, head, b"x" * 100)).startswith("HTTP/1.1 408 ")
    assert time.monotonic() - began < 5


def test_a_body_that_drips_is_not_waited_for(bounded):
    line = raw(bounded, "POST /clean HTTP/1.1\nHost: 127.0.0.1\nContent-Length: 5000")
    line.settimeout(0.2)
    told, began = b"", time.monotonic()
    while not told and time.monotonic() - began < 10:
        line.sendall(b"x")
        try:
            told = line.recv(100)
        except TimeoutError:
            continue
    line.close()
    assert told.startswith(b"HTTP/1.1 408 ")


def test_who_comes_when_too_many_wait_is_told_when_to_come_again(bounded):
    jobs = []
    while (answer := bounded.send("/jobs", large())).status_code == 202:
        jobs.append(answer.json()["id"])
        assert len(jobs) < 9
    assert answer.status_code == 429 and int(answer.headers["retry-after"]) >= 1
    for job in jobs:
        bounded.client.delete(f"/jobs/{job}")
    until(lambda: bounded.metric("docclean_in_hand") + bounded.metric("docclean_waiting") == 0)
    assert bounded.send("/clean", scan()).status_code == 200


@pytest.mark.slow
def test_memory_is_bounded(tmp_path):
    with Served(tmp_path, "--memory", "1G") as served:
        huge = blank(9_500, 10_000)
        answer = served.send("/clean", huge, "huge.png", **{"no-gate": "true"})
        assert answer.status_code == 422 and "memory" in answer.json()["error"]
        assert served.send("/clean", scan()).status_code == 200


@pytest.mark.slow
def test_time_is_bounded(tmp_path):
    with Served(tmp_path, "--timeout", "0.3") as served:
        answer = served.send("/clean", large(), "slow.png")
        assert answer.status_code == 422
        assert answer.json()["error"].startswith("slow.png: took longer than 0.3 s")


@pytest.mark.slow
def test_results_are_deleted_when_their_time_is_over(tmp_path):
    with Served(tmp_path, "--keep", "0.02") as served:
        job = served.job(served.send("/jobs", scan()).json()["id"])
        place = next(served.scratch.rglob(job["id"]))
        until(lambda: served.client.get(f"/jobs/{job['id']}").status_code == 404)
        until(lambda: not place.exists())
