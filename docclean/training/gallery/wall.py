"""Which pictures a run leaves when it ends, and where."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch

from docclean.files import check_writable, replacing
from docclean.models import Architecture, Autoencoder
from docclean.models.base import padded, to_bytes
from docclean.models.classics.dense import VariationalAutoencoder
from docclean.training.gallery.codes import draw_codes, draw_map
from docclean.training.gallery.plane import draw_samples, draw_walk
from docclean.training.journal import HISTORY
from docclean.training.plots import write_curves, write_grid
from docclean.training.sources import Source

CODES, MAP, SAMPLES, WALK = "codes.png", "map.png", "samples.png", "walk.png"
MOST = 1000
"""Codes on a map at most; t-SNE takes about 3 s for them."""


@dataclass(frozen=True)
class Wanted:
    """Pictures that are written to files of the caller's choice, beside those in the run."""

    samples: int = 8
    """Rows of the grid."""
    grid: Path | None = None
    """Dirty, restored and true images side by side."""
    plot: Path | None = None
    """The loss curves."""

    def __bool__(self) -> bool:
        """Tell whether anything is wanted."""
        return bool(self.grid or self.plot)

    def check(self) -> None:
        """Refuse what cannot be written.

        Raises:
            OutputError: a file cannot be.
        """
        for path in (self.grid, self.plot):
            if path is not None:
                check_writable(path)


NOTHING = Wanted()


def leave_pictures(source: Source, out: Path, network: Architecture, wanted: Wanted) -> None:
    """Write what is wanted, and into the run's folder the codes of an auto-encoder.

    Args:
        source: of the run.
        out: the run's folder.
        network: with its averaged weights, in eval mode.
        wanted: more pictures.
    """
    if wanted.plot is not None:
        rows = [json.loads(line) for line in (out / HISTORY).read_text().splitlines()]
        with replacing(wanted.plot) as aside:
            write_curves(aside, rows)
    if isinstance(network, Autoencoder) or wanted.grid is not None:
        blocks = source.validation(out)
        dirty, clean, _ = blocks[0]
        rest = [at for at in range(len(clean)) if at not in blocks.shown]
        rows = [*blocks.shown, *rest][: wanted.samples]
        device = next(network.parameters()).device
        given = dirty[rows].to(device).float() / 255
        restored = _restored(network, given)
        if wanted.grid is not None:
            before, true = dirty[rows][:, 0].numpy(), clean[rows][:, 0].numpy()
            with replacing(wanted.grid) as aside:
                write_grid(aside, before, restored[:, 0].numpy(), true, count=len(rows))
        if isinstance(network, Autoencoder):
            draw_codes(out / CODES, network, given, restored)
            seen = dirty[:MOST].to(device).float() / 255
            draw_map(out / MAP, network, seen, source.classes[:MOST])
    if isinstance(network, VariationalAutoencoder):
        draw_samples(out / SAMPLES, network)
        draw_walk(out / WALK, network)


@torch.no_grad()
def _restored(network: Architecture, given: torch.Tensor) -> torch.Tensor:
    """Return what the network makes of images (N, 1, h, w): uint8 (N, 1, H, W)."""
    high, wide = (network.scale * side for side in given.shape[-2:])
    logits = network.logits(padded(given, network.stride))[..., :high, :wide]
    return to_bytes(logits.float().sigmoid()).cpu()
