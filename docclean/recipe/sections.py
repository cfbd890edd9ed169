"""The sections of a recipe: each a frozen dataclass that holds every default of its kind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Pair = tuple[float, float]
"""The low and the high end of a range."""
Ranges = Mapping[str, Pair] | Mapping[str, Any]
"""Ranges of a corruption's parameters; or the arguments of a library's transform, whose name has a
colon in it: numbers, words, yes or no, lists and tables of those."""


@dataclass(frozen=True)
class Synth:
    """How clean pages are typeset."""

    pages: int = 400
    """Clean pages kept ready for training; each is cut and dirtied anew many times."""
    dpi_range: tuple[int, int] = (72, 600)
    """Resolutions drawn, in dots per inch, denser at the low end where strokes are thin."""
    layouts: Mapping[str, float] = field(default_factory=dict)
    """How often each layout is drawn beside the others; empty: all layouts alike."""
    fonts: tuple[str, ...] = ()
    """Font families to set in, as fontconfig names them; empty, or none installed: all."""
    text_folder: str = ""
    """A folder of .txt files to typeset beside Faker and the installed word lists."""
    locales: tuple[str, ...] = (
        *("en_US", "de_DE", "fr_FR", "es_ES", "cs_CZ", "da_DK", "pl_PL", "it_IT", "pt_PT", "sv_SE"),
        *("hu_HU", "ro_RO", "tr_TR", "nl_NL", "el_GR", "ru_RU", "uk_UA", "bg_BG"),
    )
    """Faker locales, the first one drawn half of the time; Latin, Greek and Cyrillic script."""


@dataclass(frozen=True)
class Corrupt:
    """Which corruptions a page suffers."""

    clean_share: float = 0.08
    """Share of pages left perfectly clean: the network must learn to leave those alone."""
    severity_power: float = 1.7
    """Severity is u ** power with u uniform: most pages ordinary, some terrible."""
    only_named: bool = False
    """Draw nothing but the members named below; else the others keep their own probability."""
    members: Mapping[str, float] = field(default_factory=dict)
    """Probability of each corruption by name; "albumentations:NAME" and "kornia:NAME" are any of
    those libraries' transforms."""
    ranges: Mapping[str, Ranges] = field(default_factory=dict)
    """(low, high) of a corruption's parameters, in the member's own units, by member and name; a
    library's transform takes its own arguments, in any form."""


@dataclass(frozen=True)
class Look:
    """One kind of page in a mixed recipe: how it is set and what it suffers, together."""

    name: str
    share: float
    """How often it is drawn, beside the other looks' shares."""
    synth: Synth
    corrupt: Corrupt


@dataclass(frozen=True)
class Data:
    """What is learned from: pages made on the way, or pictures that lie in files."""

    source: str = "pages"
    """pages (typeset by [synth]), idx (files of MNIST's format) or images (a folder or a zip)."""
    path: str = ""
    """Of `idx`: the folder of its four files; of `images`: a folder or zip of train/CLASS/NAME.png
    and test/CLASS/NAME.png. Seen from where the command runs."""
    origin: str = ""
    """Where the data is had; told where it is missing."""
    invert: bool = False
    """Of pictures: turned to dark on light after the noise, as ink lies on paper."""
    limit: int = 0
    """Of pictures: at most so many are learned from, and validated on; 0: all."""


@dataclass(frozen=True)
class Model:
    """Which network, and how large; each architecture takes the options that concern it."""

    name: str = "dae"
    widths: tuple[int, ...] = (16, 32, 64, 96)
    """Channels of the levels, finest first; of `dae` at 1/2, 1/4, 1/8 and 1/16 of the page."""
    depths: tuple[int, ...] = (1, 1, 1, 1, 1)
    """Of `dae`: residual blocks of each level; 0 is a single convolution."""
    fine: int = 1
    """Of `dae`: 1 for a second convolution at half resolution, 0 for none."""
    depth: int = 0
    """Of all but `dae`: levels, the last width repeating; 0: as many as there are widths."""
    side: int = 64
    """Of `bottleneck`, `dense`, `variational`, `marginalized`: side of their blocks in pixels."""
    overlap: bool = True
    """Of the same: a page is blended from four grids of blocks; false: a picture is one block."""
    latent: int = 256
    """Of `bottleneck`, `variational`: numbers that stand for a block."""
    convs: tuple[int, ...] = (1,)
    """Of `bottleneck`: convolutions of each level, finest first, the last number repeating."""
    leak: float = 0.0
    """Of `bottleneck`: slope of its ReLUs below 0."""
    norm: bool = False
    """Of `bottleneck`: batch normalisation after them."""
    sparsity: float = 0.0
    """Of all but `dae`: weight in the loss of the code's mean absolute value."""
    contraction: float = 0.0
    """Of `dense`: weight in the loss of how much the code moves with its input."""
    divergence: float = 1.0
    """Of `variational`: weight in the loss of how far codes are from normally distributed."""
    marginal: float = 0.2
    """Of `marginalized`: share of the pixels that salt and pepper strike."""
    frozen: int = 0
    """Of `dense`: levels, outermost first, whose weights stay as they are."""
    scale: int = 1
    """2: the clean page has twice the dirty one's width and height (super-resolution)."""


