"""A document on its way through a cluster: what is asked of it, what is known, what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from docclean.clean.contract import Loader
from docclean.clean.spec import SHARED_TILE_AREA, CleanerSpec
from docclean.errors import UnreadableInputError
from docclean.integrations.cluster import places
from docclean.jobs.ledger.entry import Entry
from docclean.jobs.ledger.prints import Print, content_hash, print_of
from docclean.jobs.results import FileResult
from docclean.recipe import Options


@dataclass(frozen=True)
class Work:
    """What holds for every document; picklable.

    Attributes:
        options: what is asked for.
        out: the folder of the outputs, an absolute path or a URL.
        call: what model and options come to.
        load: makes the cleaner.
    """

    options: Options
    out: str
    call: str
    load: Loader


def cleaner_of(options: Options) -> CleanerSpec:
    """Return what loads the cleaner of a worker, which has its machine not to itself."""
    return CleanerSpec(options, 1, SHARED_TILE_AREA)


@dataclass(frozen=True)
class Document:
    """One document; picklable.

    Attributes:
        source: an absolute path or a URL.
        target: where it goes, the same.
        name: of the output below `Work.out`.
        shown: how messages call source and target.
        before: what was known of it.
    """

    source: str
    target: str
    name: str
    shown: tuple[str, str]
    before: Entry

    @property
    def light(self) -> "Document":
        """Return it without what only its end needs: it goes along with each of its pages."""
        return replace(self, before=Entry(self.name, self.source))


@dataclass(frozen=True)
class Ended:
    """What came of a document.

    Attributes:
        result: as a batch tells it.
        entry: what is known of it now; None where it could not even be read.
        stayed: the outputs were there already; `result` is of the call that made them.
    """

    result: FileResult
    entry: Entry | None = None
    stayed: bool = False

    def lasting(self, seconds: float) -> "Ended":
        """Return it with the time that all its pages took."""
        entry = self.entry and replace(self.entry, seconds=seconds)
        return replace(self, result=replace(self.result, seconds=seconds), entry=entry)


@dataclass(frozen=True)
class Facts:
    """What tells a source from what it is after a change.

    Attributes:
        content: SHA-256 of its bytes, or of what its store tells of it.
        looked: the print of it.
    """

    content: str
    looked: Print

    @classmethod
    def of(cls, source: str, path: Path) -> "Facts":
        """Return those of a document that lies at `path` now.

        Raises:
            UnreadableInputError: it cannot be read.
        """
        try:
            if not places.is_url(source):
                content = content_hash(path)
                return cls(content, print_of(path, content))
            store, place = places.store_of(source)
            facts = store.info(place)
        except OSError as error:
            why = error.strerror or error
            raise UnreadableInputError(
                f"{source}: cannot be read ({why}); check its permissions"
            ) from error
        content = places.fingerprint(facts)
        return cls(content, Print(int(facts["size"] or 0), 0, 0, content))

    def entry(self, work: Work, document: Document) -> Entry:
        """Return what a ledger keeps of a document that is begun."""
        return Entry(
            document.name,
            document.source,
            content=self.content,
            call=work.call,
            source_print=self.looked,
        )

    def still(self, source: str, path: Path) -> bool:
        """Say whether the document is as it was."""
        if places.is_url(source):
            return Facts.of(source, path).content == self.content
        return self.looked.same(path)


def as_shown(result: FileResult, names: Mapping[str, str]) -> FileResult:
    """Return a result whose message calls files as the call did."""
    message = result.message
    for name, shown in names.items():
        message = message.replace(name, shown)
    return replace(result, message=message)
