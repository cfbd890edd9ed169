"""How near does a network come to the clean twins of a set it is tuned on, fonts held out?

    python pipelines/bench/folds.py DATA/dirty-documents --checkpoint CKPT.safetensors [--flips]

Noise fields repeat over the fonts, and so does the text: the figure compares with the contest of
2015 and says nothing of unseen dirt. Nothing tuned on these pages is ever shipped. Pages are worked
on enlarged twice; what is done is kept in --out and not done again.
"""

import copy
import csv
import json
import sys
import time
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from common import described, run, write
from torch import Tensor

from docclean.clean.type_size import enlarge, resized
from docclean.documents import read_pages
from docclean.errors import UnreadableInputError, UsageError
from docclean.models import Architecture
from docclean.models.checkpoint import load_network, save_tensors
from docclean.page import Image
from docclean.recipe import Train
from docclean.scores.pixels import rmse
from docclean.training.losses import cleaning_loss
from docclean.training.schedule import average_decay, learning_rate

FACTOR, SIDES = 2, ("noisy", "clean")
CORRECTIONS = 20  # none leave the target off by an RMSE of 0.028, 10 by 0.004, 30 by 0.003
SQUARES = 50.0  # weight of the mean squared error at the page's own size: what is measured
LIGHT = ((0.95, -0.03), (1.05, 0.03))  # least and largest gain and offset of the noisy side
TRAIN = Train(steps=1000, warmup=20, learning_rate=1e-3, ema=0.995)  # steps: shares of the time
REPEATS = """No font of a test page is in its training pages. The noise fields repeat over the
fonts, and so does the text: a test page's dirt was seen in training, under other letters"""
Row = dict[str, Any]  # noise, font, pixels of a page held out; its RMSE raw, start and tuned, 0..1


class Pair(NamedTuple):
    """A page and its clean twin, (H, W) uint8 of one shape, and what the index says of it."""

    noise: str
    font: str
    noisy: Image
    clean: Image


def read_pairs(folder: Path) -> list[Pair]:
    """Read `index.csv` (id, noise, font) and the twins `noisy/ID.png`, `clean/ID.png`."""
    try:
        index = csv.DictReader((folder / "index.csv").read_text("utf-8").splitlines())
        rows = [(row["id"], row["noise"], row["font"]) for row in index]
    except (OSError, KeyError) as error:
        raise UnreadableInputError(f"{folder}: no index.csv to use; mend it ({error})") from error
    pages = [[next(read_pages(folder / side / f"{row[0]}.png")) for side in SIDES] for row in rows]
    return [Pair(*row[1:], *(p.grey() for p in two)) for row, two in zip(rows, pages, strict=True)]


def font_folds(fonts: Iterable[str], count: int) -> list[list[str]]:
    """Return the fonts (as Lre: size, face, emphasis) each fold holds out: sorted, in turns."""
    names = sorted(set(fonts))
    if not 2 <= count <= len(names):
        raise UsageError(f"--folds must lie between 2 and the number of fonts, {len(names)}")
    return [names[first::count] for first in range(count)]


def reduced(page: Tensor) -> Tensor:
    """Return what `resized` makes of (N, 1, 2H, 2W): (N, 1, H, W), edges continued outwards."""
    place = (torch.arange(12) - 5.5) / FACTOR
    taps = torch.sinc(place) * torch.sinc(place / 3)
    kernel = torch.outer(taps, taps) / taps.sum() ** 2
    return F.conv2d(F.pad(page, (5, 5, 5, 5), "replicate"), kernel[None, None], stride=FACTOR)


def target(clean: Image) -> Image:
    """Return (2H, 2W) that `resized` reduces to (H, W): back-projection, Irani & Peleg 1991."""
    small, page = (torch.tensor(side)[None, None].float() for side in (clean, enlarge(clean, 2)))
    for _ in range(CORRECTIONS):
        missed = F.interpolate(small - reduced(page), scale_factor=2.0, mode="bicubic")
        page = (page + missed).clamp(0, 255)
    return np.asarray(page[0, 0].round().to(torch.uint8))


