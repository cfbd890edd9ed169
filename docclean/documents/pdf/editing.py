"""Pages of a PDF changed: images put in the place of images, text laid under."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from io import BytesIO
from itertools import count
from typing import Any, BinaryIO

import pikepdf

from docclean.documents.pdf.contents import Box, x_objects
from docclean.documents.pdf.drawing.graph import part_of
from docclean.documents.pdf.objects import Picture, content_of, needs_calibrated, save, srgb_profile
from docclean.documents.pdf.textlayer import Unseen

GONE = ("/Decode", "/DecodeParms", "/Mask", "/SMask", "/SMaskInData", "/ImageMask", "/Alternates")
"""What a new image does not take over from the one whose place it takes."""
OF_IMAGES = ("/Width", "/Height", "/ColorSpace", "/BitsPerComponent", "/Interpolate")
"""What a form of layers does not take over either."""


@dataclass(frozen=True)
class Edit:
    """What becomes of a page; nothing of it given, the page stays byte for byte.

    Attributes:
        number: the page, from 1.
        names: names of the images that give way, in the order of `pictures`.
        pictures: what takes their place; without `names` the one picture is all the page shows.
        box: where the scan lies, points of the page's space; text is laid over it.
        text: a PDF of one page of invisible text, as Tesseract makes it.
        turned: degrees clockwise the page is turned by, on top of its own.
        cut: share of the page's width as shown at which it is cut in two.
        unseen: what a page keeps beside the one picture it shows.
    """

    number: int
    names: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    box: Box | None = None
    text: bytes | None = field(default=None, repr=False)
    turned: int = 0
    cut: float | None = None
    unseen: Unseen | None = None


class Editor:
    """Edits one PDF in place. What is new of it is held in memory as it is compressed."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        """Take the document, which is changed."""
        self.pdf, self.calibrated = pdf, needs_calibrated(pdf)
        self.changed = False
        self._profile: Any = None
        self._digests: dict[tuple[int, int], str] = {}
        self._fonts: dict[str, Any] = {}
        self._pictures: dict[str, Any] = {}

    def apply(self, edit: Edit, shown_box: Box) -> None:
        """Apply an edit; `shown_box` is the page's bounding box, points."""
        leaf = self.pdf.pages[edit.number - 1]
        if edit.names:
            for name, picture in zip(edit.names, edit.pictures, strict=True):
                self._replace(leaf, name, picture)
        elif edit.pictures:
            self._draw_only(leaf, edit, shown_box)
        if edit.pictures and "/Thumb" in leaf.obj:
            del leaf.obj.Thumb
        if edit.turned:
            leaf.rotate(edit.turned, relative=True)
        if edit.text:
            self._lay_text(leaf, edit.text, edit.box or shown_box)
        self.changed |= bool(edit.pictures or edit.text or edit.turned)

    def tidy(self) -> None:
        """Let go of resources that pages inherited and none does any more."""
        _without_unused(self.pdf.Root.Pages, set())

    def keep(self, number: int) -> None:
        """Let a page keep its images, whatever becomes of later pages that share them."""
        for one in x_objects(self.pdf.pages[number - 1]).values():
            self._digests.setdefault(one.objgen, "kept")

    def _content(self, picture: Picture) -> tuple[bytes, dict[str, Any]]:
        if self.calibrated and self._profile is None:
            self._profile = srgb_profile(self.pdf)
        return content_of(self.pdf, picture, self._profile)

    def _replace(self, leaf: pikepdf.Page, name: str, picture: Picture) -> None:
        """Put a picture into an image object: every page that shows it shows the new one."""
        old = x_objects(leaf)[name]
        digest = _digest(picture)
        before = self._digests.setdefault(old.objgen, digest)
        if before == digest:
            _put_into(old, *self._content(picture))
            return
        # another page gave this image other pixels, or keeps it: this page gets its own
        resources = pikepdf.Dictionary(dict(leaf.resources.items()))
        resources.XObject = pikepdf.Dictionary(x_objects(leaf))
        resources.XObject[name] = pikepdf.Stream(self.pdf, *self._content(picture))
        leaf.obj.Resources = resources

    def _draw_only(self, leaf: pikepdf.Page, edit: Edit, box: Box) -> None:
        """Make a picture, stretched over `box`, all that a page shows; its text stays, unseen."""
        matrix = turned_into(box, int(leaf.obj.get("/Rotate", 0)) % 360, 1, 1)
        kept = edit.unseen or Unseen(b"", frozenset(), flattened=False)
        old, resources = leaf.resources, pikepdf.Dictionary(XObject=pikepdf.Dictionary())
        for kind, name in sorted(kept.names):
            if (one := part_of(old, kind).get(name)) is not None:
                if kind not in resources:
                    resources[kind] = pikepdf.Dictionary()
                resources[kind][name] = one
        leaf.obj.Resources = resources
        draw = f"q {_numbers(matrix)} cm /DoccleanScan Do Q\n".encode()
        drawn = draw + b"q\n" + kept.content + b"\nQ" if kept.content else draw
        leaf.obj.Contents = pikepdf.Stream(self.pdf, drawn)
        resources.XObject.DoccleanScan = self._shown(edit.pictures[0])

    def _shown(self, picture: Picture) -> Any:
        """Return a picture as an object of the document, which has each only once."""
        digest = _digest(picture)
        if digest not in self._pictures:
            made = pikepdf.Stream(self.pdf, *self._content(picture))
            self._pictures[digest] = self.pdf.make_indirect(made)
        return self._pictures[digest]

    def _lay_text(self, leaf: pikepdf.Page, text: bytes, box: Box) -> None:
        """Lay a page of invisible text over `box`, below all that the page draws."""
        with pikepdf.open(BytesIO(text)) as made:
            form = self.pdf.copy_foreign(made.pages[0].as_form_xobject())
        width, height = (float(side) for side in list(form.BBox)[2:])
        fonts: Any = form.get("/Resources", pikepdf.Dictionary()).get("/Font", {})
        for name in list(fonts.keys()):  # every page brings the same font along
            fonts[name] = self._fonts.setdefault(name, fonts[name])
        matrix = turned_into(box, int(leaf.obj.get("/Rotate", 0)) % 360, width, height)
        if "/Resources" not in leaf.obj or leaf.resources.get("/XObject") is None:
            leaf.obj.Resources = pikepdf.Dictionary(dict(leaf.resources.items()))
            leaf.obj.Resources.XObject = pikepdf.Dictionary()
        known = set(leaf.resources.XObject.keys())  # a drawn name would make other bytes each time
        free = next(f"/DoccleanText{n}" for n in count(1) if f"/DoccleanText{n}" not in known)
        name = leaf.add_resource(form, pikepdf.Name.XObject, pikepdf.Name(free))
        draw = f"q {_numbers(matrix)} cm {name} Do Q\n".encode()
        leaf.contents_add(draw, prepend=True)


