"""Pages that draw too much: counted before anything draws them; what breaks costs itself."""

import gc
import io
import os
import resource
import time
import zlib
from pathlib import Path

import numpy as np
import pikepdf
import psutil
import pytest
from drawn_pages import CASES, HEIGHT, WIDTH, clean, form, page_pdf, scan, shown
from made_pdfs import pdf_of
from pikepdf import Array, Dictionary, Name

from docclean.documents import as_source, read_pages
from docclean.documents.base import Source
from docclean.documents.pdf import apart as room
from docclean.documents.pdf.apart import Copy, apart
from docclean.documents.pdf.checking import undecodable
from docclean.documents.pdf.drawing.graph import drawn_by
from docclean.errors import UnreadableInputError

DRAW = b"q %d 0 0 %d 0 0 cm /I Do Q" % (WIDTH, HEIGHT)
SOURCE = Source("drawn.pdf")


def tower(pdf, image, floors, width, draw=b"/%d Do "):
    """Return a form that draws a form `width` times, which draws ..., down to an image."""
    inner = form(pdf, DRAW, Dictionary(XObject=Dictionary(I=image)))
    for floor in range(floors):
        resources = Dictionary(XObject=Dictionary({f"/{floor}": inner}))
        inner = form(pdf, (draw % floor) * width, resources)
    return inner


def by_forms(pdf, page, image):
    page.Resources.XObject.F = tower(pdf, image, 6, 8)
    return b"/F Do"


def by_itself(pdf, page, image):
    inner = form(pdf, b"/F Do", Dictionary(XObject=Dictionary()))
    outer = form(pdf, b"/F Do", Dictionary(XObject=Dictionary(F=inner)))
    inner.Resources.XObject.F = outer
    page.Resources.XObject.F = outer
    return b"/F Do"


def by_inherited_resources(pdf, page, image):
    page.Resources.XObject.F = form(pdf, b"/F Do")
    return b"/F Do"


def by_patterns(pdf, page, image):
    tile = pikepdf.Stream(pdf, b"/F Do " * 20, PatternType=1, PaintType=1, TilingType=1,
                          BBox=Array([0, 0, 9, 9]), XStep=9, YStep=9)  # fmt: skip
    tile.Resources = Dictionary(XObject=Dictionary(F=tower(pdf, image, 4, 8)))
    page.Resources.Pattern = Dictionary(P=pdf.make_indirect(tile))
    return b"/Pattern cs /P scn 0 0 90 90 re f " * 3


def by_masks(pdf, page, image):
    mask = Dictionary(S=Name.Luminosity, G=tower(pdf, image, 4, 8))
    page.Resources.ExtGState = Dictionary(G=Dictionary(SMask=mask))
    return b"/G gs " * 50 + DRAW


def by_glyphs(pdf, page, image):
    glyph = pdf.make_indirect(pikepdf.Stream(pdf, b"500 0 d0 /F Do"))
    font = Dictionary(Type=Name.Font, Subtype=Name.Type3, CharProcs=Dictionary(a=glyph))
    font.Encoding = Dictionary(Differences=Array([97, Name.a]))
    font.FontBBox, font.FontMatrix = Array([0, 0, 1, 1]), Array([1, 0, 0, 1, 0, 0])
    font.FirstChar, font.LastChar, font.Widths = 97, 97, Array([500])
    font.Resources = Dictionary(XObject=Dictionary(F=tower(pdf, image, 4, 8)))
    page.Resources.Font = Dictionary(T=font)
    return b"BT /T 1 Tf (" + b"a" * 60 + b") Tj ET"


def by_notes(pdf, page, image):
    look = Dictionary(N=tower(pdf, image, 6, 8))
    page.Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.Stamp, AP=look)])
    return DRAW


def by_depth(pdf, page, image):
    page.Resources.XObject.F = tower(pdf, image, 200, 1)
    return b"/F Do"


