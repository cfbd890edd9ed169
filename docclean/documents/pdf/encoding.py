"""A page's pixels as a PDF stores them: like its scan, and packed anew where that saves room."""

import pikepdf

from docclean.documents.codecs import MOST_GROWTH, Kind, Stored, encode
from docclean.documents.pdf.contents import holds_plain_values, stored_as, x_objects
from docclean.documents.pdf.leaves import Leaf
from docclean.documents.pdf.objects import Picture
from docclean.documents.pixels import grey_where_equal
from docclean.page import Image

WORTH = 0.95
"""Share of its bytes that a kept scan must come below to be packed anew."""


def pictures_for(
    leaf: pikepdf.Page,
    found: Leaf,
    pixels: Image,
    *,
    bitonal: bool = False,
    exact: bool = True,
) -> tuple[Picture, ...]:
    """Encode a page as shown in place of its scan's images, or of a rendered page's content.

    Unless `exact`, a lossless page may lose a little where it would take more room than it took.
    """
    scan = found.scan
    if scan is None:
        drawn = not found.dpi  # by a program alone: nothing tells how coarse it may become
        room = None if exact or drawn else MOST_GROWTH * found.nbytes
        return (encode(pixels, _mixture(found, pixels, exact), bitonal=bitonal, room=room),)
    objects = x_objects(leaf)
    cuts = scan.parts(pixels)
    kinds = [stored_as(objects[name]) for name in scan.names]
    rooms = [MOST_GROWTH * len(objects[name].read_raw_bytes()) for name in scan.names]
    return tuple(
        encode(cut, kind, bitonal=bitonal, room=None if exact else room)
        for cut, kind, room in zip(cuts, kinds, rooms, strict=True)
    )


def repacked(leaf: pikepdf.Page, found: Leaf, pixels: Image) -> tuple[Picture, ...]:
    """Encode a scan anew, every pixel as it was, where that takes less room; () where it does not.

    Many programs write Flate without predictors, 8 bits for two greys, or fax codes of group 3.
    """
    names = found.scan.names if found.scan else ()
    objects = [x_objects(leaf)[name] for name in names]
    kinds = [stored_as(one) for one in objects]
    if (
        not objects
        or Kind.LOSSY in {kind.kind for kind in kinds}
        or not all(map(holds_plain_values, objects))
    ):
        return ()
    pictures = pictures_for(leaf, found, pixels)
    before = sum(len(one.read_raw_bytes()) for one in objects)
    return pictures if sum(one.nbytes for one in pictures) < WORTH * before else ()


def _mixture(found: Leaf, pixels: Image, exact: bool) -> Stored:
    """Tell what a rendered page may lose.

    Black and white images have greys at their edges once they are rendered, and perhaps colours
    beside them; the greys stay where the page is to be `exact`.
    """
    bitonal = found.stored.kind is Kind.BITONAL
    coloured = grey_where_equal(pixels).ndim == 3
    return Stored(Kind.LOSSLESS) if bitonal and (exact or coloured) else found.stored
