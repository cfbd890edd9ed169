"""One page of a PDF: what it consists of, what cleaning makes of it, what changes in the file."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pikepdf

from docclean.clean.contract import PageCleaner
from docclean.documents.base import Source, decoding, encoding
from docclean.documents.codecs import MOST_GROWTH
from docclean.documents.mrc import layer
from docclean.documents.pdf.contents import x_objects
from docclean.documents.pdf.editing import Edit
from docclean.documents.pdf.encoding import pictures_for, repacked
from docclean.documents.pdf.leaves import Leaf
from docclean.documents.pdf.objects import Picture
from docclean.documents.pdf.opening import opened
from docclean.documents.pdf.rendering import Looking, Seen
from docclean.errors import MissingProgramError
from docclean.jobs.one_page import Treated, treat
from docclean.page import Page
from docclean.recipe import Options

REOPENED = 16
"""Pages after which a document is opened anew."""
NOT_CLEANED = {
    "drawn": "born digital: its text is drawn, not scanned (--force cleans it all the same)",
    "blank": "blank: nothing is drawn on it",
}
WHOLE_PAGES = "not cut: pages of a PDF keep their boxes; give its scans as images"


@dataclass(frozen=True)
class Outcome:
    """What came of one page.

    Attributes:
        number: the page, from 1.
        decision: verdict, reason and measures, as plain data.
        edit: what is changed, None where the page stays as it came.
        layers: what the engine read, by kind.
        error: why the page could not be cleaned; empty where it could.
        missing: a program or package is missing, so no page can be.
        gone: streams that a rendered page has no more, and what they took.
    """

    number: int
    decision: dict[str, Any]
    edit: Edit | None = None
    layers: tuple[tuple[str, bytes], ...] = ()
    error: str = ""
    missing: bool = False
    gone: tuple[tuple[tuple[int, int], int], ...] = ()

    def counted_once(self, counted: set[tuple[int, int]]) -> "Outcome":
        """Measure growth anew, without the streams that earlier pages gave up, too."""
        if not self.gone or "like" in self.decision:
            return self
        before = sum(size for stream, size in self.gone if stream not in counted)
        counted.update(stream for stream, _ in self.gone)
        told = {key: value for key, value in self.decision.items() if key != "larger"}
        return replace(self, decision=told | growth(before, told["bytes"][1]))


class Opened:
    """A PDF as a worker holds it: opened for many pages, anew after `REOPENED` of them."""

    def __init__(self, source: Source, password: str | None, cleaner: PageCleaner) -> None:
        """Open it."""
        self.source, self.password, self.cleaner = source, password, cleaner
        self._open, self._done = ExitStack(), 0
        self._enter()

    def _enter(self) -> None:
        self.pdf, document = self._open.enter_context(opened(self.source, self.password))
        looking = Looking(self.pdf, document, self.source)
        self.looking = self._open.enter_context(looking)

    def _opened_anew(self) -> None:
        """Let go of what the libraries keep of every page they have read."""
        self.close()
        self._done = 0
        self._enter()

    def close(self) -> None:
        """Close it."""
        self._open.close()

    def outcome(self, number: int, options: Options) -> Outcome:
        """Clean one page; whatever goes wrong with it is its outcome."""
        if self._done >= REOPENED:
            self._opened_anew()
        return _told(number, self._treated(number, None, options))

    def outcomes(self, numbers: Sequence[int], options: Options) -> Iterator[Outcome]:
        """Yield what `outcome` returns of each page, in order.

        While a page is cleaned, the one behind it is read, and the one before it is written.
        """
        last: tuple[int, Future[Outcome]] | None = None
        with ThreadPoolExecutor(1) as writer:
            for number, following in zip(numbers, (*numbers[1:], None), strict=True):
                if self._done >= REOPENED:
                    if last:
                        wait((last[1],))  # it is written from what was open before
                    self._opened_anew()
                finish = self._treated(number, following, options)
                if last:
                    yield _told(last[0], last[1].result)
                last = number, writer.submit(finish)
            if last:
                yield _told(last[0], last[1].result)

    def _treated(
        self, number: int, following: int | None, options: Options
    ) -> Callable[[], Outcome]:
        """Read and clean a page; return what is left to do, which raises what went wrong here."""
        self._done += 1
        try:
            return self._cleaned(number, following, options)
        except Exception as error:
            return partial(_raised, error)

    def _cleaned(
        self, number: int, following: int | None, options: Options
    ) -> Callable[[], Outcome]:
        with decoding(self.source):
            came = self.looking.at(number, programs=options.force, whole="all")
        if following and self._done < REOPENED:
            self.looking.ahead(following, programs=options.force, whole="all")
        found = came.leaf
        if found.kind == "blank" or came.page is None:
            told = {"page": number, "verdict": "kept", "reason": NOT_CLEANED[found.kind]}
            return partial(Outcome, number, {**told, "kind": found.kind})
        whole = replace(options, crop=False, flatten=False)
        treated = treat(came.page, self.cleaner, whole, has_text=found.has_text)
        return partial(self._edited, number, came, treated, options)

    def _edited(self, number: int, came: Seen, treated: Treated, options: Options) -> Outcome:
        """Make what changes in the file of a page that was cleaned."""
        found, leaf = came.leaf, self.pdf.pages[number - 1]
        with encoding("pdf"):
            edit = _edit(leaf, came, treated, options)
        told = {**treated.decision, "kind": found.kind}
        if options.crop or options.flatten:
            told["sheet"] = WHOLE_PAGES
        if edit and edit.pictures:
            told |= _sizes(leaf, found, edit)
        gone = found.streams if edit and edit.pictures and not edit.names else ()
        return Outcome(number, told, edit, tuple(treated.layers.items()), gone=gone)


def _raised(error: Exception) -> Outcome:
    raise error


def _told(number: int, finish: Callable[[], Outcome]) -> Outcome:
    """Return the outcome of a page; whatever goes wrong with it is one."""
    try:
        return finish()
    except MissingProgramError as error:
        return Outcome(number, {"page": number}, error=str(error), missing=True)
    except Exception as error:  # one bad page must not sink the document
        return failed(number, str(error) or type(error).__name__)


def failed(number: int, why: str) -> Outcome:
    """Return the outcome of a page that could not be cleaned."""
    told = {"page": number, "verdict": "kept", "reason": f"could not be cleaned: {why}"}
    return Outcome(number, told, error=why)


def _edit(leaf: pikepdf.Page, came: Seen, treated: Treated, options: Options) -> Edit | None:
    """Return what changes on a page; a rendered one changes only where cleaning did something."""
    turned, found = treated.straightened.turned, came.leaf
    pictures: tuple[Picture, ...] = ()
    back = np.ascontiguousarray(np.rot90(treated.page.pixels, turned // 90))
    left = treated.page.number in options.leave
    if options.mrc and not left and not _is_bitonal(treated.page):
        pictures = tuple(map(layer, found.scan.parts(back) if found.scan else [back]))
    elif treated.changed:
        pictures = pictures_for(leaf, found, back, bitonal=options.bitonal, exact=False)
    elif found.scan and came.page:
        pictures = repacked(leaf, found, came.page.pixels)
    text = dict(treated.layers).get("pdf")
    cut = treated.straightened.cut
    if not (pictures or text or turned or cut):
        return None
    names = found.scan.names if found.scan and pictures else ()
    box = found.scan.box if found.scan else None
    unseen = came.unseen if pictures else None
    return Edit(treated.page.number, names, pictures, box, text, turned, cut, unseen)


def _is_bitonal(page: Page) -> bool:
    return page.is_grey and bool(np.isin(page.pixels[::16], (0, 255)).all())


def growth(before: int, after: int) -> dict[str, Any]:
    """Tell how many bytes there were and are, and whether that is too many more."""
    told: dict[str, Any] = {"bytes": [before, after]}
    return told | (
        {"larger": round(after / max(before, 1), 2)} if after > MOST_GROWTH * before else {}
    )


def _sizes(leaf: pikepdf.Page, found: Leaf, edit: Edit) -> dict[str, Any]:
    """Tell how many bytes what gives way took and what comes takes, and what else is lost."""
    known = x_objects(leaf)
    gone = sum(len(known[name].read_raw_bytes()) for name in edit.names)
    before = gone if found.scan else found.nbytes
    after = sum(picture.nbytes for picture in edit.pictures)
    after += len(edit.unseen.content) if edit.unseen else 0
    told = growth(before, after)
    if edit.unseen and edit.unseen.flattened:
        told["layers"] = "part of the picture now"
    return told
