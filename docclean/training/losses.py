"""What the network is asked for: the clean page, and most of all its strokes."""

import torch.nn.functional as F
from torch import Tensor

from docclean.recipe import Train

NEAR_INK = 7
"""Window in px: a pixel with ink inside it counts as near ink (3 px each way)."""


FINE = 3
"""Window in px: a stroke or a gap that closing or opening with it removes is a fine detail."""


def cleaning_loss(logits: Tensor, clean: Tensor, train: Train) -> Tensor:
    """Return cross-entropy plus L1, weighted towards what reading needs.

    A pixel weighs 1, `ink_weight` more within 3 px of ink, `keep_weight` more where it is ink (a
    stroke that cannot be told from dirt is to stay), and `fine_weight` more where it belongs to a
    hairline or the eye of a letter: an e lives by the few pixels of its crossbar.

    Args:
        logits: (N, 1, H, W) before the sigmoid.
        clean: (N, 1, H, W) target in 0..1.
        train: the weights.
    """
    near = F.max_pool2d((clean < 0.6).float(), NEAR_INK, 1, NEAR_INK // 2)
    weight = 1 + train.ink_weight * near + train.keep_weight * (1 - clean)
    weight = weight + train.fine_weight * fine_detail(clean)
    entropy = F.binary_cross_entropy_with_logits(logits, clean, reduction="none")
    absolute = (logits.sigmoid() - clean).abs()
    return ((entropy + train.l1_weight * absolute) * weight).sum() / weight.sum()


def fine_detail(clean: Tensor) -> Tensor:
    """Return how much each pixel differs from the page's grey closing and opening, 0..1.

    Grey morphology with a square of 3 px; closing minus page finds thin ink, page minus opening
    thin gaps (top-hat transforms).
    """
    closing = -_widest(-_widest(clean))
    opening = _widest(-_widest(-clean))
    return (closing - clean) + 0.5 * (clean - opening)


def _widest(image: Tensor) -> Tensor:
    return F.max_pool2d(image, FINE, 1, FINE // 2)
