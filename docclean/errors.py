"""Every failure a user can meet, and the exit status each one becomes."""

from typing import ClassVar


class DoccleanError(Exception):
    """A failure told in one sentence that names the file and the next step.

    `exit_status` is what the command line ends with when this error stops it.
    """

    exit_status: ClassVar[int] = 1


class UsageError(DoccleanError):
    """The call itself is wrong: an unknown option, key, member or a folder where a file goes."""

    exit_status = 1


class UnreadableInputError(DoccleanError):
    """The input is empty, damaged, encrypted or not a document at all."""

    exit_status = 2


class ProtectedInputError(UnreadableInputError):
    """The input wants a password, forbids changes, or is signed."""

    exit_status = 8


class MissingProgramError(DoccleanError):
    """A program or a package this step needs is not installed."""

    exit_status = 3


class OutputError(DoccleanError):
    """The output cannot be written, or would overwrite something it should not."""

    exit_status = 4


SOME_FAILED = 4
"""Exit status of a call over several files of which some, not all, failed."""

WORSE = 5
"""Exit status of an evaluation that is worse than its baseline."""

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells report it (128 + SIGINT)."""
