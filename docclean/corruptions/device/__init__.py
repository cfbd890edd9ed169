"""Members of the page stage whose twins run on batches too, each patch with its own parameters."""

from docclean.corruptions.batch import BatchForm
from docclean.corruptions.device.bed import BlackBorder, FeedShadow, Gutter
from docclean.corruptions.device.dirt import Dirt, Specks
from docclean.corruptions.device.edges import PunchHole, WornEdges
from docclean.corruptions.device.fastenings import Tape
from docclean.corruptions.device.folds import Crease, Crumple, Fold, Wrinkle
from docclean.corruptions.device.geometry import FeedStretch, Inverted, Perspective, Skew, Warp
from docclean.corruptions.device.ink import InkBleed
from docclean.corruptions.device.light import (
    CastShadow,
    Glare,
    Illumination,
    UnevenLight,
    Vignetting,
)
from docclean.corruptions.device.paper import LaidPaper, PaperTexture, Yellowing
from docclean.corruptions.device.smears import InkSmear, RollerSmear, WetSmudge
from docclean.corruptions.device.stains import Foxing, Grease, Stain, WaterStain
from docclean.corruptions.device.stock import BleedThrough, ColouredStock, ShowThrough

_FORMS: list[BatchForm] = [
    InkBleed(),
    InkSmear(),
    WetSmudge(),
    RollerSmear(),
    Wrinkle(),
    Crumple(),
    Fold(),
    Crease(),
    UnevenLight(),
    Illumination(),
    CastShadow(),
    Vignetting(),
    Glare(),
    PaperTexture(),
    Yellowing(),
    LaidPaper(),
    BleedThrough(),
    ShowThrough(),
    ColouredStock(),
    Stain(),
    WaterStain(),
    Grease(),
    Foxing(),
    PunchHole(),
    BlackBorder(),
    WornEdges(),
    FeedShadow(),
    Gutter(),
    Skew(),
    Warp(),
    Perspective(),
    FeedStretch(),
    Inverted(),
    Tape(),
    Dirt(),
    Specks(),
]

DEVICE: dict[str, BatchForm] = {form.member.name: form for form in _FORMS}
"""The twin of each such member, by the member's name."""
