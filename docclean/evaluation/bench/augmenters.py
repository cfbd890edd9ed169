"""Other augmenters at the same effects: Augraphy in an interpreter of its own, kornia in ours."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from docclean.errors import UsageError

INSTALL = "pip install augraphy==8.2.6 in an environment of its own, then --augraphy ITS_PYTHON"
AUGRAPHY = {
    "letterpress": "Letterpress",
    "dot_matrix": "DotMatrix",
    "ink_bleed": "InkBleed",
    "scribble": "Scribbles",
    "highlighter": "Markup",
    "photocopy": "BadPhotoCopy",
    "bleed_through": "BleedThrough",
    "watermark": "WaterMark",
    "coloured_stock": "ColorPaper",
    "paper_texture": "NoiseTexturize",
    "stain": "Stains",
    "fold": "Folding",
    "gutter": "BookBinding",
    "uneven_light": "LightingGradient",
    "cast_shadow": "ShadowCast",
    "glare": "ReflectedLight",
    "defocus": "DepthSimulatedBlur",
    "sensor_noise": "LowLightNoise",
    "gaussian_noise": "SubtleNoise",
    "banding": "DirtyRollers",
    "streaks": "DirtyDrum",
    "moire": "Moire",
    "contrast": "Gamma",
    "dither": "Dithering",
    "fax": "Faxify",
    "jpeg": "Jpeg",
}
"""Augraphy's class for what one of our members imitates too."""
KORNIA = (
    *("blur", "motion_blur", "gaussian_noise", "salt_and_pepper", "contrast", "auto_contrast"),
    *("halo", "quantization", "jpeg"),
)
"""Our members that kornia.augmentation has a transform for."""
_SCRIPT = """
import sys, time, warnings
warnings.filterwarnings("ignore")
import cv2, numpy as np, augraphy
cv2.setNumThreads(1)
patches = np.load(sys.argv[1])
print("@ ready", flush=True)
for line in sys.stdin:
    try:
        effect = getattr(augraphy, line.strip())(p=1)
        effect(patches[0].copy())
        began = time.process_time()
        for patch in patches:
            effect(patch.copy())
        print("@", (time.process_time() - began) / len(patches), flush=True)
    except Exception as error:
        print("@ failed", type(error).__name__, flush=True)
"""


class Augraphy:
    """Augraphy in an interpreter, asked for one effect after the other; one thread."""

    def __init__(self, python: str | None, patches: NDArray[np.uint8]) -> None:
        """Start it.

        Args:
            python: of an environment with Augraphy; None: this one.
            patches: uint8 (N, T, T), given to every effect.

        Raises:
            UsageError: the Python that was named does not run Augraphy.
        """
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name) / "patches.npy"
        np.save(path, patches)
        call = [python or sys.executable, "-c", _SCRIPT, str(path)]
        pipe = subprocess.PIPE
        try:
            self._process = subprocess.Popen(
                call,
                stdin=pipe,
                stdout=pipe,
                stderr=subprocess.DEVNULL,
                text=True,
                cwd=self._folder.name,
            )
        except OSError as error:
            self._folder.cleanup()
            raise UsageError(f"--augraphy {python}: cannot be run; {INSTALL}") from error
        self.runs = self._answer() == ["ready"]
        if python and not self.runs:
            self.__exit__(None, None, None)
            raise UsageError(f"--augraphy {python}: Augraphy does not run there; {INSTALL}")

    def __enter__(self) -> "Augraphy":
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()
        self._folder.cleanup()

    def seconds(self, effect: str) -> float | None:
        """Return the seconds of one patch, None where the effect fails."""
        assert self._process.stdin is not None
        self._process.stdin.write(effect + "\n")
        self._process.stdin.flush()
        told = self._answer()
        return None if len(told) != 1 else float(told[0])

    def _answer(self) -> list[str]:
        """Return the words of its next answer: it prints of its own accord now and then."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("@ "):
                return line[2:].split()
        return []


def kornia_sequence() -> Callable[[Tensor], Tensor]:
    """Return kornia's transforms of `KORNIA`, one after the other, each on every patch."""
    from kornia import augmentation as of

    grey = of.AugmentationSequential(
        of.RandomGaussianBlur((7, 7), (0.3, 1.8), p=1),
        of.RandomMotionBlur((3, 9), 180.0, 0.0, p=1),
        of.RandomGaussianNoise(0.0, 0.06, p=1),
        of.RandomSaltAndPepperNoise((0.002, 0.1), (0.2, 0.8), p=1),
        of.RandomGamma((0.7, 1.4), p=1),
        of.RandomAutoContrast(p=1),
        of.RandomSharpness(1.0, p=1),
        of.RandomPosterize((2, 5), p=1),
        data_keys=["input"],
    )
    coded = of.AugmentationSequential(of.RandomJPEG((18.0, 95.0), p=1), data_keys=["input"])

    def run(images: Tensor) -> Tensor:
        with torch.no_grad(), torch.random.fork_rng():
            shown: Tensor = coded(grey(images).clamp(0, 1).expand(-1, 3, -1, -1))
            return shown

    return run
