"""The last stage: the page that is shown and the page that is read, put together by parts."""

from dataclasses import replace

from docclean.clean.faint_marks import wipe_crumbs
from docclean.clean.parts.parts import Parts
from docclean.clean.read.marks import without_marks
from docclean.clean.type_size import TINY_X_HEIGHT, bring_back
from docclean.clean.work import Cleaned, Work
from docclean.page import Image, Page


def finished(work: Work) -> Cleaned:
    """Return the page that is shown, at its own size, and the one to read."""
    kept = work.decision.verdict == "kept"
    if work.blur:
        work = replace(work, decision=work.decision.after_focus(work.blur))
    if kept:
        return _as_it_came(work)
    cleaned = _cleaned(work)
    if not work.decision.unread:
        return cleaned
    left = _as_it_came(work)
    return replace(cleaned, read=left.reading, scale=left.scale)


def _as_it_came(work: Work) -> Cleaned:
    """Return the page as it came, to be read enlarged where its type is tiny."""
    page, scale = work.page, work.scale
    if scale > 1 and work.x_height < TINY_X_HEIGHT:
        return Cleaned(page, work.decision, page.finer(work.raw, scale), scale)
    return Cleaned(page, work.decision)


def _cleaned(work: Work) -> Cleaned:
    """Return the page cleaned, its parts laid over it."""
    page, scale, decision = work.page, work.scale, work.decision
    contrast = work.measures.speckled_contrast
    cleaned = wipe_crumbs(work.raw, work.cleaned, scale * work.x_height, contrast)
    own = cleaned if scale == 1 else bring_back(work.grey, work.raw, cleaned)
    shown, parts = page.with_luma(_luma(work), own), work.parts
    unsure = None if parts is None else parts.unsure(cleaned)
    came = work.grey if parts is not None and parts.grounds else page.pixels
    if parts is None or unsure is None:
        larger = page.finer(cleaned, scale) if scale > 1 else None
        return Cleaned(shown, decision, larger, scale, came, work.x_height)
    touched = parts.touches(unsure)
    read = _read(work, parts, parts.reading(cleaned, unsure) if touched else cleaned)
    if not touched:
        same = scale == 1 and read.pixels is cleaned
        return Cleaned(shown, decision, None if same else read, scale, came, work.x_height)
    put_together = parts.shown(shown, own, unsure)
    harmed = parts.harmed(put_together)
    if harmed:
        put_together = parts.put_back(shown, own, unsure, harmed)
    decision = decision.with_measures(**parts.told(unsure, harmed))
    return Cleaned(put_together, decision, read, scale, came, work.x_height)


def _read(work: Work, parts: Parts, read: Image) -> Page:
    """Return the page that is read, without marks that are no text."""
    coloured, height = parts.coloured | parts.stamps | parts.tinted, work.scale * work.x_height
    plain = without_marks(read, work.raw, parts.map, height, coloured)
    return work.page.finer(plain, work.scale)


def _luma(work: Work) -> Image:
    """Return the page's own luma, with its grounds as dark as they came."""
    has_grounds = work.parts is not None and work.parts.grounds
    return work.page.grey() if has_grounds and not work.page.is_grey else work.grey
