"""Everything a scan suffers, in the order it happens: ink, paper, light, sensor, file."""

from docclean.corruptions.base import Corruption, PageCorruption, Params
from docclean.corruptions.batch import (
    BatchCorruption,
    Blur,
    GaussianNoise,
    MotionBlur,
    SaltAndPepper,
)
from docclean.corruptions.ink import BleedThrough, FaintInk, InkSmear, InkWeight, Typestrike
from docclean.corruptions.paper import (
    Crease,
    Crumple,
    Footprint,
    PaperTexture,
    Specks,
    Stain,
    Wrinkle,
)
from docclean.corruptions.scan import (
    Contrast,
    Jpeg,
    LowResolution,
    SensorNoise,
    Streaks,
    Threshold,
    UnevenLight,
)
from docclean.registry import Registry

CORRUPTIONS: Registry[Corruption] = Registry(
    "corruption",
    [
        InkWeight(),
        Typestrike(),
        FaintInk(),
        InkSmear(),
        BleedThrough(),
        PaperTexture(),
        Stain(),
        Footprint(),
        Wrinkle(),
        Crumple(),
        Crease(),
        Specks(),
        UnevenLight(),
        Contrast(),
        LowResolution(),
        SensorNoise(),
        Streaks(),
        Blur(),
        MotionBlur(),
        GaussianNoise(),
        SaltAndPepper(),
        Threshold(),
        Jpeg(),
    ],
    key=lambda member: member.name,
)

__all__ = ["CORRUPTIONS", "BatchCorruption", "Corruption", "PageCorruption", "Params"]
