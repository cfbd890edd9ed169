"""What the tests of borrowed transforms share: arguments that some need, and all their names."""

import pytest

from docclean.corruptions.borrowed import borrowed
from docclean.corruptions.borrowed.member import LIBRARIES

NEEDED = {
    "albumentations:Affine": {"rotate": (-5, 5), "shear": (-3, 3)},
    "albumentations:ConstrainedCoarseDropout": {"mask_indices": (1,)},
    "albumentations:CropAndPad": {"percent": 0.05},
    "albumentations:GridElasticDeform": {"num_grid_xy": (4, 4), "magnitude": 3},
    "albumentations:LongestMaxSize": {"max_size": 50},
    "albumentations:Resize": {"height": 96, "width": 80},  # the trial's own size
    "albumentations:SmallestMaxSize": {"max_size": 50},
    "albumentations:TextImage": {"font_path": "DejaVuSans.ttf"},
    "albumentations:ThinPlateSpline": {"scale_range": (0.05, 0.1)},
    "albumentations:XYMasking": {
        **{"num_masks_x": (1, 2), "mask_x_length": (3, 9)},
        **{"num_masks_y": (1, 2), "mask_y_length": (3, 9)},
    },
    "kornia:CenterCrop": {"size": (40, 40)},
    "kornia:ColorJiggle": {"brightness": 0.3},
    "kornia:ColorJitter": {"contrast": 0.3},
    "kornia:Denormalize": {"mean": (0.1,), "std": (0.9,)},
    "kornia:LongestMaxSize": {"max_size": 50},
    "kornia:Normalize": {"mean": (0.1,), "std": (0.9,)},
    "kornia:PadTo": {"size": (200, 200)},
    "kornia:RandomAffine": {"degrees": 6.0},
    "kornia:RandomBrightness": {"brightness": (0.7, 1.2)},
    "kornia:RandomContrast": {"contrast": (0.7, 1.2)},
    "kornia:RandomCrop": {"size": (40, 40)},
    "kornia:RandomFisheye": {
        **{"center_x": (-0.1, 0.1), "center_y": (-0.1, 0.1), "gamma": (0.9, 1.1)}
    },
    "kornia:RandomGamma": {"gamma": (0.7, 1.3)},
    "kornia:RandomGaussianBlur": {"kernel_size": (5, 5), "sigma": (0.5, 1.5)},
    "kornia:RandomMotionBlur": {"kernel_size": 5, "angle": 30.0, "direction": 0.5},
    "kornia:RandomPerspective": {"distortion_scale": 0.2},
    "kornia:RandomResizedCrop": {"size": (40, 40)},
    "kornia:RandomRotation": {"degrees": 6.0},
    "kornia:RandomRotation90": {"times": (2, 2)},
    "kornia:RandomShear": {"shear": 5.0},
    "kornia:RandomTranslate": {"translate_x": (-0.1, 0.1), "translate_y": (-0.1, 0.1)},
    "kornia:Resize": {"size": (96, 80)},
    "kornia:SmallestMaxSize": {"max_size": 50},
}
"""What a transform is given here because it has no default, or one that does nothing."""
EVERY = [f"{owner}:{name}" for owner, one in LIBRARIES.items() for name in one.transforms()]


def marked(name):
    """PiecewiseAffine takes a second a page."""
    return pytest.param(name, marks=pytest.mark.slow if name.endswith("PiecewiseAffine") else ())


def member_of(name):
    return borrowed(name, NEEDED.get(name))


def full(short):
    owner = next(name for name, one in LIBRARIES.items() if short in one.transforms())
    return f"{owner}:{short}"
