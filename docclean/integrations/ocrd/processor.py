"""Cleans the pages of a workspace; every page gets one more image of its own size."""

import os
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
from ocrd import OcrdPageResult, OcrdPageResultImage, Processor
from ocrd.decorators import ocrd_cli_options, ocrd_cli_wrap_processor
from ocrd.processor.base import ResourceNotFoundError
from ocrd_models.ocrd_page import AlternativeImageType, MetadataItemType
from ocrd_utils import config, getLogger
from PIL import Image as Pillow

from docclean.clean.contract import PageCleaner
from docclean.clean.network import load_runtime, shipped_models
from docclean.clean.spec import CleanerSpec
from docclean.documents.facts import Facts, dpi_of
from docclean.documents.pixels import grey_where_equal, to_pixels
from docclean.errors import DoccleanError
from docclean.ocr import Tesseract
from docclean.page import Page
from docclean.recipe import Options

FEATURE = "despeckled"
"""Of the words the PAGE conventions of OCR-D know, the one for stains and specks removed."""
TOO_LATE = "binarized"
"""The network needs the greys of a page."""


class DoccleanClean(Processor):  # type: ignore[misc]
    """Each page of the input gets a PAGE file and a PNG in the output file group."""

    @property
    def executable(self) -> str:
        """Return the command's name, whatever started it."""
        return "ocrd-docclean-clean"

    @property
    def metadata_filename(self) -> str:
        """Return where in the package the description of the tool is."""
        return "integrations/ocrd/ocrd-tool.json"

    def setup(self) -> None:
        """Load the cleaner that the parameters ask for, or see that every page worker can.

        Core forks its page workers (`OCRD_MAX_PARALLEL_PAGES`) after this. A network's threads
        do not live on in a fork: it would clean with one, and crash when it is let go. So each
        worker loads its own with its first page, and this process does not keep one.

        Raises:
            UsageError: no such model, or a value that no option takes.
            UnreadableInputError: the file is not a model of docclean.
            MissingProgramError: Tesseract or a language pack is missing for gate=ocr.
        """
        options = Options(
            model=self._model(),
            gate=self.parameter["gate"],
            lang=self.parameter["lang"],
            threads=int(self.parameter["threads"]) or None,
            jobs=max(1, config.OCRD_MAX_PARALLEL_PAGES),
        )
        if options.gate == "ocr":
            Tesseract(options.lang).check_languages()
        self._spec = CleanerSpec.of(options, os.cpu_count() or 1)
        self._cleaner: PageCleaner | None = None
        if (options.jobs or 1) > 1:
            load_runtime(options.model, "cpu", 1)
        else:
            self._cleaner = self._spec()

    def shutdown(self) -> None:
        """Let the cleaner go."""
        self._cleaner = None

    def process_page_pcgts(self, *input_pcgts: Any, page_id: str | None = None) -> Any:
        """Clean the richest image of the page that is not binarized.

        That image is cropped and turned as PAGE says. Add the result as an AlternativeImage with
        the feature `despeckled`. It has the size, the dpi and the colour of the image it was made
        from. Where the page is clean, or cleaning would harm it, it has that image's pixels too.

        Leave the original image, earlier ones and every coordinate as they are. Note in the
        metadata of the PAGE file whether the page was cleaned or kept, and why.
        """
        pcgts = input_pcgts[0]
        page = pcgts.get_Page()
        image, coords, _ = self.workspace.image_from_page(page, page_id, feature_filter=TOO_LATE)
        if self._cleaner is None:
            self._cleaner = self._spec()
        cleaned = self._cleaner.clean(self._page_of(image, page_id))
        decision = cleaned.decision.to_dict()
        verdict = f"{decision['verdict']}: {decision['reason']}"
        self.logger.info("page %s %s", page_id, verdict)
        pcgts.get_Metadata().add_MetadataItem(MetadataItemType("other", "docclean", verdict))
        alternative = AlternativeImageType(comments=with_feature(coords["features"]))
        page.add_AlternativeImage(alternative)
        result = OcrdPageResult(pcgts)
        made = image_of(cleaned.page, like=image)
        result.images.append(OcrdPageResultImage(made, "IMG", alternative))
        return result

    def _model(self) -> str:
        """Return the name of a shipped model, or the path of a file in one of OCR-D's places."""
        model: str = self.parameter["model"]
        if model in shipped_models():
            return model
        try:
            return str(Path(self.resolve_resource(model)).resolve())  # core changes folders later
        except ResourceNotFoundError:
            return model  # docclean's own error names the models there are

    def _page_of(self, image: Pillow.Image, page_id: str | None) -> Page:
        """Return an image as a page of grey or RGB pixels."""
        asked = float(self.parameter["dpi"])
        dpi = (asked, asked) if asked else dpi_of(image)
        return Page(grey_where_equal(to_pixels(image)), dpi, source=page_id or "")


def with_feature(features: str) -> str:
    """Return the features of an image, in order, with that of a cleaned one."""
    return ",".join(dict.fromkeys([*filter(None, features.split(",")), FEATURE]))


def image_of(page: Page, like: Pillow.Image) -> Pillow.Image:
    """Return a page as an image with its dpi; profile and depth of one bit are those of `like`."""
    image = Pillow.fromarray(np.ascontiguousarray(page.pixels))
    if like.mode == "1" and page.is_grey:
        image = image.convert("1", dither=Pillow.Dither.NONE)
    profile = Facts(icc=like.info.get("icc_profile")).profile(page.is_grey)
    told = {"dpi": page.dpi, "icc_profile": profile}
    image.info |= {key: value for key, value in told.items() if value}
    return image


@click.command()
@ocrd_cli_options  # type: ignore[untyped-decorator]
def cli(*args: Any, **kwargs: Any) -> None:
    """Run the processor as OCR-D asks for it; a fault of ours is one sentence and a status."""
    try:
        ocrd_cli_wrap_processor(DoccleanClean, *args, **kwargs)
    except DoccleanError as error:
        getLogger("ocrd.processor.DoccleanClean").critical(str(error))
        sys.exit(error.exit_status)
