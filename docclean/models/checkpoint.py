"""Weights in a safetensors file whose header says how to rebuild the network; no pickle."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from docclean.errors import UnreadableInputError
from docclean.files import replacing
from docclean.models import ARCHITECTURES, Architecture
from docclean.recipe import Model

FORMAT = "docclean-1"


def save_tensors(path: Path, tensors: dict[str, Tensor], header: dict[str, Any]) -> None:
    """Write tensors and a JSON header aside, then rename: a killed run leaves the old file."""
    data = save(
        {name: value.detach().cpu().contiguous() for name, value in tensors.items()},
        metadata={"format": FORMAT, "header": json.dumps(header, default=list)},
    )
    with replacing(path, one_writer=True) as aside:
        aside.write_bytes(data)


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return the tensors and the header of a file written by `save_tensors`.

    Raises:
        UnreadableInputError: the file is missing, damaged or of another format.
    """
    try:
        with safe_open(str(path), "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise UnreadableInputError(
            f"{path}: not a readable checkpoint ({error}); give the .safetensors file of a "
            "`docclean train`"
        ) from error
    if metadata.get("format") != FORMAT:
        raise UnreadableInputError(
            f"{path}: not a docclean checkpoint; give the .safetensors file of a `docclean train`"
        )
    return tensors, json.loads(metadata["header"])


def described_model(header: dict[str, Any]) -> Model:
    """Return the [model] section of a checkpoint's header.

    What an older header does not know keeps its default; what a newer one adds is left out, and
    the weights then tell whether they fit.
    """
    settings = header["recipe"]["model"]
    known = {item.name for item in fields(Model)} & settings.keys()
    lists = {name: tuple(value) for name, value in settings.items() if isinstance(value, list)}
    return Model(**{name: lists.get(name, settings[name]) for name in known})


def load_network(path: Path) -> tuple[Architecture, dict[str, Any]]:
    """Rebuild the network a checkpoint describes, with its averaged weights, in eval mode."""
    tensors, header = load_tensors(path)
    model = described_model(header)
    network = ARCHITECTURES[model.name].build(model)
    averaged = {name[4:]: value for name, value in tensors.items() if name.startswith("ema.")}
    try:
        network.load_state_dict(averaged)
    except RuntimeError as error:
        raise UnreadableInputError(
            f"{path}: its weights do not fit its own header; give the .safetensors file of a "
            "`docclean train`"
        ) from error
    return network.eval(), header


def parameter_count(network: torch.nn.Module) -> int:
    """Return the number of trained values."""
    return sum(parameter.numel() for parameter in network.parameters())
