"""Valid documents with something wrong: bytes, numbers, pieces; the same seed, the same damage."""

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from random import Random

NUMBERS = (0, 1, 2, 3, 7, 8, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 1 << 20, 1 << 24)
EXTREMES = (*NUMBERS, 2**31 - 1, 2**31, 2**32 - 1)
PNG_HEAD = 8
Change = Callable[[bytearray, Random, Sequence[bytes]], None]


def mutated(seeds: Mapping[str, Sequence[bytes]], kind: str, seed: str) -> bytes:
    """Return a document of a kind, damaged in one to six ways.

    Args:
        seeds: valid documents by their suffix.
        kind: the suffix.
        seed: repeats it exactly.
    """
    random = Random(seed)
    data = bytearray(random.choice(seeds[kind]))
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        random.choice(CHANGES)(data, random, seeds[kind])
    if kind == ".png" and random.random() < 0.7:
        _check_anew(data)  # or hardly any damage would be looked at
    return bytes(data)


def _place(data: bytearray, random: Random) -> int:
    """Return a place, near the beginning more often: there stands what all the rest hangs on."""
    most = max(1, len(data))
    return random.randrange(min(most, 400) if random.random() < 0.5 else most)


def _flip(data: bytearray, random: Random, others: Sequence[bytes]) -> None:
    for _ in range(random.choice((1, 2, 8))):
        if data:
            data[_place(data, random)] ^= 1 << random.randrange(8)


def _byte(data: bytearray, random: Random, others: Sequence[bytes]) -> None:
    if data:
        data[_place(data, random)] = random.choice((0, 1, 127, 128, 254, 255))


def _number(data: bytearray, random: Random, others: Sequence[bytes]) -> None:
    """Overwrite 2, 4 or 8 bytes with a number that programs are often wrong about."""
    size, order = random.choice((2, 4, 4, 8)), random.choice(("little", "big"))
    value = random.choice(EXTREMES) % (1 << (8 * size))
    place = _place(data, random)
    data[place : place + size] = value.to_bytes(size, order)


def _words(data: bytearray, random: Random, others: Sequence[bytes]) -> None:
    """Put another number in the place of one that is written in digits, as in a PDF or a PNM."""
    found = list(re.finditer(rb"-?\d+(\.\d+)?", data))
    if found:
        span = random.choice(found).span()
        other = random.choice((*map(str, EXTREMES), "-1", "-99999", "0.0001", "1e9", "99999999999"))
        data[span[0] : span[1]] = other.encode()


def _drop(data: bytearray, random: Random, others: Sequence[bytes]) -> None:
    place = _place(data, random)
    del data[place : place + random.choice((1, 2, 4, 16, 100, 1000))]


def _double(data: bytearray, random: Random, others: Sequence[bytes]) -> None:
    place, length = _place(data, random), random.choice((1, 4, 12, 100, 1000))
    data[place:place] = data[place : place + length] * random.choice((1, 1, 2, 40))


def _noise(data: bytearray, random: Random, others: Sequence[bytes]) -> None:
    place = _place(data, random)
    data[place : place + random.choice((0, 8))] = random.randbytes(random.choice((1, 4, 64, 500)))


def _cut(data: bytearray, random: Random, others: Sequence[bytes]) -> None:
    del data[_place(data, random) :]


def _splice(data: bytearray, random: Random, others: Sequence[bytes]) -> None:
    """Go on as another document of the same kind does."""
    other = random.choice(others)
    data[_place(data, random) :] = other[random.randrange(len(other)) :]


CHANGES: tuple[Change, ...] = (
    *(_flip, _byte, _number, _number, _words, _drop, _double, _noise, _cut, _splice),
)


def _check_anew(data: bytearray) -> None:
    """Make the check sums of a PNG's chunks right again."""
    place = PNG_HEAD
    while place + 12 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        end = place + 8 + length
        if end + 4 > len(data):
            return
        data[end : end + 4] = zlib.crc32(data[place + 4 : end]).to_bytes(4, "big")
        place = end + 4
