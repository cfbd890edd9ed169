"""What changes with the step: the learning rate, the average's decay, how severe pages are."""

import math
from dataclasses import replace

from docclean.recipe import Corrupt, Train

MILDEST = 0.3
"""Share of the recipe's severity that a curriculum begins with."""


def learning_rate(step: int, train: Train) -> float:
    """Return the rate of a step: linear warm-up, then half a cosine down to 1 %."""
    if step < train.warmup:
        return train.learning_rate * (step + 1) / train.warmup
    progress = min(1.0, (step - train.warmup) / max(1, train.steps - train.warmup))
    return train.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))


def average_decay(step: int, train: Train) -> float:
    """Return the decay of the moving average: short at first, or it would keep the random start."""
    return min(train.ema, (1 + step) / (10 + step))


def severity_share(step: int, train: Train) -> float:
    """Return the share of the recipe's severity at a step, `MILDEST`..1, rising in a line.

    It reaches 1 after `curriculum` of the run and depends on the step alone, so a resumed run
    sees the pages an unbroken one would.
    """
    rising = train.curriculum * train.steps
    return 1.0 if step >= rising else MILDEST + (1 - MILDEST) * step / rising


def softened(corrupt: Corrupt, share: float) -> Corrupt:
    """Return the same corruptions with `share` of their mean severity.

    A severity is u ** p with u uniform, 1 / (p + 1) on average; a larger power brings that down
    and still leaves a terrible page now and then.
    """
    if share >= 1:
        return corrupt
    return replace(corrupt, severity_power=(corrupt.severity_power + 1) / share - 1)
