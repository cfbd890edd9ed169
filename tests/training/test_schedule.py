"""What changes with the step."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from docclean.recipe import Corrupt, Train
from docclean.training.schedule import (
    MILDEST,
    average_decay,
    learning_rate,
    severity_share,
    softened,
)


def test_the_rate_warms_up_and_ends_at_one_percent():
    train = Train(warmup=10, steps=100, learning_rate=1.0)
    rates = [learning_rate(step, train) for step in range(101)]
    assert rates[0] == pytest.approx(0.1) and rates[9] == pytest.approx(1.0)
    assert all(one < two for one, two in pairwise(rates[:10]))
    assert all(one > two for one, two in pairwise(rates[10:]))
    assert rates[100] == pytest.approx(0.01) == pytest.approx(learning_rate(500, train))
    assert learning_rate(9, replace(train, learning_rate=2e-3)) == pytest.approx(2e-3)


def test_the_average_forgets_the_random_start():
    train = Train(ema=0.99)
    assert average_decay(0, train) == pytest.approx(0.1)
    assert average_decay(10_000, train) == 0.99


def test_severities_rise_over_the_share_of_the_run():
    train = Train(steps=100, curriculum=0.4)
    shares = [severity_share(step, train) for step in range(100)]
    assert shares[0] == MILDEST and shares[20] == pytest.approx((1 + MILDEST) / 2)
    assert all(one < two for one, two in pairwise(shares[:41])) and set(shares[40:]) == {1.0}
    assert {severity_share(step, Train()) for step in (0, 5)} == {1.0}


@pytest.mark.parametrize("share", [0.3, 0.7, 1.0])
def test_softened_pages_have_that_share_of_the_mean_severity(share):
    corrupt = Corrupt(severity_power=1.7)
    even = (np.arange(100_000) + 0.5) / 100_000
    before, after = (
        float(np.mean(even**one.severity_power)) for one in (corrupt, softened(corrupt, share))
    )
    assert after == pytest.approx(share * before, rel=1e-3)
    assert replace(softened(corrupt, share), severity_power=1.7) == corrupt