def tune(network: Architecture, pairs: list[Pair], train: Train, minutes: float) -> Architecture:
    """Return the averaged network tuned on the pairs for minutes, or if 0 for `train.steps`."""
    learner, average = copy.deepcopy(network).train(), copy.deepcopy(network)
    learner.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(learner.parameters(), weight_decay=train.weight_decay)
    pages, rng = [_planes(pair) for pair in pairs], np.random.default_rng(train.seed)
    began, step, share = time.monotonic(), 0, 0.0
    while share < 1:
        optimizer.param_groups[0]["lr"] = learning_rate(int(share * train.steps), train)
        loss = _loss(learner, train, *_batch(pages, rng, train))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(learner.parameters(), train.clip)
        optimizer.step()
        for old, new in zip(average.parameters(), learner.parameters(), strict=True):
            old.data.lerp_(new.data, 1 - average_decay(step, train))
        step, gone = step + 1, time.monotonic() - began
        share = gone / (60 * minutes) if minutes else step / train.steps
        sys.stderr.write(f"{gone:.0f} s, step {step}: {loss:.4f}\n" if step % 50 == 0 else "")
    return average


def _loss(net: Architecture, train: Train, dirty: Tensor, wanted: Tensor, clean: Tensor) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        logits = net.logits(dirty.contiguous(memory_format=torch.channels_last)).float()
    wrong = (reduced(logits.sigmoid()).clamp(0, 1) - clean)[..., 3:-3, 3:-3]  # but for its rim
    return cleaning_loss(logits, wanted, train) + SQUARES * wrong.square().mean()


def _planes(pair: Pair) -> Tensor:
    """Return uint8 (9, H, W): 4 for each 2 x 2 px of the noisy side, 4 of the target, the twin."""
    large = torch.from_numpy(np.stack([enlarge(pair.noisy, FACTOR), target(pair.clean)]))
    return torch.cat([F.pixel_unshuffle(large, FACTOR), torch.tensor(pair.clean)[None]])


def _batch(pages: Sequence[Tensor], rng: np.random.Generator, train: Train) -> list[Tensor]:
    """Return flipped crops in 0..1: dirty and wanted (N, 1, T, T), clean (N, 1, T/2, T/2)."""
    crops, side = [], train.patch // FACTOR
    for _ in range(train.batch):
        page = pages[int(rng.integers(len(pages)))]
        row, column = (int(rng.integers(length - side + 1)) for length in page.shape[1:])
        crops.append(page[:, row : row + side, column : column + side])
    planes, turn = torch.stack(crops) / 255, [axis for axis in (2, 3) if rng.random() < 0.5]
    gain, offset = torch.tensor(rng.uniform(*LIGHT, (train.batch, 2)).T)[..., None, None, None]
    dirty = (F.pixel_shuffle(planes[:, :4], FACTOR) * gain + offset).clamp(0, 1).float()
    sides = dirty, F.pixel_shuffle(planes[:, 4:8], FACTOR), planes[:, 8:]
    return [side.flip(turn) for side in sides]


@torch.inference_mode()
def cleaned(network: Architecture, noisy: Image, flips: bool = False) -> Image:
    """Return a page (H, W) uint8 cleaned enlarged, in float32; `flips` averages four mirrorings."""
    page = enlarge(noisy, FACTOR)
    edges = [(0, -side % network.stride) for side in page.shape]
    image = torch.from_numpy(np.pad(page, edges, mode="edge"))[None, None] / 255
    turns: list[list[int]] = [[], [2], [3], [2, 3]] if flips else [[]]
    mean = torch.stack([network(image.flip(turn)).flip(turn) for turn in turns]).mean(0)[0, 0]
    levels = (mean * 255).round().to(torch.uint8).numpy()
    return resized(levels[: page.shape[0], : page.shape[1]], noisy.shape)


