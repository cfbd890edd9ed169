"""How a process loads its own cleaner: a loaded one cannot travel between processes."""

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from docclean.clean.contract import PageCleaner
from docclean.recipe import Options

if TYPE_CHECKING:
    from docclean.clean.parts.wish import Wish
    from docclean.ocr import OcrEngine

SHARED_TILE_AREA = 2_800_000
"""Pixels of a tile, as the network sees it, where several processes share the memory. Smaller tiles
spend more time on their halos: these an eighth."""


@dataclass(frozen=True)
class CleanerSpec:
    """Loads the cleaner that options ask for; picklable.

    Attributes:
        options: which model, device, gate, language and how many threads.
        threads: processor threads where the options say none; None: all cores.
        tile_area: pixels of a tile, which bound the memory; None leaves the cleaner's own.
    """

    options: Options = Options()
    threads: int | None = None
    tile_area: int | None = None

    @classmethod
    def of(cls, options: Options, cores: int) -> "CleanerSpec":
        """Return the spec of one of `options.jobs` processes on a machine of `cores`."""
        if options.jobs is None or options.jobs == 1:
            return cls(options)
        return cls(options, max(1, cores // options.jobs), SHARED_TILE_AREA)

    def among(self, jobs: int) -> "CleanerSpec":
        """Return the spec of one of so many processes on this machine."""
        return CleanerSpec.of(replace(self.options, jobs=jobs), os.cpu_count() or 1)

    def __call__(self) -> PageCleaner:
        """Load the cleaner.

        Raises:
            As `Cleaner.load`.
        """
        # here: a worker pays for it, `--help` does not
        from docclean.clean.cleaner import MAX_TILE_AREA, Cleaner

        options = self.options
        return Cleaner.load(
            options.model,
            gate=options.gate != "off",
            device=options.device,
            threads=options.threads or self.threads,
            reader=sample_reader(options) if options.gate == "ocr" else None,
            max_tile_area=self.tile_area or MAX_TILE_AREA,
            wish=wish_of(options),
        )


def wish_of(options: Options) -> "Wish":
    """Return how the parts of a page are to be shown."""
    from docclean.clean.parts.wish import Wish

    return Wish(
        tone=options.paper == "tone",
        desk=options.keep_desk,
        stamps="stamps" not in options.drop,
        pens="pens" not in options.drop,
    )


def engine_of(options: Options, psm: int | None = None) -> "OcrEngine":
    """Return the engine that the options ask for; `psm` is Tesseract's segmentation mode.

    Raises:
        UsageError: there is no such engine, or it has no `psm`.
    """
    from docclean.ocr import make_engine

    threads = options.threads or CleanerSpec.of(options, os.cpu_count() or 1).threads
    return make_engine(options.ocr_engine, options.lang, psm=psm, threads=threads)


def sample_reader(options: Options) -> "OcrEngine":
    """Return the engine with which the gate reads bands of a page: each is one block of text."""
    from docclean.ocr import Tesseract

    engine = engine_of(options)
    return replace(engine, psm=6) if isinstance(engine, Tesseract) else engine
