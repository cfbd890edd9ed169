"""All recipes of a folder, one run each, and a table of what came out beside what was told."""

import datetime
import json
import sys
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from docclean.errors import DoccleanError, UsageError
from docclean.files import writing_text
from docclean.machine import machine
from docclean.models.checkpoint import load_network, load_tensors, parameter_count
from docclean.recipe import Recipe
from docclean.training.export import export_checkpoint
from docclean.training.journal import HISTORY
from docclean.training.loop import CHECKPOINT, train

TABLE = "table.md"
MODEL = "model.onnx"
FEW = 192
"""Pictures of a quick run."""
CLEAN = 90.0
"""PSNR in dB from which images came in clean."""
COLUMNS = {
    "recipe": "---",
    "epochs": "--:",
    "parameters": "--:",
    "loss": "---",
    "training": "--:",
    "validation": "--:",
    "MSE": "--:",
    "PSNR dirty → restored": "--:",
    "date": "---",
    "seconds (of processor; threads, load)": "--:",
    "our figure": "---",
    "the source's figure": "---",
}
"""Of the table, and how they are aligned."""


@dataclass(frozen=True)
class Row:
    """What one run came to."""

    name: str
    parameters: int
    header: dict[str, Any]
    last: dict[str, float]
    """The last validated row of its history."""
    seconds: float
    """Of this run and of those of its levels, where they were trained before."""
    worked: float
    """Seconds of processor time of the same."""

    def line(self) -> str:
        """Return the row as Markdown."""
        last, train = self.last, self.header["recipe"]["train"]
        dirty = last["psnr_dirty"]
        done = self.header["step"] / train["steps"]
        epochs = (
            f"{train['epochs'] * done:.3g} of {train['epochs']}"
            if train["epochs"]
            else f"{self.header['step']} of {train['steps']} steps"
        )
        threads, load = self.header.get("threads", 1), self.header.get("load", 0.0)
        time = f"{self.seconds:.0f} ({self.worked:.0f}; {threads}, {load:.1f})"
        cells = [
            f"`{self.name}`",
            epochs,
            f"{self.parameters:,}",
            train["loss"],
            f"{last['loss']:.4f}",
            f"{last['validation']:.4f}",
            f"{last['mse']:.4f}",
            f"{f'{dirty:.1f} → ' if dirty < CLEAN else ''}{last['psnr']:.1f} dB",
            self.header.get("date", ""),
            time,
            self.figure(),
            train["reference"],
        ]
        return f"| {' | '.join(cells)} |"

    def figure(self) -> str:
        """Return our figure in the terms of the source's."""
        last = self.last
        if "cer" in last:
            return f"CER {last['cer_dirty']:.1%} → {last['cer']:.1%}"
        loss = self.header["recipe"]["train"]["loss"]
        if loss == "mse":
            return f"validation MSE {last['mse']:.4f}"
        return f"loss {last['loss']:.4f}, validation {last['validation']:.4f}"


def train_all(folder: Path, out: Path, minutes: float | None, quick: bool) -> int:
    """Train every recipe of a folder, going on where runs were stopped, and write the table.

    The table is written anew after each run. What is missing or fails costs its own row only.

    Args:
        folder: of recipes.
        out: gets a folder for each run, with its exported model, and `table.md`.
        minutes: for each run.
        quick: a few steps on a few pictures.

    Returns:
        How many runs failed.

    Raises:
        UsageError: there are no recipes.
        OutputError: the table cannot be written.
    """
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise UsageError(f"{folder}: has no recipes; give a folder of .toml files")
    lines, machines, failed = [], set[str](), 0
    for path in paths:
        sys.stderr.write(f"{path.stem}\n")
        try:
            row = _run(path, out / path.stem, minutes, quick)
            lines.append(row.line())
            machines.add(row.header.get("machine", machine()))
        except DoccleanError as error:
            sys.stderr.write(f"docclean: {error}\n")
            lines.append(f"| `{path.stem}` | {error} |")
            failed += 1
        _write(out / TABLE, lines, _told(folder, machines or {machine()}, quick))
    return failed


def _run(path: Path, out: Path, minutes: float | None, quick: bool) -> Row:
    """Train one recipe and export its model."""
    recipe = Recipe.load(path)
    checkpoint = train(shortened(recipe) if quick else recipe, out, resume=True, minutes=minutes)
    export_checkpoint(checkpoint, out / MODEL)
    return row_of(out)


def row_of(out: Path) -> Row:
    """Return what a run's folder tells of it."""
    network, header = load_network(out / CHECKPOINT)
    history = [json.loads(line) for line in (out / HISTORY).read_text().splitlines()]
    parts = [load_tensors(path)[1] for path in sorted(out.rglob(CHECKPOINT))]
    return Row(
        out.name,
        parameter_count(network),
        header,
        [row for row in history if "validation" in row][-1],
        sum(part["seconds"] for part in parts),
        sum(part.get("worked", 0.0) for part in parts),
    )


def _told(folder: Path, machines: Set[str], quick: bool) -> str:
    """Return what stands over the table: date, command, machine, and what load means."""
    command = f"docclean train {folder} --table{' --quick' if quick else ''}"
    return (
        f"Written {datetime.date.today().isoformat()} by `{command}`; trained on "
        f"{' and '.join(sorted(machines))}. Load is the machine's at the end of a run: above the "
        "cores, others worked beside it and the seconds are too many; those of processor time, all "
        "threads together, are its own."
    )


def _write(path: Path, lines: Sequence[str], told: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with writing_text(path) as file:
        head = f"| {' | '.join(COLUMNS)} |\n|{'|'.join(COLUMNS.values())}|"
        file.write("\n".join([told, "", head, *lines, ""]))


def shortened(recipe: Recipe) -> Recipe:
    """Return a recipe that is over in seconds and passes through every step of a whole one."""
    train = recipe.train
    few = replace(
        train,
        epochs=min(1, train.epochs),
        layerwise=min(1, train.layerwise),
        batch=min(FEW // 4, train.batch),
        steps=2,
        warmup=1,
        validate_every=2,
        patches_per_sheet=4,
        pool=min(16, train.pool),
        cer_pages=min(1, train.cer_pages),
        workers=0,
    )
    return replace(
        recipe,
        train=few,
        data=replace(recipe.data, limit=FEW),
        synth=replace(recipe.synth, pages=2),
    )
