"""Runs a network on tiles: uint8 in, uint8 out; floats exist only inside."""

from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from docclean.clean.tiles import TileGrid, join, split
from docclean.clean.type_size import resized
from docclean.errors import DoccleanError, MissingProgramError, UnreadableInputError, UsageError
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


def cleaned_by(runtime: Runtime, grey: Image, max_tile_area: int, px: int = SIXTEEN) -> Image:
    """Return the network's page, uint8 (H, W) -> (H, W), whatever its size, tile by tile.

    Args:
        runtime: the network.
        grey: the page.
        max_tile_area: pixels of one tile, as the network sees it.
        px: pixels of the page that stand for 16 of the picture that the network sees, where it can
            see a reduced one: 32 for one of half the sides.
    """
    able = runtime if isinstance(runtime, OnnxRuntime) and runtime.reduces else None
    reducing = able if px > SIXTEEN else None
    stride, reach = runtime.stride, runtime.reach
    if reducing:
        stride, reach = stride * px // SIXTEEN, (reach + BESIDE) * px // SIXTEEN + 1
    larger = min((px / SIXTEEN) ** 2, MOST_LARGER) if reducing else 1
    area = int(larger * max_tile_area)
    grid = TileGrid.cover(len(grey), grey.shape[1], reach, stride, area)
    cleaned = np.empty_like(grey)
    for box, cut in split(grey, grid):
        if reducing:
            shape = tuple(side * SIXTEEN // px for side in cut.shape)
            join(cleaned, box, reducing(cut[None], resized(cut, shape)[None])[0])
        else:
            join(cleaned, box, runtime(cut[None])[0])
    give_back()  # what follows, and other programs, have use for it
    return cleaned


class OnnxRuntime:
    """An exported network under onnxruntime.

    Attributes:
        scale: sides of what comes out over sides of what goes in; 2 is super-resolution.
        reduces: whether it can look at a reduced picture of what it cleans.
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
