"""What the network is asked for: the clean page, and most of all its strokes."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from docclean.models import Architecture
from docclean.models.base import padded
from docclean.recipe import Train
from docclean.training.recogniser.lines import LineBatch
from docclean.training.recogniser.network import Recogniser
from docclean.training.recogniser.reading import cleaning_reader_loss

NEAR_INK = 7
"""Window in px: a pixel with ink inside it counts as near ink (3 px each way)."""
FINE = 3
"""Window in px: a stroke or a gap that closing or opening with it removes is a fine detail."""
ROUND = 1e-3
"""Errors well below this many greys (0..1) cost quadratically in the Charbonnier loss."""
SAME = 1.5 / 255
"""A dirty patch this close to its clean twin was left as it is; one level is rounding."""


class Lesson(nn.Module):
    """A network and what it is asked for, as one module: `forward` is all that is learned from.

    Every term of the loss is added here, because several processes share gradients through
    `forward` alone.
    """

    def __init__(
        self,
        network: Architecture,
        train: Train,
        recogniser: Recogniser | None = None,
        teacher: Architecture | None = None,
    ) -> None:
        """Take the network, compiled where the recipe says so, and the weights of the losses.

        The recogniser and the teacher, frozen and on the network's device, are none of this
        module's children: they are neither trained nor averaged nor stored.
        """
        super().__init__()
        self.network, self.settings = network, train
        # a tuple hides it from nn.Module
        self._recogniser = () if recogniser is None else (recogniser,)
        self._teacher = () if teacher is None else (teacher,)
        # patches and lines have other sizes: each gets kernels of its own
        self._taught, self._logits = network.taught, network.logits
        if train.compile:
            self._taught = torch.compile(network.taught, dynamic=False)
            self._logits = torch.compile(network.logits, dynamic=False)

    def forward(self, dirty: Tensor, clean: Tensor, lines: LineBatch | None = None) -> Tensor:
        """Return the loss of a batch, a scalar.

        Args:
            dirty: float (N, 1, H, W) in 0..1.
            clean: float (N, 1, scale * H, scale * W) in 0..1.
            lines: what the recogniser looks at once it is cleaned, None for nothing.
        """
        high, wide = clean.shape[-2:]
        logits, penalty = self._taught(self._laid(padded(dirty, self.network.stride)))
        logits = logits[..., :high, :wide].float()
        for teacher in self._teacher:
            clean = torch.lerp(clean, _taught_by(teacher, dirty), self.settings.teacher_share)
        loss = image_loss(logits, clean, self.settings, dirty) + penalty
        if lines is not None:
            for recogniser in self._recogniser:
                seen = cleaning_reader_loss(self._cleaned, recogniser, lines)
                loss = loss + self.settings.recogniser_weight * seen
        return loss

    def _cleaned(self, dirty: Tensor) -> Tensor:
        """Return the cleaned page as it is trained: blocks of `bottleneck` unblended, float32."""
        logits: Tensor = self._logits(self._laid(dirty))
        return logits.float().sigmoid()

    @staticmethod
    def _laid(dirty: Tensor) -> Tensor:
        """Return the page as it lies in memory for the fastest convolutions."""
        return dirty.contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def _taught_by(teacher: Architecture, dirty: Tensor) -> Tensor:
    """Return what the teacher makes of the dirty images, float (N, 1, H, W) in 0..1."""
    high, wide = dirty.shape[-2:]
    taught: Tensor = teacher(padded(dirty, teacher.stride))[..., :high, :wide].float()
    return taught


def image_loss(logits: Tensor, clean: Tensor, train: Train, dirty: Tensor) -> Tensor:
    """Return the loss that the recipe names, a scalar; shapes as of `cleaning_loss`."""
    if train.loss == "bce":
        return F.binary_cross_entropy_with_logits(logits, clean)
    if train.loss == "mse":
        return F.mse_loss(logits.sigmoid(), clean)
    return cleaning_loss(logits, clean, train, dirty)


def cleaning_loss(
    logits: Tensor, clean: Tensor, train: Train, dirty: Tensor | None = None
) -> Tensor:
    """Return cross-entropy plus the recipe's other losses, weighted towards what reading needs.

    A pixel weighs 1, `ink_weight` more within 3 px of ink, `keep_weight` more where it is ink (a
    stroke that cannot be told from dirt is to stay), and `fine_weight` more where it belongs to a
    hairline or the eye of a letter: an e lives by the few pixels of its crossbar. All pixels of a
    patch that came in clean weigh `identity_weight` times more again.

    Args:
        logits: (N, 1, H, W) before the sigmoid.
        clean: (N, 1, H, W) target in 0..1.
        train: the weights.
        dirty: what the network was given, (N, 1, h, w) in 0..1; only `identity_weight` needs it.
    """
    weight = pixel_weight(clean, train)
    if train.identity_weight and dirty is not None:
        weight = weight * (1 + train.identity_weight * untouched(dirty, clean).view(-1, 1, 1, 1))
    page = logits.sigmoid()
    loss = F.binary_cross_entropy_with_logits(logits, clean, reduction="none")
    if train.l1_weight:
        loss = loss + train.l1_weight * (page - clean).abs()
    if train.charbonnier_weight:
        loss = loss + train.charbonnier_weight * charbonnier(page - clean)
    total = (loss * weight).sum() / weight.sum()
    if train.gradient_weight:
        total = total + train.gradient_weight * gradient_loss(page, clean, weight)
    return total


def pixel_weight(clean: Tensor, train: Train) -> Tensor:
    """Return what each pixel of the target weighs, 1 at least; (N, 1, H, W) -> the same shape."""
    near = F.max_pool2d((clean < 0.6).float(), NEAR_INK, 1, NEAR_INK // 2)
    weight = 1 + train.ink_weight * near + train.keep_weight * (1 - clean)
    return weight + train.fine_weight * fine_detail(clean)


def charbonnier(error: Tensor) -> Tensor:
    """Return sqrt(error^2 + e^2) - e: an absolute error that is smooth at 0.

    Charbonnier et al. 1994 (two deterministic half-quadratic regularization algorithms), less e,
    so that no error costs nothing.
    """
    return (error * error + ROUND * ROUND).sqrt() - ROUND


def gradient_loss(page: Tensor, clean: Tensor, weight: Tensor) -> Tensor:
    """Return how much steps between neighbours differ, |error of the derivative|, both axes.

    A blurred edge costs here even where its greys are nearly right. A step weighs what the
    heavier of its two pixels does. All (N, 1, H, W); the result is a scalar.
    """
    error = page - clean
    total, weights = error.new_zeros(()), error.new_zeros(())
    for axis in (-1, -2):
        length = error.shape[axis] - 1
        heavier = torch.maximum(weight.narrow(axis, 0, length), weight.narrow(axis, 1, length))
        total = total + (error.diff(dim=axis).abs() * heavier).sum()
        weights = weights + heavier.sum()
    return total / weights


def untouched(dirty: Tensor, clean: Tensor) -> Tensor:
    """Tell which patches came in as clean as their twins: (N,), 1 or 0.

    A dirty side of half the size is held against its twin averaged over 2 x 2 px.
    """
    if dirty.shape != clean.shape:
        clean = F.interpolate(clean, dirty.shape[-2:], mode="area")
    return ((dirty - clean).abs().flatten(1).amax(1) < SAME).to(dirty.dtype)


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