HOSTILE = [by_forms, by_itself, by_inherited_resources, by_patterns, by_masks, by_glyphs, by_notes,
           by_depth]  # fmt: skip


def hostile(way, good=1):
    """Return a PDF whose first page is hostile, and good ones after it."""

    def edit(pdf, page, image):
        page.Contents = pikepdf.Stream(pdf, way(pdf, page, image))
        with pikepdf.open(as_source(pdf_of(scan())).open()) as other:
            for _ in range(good):
                pdf.pages.append(other.pages[0])

    return page_pdf(b"", edit=edit)


@pytest.mark.parametrize("way", HOSTILE)
def test_a_hostile_page_costs_itself(way, tmp_path):
    data = hostile(way)
    started = time.monotonic()
    result, out = clean(data, tmp_path)
    assert time.monotonic() - started < 5
    assert (result.status, result.pages) == ("done", 2)
    assert "page 1 is as it was" in result.message and "print it anew" in result.message
    assert result.decisions[1]["kind"] == "scan"
    assert shown(out, 2).mean() > shown(data, 2).mean() + 1  # cleaned
    assert clean(data, tmp_path, strict=True)[0].exit_status == 2


def test_a_form_that_draws_itself_is_told_at_once(tmp_path):
    started = time.monotonic()
    result, out = clean(CASES / "form_draws_itself.pdf", tmp_path)
    assert time.monotonic() - started < 1
    assert "a form that draws itself" in result.message
    assert out == (CASES / "form_draws_itself.pdf").read_bytes()
    with pytest.raises(UnreadableInputError, match="draws itself"):
        list(read_pages(CASES / "form_draws_itself.pdf"))
    assert undecodable(CASES / "form_draws_itself.pdf", [1], None) == [1]


@pytest.mark.parametrize(("floors", "width", "good"), [(4, 10, True), (5, 6, True), (5, 10, False)])
def test_draws_are_counted_as_often_as_they_are_drawn(floors, width, good):
    def edit(pdf, page, image):
        page.Resources.XObject.F = tower(pdf, image, floors, width)

    with pikepdf.open(as_source(page_pdf(b"/F Do", edit=edit)).open()) as pdf:
        if good:
            drawn = drawn_by(pdf.pages[0], SOURCE)
            assert len(drawn.images) == 1 and drawn.pixels == 360 * 480
        else:
            with pytest.raises(UnreadableInputError, match="draws more than 100,000"):
                drawn_by(pdf.pages[0], SOURCE)


def test_a_page_of_many_letters_and_small_pictures_is_no_hostile_one(tmp_path):
    def edit(pdf, page, image):
        glyph = pdf.make_indirect(pikepdf.Stream(pdf, b"500 0 d0 0 0 9 9 re f"))
        page.Resources.Font = Dictionary(
            T=Dictionary(Subtype=Name.Type3, CharProcs=Dictionary(a=glyph, b=glyph))
        )

    data = page_pdf(b"BT /T 1 Tf (%s) Tj ET " % (b"ab" * 9000) + DRAW * 900, edit=edit)
    with pikepdf.open(as_source(data).open()) as pdf:
        assert drawn_by(pdf.pages[0], SOURCE).streams


# --- the copy that may die -----------------------------------------------------------------------


def test_what_dies_in_a_copy_is_one_sentence():
    for end in (os.abort, lambda: os._exit(0), lambda: np.ones(3_000_000_000).sum()):
        with pytest.raises((UnreadableInputError, MemoryError)):
            apart(SOURCE, end)
    with pytest.raises(UnreadableInputError, match=r"drawn.pdf takes longer"):
        apart(SOURCE, lambda: time.sleep(9), seconds=0.2)


