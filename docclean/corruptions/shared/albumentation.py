"""The door to albumentations: imported where it is used, kept, never asking the network."""

import os
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=256)
def albumentation(name: str, **options: Any) -> Any:
    """Return albumentations' transform `name` with these options, always applied.

    Seed it with `set_random_seed` before a call where it draws anything.
    """
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # else it asks the network on import
    import albumentations

    return getattr(albumentations, name)(p=1.0, **options)
