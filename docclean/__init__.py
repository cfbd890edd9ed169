"""docclean: scanned pages come in dirty, leave clean, and Tesseract reads them better.

The public names load on first use, so `import docclean` stays instant and free of torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docclean.clean.cleaner import Cleaner
    from docclean.clean.reading import ocr_text
    from docclean.documents import read_pages, write_pages
    from docclean.errors import DoccleanError
    from docclean.evaluation import Report, evaluate
    from docclean.jobs.batch import clean_folder
    from docclean.ocr import Tesseract
    from docclean.page import Page
    from docclean.recipe import Options

__version__ = "0.1.0"
__all__ = [
    "Cleaner",
    "DoccleanError",
    "Options",
    "Page",
    "Report",
    "Tesseract",
    "clean_folder",
    "evaluate",
    "ocr_text",
    "read_pages",
    "write_pages",
]

_HOME = {
    "Cleaner": "docclean.clean.cleaner",
    "DoccleanError": "docclean.errors",
    "Options": "docclean.recipe",
    "Page": "docclean.page",
    "Report": "docclean.evaluation",
    "Tesseract": "docclean.ocr",
    "clean_folder": "docclean.jobs.batch",
    "evaluate": "docclean.evaluation",
    "ocr_text": "docclean.clean.reading",
    "read_pages": "docclean.documents",
    "write_pages": "docclean.documents",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its module the first time it is asked for."""
    if name not in _HOME:
        raise AttributeError(f"module 'docclean' has no attribute '{name}'")
    return getattr(import_module(_HOME[name]), name)
