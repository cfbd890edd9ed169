"""One picture with every corruption on it, each at a mild and a strong severity."""

from pathlib import Path

import cv2
import numpy as np

from docclean.corruptions import CORRUPTIONS
from docclean.page import Image

CELL = (200, 260)
"""Height and width of a cell's picture in pixels."""
COLUMNS = 8
SEVERITIES = (0.3, 0.9)


def write_contact_sheet(out: Path, seed: int, page: Image) -> Path:
    """Write the contact sheet of all registered corruptions as a picture.

    Args:
        out: the picture file; its suffix says which kind.
        seed: repeats the sheet exactly.
        page: a clean grey page (H, W) uint8 to corrupt; its top left corner is shown.
    """
    height, width = CELL
    sample = np.full((height, width), 255, np.uint8)
    part = page[:height, :width]
    sample[: part.shape[0], : part.shape[1]] = part
    cells = []
    for member in CORRUPTIONS:
        for severity in SEVERITIES:
            rng = np.random.default_rng((seed, int(severity * 100)))
            params = member.sample(rng, severity)
            picture = member.on_page(sample, params)
            side = " (both sides)" if member.both_sides else ""
            cells.append(_labelled(picture, f"{member.name} {severity}{side}"))
    cells += [np.full_like(cells[0], 255)] * (-len(cells) % COLUMNS)
    rows = [np.hstack(cells[top : top + COLUMNS]) for top in range(0, len(cells), COLUMNS)]
    quality = [cv2.IMWRITE_JPEG_QUALITY, 60]  # of a JPEG; a PNG heeds it not
    _, data = cv2.imencode(out.suffix, np.vstack(rows), quality)
    out.write_bytes(data.tobytes())
    return out


def _labelled(picture: Image, label: str) -> Image:
    cell = cv2.copyMakeBorder(picture, 22, 4, 4, 4, cv2.BORDER_CONSTANT, value=255)
    cv2.putText(cell, label, (6, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.42, 0, 1, cv2.LINE_AA)
    return np.asarray(cell, np.uint8)
