"""Checkpoint -> ONNX: uint8 tiles in, uint8 tiles out; the exported file is run and compared."""

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from docclean.errors import DoccleanError, OutputError
from docclean.files import refusing, replacing

if TYPE_CHECKING:
    from torch import nn

    from docclean.models import Architecture

OPSET = 17
TOLERANCE = 1
"""Largest grey-level difference allowed between the checkpoint and the exported file."""


def export_checkpoint(checkpoint: Path, out: Path) -> float:
    """Export the averaged weights and return the largest difference seen, in grey levels.

    Beside `out` (.onnx) a .safetensors file with the averaged weights alone is written, from which
    training can start again.

    Raises:
        OutputError: `out` is not an .onnx path.
        DoccleanError: the exported file does not compute what the checkpoint does.
    """
    from docclean.models.checkpoint import load_network, save_tensors

    if out.suffix != ".onnx":
        raise OutputError(f"{out}: name the exported model FILE.onnx")
    if out.with_suffix(".safetensors").resolve() == checkpoint.resolve():
        raise OutputError(f"{out}: its weights would replace {checkpoint}; choose another -o")
    network, header = load_network(checkpoint)
    model = _between_bytes(network)
    with refusing(out, "file"):
        out.parent.mkdir(parents=True, exist_ok=True)
        with replacing(out, one_writer=True) as aside:
            aside.touch()  # a folder that takes no files is told before the work
            _write_graph(model, network, aside)
            _write_facts(network, header, aside)
            difference = _compare(model, aside, network.stride)
            if difference > TOLERANCE:
                raise DoccleanError(
                    f"{out}: the exported model differs from {checkpoint} by {difference} "
                    "grey levels and was not kept; try another version of torch or onnx"
                )
    weights = {f"ema.{name}": value for name, value in network.state_dict().items()}
    save_tensors(out.with_suffix(".safetensors"), weights, header)
    return difference


def _between_bytes(network: "Architecture") -> "nn.Module":
    """Return the network between uint8 doors, ready to be exported."""
    from torch import Tensor, nn

    class Exported(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = network

        def forward(self, *pictures: Tensor) -> Tensor:
            return self.inner.on_bytes(*pictures)

    return Exported().eval()


def _write_graph(model: "nn.Module", network: "Architecture", path: Path) -> None:
    """Trace the model into a graph that takes tiles of any number and size.

    One that can see a reduced picture of them takes that as `seen`: the tiles again for none.
    """
    import torch

    examples = [torch.zeros(1, 4 * network.stride, 6 * network.stride, dtype=torch.uint8)]
    if network.reduces:
        examples.append(torch.zeros(1, 2 * network.stride, 3 * network.stride, dtype=torch.uint8))
    larger = "" if network.scale == 1 else f"{network.scale}_"
    axes = {
        "tiles": {0: "tiles", 1: "height", 2: "width"},
        "seen": {0: "tiles", 1: "rows", 2: "columns"},
        "cleaned": {0: "tiles", 1: f"{larger}height", 2: f"{larger}width"},
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter warns of its own age
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        torch.onnx.export(
            model,
            tuple(examples),
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=["tiles", "seen"][: len(examples)],
            output_names=["cleaned"],
            dynamic_axes=axes,
        )


def _write_facts(network: "Architecture", header: Mapping[str, Any], path: Path) -> None:
    """Store in the graph what a runtime needs to know of it, and where it came from."""
    import onnx

    graph = onnx.load(str(path))
    facts = {
        "stride": network.stride,
        "reach": network.reach,
        "scale": network.scale,
        "step": header["step"],
        "architecture": header["recipe"]["model"]["name"],
    }
    onnx.helper.set_model_props(graph, {key: str(value) for key, value in facts.items()})
    onnx.save(graph, str(path))


def _compare(model: Any, path: Path, stride: int) -> float:
    """Run both on noise and on strokes, at two sizes; return the largest difference in greys."""
    import torch

    from docclean.clean.network import OnnxRuntime

    runtime = OnnxRuntime(path, "cpu")
    rng = np.random.default_rng(0)
    worst = 0.0
    for rows, columns in ((4, 6), (9, 5)):
        tiles = rng.integers(0, 256, (2, rows * stride, columns * stride), dtype=np.uint8)
        tiles[1] = 230
        tiles[1, ::7] = 20
        half = np.ascontiguousarray(tiles[:, : rows // 2 * stride, : columns // 2 * stride])
        for pictures in ((tiles, tiles), (tiles, half)) if runtime.reduces else ((tiles,),):
            with torch.no_grad():
                expected = model(*map(torch.from_numpy, pictures)).numpy().astype(int)
            worst = max(worst, float(np.abs(expected - runtime(*pictures)).max()))
    return worst
