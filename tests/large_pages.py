"""Memory in large pages: PDFs are read in forks, and a fork copies the table of all pages."""

import ctypes
from pathlib import Path

MAPS = Path("/proc/self/maps")
LARGE = 2 << 20
"""Bytes of a large page."""
WANTED, AT_ONCE = 14, 25
"""What Linux is advised: large pages (MADV_HUGEPAGE), and now (MADV_COLLAPSE, since 6.1)."""


def gather() -> None:
    """Lay this process's own memory out in large pages, where the system knows how to."""
    if not MAPS.exists():
        return
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
    for line in MAPS.read_text().splitlines():
        place, rights, _, _, _, *name = line.split()
        if rights != "rw-p" or name not in ([], ["[heap]"]):
            continue
        start, end = (int(side, 16) for side in place.split("-"))
        start, end = -(-start // LARGE) * LARGE, end // LARGE * LARGE
        for advice in (WANTED, AT_ONCE) if end > start else ():
            madvise(start, end - start, advice)  # refused where it does not fit
