"""Do the libraries' own transforms do our members' work as well? Realism and speed, side by side.

    python pipelines/corruptions/libraries.py DATA/ocr --figures FIGURES.json
        -o pipelines/results/libraries.md

Realism: pieces of set pages go through our chain, drawn anew for each, with the member always in
it; then the same pieces through the same chain with the library's transform in its place. The probe
of `pipelines/bench/realism.py` tells either from real pages: the lower its AUC, the harder that is.
Speed: a page of A4 at 150 dpi, both in turns, one thread, the least of the turns. The job: where on
the page the change falls, and how it follows the resolution. The library's is as good where its AUC
is not higher beyond the noise, it is not slower by more than a fifth, and it does the same job.
"""

import json
import tomllib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

import cv2
import measures  # before the next two: it shows the way to them
import numpy as np
import torch
from common import arguments, measured, run, tell
from measures import Figures
from realism import real_pages, statistics_of

from docclean.corruptions import CORRUPTIONS
from docclean.corruptions.borrowed import borrowed
from docclean.synth import TextSource, typeset

SLOWER = 1.2
ELSEWHERE = 0.25
"""Difference of the shares of the change that fall on ink, from where it is another job."""
BY_DPI = 1.6
"""How many times more or less than ours its change may be with the resolution."""
OTHER = 4
"""How many times more or less than ours a transform may change; its arguments are chosen near."""
Sides = tuple[Figures, Figures]


def noise_of(every: Sequence[Sides]) -> float:
    """Return two standard errors of a difference of AUCs, those of the median pair."""
    apart = [np.subtract(its.areas, ours.areas) for ours, its in every]
    return float(2 * np.median([one.std(ddof=1) for one in apart]) / measures.SETS**0.5)


def verdict(sides: Sides, pair: dict[str, Any], noise: float) -> str:
    """Return which is kept and why."""
    ours, its = sides
    worse = float(np.mean(its.areas) - np.mean(ours.areas))
    drift = float(np.exp(abs(np.log(max(its.by_dpi, 1e-3) / max(ours.by_dpi, 1e-3)))))
    changes = [float(np.mean(side.changes)) for side in sides]
    reasons = {
        f"looks less real (AUC +{worse:.3f})": worse > noise,
        f"takes {its.milliseconds / ours.milliseconds:.1f} times as long": (
            its.milliseconds > SLOWER * ours.milliseconds
        ),
        f"falls to {its.on_ink:.0%} on ink, ours to {ours.on_ink:.0%}": (
            abs(its.on_ink - ours.on_ink) > ELSEWHERE
        ),
        f"follows the dpi (x{its.by_dpi:.2f} at 300, ours x{ours.by_dpi:.2f})": (
            drift > BY_DPI and abs(np.log(its.by_dpi)) > abs(np.log(ours.by_dpi))
        ),
        f"changes a page by {changes[1]:.1f} greys, ours by {changes[0]:.1f}": (
            not 1 / OTHER < changes[1] / max(changes[0], 1e-6) < OTHER
        ),
    }
    why = [told for told, so in reasons.items() if so]
    told = f" ({pair['differs']})" if "differs" in pair else ""
    if "kept" in pair:
        why.append(pair["kept"])
    if pair.get("inside"):
        return f"**the library's, in our member**{told}"
    return f"ours: its {'; '.join(why)}{told}" if why else f"**as good**{told}"


def row(pair: dict[str, Any], sides: Sides, noise: float) -> str:
    """Return the line of a pair."""
    given = ", ".join(f"{key}={value}" for key, value in pair.get("arguments", {}).items())
    cells = [pair["member"], CORRUPTIONS[pair["member"]].stage, f"`{pair['transform']}` {given}"]
    told = (
        lambda side: f"{np.mean(side.areas):.3f}",
        lambda side: f"{np.mean(side.changes):.1f}",
        lambda side: f"{side.milliseconds:.1f}",
        lambda side: f"{side.on_ink:.2f}",
        lambda side: f"{side.by_dpi:.2f}",
    )
    cells += [" / ".join(tell_(side) for side in sides) for tell_ in told]
    return "| " + " | ".join([*cells, verdict(sides, pair, noise)]) + " |"


