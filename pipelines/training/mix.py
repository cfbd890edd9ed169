"""Mix the averaged weights of two checkpoints, the second trained on from the first.

    python pipelines/training/mix.py BEFORE.safetensors AFTER.safetensors --share 0.3
        -o MIXED.safetensors

Between a network and what it became by further training on other pages lie networks that keep most
of what the first knew and gain much of what the second learned (WiSE-FT, Wortsman et al. 2022).
"""

import argparse
import sys
from pathlib import Path

from torch import Tensor

from docclean.errors import DoccleanError, UsageError
from docclean.models.checkpoint import load_tensors, save_tensors

AVERAGED = "ema."


def mixed(before: dict[str, Tensor], after: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """Return (1 - share) of the first averaged weights plus `share` of the second.

    Raises:
        UsageError: they are weights of different networks.
    """
    parts = [
        {name: value for name, value in one.items() if name.startswith(AVERAGED)}
        for one in (before, after)
    ]
    shapes = [{name: value.shape for name, value in one.items()} for one in parts]
    if not parts[0] or shapes[0] != shapes[1]:
        raise UsageError("the two checkpoints are not of the same network; give two of one kind")
    return {name: value.lerp(parts[1][name], share) for name, value in parts[0].items()}


def main() -> None:
    """Read two, write one; its header is that of the second."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--share", type=float, default=0.3)
    parser.add_argument("-o", "--out", type=Path, required=True)
    args = parser.parse_args()
    try:
        (first, _), (second, header) = map(load_tensors, (args.before, args.after))
        save_tensors(args.out, mixed(first, second, args.share), header)
    except DoccleanError as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
