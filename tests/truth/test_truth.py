"""Truth files of every kind say the same text; damaged ones say what to do."""

import json
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from docclean.errors import UnreadableInputError
from docclean.truth import TRUTH_SUFFIXES, TrueWord, Truth, is_truth, read_truth

PARAGRAPHS = (
    ("The quick brown fox jumps", "over the lazy dog & runs."),
    ("Pack my box with <five>", "dozen liquor jugs today."),
)


@pytest.fixture
def read(tmp_path):
    """Return a function that writes a truth file and reads it."""

    def read(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_truth(path)

    return read


def refused(read, name, content, why):
    with pytest.raises(UnreadableInputError, match=why) as caught:
        read(name, content)
    assert name in str(caught.value)  # the file
    assert "; " in str(caught.value)  # and the next step


# --- plain text ----------------------------------------------------------------------------------


def test_text_is_taken_as_it_is(read):
    assert read("a.gt.txt", "\ufeffOne  two\r\nthree\n\n\ffour\n") == Truth(
        "One  two\nthree\n\n\ffour\n"
    )
    assert read("a.gt.txt", "") == Truth("")


def test_text_of_another_encoding_is_refused(read):
    refused(read, "a.gt.txt", "Müller".encode("latin-1"), r"not UTF-8 \(byte 1\)")


# --- words.json ----------------------------------------------------------------------------------


def word(text, left, top, width=40, height=20, form="sides"):
    box = {
        "sides": {"left": left, "top": top, "width": width, "height": height},
        "box": {"box": [left, top, width, height]},
        "bbox": {"bbox": [left, top, left + width, top + height]},
    }
    return {"text": text, **box[form]}


@pytest.mark.parametrize("form", ["sides", "box", "bbox"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_words_become_lines(read, form, wrapped):
    words = [
        word("Hello", 10, 10, form=form),
        word("world,", 60, 14, form=form),
        word("second", 10, 40, form=form),
        word("line", 60, 38, form=form),
    ]
    found = read("a.words.json", json.dumps({"words": words} if wrapped else words))
    assert found.text == "Hello world,\nsecond line"
    assert found.words[1] == TrueWord("world,", 60, 14, 40, 20)
    assert len(found.words) == 4


def test_a_line_ends_where_the_words_go_left_or_to_another_column(read):
    words = [
        word("skewed", 500, 20),
        word("wraps", 10, 20),  # as high as the word before, but left of it
        word("left", 10, 400),
        word("right", 500, 20),  # the next column
    ]
    assert read("a.words.json", json.dumps(words)).text == "skewed\nwraps\nleft\nright"


def test_a_large_first_letter_stays_in_its_line(read):
    words = [word("T", 0, 0, 60, 60), word("he", 62, 2), word("fox", 110, 2), word("ran", 62, 40)]
    assert read("a.words.json", json.dumps(words)).text == "T he fox\nran"


def test_a_blank_page_has_no_words(read):
    assert read("a.words.json", "[]") == Truth("")
    assert read("a.words.json", '{"words": []}') == Truth("")


def test_fractions_become_whole_pixels_and_white_space_is_folded(read):
    found = read("a.words.json", '[{"text": " a\\n b ", "bbox": [0.4, 1.6, 10.2, 20.5]}]')
    assert found == Truth("a b", (TrueWord("a b", 0, 2, 10, 18),))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "damaged JSON"),
        ('[{"text": "cut off', "damaged JSON"),
        ("[" * 100_000, "damaged JSON"),
        ('"words"', "holds no words"),
        ('{"pages": []}', "holds no words"),
        ('["word"]', 'word 1 has no "text"'),
        ('[{"text": null, "box": [1, 2, 3, 4]}]', 'word 1 has no "text"'),
        ('[{"text": "a", "box": [1, 2, 3, 4]}, {"text": "b"}]', "word 2 has no box"),
        ('[{"text": "a", "box": [1, 2, 3]}]', "word 1 has no box"),
        ('[{"text": "a", "box": [1, 2, NaN, 4]}]', "word 1 has no box"),
        ('[{"text": "a", "box": ["1", 2, 3, 4]}]', "word 1 has no box"),
        ('[{"text": "a", "bbox": [10, 10, 5, 20]}]', "word 1 has no box"),
    ],
)
def test_bad_words_are_refused(read, content, why):
    refused(read, "a.words.json", content, why)


