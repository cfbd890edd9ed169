"""Real clusters of Ray: a machine that dies, pages that kill, the local engine's very outputs."""

import os
import time
from pathlib import Path
from threading import Thread

import pytest
from cluster_pieces import DIES, GOOD, KILLS, Loads, scan

from docclean.cli import run
from docclean.integrations.cluster.folders import clean_folder_on
from docclean.integrations.cluster.session import QUIET, connected
from docclean.jobs.batch import process_batch
from docclean.jobs.ledger.database import Ledger
from docclean.jobs.plan import plan_outputs
from docclean.recipe import Options

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # Ray's of itself
]
HERE = Path(__file__).parent
ROOT = HERE.parents[1]
OPTIONS = Options(jobs=2)


@pytest.fixture
def environment(monkeypatch):
    """Let workers find the package and the cleaners of these tests."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (ROOT, HERE.parent, HERE))))
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def two_machines(environment):
    """A cluster of two nodes with a processor each; the driver is on the first."""
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 1, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        with connected(cluster.address, 0):
            yield cluster, cluster.add_node(num_cpus=1)
    finally:
        cluster.shutdown()


def files(folder):
    """Return what outputs a folder holds, by name."""
    found = [path for path in folder.rglob("*") if path.is_file() and ".docclean" not in path.parts]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def left(folder):
    """Return what is left of anything but outputs and the ledger."""
    return [
        path
        for path in folder.rglob("*")
        if ".docclean" in path.parts and not path.name.startswith("ledger") and path.is_file()
    ] + list(folder.rglob("*.part"))


def local(scans, out):
    """Clean a folder as the local engine does."""
    plan = plan_outputs([scans], f"{out}/")
    return process_batch(plan, out, Loads(), Options(), state=out / ".docclean")


def folder_of_everything(scans, letters):
    """Fill a folder: a long PDF, a TIFF, PNGs, a broken PDF, and two with a deadly page."""
    scan(scans, "long.pdf", letters, 1, *[GOOD] * 24)
    scan(scans, "sub/two.tif", letters, 2, GOOD, GOOD)
    for number in range(4):
        scan(scans, f"one-{number}.png", letters, 3 + number)
    (scans / "broken.pdf").write_bytes((scans / "long.pdf").read_bytes()[:900])
    scan(scans, "deadly.pdf", letters, 8, GOOD, DIES, GOOD)
    scan(scans, "deadly.png", letters, 9, DIES)


def dies_in_the_middle(machine, log):
    """Kill a machine after ten pages; return the thread that does, and what it notes then."""
    cluster, node = machine
    noted = []

    def kill():
        while not log.exists() or len(log.read_text().splitlines()) < 10:
            time.sleep(0.1)
        cluster.remove_node(node, allow_graceful=False)
        noted.append(len(log.read_text().splitlines()))

    thread = Thread(target=kill)
    thread.start()
    return thread, noted


def test_a_machine_dies_and_every_page_comes_out_once(two_machines, tmp_path, letters):
    scans, out, log = tmp_path / "in", tmp_path / "out", tmp_path / "log"
    folder_of_everything(scans, letters)
    thread, killed = dies_in_the_middle(two_machines, log)
    batch = clean_folder_on(None, [str(scans)], str(out), OPTIONS, load=Loads(0.3, log))
    thread.join()
    assert 10 <= killed[0] < 30, "it did not die in the middle"
    reasons = {Path(one.source).name: one.message for one in batch.failed}
    assert sorted(reasons) == ["broken.pdf", "deadly.png"]
    assert "its process was killed" in reasons["deadly.png"]
    by_name = {Path(one.source).name: one for one in batch.results}
    assert len(by_name) == len(batch.results) == 9
    assert by_name["long.pdf"].pages == 24
    assert by_name["deadly.pdf"].message.startswith("page 2 is as it was, not cleaned (a process")
    (scans / "deadly.pdf").unlink()
    (scans / "deadly.png").unlink()
    here = local(scans, tmp_path / "here")
    assert [one.message for one in here.failed] == [reasons["broken.pdf"]]
    wanted, made = files(tmp_path / "here"), files(out)
    assert made.pop("deadly.pdf") and made == wanted
    assert left(out) == []
    with Ledger(out / ".docclean") as ledger:
        assert ledger.counts()["done"] == 7 and ledger.counts()["failed"] == 2
    again = local(scans, out)
    assert again.results == [] and len(again.before.done) == 6


def test_a_page_that_kills_its_worker_again_and_again_does_not_loop(environment, tmp_path, letters):
    scans = tmp_path / "in"
    scan(scans, "good.pdf", letters, 1, GOOD, GOOD, GOOD)
    scan(scans, "worse.pdf", letters, 2, GOOD, KILLS)
    scan(scans, "worse.png", letters, 3, KILLS)
    batch = clean_folder_on(*(None, [str(scans)], str(tmp_path / "out"), OPTIONS), load=Loads())
    by_name = {Path(one.source).name: one for one in batch.results}
    assert sorted(by_name) == ["good.pdf", "worse.pdf", "worse.png"]
    assert by_name["good.pdf"].status == "done" and not by_name["good.pdf"].message
    assert "page 2 is as it was, not cleaned" in by_name["worse.pdf"].message
    assert "its process was killed" in by_name["worse.png"].message
    assert left(tmp_path / "out") == []


def test_the_command_makes_what_the_local_engine_makes(environment, tmp_path, letters, capfd):
    scans = tmp_path / "in"
    scan(scans, "b.pdf", letters, 1, GOOD, GOOD, GOOD)
    scan(scans, "a.png", letters, 2)
    (scans / "empty.png").write_bytes(b"")
    told = {}
    for engine in ("local", "ray"):
        out = str(tmp_path / engine)
        call = ["clean", str(scans), "-o", out, "--engine", engine, "--jobs", "2", "--json"]
        assert run(call) == 4
        output, errors = capfd.readouterr()
        told[engine] = [_plain(line, engine) for line in output.splitlines()]
        assert f"{scans}/empty.png is empty (0 bytes); scan or copy it again" in errors
        assert "2 done, 1 failed (4 pages" in errors
    assert sorted(told["local"]) == sorted(told["ray"])
    assert files(tmp_path / "local") == files(tmp_path / "ray")
    assert run(["clean", str(scans), "-o", str(tmp_path / "ray"), "--engine", "ray"]) == 4
    assert "2 done before, 1 failed" in capfd.readouterr().err


def _plain(line, engine):
    """Return a line of JSON without what differs from run to run."""
    import json

    told = json.loads(line.replace(f"/{engine}/", "/out/"))
    told.pop("seconds", None)
    return json.dumps(told, sort_keys=True)
