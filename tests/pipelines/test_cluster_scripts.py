"""What is shipped for clusters: Slurm's array, the indexed Job, and the script that reckons."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
CLUSTER = ROOT / "pipelines/cluster"
SLURM = CLUSTER / "slurm-array.sh"
sys.path.append(str(CLUSTER))  # scripts, no package


def array(environment, *arguments, command="echo"):
    """Run the script of the array as Slurm would run one of its tasks."""
    return subprocess.run(
        ["bash", str(SLURM), *map(str, arguments)],
        env=os.environ | {"DOCCLEAN": str(command)} | environment,
        capture_output=True,
        text=True,
    )


# --- Slurm ---------------------------------------------------------------------------------------


def test_the_array_is_right_for_the_shell():
    subprocess.run(["bash", "-n", str(SLURM)], check=True)
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", str(SLURM)], check=True)
    lines = SLURM.read_text().splitlines()
    first = next(number for number, line in enumerate(lines) if line and line[0] != "#")
    options = [number for number, line in enumerate(lines) if line.startswith("#SBATCH")]
    assert options and max(options) < first  # Slurm reads none after the first command


@pytest.mark.parametrize(
    ("environment", "shard"),
    [
        ({"SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "8"}, "3/8"),
        ({"SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "1", "SHARDS": "8"}, "3/8"),
    ],
)
def test_a_task_does_its_shard(environment, shard):
    told = array(environment | {"SLURM_CPUS_PER_TASK": "4"}, "in dir", "-o", "out")
    assert told.stdout == f"clean in dir -o out --shard {shard} --jobs 4 --threads 1\n"


@pytest.mark.parametrize("number", ["0", "3"])
def test_a_shard_that_cannot_be_is_refused(number):
    told = array({"SLURM_ARRAY_TASK_ID": number, "SLURM_ARRAY_TASK_COUNT": "1"}, "in")
    assert told.returncode == 1 and "set SHARDS" in told.stderr and not told.stdout


def test_without_an_array_it_says_how():
    told = array({}, "in")
    assert told.returncode != 0 and "run it with sbatch --array=1-8" in told.stderr


@pytest.mark.slow
def test_two_tasks_clean_a_folder(tmp_path, letters):
    from docclean.documents import write_pages
    from docclean.page import Page

    (tmp_path / "in").mkdir()
    for number in range(4):
        write_pages([Page(np.roll(letters, number, 1))], tmp_path / f"in/scan-{number}.png")
    command = tmp_path / "docclean"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m docclean "$@"\n')
    command.chmod(0o755)
    for number in ("1", "2"):
        environment = {"SLURM_ARRAY_TASK_ID": number, "SLURM_ARRAY_TASK_COUNT": "2"}
        told = array(environment, tmp_path / "in", "-o", tmp_path / "out", command=command)
        assert told.returncode == 0, told.stderr
        assert "2 done (2 pages" in told.stderr
    assert sorted(path.name for path in (tmp_path / "out").glob("*.png")) == [
        f"scan-{number}.png" for number in range(4)
    ]


# --- Kubernetes ----------------------------------------------------------------------------------


def test_the_job_does_every_shard_once(tmp_path):
    yaml = pytest.importorskip("yaml")
    job = yaml.safe_load((CLUSTER / "k8s-indexed-job.yaml").read_text())
    spec = job["spec"]
    assert (job["kind"], spec["completionMode"]) == ("Job", "Indexed")
    pod = spec["template"]["spec"]
    (container,) = pod["containers"]
    environment = {one["name"]: one["value"] for one in container["env"]}
    assert environment["SHARDS"] == str(spec["completions"])
    stub = tmp_path / "docclean"
    stub.write_text('#!/bin/sh\necho "$@"\n')
    stub.chmod(0o755)
    shards = []
    for index in range(spec["completions"]):
        told = subprocess.run(
            [*container["command"], *container["args"]],
            env={"PATH": f"{tmp_path}:/usr/bin:/bin", "JOB_COMPLETION_INDEX": str(index)}
            | environment,
            capture_output=True,
            text=True,
            check=True,
        )
        words = told.stdout.split()
        assert words[:4] == ["clean", "/data/scans", "-o", "/data/cleaned"]
        shards.append(words[words.index("--shard") + 1])
    assert shards == [f"{number}/8" for number in range(1, 9)]
    mounts = {one["name"] for one in container["volumeMounts"]}
    assert mounts == {one["name"] for one in pod["volumes"]}
    assert spec["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"] == [4]


def test_its_options_are_known():
    from click.testing import CliRunner

    from docclean.cli import cli

    told = CliRunner().invoke(cli, ["clean", "--help"]).output
    for option in ("--shard", "--jobs", "--threads", "--engine", "--address"):
        assert option in told


# --- the script that reckons ---------------------------------------------------------------------


def machines(speeds, failures=0.0, seed=0):
    import scale

    return scale.Machines(np.asarray(speeds, float), failures, np.random.default_rng(seed))


def test_pages_handed_out_keep_all_machines_busy():
    import scale

    work = [np.full(90, 1.0), *[np.full(1, 1.0)] * 9]
    assert scale.static(work, machines([1, 1])) == 94  # the long one and every second short one
    assert scale.dynamic(work, machines([1, 1])) == 50
    assert scale.dynamic(work, machines([1, 0.5])) == pytest.approx(66, abs=2)


def test_failures_cost_time_and_no_page():
    import scale

    work = scale.documents(2000, np.random.default_rng(3), 1.0)
    assert sum(len(one) for one in work) == 2000
    assert sum(one.sum() for one in work) == pytest.approx(2000)
    for lasts in (scale.static, scale.dynamic):
        well, often = (lasts(work, machines([1] * 8, rate, 5)) for rate in (0.0, 20.0))
        assert 2000 / 8 <= well < often


def test_the_same_seed_gives_the_same_table():
    import scale

    asked = (500, [4], [0.0, 2.0], 1.0, 2, 7)
    lines = list(scale.simulations(*asked))
    assert lines == list(scale.simulations(*asked))
    assert len(lines) == 4 and lines[2].startswith("| 4 | 0 | ")
    assert lines != list(scale.simulations(*asked[:-1], 8))


def test_more_workers_than_processors_are_not_measured():
    import scale

    lines = list(scale.measurements(1, [10_000], 20.0, 1.0))
    assert [line for line in lines if "not measured" in line] == lines[2:]
    assert len(lines) == 4


def test_costs_follow_from_the_rate():
    import scale

    row = scale.Measured("ray", 2, 40, 9.0, 2.0).row(1.0, 0.036)
    assert row == "| ray, 2 | 40 | 9 s | 2.00 | 2.00 x | 10.0 USD |"


@pytest.mark.slow
def test_the_script_measures(tmp_path):
    arguments = ["--pages", "5", "--workers", "1", "--dpi", "40", "--sim-pages", "300"]
    done = subprocess.run(
        [sys.executable, "scale.py", *arguments, "--rounds", "1", "-o", str(tmp_path / "x.md")],
        cwd=CLUSTER,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    told = (tmp_path / "x.md").read_text()
    assert "| local, 1 | 5 |" in told and "| ray, 1 | 5 |" in told
    assert told.count(" min |") == 27
