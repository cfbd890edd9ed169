"""Pictures of a run: the loss curve and before/after grids."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from docclean.page import Image


def write_loss_curve(path: Path, history: Sequence[dict[str, float]]) -> None:
    """Draw training and validation loss over steps as a PNG.

    Args:
        path: the PNG file.
        history: one dict a logged step with `step`, `loss` and perhaps `validation`.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4.5), dpi=110)
    axes.plot(
        [row["step"] for row in history],
        [row["loss"] for row in history],
        lw=0.8,
        color="#8aa",
        label="training",
    )
    checked = [row for row in history if "validation" in row]
    axes.plot(
        [row["step"] for row in checked],
        [row["validation"] for row in checked],
        "o-",
        ms=3,
        color="#c33",
        label="validation (EMA)",
    )
    axes.set(xlabel="step", ylabel="loss", yscale="log", title="docclean train")
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path)
    pyplot.close(figure)


def write_grid(path: Path, dirty: Image, cleaned: Image, clean: Image, count: int = 6) -> None:
    """Write rows of dirty, cleaned and true patches; each (N, T, T) uint8, enlarged twice."""
    rows = [
        np.hstack(
            [
                cv2.copyMakeBorder(side[index], 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=128)
                for side in (dirty, cleaned, clean)
            ]
        )
        for index in range(min(count, len(dirty)))
    ]
    grid = cv2.resize(np.vstack(rows), None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    _, data = cv2.imencode(".png", grid)
    path.write_bytes(data.tobytes())
