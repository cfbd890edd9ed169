"""Where a run's images come from, by name: pages made on the way, or pictures in files."""

from docclean.registry import Registry
from docclean.training.sources.base import Source
from docclean.training.sources.idx import Idx
from docclean.training.sources.images import Images
from docclean.training.sources.pages import Pages

SOURCES: Registry[type[Source]] = Registry(
    "source", [Pages, Idx, Images], key=lambda member: member.name
)

__all__ = ["SOURCES", "Source"]
