"""Pages of a PDF changed: images put in the place of images, hidden text kept or laid under."""

import hashlib
import struct
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import pikepdf
from PIL import ImageCms

from docclean.documents.codecs import Encoded
from docclean.documents.layers import Layers
from docclean.documents.pdf.scans import Box, x_objects

SPOOLED = 8_000_000
"""Bytes of new images held in memory before they go to a temporary file."""
CARRIED = ("/OC", "/StructParent", "/Name", "/Metadata", "/Interpolate", "/Intent", "/Measure")
"""What a new image takes over from the one whose place it takes."""
PAINTING = frozenset(["S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "sh"])
"""Operators that paint paths and shadings (ISO 32000-1, table 60)."""
SHOWING = frozenset(("Tj", "TJ", "'", '"'))
INVISIBLE = 3

RGB = pikepdf.Name.DeviceRGB
Picture = Encoded | Layers


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
    """

    number: int
    names: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    box: Box | None = None
    text: bytes | None = field(default=None, repr=False)
    turned: int = 0
    cut: float | None = None


class Editor:
    """Collects edits of one PDF; new images wait in temporary files, not in memory."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        """Take the document, which is changed in place."""
        self.pdf, self.calibrated = pdf, needs_calibrated(pdf)
        self.changed = False
        self._files = ExitStack()
        self._folder = Path(self._files.enter_context(tempfile.TemporaryDirectory()))
        self._spool = self._files.enter_context(pikepdf.new())
        self._profile: Any = None
        self._waiting: list[tuple[Any, str, Any]] = []  # (dictionary, key, the old image)
        self._held = self._spools = 0
        self._new: dict[tuple[int, int], Any] = {}
        self._kept: set[int] = set()
        self._replaced: dict[tuple[int, int], str] = {}
        self._fonts: dict[str, Any] = {}

    def __enter__(self) -> "Editor":
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Remove the temporary files; the document must have been saved before."""
        self._files.close()

    def apply(self, edit: Edit, shown_box: Box) -> None:
        """Apply an edit; `shown_box` is the page's bounding box, points."""
        leaf = self.pdf.pages[edit.number - 1]
        if edit.names:
            for name, picture in zip(edit.names, edit.pictures, strict=True):
                self._replace(leaf, name, picture)
        elif edit.pictures:
            self._draw_only(leaf, edit.pictures[0], shown_box)
        if edit.pictures and "/Thumb" in leaf.obj:
            del leaf.obj.Thumb
        if edit.turned:
            leaf.rotate(edit.turned, relative=True)
        if edit.text:
            self._lay_text(leaf, edit.text, edit.box or shown_box)
        self.changed |= bool(edit.pictures or edit.text or edit.turned)

    def keep(self, number: int) -> None:
        """Let a page keep its images, whatever becomes of pages that share them."""
        self._kept.add(number)
        for one in x_objects(self.pdf.pages[number - 1]).values():
            self._replaced.setdefault(one.objgen, "kept")

    def finish(self) -> None:
        """Bring every new image in, on all pages that show its old one; before saving."""
        self._bring_in()
        for number, leaf in enumerate(self.pdf.pages, 1) if self._new else ():
            if number in self._kept:
                continue
            for name, one in x_objects(leaf).items():
                if one.objgen in self._new and self._new[one.objgen].objgen != one.objgen:
                    leaf.resources.XObject[name] = self._new[one.objgen]

    def _bring_in(self) -> None:
        if not self._waiting:
            return
        self._spools += 1
        path = self._folder / f"{self._spools}.pdf"
        self._spool.save(path)
        spooled = self._files.enter_context(pikepdf.open(path))
        for index, (owner, key, old) in enumerate(self._waiting):
            new = self.pdf.copy_foreign(spooled.Root.Waiting[index])
            for name in CARRIED:
                if old is not None and name in old:
                    new[name] = old[name]
            owner[key] = new
            if old is not None:
                self._new.setdefault(old.objgen, new)
        self._waiting, self._held = [], 0
        self._spool, self._profile = self._files.enter_context(pikepdf.new()), None

    def _wait(self, owner: Any, key: str, old: Any, picture: Picture) -> None:
        if self.calibrated and self._profile is None:
            self._profile = srgb_profile(self._spool)
        made = stream_of(self._spool, picture, self._profile)
        if "/Waiting" not in self._spool.Root:
            self._spool.Root.Waiting = pikepdf.Array()
        self._spool.Root.Waiting.append(self._spool.make_indirect(made))
        self._waiting.append((owner, key, old))
        self._held += picture.nbytes
        if self._held > SPOOLED:
            self._bring_in()

    def _replace(self, leaf: pikepdf.Page, name: str, picture: Picture) -> None:
        """Put a picture in the place of an image, for every page that shares its resources."""
        old = x_objects(leaf)[name]
        digest = hashlib.sha256(b"".join(picture.parts())).hexdigest()
        before = self._replaced.setdefault(old.objgen, digest)
        if before != digest:  # another page gave this image other pixels: this one gets its own
            resources = pikepdf.Dictionary(dict(leaf.resources.items()))
            resources.XObject = pikepdf.Dictionary(x_objects(leaf))
            leaf.obj.Resources = resources
        self._wait(leaf.resources.XObject, name, old, picture)

    def _draw_only(self, leaf: pikepdf.Page, picture: Picture, box: Box) -> None:
        """Make a picture, stretched over `box`, all that a page shows; its text stays, unseen."""
        turned = int(leaf.obj.get("/Rotate", 0)) % 360
        matrix = turned_into(box, turned, 1, 1)
        text = hidden_text(leaf)
        old = leaf.resources
        resources = pikepdf.Dictionary(
            {k: v for k, v in old.items() if k in ("/Font", "/Properties")}
        )
        forms = {k: v for k, v in x_objects(leaf).items() if v.get("/Subtype") == "/Form"}
        resources.XObject = pikepdf.Dictionary(forms)
        leaf.obj.Resources = resources
        draw = f"q {_numbers(matrix)} cm /DoccleanScan Do Q\n".encode()
        leaf.obj.Contents = pikepdf.Stream(self.pdf, draw + b"q\n" + text + b"\nQ")
        self._wait(resources.XObject, "/DoccleanScan", None, picture)

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
        name = leaf.add_resource(form, pikepdf.Name.XObject, prefix="DoccleanText")
        draw = f"q {_numbers(matrix)} cm {name} Do Q\n".encode()
        leaf.contents_add(draw, prepend=True)


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


def hidden_text(leaf: pikepdf.Page) -> bytes:
    """Return a page's content with its text made invisible and all else that paints left out."""
    known = x_objects(leaf)
    invisible = ([INVISIBLE], pikepdf.Operator("Tr"))
    kept: list[Any] = []
    for step in pikepdf.parse_content_stream(leaf):
        operator = str(step.operator)
        if operator in PAINTING:  # a path must still end
            kept += [] if operator == "sh" else [([], pikepdf.Operator("n"))]
        elif operator == "Do":
            form = known.get(str(step.operands[0]))
            kept += [(list(step.operands), step.operator)] if _is_text_form(form) else []
        elif operator == "Tr":
            kept.append(invisible)
        elif operator not in ("INLINE IMAGE", "gs"):
            kept.append((list(step.operands), step.operator))
            kept += [invisible] if operator == "BT" else []
    if not any(str(operator) in (*SHOWING, "Do") for _, operator in kept):
        return b""
    return pikepdf.unparse_content_stream(kept)


def _is_text_form(form: Any) -> bool:
    """Say whether a form holds nothing but invisible text, as the layers of OCR programs do."""
    if form is None or form.get("/Subtype") != "/Form":
        return False
    mode = 0
    try:
        for step in pikepdf.parse_content_stream(form):
            operator = str(step.operator)
            if operator == "Tr":
                mode = int(step.operands[0])
            if operator in PAINTING or operator in ("Do", "INLINE IMAGE"):
                return False
            if operator in SHOWING and mode != INVISIBLE:
                return False
    except pikepdf.PdfError:
        return False
    return True


# --- objects -------------------------------------------------------------------------------------


def stream_of(pdf: pikepdf.Pdf, picture: Picture, profile: Any = None) -> pikepdf.Stream:
    """Return a picture as an object of `pdf`: an image, or layers in a form one unit wide."""
    if isinstance(picture, Layers):
        return _form_of(pdf, picture, profile)
    width, height = picture.size
    parms = (
        {"/DecodeParms": pikepdf.Dictionary({f"/{k}": v for k, v in picture.parms.items()})}
        if picture.parms
        else {}
    )
    return pikepdf.Stream(
        pdf,
        picture.data,
        {
            "/Type": pikepdf.Name.XObject,
            "/Subtype": pikepdf.Name.Image,
            "/Width": width,
            "/Height": height,
            "/ColorSpace": _space(picture, profile),
            "/BitsPerComponent": picture.bits,
            "/Filter": pikepdf.Name(f"/{picture.filter}"),
            **parms,
        },
    )


def _form_of(pdf: pikepdf.Pdf, layers: Layers, profile: Any) -> pikepdf.Stream:
    mask = stream_of(pdf, layers.mask)
    del mask.ColorSpace
    mask.ImageMask = True
    ground = stream_of(pdf, layers.ground, profile)
    images = {"/Ground": pdf.make_indirect(ground), "/Ink": pdf.make_indirect(mask)}
    resources: dict[str, Any] = {"/XObject": pikepdf.Dictionary(images)}
    paint = f"{layers.ink / 255:.4f} g"
    if profile is not None:
        space = pikepdf.Array([pikepdf.Name.ICCBased, profile])
        resources["/ColorSpace"] = pikepdf.Dictionary({"/Ink": space})
        paint = "/Ink cs " + f"{layers.ink / 255:.4f} " * 3 + "sc"
    return pikepdf.Stream(
        pdf,
        f"/Ground Do {paint} /Ink Do".encode(),
        {
            "/Type": pikepdf.Name.XObject,
            "/Subtype": pikepdf.Name.Form,
            "/BBox": pikepdf.Array([0, 0, 1, 1]),
            "/Resources": pikepdf.Dictionary(resources),
        },
    )


def _space(picture: Encoded, profile: Any) -> Any:
    """Return the colour space; under a profile greys are indices too, into greys of its own."""
    base = pikepdf.Array([pikepdf.Name.ICCBased, profile]) if profile is not None else RGB
    palette = picture.palette
    if palette is None and (picture.colour or profile is None):
        return base if picture.colour else pikepdf.Name.DeviceGray
    if palette is None and picture.filter == "DCTDecode":  # no indices: sRGB's curve, nearly
        white = pikepdf.Array([Decimal("0.9505"), 1, Decimal("1.0890")])
        facts = pikepdf.Dictionary(WhitePoint=white, Gamma=Decimal("2.2"))
        return pikepdf.Array([pikepdf.Name.CalGray, facts])
    if palette is None:
        last = 2**picture.bits - 1
        palette = bytes(value * 255 // last for value in range(last + 1) for _ in range(3))
    last = len(palette) // 3 - 1
    return pikepdf.Array([pikepdf.Name.Indexed, base, last, pikepdf.String(palette)])


def srgb_profile(pdf: pikepdf.Pdf) -> pikepdf.Stream:
    """Return sRGB's ICC profile as an object of `pdf`; the same bytes every day."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data[24:36] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)  # when it was made (ICC.1:2022, 7.2.8)
    return pdf.make_indirect(pikepdf.Stream(pdf, bytes(data), N=3, Alternate=RGB))


def pdfa_part(pdf: pikepdf.Pdf) -> int:
    """Return the part of PDF/A (ISO 19005) a document says it keeps to; 0 for none."""
    try:
        return int(str(pdf.open_metadata().get("pdfaid:part", "0")))  # only read: nothing changes
    except Exception:  # metadata that are no XML say nothing
        return 0


def needs_calibrated(pdf: pikepdf.Pdf) -> bool:
    """Say whether device colours are forbidden: in PDF/A without an RGB output intent."""
    if not pdfa_part(pdf):
        return False
    for intent in pdf.Root.get("/OutputIntents", []):
        profile = intent.get("/DestOutputProfile")
        if profile is not None and int(profile.get("/N", 0)) == 3:
            return False
    return True


def save(pdf: pikepdf.Pdf, out: BinaryIO) -> None:
    """Write a document: the same bytes for the same edits, its protection and linear form kept."""
    streams = pikepdf.ObjectStreamMode
    plain = pdfa_part(pdf) == 1  # PDF/A-1 is PDF 1.4, which has no object streams
    pdf.save(
        out,
        encryption=pdf.is_encrypted,
        deterministic_id=not pdf.is_encrypted,
        object_stream_mode=streams.disable if plain else streams.generate,
        linearize=pdf.is_linearized,
    )


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:.6f}".rstrip("0").rstrip(".") for value in values)
