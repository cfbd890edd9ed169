"""Documents for the programs that docclean is a step of."""

from collections.abc import Callable
from pathlib import Path

import pytest
from dirty_scan import dirty

from docclean.documents import write_pages


@pytest.fixture
def dirty_pdf(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a PDF of dirty scans."""

    def make(pages: int = 1, name: str = "scan.pdf", size: int = 34) -> Path:
        path = tmp_path / name
        write_pages([dirty(seed, size) for seed in range(pages)], path)
        return path

    return make
