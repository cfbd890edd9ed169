"""Start a larger `dae` from a smaller one that has learned: same output, more to learn with.

    python pipelines/training/widen.py SMALL.safetensors pipelines/recipes/base.toml
        -o START.safetensors
    docclean train pipelines/recipes/base.toml -o runs/base --start-from START.safetensors

Net2Net (Chen, Goodfellow and Shlens 2016): channels are added that no old one listens to yet, and
convolutions that pass on what they get. The page that comes out is the same, to rounding.
"""

import argparse
import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from docclean.errors import DoccleanError, UsageError
from docclean.models import ARCHITECTURES, Architecture
from docclean.models.checkpoint import load_network, load_tensors, save_tensors
from docclean.recipe import Recipe


def widen(small: Architecture, large: Architecture) -> None:
    """Give `large` the function of `small`, both `dae`.

    Raises:
        UsageError: `large` has fewer channels or convolutions somewhere.
    """
    given = {name: part for name, part in small.named_modules() if isinstance(part, nn.Conv2d)}
    for name, part in large.named_modules():
        if not isinstance(part, nn.Conv2d):
            continue
        plain = given.get(f"{name.rpartition('.')[0]}.only")  # a block of one convolution
        if name in given:
            _copy(part, given[name].weight, given[name].bias)
        elif plain is not None and name.endswith(".second"):
            passed = _passing_on(plain.weight)
            _copy(part, plain.weight - passed, plain.bias)  # the block adds what came in
        elif plain is not None or name == "fine":
            other = given["stem"] if plain is None else plain
            _copy(part, _passing_on(other.weight), torch.zeros(len(other.weight)))
        else:
            raise UsageError(f"the larger network's {name} has no place in the smaller one's pages")
    known = {name.replace(".only", ".second") for name in given}
    missing = known - {name.replace(".only", ".second") for name, _ in large.named_modules()}
    if missing:
        raise UsageError(f"the larger network has no {', '.join(sorted(missing))}")


def _passing_on(weight: Tensor) -> Tensor:
    """Return the 3 x 3 kernels (N, N, 3, 3) that change nothing, N the outputs of `weight`."""
    kernels = torch.zeros(len(weight), len(weight), 3, 3)
    kernels[range(len(weight)), range(len(weight)), 1, 1] = 1
    return kernels


def _copy(part: nn.Conv2d, weight: Tensor, bias: Tensor | None) -> None:
    """Set the old outputs of a convolution; they do not listen to new channels."""
    outputs, inputs = weight.shape[:2]
    if outputs > part.out_channels or inputs > part.in_channels or part.bias is None:
        raise UsageError(f"the larger network must not have fewer than {outputs} x {inputs}")
    with torch.no_grad():
        part.weight[:outputs] = 0
        part.weight[:outputs, :inputs] = weight
        part.bias[:outputs] = 0 if bias is None else bias


def main() -> None:
    """Widen a checkpoint's network to a recipe's."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("small", type=Path, help="a checkpoint or shipped .safetensors")
    parser.add_argument("recipe", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    try:
        small, _ = load_network(options.small)
        recipe = Recipe.load(options.recipe)
        large = ARCHITECTURES[recipe.model.name].build(recipe.model)
        widen(small, large)
        header = load_tensors(options.small)[1]
        header["recipe"]["model"] = vars(recipe.model)
        options.out.parent.mkdir(parents=True, exist_ok=True)
        weights = {f"ema.{name}": value for name, value in large.state_dict().items()}
        save_tensors(options.out, weights, header)
        load_network(options.out)
    except DoccleanError as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