def compare(
    pairs: Sequence[dict[str, Any]], data: Path, split: str, count: int, kept: Path
) -> list[Sides]:
    """Return the figures of the pairs; those that are kept already are not measured again."""
    known = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    if missing := [pair for pair in pairs if key(pair) not in known]:
        real = statistics_of(real_pages(data, split))
        groups = [list(measures.pieces(group, count)) for group in range(measures.SETS)]
        page = typeset(Random(1), TextSource(()), 150, "article").page.pixels
        fine, own = measures.specimen(), {}
    for pair in missing:
        name, member = pair["member"], CORRUPTIONS[pair["member"]]
        transform = borrowed(pair["transform"], fixed(pair.get("arguments", {})))
        if name not in own:
            own[name] = measures.realism(member, name, groups, real)
            measures.profile(member, fine, own[name])
        ours, its = Figures(**asdict(own[name])), measures.realism(transform, name, groups, real)
        measures.profile(transform, fine, its)
        measures.take_turns(((member, ours), (transform, its)), page)
        known[key(pair)] = [asdict(ours), asdict(its)]
        kept.write_text(json.dumps(known), "utf-8")
        print(f"{len(known)}: {name} {pair['transform']}", flush=True)
    return [(Figures(**known[key(one)][0]), Figures(**known[key(one)][1])) for one in pairs]


def key(pair: dict[str, Any]) -> str:
    """Return what the figures of a pair are kept under."""
    return repr((pair["member"], pair["transform"], pair.get("arguments", {})))


def fixed(value: Any) -> Any:
    """Return what a TOML file gives as a recipe keeps it: lists as tuples."""
    if isinstance(value, dict):
        return {key: fixed(item) for key, item in value.items()}
    return tuple(map(fixed, value)) if isinstance(value, list) else value


def main() -> None:
    """Compare, and write the table."""
    parser = arguments(__doc__)
    parser.add_argument("real", type=Path, help="folder of sets of real pages")
    parser.add_argument("--split", default="all", choices=("all", "val", "test"))
    parser.add_argument("--pieces", type=int, default=36, help="of a set")
    parser.add_argument("--figures", type=Path, required=True, help="JSON; a stopped run goes on")
    parser.add_argument("--only", nargs="+", help="members")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    pairs = tomllib.loads(Path(__file__).with_name("pairs.toml").read_text("utf-8"))["pair"]
    pairs = [one for one in pairs if not asked.only or one["member"] in asked.only]
    sides = compare(pairs, asked.real, asked.split, asked.pieces, asked.figures)
    noise = noise_of(sides)
    lines = [
        f"# Our members beside the libraries' transforms ({measured()}; one thread)\n",
        f"`python pipelines/corruptions/libraries.py DATA/ocr --split {asked.split} --pieces "
        f"{asked.pieces}`. Each cell: ours / the library's. AUC: of the probe against real pages, "
        f"{measures.SETS} sets of {asked.pieces} pieces (lower is more real, a "
        f"difference up to {noise:.3f} is noise). Change: mean of a "
        "piece's pixels, greys. ms: a page of A4 at 150 dpi. Ink: share of the change that falls "
        "on letters. Dpi: change at 300 dpi over that at 100 (1: measured on paper).\n",
        "| member | stage | the library's | AUC | change | ms | ink | dpi | verdict |",
        "|---|---|---|--:|--:|--:|--:|--:|---|",
        *(row(pair, two, noise) for pair, two in zip(pairs, sides, strict=True)),
    ]
    tell(lines, asked.out)


if __name__ == "__main__":
    run(main)
