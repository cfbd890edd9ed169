"""Members of the page stage whose twins run on batches too, each patch with its own parameters."""

from docclean.corruptions.batch import BatchForm
from docclean.corruptions.device.bed import BlackBorder, FeedShadow, Gutter
from docclean.corruptions.device.damage import Hole, PunchHole, Tear
from docclean.corruptions.device.dirt import Dirt, Specks
from docclean.corruptions.device.edges import WornEdges
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
    # ink runs, smears and is printed again: whatever ink there is, written and stamped too
    InkBleed(),
    InkSmear(),
    WetSmudge(),
    RollerSmear(),
    # the other side darkens paper and ink; paper, dirt and folds are factors of the light
    BleedThrough(),
    ShowThrough(),
    ColouredStock(),
    PaperTexture(),
    LaidPaper(),
    Yellowing(),
    Stain(),
    WaterStain(),
    Grease(),
    Foxing(),
    Dirt(),
    Specks(),
    Wrinkle(),
    Crumple(),
    Fold(),
    Crease(),
    # what is gone, and what lies over the sheet
    WornEdges(),
    Tear(),
    Hole(),
    PunchHole(),
    Tape(),
    # how it lay, and in what light
    BlackBorder(),
    Gutter(),
    FeedShadow(),
    Skew(),
    Warp(),
    Perspective(),
    FeedStretch(),
    UnevenLight(),
    Illumination(),
    CastShadow(),
    Vignetting(),
    Glare(),
    Inverted(),
]

DEVICE: dict[str, BatchForm] = {form.member.name: form for form in _FORMS}
"""The twin of each such member, by the member's name."""