def _digest(picture: Picture) -> str:
    return hashlib.sha256(b"".join(picture.parts())).hexdigest()


def _put_into(old: Any, data: bytes, facts: dict[str, Any]) -> None:
    """Make a stream object another one, but for what it says of itself besides."""
    for key in GONE if facts["/Subtype"] == "/Image" else (*GONE, *OF_IMAGES):
        if key in old:
            del old[key]
    old.write(data, filter=facts.pop("/Filter", None), decode_parms=facts.pop("/DecodeParms", None))
    for key, value in facts.items():
        old[key] = value


def _without_unused(node: Any, seen: set[tuple[int, int]]) -> bool:
    """Remove resources of a node of the page tree that no page below has from it.

    Return whether a page below asks for those of the nodes above.
    """
    kids = node.get("/Kids")
    if node.objgen in seen or not isinstance(kids, pikepdf.Array):
        return "/Resources" not in node
    seen.add(node.objgen)
    asked = any([_without_unused(kid, seen) for kid in kids])
    if "/Resources" not in node:
        return asked
    if not asked:
        del node.Resources
    return False


def shown_box(leaf: pikepdf.Page) -> Box:
    """Return what a page shows of itself; asked of PDFium it would keep every page in memory."""
    media, crop = ([float(side) for side in box] for box in (leaf.mediabox, leaf.cropbox))
    left, bottom = (max(min(b[side], b[side + 2]) for b in (media, crop)) for side in (0, 1))
    right, top = (min(max(b[side], b[side + 2]) for b in (media, crop)) for side in (0, 1))
    return left, bottom, right, top


