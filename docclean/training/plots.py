"""Pictures of a run: the curves and before/after grids."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from docclean.page import Image


def write_curves(path: Path, history: Sequence[dict[str, float]]) -> None:
    """Draw the losses over steps as a PNG, and under them what Tesseract read, where it did.

    Args:
        path: the PNG file.
        history: one dict a logged step with `step`, `loss` and perhaps `validation` and `cer`.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    read = [row for row in history if "cer" in row]
    figure, plots = pyplot.subplots(
        2 if read else 1, figsize=(8, 7.5 if read else 4.5), dpi=110, sharex=True, squeeze=False
    )
    _draw_losses(plots[0, 0], history)
    if read:
        _draw_reading(plots[1, 0], read)
    plots[-1, 0].set(xlabel="step")
    figure.tight_layout()
    figure.savefig(path, format="png")
    pyplot.close(figure)


def _draw_losses(axes: Any, history: Sequence[dict[str, float]]) -> None:
    steps, losses = [row["step"] for row in history], [row["loss"] for row in history]
    axes.plot(steps, losses, lw=0.8, color="#8aa", label="training")
    checked = [row for row in history if "validation" in row]
    steps, losses = [row["step"] for row in checked], [row["validation"] for row in checked]
    axes.plot(steps, losses, "o-", ms=3, color="#c33", label="validation (EMA)")
    axes.set(ylabel="loss", yscale="log", title="docclean train")
    axes.grid(alpha=0.3, which="both")
    axes.legend()


def _draw_reading(axes: Any, read: Sequence[dict[str, float]]) -> None:
    steps = [row["step"] for row in read]
    dirty = [100 * row["cer_dirty"] for row in read]
    axes.plot(steps, dirty, "--", lw=0.8, color="#888", label="read dirty")
    cleaned = [100 * row["cer"] for row in read]
    axes.plot(steps, cleaned, "o-", ms=3, color="#36a", label="read cleaned (EMA)")
    axes.set(ylabel="CER %", ylim=(0, None))
    axes.grid(alpha=0.3)
    axes.legend()


def write_grid(path: Path, dirty: Image, cleaned: Image, clean: Image, count: int = 6) -> None:
    """Write rows of dirty, cleaned and true patches; each (N, T, T) uint8, enlarged twice.

    A dirty side smaller than the others is shown at their size.
    """
    size = (clean.shape[2], clean.shape[1])
    rows = []
    for index in range(min(count, len(dirty))):
        before = cv2.resize(dirty[index], size, interpolation=cv2.INTER_NEAREST)
        sides = (before, cleaned[index], clean[index])
        framed = [
            cv2.copyMakeBorder(side, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=128) for side in sides
        ]
        rows.append(np.hstack(framed))
    grid = cv2.resize(np.vstack(rows), None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    _, data = cv2.imencode(".png", grid)
    path.write_bytes(data.tobytes())
