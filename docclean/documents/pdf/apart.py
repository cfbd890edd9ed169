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
from typing import Any, BinaryIO, Generic, NoReturn, TypeVar, cast

from docclean.documents.base import MAX_PIXELS, ONE_AT_A_TIME, Source

Question = TypeVar("Question")
Answer = TypeVar("Answer")

ROOM = 900_000_000
"""Bytes that an answer may take beside what the copy has already."""
SECONDS = 60.0
"""How long it may take; an A4 page at 300 dpi takes a tenth of a second."""
BYTES_A_PIXEL = 10
"""Room for a pixel while it is decoded: PDFium's bitmap, ours, and what lies between."""
OPEN_FILES = Path("/proc/self/fd")


class Copy(Generic[Question, Answer]):
    """A copy of this process that answers questions one after the other, and may die of one.

    The copy is a fork: it has the documents as they were when the first question came, and none of
    the threads of ONNX Runtime, which the work must not need. What it changes is lost. After a
    death the next question has a copy of its own. Where the system has no `/proc`, the work is
    done here, without bounds.
    """

    def __init__(
        self,
        source: Source,
        work: Callable[[Question], Answer],
        *,
        room: int = ROOM,
        seconds: float = SECONDS,
    ) -> None:
        """Say what the copy does; nothing is started yet.

        Args:
            source: whom a message names.
            work: answers a question, say reads a page; questions and answers are pickled.
            room: bytes of address space that an answer may take beside this process's own.
            seconds: time that it may take.
        """
        self.source, self.work, self.room, self.seconds = source, work, room, seconds
        self._child: _Child | None = None
        self._asked: Question | None = None

    def __enter__(self) -> "Copy[Question, Answer]":
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the copy."""
        self.close()

    def __del__(self) -> None:
        """End the copy of one that nobody closed: a generator that was not read to its end."""
        self.close()

    def ask_ahead(self, question: Question) -> None:
        """Ask what `ask` will ask next: the copy works on it meanwhile, and keeps one answer."""
        if self._child is None or self._asked is not None:
            return  # the first question, and the one after a death, wait for their own copy
        with suppress(OSError):  # it has died: told when somebody waits
            pickle.dump(question, self._child.questions)
            self._child.questions.flush()
        self._asked = question

    def ask(self, question: Question) -> Answer:
        """Return the answer.

        Raises:
            UnreadableInputError: the copy died: of a crash, for want of memory or of time.
            Exception: whatever the work raises.
        """
        if not OPEN_FILES.exists():
            return self.work(question)
        try:
            if self._asked not in (None, question):
                self.close()  # its answer is to another question
            child = self._child = self._child or _started(self.work, self.room, self.seconds)
            if self._asked is None:
                pickle.dump(question, child.questions)
                child.questions.flush()
            self._asked = None
            good, told = pickle.load(child.answers)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError):
            raise self.source.unreadable(_why(self.close(kill=False), self.seconds)) from None
        except BaseException:
            self.close()
            raise
        if not good:
            raise told
        return cast("Answer", told)

    def close(self, *, kill: bool = True) -> int:
        """End the copy; return how it ended."""
        if self._child is None:
            return 0
        child, self._child, self._asked = self._child, None, None
        if kill:
            os.kill(child.pid, signal.SIGKILL)
        for end in (child.questions, child.answers):
            with suppress(OSError):  # a question that nobody read
                end.close()
        for descriptor in child.descriptors:
            os.close(descriptor)
        return os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])


def apart(
    source: Source, work: Callable[[], Answer], *, room: int = ROOM, seconds: float = SECONDS
) -> Answer:
    """Return what `work` returns, done in a `Copy` of this process; it raises what that raises."""
    with Copy[None, Answer](source, lambda _: work(), room=room, seconds=seconds) as copy:
        return copy.ask(None)


@dataclass(frozen=True)
class _Child:
    """A copy that runs.

    Attributes:
        pid: of its process.
        questions, answers: streams over `descriptors`, which they leave open: one that is
            collected with the rest of a cycle would warn, whoever is about to close it.
        descriptors: of the two pipes.
    """

    pid: int
    questions: BinaryIO
    answers: BinaryIO
    descriptors: tuple[int, int]


def _started(work: Callable[[Any], Any], room: int, seconds: float) -> _Child:
    asked, asking = os.pipe()
    hearing, answering = os.pipe()
    pid = _forked()
    if not pid:
        os.close(asking)
        os.close(hearing)
        _in_the_copy(work, asked, answering, room, seconds)
    os.close(asked)
    os.close(answering)
    questions, answers = (
        os.fdopen(end, way, closefd=False) for end, way in ((asking, "wb"), (hearing, "rb"))
    )
    return _Child(pid, cast("BinaryIO", questions), cast("BinaryIO", answers), (asking, hearing))


def _forked() -> int:
    # a lock that another thread holds would stay locked in the copy
    with ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which are not used there
        return os.fork()


def _why(exitcode: int, seconds: float) -> str:
    if exitcode == -signal.SIGALRM:
        return f"takes longer than {seconds:g} s to be read; print it anew"
    return "wants too much memory, or breaks what reads it; print it anew"


def widen_for(pixels: int) -> None:
    """Let the copy take what a picture of so many pixels takes, `MAX_PIXELS` of them at most.

    Here, where nothing is bounded, it does nothing.
    """
    soft, most = resource.getrlimit(resource.RLIMIT_AS)
    if not _here.bounded:
        return
    wider = soft + BYTES_A_PIXEL * min(pixels, MAX_PIXELS)
    if most != resource.RLIM_INFINITY:
        wider = min(wider, most)
    resource.setrlimit(resource.RLIMIT_AS, (wider, most))


# --- inside the copy -----------------------------------------------------------------------------


@dataclass
class _Here:
    bounded: bool = False


_here = _Here()


def _in_the_copy(
    work: Callable[[Any], Any], asked: int, answering: int, room: int, seconds: float
) -> NoReturn:
    """Answer until nobody asks, and end: nothing of this process's own is to be unwound."""
    try:
        _quiet()
        questions, answers = os.fdopen(asked, "rb"), os.fdopen(answering, "wb")
        while True:
            question = pickle.load(questions)
            _bound(room, seconds)
            try:
                told = (True, work(question))
            except Exception as error:
                told = (False, _portable(error))
            signal.setitimer(signal.ITIMER_REAL, 0)  # who has asked ahead takes it later
            pickle.dump(told, answers, protocol=5)
            answers.flush()
            del told
    finally:
        os._exit(0)


def _quiet() -> None:
    faulthandler.disable()  # its end is told by the one who waits
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first Ctrl-C lets what is in hand be done
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for descriptor in list(OPEN_FILES.iterdir()):
        with suppress(OSError):
            _read_apart(int(descriptor.name))


def _bound(room: int, seconds: float) -> None:
    """Bound what the next answer may take."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    wanted = taken + room
    if most == resource.RLIM_INFINITY or wanted < most:
        resource.setrlimit(resource.RLIMIT_AS, (wanted, most))
        _here.bounded = True


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
