"""What is asked of the plugin: on the command line, by a program, or by the environment."""

import os
from dataclasses import dataclass
from typing import Any

MODES = ("off", "ocr", "final")
LOOKS = (1, 2)
FIRST, SECOND = "ocr.png", "docclean-look.png"
"""How OCRmyPDF names the picture that is read, after its page's number, and the other look."""
MODE_VARIABLE, MODEL_VARIABLE = "DOCCLEAN_MODE", "DOCCLEAN_MODEL"
LOOKS_VARIABLE = "DOCCLEAN_LOOKS"


@dataclass(frozen=True)
class Asked:
    """What is asked of the plugin.

    Attributes:
        mode: `off`: nothing; `ocr`: what is read is cleaned; `final`: what is kept is cleaned too.
        model: a shipped model's name or a model file.
        threads: processor threads of one page's network.
        looks: how many pictures of a page are read, 1 or 2.
    """

    mode: str = "off"
    model: str = "small"
    threads: int = 1
    looks: int | str = 1
    """As it was asked for: `check_options` refuses what is none of `LOOKS`."""

    @classmethod
    def of(cls, options: Any) -> "Asked":
        """Return what OCRmyPDF's options say, then the environment, then the defaults.

        Args:
            options: of OCRmyPDF 17 (a model that keeps a plugin's values aside) or 16 (a
                namespace): both give them by flat names.
        """
        mode = getattr(options, "docclean_mode", None) or os.environ.get(MODE_VARIABLE)
        model = getattr(options, "docclean_model", None) or os.environ.get(MODEL_VARIABLE)
        threads = getattr(options, "docclean_threads", None)
        looks = getattr(options, "docclean_looks", None) or os.environ.get(LOOKS_VARIABLE) or 1
        told = int(looks) if str(looks).isdigit() else looks
        return cls(mode or cls.mode, model or cls.model, threads or cls.threads, told)


def note(options: Any, name: str, value: Any) -> None:
    """Keep a value with OCRmyPDF's options, so that it reaches its workers."""
    aside = getattr(options, "extra_attrs", None)  # 17 and later; its models refuse other names
    if aside is None:
        setattr(options, name, value)
    else:
        aside[name] = value
