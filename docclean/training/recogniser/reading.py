"""How cleaned lines look to the recogniser, and how they read: losses to learn from."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from docclean.training.recogniser.lines import Box, LineBatch
from docclean.training.recogniser.network import Recogniser, encode, padded, readable, to_height


def to_lines(images: Tensor, boxes: Sequence[Box]) -> Tensor:
    """Cut one line out of each image and bring them to one size; gradients pass.

    Args:
        images: float (N, 1, H, W) in 0..1.
        boxes: of each image's line, in px.

    Returns:
        (N, 1, 32, widest), white behind the shorter lines.
    """
    lines = [
        to_height(image[None, :, top:bottom, left:right])
        for image, (left, top, right, bottom) in zip(images, boxes, strict=True)
    ]
    widest = max(line.shape[3] for line in lines)
    return torch.cat([padded(line, widest) for line in lines])


def recogniser_loss(
    recogniser: Recogniser,
    cleaned: Tensor,
    clean: Tensor,
    texts: Sequence[str] | None = None,
    ctc_weight: float = 1.0,
) -> Tensor:
    """Return how differently cleaned lines look to the reader, and how badly they read.

    The distance is the mean absolute difference of the feature maps, over the clean line's mean
    feature, averaged over the stages: 0 for equal lines, about 1 for lines with nothing in common.
    CTC (Graves et al. 2006) is in nats a sign. The recogniser is frozen: in eval mode and without
    gradients of its own, as `load_recogniser` gives it.

    Args:
        recogniser: the frozen reader.
        cleaned: float (N, 1, h, w) in 0..1, lines of any one size.
        clean: their true twins, the same shape.
        texts: what they say; without them only the features count. A line whose text the alphabet
            lacks counts by its features only.
        ctc_weight: of CTC beside the distance.
    """
    cleaned, clean = to_height(cleaned), to_height(clean)
    maps = recogniser.features(cleaned)
    with torch.no_grad():
        true = recogniser.features(clean)
    distances = [
        (one.float() - other.float()).abs().mean() / (other.float().mean() + 1e-3)
        for one, other in zip(maps, true, strict=True)
    ]
    loss = torch.stack(distances).mean()
    known = [place for place, text in enumerate(texts or ()) if readable(text)]
    if texts and known and ctc_weight:
        read = recogniser.read(maps[-1][known])
        loss = loss + ctc_weight * reading_loss(read, [texts[place] for place in known])
    return loss


def cleaning_reader_loss(
    network: Callable[[Tensor], Tensor],
    recogniser: Recogniser,
    lines: LineBatch,
    ctc_weight: float = 1.0,
) -> Tensor:
    """Clean lines in their context and return `recogniser_loss` of what comes out.

    Args:
        network: float (N, 1, H, W) in 0..1 -> the same; gradients reach its weights.
        recogniser: frozen, on the network's device.
        lines: a few, with their context.
        ctc_weight: as `recogniser_loss` takes it.
    """
    device = next(recogniser.parameters()).device
    dirty, clean = (side.to(device).float() / 255 for side in (lines.dirty, lines.clean))
    seen, true = (to_lines(side, lines.boxes) for side in (network(dirty).float(), clean))
    return recogniser_loss(recogniser, seen, true, lines.texts, ctc_weight)


def reading_loss(read: Tensor, texts: Sequence[str]) -> Tensor:
    """Return CTC in nats a sign, of log-probabilities (N, columns, classes).

    Lines with more signs than columns count nothing.
    """
    targets = [encode(text) for text in texts]
    return F.ctc_loss(
        read.transpose(0, 1),
        torch.tensor([sign for target in targets for sign in target], device=read.device),
        torch.full((len(texts),), read.shape[1]),
        torch.tensor([len(target) for target in targets]),
        zero_infinity=True,
    )
