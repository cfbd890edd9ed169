"""Synthetic pairs: clean pages typeset and dirtied, with their true text beside them."""

import json
import re
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from random import Random

import numpy as np

from docclean.corruptions.chain import Chain, check_device, dirty_sheet, move_points
from docclean.errors import OutputError
from docclean.page import Image, Page
from docclean.pairs.contact_sheet import write_contact_sheet
from docclean.pairs.folder import write_pair, writing_pairs
from docclean.pairs.true_map import true_map, write_map
from docclean.recipe import Recipe
from docclean.synth import TextSource, Typeset, Word, draw_page, typeset
from docclean.synth.fonts import EMBEDDED_FONTS

PACKAGES = ("albumentations", "faker", "kornia", "torch")
"""Of the extra `train`: most pages need them, and a page without would be another one."""
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
    seed: int,
    index: int,
    text: TextSource,
    recipe: Recipe,
    layout: str | None = None,
    device: str = "",
) -> Pair:
    """Make page `index` of a seed; the same numbers make the same page, byte for byte.

    Args:
        seed: of the whole set.
        index: of the page in it.
        text: where the words come from.
        recipe: its [synth] and [corrupt] sections.
        layout: a layout's name; drawn when None.
        device: of torch's, for the corruptions that can run there; empty: all by OpenCV.
    """
    rng = np.random.default_rng((seed, index))
    look = recipe.look(rng.random())
    made = draw_page(Random(f"{seed}-{index}"), text, look.synth, layout=layout)
    assert made.page.dpi is not None  # a set page always knows
    dirty, clean, chain = dirty_sheet(
        made.page.pixels, rng, look.corrupt, made.page.dpi[0], device=device
    )
    words = _move_words(made, chain)
    kept = _still_there(made, words, clean)
    return Pair(
        made.page.with_pixels(dirty),
        made.page.with_pixels(clean),
        made,
        chain,
        tuple(word for word, there in zip(words, kept, strict=True) if there),
        _text_of(made, kept),
    )


def _move_words(made: Typeset, chain: Chain) -> list[Word]:
    """Return each word where the chain has moved it."""
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
    low, high = np.floor(moved.min(1)).astype(int), np.ceil(moved.max(1)).astype(int)
    return [
        replace(word, left=left, top=top, right=right, bottom=bottom)
        for word, (left, top), (right, bottom) in zip(
            made.words, low.tolist(), high.tolist(), strict=True
        )
    ]


def _still_there(made: Typeset, words: list[Word], clean: Image) -> list[bool]:
    """Tell of each word whether it is still to be read on the clean page.

    Holes and torn corners take ink away, a typist's XXXX brings as much again: what counts is
    its ink now over its ink before, against the other words', which grew bolder together.
    """
    if not words:
        return []
    before = np.array([_ink(made.page.pixels, word) for word in made.words])
    after = np.array([_ink(clean, word) for word in words])
    ratio = after / np.maximum(before, 1)
    usual = float(np.median(ratio))
    return [bool(0.5 * usual < one < 1.5 * usual) for one in ratio]


def _ink(image: Image, word: Word) -> float:
    """Return how much a word's box differs from its ground, in grey levels added up."""
    box = image[max(0, word.top) : max(0, word.bottom), max(0, word.left) : max(0, word.right)]
    return float(np.abs(box - np.median(box)).sum()) if box.size else 0.0


def _text_of(made: Typeset, kept: list[bool]) -> str:
    """Return the true text without the words that are not kept; the words come in its order."""
    words, lost = iter(zip(made.words, kept, strict=True)), []
    word, there = next(words, (None, True))
    for token in re.finditer(r"\S+ ?", made.text):
        if word is not None and token[0].strip() == word.text:
            if not there:
                lost.append(token.span())
            word, there = next(words, (None, True))
    text = made.text
    for start, end in reversed(lost):
        text = text[:start] + text[end:]
    return text


def write_pairs(out: Path, count: int, seed: int, recipe: Recipe, device: str = "") -> list[Path]:
    """Write `noisy/`, `clean/`, `truth/`, `index.jsonl` and the contact sheet.

    The folders are what `docclean evaluate` reads; the true text of a page is `truth/ID.gt.txt`,
    its words' boxes on the dirty page, in px, `truth/ID.words.json`, what each cell of 8 x 8 px of
    it, reduced to 768 px, shows `truth/ID.map.png`. A device is as of `make_pair`.

    Raises:
        ModuleNotFoundError: a package is missing that a later page would need.
        MissingProgramError: torch has no such device here.
        OutputError: the folder holds pages already, or cannot be written.
    """
    for package in PACKAGES:
        if find_spec(package) is None:
            raise ModuleNotFoundError(f"no module named {package}", name=package)
    check_device(device)
    if next(out.glob("noisy/*"), None):
        raise OutputError(f"{out}: holds pages already; choose another folder with -o")
    source = TextSource(recipe.synth.locales, _folder(recipe))
    with writing_pairs(out):
        written = [
            _write_pair(out, make_pair(seed, index, source, recipe, device=device), index)
            for index in range(count)
        ]
        lines = [line for _, line in written]
        (out / "index.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")
        write_contact_sheet(out / CONTACT_SHEET, seed, specimen(seed))
    return [path for path, _ in written]


def _write_pair(out: Path, pair: Pair, index: int) -> tuple[Path, str]:
    """Write a pair and its words' boxes; return the dirty page's path and its line of the index."""
    name = f"{index:05}"
    noisy = write_pair(out, name, pair.dirty, pair.clean, pair.text)
    boxes = [
        {"text": word.text, "bbox": [word.left, word.top, word.right, word.bottom]}
        for word in pair.words
    ]
    told = json.dumps({"words": boxes}, ensure_ascii=False)
    (out / "truth" / f"{name}.words.json").write_text(told + "\n", "utf-8")
    write_map(out / "truth" / f"{name}.map.png", true_map(pair.typeset, pair.chain))
    facts = {
        "id": name,
        "layout": pair.typeset.layout,
        "font": pair.typeset.font,
        "dpi": pair.dirty.dpi[0] if pair.dirty.dpi else None,
        "severity": round(max(0.0, pair.chain.severity), 3),
        "corruptions": pair.chain.names(),
    }
    return noisy, json.dumps(facts, ensure_ascii=False)


def _folder(recipe: Recipe) -> Path | None:
    return Path(recipe.synth.text_folder) if recipe.synth.text_folder else None


def specimen(seed: int) -> Image:
    """Return the print that contact sheets show, uint8 (H, W) at 150 dpi, full of text."""
    rng = Random(f"{seed}-sheet")
    page = typeset(rng, TextSource(()), 150, "article", fonts=EMBEDDED_FONTS).page.pixels
    rows, columns = np.nonzero(page < 128)
    top = rows.min() + (rows.max() - rows.min()) // 4  # past the heading
    return page[top:, columns.min() :]
