"""The networks, by name."""

from docclean.models.base import Architecture, Autoencoder
from docclean.models.classics.bottleneck import BottleneckAutoencoder
from docclean.models.classics.conv import ConvolutionalAutoencoder
from docclean.models.classics.dense import DenseAutoencoder, VariationalAutoencoder
from docclean.models.classics.marginalized import MarginalizedAutoencoder
from docclean.models.coarse import CoarseAffineAutoencoder
from docclean.models.dae import LocalAffineAutoencoder
from docclean.registry import Registry

ARCHITECTURES: Registry[type[Architecture]] = Registry(
    "architecture",
    [
        LocalAffineAutoencoder,
        CoarseAffineAutoencoder,
        ConvolutionalAutoencoder,
        BottleneckAutoencoder,
        DenseAutoencoder,
        VariationalAutoencoder,
        MarginalizedAutoencoder,
    ],
    key=lambda member: member.name,
)

__all__ = ["ARCHITECTURES", "Architecture", "Autoencoder"]
