"""The ways to set a page, by name."""

from dataclasses import dataclass

from docclean.registry import Registry
from docclean.synth import forms, plates, press, prose
from docclean.synth.markup import Draw

_TEXT = (8.0, 9.0, 10.0, 10.0, 11.0, 11.0, 12.0, 12.0, 14.0)
_LARGE = (10.0, 11.0, 12.0, 14.0)
_SMALL = (7.0, 7.5, 8.0, 8.0, 9.0, 10.0)
_TINY = (5.0, 5.5, 6.0)
_OPEN = (0.45, 0.6, 0.65, 0.8, 1.2)
_TIGHT = (0.45, 0.5, 0.6)
_FULL = (595.0, 595.0)
_SLIP = (200.0, 280.0)


@dataclass(frozen=True)
class Layout:
    """A way to set a page: `draw` picks what it says; the ranges are what its sheet is drawn of."""

    name: str
    draw: Draw
    sizes: tuple[float, ...] = _TEXT
    """Type sizes in points."""
    leadings: tuple[float, ...] = _OPEN
    """Gaps between lines in em."""
    width: tuple[float, float] = _FULL
    """Paper width in points; A4 is 595."""
    margin: tuple[float, float] = (24, 70)
    """Margins in points."""
    mono_share: float = 0.1
    """How often a monospaced family is drawn."""
    justified: float = 0.5
    """How often lines are set to one length."""


LAYOUTS: Registry[Layout] = Registry(
    "layout",
    [
        Layout("article", prose.article, width=(420, 595)),
        Layout("book", prose.book, width=(330, 520), mono_share=0, justified=0.9),
        Layout("columns", prose.columns, _SMALL, _TIGHT, mono_share=0.05, justified=0.7),
        Layout("columns3", prose.columns3, _SMALL, _TIGHT, mono_share=0, justified=0.5),
        Layout("letter", prose.letter, _LARGE, mono_share=0.35, justified=0.3),
        Layout(
            "typescript",
            prose.typescript,
            (10, 11, 12, 12),
            (0.8, 1.2, 1.5),
            mono_share=1,
            margin=(50, 80),
            justified=0,
        ),
        Layout("punctuation", prose.punctuation, width=(330, 595)),
        Layout("tiny", prose.tiny, _TINY, _TIGHT, width=(420, 595), mono_share=0.05),
        Layout("footnotes", prose.footnotes, width=(380, 595), mono_share=0.02, justified=0.8),
        Layout(
            "newspaper",
            press.newspaper,
            (6.5, 7, 7.5, 8),
            (0.35, 0.45),
            margin=(20, 36),
            mono_share=0,
            justified=0.7,
        ),
        Layout("title", press.title, _LARGE, mono_share=0.05),
        Layout("headings", press.headings, _LARGE, mono_share=0.02),
        Layout("capitals", press.capitals, _TEXT, mono_share=0.25, justified=0.2),
        Layout("mixed", press.mixed, mono_share=0.05),
        Layout("panels", press.panels, mono_share=0.05),
        Layout("blank", press.blank),
        Layout("form", forms.form, _SMALL, _TIGHT, justified=0),
        Layout("table", forms.table, _SMALL, _TIGHT, mono_share=0.2, justified=0),
        Layout("numerals", forms.numerals, _SMALL, _TIGHT, mono_share=0.3, justified=0),
        Layout("invoice", forms.invoice, _SMALL, _TIGHT, mono_share=0.15, justified=0),
        Layout(
            "receipt", forms.receipt, (7, 8, 8, 9), _TIGHT, width=_SLIP, mono_share=0.6, justified=0
        ),
        Layout("catalogue", forms.catalogue, _SMALL, mono_share=0.1, justified=0),
        Layout("drawings", plates.drawings, mono_share=0.05),
        Layout("pictures", plates.pictures, mono_share=0.05),
    ],
    key=lambda layout: layout.name,
)
"""Every way to set a page; a plugin may add its own `docclean.plugins` entry `layout:name`."""
