"""Documents behind URLs: what a call means, what a second one leaves alone, and a real S3 API."""

import importlib.util
import os
import subprocess
import sys
import time
import urllib.request
from dataclasses import replace
from pathlib import Path

import fsspec
import pytest
from cluster_pieces import GOOD, Loads, document, inline, locally, scan, work_of

from docclean.cli import run
from docclean.errors import MissingProgramError, OutputError, UnreadableInputError, UsageError
from docclean.integrations.cluster import notes, places
from docclean.integrations.cluster.parts import Parts
from docclean.integrations.cluster.urls import plan_urls, sorted_by_notes
from docclean.recipe import Options

ROOT = Path(__file__).parents[2]
PORT = 5123


@pytest.fixture
def bucket(tmp_path, letters):
    """A bucket in memory with a PDF of three pages, a PNG and something else; its URL."""
    store = fsspec.filesystem("memory")
    for name, marks in (("in/b.pdf", [GOOD] * 3), ("in/sub/a.png", [GOOD])):
        path = scan(tmp_path, name, letters, len(marks), *marks)
        store.pipe_file(f"/scans/{name}", path.read_bytes())
    for name in ("readme.txt", "sub/._a.png", ".cache/c.png"):
        store.pipe_file(f"/scans/in/{name}", b"nothing")
    yield "memory://scans"
    store.rm("/scans", recursive=True)


def cleaned(url, options=None):
    """Do a bucket's documents without Ray, as a call would; return what came and was known."""
    out, options = f"{url}/out", options or Options()
    work = work_of(out, options)
    found = plan_urls([f"{url}/in"], out, options.suffix)
    before, todo = sorted_by_notes(found, out, work.call, options)
    documents = [document(work, one.source, one.name, note) for one, note in todo]
    return inline(work, documents), before


def test_a_folder_of_urls_is_cleaned_and_a_second_call_leaves_it(bucket, tmp_path):
    ended, before = cleaned(bucket)
    assert [one.result.status for one in ended] == ["done", "done"] and not before.done
    assert ended[0].result.source == "memory://scans/in/b.pdf"
    assert ended[0].result.output == "memory://scans/out/b.pdf"
    for name in ("b.pdf", "sub/a.png"):
        locally(work_of(tmp_path), tmp_path / "in" / name, tmp_path / "here" / name)
        assert places.read(f"{bucket}/out/{name}") == (tmp_path / "here" / name).read_bytes()
    again, before = cleaned(bucket)
    assert again == [] and sorted(one.target for one in before.done) == ["b.pdf", "sub/a.png"]


def test_what_has_changed_or_gone_is_done_again(bucket, tmp_path, letters):
    cleaned(bucket)
    store = fsspec.filesystem("memory")
    store.rm_file("/scans/out/b.pdf")
    other = scan(tmp_path, "other.png", letters, 5)
    time.sleep(0.01)
    store.pipe_file("/scans/in/sub/a.png", other.read_bytes())
    ended, before = cleaned(bucket)
    assert sorted(one.entry.target for one in ended) == ["b.pdf", "sub/a.png"]
    assert not before.done and {one.result.status for one in ended} == {"done"}
    locally(work_of(tmp_path), other, tmp_path / "here.png")
    assert places.read(f"{bucket}/out/sub/a.png") == (tmp_path / "here.png").read_bytes()
    store.pipe_file("/scans/out/b.pdf", b"by hand")
    ended, before = cleaned(bucket)
    assert ended == [] and [one.target for one in before.changed] == ["b.pdf"]
    ended, before = cleaned(bucket, Options(overwrite=True))
    assert [one.entry.target for one in ended] == ["b.pdf"] and not before.changed


def test_somebody_elses_object_is_not_replaced(bucket):
    fsspec.filesystem("memory").pipe_file("/scans/out/b.pdf", b"mine")
    ended, _ = cleaned(bucket)
    assert ended[0].result.message == (
        "memory://scans/out/b.pdf exists already; add --overwrite or choose another -o"
    )
    assert places.read(f"{bucket}/out/b.pdf") == b"mine"


def test_what_a_call_means(bucket, tmp_path):
    out = f"{bucket}/in/out"
    assert [one.name for one in plan_urls([f"{bucket}/in/"], out)] == ["b.pdf", "sub/a.png"]
    assert [one.name for one in plan_urls([f"{bucket}/in/*.pdf"], out, "tif")] == ["b.tif"]
    assert [one.source for one in plan_urls([f"{bucket}/in/b.pdf"], out)] == [f"{bucket}/in/b.pdf"]
    fsspec.filesystem("memory").pipe_file("/scans/in/out/b.pdf", b"an output of before")
    assert len(plan_urls([f"{bucket}/in"], out)) == 2
    here = plan_urls([str(tmp_path / "in")], out)
    assert [one.name for one in here] == ["b.pdf", "sub/a.png"]
    assert here[0].source == str(tmp_path / "in/b.pdf")


