"""What the network is asked for: the clean page, and most of all its strokes."""

import torch.nn.functional as F
from torch import Tensor

from docclean.recipe import Train

NEAR_INK = 7
"""Window in px: a pixel with ink inside it counts as near ink (3 px each way)."""


def cleaning_loss(logits: Tensor, clean: Tensor, train: Train) -> Tensor:
    """Return cross-entropy plus L1, weighted by 1 + `ink_weight` within 3 px of ink.

    Ink itself weighs `keep_weight` more than the paper beside it: where the network cannot know,
    a stroke is to stay rather than go.

    Args:
        logits: (N, 1, H, W) before the sigmoid.
        clean: (N, 1, H, W) target in 0..1.
        train: the weights.
    """
    near = F.max_pool2d((clean < 0.6).float(), NEAR_INK, 1, NEAR_INK // 2)
    weight = 1 + train.ink_weight * near + train.keep_weight * (1 - clean)
    entropy = F.binary_cross_entropy_with_logits(logits, clean, reduction="none")
    absolute = (logits.sigmoid() - clean).abs()
    return ((entropy + train.l1_weight * absolute) * weight).sum() / weight.sum()
