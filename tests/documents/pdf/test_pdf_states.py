"""A scan is taken out by itself only where nothing in force changes how it looks."""

import numpy as np
import pytest
from drawn_pages import CASES, HEIGHT, WIDTH, alike, clean, form, page_pdf, shown
from pikepdf import Array, Dictionary, Name

from docclean.documents import read_pages

DRAW = b"q %d 0 0 %d 0 0 cm /I Do Q" % (WIDTH, HEIGHT)
SHEET = b"0 0 %d %d re" % (WIDTH, HEIGHT)
ARRAY = Array([0, 1])
BLENDS = {"Multiply": 1, "Screen": 0, "Overlay": 0.5, "Darken": 1, "Lighten": 0, "ColorDodge": 0.3,
          "ColorBurn": 1, "HardLight": 0.5, "SoftLight": 0.5, "Difference": 1, "Exclusion": 1,
          "Luminosity": 1}  # fmt: skip
"""Blend modes, each over a grey with which something is still to be seen."""


def curve(first, last):
    return Dictionary(FunctionType=2, Domain=ARRAY, C0=Array([first]), C1=Array([last]), N=1)


def under(before=b"", **state):
    """Draw the scan under a graphics state."""
    data = b"q " + before + b" /G gs " + DRAW + b" Q"
    return lambda: page_pdf(data, ExtGState=Dictionary(G=Dictionary(**state)))


def over(paint, **state):
    """Draw the scan, and then something over it under a graphics state."""
    data = DRAW + b" q /G gs " + paint + b" Q"
    return lambda: page_pdf(data, ExtGState=Dictionary(G=Dictionary(**state)))


def clipped(path):
    return lambda: page_pdf(b"q " + path + b" n " + DRAW + b" Q")


def masked(content, kind, keep=False):
    def edit(pdf, page, image):
        group = Dictionary(S=Name.Transparency, CS=Name.DeviceGray)
        mask = Dictionary(S=Name(f"/{kind}"), G=form(pdf, content, Dictionary(), Group=group))
        none = Dictionary(SMask=Name("/None"))
        page.Resources.ExtGState = Dictionary(G=Dictionary(SMask=mask), N=none)

    return lambda: page_pdf(b"q /G gs " + (b"/N gs " if keep else b"") + DRAW + b" Q", edit=edit)


def in_a_form(state=None, group=None, before=b""):
    def edit(pdf, page, image):
        resources = Dictionary(XObject=Dictionary(I=image))
        keys = {"Group": group} if group is not None else {}
        page.Resources.XObject.F = form(pdf, DRAW, resources, **keys)
        page.Resources.ExtGState = Dictionary(G=state if state is not None else Dictionary())

    return lambda: page_pdf(b"q /G gs " + before + b" /F Do Q", edit=edit)


def as_a_pattern():
    def edit(pdf, page, image):
        tile = form(pdf, DRAW, PatternType=1, PaintType=1, TilingType=1, XStep=WIDTH, YStep=HEIGHT)
        tile.Resources = Dictionary(XObject=Dictionary(I=image))
        page.Resources.Pattern = Dictionary(P=tile)

    return page_pdf(b"/Pattern cs /P scn " + SHEET + b" f", edit=edit)


def default_space():
    def edit(pdf, page, image):
        turned = Array([Name.Separation, Name.Black, Name.DeviceGray, curve(1, 0)])
        page.Resources.ColorSpace = Dictionary(DefaultGray=turned)

    return page_pdf(DRAW, edit=edit)


def layered(on):
    def edit(pdf, page, image):
        layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name="Scans"))
        config = Dictionary({"/ON" if on else "/OFF": Array([layer])})
        pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=config)
        page.Resources.Properties = Dictionary(L=layer)

    return lambda: page_pdf(b"/OC /L BDC " + DRAW + b" EMC 0 g 20 20 60 60 re f", edit=edit)


def letters_clip():
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name("/Helvetica-Bold"))
    text = b"BT /F 160 Tf 7 Tr 10 100 Td (AB) Tj ET "
    return page_pdf(b"q " + text + DRAW + b" Q", Font=Dictionary(F=font))


