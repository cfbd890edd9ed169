"""Text that can be found and not seen: what is kept of a page that becomes a picture."""

from typing import Any

import pikepdf

from docclean.documents.pdf.contents import x_objects

PAINTING = frozenset(["S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "sh"])
"""Operators that paint paths and shadings (ISO 32000-1, table 60)."""
SHOWING = frozenset(("Tj", "TJ", "'", '"'))
INVISIBLE = 3


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
