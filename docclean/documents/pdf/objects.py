"""Pictures as objects of a PDF, the colours PDF/A allows, and the file as it is written."""

import struct
from decimal import Decimal
from typing import Any, BinaryIO

import pikepdf
from PIL import ImageCms

from docclean.documents.forms import Encoded
from docclean.documents.mrc import Layers

RGB = pikepdf.Name.DeviceRGB
Picture = Encoded | Layers


def stream_of(pdf: pikepdf.Pdf, picture: Picture, profile: Any = None) -> pikepdf.Stream:
    """Return a picture as an object of `pdf`: an image, or layers in a form one unit wide."""
    return pikepdf.Stream(pdf, *content_of(pdf, picture, profile))


def content_of(
    pdf: pikepdf.Pdf, picture: Picture, profile: Any = None
) -> tuple[bytes, dict[str, Any]]:
    """Return the data of a picture's object, and what it says of them."""
    if isinstance(picture, Layers):
        return _form_of(pdf, picture, profile)
    width, height = picture.size
    parms = {f"/{key}": value for key, value in picture.parms.items()}
    return picture.data, {
        "/Type": pikepdf.Name.XObject,
        "/Subtype": pikepdf.Name.Image,
        "/Width": width,
        "/Height": height,
        "/ColorSpace": _space(picture, profile),
        "/BitsPerComponent": picture.bits,
        "/Filter": pikepdf.Name(f"/{picture.filter}"),
        **({"/DecodeParms": pikepdf.Dictionary(parms)} if parms else {}),
    }


def _form_of(pdf: pikepdf.Pdf, layers: Layers, profile: Any) -> tuple[bytes, dict[str, Any]]:
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
    return f"/Ground Do {paint} /Ink Do".encode(), {
        "/Type": pikepdf.Name.XObject,
        "/Subtype": pikepdf.Name.Form,
        "/BBox": pikepdf.Array([0, 0, 1, 1]),
        "/Resources": pikepdf.Dictionary(resources),
    }


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
