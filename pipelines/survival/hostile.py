"""A service to try, and clients that mean it no good: bombs, cut files, endless and slow bodies."""

import io
import os
import socket
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pikepdf
import psutil
from corpus import document

GIGABYTES = 2 << 30


@dataclass
class Service:
    """A service at a port of its own."""

    url: str
    process: subprocess.Popen[str]

    @property
    def memory(self) -> float:
        """Return the megabytes that it and its processes hold."""
        own = psutil.Process(self.process.pid)
        found = 0.0
        for one in (own, *own.children(recursive=True)):
            with suppress(psutil.Error):
                found += one.memory_info().rss / 1e6
        return found

    def metric(self, client: httpx.Client, name: str) -> float:
        """Return one value of its metrics."""
        lines = client.get("/metrics").text.splitlines()
        return next(float(one.split()[1]) for one in lines if one.startswith(f"{name} "))


@contextmanager
def served(folder: Path, *more: str) -> Iterator[Service]:
    """Serve until the block ends."""
    command = [sys.executable, "-m", "docclean", "serve", "--port", "0", *more]
    environment = os.environ | {"TMPDIR": str(folder)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        url = process.stderr.readline().split(" at ")[1].strip().rstrip("/")
        threading.Thread(target=process.stderr.read, daemon=True).start()
        try:
            yield Service(url, process)
        finally:
            process.terminate()
            process.wait(60)


def by_hand(service: Service, head: str, pieces: Iterator[bytes], pause: float = 0.0) -> int:
    """Send a body by hand until an answer comes; return its status, 0 for none."""
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as line:
        line.sendall(f"POST /clean HTTP/1.1\r\nHost: {host}\r\n{head}\r\n\r\n".encode())
        line.settimeout(pause or 0.001)
        for piece in pieces:
            with suppress(TimeoutError):
                told = line.recv(64)
                return int(told.split()[1]) if told else 0
            line.settimeout(30)
            line.sendall(piece)
            line.settimeout(pause or 0.001)
        line.settimeout(30)
        return int(line.recv(64).split()[1])


def announced(service: Service) -> int:
    """Say that 2 GB come."""
    return by_hand(service, f"Content-Length: {GIGABYTES}", iter([b"x" * 65536] * 3))


def unannounced(service: Service) -> int:
    """Send 2 GB without saying so first."""
    piece = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    return by_hand(service, "Transfer-Encoding: chunked", iter([piece] * (GIGABYTES >> 20)))


def slow(service: Service) -> int:
    """Send a byte now and then."""
    return by_hand(service, "Content-Length: 9999", iter([b"x"] * 200), pause=0.5)


def sent(data: bytes) -> Callable[[Service], int]:
    """Return what sends a document and returns the status."""

    def send(service: Service) -> int:
        return httpx.post(f"{service.url}/clean", content=data, timeout=120).status_code

    return send


def bomb() -> bytes:
    """Return a PNG that says it is 60,000 px a side."""
    data = bytearray(document("bomb", ".png"))
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    return bytes(data)


def large_pdf() -> bytes:
    """Return a PDF whose picture says it is 60,000 px a side, and unpacks to 1 GB of nothing."""
    packer, out = zlib.compressobj(9), io.BytesIO()
    nothing = b"".join(packer.compress(bytes(1 << 24)) for _ in range(64)) + packer.flush()
    with pikepdf.open(io.BytesIO(document("large", ".pdf"))) as pdf:
        for one in pdf.objects:
            if isinstance(one, pikepdf.Stream) and one.get("/Subtype") == "/Image":
                one.Width = one.Height = 60_000
                one.write(nothing, filter=pikepdf.Name.FlateDecode)
        pdf.save(out)
    return out.getvalue()


ENEMIES: tuple[tuple[str, Callable[[Service], int]], ...] = (
    ("bomb", sent(bomb())),
    ("PDF bomb", sent(large_pdf())),
    ("cut", sent(document("cut", ".png")[:-300])),
    ("cut PDF", sent(document("cut", ".pdf")[:900])),
    ("wrong type", sent(b"MZ" + bytes(5000))),
    ("text", sent(b"Dear Sirs,\n" * 100)),
    ("damaged PDF", sent(b"%PDF-1.7\n" + os.urandom(5000))),
    ("2 GB announced", announced),
    ("2 GB unannounced", unannounced),
    ("slow", slow),
)
