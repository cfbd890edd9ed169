"""What tests of the watched folder share: a watcher in this process, and one in its own."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from batches import fill
from fakes import load_inverter

from docclean.documents import write_pages
from docclean.jobs.watch.settings import Settings
from docclean.jobs.watch.telling import Log
from docclean.jobs.watch.watcher import Watcher
from docclean.page import Image, Page
from docclean.recipe import Options

SETTLE = 0.1
__all__ = ["Folder", "command", "fill", "until"]


class Folder:
    """An inbox, an outbox, and what a watcher says of them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.inbox, self.outbox = root / "inbox", root / "outbox"
        self.inbox.mkdir(exist_ok=True)
        self.stream = StringIO()

    @property
    def log(self) -> str:
        return self.stream.getvalue()

    def watcher(self, options: Options | None = None, load=load_inverter, **settings) -> Watcher:
        asked = Settings(self.inbox, self.outbox, **{"settle": SETTLE, "grace": 20.0} | settings)
        return Watcher(asked, lambda: (options or Options(), load), Log(stream=self.stream))

    def once(self, options: Options | None = None, load=load_inverter, **settings) -> int:
        return self.watcher(options, load, once=True, **settings).run()

    @contextmanager
    def watched(self, options: Options | None = None, load=load_inverter, **settings):
        """Watch from a thread during the block."""
        watcher = self.watcher(options, load, **settings)
        failures: list[BaseException] = []

        def run() -> None:
            try:
                watcher.run()
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            until(lambda: "watching" in self.log or failures)
            yield watcher
        finally:
            watcher.stop.set()
            thread.join(60)
            assert not thread.is_alive()
        if failures:
            raise failures[0]

    def out(self) -> list[str]:
        """Return what is in the outbox."""
        return names(self.outbox)

    def done(self) -> list[str]:
        """Return the originals that were put away, without the day."""
        days = self.inbox / ".done"
        return sorted(name for day in days.glob("*") for name in names(day))

    def failed(self) -> list[str]:
        return names(self.inbox / ".failed")

    def lying(self) -> list[str]:
        """Return what is left in the inbox."""
        return [name for name in names(self.inbox) if name[0] != "."]


def names(folder: Path) -> list[str]:
    """Return the files below a folder, the ledger left out."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir())
    return sorted(str(path) for path in found if ".docclean" not in path.parts)


def until(happened: Callable[[], object], seconds: float = 40.0) -> None:
    """Wait until something has happened."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.05)


def scan(path: Path, letters: Image, number: int = 0) -> Path:
    """Write one small scan that differs from those of other numbers."""
    pixels = letters.copy()
    pixels[-1, -1] = number
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    write_pages([Page(pixels, (300.0, 300.0))], path)
    return path


def command(*arguments: object, **more) -> subprocess.Popen[bytes]:
    """Start the real command, with the inverter in the place of the cleaner."""
    script = (
        "import sys, fakes\nfrom docclean import cli\nfrom docclean.clean import spec\n"
        "spec.CleanerSpec.__call__ = lambda self: fakes.Inverter()\n"
        "if __name__ == '__main__':\n    sys.exit(cli.run(sys.argv[1:]))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [*more.pop("prefix", []), sys.executable, "-c", script, *map(str, arguments)],
        stderr=subprocess.PIPE,
        env=environment | more.pop("env", {}),
        **more,
    )
