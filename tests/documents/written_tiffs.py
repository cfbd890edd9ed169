"""TIFFs of any depth and colour, written byte by byte: no library here writes them all."""

import struct
import zlib

import numpy as np

PACK = {1: zlib.compress, 0: bytes}
SIZES = {3: 2, 4: 4, 11: 4, 8: 2, 9: 4}
CODES = {3: "H", 4: "L", 11: "f", 8: "h", 9: "l"}


def packed(samples, bits: int, order: str) -> bytes:
    """Return rows (H, N) of whole numbers as bits, each row up to a byte."""
    if bits == 24:
        wide = samples.astype(f"{order}u4")[..., None].view(np.uint8)
        return np.ascontiguousarray(wide[..., :3] if order == "<" else wide[..., 1:]).tobytes()
    if bits % 8 == 0:
        kind = {"u": "u", "i": "i", "f": "f"}[samples.dtype.kind]
        return samples.astype(f"{order}{kind}{bits // 8}").tobytes()
    shifts = np.arange(bits - 1, -1, -1)
    flags = samples.astype(np.int64)[..., None] >> shifts & 1
    return np.packbits(flags.reshape(len(samples), -1), 1).tobytes()


def cells_of(pixels, *, planar: bool, tile: int, rows: int):
    """Yield what is compressed at a time, (rows, N)."""
    height, width, samples = pixels.shape
    planes = [pixels[..., n : n + 1] for n in range(samples)] if planar else [pixels]
    for plane in planes:
        if not tile:
            for top in range(0, height, rows):
                yield plane[top : top + rows].reshape(min(rows, height - top), -1)
            continue
        down, across = -(-height // tile), -(-width // tile)
        wide = np.zeros((down * tile, across * tile, plane.shape[2]), plane.dtype)
        wide[:height, :width] = plane
        for top in range(0, down * tile, tile):
            for left in range(0, across * tile, tile):
                yield wide[top : top + tile, left : left + tile].reshape(tile, -1)


def differences(cell, samples: int, predictor: int, bits: int, order: str) -> bytes:
    """Return a cell as a predictor leaves it."""
    if predictor == 2:
        wide = cell.reshape(len(cell), -1, samples)
        cell = np.diff(wide, axis=1, prepend=np.zeros_like(wide[:, :1])).reshape(cell.shape)
    if predictor == 3:
        size = bits // 8
        raw = np.frombuffer(packed(cell, bits, ">"), np.uint8).reshape(len(cell), -1, size)
        planes = raw.transpose(0, 2, 1).reshape(len(cell), -1, samples)
        return np.diff(planes, axis=1, prepend=np.zeros_like(planes[:, :1])).tobytes()
    return packed(cell, bits, order)


def tiff(
    pixels, bits: int, photometric: int = 1, *, order: str = "<", planar: bool = False,
    deflate: bool = False, predictor: int = 1, tile: int = 0, tags: tuple = (),
) -> bytes:  # fmt: skip
    """Return a TIFF of (H, W[, N]) samples; `tags` are more of them: (number, type, value)."""
    pixels = pixels if pixels.ndim == 3 else pixels[..., None]
    height, width, number = pixels.shape
    kind = {"u": 1, "i": 2, "f": 3}[pixels.dtype.kind]
    together = 1 if planar else number
    data = [
        PACK[deflate](differences(cell, together, predictor, bits, order))
        for cell in cells_of(pixels, planar=planar, tile=tile, rows=7)
    ]
    places = np.cumsum([8, *map(len, data)])
    shape = [(322, 3, [tile]), (323, 3, [tile])] if tile else [(278, 3, [7])]
    entries = [
        *((256, 3, [width]), (257, 3, [height]), (258, 3, [bits] * number)),
        *((259, 3, [8 if deflate else 1]), (262, 3, [photometric]), (277, 3, [number])),
        *((284, 3, [2 if planar else 1]), (317, 3, [predictor]), (339, 3, [kind] * number)),
        (324 if tile else 273, 4, list(places[:-1])),
        (325 if tile else 279, 4, [*map(len, data)]),
        *shape,
        *((one, type_, [value]) for one, type_, value in tags),
    ]  # fmt: skip
    return b"".join([b"", *_file(sorted(entries), data, int(places[-1]), order)])


def _file(entries, data, place: int, order: str):
    """Yield the parts of the file."""
    yield struct.pack(f"{order}2sHL", b"II" if order == "<" else b"MM", 42, place)
    yield from data
    behind = place + 2 + 12 * len(entries) + 4
    directory, values = struct.pack(f"{order}H", len(entries)), b""
    for tag, type_, numbers in entries:
        raw = struct.pack(f"{order}{len(numbers)}{CODES[type_]}", *numbers)
        if len(raw) > 4:
            where, values = behind + len(values), values + raw
            raw = struct.pack(f"{order}L", where)
        directory += struct.pack(f"{order}HHL", tag, type_, len(numbers)) + raw.ljust(4, b"\0")
    yield directory + bytes(4) + values
