"""What a watched folder tells: a log, a status file, the service manager, commands of its owner."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from docclean.files import writing_text
from docclean.jobs.watch.names import in_one_line

HEARTBEAT = 5.0
"""Seconds between two writings of the status file where nothing happens."""
HOOK_SECONDS = 600.0
"""Seconds that a command after a document may take."""


@dataclass
class Log:
    """Lines on stderr, for people or as JSON.

    Attributes:
        as_json: whether each line is a JSON object.
        stream: where they go.
    """

    as_json: bool = False
    stream: TextIO = field(default_factory=lambda: sys.stderr)

    def __call__(self, event: str, sentence: str, **facts: Any) -> None:
        """Write one line."""
        now = time.strftime("%Y-%m-%dT%H:%M:%S%z" if self.as_json else "%Y-%m-%d %H:%M:%S")
        if self.as_json:
            line = json.dumps({"time": now, "event": event, "message": sentence, **facts})
        else:
            line = f"{now} {in_one_line(sentence)}"
        with suppress(OSError, ValueError):  # whoever read the log has left
            self.stream.write(line.encode("utf-8", "backslashreplace").decode() + "\n")
            self.stream.flush()


@dataclass
class Standing:
    """How the folder stands, since the watcher started.

    Attributes:
        waiting: documents in the inbox that are not being cleaned.
        in_hand: documents being cleaned.
        done, failed: documents.
        last_error: why the last one failed, or what is being waited for.
        paused: what is being waited for; empty where nothing is.
    """

    waiting: int = 0
    in_hand: int = 0
    done: int = 0
    failed: int = 0
    last_error: str = ""
    paused: str = ""
    started: float = field(default_factory=time.time)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, with the rate and the time of this heartbeat."""
        minutes = max((time.time() - self.started) / 60, 1e-3)
        return {
            "pid": os.getpid(),
            "started": round(self.started, 3),
            "heartbeat": round(time.time(), 3),
            "waiting": self.waiting,
            "in_hand": self.in_hand,
            "done": self.done,
            "failed": self.failed,
            "per_minute": round(self.done / minutes, 2),
            "last_error": self.last_error,
            "paused": self.paused,
        }


class StatusFile:
    """A JSON file that is written anew when something happens, and every few seconds."""

    def __init__(self, path: Path | None) -> None:
        """Take the file; None: none."""
        self.path = path
        self._shown: tuple[Any, ...] = ()
        self._written = 0.0

    def beat(self, standing: Standing, *, now: bool = False) -> None:
        """Write it where it is time.

        Raises:
            OutputError: it cannot be written.
        """
        if self.path is None:
            return
        told = standing.to_dict()
        shown = tuple(
            value for name, value in told.items() if name not in ("heartbeat", "per_minute")
        )
        age = time.monotonic() - self._written
        if now or age > HEARTBEAT or (shown != self._shown and age > 0.5):
            self._shown, self._written = shown, time.monotonic()
            with writing_text(self.path) as stream:
                json.dump(told, stream)
                stream.write("\n")


def notify(message: str) -> None:
    """Tell the service manager something, where there is one (sd_notify(3)): READY=1 and so on."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto(message.encode(), "\0" + address[1:] if address[0] == "@" else address)


@dataclass
class Hook:
    """A command for the shell after a document, started when it is first asked how it ended.

    Attributes:
        command: for the shell.
        row: of the document, in the ledger.
        name: of the document.
        facts: what the command finds in its environment, as DOCCLEAN_...
    """

    command: str
    row: int
    name: str
    facts: Mapping[str, str]
    _process: subprocess.Popen[bytes] | None = None
    _began: float = 0.0

    def ended(self) -> str | None:
        """Return how it ended: empty for well, a sentence for not; None: it is at work."""
        if self._process is None:
            return self._started()
        status = self._process.poll()
        if status is None and time.monotonic() - self._began > HOOK_SECONDS:
            self.stop()
            return f"the command after {self.name} took longer than {HOOK_SECONDS:.0f} s; stopped"
        if status is None:
            return None
        return f"the command after {self.name} ended with status {status}" if status else ""

    def stop(self) -> None:
        """End it and what it started."""
        if self._process:
            with suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _started(self) -> str | None:
        told = {f"DOCCLEAN_{key.upper()}": value for key, value in self.facts.items()}
        self._began = time.monotonic()
        try:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", self.command],
                env=os.environ | told,
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr.fileno() if _has_number(sys.stderr) else subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            return f"the command after {self.name} cannot be started ({error.strerror})"
        return None


def _has_number(stream: TextIO) -> bool:
    try:
        stream.fileno()
    except (OSError, ValueError, AttributeError):
        return False
    return True