def measure_fold(
    pairs: Sequence[Pair], fonts: Sequence[str], checkpoint: Path, out: Path,
    train: Train, minutes: float, flips: bool = False,
) -> list[Row]:  # fmt: skip
    """Return the rows of the fonts held out; same pages, weights and settings are done once."""
    start, header = load_network(checkpoint)
    data = [zlib.crc32(pair.noisy.tobytes() + pair.clean.tobytes()) for pair in pairs]
    told = repr((fonts, data, train, minutes, CORRECTIONS, SQUARES, LIGHT))
    weights = out / f"{zlib.crc32(told.encode() + checkpoint.read_bytes()):08x}.safetensors"
    results = weights.with_suffix(".flips.json" if flips else ".json")
    if not results.exists():
        out.mkdir(parents=True, exist_ok=True)
        if not weights.exists():
            others = [pair for pair in pairs if pair.font not in fonts]
            values = tune(start, others, train, minutes).state_dict()
            header |= {"tuned_on": "pages of a benchmark: never to be shipped"}
            save_tensors(weights, {f"ema.{name}": value for name, value in values.items()}, header)
        networks, rows = (("start", start), ("tuned", load_network(weights)[0])), []
        for pair in (pair for pair in pairs if pair.font in fonts):
            row: Row = {key: rmse(cleaned(n, pair.noisy, flips), pair.clean) for key, n in networks}
            row |= {"noise": pair.noise, "font": pair.font, "pixels": pair.clean.size}
            rows.append(row | {"raw": rmse(pair.noisy, pair.clean)})
        results.with_suffix(".tmp").write_text(json.dumps(rows), "utf-8")
        results.with_suffix(".tmp").replace(results)
    return list(json.loads(results.read_text("utf-8")))


def pooled(rows: Sequence[Row], name: str) -> float:
    """Return the RMSE over all pixels of all pages."""
    sizes = [row["pixels"] for row in rows]
    return float(np.average([row[name] ** 2 for row in rows], weights=sizes) ** 0.5)


def table(folds: Sequence[Sequence[Row]]) -> list[str]:
    """Return the lines of the markdown table: each fold, each noise, all pages."""
    every = sorted((row for rows in folds for row in rows), key=lambda row: str(row["noise"]))
    parts = {f"without {' '.join(sorted({row['font'] for row in rows}))}": rows for rows in folds}
    parts |= {a["noise"]: [row for row in every if row["noise"] == a["noise"]] for a in every}
    lines = ["| RMSE of | pages | as it is | before tuning | tuned |", "|---|--:|--:|--:|--:|"]
    for part, rows in (parts | {"all pages": every}).items():
        errors = " | ".join(f"{pooled(rows, name):.4f}" for name in ("raw", "start", "tuned"))
        lines.append(f"| {part} | {len(rows)} | {errors} |")
    return lines


def main() -> None:
    """Do each fold that is not done, and tell."""
    parser = described(__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--checkpoint", type=Path, required=True, help="one nobody writes to")
    for name, usual in (("folds", 3), ("minutes", 10.0), ("threads", 2), ("out", "out/folds")):
        parser.add_argument(f"--{name}", type=type(usual), default=usual)
    parser.add_argument("--flips", action="store_true", help="average four mirrored cleanings")
    parser.add_argument("--markdown", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    pairs = read_pairs(args.data)
    folds = [
        measure_fold(pairs, fonts, args.checkpoint, Path(args.out), TRAIN, args.minutes, args.flips)
        for fonts in font_folds([pair.font for pair in pairs], args.folds)
    ]
    facts = f"{REPEATS}. {args.minutes:g} minutes a fold, flips: {args.flips}; bar 0.012"
    write("Tuned on the set, fonts held out", facts, table(folds), args.markdown)


if __name__ == "__main__":
    run(main)
