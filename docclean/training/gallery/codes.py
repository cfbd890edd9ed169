"""Codes as pictures, and as points of a plane: t-SNE beside principal components."""

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from docclean.models import Autoencoder
from docclean.models.base import padded
from docclean.page import Image

CELL = 112
"""Side of a picture of a code, px."""
WIDE = 50
"""Longer codes are reduced to so many principal components before t-SNE."""
FEWEST = 12
"""Points below which a map says nothing."""


@torch.no_grad()
def codes_of(network: Autoencoder, images: Tensor) -> NDArray[np.float32]:
    """Return the codes of images (N, 1, h, w) in 0..1, float (N, channels, rows, columns)."""
    parts = [
        network.encode(padded(some, network.stride)).float().cpu()
        for some in torch.split(images, 100)
    ]
    return np.asarray(torch.cat(parts).numpy())


def draw_codes(path: Path, network: Autoencoder, given: Tensor, restored: Tensor) -> None:
    """Write rows of an image as it was given, its code as a picture, and what came back.

    Args:
        path: the PNG file.
        network: the auto-encoder.
        given: float (N, 1, h, w) in 0..1.
        restored: uint8 (N, 1, H, W).
    """
    codes = codes_of(network, given)
    low, high = float(codes.min()), float(codes.max())
    greys = ((codes - low) * (255 / max(high - low, 1e-9))).astype(np.uint8)
    before = (given[:, 0].cpu() * 255).round().to(torch.uint8).numpy()
    rows = [
        np.hstack([_framed(side) for side in (one, tiled(code), back)])
        for one, code, back in zip(before, greys, restored[:, 0].numpy(), strict=True)
    ]
    path.write_bytes(cv2.imencode(".png", np.vstack(rows))[1].tobytes())


def tiled(code: NDArray[np.uint8]) -> Image:
    """Return the channels of a code (C, h, w) side by side in a nearly square picture."""
    count, high, wide = code.shape
    columns = math.ceil(math.sqrt(count * high / wide))
    rows = -(-count // columns)
    full = np.zeros((rows * columns, high, wide), np.uint8)
    full[:count] = code
    laid = full.reshape(rows, columns, high, wide).swapaxes(1, 2)
    return np.asarray(laid.reshape(rows * high, columns * wide))


def _framed(image: Image) -> Image:
    high, wide = image.shape
    factor = CELL / max(high, wide)
    size = (max(1, round(wide * factor)), max(1, round(high * factor)))
    shown = cv2.resize(image, size, interpolation=cv2.INTER_NEAREST)
    rest = CELL - size[1], CELL - size[0]
    return np.asarray(np.pad(shown, ((2, 2 + rest[0]), (2, 2 + rest[1])), constant_values=128))


def draw_map(path: Path, network: Autoencoder, images: Tensor, classes: tuple[int, ...]) -> None:
    """Write two maps of the images' codes, coloured by class: PCA, and t-SNE.

    t-SNE: van der Maaten and Hinton 2008. Too few images, or codes of one number, give no map.

    Args:
        path: the PNG file.
        network: the auto-encoder.
        images: float (N, 1, h, w) in 0..1.
        classes: of the images; empty where there are none.
    """
    codes = codes_of(network, images).reshape(len(images), -1)
    if len(codes) < FEWEST or codes.shape[1] < 2:
        return
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    principal = PCA(min(WIDE, *codes.shape), random_state=0).fit(codes)
    points = principal.transform(codes)
    perplexity = min(30.0, len(codes) / 4)
    near = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(points)
    kept = principal.explained_variance_ratio_[:2].sum()
    titles = f"PCA, {kept:.0%} of the variance", f"t-SNE, perplexity {perplexity:.0f}"
    _scatter(path, dict(zip(titles, (points[:, :2], near), strict=True)), classes)


def _scatter(path: Path, maps: dict[str, NDArray[Any]], classes: tuple[int, ...]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, plots = pyplot.subplots(1, len(maps), figsize=(9, 4.4), dpi=100)
    for axes, (title, points) in zip(plots, maps.items(), strict=True):
        dots = axes.scatter(
            points[:, 0], points[:, 1], c=classes or "#36a", cmap="tab10" if classes else None, s=6
        )
        axes.set(title=title, xticks=[], yticks=[])
    if classes:
        plots[-1].legend(
            *dots.legend_elements(), fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5)
        )
    figure.tight_layout()
    figure.savefig(path, format="png")
    pyplot.close(figure)