# --- hOCR ----------------------------------------------------------------------------------------


def hocr(body, head=""):
    return f"<html><head><title>t</title>{head}</head><body>{body}</body></html>"


HOCR_LINES = """
<div class="ocr_page" title="bbox 0 0 100 100">
 <div class='ocr_carea'><p class='ocr_par'>
  <span class='ocr_line'><span class='ocrx_word' title='bbox 1 2 11 22; x_wconf 90'>Caf&eacute;</span>
   <span class='ocrx_word' title='bbox 20 2 41 22'><strong>b</strong>old</span></span>
  <span class='ocr_line'>no <em>words</em>
    here</span></p>
  <p class='ocr_par'><span class='ocr_header'><span class='ocrx_word' title='x_wconf 3'>boxless</span>
  <span class='ocrx_word' title='bbox 1 2 3 4'> </span></span></p></div>
</div>
<div class="other ocr_page"><span class="ocr_line">second page</span></div>
"""  # noqa: E501


@pytest.mark.parametrize("name", ["a.hocr", "a.html", "a.HTM", "a.xhtml"])
def test_hocr_lines_paragraphs_and_pages(read, name):
    found = read(name, hocr(HOCR_LINES))
    assert found.text == "Café bold\nno words here\n\nboxless\fsecond page"
    assert found.words == (TrueWord("Café", 1, 2, 10, 20), TrueWord("bold", 20, 2, 21, 20))


def test_hocr_as_xml_and_as_tag_soup_is_the_same(read):
    plain = read("a.hocr", hocr(HOCR_LINES))
    prolog = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 '
    prolog += 'Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n'
    assert read("a.hocr", prolog + hocr(HOCR_LINES)) == plain
    assert read("a.hocr", prolog + hocr(HOCR_LINES, "<title/><script src='x'/>")) == plain
    assert read("a.hocr", prolog + hocr(HOCR_LINES, "<meta name=x><br>")) == plain  # open tags
    assert read("a.xml", prolog + hocr(HOCR_LINES).replace("&eacute;", "é")) == plain


def test_hocr_of_another_encoding(read):
    line = "<p class='ocr_line'>Größe</p>"
    meta = '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">'
    assert read("a.html", hocr(line, meta).encode("latin-1")).text == "Größe"
    assert read("a.html", hocr(line)).text == "Größe"  # UTF-8 without saying so
    assert read("a.html", b"\xef\xbb\xbf" + hocr(line).encode()).text == "Größe"
    latin = '<?xml version="1.0" encoding="iso-8859-1"?>' + hocr(line)
    assert read("a.hocr", latin.encode("latin-1")).text == "Größe"


def test_hocr_with_letters_of_their_own(read):
    letters = "\n".join(f"  <span class='ocrx_cinfo'>{letter}</span>" for letter in "fox")
    body = f"<p class='ocr_line'><span class='ocrx_word'>\n{letters}\n</span></p>"
    assert read("a.hocr", hocr(body)).text == "fox"


def test_hocr_floats_that_hold_lines_are_read_once(read):
    body = """<div class='ocr_header'><span class='ocr_line'>head</span></div>
              <p class='ocr_line'>body</p> <div class='ocr_footer'>foot</div>"""
    assert read("a.hocr", hocr(body)).text.split() == ["head", "body", "foot"]


def test_hocr_without_lines(read):
    words = "".join(
        f"<span class='ocr_word' title='bbox {x} {y} {x + 9} {y + 9}'>{text}</span>"
        for text, x, y in [("a", 0, 0), ("b", 20, 1), ("c", 0, 30)]
    )
    assert read("a.hocr", hocr(f"<div class='ocr_page'>{words}</div>")).text == "a b\nc"
    paragraphs = "<p class='ocr_par'>one</p><p class='ocr_par'>two</p>"
    assert read("a.hocr", hocr(paragraphs)).text == "one\ntwo"


