"""What is said of the libraries behind a member is what its code imports, and what runs."""

import sys

import cv2
import numpy as np
import pytest
import torch
from family import EVERY, every_member, text_page

from docclean.corruptions import CORRUPTIONS, BatchCorruption
from docclean.corruptions.base import Draw, PageCorruption, Params
from docclean.corruptions.libraries import LIBRARIES, libraries_of

PAGE = text_page(48, 64)
BATCH = torch.from_numpy(PAGE).float()[None, None] / 255
OPENCV = {id(one) for one in vars(cv2).values() if callable(one)}
WHOLE = {"torch", "kornia", "albumentations", "cv2"}
"""numpy is left out: what does not reach it does nothing."""


def run_by(action) -> set[str]:
    """Return the packages whose functions ran beneath our own code, not beneath one another."""
    seen: set[str] = set()

    def note(frame, event, arg):
        caller = frame if event == "c_call" else frame.f_back
        if event not in ("call", "c_call") or caller is None:
            return
        ours = str(caller.f_globals.get("__name__", "")).startswith("docclean.")
        name = frame.f_globals.get("__name__")
        if event == "c_call":  # OpenCV's functions do not know their module
            name = "cv2" if id(arg) in OPENCV else getattr(arg, "__module__", "")
        package = str(name or "").partition(".")[0]
        if ours and package in WHOLE:
            seen.add(package)

    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
    return seen


@every_member
def test_no_library_runs_that_is_not_told(name):
    member = CORRUPTIONS[name]
    told = libraries_of(member)
    params = [member.sample(np.random.default_rng(seed), 0.7) for seed in range(3)]

    def act():
        for one in params:
            member.on_page(PAGE, one)
            if isinstance(member, BatchCorruption):
                member.apply(BATCH, one)

    assert {LIBRARIES[package] for package in run_by(act)} <= set(told)
    assert "numpy" in told and ("torch" in told) == (member.stage == "batch")


def test_each_library_serves_what_it_was_said_to_serve():
    behind = {name: libraries_of(CORRUPTIONS[name]) for name in EVERY}
    served = {one: {n for n, told in behind.items() if one in told} for one in LIBRARIES.values()}
    assert served["albumentations"] >= {
        "illumination",
        "jpeg",
        "chroma_jpeg",
        "skew",
        "perspective",
    }
    assert served["kornia"] >= {"contrast", "defocus", "motion_blur"}
    assert "stain" in served["OpenCV"] and "stain" not in served["torch"] | served["kornia"]
    assert served["numpy"] == set(EVERY)


class Plain(PageCorruption):
    """Touches nothing but its page."""

    name = "plain"

    def draw(self, draw: Draw) -> Params:
        return {}

    def apply(self, image, params, dpi):
        return image


class Late(Plain):
    """Imports where it uses."""

    def apply(self, image, params, dpi):
        def inner():
            from kornia.filters import box_blur

            return box_blur

        return inner() and image


@pytest.mark.parametrize(("kind", "told"), [(Plain, ("numpy",)), (Late, ("kornia", "numpy"))])
def test_an_import_inside_a_function_is_found(kind, told):
    assert libraries_of(kind()) == told
