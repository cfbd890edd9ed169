"""The description: every path stands in it, and its examples run."""

import re
import subprocess

import pytest
from served import scan

from docclean.service.app import ROUTES
from docclean.service.openapi import HERE, described
from docclean.service.settings import Settings

OPERATIONS = [
    (path, method, operation)
    for path, methods in described(Settings())["paths"].items()
    for method, operation in methods.items()
]
EXAMPLES = [one["source"] for *_, operation in OPERATIONS for one in operation["x-codeSamples"]]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples")
    (folder / "scan.jpg").write_bytes(scan(".jpg"))
    (folder / "scan.pdf").write_bytes(scan(".pdf"))
    return folder


@pytest.fixture(scope="module")
def job(served):
    return served.job(served.send("/jobs", scan(".pdf"), "scan.pdf").json()["id"])["id"]


# what deletes the job comes last
@pytest.mark.parametrize("example", sorted(EXAMPLES, key=lambda one: "DELETE" in one))
def test_an_example_runs(example, served, desk, job):
    line = example.replace("JOB", job).replace(HERE, served.url)
    done = subprocess.run(["bash", "-c", line], cwd=desk, capture_output=True, timeout=60)
    assert done.returncode == 0, (line, done.stderr)
    written = re.search(r"-o (\S+)", line)
    assert (desk / written[1]).stat().st_size if written else (done.stdout or "DELETE" in line)


def test_every_path_is_described(served):
    told = served.client.get("/openapi.json").json()
    known = {
        (path, method.upper()) for path, methods in told["paths"].items() for method in methods
    }
    for route in ROUTES[1:]:
        path = route.path.replace(":int", "")
        for method in route.methods - {"HEAD"}:
            assert (path, method) in known


def test_every_option_of_a_request_is_described(served):
    form = served.client.get("/openapi.json").json()["paths"]["/clean"]["post"]["requestBody"]
    schema = form["content"]["multipart/form-data"]["schema"]["properties"]
    assert {"file", "deskew", "ocr", "leave", "drop", "password"} <= schema.keys()
    assert not {"jobs", "threads", "model", "memory", "overwrite"} & schema.keys()
    assert all(one.get("description") for name, one in schema.items() if name != "file")
