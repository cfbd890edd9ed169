"""Everything a run changes: begun from nothing or from weights, saved, and restored exactly."""

import datetime
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from docclean.clean.network import WEIGHTS
from docclean.errors import UsageError
from docclean.machine import machine
from docclean.models import ARCHITECTURES, Architecture
from docclean.models.checkpoint import described_model, load_network, load_tensors, save_tensors
from docclean.recipe import Corrupt, Data, Recipe, Synth, Train
from docclean.registry import nearest
from docclean.training.losses import Lesson
from docclean.training.parallel import Team
from docclean.training.recogniser.lines import Line
from docclean.training.recogniser.network import Recogniser, load_recogniser

DATA_KEYS = ("patch", "batch", "patches_per_sheet", "sheet", "pool", "seed", "curriculum")
"""Keys of [train] that decide what patches a run sees."""


@dataclass
class State:
    """Everything a run changes; what a checkpoint holds."""

    network: Architecture
    average: dict[str, Tensor]
    lesson: nn.Module
    """The network with its loss, as the team shares it."""
    optimizer: torch.optim.Optimizer
    team: Team
    step: int = 0
    seconds: float = 0.0
    worked: float = 0.0
    """Seconds of processor time, all threads together: what other programs take is not in them."""
    waited: float = 0.0
    """Seconds of this session in which the network had no patches to learn from."""
    lines: Sequence[Line] = ()
    """What the recogniser is shown, some each step; no part of a checkpoint."""