GROUP = Dictionary(S=Name.Transparency, I=True)
ALONE = {
    "nothing": lambda: page_pdf(DRAW),
    "identity": under(TR=Name.Identity),
    "default transfer": under(TR2=Name.Default),
    "TR2 before TR": under(TR=curve(1, 0), TR2=Name.Default),
    "normal": under(BM=Name.Normal, ca=1, CA=1, SMask=Name("/None"), op=False, OP=False),
    "first known blend": under(BM=Array([Name.Compatible, Name.Multiply])),
    "line width": under(LW=2, SA=True, RI=Name.Perceptual),
    "state of an earlier q": lambda: page_pdf(
        b"q /G gs Q " + DRAW, ExtGState=Dictionary(G=Dictionary(TR=curve(1, 0)))
    ),
    "mask taken off": masked(b"1 g " + SHEET + b" f", "Luminosity", keep=True),
    "clip around": clipped(SHEET + b" W"),
    "layer that is on": layered(True),
    "small thing over it": over(b"0 g 20 20 30 10 re f", ca=0.5),
}
RENDERED = {
    **{
        f"blend {name}": under(b"%.1f g " % grey + SHEET + b" f", BM=Name(f"/{name}"))
        for name, grey in BLENDS.items()
    },
    "turned by TR": under(TR=curve(1, 0)),
    "turned by TR2": under(TR2=curve(1, 0)),
    "four curves": under(TR=Array([curve(1, 0)] * 4)),
    "steep curve": under(TR=curve(0.3, 0.6)),
    "half": under(ca=0.5),
    "half of strokes": under(CA=0.5),
    "overprint": under(op=True),
    "overprint of strokes": under(OP=True, OPM=1),
    "soft mask of light": masked(b"1 g 20 20 150 150 re f", "Luminosity"),
    "soft mask of opacity": masked(b"0 g 20 20 150 150 re f", "Alpha"),
    "clip of a half": clipped(b"0 0 120 320 re W"),
    "clip of a triangle": clipped(b"0 0 m 240 0 l 120 320 l h W"),
    "clip of a rhombus": clipped(b"120 0 m 240 160 l 120 320 l 0 160 l h W"),
    "clip of a bow tie": clipped(b"0 0 m 240 320 l 240 0 l 0 320 l h W"),
    "clip with a hole": clipped(SHEET + b" 40 40 100 100 re W*"),
    "clip of letters": letters_clip,
    "difference over it": over(b"1 g " + SHEET + b" f", BM=Name.Difference),
    "exclusion over it": over(b"1 g " + SHEET + b" f", BM=Name.Exclusion),
    "veil over it": over(b"1 g " + SHEET + b" f", ca=0.6),
    "difference in a form": in_a_form(
        Dictionary(BM=Name.Difference), GROUP, b"1 g " + SHEET + b" f"
    ),
    "half form": in_a_form(Dictionary(ca=0.5), GROUP),
    "form": in_a_form(),
    "pattern": as_a_pattern,
    "default colours": default_space,
    "layer that is off": layered(False),
}


def test_there_are_forty():
    assert len(ALONE) + len(RENDERED) >= 40


@pytest.mark.parametrize("name", [*ALONE, *RENDERED])
def test_a_cleaned_page_looks_as_it_did(name, tmp_path):
    data = {**ALONE, **RENDERED}[name]()
    result, out = clean(data, tmp_path)
    (decision,) = result.decisions
    assert (decision["kind"] == "scan") == (name in ALONE), decision
    before, after = shown(data), shown(out)
    if out == data:
        return
    assert alike(before, after) >= 0.95
    assert after.mean() == pytest.approx(before.mean(), abs=40)


def test_the_same_words_may_mean_another_state(tmp_path):
    """Two pages of one content and one image, of which the second is turned over by its state."""

    def edit(pdf, page, image):
        pdf.pages.append(pdf.pages[0])
        other = pdf.pages[1].obj
        other.Resources = Dictionary(XObject=Dictionary(I=image))
        other.Resources.ExtGState = Dictionary(G=Dictionary(TR=curve(1, 0)))
        page.Resources.ExtGState = Dictionary(G=Dictionary(LW=1))

    data = page_pdf(b"/G gs " + DRAW, edit=edit)
    result, out = clean(data, tmp_path)
    assert [one["kind"] for one in result.decisions] == ["scan", "mixed"]
    for number in (1, 2):
        assert alike(shown(data, number), shown(out, number)) > 0.95


def test_a_negative_that_is_shown_positive_is_cleaned_as_a_positive(tmp_path):
    path = CASES / "inverted_by_graphics_state.pdf"
    pages = list(read_pages(path))
    assert all(np.median(page.pixels) > 180 for page in pages)  # dark on light, as it is shown
    result, out = clean(path, tmp_path)
    for decision, before in zip(result.decisions, pages, strict=True):
        assert decision["kind"] == "mixed"
        assert alike(shown(path, before.number), shown(out, before.number)) >= 0.95
