"""The plugin's options as OCRmyPDF 17 keeps them: `options.docclean`."""

from pydantic import BaseModel, Field


class DoccleanOptions(BaseModel):
    """What is asked of docclean; `asked.py` says what the fields mean and what their defaults are.

    Attributes:
        mode: off, ocr or final; None: as the environment says.
        model: a shipped model's name or a model file; None: the default one.
        looks: 1 or 2 pictures of a page are read; None: as the environment says.
    """

    mode: str | None = Field(default=None, description="off, ocr or final")
    model: str | None = Field(default=None, description="a model's name or file")
    looks: int | None = Field(default=None, description="pictures of a page that are read")