def begin(recipe: Recipe, team: Team, start_from: Path | str | None = None) -> State:
    """Return the state before the first step; where the recipe has a recogniser, it is read.

    Args:
        recipe: its [model] and [train].
        team: the processes that share it.
        start_from: a checkpoint, or a shipped model's name, whose averaged weights are taken.

    Raises:
        UsageError: there is no such model, or none of its tensors fits the recipe's; there is no
            such recogniser.
    """
    network = ARCHITECTURES[recipe.model.name].build(recipe.model)
    if start_from is not None:
        take_weights(network, weights_path(start_from))
    network = network.to(team.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = {name: value.detach().clone() for name, value in network.state_dict().items()}
    optimizer = torch.optim.AdamW(
        learned(network), lr=recipe.train.learning_rate, weight_decay=recipe.train.weight_decay
    )
    seeing = _recogniser(recipe.train, team.device), _teacher(recipe, team.device)
    lesson = Lesson(network, recipe.train, *seeing)
    together, shared = team.share(lesson, optimizer)
    return State(network, average, together, shared, team)


def learned(network: Architecture) -> list[nn.Parameter]:
    """Return what is descended to: not what is frozen; all of it where there is nothing else."""
    return [one for one in network.parameters() if one.requires_grad] or list(network.parameters())


def _recogniser(train: Train, device: torch.device) -> Recogniser | None:
    return load_recogniser(Path(train.recogniser)).to(device) if train.reads else None


def _teacher(recipe: Recipe, device: torch.device) -> Architecture | None:
    """Return the network a recipe learns from, frozen.

    Raises:
        UsageError: there is none of that name, or its pages have another size.
    """
    if not recipe.train.teacher:
        return None
    teacher, _ = load_network(weights_path(recipe.train.teacher))
    if teacher.scale != recipe.model.scale:
        raise UsageError(
            f"[train] teacher: {recipe.train.teacher} makes pages of another size than [model] "
            f"scale {recipe.model.scale}"
        )
    return teacher.to(device).eval().requires_grad_(False)


def weights_path(model: Path | str) -> Path:
    """Return a shipped model's weights by name, or any checkpoint by path.

    Raises:
        UsageError: it is neither.
    """
    shipped = sorted(path.stem for path in WEIGHTS.glob("*.safetensors"))
    if str(model) in shipped:
        return WEIGHTS / f"{model}.safetensors"
    if not Path(model).exists():
        raise UsageError(
            f"there is no model '{model}'{nearest(str(model), shipped)}; known: "
            f"{', '.join(shipped)}, or the path of a .safetensors file"
        )
    return Path(model)


def take_weights(network: Architecture, path: Path) -> None:
    """Copy the averaged tensors that fit by name and shape; tell how many where not all do.

    Raises:
        UsageError: none fits.
    """
    given = {
        name[4:]: value for name, value in load_tensors(path)[0].items() if name.startswith("ema.")
    }
    wanted = network.state_dict()
    fitting = {
        name: value
        for name, value in given.items()
        if name in wanted and value.shape == wanted[name].shape
    }
    if not fitting:
        raise UsageError(
            f"{path}: was trained with another [model], and none of its tensors fits the "
            "recipe's; start from one like it"
        )
    network.load_state_dict(fitting, strict=False)
    if len(fitting) < len(wanted):
        sys.stderr.write(
            f"{path}: another [model]; {len(fitting)} of {len(wanted)} tensors fit and were taken\n"
        )


def save_state(state: State, checkpoint: Path, recipe: Recipe) -> None:
    """Write all that `restore` needs; a kill leaves the old file or the new one, whole."""
    tensors = {f"net.{name}": value for name, value in state.network.state_dict().items()}
    tensors |= {f"ema.{name}": value for name, value in state.average.items()}
    for index, moments in state.optimizer.state_dict()["state"].items():
        tensors |= {f"opt.{index}.{key}": value for key, value in moments.items()}
    header = _header(state, recipe)
    if state.team.scaler is not None:
        header["scaler"] = state.team.scaler.state_dict()
    save_tensors(checkpoint, tensors, header)


def save_average(state: State, path: Path, recipe: Recipe, scores: dict[str, float]) -> None:
    """Write the averaged network alone, with its scores: to be exported or started from."""
    tensors = {f"ema.{name}": value for name, value in state.average.items()}
    save_tensors(path, tensors, _header(state, recipe) | scores)


def _header(state: State, recipe: Recipe) -> dict[str, Any]:
    return {
        "recipe": recipe.to_dict(),
        "step": state.step,
        "seconds": round(state.seconds, 1),
        "worked": round(state.worked, 1),
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "threads": torch.get_num_threads(),
        "load": round(os.getloadavg()[0], 1),
        "stride": state.network.stride,
        "reach": state.network.reach,
        "device": state.team.device.type,
        "torch": torch.__version__,
        "processes": state.team.size,
    }


def restore(state: State, checkpoint: Path, recipe: Recipe) -> None:
    """Bring a fresh state to where the checkpoint's run was.

    Raises:
        UsageError: the checkpoint is of another network, or holds no run.
    """
    tensors, header = load_tensors(checkpoint)
    if described_model(header) != recipe.model:
        raise UsageError(f"{checkpoint}: was trained with another [model]; choose another -o")
    try:
        state.network.load_state_dict(
            {name[4:]: value for name, value in tensors.items() if name.startswith("net.")}
        )
        for name, value in state.average.items():
            value.copy_(tensors[f"ema.{name}"])
        moments = state.optimizer.state_dict()
        moments["state"] = {
            index: {key: tensors[f"opt.{index}.{key}"] for key in ("step", "exp_avg", "exp_avg_sq")}
            for index, _ in enumerate(() if state.network.closed else learned(state.network))
        }
        state.optimizer.load_state_dict(moments)
    except (RuntimeError, KeyError) as error:
        raise UsageError(
            f"{checkpoint}: holds no run this version can resume; start anew in another -o, with "
            f"--start-from {checkpoint} if its weights still fit"
        ) from error
    if state.team.scaler is not None and "scaler" in header:
        state.team.scaler.load_state_dict(header["scaler"])
    state.step, state.seconds = header["step"], header["seconds"]
    state.worked = header.get("worked", 0.0)
    changed = changed_data(header["recipe"], recipe)
    if changed and state.team.rank == 0:
        sys.stderr.write(
            f"{checkpoint}: from here on its patches differ from those it has seen, because "
            f"{', '.join(changed)} changed\n"
        )


def changed_data(before: dict[str, Any], recipe: Recipe) -> list[str]:
    """Return what of an older recipe, as a header holds it, made other patches than this one.

    What the older one does not know has its default there.
    """
    now = json.loads(json.dumps(recipe.to_dict(), default=list))
    plain = {
        name: json.loads(json.dumps(asdict(section), default=list))
        for name, section in (
            *(("train", Train()), ("data", Data())),
            *(("synth", Synth()), ("corrupt", Corrupt())),
        )
    }
    old = {name: table | before.get(name, {}) for name, table in plain.items()}
    changed = [f"[train] {key}" for key in DATA_KEYS if old["train"][key] != now["train"][key]]
    looks = before.get("mix", []), now["mix"]
    if looks[0] != looks[1]:
        changed.append("[mix] or a recipe it names")
    # a mix takes the place of the recipe's own pages
    apart = ("data", "synth", "corrupt") if not looks[1] else ("data",)
    return changed + [f"[{name}]" for name in apart if old[name] != now[name]]
