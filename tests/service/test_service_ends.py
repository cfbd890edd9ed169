"""Ends: a worker is killed, a client goes, the service is stopped, killed, begun again."""

import signal
import socket
import threading
import time

import psutil
import pytest
from served import Served, large, until

from docclean.cli import run


def test_a_worker_that_is_killed_costs_its_document_only(served, png):
    answers = []
    sender = threading.Thread(
        target=lambda: answers.append(served.send("/clean", large(), "a.png"))
    )
    sender.start()
    served.busy().kill()
    sender.join()
    assert answers[0].status_code == 422
    assert answers[0].json()["error"].startswith("a.png: its process was killed")
    assert served.send("/clean", png).status_code == 200


def test_a_client_that_goes_stops_the_work(served, png):
    host, port = served.url.removeprefix("http://").split(":")
    body = large()
    with socket.create_connection((host, int(port))) as line:
        head = f"POST /clean HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
        line.sendall(head.encode() + body)
        worker = served.busy()
    began = time.monotonic()
    worker.wait(8)
    until(lambda: served.metric("docclean_in_hand") == 0)
    assert time.monotonic() - began < 8
    assert served.send("/clean", png).status_code == 200
    until(lambda: served.metric("docclean_kept_bytes") < 5e6)


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_a_signal_lets_what_is_in_hand_be_finished(number, tmp_path):
    with Served(tmp_path, "--no-gate") as served:
        children = psutil.Process(served.process.pid).children(recursive=True)
        answers = []
        sender = threading.Thread(target=lambda: answers.append(served.send("/clean", large())))
        sender.start()
        served.busy()
        served.process.send_signal(number)
        sender.join()
        assert answers[0].status_code == 200
        assert served.process.wait(20) == 0
        until(lambda: served.log.endswith("stopped"))
        assert not psutil.wait_procs(children, 10)[1]
        assert not list(served.scratch.iterdir())


@pytest.mark.slow
def test_a_killed_service_goes_on_where_it_was(tmp_path, png):
    state = tmp_path / "state"
    with Served(tmp_path, "--state", state) as served:
        done = served.job(served.send("/jobs", png, "ü.png").json()["id"])
        result = served.client.get(f"/jobs/{done['id']}/result").content
        open_ = [served.send("/jobs", large(), f"{n}.png").json()["id"] for n in range(2)]
        taken = ["serve", "--port", "0", "--state", str(state)]
        assert run(taken) == 1  # one service to a folder
        served.busy()
        served.process.kill()
    (state / "stranger").mkdir()
    with Served(tmp_path, "--state", state) as served:
        assert served.client.get(f"/jobs/{done['id']}").json() == done
        assert served.client.get(f"/jobs/{done['id']}/result").content == result
        assert [served.job(name)["state"] for name in open_] == ["done", "done"]
        until(lambda: not (state / "stranger").exists())


def test_a_port_that_is_taken_is_told(served, capfd):
    port = served.url.rpartition(":")[2]
    assert run(["serve", "--port", port]) == 4
    assert "choose another --port" in capfd.readouterr().err


def test_without_the_extra_it_says_how_to_install_it(monkeypatch, capsys):
    monkeypatch.setitem(__import__("sys").modules, "uvicorn", None)
    monkeypatch.delitem(__import__("sys").modules, "docclean.service.serving", raising=False)
    assert run(["serve"]) == 3
    assert "pip install 'docclean[serve]'" in capsys.readouterr().err


def test_short_answers_come_at_once(served):
    seconds = []
    for _ in range(30):
        began = time.perf_counter()
        served.client.get("/healthz")
        seconds.append(time.perf_counter() - began)
    assert min(seconds[1:]) < 0.03  # 40 ms where small pieces wait for each other's receipt


def test_it_says_how_it_is(served):
    assert served.client.get("/healthz").text == "ok\n"
    assert served.client.get("/readyz").text == "ready\n"
    text = served.client.get("/metrics").text
    for name in (
        *("docclean_documents_total", "docclean_requests_total", "docclean_pages_total"),
        *("docclean_document_seconds_bucket", "process_resident_memory_bytes"),
    ):
        assert name in text
