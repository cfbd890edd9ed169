"""A widened network gives the page that the small one gives, and can go on learning."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

sys.path.append(str(Path(__file__).parents[2] / "pipelines/training"))  # scripts, no package

import widen  # noqa: E402

from docclean.errors import UsageError  # noqa: E402
from docclean.models import ARCHITECTURES  # noqa: E402
from docclean.recipe import Model  # noqa: E402

SMALL = Model(widths=(4, 6, 8, 10), depths=(0, 1, 1, 0, 0), fine=0)
LARGE = Model(widths=(6, 8, 8, 12), depths=(1, 1, 1, 1, 0), fine=1)


def built(model, seed):
    torch.manual_seed(seed)
    network = ARCHITECTURES["dae"].build(model)
    with torch.no_grad():
        network.head.weight.normal_(0, 0.2)  # it starts at zero: nothing would be compared
    return network.eval()


def test_a_widened_network_gives_the_same_page():
    small, large = built(SMALL, 1), built(LARGE, 2)
    page = torch.rand(2, 1, 96, 128)
    with torch.no_grad():
        wanted, before = small(page), large(page)
        widen.widen(small, large)
        after = large(page)
    assert (before - wanted).abs().max() > 0.01
    assert (after - wanted).abs().max() < 1e-5


def test_new_channels_can_learn():
    small, large = built(SMALL, 1), built(LARGE, 2)
    widen.widen(small, large)
    large(torch.rand(1, 1, 64, 64)).mean().backward()
    gradient = large.head.weight.grad
    assert gradient[:, 4:].abs().sum() > 0  # what listens to the new channels of the last level


OTHERS = {
    "fewer channels": replace(LARGE, widths=(4, 6, 8, 10)),
    "no second convolution": replace(LARGE, fine=0),
    "single convolutions": replace(LARGE, depths=SMALL.depths),
    "two blocks for one": replace(LARGE, depths=(2, 1, 1, 1, 0)),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_network_that_is_not_larger_in_every_way_is_refused(name):
    with pytest.raises(UsageError, match="the larger network"):
        widen.widen(built(LARGE, 1), built(OTHERS[name], 2))
