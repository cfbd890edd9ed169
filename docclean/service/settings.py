"""What is asked of the service, beside what holds for each document."""

from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path

from docclean.errors import UsageError
from docclean.recipe import Options
from docclean.recipe.options import bytes_of

SECONDS, MEMORY = 900.0, "3G"
"""A document's time and a process's memory where the call says none."""
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
"""Names by which a browser of this machine may call the service."""


@dataclass(frozen=True)
class Settings:
    """A service.

    Attributes:
        host: the address it listens at.
        port: of the address; 0: one that is free.
        token: what requests must show, or None.
        no_token: whether strangers may reach it without one.
        most_bytes: of an upload, a size such as "64M".
        most_pixels: of one page.
        most_pages: of one document.
        waiting: documents that may wait for a process.
        keep: minutes until a result is deleted.
        room: of all documents and results together, a size.
        patience: seconds that an upload may pause; it must come at 64 kB/s, too.
        grace: seconds that the documents in hand may take when it is stopped.
        state: folder of the ledger and the documents; None: a temporary one.

    Raises:
        UsageError: a limit is none, or strangers could reach it though nobody said so.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    token: str | None = None
    no_token: bool = False
    most_bytes: str = "64M"
    most_pixels: int = 100_000_000
    most_pages: int = 500
    waiting: int = 32
    keep: float = 30.0
    room: str = "4G"
    patience: float = 20.0
    grace: float = 30.0
    state: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what would leave the door open unasked."""
        for flag, value in (
            *(("most-pixels", self.most_pixels), ("most-pages", self.most_pages)),
            *(("waiting", self.waiting), ("keep", self.keep), ("patience", self.patience)),
        ):
            if value <= 0:
                raise UsageError(f"--{flag} must be more than 0, not {value:g}")
        for flag, size in (("most-bytes", self.most_bytes), ("room", self.room)):
            bytes_of(size, flag)
        if self.token is not None and len(self.token) < 8:
            raise UsageError("--token must have at least 8 characters")
        if not (self.is_local or self.token or self.no_token):
            raise UsageError(
                f"--host {self.host} lets others in; add --token WORD that they must show, "
                "or --no-token to let anyone in"
            )

    @property
    def is_local(self) -> bool:
        """Say whether only this machine reaches it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def upload_bytes(self) -> int:
        """Return the bytes that an upload may have."""
        return bytes_of(self.most_bytes, "most-bytes")

    @property
    def room_bytes(self) -> int:
        """Return the bytes that everything kept may take."""
        return bytes_of(self.room, "room")


def bounded(options: Options) -> Options:
    """Return a server's options with a bound on time and memory."""
    return replace(options, timeout=options.timeout or SECONDS, memory=options.memory or MEMORY)
