"""A folder of pairs as `docclean evaluate` reads it: `noisy/`, `clean/` and `truth/`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from docclean.files import refusing, replacing
from docclean.page import Page

FOLDERS = ("noisy", "clean", "truth")


@contextmanager
def writing_pairs(out: Path) -> Iterator[None]:
    """Make the three folders for the pairs that the block writes.

    Raises:
        OutputError: the folder, or something the block writes, cannot be written.
    """
    with refusing(out, "folder"):
        for name in FOLDERS:
            (out / name).mkdir(parents=True, exist_ok=True)
        yield


def write_pair(out: Path, name: str, dirty: Page, clean: Page, text: str) -> Path:
    """Write a pair with its true text; return the path of the dirty page.

    Raises:
        OSError: a file cannot be written; see `writing_pairs`.
    """
    noisy = out / "noisy" / f"{name}.png"
    write_png(noisy, dirty)
    write_png(out / "clean" / f"{name}.png", clean)
    (out / "truth" / f"{name}.gt.txt").write_text(text + "\n", "utf-8")
    return noisy


def write_png(path: Path, page: Page, compress_level: int = -1) -> None:
    """Write a grey page as PNG with its dpi, aside and then renamed.

    Args:
        path: the file.
        page: the page.
        compress_level: of zlib, 0..9; -1 is its own usual one.
    """
    from PIL import Image as Pillow

    options = {"dpi": page.dpi} if page.dpi else {}
    with replacing(path) as aside:
        Pillow.fromarray(page.pixels).save(aside, "PNG", compress_level=compress_level, **options)
