"""What a page really says: plain text, word boxes, hOCR, ALTO and PAGE files, all read to one form.

Text is kept as it stands on the page: lines are parted by a newline, blocks by an empty line,
pages by a form feed; a word broken at a line's end stays broken.
"""

from collections.abc import Callable
from pathlib import Path

from docclean.errors import UnreadableInputError
from docclean.truth.alto import read_alto
from docclean.truth.base import Element, TrueWord, Truth, local_name, parse_xml, read_bytes
from docclean.truth.hocr import names_hocr, read_hocr, read_web
from docclean.truth.page_xml import read_page
from docclean.truth.texts import read_text, read_words

__all__ = ["TRUTH_SUFFIXES", "TrueWord", "Truth", "is_truth", "read_truth"]

ROOTS: dict[str, Callable[[Path, Element], Truth]] = {
    "alto": read_alto,
    "PcGts": read_page,
    "html": read_hocr,
}
"""The reader of an XML file, by the name of its root."""


def _read_xml(path: Path, data: bytes) -> Truth:
    root = parse_xml(path, data)
    kind = local_name(root)
    if kind not in ROOTS:
        raise UnreadableInputError(
            f"{path} is neither ALTO nor PAGE but <{kind}>; export it as one of these"
        )
    return ROOTS[kind](path, root)


READERS: dict[str, Callable[[Path, bytes], Truth]] = {
    ".gt.txt": read_text,
    ".words.json": read_words,
    ".page.xml": _read_xml,
    ".alto.xml": _read_xml,
    ".xml": _read_xml,
    ".hocr": read_web,
    ".html": read_web,
    ".htm": read_web,
    ".xhtml": read_web,
}
"""The reader of a truth file, by its suffix.

No `Registry`: nobody asks for a truth by name, and its suffixes are looked for in every folder.
"""

TRUTH_SUFFIXES = tuple(READERS)
"""What follows a page's stem in the name of its truth; the first that exists is taken."""

SHARED_SUFFIXES = (".xml", ".html", ".htm", ".xhtml")
"""Those that other files beside a document have, too."""


def read_truth(path: Path) -> Truth:
    """Read a truth file; its kind is told by its name, that of an `.xml` by its root.

    The last part of a suffix is enough here: any `.txt` is text, any `.json` a list of words.

    Raises:
        UnreadableInputError: missing, damaged, of no known kind, or a layout without its text.
    """
    name = path.name.lower()
    data = read_bytes(path)
    for suffix, read in READERS.items():
        if name.endswith(suffix[suffix.rindex(".") :]):
            return read(path, data)
    known = " ".join(TRUTH_SUFFIXES)
    raise UnreadableInputError(f"{path} is no truth file; name it with one of {known}")


def is_truth(path: Path) -> bool:
    """Say whether a file with one of `TRUTH_SUFFIXES` is meant as truth.

    An invoice lies as `.xml` beside its PDF and a saved page as `.html` beside its picture:
    these are looked into, down to the root or the first hOCR class. A damaged file counts as
    truth, so that reading it tells what is wrong.
    """
    name = path.name.lower()
    if name.endswith(tuple(one for one in TRUTH_SUFFIXES if one not in SHARED_SUFFIXES)):
        return True
    if name.endswith(".xml"):
        try:
            return local_name(parse_xml(path, read_bytes(path))) in ROOTS
        except UnreadableInputError:
            return True
    return names_hocr(read_bytes(path))
