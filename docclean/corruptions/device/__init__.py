"""Members of the page stage whose twins run on batches too, each patch with its own parameters."""

from docclean.corruptions.batch import BatchForm

_FORMS: list[BatchForm] = []

DEVICE: dict[str, BatchForm] = {form.member.name: form for form in _FORMS}
"""The twin of each such member, by the member's name."""