def test_hocr_of_a_blank_page(read):
    assert read("a.hocr", hocr("<div class='ocr_page'> </div>")) == Truth("")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "(empty|damaged)"),
        (hocr("<p>A saved web page</p>"), "no text in ocr_line"),
        (hocr(""), "no text in ocr_line"),
        (hocr("<div class='ocr_page'><p>text</p></div>"), "no text in ocr_line"),
        (hocr(HOCR_LINES)[:-200], "ends before its </html>"),
        ("<?xml version='1.0'?>" + hocr(HOCR_LINES)[:-200], "ends before its </html>"),
    ],
)
def test_bad_hocr_is_refused(read, content, why):
    refused(read, "a.hocr", content, why)


# --- ALTO ----------------------------------------------------------------------------------------

NAMESPACES = [
    "",
    ' xmlns="http://schema.ccs-gmbh.com/ALTO"',
    ' xmlns="http://www.loc.gov/standards/alto/ns-v2#"',
    ' xmlns="http://www.loc.gov/standards/alto/ns-v3#"',
    ' xmlns="http://www.loc.gov/standards/alto/ns-v4#"',
]


def alto(layout, unit="<MeasurementUnit>pixel</MeasurementUnit>", namespace=NAMESPACES[-1]):
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><alto{namespace}>'
        f"<Description>{unit}</Description><Layout>{layout}</Layout></alto>"
    )


ALTO_LINES = """<Page><BottomMargin><TextBlock><TextLine><String CONTENT="17"/></TextLine></TextBlock>
</BottomMargin><PrintSpace>
<ComposedBlock><TextBlock>
 <TextLine><String CONTENT="An" HPOS="10" VPOS="20.4" WIDTH="30" HEIGHT="12"/><SP WIDTH="5"/>
  <String CONTENT="exam" SUBS_TYPE="HypPart1" SUBS_CONTENT="example"/><HYP CONTENT="\u00ad"/></TextLine>
 <TextLine><String CONTENT="ple" SUBS_TYPE="HypPart2" SUBS_CONTENT="example"/><SP/>
  <String CONTENT="&amp;c."/></TextLine>
</TextBlock></ComposedBlock>
<TextBlock><TextLine><String CONTENT="no"/><String CONTENT="SP"/></TextLine></TextBlock>
</PrintSpace></Page>"""  # noqa: E501


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_alto_reads_what_stands_on_the_page(read, namespace):
    found = read("a.xml", alto(ALTO_LINES, namespace=namespace))
    assert found.text == "An exam-\nple &c.\n\nno SP\n\n17"
    assert found.words == (TrueWord("An", 10, 20, 30, 12),)


def test_alto_prefixes_are_no_matter(read):
    text = alto(ALTO_LINES, namespace="").replace("</", "</a:").replace("<a", "<a:a")
    for name in ("Page", "PrintSpace", "BottomMargin", "ComposedBlock", "TextBlock", "TextLine"):
        text = text.replace(f"<{name}", f"<a:{name}")
    for name in ("String", "SP", "HYP", "Description", "MeasurementUnit", "Layout"):
        text = text.replace(f"<{name}", f"<a:{name}")
    text = text.replace("<a:alto>", '<a:alto xmlns:a="http://www.loc.gov/standards/alto/ns-v4#">')
    assert read("a.alto.xml", text) == read("b.xml", alto(ALTO_LINES))


def test_alto_pieces_of_a_word_are_joined_where_spaces_are_given(read):
    line = '<String CONTENT="bo"/><String CONTENT="ld"/><SP/><String CONTENT="word-"/><HYP/>'
    page = (
        f"<Page><PrintSpace><TextBlock><TextLine>{line}</TextLine></TextBlock></PrintSpace></Page>"
    )
    assert read("a.xml", alto(page)).text == "bold word-"  # a hyphen that is there is not doubled


