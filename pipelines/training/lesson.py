"""The figures and pictures of the lesson in pipelines/recipes/classics/README.md.

    python pipelines/training/lesson.py -o runs/lesson

Three questions, one function each: what a bottleneck costs a page, what a network makes of noise it
was not trained on, and how denoising compares with older methods. The networks are small and
learn for a minute or two; what was stopped goes on where it was.
"""

import argparse
import datetime
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch

from docclean.clean.network import WEIGHTS
from docclean.errors import DoccleanError
from docclean.machine import machine
from docclean.models import Architecture
from docclean.models.base import padded, to_bytes
from docclean.models.checkpoint import load_network, parameter_count
from docclean.ocr import Tesseract
from docclean.page import Image
from docclean.recipe import Corrupt, Model, Recipe
from docclean.training.loop import train
from docclean.training.sources import SOURCES
from docclean.training.validate import Reader, decibels, draw_pieces

CLASSICS = Path(__file__).parents[1] / "recipes" / "classics"
CPU = torch.device("cpu")
SMALL_DAE = Model("dae", (16, 32, 48, 64), (0, 1, 1, 0, 0), 0)
"""Of the size that cleans documents."""
SHOWN = 6
"""Digits in a row of a picture."""


# --- what a bottleneck costs ----------------------------------------------------------------------

PAGE_NETWORKS = {
    "16 numbers": Model(
        "bottleneck", (32, 64), side=32, latent=16, convs=(1, 2), leak=0.2, norm=True
    ),
    "conv": Model("conv", (16, 8, 8)),
    "dae": SMALL_DAE,
}
"""All learn from the same pages for as many steps; 16 numbers stand for 32 x 32 px."""


def page_recipe(model: Model, quick: bool) -> Recipe:
    """Return a recipe of English pages of 150 dpi under noise of 0.35."""
    settings = Recipe.load(
        synth__pages=4 if quick else 60,
        synth__dpi_range=(150, 150),
        synth__locales=("en_US",),
        corrupt__only_named=True,
        corrupt__clean_share=0.1,
        corrupt__members={"gaussian_noise": 1.0},
        corrupt__ranges={"gaussian_noise": {"deviation": (0.35, 0.35)}},
        train__patch=128,
        train__sheet=384,
        train__steps=4 if quick else 1200,
        train__validate_every=4 if quick else 1200,
        train__warmup=2 if quick else 100,
        train__ema=0.99,
        train__enlarge_share=0,
        train__cer_pages=2 if quick else 8,
        train__workers=0,
    )
    return replace(settings, model=model)


def bottlenecks(out: Path, quick: bool) -> list[str]:
    """Return the table of page networks, and write `bottleneck.png`: one text through each."""
    engine = Tesseract("eng", psm=6)
    recipe = page_recipe(SMALL_DAE, quick)
    piece = min(draw_pieces(recipe, engine), key=lambda one: one.dirty.size)
    reader = Reader.of(recipe)
    assert reader is not None
    networks = {}
    for name, model in PAGE_NETWORKS.items():
        for pages in out.glob("*/pages-*"):  # the same for all, so they are typeset once
            if not (out / name / pages.name).exists():
                shutil.copytree(pages, out / name / pages.name)
        networks[name] = load_network(train(page_recipe(model, quick), out / name, resume=True))[0]
    networks["small, as shipped"] = load_network(WEIGHTS / "small.safetensors")[0]
    lines = ["| through | parameters | CER |", "|---|--:|--:|"]
    lines.append(f"| nothing | | {reader.dirty:.1%} |")
    shown = [piece.dirty]
    for name, network in networks.items():
        cer = reader.read(network, CPU)
        lines.append(f"| {name} | {parameter_count(network):,} | {cer:.1%} |")
        shown.append(restored(network, piece.dirty[None])[0])
    cut = [page[piece.box][:64, :420] for page in shown]
    write_png(out / "bottleneck.png", np.vstack([framed(page) for page in cut]))
    return lines


# --- trained noise and met noise ------------------------------------------------------------------

NOISES: Mapping[str, Mapping[str, Mapping[str, tuple[float, float]]]] = {
    "Gaussian 0.3": {"gaussian_noise": {"mean": (0, 0), "deviation": (0.3, 0.3)}},
    "salt and pepper 0.2": {"salt_and_pepper": {"share": (0.2, 0.2), "salt": (0.5, 0.5)}},
    "JPEG of quality 5": {"jpeg": {"quality": (5, 5)}},
}


