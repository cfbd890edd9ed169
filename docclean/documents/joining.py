"""Documents one after the other, as one: PDFs with a bookmark each, TIFFs strip by strip."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import pikepdf

from docclean.documents.base import encoding
from docclean.documents.reading import read_pages
from docclean.documents.writing import write_pages
from docclean.errors import OutputError

AT_ONCE = 100
"""PDFs open at a time: a system lets a process have about a thousand files open."""
DEEPEST = 10
"""Levels of bookmarks that are taken over."""
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
"""Bytes of a value of each of TIFF's types."""
POINTERS = (330, 34665, 34853, 40965)
"""Tags that say where other directories are; what these hold is not taken over."""
STRIPS, TILES = (273, 279), (324, 325)
PLAIN = b"II*\0"


@dataclass(frozen=True)
class Piece:
    """A document that becomes part of another one.

    Attributes:
        path: the document.
        title: its bookmark.
    """

    path: Path
    title: str


# --- PDF -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Mark:
    """A bookmark: its title, the page it leads to, from 0, and those below it."""

    title: str
    page: int
    below: tuple["_Mark", ...] = field(default=())


def join_pdfs(pieces: Sequence[Piece], out: BinaryIO, password: str | None = None) -> None:
    """Write PDFs as one; each has a bookmark, and its own bookmarks below it.

    Args:
        pieces: the documents, in order.
        out: an empty file, open for writing.
        password: opens those that are protected; the whole is protected by it too then.

    Raises:
        OutputError: they cannot be joined.
    """
    with encoding("pdf"):
        marks, protected, first = list[_Mark](), False, 0
        for piece in pieces:
            with pikepdf.open(piece.path, password=password or "") as pdf:
                protected |= pdf.is_encrypted
                with pdf.open_outline(DEEPEST) as outline:
                    marks.append(_Mark(piece.title, first, tuple(_marks(pdf, outline.root, first))))
                first += len(pdf.pages)
        lock = pikepdf.Encryption(user=password or "", owner=password or "") if protected else None
        paths = [piece.path for piece in pieces]
        while len(paths) > AT_ONCE:
            groups = [paths[at : at + AT_ONCE] for at in range(0, len(paths), AT_ONCE)]
            paths = [_group(group, password, lock) for group in groups]
        _join(paths, out, password, lock, marks)


def _group(paths: Sequence[Path], password: str | None, lock: Any) -> Path:
    """Write some of the PDFs as one beside the first of them."""
    made = paths[0].with_suffix(f".{len(paths)}.pdf")
    with made.open("x+b") as out:
        _join(paths, out, password, lock)
    return made


def _join(
    paths: Sequence[Path],
    out: BinaryIO,
    password: str | None,
    lock: Any,
    marks: Sequence[_Mark] = (),
) -> None:
    with ExitStack() as stack, pikepdf.new() as whole:
        for path in paths:
            pdf = stack.enter_context(pikepdf.open(path, password=password or ""))
            whole.pages.extend(pdf.pages)
        if marks:
            with whole.open_outline() as outline:
                outline.root.extend(map(_item, marks))
            whole.Root.PageMode = pikepdf.Name.UseOutlines
        whole.save(
            out,
            encryption=lock or False,
            deterministic_id=lock is None,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        )


def _marks(pdf: pikepdf.Pdf, items: Sequence[Any], first: int) -> Iterator[_Mark]:
    """Yield bookmarks of a document whose pages begin at `first`; those that lead nowhere go."""
    places = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
    for item in items:
        below = tuple(_marks(pdf, item.children, first))
        place = _place(item, places)
        if place is None and below:
            place = below[0].page - first
        if place is not None:
            yield _Mark(item.title, first + place, below)


def _place(item: Any, places: Mapping[Any, int]) -> int | None:
    """Return the page a bookmark leads to; None where it is no page of the document."""
    target = item.destination
    if target is None and item.action is not None and item.action.get("/S") == "/GoTo":
        target = item.action.get("/D")
    if not isinstance(target, pikepdf.Array) or not len(target):
        return None
    leaf = target[0]
    return places.get(leaf.objgen) if isinstance(leaf, pikepdf.Dictionary) else None