def test_alto_hyphen_belongs_to_its_word(read):
    line = '<String CONTENT="exam" HPOS="1" VPOS="2" WIDTH="3" HEIGHT="4"/><HYP CONTENT="-"/>'
    page = (
        f"<Page><PrintSpace><TextBlock><TextLine>{line}</TextLine></TextBlock></PrintSpace></Page>"
    )
    assert read("a.xml", alto(page)).words == (TrueWord("exam-", 1, 2, 3, 4),)


@pytest.mark.parametrize("unit", ["mm10", "inch1200"])
def test_alto_boxes_in_other_units_are_dropped(read, unit):
    found = read("a.xml", alto(ALTO_LINES, f"<MeasurementUnit>{unit}</MeasurementUnit>"))
    assert found.text.startswith("An exam-") and found.words == ()


def test_alto_without_a_unit_means_pixels_and_blank_lines_before_it_are_no_matter(read):
    assert read("a.xml", alto(ALTO_LINES, "")) == read("b.xml", alto(ALTO_LINES))
    assert read("c.xml", "\n" + alto(ALTO_LINES)) == read("b.xml", alto(ALTO_LINES))


def test_alto_pages_are_parted_and_may_be_blank(read):
    blank = "<Page><PrintSpace/></Page>"
    assert read("a.xml", alto(blank)) == Truth("")
    assert read("a.xml", alto(blank + ALTO_LINES + blank)).text.count("\f") == 2
    # Tesseract finds a line of one space in some specks
    specks = '<TextBlock><TextLine><String CONTENT=" "/></TextLine></TextBlock>'
    assert read("a.xml", alto(f"<Page><PrintSpace>{specks}</PrintSpace></Page>")) == Truth("")


# --- PAGE ----------------------------------------------------------------------------------------

PAGE_2019 = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"


def page(content, namespace=PAGE_2019):
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><PcGts xmlns="{namespace}">'
        f'<Metadata/><Page imageFilename="a.png">{content}</Page></PcGts>'
    )


def equiv(text, index=None):
    where = "" if index is None else f' index="{index}"'
    return f"<TextEquiv{where}><Unicode>{text}</Unicode></TextEquiv>"


def region(name, *lines, text="", inner=""):
    made = "".join(f"<TextLine>{equiv(line)}</TextLine>" for line in lines)
    return f'<TextRegion id="{name}">{inner}{made}{equiv(text) if text else ""}</TextRegion>'


@pytest.mark.parametrize("year", ["2009-03-16", "2013-07-15", "2017-07-15", "2019-07-15"])
def test_page_lines_and_regions(read, year):
    content = region("a", "one", "two &amp; more") + region("b", "three")
    namespace = PAGE_2019.replace("2019-07-15", year)
    assert read("a.xml", page(content, namespace)).text == "one\ntwo & more\n\nthree"


def test_page_takes_the_reading_with_the_lowest_index(read):
    line = f"<TextLine>{equiv('second', 2)}{equiv('first', 1)}{equiv('third', 10)}</TextLine>"
    assert read("a.xml", page(f"<TextRegion>{line}</TextRegion>")).text == "first"
    plain = "<TextLine><TextEquiv><PlainText>plain</PlainText></TextEquiv></TextLine>"
    assert read("a.xml", page(f"<TextRegion>{plain}</TextRegion>")).text == "plain"


def test_page_words_and_their_boxes(read):
    words = f"""<Word><Coords points="10,20 50,22 48,40 10.4,39"/>{equiv("First")}</Word>
      <Word><Coords><Point x="60" y="20"/><Point x="90" y="40"/></Coords>{equiv("old")}</Word>
      <Word><Coords points="nothing"/>{equiv("boxless")}</Word>"""
    boxed = (TrueWord("First", 10, 20, 40, 20), TrueWord("old", 60, 20, 30, 20))
    content = f"<TextRegion><TextLine>{words}</TextLine></TextRegion>"
    assert read("a.xml", page(content)) == Truth("First old boxless", boxed)
    # what the line says comes before what its words say
    content = f"<TextRegion><TextLine>{words}{equiv('The line.')}</TextLine></TextRegion>"
    assert read("a.xml", page(content)) == Truth("The line.", boxed)
    content = f"<TextRegion><TextLine>{words}{equiv('')}</TextLine></TextRegion>"
    assert read("a.xml", page(content)).text == "First old boxless"


