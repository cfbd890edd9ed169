"""Synthetic pairs: clean pages typeset and dirtied, with their true text beside them."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from random import Random

import cv2
import numpy as np

from docclean.corruptions import CORRUPTIONS
from docclean.corruptions.chain import Chain, apply_chain, draw_chain
from docclean.corruptions.sheet import write_contact_sheet
from docclean.errors import OutputError
from docclean.page import Image, Page
from docclean.recipe import Recipe
from docclean.synth import TextSource, Typeset, draw_page

CONTACT_SHEET = "contact-sheet.png"


@dataclass(frozen=True)
class Pair:
    """One page twice: dirty and clean, aligned to the pixel, and what it says."""

    dirty: Page
    clean: Page
    typeset: Typeset
    chain: Chain


def make_pair(
    seed: int, index: int, text: TextSource, recipe: Recipe, layout: str | None = None
) -> Pair:
    """Make page `index` of a seed; the same numbers make the same page, byte for byte.

    Args:
        seed: of the whole set.
        index: of the page in it.
        text: where the words come from.
        recipe: its [synth] and [corrupt] sections.
        layout: a layout's name; drawn when None.
    """
    made = draw_page(Random(f"{seed}-{index}"), text, recipe.synth.dpi_range, layout=layout)
    chain = draw_chain(np.random.default_rng((seed, index)), recipe.corrupt)
    dirty, clean = apply_chain(made.page.pixels, chain)
    return Pair(made.page.with_pixels(dirty), made.page.with_pixels(clean), made, chain)


def write_pairs(out: Path, count: int, seed: int, recipe: Recipe) -> list[Path]:
    """Write `noisy/`, `clean/`, `truth/ID.gt.txt`, `index.jsonl` and the contact sheet.

    The folders are what `docclean evaluate` reads.

    Raises:
        OutputError: the folder cannot be written.
    """
    source = TextSource(recipe.synth.locales, _folder(recipe))
    try:
        for name in ("noisy", "clean", "truth"):
            (out / name).mkdir(parents=True, exist_ok=True)
        written = [
            _write_pair(out, make_pair(seed, index, source, recipe), index)
            for index in range(count)
        ]
        lines = [line for _, line in written]
        (out / "index.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")
        article = draw_page(Random(f"{seed}-sheet"), source, (150, 150), layout="book").page
        write_contact_sheet(out / CONTACT_SHEET, seed, _middle(article.pixels))
    except OSError as error:
        raise OutputError(
            f"{out}: cannot be written ({error.strerror}); choose another folder with -o"
        ) from error
    return [path for path, _ in written]


def _write_pair(out: Path, pair: Pair, index: int) -> tuple[Path, str]:
    name = f"{index:05}"
    for folder, page in (("noisy", pair.dirty), ("clean", pair.clean)):
        write_png(out / folder / f"{name}.png", page)
    (out / "truth" / f"{name}.gt.txt").write_text(pair.typeset.text + "\n", "utf-8")
    facts = {
        "id": name,
        "layout": pair.typeset.layout,
        "font": pair.typeset.font,
        "dpi": pair.dirty.dpi[0] if pair.dirty.dpi else None,
        "severity": round(pair.chain.severity, 3),
        "corruptions": pair.chain.names(),
    }
    return out / "noisy" / f"{name}.png", json.dumps(facts, ensure_ascii=False)


def write_png(path: Path, page: Page) -> None:
    """Write a grey page as PNG with its dpi, aside and then renamed."""
    from PIL import Image as Pillow

    aside = path.with_suffix(f".{os.getpid()}.tmp")
    options = {"dpi": page.dpi} if page.dpi else {}
    Pillow.fromarray(page.pixels).save(aside, "PNG", **options)
    aside.replace(path)


def dirty_by_name(image: Image, members: dict[str, float], seed: int) -> tuple[Image, Image]:
    """Return (dirty, clean) with exactly the named corruptions, each at the given severity."""
    drawn = tuple(
        (
            CORRUPTIONS[name],
            CORRUPTIONS[name].sample(np.random.default_rng((seed, place)), severity),
        )
        for place, (name, severity) in enumerate(members.items())
    )
    return apply_chain(image, Chain(drawn, max(members.values(), default=0.0)))


def _folder(recipe: Recipe) -> Path | None:
    return Path(recipe.synth.text_folder) if recipe.synth.text_folder else None


def _middle(image: Image) -> Image:
    """Return the page without its white borders."""
    rows, columns = np.nonzero(cv2.blur(image, (3, 3)) < 200)
    return image[rows.min() :, columns.min() :] if len(rows) else image
