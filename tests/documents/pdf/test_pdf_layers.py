"""Layers that can be switched: those that are off survive, and a loss is said."""

import io

import numpy as np
import pikepdf
import pytest
from drawn_pages import CASES, HEIGHT, WIDTH, clean, form, page_pdf, scan, shown
from pikepdf import Array, Dictionary, Name

from docclean.documents import as_source
from docclean.documents.pdf.drawing.optional import OptionalContent

DRAW = b"q %d 0 0 %d 0 0 cm /I Do Q" % (WIDTH, HEIGHT)
SECRET = b" /OC /L BDC 0 g 20 20 60 60 re f BT /F 20 Tf 30 200 Td (secret) Tj ET EMC "
SAID = "layers that can be switched are one picture now"


def layers(off=(), on=(), **config):
    """Return a function that gives a document groups, named /L and so on in its page."""

    def edit(pdf, page, image):
        made = {n: pdf.make_indirect(Dictionary(Type=Name.OCG, Name=n)) for n in (*off, *on)}
        turned = Array([made[name] for name in off])
        pdf.Root.OCProperties = Dictionary(
            OCGs=Array(list(made.values())), D=Dictionary(OFF=turned, **config)
        )
        page.Resources.Properties = Dictionary({f"/{name}": one for name, one in made.items()})
        page.Resources.Font = Dictionary(
            F=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        )
        return made

    return edit


def switched_on(data):
    """Return a document whose layers are all on."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.Root.OCProperties.D.OFF = Array([])
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def test_an_image_in_a_layer_that_is_off_stays_where_it_is(tmp_path):
    path = CASES / "hidden_layer.pdf"
    result, out = clean(path, tmp_path)
    assert result.decisions[0]["kind"] == "scan" and SAID not in result.message
    with pikepdf.open(path) as came, pikepdf.open(io.BytesIO(out)) as went:
        before, after = (one.pages[0].obj.Resources.XObject.X for one in (came, went))
        assert before.read_bytes() == after.read_bytes()
        assert str(after.OC.Name) == "Hidden" and "/OCProperties" in went.Root
    changed = np.abs(shown(switched_on(out)) - shown(out)) > 60
    expected = np.abs(shown(switched_on(path.read_bytes())) - shown(path.read_bytes())) > 60
    assert expected.any() and np.mean(changed != expected) < 0.02


@pytest.mark.parametrize("nested", [False, True])
def test_what_lies_in_a_layer_that_is_off_survives_a_rendered_page(nested, tmp_path):
    """The page is rendered for the sake of a blend mode, or of a form."""
    made = layers(off=["L"])

    def edit(pdf, page, image):
        made(pdf, page, image)
        page.Resources.ExtGState = Dictionary(G=Dictionary(BM=Name.Multiply))
        page.Resources.XObject.F = form(pdf, DRAW, Dictionary(XObject=Dictionary(I=image)))

    data = page_pdf((b"/F Do" if nested else b"q /G gs " + DRAW + b" Q") + SECRET, edit=edit)
    result, out = clean(data, tmp_path)
    assert result.decisions[0]["kind"] == "mixed" and SAID not in result.message
    assert np.abs(shown(out) - shown(switched_on(out))).max() > 150
    apart = [np.abs(shown(one) - shown(switched_on(one))) > 90 for one in (data, out)]
    assert np.mean(apart[0] != apart[1]) < 0.01
    with pikepdf.open(io.BytesIO(out)) as pdf:
        assert list(dict(pdf.pages[0].obj.Resources.XObject)) == ["/DoccleanScan"]


def test_layers_that_are_on_and_become_a_picture_are_told(tmp_path):
    made = layers(on=["L"])

    def edit(pdf, page, image):
        made(pdf, page, image)
        page.Resources.ExtGState = Dictionary(G=Dictionary(BM=Name.Multiply))

    data = page_pdf(b"q /G gs " + DRAW + b" Q" + SECRET, edit=edit)
    result, out = clean(data, tmp_path)
    assert f"page 1: {SAID}" in result.message
    assert np.corrcoef(shown(data).ravel(), shown(out).ravel())[0, 1] > 0.95


def test_layers_inside_forms_that_become_a_picture_are_told(tmp_path):
    made = layers(off=["L"])

    def edit(pdf, page, image):
        made(pdf, page, image)
        resources = Dictionary(
            XObject=Dictionary(I=image),
            Properties=page.Resources.Properties,
            Font=page.Resources.Font,
        )
        page.Resources.XObject.F = form(pdf, DRAW + SECRET, resources)

    result, _ = clean(page_pdf(b"/F Do", edit=edit), tmp_path)
    assert SAID in result.message


def test_of_two_scans_in_layers_the_one_that_shows_is_cleaned(tmp_path):
    made, other = layers(off=["A"], on=["B"]), scan(1)

    def edit(pdf, page, image):
        made(pdf, page, image)
        twin = pikepdf.Stream(pdf, other.tobytes(), Subtype=Name.Image, Width=other.shape[1])
        twin.Height, twin.BitsPerComponent, twin.ColorSpace = len(other), 8, Name.DeviceGray
        page.Resources.XObject.J = pdf.make_indirect(twin)

    content = b"/OC /A BDC " + DRAW + b" EMC /OC /B BDC " + DRAW.replace(b"/I", b"/J") + b" EMC"
    data = page_pdf(content, edit=edit)
    result, out = clean(data, tmp_path)
    assert result.decisions[0]["kind"] == "scan"
    with pikepdf.open(io.BytesIO(data)) as came, pikepdf.open(io.BytesIO(out)) as went:
        before, after = (one.pages[0].obj.Resources.XObject for one in (came, went))
        assert before.I.read_raw_bytes() == after.I.read_raw_bytes()
        assert before.J.read_raw_bytes() != after.J.read_raw_bytes()


def test_which_layers_a_viewer_shows():
    with pikepdf.open(as_source(page_pdf(b"")).open()) as pdf:
        on, off, used = (pdf.make_indirect(Dictionary(Type=Name.OCG, Name=n)) for n in "abc")
        used.Usage = Dictionary(View=Dictionary(ViewState=Name.OFF))
        use = Dictionary(Event=Name.View, OCGs=Array([used]), Category=Array([Name.View]))
        config = Dictionary(OFF=Array([off]), AS=Array([use]))
        pdf.Root.OCProperties = Dictionary(OCGs=Array([on, off, used]), D=config)
        told = OptionalContent(pdf)
        assert [told.shows(one) for one in (on, off, used)] == [True, False, False]
        for policy, expected in (("AnyOn", True), ("AllOn", False), ("AnyOff", True),
                                 ("AllOff", False)):  # fmt: skip
            several = Dictionary(Type=Name.OCMD, OCGs=Array([on, off]), P=Name(f"/{policy}"))
            assert told.shows(several) == expected
        for expression, expected in (
            (Array([Name.Not, on]), False),
            (Array([Name.And, on, Array([Name.Not, off])]), True),
            (Array([Name.Or, off, used]), False),
        ):
            assert told.shows(Dictionary(Type=Name.OCMD, VE=expression)) == expected
        config.BaseState = Name.OFF
        config.ON = Array([off])
        config.OFF = Array([])
        told = OptionalContent(pdf)
        assert [told.shows(one) for one in (on, off)] == [False, True]
