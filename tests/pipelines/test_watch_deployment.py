"""What is shipped to keep a folder watched: the systemd unit, and the steps of the container."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WATCH = ROOT / "pipelines/watch"
UNIT = "docclean-watch.service"
SYSTEMD = Path("/lib/systemd/systemd")
OWN_SPACE = ["unshare", "--fork", "--pid", "--mount", "--mount-proc", "--uts", "--ipc"]


def private(script: Path, seconds: int) -> None:
    """Run a script as process 1 of a space of its own; everything in it ends with it."""
    command = [*OWN_SPACE, "--kill-child", "bash", str(script)]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        finally:
            process.kill()


@pytest.fixture
def root() -> None:
    """Skip where no name spaces can be made."""
    if os.geteuid() or shutil.which("unshare") is None:
        pytest.skip("only root can make a space of its own")
    if subprocess.run([*OWN_SPACE, "mount", "-t", "tmpfs", "tmpfs", "/srv"]).returncode:
        pytest.skip("no space of its own can be made here")


@pytest.fixture
def unit(tmp_path) -> Path:
    """Return the unit with a command that is installed here."""
    text = (WATCH / UNIT).read_text()
    installed = Path(sys.executable).parent / "docclean"
    path = tmp_path / UNIT
    path.write_text(text.replace("/opt/docclean/bin/docclean", str(installed)))
    return path


def test_the_unit_is_right(unit):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    told = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stderr) == (0, "")
    for line in (
        "ProtectSystem=strict",
        "NoNewPrivileges=yes",
        "WatchdogSec=120",
        "KillMode=mixed",
    ):
        assert line in (WATCH / UNIT).read_text().splitlines()


BOOT = """
set -e
# nothing of the machine itself can be written to: systemd tidies up when it starts
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /srv
mkdir -p /run/lock /srv/scans /run/systemd/system/{unit}.d
mount --bind {shared} /srv/scans
cp {unit_file} /run/systemd/system/
cp {driver} /run/driver
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /var
for place in / /sys; do mount -o remount,ro,bind $place; done
mount --bind /proc/sys /proc/sys
mount -o remount,ro,bind /proc/sys
touch /refuse 2>/dev/null && exit 1
cat > /run/systemd/system/{unit}.d/here.conf <<END
[Service]
# python lies in root's home on some machines
User=root
Group=root
ProtectHome=no
Environment="DOCCLEAN_OPTIONS=--settle 0.5"
WatchdogSec=4
RestartSec=1
END
cat > /run/systemd/system/try.service <<END
[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
ExecStart=/bin/bash /run/driver
END
export container=docker
exec {systemd} --system --unit=try.service
"""

DRIVER = """
cd /srv/scans
note() {{ echo "$1=$(systemctl show -p $2 --value {unit})" >> notes; }}
wait_for() {{ for _ in $(seq 150); do [ -e "$1" ] && return 0; sleep 0.2; done; }}
mkdir -p inbox outbox
systemctl start {unit}; note started ActiveState
cp a.png inbox/; wait_for outbox/a.png
sleep 6  # longer than the watchdog waits
note fed NRestarts
systemctl reload {unit}; sleep 1; note reloaded ActiveState
pid=$(systemctl show -p MainPID --value {unit}); kill -STOP "$pid"
sleep 9; note frozen NRestarts
cp b.png inbox/; wait_for outbox/b.png
systemctl stop {unit}; note stopped Result
touch finished
"""


@pytest.mark.slow
def test_the_unit_runs_is_fed_and_comes_back(root, unit, tmp_path, book):
    if not SYSTEMD.exists():
        pytest.skip("systemd is not installed")
    from docclean.documents import write_pages

    shared = tmp_path / "shared"
    shared.mkdir()
    for name, page in (("a", book[0]), ("b", book[0].with_pixels(255 - book[0].pixels))):
        write_pages([page], shared / f"{name}.png")
    driver, boot = tmp_path / "driver", tmp_path / "boot"
    driver.write_text(DRIVER.format(unit=UNIT))
    where = {"shared": shared, "unit_file": unit, "driver": driver, "systemd": SYSTEMD}
    boot.write_text(BOOT.format(unit=UNIT, **where))
    with subprocess.Popen(
        [*OWN_SPACE, "--kill-child", "bash", str(boot)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        deadline = time.monotonic() + 120
        while not (shared / "finished").exists() and time.monotonic() < deadline:
            time.sleep(0.2)
        process.kill()
    notes = dict(line.split("=", 1) for line in (shared / "notes").read_text().splitlines())
    assert notes == {
        **{"started": "active", "fed": "0", "reloaded": "active"},
        **{"frozen": "1", "stopped": "success"},
    }
    assert {"a.png", "b.png"} <= {path.name for path in (shared / "outbox").iterdir()}
    assert len(list((shared / "inbox/.done").rglob("*.png"))) == 2


CONTAINED = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /srv
mkdir /srv/inbox /srv/outbox /srv/tmp
cp {scan} /srv/inbox/a.png
chown -R 10001 /srv
mount --bind /srv/tmp /tmp
mount -o remount,ro,bind /
cd /
export PATH={target}/bin:/usr/bin:/bin HOME=/nowhere PYTHONDONTWRITEBYTECODE=1
as="setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs --bounding-set=-all"
$as docclean watch /srv/inbox /srv/outbox --status /tmp/status.json --once --settle 0.5 --text \\
    > /tmp/log 2>&1 || echo "ended with $?" >> /tmp/log
setpriv --reuid 10001 --regid 10001 --clear-groups \\
    sh {steps} healthy /tmp/status.json > /tmp/health 2>&1 && touch /tmp/healthy
touch /nowhere 2>/tmp/refused || true
mv /tmp/status.json /tmp/told.json
(DOCCLEAN_TOKEN=open-sesame-now $as sh {steps} run serve > /tmp/served 2>&1 \\
    || echo "ended with $?" >> /tmp/served) &
for _ in $(seq 100); do
    $as sh {steps} healthy /tmp/status.json > /tmp/health 2>&1 && break; sleep 0.5
done
curl -s -F file=@{scan} -H "Authorization: Bearer open-sesame-now" http://127.0.0.1:8765/clean \\
    -o /tmp/clean.png -w "%{{http_code}}" > /tmp/answered || true
curl -s -F file=@{scan} http://127.0.0.1:8765/clean > /tmp/unasked || true
curl -s http://127.0.0.1:8765/ > /tmp/page || true
mv /tmp/told.json /tmp/status.json
cp -r /srv/inbox /srv/outbox /srv/tmp {result}
"""


@pytest.mark.slow
def test_the_steps_of_the_container(root, tmp_path, book):
    """Built by the same steps, run as the same kind of user, on a root that is read-only."""
    from docclean.documents import write_pages

    if subprocess.run(["/usr/bin/python3", "-c", "import ensurepip"]).returncode:
        pytest.skip("Debian's python3-venv is not installed")
    import tempfile

    with tempfile.TemporaryDirectory(dir="/opt") as place:  # /tmp is another one in the space
        home = Path(place)
        home.chmod(0o755)
        target, result, scan = home / "docclean", home / "result", home / "a.png"
        result.mkdir()
        write_pages([book[0]], scan)
        steps = shutil.copy2(WATCH / "steps.sh", home / "steps.sh")
        environment = {**os.environ, "PATH": "/usr/bin:/bin"}
        for name in ("VIRTUAL_ENV", "PYTHONPATH"):
            environment.pop(name, None)
        build = ["sh", str(steps), "build", str(ROOT), str(target)]
        subprocess.run(build, check=True, env=environment)
        script = home / "contained"
        # the result is the one place that the root's being read-only spares
        text = CONTAINED.format(scan=scan, target=target, steps=steps, result=result)
        script.write_text(
            text.replace("mount -o remount", f"mount --bind {result} {result}\nmount -o remount")
        )
        private(script, 180)
        told = (result / "tmp/log").read_text()
        assert "/srv/inbox/a.png -> /srv/outbox/a.png" in told, told
        assert sorted(path.name for path in (result / "outbox").glob("a.*")) == ["a.png", "a.txt"]
        assert (result / "tmp/healthy").exists(), (result / "tmp/health").read_text()
        assert "Read-only" in (result / "tmp/refused").read_text()
        assert json.loads((result / "tmp/status.json").read_text())["done"] == 1
        served = (result / "tmp/served").read_text()
        assert (result / "tmp/answered").read_text() == "200", served
        assert (result / "tmp/clean.png").read_bytes() == (result / "outbox/a.png").read_bytes()
        assert "Authorization" in (result / "tmp/unasked").read_text()
        assert "<title>docclean</title>" in (result / "tmp/page").read_text()


def test_the_container_file_and_the_steps_name_the_same():
    """Paths, user and packages stand in two files; they must not part."""
    file, steps = (WATCH / "Containerfile").read_text(), (WATCH / "steps.sh").read_text()
    for step in ("system", "build", "run", "healthy"):
        assert re.search(rf'steps(\.sh)?"?,? "?{step}', file), step
        assert f"\n{step})" in steps
    assert "USER docclean" in file and "useradd" in steps and " docclean\n" in steps
    compose = (WATCH / "compose.yaml").read_text()
    for line in ("read_only: true", "hostname: docclean", "network_mode: none"):
        assert line in compose
    told = subprocess.run(["sh", str(WATCH / "steps.sh")], capture_output=True, text=True)
    assert told.returncode == 1 and "steps.sh build SOURCE TARGET" in told.stderr


def test_the_health_of_a_watcher(tmp_path):
    path = tmp_path / "status.json"
    for age, healthy in ((5, 0), (500, 1)):
        told = {"heartbeat": time.time() - age, "done": 1, "failed": 0, "paused": ""}
        path.write_text(json.dumps(told))
        done = subprocess.run(["sh", str(WATCH / "steps.sh"), "healthy", str(path)], check=False)
        assert done.returncode == healthy
