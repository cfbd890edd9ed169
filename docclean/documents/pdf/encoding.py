"""A page's pixels as a PDF stores them: like its scan, and packed anew where that saves room."""

import pikepdf

from docclean.documents.codecs import Kind, Stored, encode
from docclean.documents.pdf.contents import holds_plain_values, stored_as, x_objects
from docclean.documents.pdf.objects import Picture
from docclean.documents.pdf.scans import Scan
from docclean.page import Image

MOST_GROWTH = 1.1
"""How many times as large as it was a page may become without more ado."""
WORTH = 0.95
"""Share of its bytes that a kept scan must come below to be packed anew."""


def pictures_for(
    leaf: pikepdf.Page,
    scan: Scan | None,
    pixels: Image,
    *,
    bitonal: bool = False,
    exact: bool = True,
) -> tuple[Picture, ...]:
    """Encode a page as shown in place of its scan's images, or of a rendered page's content.

    Unless `exact`, a lossless page may lose a little where it would take more room than it took.
    """
    if scan is None:
        return (encode(pixels, _mixture(leaf, exact), bitonal=bitonal),)
    objects = x_objects(leaf)
    cuts = scan.parts(pixels)
    kinds = [stored_as(objects[name]) for name in scan.names]
    rooms = [MOST_GROWTH * len(objects[name].read_raw_bytes()) for name in scan.names]
    return tuple(
        encode(cut, kind, bitonal=bitonal, room=None if exact else room)
        for cut, kind, room in zip(cuts, kinds, rooms, strict=True)
    )


def repacked(leaf: pikepdf.Page, scan: Scan, pixels: Image) -> tuple[Picture, ...]:
    """Encode a scan anew, every pixel as it was, where that takes less room; () where it does not.

    Many programs write Flate without predictors, 8 bits for two greys, or fax codes of group 3.
    """
    objects = [x_objects(leaf)[name] for name in scan.names]
    kinds = [stored_as(one) for one in objects]
    if Kind.LOSSY in {kind.kind for kind in kinds} or not all(map(holds_plain_values, objects)):
        return ()
    pictures = pictures_for(leaf, scan, pixels)
    before = sum(len(one.read_raw_bytes()) for one in objects)
    return pictures if sum(one.nbytes for one in pictures) < WORTH * before else ()


def _mixture(leaf: pikepdf.Page, exact: bool) -> Stored:
    """Tell what a rendered page may lose: what its images have lost; `exact`, no greys of edges."""
    images = [one for one in x_objects(leaf).values() if one.get("/Subtype") == "/Image"]
    kinds = {stored_as(image).kind for image in images}
    if kinds == {Kind.BITONAL} and not exact:
        return Stored(Kind.BITONAL)
    return Stored(Kind.LOSSY if Kind.LOSSY in kinds else Kind.LOSSLESS)
