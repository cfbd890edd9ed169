"""How good the averaged network is: its loss on fixed patches, and what Tesseract reads of it."""

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from docclean.errors import MissingProgramError
from docclean.models import ARCHITECTURES, Architecture
from docclean.models.base import padded, to_bytes
from docclean.ocr import OcrEngine, Tesseract
from docclean.page import Image, Page
from docclean.pairs.make import Pair, make_pair
from docclean.recipe import Recipe, Synth, Train
from docclean.scores.text import Score, micro, score
from docclean.synth import TextSource, Word
from docclean.training.blocks import Blocks
from docclean.training.losses import image_loss
from docclean.training.plots import write_grid
from docclean.training.sheets import area_reduced

log = logging.getLogger(__name__)

CHUNK = 900_000
"""Pixels validated at once: 24 patches of 192 px."""
SEED = 20_000_000
"""Added to the recipe's seed: pages no patch of a training is cut from."""
READ_DPI = (110, 220)
"""Resolutions of the pages that are read; finer ones would take longer and show no more."""
MOST_CER = 0.03
"""A piece whose clean twin Tesseract reads worse than this tells of layout, not of dirt."""
WORDS = (12, 60)
"""Fewest and most words of a piece."""
CONTEXT = 64
"""Page around a piece in px that the network sees."""
RIM = 12
"""Paper added around a piece before it is read, in px: Tesseract wants some."""


def averaged(average: dict[str, Tensor], recipe: Recipe, device: torch.device) -> Architecture:
    """Return the recipe's network with the averaged weights, to be used and not to be trained."""
    network = ARCHITECTURES[recipe.model.name].build(recipe.model).to(device)
    network.load_state_dict(average)
    return network.eval()


@dataclass(frozen=True)
class Seen:
    """Fixed images as they are given, restored, and true; each uint8 (N, H, W)."""

    dirty: Image
    restored: Image
    clean: Image

    def grid(self, path: Path, rows: Sequence[int]) -> None:
        """Write a picture of some of them, side by side."""
        chosen = [at for at in rows if at < len(self.clean)]
        sides = (side[chosen] for side in (self.dirty, self.restored, self.clean))
        dirty, restored, clean = sides
        write_grid(path, dirty, restored, clean, count=len(chosen))


