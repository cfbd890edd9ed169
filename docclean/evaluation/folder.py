"""What a folder holds for an evaluation: documents, their truth and their clean twins, by set."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from docclean.documents import known_suffixes
from docclean.errors import UnreadableInputError
from docclean.truth import TRUTH_SUFFIXES, is_truth

NOISY, CLEAN, TRUTH = "noisy", "clean", "truth"
"""Sub-folders that make the folder around them one set of pairs."""


@dataclass(frozen=True)
class Item:
    """One document to measure.

    Attributes:
        group: the set it belongs to, a path below the folder; '' for the folder itself.
        name: what it is called, unique in its set: the stem, the whole file name where two
            documents of the set share a stem.
        image: the document, an image or a PDF.
        truth: the file with its true text, for `docclean.truth.read_truth`.
        twin: the clean document it should become.
    """

    group: str
    name: str
    image: Path
    truth: Path | None
    twin: Path | None


@dataclass(frozen=True)
class Found:
    """What `find_items` found.

    Attributes:
        items: set by set, in natural order (page2 before page10). Of one set either all have
            truth or none has.
        left_out: documents that are not measured: those without truth in a set where others
            have it, and those lying beside a `noisy` folder.
    """

    items: tuple[Item, ...]
    left_out: tuple[Path, ...] = ()


def find_items(folder: Path) -> Found:
    """Return the documents a folder holds, sub-folders as sets of their own.

    - A document's truth has its stem and one of `TRUTH_SUFFIXES`; it lies in a folder `truth` or
      beside the document.
    - A folder with documents in `noisy` is one set; twins lie in `clean` under the same stem,
      whatever their suffix.
    - Hidden files and folders are skipped; a folder reached twice through links counts once.

    A single document is taken as a folder that holds only this one.

    Raises:
        UnreadableInputError: it does not exist, cannot be listed, or holds no document.
    """
    try:
        if folder.is_file():
            return Found(tuple(_single(folder)))
        if not folder.is_dir():
            raise UnreadableInputError(f"{folder} does not exist; check the path")
    except OSError as error:
        raise UnreadableInputError(
            f"{folder} cannot be read ({error.strerror}); check the path and its permissions"
        ) from error
    loose: list[Path] = []
    sets: dict[str, list[Item]] = {}
    for item in _walk(folder, folder, set(), loose):
        sets.setdefault(item.group, []).append(item)
    if not sets:
        raise UnreadableInputError(
            f"{folder} holds no documents; give images or PDFs ({' '.join(known_suffixes())}), "
            f"with their text beside them as NAME{TRUTH_SUFFIXES[0]} or in {TRUTH}/ where there is "
            f"one, or pairs in {NOISY}/ and {CLEAN}/"
        )
    items: list[Item] = []
    for group in sorted(sets, key=_natural_path):
        labelled = any(item.truth for item in sets[group])
        loose += [item.image for item in sets[group] if labelled and not item.truth]
        items += [item for item in _named(sets[group], folder) if item.truth or not labelled]
    return Found(tuple(items), tuple(sorted(loose, key=lambda path: _natural_path(str(path)))))


def _single(path: Path) -> Iterator[Item]:
    """Yield one document as its set has it; any file, as documents are told by content."""
    folder = path.parent
    home = folder.parent if folder.name == NOISY else folder
    yield from _items("", [path], home, Path(), folder)


def _walk(root: Path, folder: Path, seen: set[Path], loose: list[Path]) -> Iterator[Item]:
    """Yield what a folder and those below it hold; documents of no set go to `loose`."""
    if folder.resolve() in seen:
        return
    seen.add(folder.resolve())
    group = _group(root, folder)
    documents, folders = _listed(folder)
    below = {one.name: one for one in folders}
    pairs = list(_pairs(group, folder, Path(), seen)) if NOISY in below else []
    if pairs:
        yield from pairs
        loose += documents
        folders = [one for one in folders if one.name not in {NOISY, CLEAN, TRUTH}]
    else:
        yield from _items(group, documents, folder, Path(), folder)
    for one in sorted(folders, key=Path.is_symlink):  # a folder's own place before links to it
        yield from _walk(root, one, seen, loose)


def _pairs(group: str, home: Path, inner: Path, seen: set[Path]) -> Iterator[Item]:
    """Yield the pairs of a set; folders inside `noisy` are sets with the same folder in `clean`."""
    noisy = home / NOISY / inner
    if noisy.resolve() in seen:
        return
    seen.add(noisy.resolve())
    documents, folders = _listed(noisy)
    yield from _items(_join(group, inner), documents, home, inner, noisy)
    for one in folders:
        yield from _pairs(group, home, inner / one.name, seen)


def _items(
    group: str, documents: list[Path], home: Path, inner: Path, folder: Path
) -> Iterator[Item]:
    """Yield the documents of one folder with their truth and twins.

    Args:
        group: their set.
        documents: the documents.
        home: holds `truth` and, around a folder `noisy`, `clean`.
        inner: where the documents' partners lie inside these.
        folder: where the documents lie.
    """
    if not documents:
        return
    truths = [_truths(home / TRUTH / inner), _truths(folder)]
    clean = home / CLEAN / inner
    twins: dict[str, list[Path]] = {}
    if folder != home and clean.is_dir():
        for twin in _listed(clean)[0]:
            twins.setdefault(twin.stem, []).append(twin)
    for image in documents:
        candidates = (path for place in truths for path in place.get(image.stem, ()))
        alike = twins.get(image.stem, [])
        same = [twin for twin in alike if twin.name == image.name]  # before the same stem alone
        truth = next((path for path in candidates if is_truth(path)), None)
        yield Item(group, image.stem, image, truth, next(iter(same + alike), None))


def _truths(folder: Path) -> dict[str, list[Path]]:
    """Return the files of a folder that may be truth, by stem, the preferred suffix first."""
    found: dict[str, list[Path]] = {}
    files = _entries(folder) if folder.is_dir() else []
    for suffix in TRUTH_SUFFIXES:
        for path in files:
            if path.name.lower().endswith(suffix) and path.is_file():
                found.setdefault(path.name[: -len(suffix)], []).append(path)
    return found


def _named(items: list[Item], root: Path) -> list[Item]:
    """Give the items of a set names that differ, and put them in order."""
    stems = Counter(item.name for item in items)
    items = [
        replace(item, name=item.image.name) if stems[item.name] > 1 else item for item in items
    ]
    names = Counter(item.name for item in items)  # the same file in two folders of one set
    items = [
        replace(item, name=_group(root, item.image)) if names[item.name] > 1 else item
        for item in items
    ]
    return sorted(items, key=lambda item: _natural(item.name))


def _listed(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return a folder's documents and its sub-folders, in natural order."""
    entries, suffixes = _entries(folder), known_suffixes()
    documents = [one for one in entries if one.suffix.lower() in suffixes and one.is_file()]
    return documents, [one for one in entries if one.is_dir()]


def _entries(folder: Path) -> list[Path]:
    try:
        entries = [one for one in folder.iterdir() if not one.name.startswith(".")]
    except OSError as error:
        raise UnreadableInputError(
            f"{folder} cannot be listed ({error.strerror}); check its permissions"
        ) from error
    return sorted(entries, key=lambda one: _natural(one.name))


def _group(root: Path, path: Path) -> str:
    return _join("", path.relative_to(root))


def _join(group: str, inner: Path) -> str:
    parts = [part for part in (group, inner.as_posix()) if part not in {"", "."}]
    return "/".join(parts)


def _natural(name: str) -> tuple[list[str | int], str]:
    """Return a key that sorts page2 before page10; the name itself breaks ties."""
    pieces: Iterable[str] = re.split(r"(\d+)", name.casefold())
    return [int(one) if index % 2 else one for index, one in enumerate(pieces)], name


def _natural_path(path: str) -> list[tuple[list[str | int], str]]:
    return [_natural(part) for part in path.split("/")]
