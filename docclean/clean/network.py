"""Runs a network on tiles: uint8 in, uint8 out; floats exist only inside."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from docclean.clean.tiles import Canvas, TileGrid, split
from docclean.clean.type_size import resized
from docclean.errors import DoccleanError, MissingProgramError, UnreadableInputError, UsageError
from docclean.imageops.blank import CELL, least_share, marked, pieces, pooled, share
from docclean.imageops.by_boxes import Grey, window
from docclean.imageops.packed import is_large
from docclean.page import Image
from docclean.registry import nearest
from docclean.sessions import give_back, session, trim

WEIGHTS = Path(__file__).parents[1] / "weights"
Device = Literal["auto", "cpu", "cuda"]


class Runtime(Protocol):
    """A network ready to run.

    Attributes:
        stride: sides of a tile are multiples of it, in px.
        reach: how far from a pixel its value can depend on the input, in px of the input.
        name: which model this is, for results.
    """

    stride: int
    reach: int
    name: str

    def __call__(self, tiles: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Clean tiles, uint8 (N, h, w) -> the same shape."""
        ...


SIXTEEN = 16
"""Pixels of the picture that the network sees which reductions are told by."""
BESIDE = 2
"""Pixels beside a reduced one that the reduction looks at, over its own."""
MOST_LARGER = 3
"""How many times larger a tile may be than what is seen of it: each of its own pixels takes about a
third of the memory, in bytes, that a seen one does, 25 and 77."""
RIM = 32
"""Pixels of the picture it sees that the network is shown around a piece: what lies around is blank
paper, so its far look is not needed."""
WORTH, LIKELY = 0.9, 0.8
"""Share of the whole page's cost below which a page is cleaned in pieces, and of its marks with
their rims from which pieces never cost less: they are not even sought."""
WHITE, MOST_LEFT = 250, 0.02
"""Grey from which the network's paper is white, and the share of blank cells that may be darker:
where more are, it does not whiten this paper, and the whole page is cleaned."""
ENOUGH = 1000
"""Blank cells from which that share is trusted."""
AT_ONCE = 256 * CELL
"""Rows of a piece that are looked at and put in place at a time."""


@dataclass(frozen=True, eq=False)
class _Piece:
    """A part of a page as the network made it.

    Attributes:
        box: top, bottom, left, right of what it gives to the page, px.
        made: it with its rim.
        begin: row and column of the page where that begins.
    """

    box: tuple[int, int, int, int]
    made: Canvas
    begin: tuple[int, int]


def cleaned_by(runtime: Runtime, grey: Grey, max_tile_area: int, px: int = SIXTEEN) -> Image:
    """Return the network's page, uint8 (H, W) -> (H, W), whatever its size, tile by tile.

    Blank paper is white without the network, where it saves time; what the network would have left
    there is not left. Whether it whitens the page's paper shows around the pieces it cleans.

    Args:
        runtime: the network.
        grey: the page.
        max_tile_area: pixels of one tile, as the network sees it.
        px: pixels of the page that stand for 16 of the picture that the network sees, where it can
            see a reduced one: 32 for one of half the sides.
    """
    px = px if isinstance(runtime, OnnxRuntime) and runtime.reduces else SIXTEEN
    large = is_large(grey.shape)
    made = _in_pieces(runtime, grey, max_tile_area, px, large)
    whole = None if made else _tiled(runtime, grey, max_tile_area, px, large)
    give_back()  # what follows, and other programs, have use for it
    cleaned = whole.whole() if whole else _put_together(grey.shape, made or ())
    if large:
        del whole, made
        trim()  # of what was put away
    return cleaned


