"""Any transform of albumentations or kornia as a member of a chain, by its name in a recipe.

`"albumentations:RandomShadow"` and `"kornia:RandomPlasmaContrast"` are such names. Nothing here
keeps lists of them: what exists comes from the installed libraries, what moves ink from their
classes and from what they do to a mask, what cannot be used from a trial on a bit of paper.

A borrowed member acts after all of our own page members and before the lens, in the order of the
recipe: most of what libraries offer is light, weather, geometry and blur, which meet a sheet that
is finished, and what follows the lens may run on a device later, apart from the sheet. Its
arguments are fixed ranges and follow no severity.
"""

from docclean.corruptions.borrowed.member import Borrowed, borrowed, is_borrowed

__all__ = ["Borrowed", "borrowed", "is_borrowed"]
