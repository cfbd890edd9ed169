"""Pages that are done wait in a folder beside the outputs until their document is put together.

The folder of a document is `OUT/.docclean/parts/DOCUMENT/KEY/`; the key is made of the document's
bytes and of what was asked for. A page's file appears whole, so a page that is done twice is
written twice and is there once.
"""

import hashlib
import io
import pickle
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from docclean.errors import UnreadableInputError
from docclean.integrations.cluster import places
from docclean.jobs.ledger.database import FOLDER
from docclean.jobs.one_page import Treated
from docclean.jobs.pdf_page import Outcome
from docclean.jobs.results import FileResult
from docclean.outputs import naming

Done = Outcome | Treated | FileResult
"""A page as it is to be, or why its document fails."""
MAKING = "making-"
"""How folders of outputs that are being written begin."""
KNOWN = {
    ("docclean.documents.forms", "Encoded"),
    ("docclean.documents.mrc", "Layers"),
    ("docclean.documents.pdf.editing", "Edit"),
    ("docclean.errors", "ExitStatus"),
    ("docclean.jobs.one_page", "Treated"),
    ("docclean.jobs.pdf_page", "Outcome"),
    ("docclean.jobs.results", "FileResult"),
    ("docclean.page", "Page"),
    ("docclean.straighten.straightening", "Straightened"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),
}
"""All that a part may consist of: others may write into the folder too."""


def digest(text: str) -> str:
    """Return a short name for any text."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:20]


class Parts:
    """The pages of one document that are done."""

    def __init__(self, out: str, document: str, key: str) -> None:
        """Name them.

        Args:
            out: the folder of the outputs, a path or a URL.
            document: the name of the document's output below it.
            key: of the result, as `key_of` gives it.
        """
        self.folder = places.joined(out, FOLDER, "parts", digest(document))
        self._own = digest(key)
        self.pages = places.joined(self.folder, self._own)

    def __contains__(self, number: int) -> bool:
        """Say whether a page is done; one that a machine's crash left empty is not."""
        return bool(places.size_of(self._of(number)))

    def put(self, number: int, done: Done) -> None:
        """Keep a page.

        Raises:
            OutputError: it cannot be written.
        """
        if isinstance(done, Treated):  # the page before it was cleaned is not needed any more
            done = replace(done, straightened=replace(done.straightened, page=done.page))
        places.write(self._of(number), zlib.compress(pickle.dumps(done, protocol=5), 1))

    def get(self, number: int) -> Done:
        """Return a page.

        Raises:
            UnreadableInputError: it is gone, or is none of ours.
        """
        name = self._of(number)
        data = places.read(name)
        if data is None:
            raise UnreadableInputError(f"{name} is gone meanwhile; run again")
        try:
            done: Done = _Reader(io.BytesIO(zlib.decompress(data))).load()
        except (pickle.UnpicklingError, zlib.error, EOFError) as error:
            raise UnreadableInputError(
                f"{name} is not as it was written ({error}); remove it and run again"
            ) from error
        return done

    def forget_others(self) -> None:
        """Remove the pages of the document as it was before, or of another call."""
        for name in places.names_in(self.folder):
            if name != self._own and not name.startswith(MAKING):
                places.remove(places.joined(self.folder, name))

    @contextmanager
    def making(self) -> Iterator[Path]:
        """Give a folder for outputs until they get their names: on a disk, that of the outputs."""
        if places.is_url(self.folder):
            with TemporaryDirectory(prefix="docclean-") as folder:
                yield Path(folder)
            return
        with naming(Path(self.folder)):
            Path(self.folder).mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=MAKING, dir=self.folder) as folder:
            yield Path(folder)

    def _of(self, number: int) -> str:
        return places.joined(self.pages, f"page-{number:06}")


class DonePages(Mapping[int, Any]):
    """The pages of a document, read when their turn comes."""

    def __init__(self, parts: Parts, numbers: Sequence[int]) -> None:
        """Take where they are and which there are."""
        self.parts, self.numbers = parts, numbers
        self.failed: FileResult | None = None

    def __getitem__(self, number: int) -> Outcome | Treated:
        """Return a page, by its number.

        Raises:
            UnreadableInputError: it failed, and its document with it; `failed` is the result.
        """
        done = self.parts.get(number)
        if isinstance(done, FileResult):
            self.failed = done
            raise UnreadableInputError(done.message)
        return done

    def __iter__(self) -> Iterator[int]:
        """Yield the numbers."""
        return iter(self.numbers)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.numbers)


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in KNOWN:
            raise pickle.UnpicklingError(f"it holds {module}.{name}")
        return super().find_class(module, name)