def test_a_copy_gives_back_results_and_errors_and_leaves_no_trace(tmp_path):
    path = tmp_path / "read"
    path.write_bytes(bytes(range(200)) * 1000)
    before, others = len(list(room.OPEN_FILES.iterdir())), psutil.Process().children()
    with path.open("rb") as stream:
        stream.read(10)
        assert apart(SOURCE, lambda: len(stream.read())) == 199_990
        assert stream.read(5) == bytes(range(10, 15))  # the place in the file is still ours
        stream.seek(100_000)
        assert stream.read(1) == bytes([0])
    assert np.array_equal(apart(SOURCE, lambda: np.arange(10**6)), np.arange(10**6))
    with pytest.raises(KeyError, match="no such"):
        apart(SOURCE, lambda: {}["no such"])
    assert len(list(room.OPEN_FILES.iterdir())) == before
    assert psutil.Process().children() == others


def test_a_copy_answers_until_it_dies_and_then_another_does():
    def answer(number):
        if number == 3:
            os.abort()
        return number, os.getpid()

    others = psutil.Process().children()
    with Copy(SOURCE, answer) as copy:
        (_, first), (_, again) = copy.ask(1), copy.ask(2)
        assert first == again != os.getpid()
        with pytest.raises(UnreadableInputError, match="breaks what reads it"):
            copy.ask(3)
        assert copy.ask(4)[1] != first
    assert psutil.Process().children() == others


def test_a_copy_has_room_for_the_largest_page():
    def work():
        room.widen_for(300_000_000)
        return int(np.zeros(3_000_000_000, np.uint8)[-1])

    assert apart(SOURCE, work) == 0
    with pytest.raises((MemoryError, UnreadableInputError)):
        apart(SOURCE, lambda: int(np.zeros(3_000_000_000, np.uint8)[-1]))


def test_a_page_that_takes_too_long_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("docclean.documents.pdf.rendering.look", lambda *_: time.sleep(30))
    monkeypatch.setattr(room.Copy.__init__, "__kwdefaults__", {"room": room.ROOM, "seconds": 0.3})
    result, _ = clean(page_pdf(DRAW), tmp_path)
    assert "takes longer than 0.3 s" in result.message and result.status == "done"


@pytest.mark.slow
def test_a_file_that_cannot_be_opened_without_room_is_told(tmp_path):
    """Its catalogue lies in an object stream of a few bytes and fifteen hundred million blanks."""
    packer, parts = zlib.compressobj(9), [b"5 0 << /Type /Catalog /Pages 2 0 R >> "]
    packed = b"".join(map(packer.compress, parts + [b" " * 1_000_000] * 1500)) + packer.flush()
    out, places = io.BytesIO(b"%PDF-1.5\n"), {5: (2, 4, 0)}
    out.seek(0, io.SEEK_END)
    objects = {
        2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>",
        4: b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n%s\n"
        b"endstream" % (len(packed), packed),
    }
    for number, body in objects.items():
        places[number] = (1, out.tell(), 0)
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    places[6] = (1, out.tell(), 0)
    rows = b"".join(
        bytes([kind]) + place.to_bytes(4, "big") + last.to_bytes(2, "big")
        for kind, place, last in (places.get(number, (0, 0, 0)) for number in range(7))
    )
    table = b"<< /Type /XRef /Size 7 /W [1 4 2] /Root 5 0 R /Length %d >>" % len(rows)
    start = out.tell()
    out.write(b"6 0 obj\n%s\nstream\n%s\nendstream\nendobj\n" % (table, rows))
    out.write(b"startxref\n%d\n%%%%EOF\n" % start)
    result, _ = clean(out.getvalue(), tmp_path)
    assert result.exit_status == 2 and "the given bytes" in result.message
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2_000_000


def test_a_document_left_half_read_leaves_nothing_open():
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        pages = iter(read_pages(CASES / "nested_form.pdf"))
        next(pages)
        circle: list[object] = [pages]
        circle.append(circle)
        del pages, circle
        gc.collect()  # warnings are errors: of a pipe that nobody closed too
    assert len(list(Path("/proc/self/fd").iterdir())) <= open_before
