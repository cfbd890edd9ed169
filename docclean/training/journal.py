"""What a run tells: a history, curves, events for TensorBoard, a line on stderr."""

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lightning_fabric.loggers.tensorboard import TensorBoardLogger

from docclean.training.plots import write_curves

HISTORY = "history.jsonl"
CURVES = "loss.png"
EVENTS = "events"


class Journal:
    """The run's folder as a place to write to; `tensorboard --logdir FOLDER` shows its events."""

    def __init__(self, out: Path, step: int = 0) -> None:
        """Open the journal at `step`; rows of later steps are dropped, they will be done again."""
        self._out = out
        history = out / HISTORY
        if history.exists():
            rows = history.read_text().splitlines(keepends=True)
            history.write_text("".join(row for row in rows if json.loads(row)["step"] <= step))
        self._events: Any = None
        if find_spec("tensorboardX") or find_spec("tensorboard"):
            self._events = TensorBoardLogger(out, EVENTS, "", purge_step=step + 1)

    def write(self, row: dict[str, float]) -> None:
        """Add a row with `step`, `seconds`, `loss` and more; a validated one is drawn and told."""
        with (self._out / HISTORY).open("a") as file:
            file.write(json.dumps(row) + "\n")
        if self._events is not None:
            told = {name: value for name, value in row.items() if name != "step"}
            self._events.log_metrics(told, int(row["step"]))
        if "validation" in row:
            lines = (self._out / HISTORY).read_text().splitlines()
            write_curves(self._out / CURVES, [json.loads(line) for line in lines])
            sys.stderr.write(_sentence(row))
            if self._events is not None:
                self._events.save()

    def close(self) -> None:
        """Write what is still to be written."""
        if self._events is not None:
            self._events.finalize("success")


def _sentence(row: dict[str, float]) -> str:
    read = f", CER {row['cer']:.2%} (dirty {row['cer_dirty']:.2%})" if "cer" in row else ""
    return (
        f"step {row['step']}: loss {row['loss']:.4f}, validation {row['validation']:.4f}{read}, "
        f"{row['seconds']:.0f} s\n"
    )
