"""A look at one page of a job: before, after, its map, the words that are gained and lost."""

import io
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

from docclean.clean.spec import engine_of
from docclean.documents import read_pages
from docclean.documents.base import bound_pixels
from docclean.files import replacing
from docclean.jobs.processes.limits import SECONDS_A_PAGE, within
from docclean.jobs.results import FileResult, failure
from docclean.page import Image, Page
from docclean.regions.kinds import COLOURS, Kind
from docclean.regions.page_map import CELL
from docclean.regions.reader import map_reader
from docclean.service.floor.order import VIEWS, Done, Look, told_by_name
from docclean.service.floor.working import own_room

QUALITY = 90
"""Of a picture to be seen, 0..100: sharp letters without rings around them."""
SEEN = 200
"""Words that are told as gained or lost."""


@dataclass(frozen=True)
class Eyes:
    """What a process that looks keeps; picklable."""

    most_pixels: int

    def __call__(self) -> "Eyes":
        """Bound the pages that are decoded at all."""
        bound_pixels(self.most_pixels)
        return self


def looked(eyes: Eyes, look: Look) -> Done:
    """Make the file of one view; whatever goes wrong with it is its result."""
    names = (look.name, "")
    try:
        with own_room(look.folder), within(SECONDS_A_PAGE):
            look.path.parent.mkdir(exist_ok=True)
            for path, data in _views(look):
                with replacing(path) as aside:
                    aside.write_bytes(data)
    except Exception as error:
        failed = failure(*names, error)
        message = told_by_name(failed.message, look)
        return Done(FileResult(*names, "failed", message=message, fault=failed.fault))
    return Done(FileResult(*names, "done", pages=1))


def _views(look: Look) -> Iterable[tuple[Path, bytes]]:
    """Yield files and what they hold."""
    if look.view == "after":
        return [(look.path, picture(_page(look, look.after, look.place).pixels))]
    before = _page(look, look.before, look.number)
    if look.view == "before":
        return [(look.path, picture(before.pixels))]
    if look.view == "words":
        told = _words(look, before, _page(look, look.after, look.place))
        return [(look.path, json.dumps(told).encode())]
    return zip(
        [look.path.with_name(f"{look.number}-{one}{VIEWS[one][0]}") for one in ("map", "parts")],
        _mapped(before),
        strict=True,
    )


def _page(look: Look, path: Path, number: int) -> Page:
    """Return one page.

    Raises:
        As `read_pages`.
    """
    password = look.noted.options.password
    return next(iter(read_pages(path, pages={number}, password=password)))


def picture(pixels: Image) -> bytes:
    """Return a JPEG of a page, (H, W) or (H, W, 3), as fine as the page."""
    packed = io.BytesIO()
    Pillow.fromarray(pixels).save(packed, "JPEG", quality=QUALITY, subsampling=0)
    return packed.getvalue()


def _mapped(page: Page) -> tuple[bytes, bytes]:
    """Return the map as a PNG, clear where there is paper, and its parts as JSON."""
    found = map_reader()(page)
    palette = [value for kind in Kind for value in COLOURS[kind]]
    cells = Pillow.fromarray(found.kinds().astype(np.uint8))
    # the last cells may reach past the page
    high, wide = found.picture
    box = (0, 0, wide / CELL, high / CELL)
    image = cells.resize((wide // 2, high // 2), Pillow.Resampling.NEAREST, box=box)
    image.putpalette(palette)
    packed = io.BytesIO()
    image.save(packed, "PNG", transparency=int(Kind.PAPER))
    shares = {name: share for name, share in found.told().items() if share > 0}
    told: dict[str, Any] = {
        "shares": shares,
        "colours": {
            kind.name.lower(): "#{:02x}{:02x}{:02x}".format(*COLOURS[kind]) for kind in Kind
        },
    }
    return packed.getvalue(), json.dumps(told).encode()


def _words(look: Look, before: Page, after: Page) -> dict[str, Any]:
    """Return the words that only one of both pages reads."""
    engine = engine_of(look.noted.options)
    first, second = (words_of(engine.read(page).text) for page in (before, after))
    return {
        "before": len(first),
        "after": len(second),
        "gained": _only(second, first),
        "lost": _only(first, second),
    }


def words_of(text: str) -> list[str]:
    """Return the words of a text, without what stands around them."""
    stripped = (re.sub(r"^\W+|\W+$", "", word) for word in text.split())
    return [word for word in stripped if len(word) > 1 or word.isdigit()]


def _only(words: list[str], others: list[str]) -> list[str]:
    """Return the words of one text that the other has not, or not as often, in their order."""
    left, only = Counter(others), list[str]()
    for word in words:
        if left[word]:
            left[word] -= 1
        else:
            only.append(word)
    return only[:SEEN]
