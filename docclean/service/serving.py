"""`docclean serve`: the service behind its door, until the last page in hand is done."""

import asyncio
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import FrameType

import uvicorn

from docclean.errors import ExitStatus, OutputError
from docclean.jobs.processes.scratch import scratch
from docclean.jobs.watch.telling import Log, notify
from docclean.recipe import Options
from docclean.service.app import application
from docclean.service.floor.service import Service
from docclean.service.settings import Settings, bounded

CONNECTIONS = 512
"""Connections at a time."""
KEPT_ALIVE = 10
"""Seconds for which a connection may be idle between two requests."""


def serve(settings: Settings, options: Options, log: Log) -> int:
    """Serve until told to stop; return the exit status.

    Args:
        settings: where, for whom and within which limits.
        options: what holds for a document where its request says nothing.
        log: takes every line.

    Raises:
        DoccleanError: it cannot begin.
    """
    with ExitStack() as stack:
        listening = stack.enter_context(_listening(settings))
        folder = stack.enter_context(scratch())
        service = Service(settings, bounded(options), settings.state or folder / "serve", log)
        stack.callback(service.close)
        service.begin()
        host, port = listening.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        log("start", f"docclean is at http://{shown}:{port}/", port=port)
        server = _Server(service, settings)
        asyncio.run(_run(server, service, listening, settings.grace))
    log("stop", "stopped")
    return ExitStatus.INTERRUPTED if server.force_exit else ExitStatus.DONE


async def _run(server: "_Server", service: Service, listening: socket.socket, grace: float) -> None:
    """Answer requests until told to stop; then wait for what is in hand."""
    keeping = asyncio.create_task(service.run())
    await asyncio.sleep(0)
    notify("READY=1")
    await server.serve([listening])
    until = time.monotonic() + grace
    while service.in_hand and not server.force_exit and time.monotonic() < until:
        await asyncio.sleep(0.05)
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """Listen at the address.

    Raises:
        OutputError: it is taken, or not of this machine.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listening = socket.create_server((settings.host, settings.port), family=family, backlog=512)
    except OSError as error:
        raise OutputError(
            f"{settings.host}:{settings.port} cannot be listened at ({error.strerror or error}); "
            "choose another --port or --host"
        ) from error
    with listening:
        # what is accepted inherits it; else a second piece waits 40 ms for the receipt of a first
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield listening


class _Server(uvicorn.Server):
    """A server that holds the work at the first signal, and leaves at once at the second."""

    def __init__(self, service: Service, settings: Settings) -> None:
        super().__init__(
            uvicorn.Config(
                application(service),
                loop="asyncio",
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                limit_concurrency=CONNECTIONS,
                timeout_keep_alive=KEPT_ALIVE,
                timeout_graceful_shutdown=round(settings.grace),
            )
        )
        self.service = service

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals, and give them back without raising them again: this is how it ends."""
        before = {
            one: signal.signal(one, self.handle_exit) for one in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop."""
        self.force_exit = self.should_exit
        self.should_exit = True
        notify("STOPPING=1")
        asyncio.get_running_loop().call_soon_threadsafe(self.service.hold)