def digits_under(noise: Sequence[str], model: Model, quick: bool) -> Recipe:
    """Return a recipe of digits, each picture under one of the noises or under several."""
    base = Recipe.load(CLASSICS / "conv-denoise.toml")
    members = {member: 1.0 / len(noise) for name in noise for member in NOISES[name]}
    ranges = {member: spans for name in noise for member, spans in NOISES[name].items()}
    corrupt = Corrupt(clean_share=0, only_named=True, members=members, ranges=ranges)
    # by its squared error a network that paints anew may end white, as most of a digit is
    loss = "bce" if model.name == "conv" else "mse"
    settings = replace(base.train, loss=loss, epochs=1 if quick else 3, batch=64)
    data = replace(base.data, limit=192 if quick else 20_000)
    return replace(base, corrupt=corrupt, model=model, train=settings, data=data)


def under(noise: str, quick: bool) -> tuple[Image, Image]:
    """Return the held-out digits under a noise, and as they were; uint8 (N, 28, 28)."""
    recipe = digits_under([noise], SMALL_DAE, quick)
    dirty, clean, _ = SOURCES["idx"](recipe).validation(Path())[0]
    most = 1000
    return dirty[:most, 0].numpy(), clean[:most, 0].numpy()


def noise_matrix(out: Path, quick: bool) -> list[str]:
    """Return PSNR by trained noise and met noise, and write `matrix.png`."""
    trained = {name: [name] for name in NOISES} | {"all three": list(NOISES)}
    lines = [f"| trained on, met: | {' | '.join(NOISES)} |", "|---|" + "--:|" * len(NOISES)]
    met = {name: under(name, quick) for name in NOISES}
    cells = [f"{psnr(dirty, clean):.1f} dB" for dirty, clean in met.values()]
    lines.append(f"| nothing | {' | '.join(cells)} |")
    rows = [[dirty[:SHOWN] for dirty, _ in met.values()]]
    for name, noise in trained.items():
        recipe = digits_under(noise, SMALL_DAE, quick)
        network, _ = load_network(train(recipe, out / f"trained on {name}", resume=True))
        made = [restored(network, dirty) for dirty, _ in met.values()]
        pairs = zip(made, met.values(), strict=True)
        cells = [f"{psnr(page, clean):.1f} dB" for page, (_, clean) in pairs]
        lines.append(f"| {name} | {' | '.join(cells)} |")
        rows.append([page[:SHOWN] for page in made])
    laid = [np.hstack([framed(np.hstack(list(cell))) for cell in row]) for row in rows]
    write_png(out / "matrix.png", np.vstack(laid))
    return lines


# --- denoising and what came before it ------------------------------------------------------------


def principal(clean: Image, kept: int) -> Callable[[Image], Image]:
    """Return a projection on the components of clean digits."""
    from sklearn.decomposition import PCA

    found = PCA(kept, random_state=0).fit(clean.reshape(len(clean), -1) / 255.0)

    def project(dirty: Image) -> Image:
        flat = found.inverse_transform(found.transform(dirty.reshape(len(dirty), -1) / 255.0))
        return np.asarray((flat.clip(0, 1) * 255).round().reshape(dirty.shape), np.uint8)

    return project


def each(step: Callable[[Image], Image]) -> Callable[[Image], Image]:
    """Return a filter of one picture as one of many."""
    return lambda dirty: np.stack([np.asarray(step(one), np.uint8) for one in dirty])