def test_page_region_text_stands_in_where_lines_have_none(read):
    assert read("a.xml", page(region("a", text="one\ntwo"))).text == "one\ntwo"
    assert read("a.xml", page(region("a", "", text="one"))).text == "one"
    assert read("a.xml", page(region("a", "line", text="region"))).text == "line"


def test_page_reading_order_with_nested_groups(read):
    order = """<ReadingOrder><OrderedGroup id="g">
      <RegionRefIndexed index="10" regionRef="last"/>
      <UnorderedGroupIndexed index="2" id="u"><RegionRef regionRef="c"/><RegionRef regionRef="b"/>
      </UnorderedGroupIndexed>
      <OrderedGroupIndexed index="1" id="o" regionRef="title">
        <RegionRefIndexed index="1" regionRef="sub2"/><RegionRefIndexed index="0" regionRef="sub1"/>
        <RegionRefIndexed index="2" regionRef="nowhere"/>
      </OrderedGroupIndexed>
    </OrderedGroup></ReadingOrder>"""
    names = ("unnamed", "b", "c", "last", "sub1", "sub2", "title")
    content = order + "".join(region(name, name) for name in names)
    found = read("a.xml", page(content)).text.split()
    assert found == ["title", "sub1", "sub2", "c", "b", "last", "unnamed"]
    unordered = '<ReadingOrder><UnorderedGroup><RegionRef regionRef="y"/></UnorderedGroup>'
    content = f"{unordered}</ReadingOrder>{region('x', 'x')}{region('y', 'y')}"
    assert read("a.xml", page(content)).text.split() == ["y", "x"]


def test_page_nested_regions_and_tables(read):
    # the text of a region that holds others repeats theirs
    inner = region("in", "inner")
    assert read("a.xml", page(region("out", text="inner", inner=inner))).text == "inner"
    assert read("a.xml", page(region("out", "outer", inner=inner))).text == "outer\n\ninner"
    cells = f"<TableRegion id='t'>{region('1', 'one')}<TableCell>{'<TextLine>'}{equiv('two')}"
    cells += "</TextLine></TableCell></TableRegion>"
    order = "<ReadingOrder><OrderedGroup><RegionRefIndexed index='0' regionRef='t'/>"
    order += "<RegionRefIndexed index='1' regionRef='z'/></OrderedGroup></ReadingOrder>"
    found = read("a.page.xml", page(order + region("z", "after") + cells))
    assert found.text.split() == ["one", "two", "after"]


def test_page_of_a_blank_page(read):
    assert read("a.xml", page("")) == Truth("")
    assert read("a.xml", page("<ImageRegion id='i'/>")) == Truth("")


# --- damaged and hostile files -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "damaged XML"),
        (alto(ALTO_LINES)[:-30], "damaged XML"),
        (page(region("a", "one")).replace("UTF-8", "UTF-16"), "damaged XML"),
        ("<rsm:CrossIndustryInvoice xmlns:rsm='urn:x'/>", "neither ALTO nor PAGE but <CrossInd"),
        (alto(ALTO_LINES.replace("CONTENT", "OTHER")), "lines but no text"),
        (page(region("a")), "regions but no text"),
        (page(region("a", "", "")), "regions but no text"),
        ("<alto>" + "<a>" * 300 + "</a>" * 300 + "</alto>", "damaged XML"),
    ],
)
def test_bad_xml_is_refused(read, content, why):
    refused(read, "a.xml", content, why)


