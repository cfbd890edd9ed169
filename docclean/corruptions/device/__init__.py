"""Members of the page stage whose twins run on batches too, each patch with its own parameters."""

from docclean.corruptions.batch import BatchForm
from docclean.corruptions.device.folds import Crease, Crumple, Fold, Wrinkle
from docclean.corruptions.device.smears import InkSmear, RollerSmear, WetSmudge

_FORMS: list[BatchForm] = [InkSmear(), WetSmudge(), RollerSmear(), Wrinkle(), Crumple(), Fold(), Crease()]

DEVICE: dict[str, BatchForm] = {form.member.name: form for form in _FORMS}
"""The twin of each such member, by the member's name."""