def test_a_local_folder_goes_to_urls_and_is_left_alone_then(bucket, tmp_path):
    out, options = f"{bucket}/out", Options()
    work = work_of(out, options)
    found = plan_urls([str(tmp_path / "in")], out)
    before, todo = sorted_by_notes(found, out, work.call, options)
    for ended in inline(work, [document(work, one.source, one.name, note) for one, note in todo]):
        assert ended.result.status == "done"
    before, todo = sorted_by_notes(found, out, work.call, options)
    assert todo == [] and len(before.done) == 2
    png = tmp_path / "in/sub/a.png"
    png.write_bytes(png.read_bytes() + b"more")
    _, todo = sorted_by_notes(found, out, work.call, options)
    assert [one.name for one, _ in todo] == ["sub/a.png"]


def test_calls_that_cannot_be(bucket):
    with pytest.raises(UnreadableInputError, match="holds no documents"):
        plan_urls([f"{bucket}/nothing"], "memory://out")
    fsspec.filesystem("memory").pipe_file("/scans/more/b.pdf", b"another")
    with pytest.raises(OutputError, match="would both become"):
        plan_urls([f"{bucket}/in/b.pdf", f"{bucket}/in", f"{bucket}/more"], f"{bucket}/out")
    with pytest.raises(OutputError, match="is an input of this call"):
        plan_urls([f"{bucket}/in"], f"{bucket}/in")
    with pytest.raises(UsageError, match="nosuch://x"):
        places.store_of("nosuch://x")


@pytest.mark.skipif(importlib.util.find_spec("gcsfs") is not None, reason="gcsfs is there")
def test_a_missing_package_is_named():
    with pytest.raises(MissingProgramError, match=r"gs://x.*gcsfs.*on every machine"):
        places.store_of("gs://x")


def test_parts_of_urls_go_with_their_document(bucket):
    ended, _ = cleaned(bucket)
    parts = Parts(f"{bucket}/out", "b.pdf", ended[0].entry.made)
    assert 1 in parts and 3 in parts and 4 not in parts
    places.remove(parts.folder)
    places.remove(parts.folder)  # not there any more
    assert 1 not in parts and places.names_in(parts.folder) == []
    assert notes.read(f"{bucket}/out", "b.pdf").pages == 3


# --- the command line ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["s3://b/in", "-o", "out"], "s3://b/in: is a URL; add --engine ray"),
        (["-", "-o", "out", "--engine", "ray"], "--engine ray takes files, folders and URLs"),
        (["s3://b", "-o", "o", "--engine", "ray", "--state", "s"], "--state is for folders"),
        (["s3://b", "-o", "o", "--engine", "ray", "--report", "r.html"], "cannot show URLs"),
    ],
)
def test_wrong_calls_are_told(arguments, words, capsys):
    assert run(["clean", *arguments]) == 1
    assert words in capsys.readouterr().err


def test_without_ray_the_extra_is_named(tmp_path, letters, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    scan(tmp_path, "in/a.png", letters, 1)
    arguments = ["clean", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--engine", "ray"]
    assert run(arguments) == 3
    assert capsys.readouterr().err == (
        "docclean: 'docclean clean' needs the package ray; run: pip install 'docclean[ray]'\n"
    )
    assert not (tmp_path / "out").exists()


# --- a real S3 API -------------------------------------------------------------------------------


@pytest.fixture
def s3(tmp_path, letters, monkeypatch):
    """An S3 server of moto's with a bucket of scans."""
    for package in ("s3fs", "moto.server"):
        pytest.importorskip(package)
    url = f"http://127.0.0.1:{PORT}"
    tests = ROOT / "tests"
    own = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    paths = (*own, ROOT, tests, tests / "integrations")
    for name, value in {
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    command = [sys.executable, "-m", "moto.server", "-p", str(PORT)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            _answers(url)
            yield "s3://scans"
        finally:
            server.terminate()


def _answers(url):
    for _ in range(100):
        try:
            urllib.request.urlopen(url).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{url} does not answer")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Ray's and botocore's of themselves
def test_a_bucket_to_a_bucket_on_ray(s3, tmp_path, letters):
    import s3fs

    from docclean.integrations.cluster.urls import clean_urls_on

    store = s3fs.S3FileSystem()
    store.mkdir("scans")
    for name, marks in (("b.pdf", [GOOD] * 5), ("sub/a.png", [GOOD])):
        path = scan(tmp_path, f"in/{name}", letters, len(marks), *marks)
        store.put_file(str(path), f"scans/in/{name}")
        locally(work_of(tmp_path), path, tmp_path / "here" / name)
    store.pipe_file("scans/in/broken.pdf", b"%PDF-1.4")
    call = (None, [f"{s3}/in"], f"{s3}/out", Options(jobs=2))
    batch = clean_urls_on(*call, load=Loads())
    assert [one.source for one in batch.failed] == ["s3://scans/in/broken.pdf"]
    assert batch.failed[0].message.startswith("s3://scans/in/broken.pdf is a damaged PDF")
    store.invalidate_cache()
    for name in ("b.pdf", "sub/a.png"):
        assert store.cat_file(f"scans/out/{name}") == (tmp_path / "here" / name).read_bytes()
    kept = [name for name in store.find("scans/out") if ".docclean" in name]
    assert len(kept) == 2 and all("/notes/" in name for name in kept)
    again = clean_urls_on(*call, load=Loads())
    assert len(again.before.done) == 2 and len(again.failed) == 1 == len(again.results)
    assert replace(again.failed[0], seconds=0) == replace(batch.failed[0], seconds=0)
