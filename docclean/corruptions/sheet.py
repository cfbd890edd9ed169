"""One picture with every corruption on it, each at a mild and a strong severity."""

from pathlib import Path

import cv2
import numpy as np

from docclean.corruptions import CORRUPTIONS
from docclean.corruptions.chain import apply_to_page
from docclean.page import Image

CELL = (230, 320)
"""Height and width of a cell's picture in pixels."""


def write_contact_sheet(out: Path, seed: int, page: Image) -> Path:
    """Write the contact sheet of all registered corruptions as a PNG.

    Args:
        out: the PNG file.
        seed: repeats the sheet exactly.
        page: a clean grey page (H, W) uint8 to corrupt; its top left corner is shown.
    """
    height, width = CELL
    sample = np.full((height, width), 255, np.uint8)
    part = page[:height, :width]
    sample[: part.shape[0], : part.shape[1]] = part
    cells = []
    for member in CORRUPTIONS:
        for severity in (0.25, 0.9):
            params = member.sample(np.random.default_rng((seed, int(severity * 100))), severity)
            picture = apply_to_page(sample, member, params)
            side = " (both sides)" if member.both_sides else ""
            cells.append(_labelled(picture, f"{member.name} {severity}{side}"))
    columns = 6
    cells += [np.full_like(cells[0], 255)] * (-len(cells) % columns)
    rows = [np.hstack(cells[top : top + columns]) for top in range(0, len(cells), columns)]
    _, data = cv2.imencode(".png", np.vstack(rows))
    out.write_bytes(data.tobytes())
    return out


def _labelled(picture: Image, label: str) -> Image:
    cell = cv2.copyMakeBorder(picture, 22, 4, 4, 4, cv2.BORDER_CONSTANT, value=255)
    cv2.putText(cell, label, (6, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 0, 1, cv2.LINE_AA)
    return np.asarray(cell, np.uint8)
