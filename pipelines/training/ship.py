"""Ship a training run: export it into the package, keep its curve, write its model card.

    python pipelines/training/ship.py RUN --name small --scores pipelines/results/scores.md

RUN is the folder of `docclean train`; the scores are a table `docclean evaluate --markdown`
wrote.
"""

import argparse
import datetime
import json
import shutil
from pathlib import Path

from docclean.evaluation.environment import environment
from docclean.models.checkpoint import load_network, parameter_count
from docclean.training.export import export_checkpoint

ROOT = Path(__file__).parents[2]
WEIGHTS = ROOT / "docclean" / "weights"
RESULTS = ROOT / "pipelines" / "results"


def card(run: Path, name: str, scores: str, notes: str, difference: float) -> str:
    """Return the model card: what it is, how it was made, what it scores."""
    network, header = load_network(WEIGHTS / f"{name}.safetensors")
    rows = [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]
    checked = [row for row in rows if "validation" in row]
    facts = {
        "architecture": f"{header['recipe']['model']['name']}, channels {network.widths}",
        "size": f"{parameter_count(network):,} weights, {network.macs_per_pixel():,.0f} "
        f"multiply-adds a pixel, reach {network.reach} px, stride {network.stride} px",
        "trained": f"{header['step']:,} steps of {header['recipe']['train']['batch']} patches of "
        f"{header['recipe']['train']['patch']}² px in {header['seconds']:,.0f} s, "
        f"{header.get('processes', 1)} processes "
        f"({environment().machine}), torch {header['torch']}",
        "validation loss": " → ".join(f"{row['validation']:.4f}" for row in checked),
        "exported": f"{datetime.date.today()}, within {difference:g} grey levels of the checkpoint",
        "data": "synthetic pages only; no real scan was seen in training",
        "licence": "MIT, as the package",
    }
    told = "\n".join(f"- **{key}:** {value}" for key, value in facts.items())
    recipe = json.dumps(header["recipe"], indent=1)
    return (
        f"# Model `{name}`\n\n{told}\n\n{notes}\n## Recipe\n\n```json\n{recipe}\n```\n\n"
        f"## Scores\n\n{scores}"
    )


def main() -> None:
    """Export, copy, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--name", default="small")
    parser.add_argument("--scores", type=Path)
    parser.add_argument("--notes", type=Path, help="Markdown about this training, put in the card")
    args = parser.parse_args()
    out = WEIGHTS / f"{args.name}.onnx"
    difference = export_checkpoint(args.run / "checkpoint.safetensors", out)
    kept = RESULTS / args.name
    kept.mkdir(parents=True, exist_ok=True)
    for file in ("history.jsonl", "loss.png", "checkpoint.safetensors"):
        shutil.copy(args.run / file, kept / file)
    grids = sorted(args.run.glob("grid-*.png"))
    if grids:
        shutil.copy(grids[-1], kept / "grid.png")
    scores = args.scores.read_text() if args.scores else "Not measured yet.\n"
    notes = args.notes.read_text() + "\n" if args.notes else ""
    (WEIGHTS / f"{args.name}.md").write_text(card(args.run, args.name, scores, notes, difference))
    size = out.stat().st_size / 1e6
    print(f"{out}: {size:.1f} MB, {difference:g} grey levels from the checkpoint")


if __name__ == "__main__":
    main()