@torch.no_grad()
def validate(
    network: Architecture, blocks: Blocks, train: Train, device: torch.device
) -> tuple[dict[str, float], Seen]:
    """Return a network's scores on fixed images, and what it made of them.

    The scores are the training's own loss as `validation`, `mse` of greys in 0..1, and in dB
    `psnr` of all pixels together, and of the dirty images as `psnr_dirty` (enlarged bicubically
    where the clean ones are larger).
    """
    dirty, clean, _ = blocks[0]
    total, squares, before, restored = 0.0, 0.0, 0.0, []
    chunk = max(1, CHUNK // dirty[0].numel())
    for some, true_some in zip(torch.split(dirty, chunk), torch.split(clean, chunk), strict=True):
        given, true = some.to(device).float() / 255, true_some.to(device).float() / 255
        high, wide = true.shape[-2:]
        logits = network.logits(padded(given, network.stride))[..., :high, :wide].float()
        page = logits.sigmoid()
        total += len(some) * float(image_loss(logits, true, train, given))
        squares += float((page - true).square().sum())
        enlarged = given if given.shape == true.shape else _enlarged(given, (high, wide))
        before += float((enlarged - true).square().sum())
        restored.append(to_bytes(page).cpu())
    mse, mse_dirty = squares / clean.numel(), before / clean.numel()
    scores = {"validation": total / len(clean), "mse": mse}
    scores |= {"psnr": decibels(mse), "psnr_dirty": decibels(mse_dirty)}
    sides = (side[:, 0].numpy() for side in (dirty, torch.cat(restored), clean))
    return scores, Seen(*sides)


def decibels(mse: float) -> float:
    """Return the peak signal-to-noise ratio of a mean squared error of greys in 0..1."""
    return -10 * math.log10(max(mse, 1e-10))


def _enlarged(image: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(image, size, mode="bicubic", align_corners=False).clamp(0, 1)


@dataclass(frozen=True)
class Piece:
    """A few lines of a dirty page that stand apart from the rest, and what they say."""

    dirty: Image
    """uint8 (h, w), with context."""
    box: tuple[slice, slice]
    """Where the lines stand in it."""
    text: str
    dpi: float

    def page(self, seen: Image) -> Page:
        """Return the lines alone, cut from the dirty or a cleaned `seen`, as Tesseract gets them.

        A `seen` of more pixels than the piece has (super-resolution) is cut where the lines are.
        """
        factor = seen.shape[0] // self.dirty.shape[0]
        box = tuple(slice(factor * side.start, factor * side.stop) for side in self.box)
        lines = seen[box]
        paper = int(np.median(np.concatenate((lines[0], lines[-1]))))
        framed = np.pad(lines, RIM * factor, constant_values=paper)
        return Page(framed, (factor * self.dpi, factor * self.dpi))


class Reader:
    """Pieces of pages no training sees, and how well they are read dirty and cleaned."""

    def __init__(self, pieces: Sequence[Piece], engine: OcrEngine) -> None:
        """Read the pieces as they are, once: the rate every cleaning is held against."""
        self._pieces, self._engine = pieces, engine
        self.dirty = self._cer(lambda piece: piece.dirty)

    @classmethod
    def of(cls, recipe: Recipe) -> "Reader | None":
        """Make the pieces of a recipe; None where it wants none or Tesseract is missing."""
        if not recipe.train.cer_pages:
            return None
        engine = Tesseract("eng", psm=6)
        try:
            engine.check_languages()
        except MissingProgramError as error:
            log.warning("validation goes without reading: %s", error)
            return None
        pieces = draw_pieces(recipe, engine)
        if not pieces:
            log.warning("validation goes without reading: no page has lines that stand alone")
            return None
        return cls(pieces, engine)

    @torch.no_grad()
    def read(self, network: Architecture, device: torch.device) -> float:
        """Return the CER of all pieces together, each cleaned by the network as it is."""
        return self._cer(lambda piece: _cleaned(network, piece.dirty, device))

    def _cer(self, seen: Callable[[Piece], Image]) -> float:
        return micro([_read(self._engine, piece, seen(piece)) for piece in self._pieces]).cer


def _read(engine: OcrEngine, piece: Piece, seen: Image) -> Score:
    return score(piece.text, engine.read(piece.page(seen)).text)


def draw_pieces(recipe: Recipe, engine: OcrEngine) -> list[Piece]:
    """Return a piece of each of `cer_pages` pages in English; the same seed, the same pieces.

    Fewer where that many pages are not soon found whose clean side the engine reads.
    """
    looks = tuple(replace(look, synth=_for_reading(look.synth)) for look in recipe.mix)
    english = replace(recipe, synth=_for_reading(recipe.synth), mix=looks)
    source, seed = TextSource(english.synth.locales), recipe.train.seed + SEED
    pieces: list[Piece] = []
    for index in range(3 * recipe.train.cer_pages):
        pair = make_pair(seed, index, source, english)
        piece = cut_piece(pair, recipe.model.scale)
        plain = cut_piece(replace(pair, dirty=pair.clean), recipe.model.scale)
        if piece and plain and _read(engine, plain, plain.dirty).cer <= MOST_CER:
            pieces.append(piece)
        if len(pieces) == recipe.train.cer_pages:
            break
    return pieces


def _for_reading(synth: Synth) -> Synth:
    low, high = (min(max(dpi, READ_DPI[0]), READ_DPI[1]) for dpi in synth.dpi_range)
    return replace(synth, locales=("en_US",), text_folder="", dpi_range=(low, high))


def cut_piece(pair: Pair, scale: int = 1) -> Piece | None:
    """Return the longest run of whole lines, at most `WORDS`, that no other word reaches into.

    The words of a run follow each other in the true text, so the piece has one reading order
    however many columns the page has. None where no run has enough words.
    """
    start, end = max(_runs(pair.words), key=lambda run: run[1] - run[0], default=(0, 0))
    words = pair.words[start:end]
    if len(words) < WORDS[0]:
        return None
    left, top, right, bottom = _around(words, 2)
    page = area_reduced(pair.dirty.grey(), scale)
    left, top, right, bottom = (side // scale for side in (left, top, right, bottom))
    height, width = page.shape
    low, high = max(0, left - CONTEXT), max(0, top - CONTEXT)
    crop = page[high : bottom + CONTEXT, low : right + CONTEXT]
    box = (
        slice(max(0, top) - high, min(height, bottom) - high),
        slice(max(0, left) - low, min(width, right) - low),
    )
    assert pair.dirty.dpi is not None
    text = " ".join(word.text for word in words)
    return Piece(crop, box, text, pair.dirty.dpi[0] / scale)


def _runs(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Yield first and last + 1 of runs of whole lines, each line under the one before it."""
    starts = _line_starts(words)
    for place, start in enumerate(starts):
        for line, end in pairwise(starts[place:]):
            if end - start > WORDS[1] or (line > start and words[line].top <= words[line - 1].top):
                break
            if _alone(words, start, end):
                yield start, end


def _line_starts(words: Sequence[Word]) -> list[int]:
    """Return where lines begin, and the number of words: a word not right of the last one."""
    if not words:
        return []
    turns = [
        place
        for place in range(1, len(words))
        if words[place].left < words[place - 1].right
        or words[place].top >= words[place - 1].bottom
        or words[place].bottom <= words[place - 1].top
    ]
    return [0, *turns, len(words)]


def _around(words: Sequence[Word], margin: int) -> tuple[int, int, int, int]:
    """Return (left, top, right, bottom) of the words together with a margin, px."""
    return (
        min(word.left for word in words) - margin,
        min(word.top for word in words) - margin,
        max(word.right for word in words) + margin,
        max(word.bottom for word in words) + margin,
    )


def _alone(words: Sequence[Word], start: int, end: int) -> bool:
    """Tell whether no other word reaches into the box around words[start:end]."""
    left, top, right, bottom = _around(words[start:end], 2)
    return not any(
        word.right > left and word.left < right and word.bottom > top and word.top < bottom
        for word in (*words[:start], *words[end:])
    )


def _cleaned(network: Architecture, dirty: Image, device: torch.device) -> Image:
    """Return a whole crop cleaned, uint8, padded for the network and cut again."""
    height, width = dirty.shape
    rest = [(0, -side % network.stride) for side in dirty.shape]
    image = torch.from_numpy(np.pad(dirty, rest, mode="edge")).to(device).float() / 255
    page = (network(image[None, None])[0, 0] * 255).round().to(torch.uint8).cpu().numpy()
    return np.asarray(page[: height * network.scale, : width * network.scale])