@pytest.mark.parametrize("name", ["a.xml", "a.hocr"])
def test_no_entity_reads_a_file(read, tmp_path, name):
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    dtd = f'<!DOCTYPE PcGts [<!ENTITY leak SYSTEM "{secret.as_uri()}">]>'
    content = page(region("a", "&leak;")).replace("<PcGts", f"{dtd}<PcGts")
    refused(read, name, content, "declares entities")


def test_no_entity_grows_without_bound(read):
    grow = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    dtd = f'<!DOCTYPE PcGts [<!ENTITY e0 "ha">{grow}]>'
    content = page(region("a", "&e11;")).replace("<PcGts", f"{dtd}<PcGts")
    refused(read, "a.xml", content, "declares entities|damaged XML")
    in_attribute = page("<TextRegion id='&e11;'/>").replace("<PcGts", f"{dtd}<PcGts")
    refused(read, "a.xml", in_attribute, "declares entities|damaged XML")


def test_missing_and_unknown_files(read, tmp_path):
    with pytest.raises(UnreadableInputError, match=r"none\.xml cannot be read .*; check"):
        read_truth(tmp_path / "none.xml")
    refused(read, "a.docx", "text", "no truth file")


@given(st.binary(max_size=200), st.sampled_from(TRUTH_SUFFIXES))
def test_whatever_the_bytes_there_is_a_truth_or_an_error_of_ours(tmp_path_factory, data, suffix):
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(data)
    is_truth(path)
    try:
        assert isinstance(read_truth(path).text, str)
    except UnreadableInputError as error:
        assert str(path) in str(error)


# --- what is meant as truth ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "meant"),
    [
        ("a.gt.txt", "", True),
        ("a.words.json", "damaged", True),
        ("a.hocr", "", True),
        ("a.page.xml", "", True),
        ("a.xml", alto(ALTO_LINES), True),
        ("a.xml", page(""), True),
        ("a.xml", "cut o", True),  # reading it tells that it is damaged
        ("a.xml", "<invoice/>", False),
        ("a.html", hocr(HOCR_LINES), True),
        ("a.html", hocr("<p>A saved web page</p>"), False),
    ],
)
def test_invoices_and_web_pages_are_no_truth(tmp_path, name, content, meant):
    (tmp_path / name).write_text(content)
    assert is_truth(tmp_path / name) is meant


# --- what Tesseract writes -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A typeset page as Tesseract writes it: .txt, .hocr, .xml (ALTO), letters.hocr."""
    if shutil.which("tesseract") is None:
        pytest.skip("the program tesseract is not installed")
    folder = tmp_path_factory.mktemp("written")
    image = Image.new("L", (1000, 500), 255)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=44)
    for row, line in enumerate([*PARAGRAPHS[0], "", *PARAGRAPHS[1]]):
        draw.text((60, 60 + 70 * row), line, 0, font)
    image.save(folder / "page.png", dpi=(300, 300))
    call = ["tesseract", folder / "page.png"]
    formats = ["txt", "hocr", "alto"]
    subprocess.run([*call, folder / "page", *formats], check=True, capture_output=True)
    letters = [folder / "letters", "-c", "hocr_char_boxes=1", "hocr"]
    subprocess.run([*call, *letters], check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("name", ["page.hocr", "page.xml", "letters.hocr"])
def test_what_tesseract_writes_says_what_its_text_says(written, name):
    text = (written / "page.txt").read_text("utf-8")
    assert PARAGRAPHS[0][0].split() == text.split()[:5]
    found = read_truth(written / name)
    assert found.text == text.strip()
    assert [one.text for one in found.words] == text.split()
    for one in found.words:
        assert 0 <= one.left < one.left + one.width <= 1000
        assert 0 <= one.top < one.top + one.height <= 500


def test_text_and_boxes_survive_words_json(written, read):
    found = read_truth(written / "page.hocr")
    again = read("again.words.json", json.dumps([vars(one) for one in found.words]))
    assert again.words == found.words
    assert again.text == found.text.replace("\n\n", "\n")
