"""What wakes the watcher: the system's events where there are any, else the clock."""

import threading
from collections.abc import Callable
from pathlib import Path

import watchfiles

from docclean.jobs.watch.places import kind_of, without_events

POLLED = 2.0
"""Seconds between two looks at an inbox without events."""
RESCAN = 120.0
"""Seconds after which an inbox with events is looked at all the same: events get lost."""
DEBOUNCE = 200
"""Milliseconds for which events of one burst are gathered."""


class Waking:
    """Sets an event when something happens in a tree, from a thread of its own."""

    def __init__(self, tell: Callable[[str], None], *, poll: bool) -> None:
        """Take who is told when events are no use, and whether they are asked for at all."""
        self.happened, self.tell, self.poll = threading.Event(), tell, poll
        self._polling = poll
        self._stop: threading.Event | None = None
        self._thread: threading.Thread | None = None

    @property
    def interval(self) -> float:
        """Return the seconds after which the inbox is looked at without an event."""
        return POLLED if self._polling else RESCAN

    def start(self, folder: Path) -> None:
        """Wait for events in a tree; once more for one that was put in its place."""
        self.stop()
        kind = kind_of(folder)
        self._polling = self.poll or without_events(kind)
        if self._polling:
            if not self.poll:
                self.tell(
                    f"{folder} is on {kind}, where changes raise no events: "
                    f"it is looked at every {POLLED:.0f} s"
                )
            return
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, args=(folder, self._stop), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Wait for no more events."""
        if self._stop and self._thread:
            self._stop.set()
            self._thread.join(timeout=5)
        self._stop = self._thread = None

    def _listen(self, folder: Path, stop: threading.Event) -> None:
        try:
            for _ in watchfiles.watch(
                folder,
                watch_filter=None,
                stop_event=stop,
                debounce=DEBOUNCE,
                rust_timeout=1000,
                raise_interrupt=False,
                ignore_permission_denied=True,
            ):
                self.happened.set()
        except (OSError, RuntimeError) as error:  # inotify has run out of watches, or the tree went
            self._polling = True
            self.tell(
                f"{folder} cannot be watched by events ({error}): "
                f"it is looked at every {POLLED:.0f} s"
            )
        self.happened.set()
