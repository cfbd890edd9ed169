"""The networks, by name."""

from docclean.models.base import Architecture
from docclean.models.dae import LocalAffineAutoencoder
from docclean.registry import Registry

ARCHITECTURES: Registry[type[Architecture]] = Registry(
    "architecture", [LocalAffineAutoencoder], key=lambda member: member.name
)

__all__ = ["ARCHITECTURES", "Architecture"]
