"""Everything a scan suffers, in the order it happens: ink, paper, light, sensor, file."""

from docclean.corruptions.base import Corruption, PageCorruption, Params, Range
from docclean.corruptions.batch import BatchCorruption
from docclean.corruptions.bed import BlackBorder, FeedShadow, Gutter, NextPage
from docclean.corruptions.bits import Dither, LocalThreshold, Threshold
from docclean.corruptions.damage import Hole, PunchHole, Tear
from docclean.corruptions.dirt import Dirt, Footprint, Specks
from docclean.corruptions.edges import DogEar, WornEdges
from docclean.corruptions.fastenings import PaperClip, Staple, Tape
from docclean.corruptions.fax import Fax
from docclean.corruptions.file import ChromaJpeg, Jpeg
from docclean.corruptions.folds import Crease, Crumple, Fold, Wrinkle
from docclean.corruptions.formwork import Overstrike, RuledLines
from docclean.corruptions.geometry import FeedStretch, Inverted, Perspective, Skew, Warp
from docclean.corruptions.glass import GlassDust, GlassHair
from docclean.corruptions.handwriting import Handwriting, Signature
from docclean.corruptions.ink import (
    BrokenStrokes,
    DroppedInk,
    FaintInk,
    InkBleed,
    InkWeight,
    Typestrike,
    UnevenInk,
)
from docclean.corruptions.lens import Blur, Defocus, LowResolution, MotionBlur
from docclean.corruptions.light import CastShadow, Glare, Illumination, UnevenLight, Vignetting
from docclean.corruptions.paper import Fibres, LaidPaper, PaperTexture, Yellowing
from docclean.corruptions.pens import Highlighter, Scribble, StrikeThrough, Underline
from docclean.corruptions.printers import DotMatrix, Photocopy, ThermalFade
from docclean.corruptions.printing import CarbonCopy, FilledEyes, Letterpress, Ribbon
from docclean.corruptions.readout import Banding, MissingRows, Moire, Streaks
from docclean.corruptions.screens import HalftonePicture, HalftoneStock, PatternedStock
from docclean.corruptions.sensor import (
    CorrelatedNoise,
    GaussianNoise,
    SaltAndPepper,
    SensorNoise,
    Speckle,
)
from docclean.corruptions.smears import InkSmear, RollerSmear, WetSmudge
from docclean.corruptions.stains import Foxing, Grease, Stain, WaterStain
from docclean.corruptions.stamps import Fingerprint, InkBlot, Stamp
from docclean.corruptions.stock import BleedThrough, ColouredStock, ShowThrough, Watermark
from docclean.corruptions.tone import AutoContrast, Contrast, Halo, Quantization
from docclean.registry import Registry

CORRUPTIONS: Registry[Corruption] = Registry(
    "corruption",
    [
        # the print itself, and how its ink lies
        InkWeight(),
        FilledEyes(),
        Overstrike(),
        HalftonePicture(),
        Typestrike(),
        Ribbon(),
        Letterpress(),
        DotMatrix(),
        BrokenStrokes(),
        DroppedInk(),
        UnevenInk(),
        FaintInk(),
        CarbonCopy(),
        ThermalFade(),
        InkBleed(),
        # what hands did to it
        InkSmear(),
        WetSmudge(),
        RollerSmear(),
        RuledLines(),
        Underline(),
        StrikeThrough(),
        Scribble(),
        Highlighter(),
        Handwriting(),
        Signature(),
        Stamp(),
        Fingerprint(),
        InkBlot(),
        Photocopy(),
        # the paper, and what shows through it
        BleedThrough(),
        ShowThrough(),
        Watermark(),
        PatternedStock(),
        HalftoneStock(),
        ColouredStock(),
        PaperTexture(),
        Fibres(),
        LaidPaper(),
        Yellowing(),
        # what time left on it
        Stain(),
        WaterStain(),
        Grease(),
        Foxing(),
        Footprint(),
        Dirt(),
        Specks(),
        Wrinkle(),
        Crumple(),
        Fold(),
        Crease(),
        WornEdges(),
        Tear(),
        Hole(),
        PunchHole(),
        Staple(),
        PaperClip(),
        Tape(),
        DogEar(),
        # how it lay under the glass and the light
        NextPage(),
        BlackBorder(),
        Gutter(),
        FeedShadow(),
        Skew(),
        Warp(),
        Perspective(),
        FeedStretch(),
        GlassDust(),
        GlassHair(),
        UnevenLight(),
        Illumination(),
        CastShadow(),
        Vignetting(),
        Glare(),
        Inverted(),
        # the lens and the sensor; from here on everything runs on tensors too
        Blur(),
        Defocus(),
        MotionBlur(),
        SensorNoise(),
        CorrelatedNoise(),
        GaussianNoise(),
        Speckle(),
        SaltAndPepper(),
        Banding(),
        Streaks(),
        MissingRows(),
        Moire(),
        LowResolution(),
        # the machine's tone curve, the bits, the file
        Contrast(),
        AutoContrast(),
        Halo(),
        Quantization(),
        Threshold(),
        LocalThreshold(),
        Dither(),
        Fax(),
        Jpeg(),
        ChromaJpeg(),
    ],
    key=lambda member: member.name,
)

__all__ = ["CORRUPTIONS", "BatchCorruption", "Corruption", "PageCorruption", "Params", "Range"]
