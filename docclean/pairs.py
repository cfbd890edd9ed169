"""Synthetic pairs: clean pages typeset and dirtied, with their true text beside them."""

import json
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import cv2
import numpy as np

from docclean.corruptions.chain import Chain, apply_chain, draw_chain, move_points
from docclean.corruptions.sheet import write_contact_sheet
from docclean.errors import OutputError
from docclean.page import Image, Page
from docclean.recipe import Recipe
from docclean.synth import TextSource, Typeset, Word, draw_page, typeset

CONTACT_SHEET = "contact-sheet.png"


@dataclass(frozen=True)
class Pair:
    """One page twice: dirty and clean, aligned to the pixel, and what it says."""

    dirty: Page
    clean: Page
    typeset: Typeset
    chain: Chain
    words: tuple[Word, ...]
    """The words still on the clean page, each where skew and warp have taken it."""
    text: str
    """True text without the words that a hole or a torn corner took."""


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
    rng = np.random.default_rng((seed, index))
    look = recipe.look(rng.random())
    made = draw_page(Random(f"{seed}-{index}"), text, look.synth, layout=layout)
    chain = draw_chain(rng, look.corrupt)
    assert made.page.dpi is not None  # a set page always knows
    dirty, clean = apply_chain(made.page.pixels, chain, made.page.dpi[0])
    moved = _move_words(made, chain)
    left = tuple(word for word, here in moved if _is_there(word, here, made.page.pixels, clean))
    kept = tuple(here for word, here in moved if word in left)
    lost = [word.text for word in made.words if word not in left]
    return Pair(
        made.page.with_pixels(dirty),
        made.page.with_pixels(clean),
        made,
        chain,
        kept,
        _without(made.text, lost),
    )


def _move_words(made: Typeset, chain: Chain) -> list[tuple[Word, Word]]:
    """Return each word as typeset, and where the chain has moved it."""
    page = made.page
    assert page.dpi is not None
    corners = np.array(
        [
            [(x, y) for x in (word.left, word.right) for y in (word.top, word.bottom)]
            for word in made.words
        ],
        np.float64,
    ).reshape(-1, 2)
    moved = move_points(corners, chain, page.pixels.shape[:2], page.dpi[0]).reshape(-1, 4, 2)
    sides = [np.floor(moved.min(1)).astype(int), np.ceil(moved.max(1)).astype(int)]
    return [
        (word, replace(word, left=left, top=top, right=right, bottom=bottom))
        for word, (left, top), (right, bottom) in zip(
            made.words, sides[0].tolist(), sides[1].tolist(), strict=True
        )
    ]


def _is_there(word: Word, here: Word, typeset: Image, clean: Image) -> bool:
    """Tell whether most of a word's contrast is still on the clean page."""
    before = typeset[word.top : word.bottom, word.left : word.right]
    after = clean[max(0, here.top) : here.bottom, max(0, here.left) : here.right]
    if not before.size or not after.size:
        return not before.size
    return float(after.std()) > 0.5 * float(before.std())


def _without(text: str, lost: list[str]) -> str:
    """Return the text less the lost words, each once."""
    for word in lost:
        text = re.sub(rf"(?<!\S){re.escape(word)}(?!\S) ?", "", text, count=1)
    return text


def write_pairs(out: Path, count: int, seed: int, recipe: Recipe) -> list[Path]:
    """Write `noisy/`, `clean/`, `truth/`, `index.jsonl` and the contact sheet.

    The folders are what `docclean evaluate` reads; the true text of a page is `truth/ID.gt.txt`,
    its words' boxes on the dirty page, in px, `truth/ID.words.json`.

    Raises:
        OutputError: the folder holds pages already, or cannot be written.
    """
    if next(out.glob("noisy/*"), None):
        raise OutputError(f"{out}: holds pages already; choose another folder with -o")
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
        article = typeset(Random(f"{seed}-sheet"), source, 150, "book").page
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
    (out / "truth" / f"{name}.gt.txt").write_text(pair.text + "\n", "utf-8")
    boxes = [
        {"text": word.text, "bbox": [word.left, word.top, word.right, word.bottom]}
        for word in pair.words
    ]
    told = json.dumps({"words": boxes}, ensure_ascii=False)
    (out / "truth" / f"{name}.words.json").write_text(told + "\n", "utf-8")
    facts = {
        "id": name,
        "layout": pair.typeset.layout,
        "font": pair.typeset.font,
        "dpi": pair.dirty.dpi[0] if pair.dirty.dpi else None,
        "severity": round(max(0.0, pair.chain.severity), 3),
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


def _folder(recipe: Recipe) -> Path | None:
    return Path(recipe.synth.text_folder) if recipe.synth.text_folder else None


def _middle(image: Image) -> Image:
    """Return the page without its white borders."""
    rows, columns = np.nonzero(cv2.blur(image, (3, 3)) < 200)
    return image[rows.min() :, columns.min() :] if len(rows) else image