def _item(mark: _Mark) -> pikepdf.OutlineItem:
    item = pikepdf.OutlineItem(mark.title, mark.page)
    item.children.extend(map(_item, mark.below))
    return item


# --- TIFF ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Entry:
    """One tag of a directory, its values as the bytes they have in the file."""

    tag: int
    type: int
    count: int
    raw: bytes


def join_tiffs(pieces: Sequence[Piece], out: BinaryIO) -> None:
    """Write TIFFs as one; what is compressed stays as it is.

    Args:
        pieces: the documents, in order.
        out: an empty file, open for writing and reading.

    Raises:
        OutputError: together they are larger than a TIFF can be.
    """
    out.write(PLAIN + bytes(4))
    last = 4
    try:
        for piece in pieces:
            with _plain(piece.path).open("rb") as stream:
                for entries in _directories(stream):
                    last = _copied(entries, stream, out, last)
    except struct.error as error:
        raise OutputError("a TIFF file holds at most 4 GB; choose .pdf") from error


def _plain(path: Path) -> Path:
    """Return a TIFF of the usual byte order and size; any other is written anew beside it."""
    with path.open("rb") as stream:
        if stream.read(4) == PLAIN:
            return path
    anew = path.with_suffix(".anew.tif")
    write_pages(read_pages(path), anew, like=path)
    return anew


def _directories(stream: BinaryIO) -> Iterator[list[_Entry]]:
    stream.seek(4)
    (place,) = struct.unpack("<L", stream.read(4))
    seen = set[int]()
    while place and place not in seen:
        seen.add(place)
        stream.seek(place)
        (count,) = struct.unpack("<H", stream.read(2))
        raw = stream.read(12 * count + 4)
        (place,) = struct.unpack("<L", raw[-4:])
        yield [_entry(stream, raw[at : at + 12]) for at in range(0, 12 * count, 12)]


def _entry(stream: BinaryIO, raw: bytes) -> _Entry:
    tag, type_, count = struct.unpack("<HHL", raw[:8])
    size = SIZES.get(type_, 1) * count
    if size <= 4:
        return _Entry(tag, type_, count, raw[8 : 8 + size])
    stream.seek(struct.unpack("<L", raw[8:])[0])
    return _Entry(tag, type_, count, stream.read(size))


def _copied(entries: list[_Entry], stream: BinaryIO, out: BinaryIO, last: int) -> int:
    """Append a page to `out`; return where the place of the next one is to be written.

    Args:
        entries: its directory.
        stream: the file it is in.
        out: the file it goes to.
        last: where in `out` the place of this page is to be written.
    """
    known = {entry.tag: entry for entry in entries}
    where, lengths = TILES if TILES[0] in known else STRIPS
    places = list[int]()
    for offset, count in zip(_longs(known[where]), _longs(known[lengths]), strict=True):
        stream.seek(offset)
        places.append(_end(out))
        out.write(stream.read(count))
    moved = struct.pack(f"<{len(places)}L", *places)
    known[where] = replace(known[where], type=4, raw=moved)
    kept = [known[tag] for tag in sorted(known) if tag not in POINTERS]
    cells = list[bytes]()
    for entry in kept:
        cell = entry.raw.ljust(4, b"\0")
        if len(cell) > 4:
            cell = struct.pack("<L", _end(out))
            out.write(entry.raw)
        cells.append(struct.pack("<HHL", entry.tag, entry.type, entry.count) + cell)
    place = _end(out)
    out.write(struct.pack("<H", len(kept)) + b"".join(cells) + bytes(4))
    out.seek(last)
    out.write(struct.pack("<L", place))
    return place + 2 + 12 * len(kept)


def _longs(entry: _Entry) -> tuple[int, ...]:
    return struct.unpack(f"<{entry.count}{'H' if entry.type == 3 else 'L'}", entry.raw)


def _end(out: BinaryIO) -> int:
    """Go to the end of a file, at an even place as TIFF wants it, and return it."""
    place = out.seek(0, 2)
    if place % 2:
        out.write(b"\0")
    return place + place % 2
