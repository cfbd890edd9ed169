"""TIFF pages of samples that Pillow reads in part or not at all: their bytes out of the file.

What stands compressed in strips or tiles becomes plain bytes by a way round: the strips, under a
directory that calls each row an 8-bit grey one, are a TIFF that Pillow reads whatever the
compression. (TIFF 6.0; predictor 3: Adobe Photoshop TIFF Technical Note 3.)
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from os import SEEK_CUR
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from docclean.documents.pixels import STRIP
from docclean.documents.samples import Kind

PLAIN_BITS = (1, 2, 4, 8)
OWN_SAMPLES = (2, 3, 4, 6, 7)
"""Compressions that say themselves what samples they hold: fax and JPEG."""
OLD_JPEG = 6
"""A compression whose strips are told in other ways."""
KINDS: dict[int, Kind] = {1: "unsigned", 2: "signed", 3: "float", 4: "unsigned"}


@dataclass(frozen=True)
class Layout:
    """How the samples of a page lie in its file.

    Attributes:
        width, height: of the page, px.
        samples: of a pixel.
        bits: of a sample.
        kind: what they mean.
        photometric: what colour they are.
        cell: width and height of what is compressed at a time: a tile, or some rows.
        planar: whether each sample has a plane of its own.
    """

    width: int
    height: int
    samples: int
    bits: int
    kind: Kind
    photometric: int
    cell: tuple[int, int]
    planar: bool

    @classmethod
    def of(cls, tags: ImageFileDirectory_v2) -> "Layout":
        """Take it from a page's directory."""
        bits = many(tags, 258, 1)
        width, height = int(tags[256]), int(tags[257])
        rows = min(int(tags.get(278, height)) or height, height)
        cell = (int(tags[322]), int(tags[323])) if 322 in tags else (width, rows)
        return cls(
            *(width, height, int(tags.get(277, len(bits))), bits[0]),
            KINDS.get(many(tags, 339, 1)[0], "unsigned"),
            int(tags.get(262, 1)),
            cell,
            int(tags.get(284, 1)) == 2,
        )

    @property
    def together(self) -> int:
        """Return how many samples of a pixel lie side by side."""
        return 1 if self.planar else self.samples

    @property
    def row_bytes(self) -> int:
        """Return the bytes of a row of a cell."""
        return -(-self.cell[0] * self.together * self.bits // 8)


def is_wide(tags: ImageFileDirectory_v2) -> bool:
    """Say whether a page's samples are to be read here."""
    bits, formats = many(tags, 258, 1), many(tags, 339, 1)
    odd = any(one not in PLAIN_BITS for one in bits) or any(one not in (1, 4) for one in formats)
    few = len(bits) > 1 and max(bits) < 8
    return (odd or few) and int(tags.get(259, 1)) not in OWN_SAMPLES


def many(tags: Any, tag: int, default: int) -> tuple[int, ...]:
    """Return the whole numbers of a tag."""
    value: Any = tags.get(tag, default)
    return tuple(map(int, value)) if isinstance(value, tuple) else (int(value),)


def are_missing(tags: ImageFileDirectory_v2) -> bool:
    """Say whether a page has fewer strips or tiles than its size needs: it was cut, or is damaged.

    What is not there would be black.
    """
    if 256 not in tags or 257 not in tags or int(tags.get(259, 1)) == OLD_JPEG:
        return False
    layout = Layout.of(tags)
    width, height = layout.cell
    down = -(-layout.height // max(1, height))
    across = -(-layout.width // max(1, width)) if 322 in tags else 1
    return len(cells(tags)[0]) < down * across * (layout.samples if layout.planar else 1)


def places(stream: BinaryIO) -> Iterator[int]:
    """Yield where the directory of each page of a TIFF file begins; none of it is read."""
    stream.seek(0)
    order, big = "<" if stream.read(2) == b"II" else ">", b"\x2b" in stream.read(2)
    if big:
        stream.seek(8)
    counted, entry, place = ("Q", 20, "Q") if big else ("H", 12, "L")
    seen = set[int]()
    while (found := _number(stream, order + place)) and found not in seen:
        seen.add(found)
        yield found
        stream.seek(found)
        stream.seek(_number(stream, order + counted) * entry, SEEK_CUR)


def _number(stream: BinaryIO, form: str) -> int:
    """Return the number that stands at a file's place; 0 beyond its end."""
    raw = stream.read(struct.calcsize(form))
    return int(struct.unpack(form, raw)[0]) if len(raw) == struct.calcsize(form) else 0


def directory(stream: BinaryIO, number: int) -> ImageFileDirectory_v2 | None:
    """Return the directory of a page of a TIFF file, counted from 1; None where there is none."""
    place = next(islice(places(stream), number - 1, None), None)
    if place is None:
        return None
    stream.seek(0)
    head = stream.read(8)
    if b"\x2b" in head[2:4]:
        head += stream.read(8)
    tags = ImageFileDirectory_v2(head)
    stream.seek(place)
    tags.load(stream)
    return tags


def cells(tags: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return where the strips or tiles begin and how many bytes each has."""
    first = 324 if 324 in tags else 273
    offsets, counts = many(tags, first, 0), many(tags, 325 if first == 324 else 279, 0)
    if len(offsets) != len(counts):
        raise ValueError("a strip has no length")
    return offsets, counts


def planes(stream: BinaryIO, tags: Any, layout: Layout) -> list[NDArray[Any]]:
    """Return the samples, one array (H, W, samples) of them or one for each sample."""
    offsets, counts = cells(tags)
    number = layout.samples if layout.planar else 1
    each = len(offsets) // number
    out = []
    for plane in range(number):
        part = slice(plane * each, (plane + 1) * each)
        rows = _plain(stream, tags, layout, offsets[part], counts[part])
        out.append(_laid(_samples(rows, tags, layout), layout))
    return out


def _plain(
    stream: BinaryIO, tags: Any, layout: Layout, offsets: Sequence[int], counts: Sequence[int]
) -> NDArray[np.uint8]:
    """Return the bytes of the cells, (rows of all of them, bytes of a row)."""
    rows = layout.cell[1] * len(offsets) if 324 in tags else layout.height
    made, places = BytesIO(), []
    made.write(bytes(8))
    for offset, count in zip(offsets, counts, strict=True):
        stream.seek(offset)
        places.append(made.tell())
        made.write(stream.read(count))
    facts = [
        *((256, [layout.row_bytes]), (257, [rows]), (258, [8]), (259, [int(tags.get(259, 1))])),
        *((262, [1]), (266, [int(tags.get(266, 1))]), (273, places), (277, [1])),
        *((278, [layout.cell[1]]), (279, list(counts))),
    ]
    _write_directory(made, facts)
    with Pillow.open(made, formats=["TIFF"]) as image:
        return np.array(image)


def _write_directory(made: BytesIO, facts: Sequence[tuple[int, list[int]]]) -> None:
    """Append a directory of LONG values to a file, and its header in front."""
    longs = {}
    for tag, values in facts:
        if len(values) > 1:
            longs[tag] = made.tell()
            made.write(struct.pack(f"<{len(values)}L", *values))
    place = made.tell()
    made.write(struct.pack("<H", len(facts)))
    for tag, values in facts:
        made.write(struct.pack("<HHLL", tag, 4, len(values), longs.get(tag, values[0])))
    made.write(bytes(4))
    made.seek(0)
    made.write(struct.pack("<2sHL", b"II", 42, place))


def _samples(rows: NDArray[np.uint8], tags: Any, layout: Layout) -> NDArray[Any]:
    """Return the samples of rows of bytes, (rows, width, together); the predictor is undone."""
    width, together = layout.cell[0], layout.together
    order = ">" if tags.prefix == b"MM" else "<"
    predictor = int(tags.get(317, 1)) if int(tags.get(259, 1)) not in (1, 32773) else 1
    size = layout.bits // 8
    if layout.bits % 8:
        return _unpacked(rows, layout)
    if predictor == 3:
        wholes = np.cumsum(rows.reshape(len(rows), -1, together), 1, dtype=np.uint8)
        rows = np.ascontiguousarray(wholes.reshape(len(rows), size, -1).transpose(0, 2, 1)).reshape(
            len(rows), -1
        )
        order = ">"
    letter = {"unsigned": "u", "signed": "i", "float": "f"}[layout.kind]
    if size == 3:
        rows, size = _four_bytes(rows, order), 4
    found = rows.view(f"{order}{letter}{size}").reshape(len(rows), width, together)
    if predictor == 2:
        found = np.cumsum(found, 1, dtype=found.dtype.newbyteorder("="))
    return found


def _unpacked(rows: NDArray[np.uint8], layout: Layout) -> NDArray[Any]:
    """Return samples of an odd number of bits, packed one after the other, as uint16 or uint32."""
    number, bits = layout.cell[0] * layout.together, layout.bits
    out = np.empty((len(rows), number), np.uint32 if bits > 16 else np.uint16)
    weights = (1 << np.arange(bits - 1, -1, -1)).astype(np.uint32)
    for top in range(0, len(rows), STRIP):
        flags = np.unpackbits(rows[top : top + STRIP], 1)[:, : number * bits]
        out[top : top + STRIP] = flags.reshape(-1, number, bits) @ weights
    return out.reshape(len(rows), layout.cell[0], layout.together)


def _four_bytes(rows: NDArray[np.uint8], order: str) -> NDArray[np.uint8]:
    """Return samples of three bytes as ones of four."""
    three = rows.reshape(len(rows), -1, 3)
    last = order == "<"
    wide = np.pad(three, ((0, 0), (0, 0), (0, 1) if last else (1, 0)))
    return wide.reshape(len(rows), -1)


def _laid(samples: NDArray[Any], layout: Layout) -> NDArray[Any]:
    """Lay tiles side by side, (H, W, together); strips lie so."""
    width, height = layout.cell
    across = -(-layout.width // width)
    if across > 1 or len(samples) != layout.height:
        down = -(-layout.height // height)
        tiles = samples[: across * down * height].reshape(down, across, height, width, -1)
        samples = tiles.swapaxes(1, 2).reshape(down * height, across * width, -1)
    return samples[: layout.height, : layout.width]
