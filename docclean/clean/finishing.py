"""The last stage: the page that is shown and the page that is read, put together by parts."""

from dataclasses import replace
from functools import partial

from docclean.clean.faint_marks import wipe_crumbs
from docclean.clean.parts.parts import Parts
from docclean.clean.parts.seen import Mask
from docclean.clean.read.marks import without_marks
from docclean.clean.type_size import TINY_X_HEIGHT, bring_back
from docclean.clean.work import Cleaned, Work
from docclean.imageops.by_boxes import whole
from docclean.imageops.packed import Packed, is_large
from docclean.page import Image, Page


def finished(work: Work) -> Cleaned:
    """Return the page that is shown, at its own size, and the one to read."""
    kept = work.decision.verdict == "kept"
    if work.blur:
        work = replace(work, decision=work.decision.after_focus(work.blur))
    if work.other_side:
        work = replace(work, decision=work.decision.without_other_side(work.other_side))
    if kept:
        return _as_it_came(work)
    cleaned = _cleaned(work)
    if not work.decision.unread:
        return cleaned
    left = _as_it_came(work)
    return replace(cleaned, read=left.reading, scale=left.scale)


def with_pens(shown: Page, work: Work) -> Page:
    """Return the page with what a pen drew on it after it was blurred: that needs no cleaning."""
    if work.print_only is None:
        return shown
    drawn = whole(work.grey) < work.print_only
    pixels = shown.pixels.copy()
    pixels[drawn] = work.page.pixels[drawn]
    return shown.with_pixels(pixels)


def _as_it_came(work: Work) -> Cleaned:
    """Return the page as it came, to be read enlarged where its type is tiny."""
    page, scale = work.page, work.scale
    if scale > 1 and work.x_height < TINY_X_HEIGHT:
        return Cleaned(page, work.decision, page.finer(whole(work.raw), scale), scale)
    return Cleaned(page, work.decision)


def _cleaned(work: Work) -> Cleaned:
    """Return the page cleaned, its parts laid over it."""
    page, scale, decision = work.page, work.scale, work.decision
    contrast = work.measures.speckled_contrast
    cleaned = wipe_crumbs(work.raw, work.cleaned, scale * work.x_height, contrast)
    own = cleaned if scale == 1 else bring_back(whole(work.grey), whole(work.raw), cleaned)
    shown, parts = page.with_luma(_luma(work), own), work.parts
    unsure = None if parts is None else parts.unsure(cleaned)
    came = work.grey if parts is not None and parts.grounds else page.pixels
    if parts is None or unsure is None:
        larger = page.finer(cleaned, scale) if scale > 1 else None
        return Cleaned(shown, decision, larger, scale, came, work.x_height)
    if not parts.touches(unsure):
        read = partial(_read, work, parts, cleaned, shown)
        return Cleaned(shown, decision, read, scale, came, work.x_height)
    # of a large page the luma is put away, and its pixels become those that are shown
    over = own is cleaned and page.is_grey and is_large(own.shape)
    printed = Packed.of(own) if over else own
    put_together = parts.shown(shown, printed, unsure, over=over)
    harmed = parts.harmed(put_together)
    if harmed:
        if isinstance(printed, Packed):
            printed.into(shown.pixels)
        put_together = parts.put_back(shown, printed, unsure, harmed, over=over)
    decision = decision.with_measures(**parts.told(unsure, harmed))
    text = printed if isinstance(printed, Packed) else cleaned
    read = partial(_read_of_parts, work, parts, text, unsure)
    return Cleaned(put_together, decision, read, scale, came, work.x_height)


def _read(work: Work, parts: Parts, cleaned: Image, shown: Page) -> Page:
    """Return the page that is read of one without parts; the shown one where it has no marks."""
    plain = _without_marks(work, parts, cleaned)
    if work.scale == 1 and plain is cleaned:
        return shown.with_pixels(shown.grey())
    return work.page.finer(plain, work.scale)


def _read_of_parts(work: Work, parts: Parts, cleaned: Image | Packed, unsure: Mask) -> Page:
    """Return the page that is read of one that has parts: each as it is read best."""
    text = cleaned.whole() if isinstance(cleaned, Packed) else cleaned
    plain = _without_marks(work, parts, parts.reading(text, unsure))
    return work.page.finer(plain, work.scale)


def _without_marks(work: Work, parts: Parts, read: Image) -> Image:
    """Return a picture that is read without marks that are no text."""
    coloured, height = parts.coloured | parts.stamps | parts.tinted, work.scale * work.x_height
    return without_marks(read, whole(work.raw), parts.map, height, coloured)


def _luma(work: Work) -> Image:
    """Return the page's own luma, with its grounds as dark as they came."""
    if work.page.is_grey:
        return work.page.pixels
    return work.page.grey() if work.parts and work.parts.grounds else whole(work.grey)
