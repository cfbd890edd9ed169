"""Every failure a user can meet, and the exit status each one becomes."""

from enum import IntEnum
from typing import ClassVar


class ExitStatus(IntEnum):
    """What the command line ends with; help and README tell these and no others."""

    sentence: str

    DONE = 0, "done"
    USAGE = 1, "wrong arguments"
    UNREADABLE = 2, "unreadable input"
    MISSING = 3, "a program or package is missing"
    FAILED = 4, "some files failed or an output cannot be written"
    WORSE = 5, "worse than the baseline"
    PROTECTED = 8, "protected (password, permission, signature)"
    HUNG_UP = 129, "its terminal closed"
    INTERRUPTED = 130, "interrupted"
    TERMINATED = 143, "terminated"

    def __new__(cls, value: int, sentence: str) -> "ExitStatus":
        """Make a status that is its number and has a sentence."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        return member

    @classmethod
    def told(cls) -> str:
        """Return all of them in one line, as help and README tell them."""
        return ", ".join(f"{status.value} {status.sentence}" for status in cls)


class DoccleanError(Exception):
    """A failure told in one sentence that names the file and the next step.

    `exit_status` is what the command line ends with when this error stops it.
    """

    exit_status: ClassVar[int] = ExitStatus.USAGE


class UsageError(DoccleanError):
    """The call itself is wrong: an unknown option, key, member or a folder where a file goes."""

    exit_status = ExitStatus.USAGE


class UnreadableInputError(DoccleanError):
    """The input is empty, damaged, encrypted or not a document at all."""

    exit_status = ExitStatus.UNREADABLE


class ProtectedInputError(UnreadableInputError):
    """The input wants a password, forbids changes, or is signed."""

    exit_status = ExitStatus.PROTECTED


class MissingProgramError(DoccleanError):
    """A program or a package this step needs is not installed."""

    exit_status = ExitStatus.MISSING


class OutputError(DoccleanError):
    """The output cannot be written, or would overwrite something it should not."""

    exit_status = ExitStatus.FAILED
