"""Truth in ALTO and PAGE XML."""

import pytest
from truth_files import ALTO_LINES, NAMESPACES, PAGE_2019, alto, equiv, page, region

from docclean.truth import TrueWord, Truth

# --- ALTO -----------------------------------------------------------------------------------------


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


# --- PAGE -----------------------------------------------------------------------------------------


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
