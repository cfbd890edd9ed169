"""The map's network as ONNX: pictures in, uint8 shares of every layer out; run and compared."""

import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from docclean.errors import DoccleanError
from docclean.models.checkpoint import save_tensors
from docclean.training.regions.network import STRIDE, MapNet

OPSET = 17


class _Exported(nn.Module):
    def __init__(self, net: MapNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """uint8 (N, H, W, 3) -> shares uint8 (N, 9, H / 8, W / 8), turns float (N, 4)."""
        layers, turn = self.net(pictures.permute(0, 3, 1, 2).float() / 255)
        shares = torch.clamp(torch.sigmoid(layers) * 255 + 0.5, 0, 255).to(torch.uint8)
        return shares, torch.softmax(turn, 1)


def export(checkpoint: Path, out: Path, weights: str = "ema") -> int:
    """Write a checkpoint's weights as ONNX; return the largest difference of a share, 0..255.

    Beside `out` the weights alone are written, as .safetensors: training can begin from them.

    Args:
        checkpoint: written by `train`.
        out: the file to write.
        weights: "ema", the averaged ones, or "net".

    Raises:
        DoccleanError: the file does not compute what the checkpoint does.
    """
    import onnxruntime

    net = MapNet()
    net.load_state_dict(torch.load(checkpoint, weights_only=True)[weights])
    save_tensors(out.with_suffix(".safetensors"), net.state_dict(), {"network": "regions"})
    model = _Exported(net).eval()
    example = torch.randint(0, 255, (1, 4 * STRIDE, 6 * STRIDE, 3), dtype=torch.uint8)
    axes, made = {0: "n", 1: "height", 2: "width"}, {0: "n", 2: "rows", 3: "columns"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter warns of its own age
        torch.onnx.export(
            model, (example,), str(out), opset_version=OPSET, dynamo=False,
            input_names=["pictures"], output_names=["shares", "turns"],
            dynamic_axes={"pictures": axes, "shares": made, "turns": {0: "n"}},
        )  # fmt: skip
    session = onnxruntime.InferenceSession(str(out), providers=["CPUExecutionProvider"])
    other = torch.randint(0, 255, (1, 5 * STRIDE, 3 * STRIDE, 3), dtype=torch.uint8)
    told = session.run(None, {"pictures": other.numpy()})[0].astype(np.int16)
    with torch.no_grad():
        off = int(np.abs(told - model(other)[0].numpy()).max())
    if off > 1:
        raise DoccleanError(f"{out}: differs from {checkpoint} by {off} of 255")
    return off
