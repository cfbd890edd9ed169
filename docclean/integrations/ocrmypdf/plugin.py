"""What OCRmyPDF calls. It loads this for every document: nothing heavy may be imported above.

`--docclean ocr` cleans what Tesseract reads; the page that is kept stays as it was. `--docclean
final` first cleans the scans of the document itself, so that all that follows, the turning and
levelling of pages among it, sees clean pages.
"""

import logging
import os
from argparse import ArgumentParser
from collections.abc import Generator
from inspect import signature
from typing import Any

from ocrmypdf import hookimpl, pluginspec
from ocrmypdf.exceptions import BadArgsError, MissingDependencyError

from docclean.integrations.ocrmypdf.asked import (
    LOOKS,
    LOOKS_VARIABLE,
    MODE_VARIABLE,
    MODES,
    SECOND,
    Asked,
    note,
)

log = logging.getLogger("ocrmypdf.docclean")  # the console shows what is below ocrmypdf


@hookimpl
def add_options(parser: ArgumentParser) -> None:
    """Add the options to OCRmyPDF's command line."""
    group = parser.add_argument_group("docclean", "Cleaning of dirty scans")
    group.add_argument(
        "--docclean",
        # OCRmyPDF 16 makes a program's docclean_mode="ocr" this; alone it would mean ...-model
        "--docclean-mode",
        dest="docclean_mode",
        choices=MODES,
        help="clean what is read (ocr), what is kept too (final), or nothing (off, the default)",
    )
    group.add_argument(
        "--docclean-model",
        metavar="MODEL",
        help="a shipped model's name (small, base) or a model file; default: small",
    )
    group.add_argument(
        "--docclean-looks",
        type=int,
        choices=LOOKS,
        help="2: Tesseract reads the page as it came too, and the words vote; default: 1",
    )


@hookimpl
def register_options() -> dict[str, Any]:
    """Return the options' model, for OCRmyPDF 17 and later."""
    from docclean.integrations.ocrmypdf.model import DoccleanOptions

    return {"docclean": DoccleanOptions}


@hookimpl
def check_options(options: Any) -> None:
    """Refuse what could not be done before any page is touched.

    Raises:
        BadArgsError: there is no such mode.
        MissingDependencyError: the model, or what runs it, is not there.
    """
    asked = Asked.of(options)
    if asked.mode not in MODES:
        raise BadArgsError(
            f"docclean: there is no mode '{asked.mode}'; "
            f"--docclean or {MODE_VARIABLE} is one of {', '.join(MODES)}"
        )
    if asked.looks not in LOOKS:
        raise BadArgsError(
            f"docclean: there are no {asked.looks} looks; "
            f"--docclean-looks or {LOOKS_VARIABLE} is 1 or 2"
        )
    if asked.mode == "off":
        return
    try:
        from docclean.integrations.ocrmypdf.cleaning import check

        check(asked)
    except ImportError as error:
        raise MissingDependencyError(
            f"docclean: {error.name} is missing; pip install docclean"
        ) from error
    if getattr(options, "clean", False):
        log.warning(
            "docclean: --clean and --clean-final run unpaper first, which leaves less to clean; "
            "leave them out"
        )
    if asked.looks == 2 and getattr(options, "pdf_renderer", "") == "sandwich":
        log.warning(
            "docclean: --pdf-renderer sandwich takes one look only; leave it out for two looks"
        )


@hookimpl
def validate(pdfinfo: Any, options: Any) -> None:
    """Share the cores among OCRmyPDF's workers; with `final`, clean the document itself."""
    asked = Asked.of(options)
    if asked.mode == "off":
        return
    cores = os.cpu_count() or 1
    workers = max(1, min(getattr(options, "jobs", None) or cores, len(pdfinfo)))
    note(options, "docclean_threads", max(1, cores // workers))
    if asked.mode == "final":
        from docclean.integrations.ocrmypdf.cleaning import clean_document

        clean_document(getattr(pdfinfo, "_infile", None), asked, options)


@hookimpl(wrapper=True)
def filter_ocr_image(page: Any, image: Any) -> Generator[None, Any, Any]:
    """Clean the picture that is read, after OCRmyPDF has made it small enough for Tesseract."""
    filtered = yield
    filtered = image if filtered is None else filtered
    asked = Asked.of(page.options)
    if asked.mode == "off":
        return filtered
    from docclean.integrations.ocrmypdf.cleaning import for_reading  # check_options has tried it

    beside = page.get_path(SECOND)
    aside = beside if asked.looks == 2 else None
    return for_reading(filtered, asked, page.options, page.pageno + 1, beside.parent, aside)


def _two_looks() -> Any:
    from docclean.integrations.ocrmypdf.looks import LooksEngine

    return LooksEngine()


if "options" in signature(pluginspec.get_ocr_engine).parameters:  # OCRmyPDF 17 and later

    @hookimpl
    def get_ocr_engine(options: Any) -> Any:
        """Return an engine that reads two looks where they are asked for; else the next one is."""
        asked = Asked.of(options)
        mine = getattr(options, "ocr_engine", "auto") in ("auto", "tesseract")
        return _two_looks() if mine and asked.mode != "off" and asked.looks == 2 else None

else:

    @hookimpl
    def get_ocr_engine() -> Any:  # type: ignore[misc]
        """Return an engine that reads a page's second look where there is one."""
        return _two_looks()