def rivals(out: Path, quick: bool) -> list[str]:
    """Return PSNR at equal noise of each method, its setting the best of a few, as a table.

    `rivals.png` shows them. The settings are chosen on digits that are learned from.
    """
    noise = next(iter(NOISES))
    dirty, clean = under(noise, quick)
    recipe = digits_under([noise], SMALL_DAE, quick)
    given, true = learned_pairs(recipe)
    methods: dict[str, dict[str, Callable[[Image], Image]]] = {
        "median": {
            f"{side} px": each(lambda one, side=side: cv2.medianBlur(one, side)) for side in (3, 5)
        },
        "non-local means": {
            f"h = {h}": each(lambda one, h=h: cv2.fastNlMeansDenoising(one, None, h, 5, 15))
            for h in (40, 60, 80, 100)
        },
        "PCA": {
            f"{kept} components": principal(true, kept)
            for kept in (16, 32, 64, 128)
            if kept < len(true)
        },
        "conv 32-32": {
            "a code of 7 x 7 x 32": network_of(Model("conv", (32, 32)), noise, out, quick)
        },
        "dae": {"no bottleneck": network_of(SMALL_DAE, noise, out, quick)},
    }
    lines = ["| method | setting | PSNR |", "|---|---|--:|"]
    lines.append(f"| nothing | | {psnr(dirty, clean):.1f} dB |")
    shown = [dirty[:SHOWN]]
    for name, settings in methods.items():
        best = max(settings, key=lambda one: psnr(settings[one](given[:300]), true[:300]))
        made = settings[best](dirty)
        lines.append(f"| {name} | {best} | {psnr(made, clean):.1f} dB |")
        shown.append(made[:SHOWN])
    rows = [framed(np.hstack(list(row))) for row in (*shown, clean[:SHOWN])]
    write_png(out / "rivals.png", np.vstack(rows))
    return lines


def network_of(model: Model, noise: str, out: Path, quick: bool) -> Callable[[Image], Image]:
    """Return a trained network as a filter of pictures."""
    name = noise if model == SMALL_DAE else f"{noise}, {model.name}"
    checkpoint = train(digits_under([noise], model, quick), out / f"trained on {name}", resume=True)
    network, _ = load_network(checkpoint)
    return lambda dirty: restored(network, dirty)


def learned_pairs(recipe: Recipe) -> tuple[Image, Image]:
    """Return some digits that are learned from, dirty and clean; uint8 (N, 28, 28)."""
    from docclean.training.parallel import Team

    blocks = SOURCES["idx"](recipe).learning(Path(), Team.join())
    parts = [blocks[index] for index in range(3)]
    dirty, clean = (torch.cat([part[side] for part in parts])[:, 0] for side in (0, 1))
    return dirty.numpy(), clean.numpy()


# --- pictures and figures -------------------------------------------------------------------------


@torch.no_grad()
def restored(network: Architecture, dirty: Image) -> Image:
    """Return what a network makes of pictures, uint8 (N, H, W) -> the same shape."""
    high, wide = dirty.shape[1:]
    made = []
    for some in torch.split(torch.from_numpy(np.ascontiguousarray(dirty)), 200):
        given = padded(some[:, None].float() / 255, network.stride)
        made.append(to_bytes(network(given)[:, 0, :high, :wide]))
    return np.asarray(torch.cat(made).numpy())


def psnr(made: Image, clean: Image) -> float:
    """Return the PSNR of all pixels together, dB."""
    return decibels(float(((made.astype(float) - clean) ** 2).mean()) / 255**2)


def framed(image: Image) -> Image:
    """Return a picture with a grey line around it."""
    return np.asarray(cv2.copyMakeBorder(image, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=170))


def write_png(path: Path, image: Image) -> None:
    """Write a small PNG of 16 greys."""
    coarse = (image.astype(np.uint16) * 15 + 127) // 255 * 17
    path.write_bytes(cv2.imencode(".png", coarse.astype(np.uint8))[1].tobytes())


QUESTIONS = {
    "What a bottleneck costs": bottlenecks,
    "Trained noise and met noise": noise_matrix,
    "Denoising and what came before it": rivals,
}


def main() -> None:
    """Answer all questions, each told as soon as it is known."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-o", "--out", type=Path, default=Path("runs/lesson"))
    parser.add_argument("--quick", action="store_true", help="a few steps: to see that it runs")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    command = f"python pipelines/training/lesson.py{' --quick' if options.quick else ''}"
    told = [f"Written {datetime.date.today().isoformat()} by `{command}` on {machine()}."]
    try:
        for title, answer in QUESTIONS.items():
            told += ["", f"## {title}", "", *answer(options.out, options.quick)]
            (options.out / "numbers.md").write_text("\n".join(told) + "\n", "utf-8")
    except DoccleanError as error:
        sys.exit(f"{error}")
    print("\n".join(told))


if __name__ == "__main__":
    main()
