"""Calls into PDFium and qpdf in a copy of this process: a hostile page ends only the copy."""

import faulthandler
import os
import pickle
import resource
import signal
import stat
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from fcntl import F_GETFL, fcntl
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

from docclean.documents.base import MAX_PIXELS, ONE_AT_A_TIME, Source

Result = TypeVar("Result")

ROOM = 900_000_000
"""Bytes that the copy may take beside what this process has."""
SECONDS = 60.0
"""How long it may take; an A4 page at 300 dpi takes a tenth of a second."""
BYTES_A_PIXEL = 10
"""Room for a pixel while it is decoded: PDFium's bitmap, ours, and what lies between."""
OPEN_FILES = Path("/proc/self/fd")


def apart(
    source: Source,
    work: Callable[[], Result],
    *,
    room: int = ROOM,
    seconds: float = SECONDS,
) -> Result:
    """Return what `work` returns, done in a copy of this process that is bounded and may die.

    The copy is a fork: it has the open documents, and none of the threads of ONNX Runtime, which
    `work` must not need. What it changes is lost. Where the system has no `/proc`, `work` is done
    here, without bounds.

    Args:
        source: whom a message names.
        work: reads a page or two; its result is pickled.
        room: bytes of address space the copy may take beside this process's own.
        seconds: time it may take.

    Raises:
        UnreadableInputError: the copy died: of a crash, for want of memory or of time.
        Exception: whatever `work` raises.
    """
    if not OPEN_FILES.exists():
        return work()
    reading, writing = os.pipe()
    child = _forked()
    if not child:
        _in_the_copy(work, writing, room, seconds)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as told:
            good, result = _loaded(told)
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        _, status = os.waitpid(child, 0)
    if good is None:
        raise source.unreadable(_why(os.waitstatus_to_exitcode(status), seconds))
    if not good:
        raise result
    return cast("Result", result)


def _forked() -> int:
    # a lock that another thread holds would stay locked in the copy
    with ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which are not used there
        return os.fork()


def _loaded(told: Any) -> tuple[bool | None, Any]:
    try:
        return cast("tuple[bool, Any]", pickle.load(told))
    except (EOFError, pickle.UnpicklingError):
        return None, None


def _why(exitcode: int, seconds: float) -> str:
    if exitcode == -signal.SIGALRM:
        return f"has a page that takes longer than {seconds:g} s to be read; print it anew"
    return "has a page that wants too much memory or breaks what reads it; print it anew"


def widen_for(pixels: int) -> None:
    """Let the copy take what a picture of so many pixels takes, `MAX_PIXELS` of them at most.

    Here, where nothing is bounded, it does nothing.
    """
    soft, most = resource.getrlimit(resource.RLIMIT_AS)
    if not _copy.bounded:
        return
    wider = soft + BYTES_A_PIXEL * min(pixels, MAX_PIXELS)
    if most != resource.RLIM_INFINITY:
        wider = min(wider, most)
    resource.setrlimit(resource.RLIMIT_AS, (wider, most))


# --- inside the copy -----------------------------------------------------------------------------


@dataclass
class _Copy:
    bounded: bool = False


_copy = _Copy()


def _in_the_copy(work: Callable[[], Any], writing: int, room: int, seconds: float) -> NoReturn:
    """Do the work and end, whatever happens: nothing of this process's own is to be unwound."""
    try:
        _bound(room, seconds)
        with os.fdopen(writing, "wb") as out:
            try:
                told = (True, work())
            except Exception as error:
                told = (False, _portable(error))
            pickle.dump(told, out, protocol=5)
    finally:
        os._exit(0)


def _bound(room: int, seconds: float) -> None:
    faulthandler.disable()  # its end is told by the one who waits
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first Ctrl-C lets what is in hand be done
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    wanted = taken + room
    if most == resource.RLIM_INFINITY or wanted < most:
        resource.setrlimit(resource.RLIMIT_AS, (wanted, most))
        _copy.bounded = True
    for descriptor in list(OPEN_FILES.iterdir()):
        with suppress(OSError):
            _read_apart(int(descriptor.name))


def _read_apart(descriptor: int) -> None:
    """Open a file anew that is read: its place in it would be the other process's place too."""
    plain = stat.S_ISREG(os.fstat(descriptor).st_mode)
    if not plain or fcntl(descriptor, F_GETFL) & os.O_ACCMODE != os.O_RDONLY:
        return
    place = os.lseek(descriptor, 0, os.SEEK_CUR)
    anew = os.open(OPEN_FILES / str(descriptor), os.O_RDONLY)
    os.lseek(anew, place, os.SEEK_SET)
    os.dup2(anew, descriptor)
    os.close(anew)


def _portable(error: Exception) -> Exception:
    """Return an error that can be sent."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(str(error) or type(error).__name__)
    return error