@dataclass(frozen=True)
class Train:
    """How the network learns."""

    patch: int = 192
    """Side of a training patch in pixels, of its dirty side where [model] scale is 2."""
    batch: int = 12
    """Patches a step."""
    steps: int = 20_000
    """Steps of the cosine schedule."""
    epochs: int = 0
    """Of pictures: how often all are gone through, in place of `steps`; 0: `steps` counts."""
    layerwise: int = 0
    """Of `dense`: epochs each level is trained alone, outermost first, before all are together."""
    loss: Literal["strokes", "bce", "mse"] = "strokes"
    """strokes: the cross-entropy and the weights below; bce, mse: every pixel alike."""
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    warmup: int = 200
    """Steps of linear warm-up."""
    ema: float = 0.999
    """Decay of the exponential moving average that is validated and shipped."""
    clip: float = 1.0
    """Largest gradient norm."""
    ink_weight: float = 1.0
    """Extra weight of pixels within 3 px of ink: the strokes are the product."""
    keep_weight: float = 0.0
    """Extra weight of the ink itself: losing a stroke costs more than leaving some dirt."""
    fine_weight: float = 2.0
    """Extra weight of hairlines and of the eyes of letters."""
    l1_weight: float = 1.0
    """Weight of the absolute error beside the cross-entropy."""
    charbonnier_weight: float = 0.0
    """Weight of the Charbonnier error, the absolute one made smooth at 0: instead of it."""
    gradient_weight: float = 0.0
    """Weight of the error of the steps between neighbouring pixels: edges stay sharp."""
    identity_weight: float = 0.0
    """Extra weight of patches that came in clean: those are to be left alone."""
    teacher: str = ""
    """A shipped model's name, or a checkpoint, whose pages are learned from beside the true ones
    (Hinton, Vinyals and Dean 2015): how a smaller network learns what a larger one knows."""
    teacher_share: float = 0.5
    """Weight of the teacher's page in what is asked for, 0..1."""
    recogniser: str = ""
    """A checkpoint of pipelines/training/recogniser.py that looks at cleaned lines; empty: none."""
    recogniser_weight: float = 0.1
    """Weight of what it sees amiss: features unlike the clean line's, and signs misread (CTC)."""
    recogniser_lines: int = 4
    """Lines a step and process that it is shown."""
    recogniser_pages: int = 200
    """Pages those lines are cut from, once; only lines at least 24 px high are used."""
    curriculum: float = 0.0
    """Share of the run over which the mean severity rises, from 0.3 of the recipe's to all."""
    compile: bool = False
    """Let torch.compile make the network's kernels: a slow start (it needs g++), faster steps."""
    seed: int = 1
    patches_per_sheet: int = 12
    """Patches cut from one corrupted sheet."""
    pool: int = 0
    """Sheets kept on the device, from which its patches are cut and where they are dirtied; 0:
    workers make patches. Large batches on a GPU need it."""
    enlarge_share: float = 0.75
    """Share of the sheets of low-resolution pages that are enlarged to the working size after they
    were dirtied, as the cleaner does with small type."""
    sheet: int = 576
    """Side of the piece of a page that is corrupted at once, in pixels."""
    validate_every: int = 1000
    """Steps between validations, each with a before/after grid and the loss curve."""
    cer_pages: int = 8
    """Pieces of synthetic pages Tesseract reads at each validation; 0: none."""
    checkpoint_minutes: float = 3.0
    """Minutes between checkpoints."""
    workers: int = 1
    """Processes that make patches; pictures need none."""
    reference: str = ""
    """What the system's source reports: told in a table beside our own figure."""

    @property
    def reads(self) -> bool:
        """Tell whether a recogniser has a say in what is learned."""
        return bool(self.recogniser) and self.recogniser_weight > 0