def _in_pieces(
    runtime: Runtime, grey: Grey, max_tile_area: int, px: int, large: bool
) -> list[_Piece] | None:
    """Return what is marked of a page as the network made it; None: pieces are not worth it."""
    rim, cells = math.ceil(RIM * px / SIXTEEN), marked(grey)
    boxes = pieces(cells, rim) if least_share(cells, rim) < LIKELY else None
    if boxes is None or share(boxes, rim, grey.shape) >= WORTH:
        return None
    done, marks = list[_Piece](), _Marks(cells)
    for top, bottom, left, right in boxes.tolist():
        # where the whole page's reduced picture would have a pixel, the piece's has one
        above, before = (max(0, side - rim) // px * px for side in (top, left))
        seen = window(grey, (slice(above, bottom + rim), slice(before, right + rim)))
        made = _tiled(runtime, seen, max_tile_area, px, large)
        if marks.left(made, above, before):
            return None
        done.append(_Piece((top, bottom, left, right), made, (above, before)))
    return done


def _put_together(shape: tuple[int, ...], made: Sequence[_Piece]) -> Image:
    """Return a page, (H, W) uint8, of its pieces, with white between them."""
    cleaned = np.full(shape, 255, np.uint8)
    for piece in made:
        top, bottom, left, right = piece.box
        above, before = piece.begin
        for first in range(top, min(bottom, shape[0]), AT_ONCE):
            rows = cleaned[first : min(bottom, first + AT_ONCE), left:right]
            span = slice(first - above, first - above + len(rows))
            rows[:] = piece.made.rows(span)[:, left - before :][:, : rows.shape[1]]
    return cleaned


class _Marks:
    """Counts what a network leaves on blank paper around the pieces of a page."""

    def __init__(self, cells: NDArray[np.bool_]) -> None:
        self.cells, self.blank, self.dark = cells, 0, 0

    def left(self, made: Canvas, top: int, left: int) -> bool:
        """Say whether it leaves too much, now that a piece at (top, left) px is made."""
        row, column = -top % CELL, -left % CELL
        spans = (slice(at, at + AT_ONCE) for at in range(row, made.shape[0], AT_ONCE))
        cells = [pooled(made.rows(span)[:, column:], np.minimum) for span in spans]
        darkest = np.concatenate(cells)
        empty = ~self.cells[(top + row) // CELL :, (left + column) // CELL :]
        empty = empty[: len(darkest), : darkest.shape[1]]
        self.blank += int(np.count_nonzero(empty))
        self.dark += int(np.count_nonzero(empty & (darkest < WHITE)))
        return self.dark > MOST_LEFT * max(self.blank, ENOUGH)


def _tiled(
    runtime: Runtime, grey: Grey, max_tile_area: int, px: int, large: bool = False
) -> Canvas:
    """Return the network's page, all of it seen by the network."""
    reducing = runtime if isinstance(runtime, OnnxRuntime) and px > SIXTEEN else None
    stride, reach = runtime.stride, runtime.reach
    if isinstance(runtime, OnnxRuntime):
        reach = min(reach, runtime.felt)
    if reducing:
        stride, reach = stride * px // SIXTEEN, (reach + BESIDE) * px // SIXTEEN + 1
    larger = min((px / SIXTEEN) ** 2, MOST_LARGER) if reducing else 1
    area = int(larger * max_tile_area)
    grid = TileGrid.cover(len(grey), grey.shape[1], reach, stride, area)
    cleaned = Canvas(grey.shape, large)
    for box, cut in split(grey, grid):
        if reducing:
            shape = tuple(side * SIXTEEN // px for side in cut.shape)
            cleaned.join(box, reducing(cut[None], resized(cut, shape)[None])[0])
        else:
            cleaned.join(box, runtime(cut[None])[0])
    return cleaned


class OnnxRuntime:
    """An exported network under onnxruntime.

    Attributes:
        scale: sides of what comes out over sides of what goes in; 2 is super-resolution.
        reduces: whether it can look at a reduced picture of what it cleans.
        felt: how much of its reach moves a pixel by more than rounding does, as was measured
            (`pipelines/training/felt.py`): tiles need no wider halo.
    """

    def __init__(self, path: Path, device: str = "auto", threads: int | None = None) -> None:
        """Load the model.

        Args:
            path: an .onnx file written by `docclean export`.
            device: cpu, cuda (needs onnxruntime-gpu) or auto (cuda where there is one).
            threads: processor threads; None uses all cores.

        Raises:
            UnreadableInputError: the file is not a model of docclean.
            MissingProgramError: cuda was asked for and onnxruntime here has none.
        """
        import onnxruntime

        onnxruntime.set_default_logger_severity(3)
        try:
            self._session = session(path, threads, _providers(onnxruntime, device))
            facts = self._session.get_modelmeta().custom_metadata_map
            self.stride, self.reach = int(facts["stride"]), int(facts["reach"])
            self.felt = int(facts.get("felt", self.reach))
            self.scale = int(facts.get("scale", 1))  # older files do not say
            self.reduces = any(one.name == "seen" for one in self._session.get_inputs())
        except DoccleanError:
            raise
        except Exception as error:  # onnxruntime raises bare exceptions of its own making
            raise UnreadableInputError(
                f"{path}: not a model of docclean; give 'small' or an .onnx file that "
                "`docclean export` wrote"
            ) from error
        self.name = path.stem

    def __call__(
        self, tiles: NDArray[np.uint8], seen: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """Clean tiles, uint8 (N, h, w) -> (N, scale * h, scale * w).

        Args:
            tiles: what is cleaned.
            seen: the same reduced, sides multiples of the stride, for a network that `reduces`:
                it sees only this; the tiles themselves when None.
        """
        pictures = {"tiles": tiles}
        if self.reduces:
            pictures["seen"] = tiles if seen is None else seen
        trim()  # now is when the most is taken
        return np.asarray(self._session.run(None, pictures)[0])


def _providers(onnxruntime: Any, device: str) -> list[str]:
    if device not in get_args(Device):
        known = list(get_args(Device))
        raise UsageError(
            f"there is no device '{device}'{nearest(device, known)}; known: {', '.join(known)}"
        )
    has_cuda = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    if device == "cuda" and not has_cuda:
        raise MissingProgramError(
            "--device cuda: onnxruntime here runs on the processor only; "
            "pip install onnxruntime-gpu, or leave --device out"
        )
    wanted = ["CUDAExecutionProvider"] if has_cuda and device != "cpu" else []
    return [*wanted, "CPUExecutionProvider"]


def shipped_models() -> list[str]:
    """Return the names of the models inside the package."""
    return sorted(path.stem for path in WEIGHTS.glob("*.onnx"))


def load_runtime(
    model: str | Path, device: str = "auto", threads: int | None = None
) -> OnnxRuntime:
    """Load a shipped model by name, or any exported model by path, to clean pages with.

    Raises:
        UsageError: there is neither a shipped model nor a file of that name, or the model
            enlarges what it cleans, which pages do not support; `OnnxRuntime` runs it.
    """
    path = model_file(model)
    runtime = OnnxRuntime(path, device, threads)
    if runtime.scale != 1:
        raise UsageError(
            f"{path}: this model enlarges pages {runtime.scale} times, and cleaning keeps their "
            "size; give one that was trained with scale = 1"
        )
    return runtime


def model_file(model: str | Path) -> Path:
    """Return the file of a shipped model, by its name, or of an exported one, by its path.

    Raises:
        UsageError: there is neither.
    """
    name = str(model)
    path = WEIGHTS / f"{name}.onnx" if name in shipped_models() else Path(model)
    if not path.is_file():
        raise UsageError(
            f"there is no model '{name}'{nearest(name, shipped_models())}; known: "
            f"{', '.join(shipped_models())}, or the path of an .onnx file"
        )
    return path