def turned_into(box: Box, turned: int, width: float, height: float) -> tuple[float, ...]:
    """Return the matrix that lays an upright sheet (width, height) over `box` of a page.

    The page is shown turned clockwise by `turned` degrees, so the sheet lies turned the other way
    (ISO 32000-1, 8.3.3: x' = a x + c y + e, y' = b x + d y + f).
    """
    left, bottom, right, top = box
    across, up = right - left, top - bottom
    return {
        0: (across / width, 0, 0, up / height, left, bottom),
        90: (0, up / width, -across / height, 0, right, bottom),
        180: (-across / width, 0, 0, -up / height, right, top),
        270: (0, -up / width, across / height, 0, left, top),
    }[turned]


def cut_in_two(pdf: pikepdf.Pdf, index: int, cut: float) -> None:
    """Show a spread as two pages: the same objects twice, each with the box of its half.

    `index` counts from 0, `cut` is a share of the width as shown.
    """
    leaf = pdf.pages[index]
    left, bottom, right, top = (float(side) for side in leaf.cropbox)
    turned = int(leaf.obj.get("/Rotate", 0)) % 360
    share = cut if turned in (0, 90) else 1 - cut
    x, y = left + share * (right - left), bottom + share * (top - bottom)
    halves = (
        [(left, bottom, x, top), (x, bottom, right, top)]
        if turned % 180 == 0
        else [(left, bottom, right, y), (left, y, right, top)]
    )
    if turned in (180, 270):
        halves.reverse()
    pdf.pages.insert(index + 1, leaf)
    for offset, box in enumerate(halves):
        half = pdf.pages[index + offset]
        numbers = pikepdf.Array([Decimal(f"{side:.4f}") for side in box])
        half.obj.MediaBox, half.obj.CropBox = numbers, numbers
        for other in ("/TrimBox", "/BleedBox", "/ArtBox"):
            if other in half.obj:
                del half.obj[other]
        _keep_notes(half, box)


def _keep_notes(leaf: pikepdf.Page, box: tuple[float, ...]) -> None:
    """Leave a half its own annotations, told by their middles."""
    if "/Annots" not in leaf.obj:
        return
    kept = []
    for note in leaf.obj.Annots:
        x0, y0, x1, y1 = (float(side) for side in note.get("/Rect", [0, 0, 0, 0]))
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        if box[0] <= x < box[2] and box[1] <= y < box[3]:
            kept.append(note)
    leaf.obj.Annots = pikepdf.Array(kept)


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:.6f}".rstrip("0").rstrip(".") for value in values)


def graft(stream: BinaryIO, texts: Sequence[tuple[bytes | None, float, float]]) -> None:
    """Lay pages of invisible text under the pages of a PDF just written.

    Args:
        stream: the PDF, open for reading and writing; it is written anew.
        texts: for each page the text, and which share of its width, from..to, the page shows.
    """
    stream.flush()
    stream.seek(0)
    with pikepdf.open(BytesIO(stream.read())) as pdf:
        editor = Editor(pdf)
        for number, (text, start, end) in enumerate(texts, 1):
            left, bottom, right, top = (float(side) for side in pdf.pages[number - 1].mediabox)
            whole = (right - left) / (end - start)
            box = (left - start * whole, bottom, left - start * whole + whole, top)
            if text:
                editor.apply(Edit(number, text=text), box)
        stream.seek(0)
        stream.truncate()
        save(pdf, stream)
