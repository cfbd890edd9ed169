"""The pages of one PDF, done here or in processes."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from docclean.clean.contract import Loader
from docclean.clean.spec import CleanerSpec
from docclean.documents.base import Source
from docclean.documents.pdf.checking import undecodable
from docclean.jobs.pdf_page import Opened, Outcome, failed
from docclean.jobs.processes.limits import processes
from docclean.jobs.processes.workers import Died, Workers
from docclean.recipe import Options

CHECKED = 4
"""Pages of a written file from which several processes check it."""


class PdfPages:
    """Does the pages of one PDF; `options.jobs` processes share them, and end with the block."""

    def __init__(
        self,
        source: Source,
        load: Loader,
        options: Options,
        count: int,
        done: Mapping[int, Outcome] | None = None,
    ) -> None:
        """Take the document, what is asked for, and how many pages; nothing is opened yet.

        `done` holds the outcomes where others have made them.
        """
        self.source, self.options, self.jobs = source, options, processes(options, count, load)
        if isinstance(load, CleanerSpec) and options.jobs is None and self.jobs > 1:
            load = load.among(self.jobs)
        self._done = done
        self._open = partial(_opened, source, options, load)
        self._here: Opened | None = None
        self._workers = Workers(self.jobs, self._open)

    def __enter__(self) -> "PdfPages":
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Rest; at once where the block failed."""
        self.rest(at_once=kind is not None)

    def outcomes(self, numbers: Sequence[int]) -> Iterator[Outcome]:
        """Yield the pages' outcomes in order."""
        if self._done is not None:
            yield from (self._done[number] for number in numbers)
            return
        if self.jobs <= 1:
            if numbers:
                self._here = self._here or self._open()
                yield from self._here.outcomes(numbers, self.options)
            return
        work = partial(_outcome, self.options)
        for number, done in zip(numbers, self._workers.in_order(work, numbers), strict=True):
            why = "a process died of it, most often for want of memory"
            yield failed(number, why) if isinstance(done, Died) else done

    def undecodable(self, path: Path, numbers: Sequence[int]) -> list[int]:
        """Return the pages of the written file whose images cannot be decoded."""
        password = self.options.password
        if self.jobs <= 1 or len(numbers) <= CHECKED:
            return undecodable(path, numbers, password)
        shares = [tuple(numbers[at :: self.jobs]) for at in range(self.jobs)]
        bad: list[int] = []
        with Workers(self.jobs, _nothing) as workers:
            checked = workers.in_order(partial(_checked, path, password), shares)
            for share, found in zip(shares, checked, strict=True):
                bad += share if isinstance(found, Died) else found
        return sorted(bad)

    def rest(self, *, at_once: bool = False) -> None:
        """End the processes and close the document; both come back where they are needed."""
        self._workers.close(at_once=at_once)
        if self._here:
            self._here.close()
            self._here = None


def _opened(source: Source, options: Options, load: Loader) -> Opened:
    return Opened(source, options.password, load())


def _outcome(options: Options, opened: Opened, number: int) -> Outcome:
    return opened.outcome(number, options)


def _nothing() -> bool:
    return True


def _checked(path: Path, password: str | None, _: bool, numbers: Sequence[int]) -> list[int]:
    return undecodable(path, numbers, password)
