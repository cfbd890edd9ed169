"""Shared by the tests beside: what they are made of."""

import pytest

from docclean.errors import UnreadableInputError


def refused(read, name, content, why):
    with pytest.raises(UnreadableInputError, match=why) as caught:
        read(name, content)
    assert name in str(caught.value)  # the file
    assert "; " in str(caught.value)  # and the next step


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
