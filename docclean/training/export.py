"""Checkpoint -> ONNX: uint8 tiles in, uint8 tiles out; the exported file is run and compared."""

import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from docclean.errors import DoccleanError, OutputError

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
    import onnx
    import torch
    from torch import Tensor, nn

    from docclean.models import Architecture
    from docclean.models.checkpoint import load_network, save_tensors

    if out.suffix != ".onnx":
        raise OutputError(f"{out}: name the exported model FILE.onnx")
    if out.with_suffix(".safetensors").resolve() == checkpoint.resolve():
        raise OutputError(f"{out}: its weights would replace {checkpoint}; choose another -o")
    network, header = load_network(checkpoint)

    class Exported(nn.Module):
        """The network between uint8 doors."""

        def __init__(self, inner: Architecture) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, tiles: Tensor) -> Tensor:
            return self.inner.on_bytes(tiles)

    model = Exported(network).eval()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.with_suffix(".onnx.tmp").touch()  # refuses a folder that takes no files
    except OSError as error:
        raise OutputError(
            f"{out}: cannot be written ({error.strerror}); choose another file with -o"
        ) from error
    aside = out.with_suffix(".onnx.tmp")
    example = torch.zeros(1, 4 * network.stride, 6 * network.stride, dtype=torch.uint8)
    axes = {"tiles": {0: "tiles", 1: "height", 2: "width"}}
    larger = "" if network.scale == 1 else f"{network.scale}_"
    axes["cleaned"] = {0: "tiles", 1: f"{larger}height", 2: f"{larger}width"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter warns of its own age
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        torch.onnx.export(
            model,
            (example,),
            str(aside),
            dynamo=False,
            opset_version=OPSET,
            input_names=["tiles"],
            output_names=["cleaned"],
            dynamic_axes=axes,
        )
    graph = onnx.load(str(aside))
    facts = {
        "stride": network.stride,
        "reach": network.reach,
        "scale": network.scale,
        "step": header["step"],
        "architecture": header["recipe"]["model"]["name"],
    }
    onnx.helper.set_model_props(graph, {key: str(value) for key, value in facts.items()})
    onnx.save(graph, str(aside))
    difference = _compare(model, aside, network.stride)
    if difference > TOLERANCE:
        aside.unlink()
        raise DoccleanError(
            f"{out}: the exported model differs from {checkpoint} by {difference} "
            "grey levels and was not kept; try another version of torch or onnx"
        )
    aside.replace(out)
    weights = {f"ema.{name}": value for name, value in network.state_dict().items()}
    save_tensors(out.with_suffix(".safetensors"), weights, header)
    return difference


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
        with torch.no_grad():
            expected = model(torch.from_numpy(tiles)).numpy()
        worst = max(worst, float(np.abs(expected.astype(int) - runtime(tiles)).max()))
    return worst
