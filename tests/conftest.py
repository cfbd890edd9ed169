"""Fixtures several test files share."""

import io
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import numpy as np
import pikepdf
import pytest
from browsing import BROWSER
from hypothesis import settings
from large_pages import gather

from docclean.documents import write_pages
from docclean.page import Image, Page
from docclean.synth import TextSource, typeset
from docclean.synth.rendering import Word

# for a single page OCRmyPDF gives Tesseract two threads, which fight with those of other tests
os.environ.setdefault("OMP_THREAD_LIMIT", "1")
if "PYTEST_XDIST_WORKER" in os.environ:  # threads of both workers would wait for the same cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")
# where it is set, each of the many child processes would compile the whole package again
if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    sys.dont_write_bytecode = False
settings.register_profile("docclean", deadline=None)  # machines are shared: time is no test
settings.load_profile("docclean")


@pytest.fixture(scope="module", autouse=True)
def cheap_forks() -> None:
    """A process of a gigabyte, which the tests fork thousands of times, in large pages."""
    gather()


@pytest.fixture
def letters() -> Image:
    """A small grey page (90, 120) with dark strokes, no two corners alike."""
    image = np.full((90, 120), 240, np.uint8)
    image[10:20, 10:70] = 20
    image[10:60, 10:18] = 20
    image[70:74, 40:110] = 90
    return image


@pytest.fixture
def png(tmp_path: Path, letters: Image) -> Path:
    """A readable PNG of 300 dpi."""
    path = tmp_path / "good.png"
    write_pages([Page(letters, (300.0, 300.0))], path)
    return path


@pytest.fixture
def make_pdf(letters: Image) -> Callable[..., bytes]:
    """Return a function that makes a PDF of scans as bytes."""

    def make(pages: int = 3, password: str = "") -> bytes:
        plain = io.BytesIO()
        write_pages(
            [Page(np.roll(letters, n, 0), (300.0, 300.0)) for n in range(pages)],
            plain,
            suffix=".pdf",
        )
        locked, legible = io.BytesIO(), io.BytesIO()
        with pikepdf.open(plain) as pdf:
            if not password:  # tests that damage the file find its words
                pdf.save(legible, object_stream_mode=pikepdf.ObjectStreamMode.disable)
                return legible.getvalue()
            pdf.save(locked, encryption=pikepdf.Encryption(user=password, owner="owner"))
        return locked.getvalue()

    return make


@pytest.fixture(scope="session")
def book() -> tuple[Page, tuple[Word, ...]]:
    """A clean page of a book at 200 dpi, and its words with their boxes."""
    made = typeset(Random("book"), TextSource(("en_US",)), 200, "book")
    return made.page, made.words


@pytest.fixture(scope="session")
def piece(book: tuple[Page, tuple[Word, ...]]) -> tuple[Page, tuple[Word, ...]]:
    """The upper part of `book` and its words: Tesseract reads the whole for seconds."""
    page, words = book
    cut = page.height * 2 // 5
    upper = Page(np.ascontiguousarray(page.pixels[:cut]), page.dpi)
    return upper, tuple(word for word in words if word.bottom <= cut)


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as player:
        started = player.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine without torch, kornia, albumentations and faker."""
    for name in ("torch", "kornia", "albumentations", "faker"):
        monkeypatch.setitem(sys.modules, name, None)
    _forget_imports()
    yield
    _forget_imports()


def _forget_imports() -> None:
    """Empty the caches in which corruptions keep what they imported."""
    for name, module in list(sys.modules.items()):
        if name.startswith("docclean.corruptions."):
            for member in vars(module).values():
                if hasattr(member, "cache_clear"):
                    member.cache_clear()
