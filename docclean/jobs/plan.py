"""Which files a call means, and where each one goes."""

import glob
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from docclean.documents import FORMATS, detect, known_suffixes
from docclean.errors import OutputError, UnreadableInputError, UsageError
from docclean.ocr.sidecars import SUFFIXES
from docclean.recipe import Options

FILE_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,5}")
"""How the name of a file ends, and a folder's seldom does: `scans.2024` is one."""


def _found(given: str | Path) -> list[tuple[Path, Path]]:
    """Return (file, its place below the output folder) for one input of the call."""
    path = Path(given)
    if path.is_dir():
        suffixes = known_suffixes()
        inside = (file for file in path.rglob("*") if file.suffix.lower() in suffixes)
        seen = (file for file in inside if not _hidden(file.relative_to(path)))
        files = sorted((file for file in seen if file.is_file()), key=in_natural_order)
        if not files:
            raise UnreadableInputError(
                f"{path} holds no documents; give a folder with {' '.join(suffixes)} files"
            )
        return [(file, file.relative_to(path)) for file in files]
    if not path.exists() and glob.has_magic(str(given)):
        found = glob.glob(str(given), recursive=True)  # noqa: PTH207
        matches = sorted(map(Path, found), key=in_natural_order)
        files = [match for match in matches if match.is_file()]
        if not files:
            raise UnreadableInputError(f"{given} matches no files; check the pattern")
        return [(file, Path(file.name)) for file in files]
    return [(path, Path(path.name))]  # a missing file is told when its turn comes


def _hidden(place: Path) -> bool:
    """Say whether a file or a folder above it is hidden: `._scan.png` of macOS is no picture."""
    return any(part.startswith(".") for part in place.parts)


def in_natural_order(path: Path) -> tuple[list[tuple[bool, int, str]], str]:
    """Return what a path is sorted by, so that `page 2` comes before `page 10`."""
    parts = re.split(r"(\d+)", str(path).lower())
    numbered = [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]
    return [one for one in numbered if one[2]], str(path)


def book_of(inputs: Sequence[str | Path], out: str | Path) -> list[Path] | None:
    """Return the files that become one document at `out`, in order; None: a folder is meant.

    One document is meant where there are several inputs, or a folder of them, and `out` is named
    like a file.

    Raises:
        UsageError: no file of that kind can hold them.
        UnreadableInputError: an input is a folder or a glob without documents.
    """
    path = Path(out)
    if str(out).endswith("/") or path.is_dir() or not FILE_SUFFIX.fullmatch(path.suffix):
        return None
    files = list(dict.fromkeys(file for one in inputs for file, _ in _found(one)))
    if len(files) < 2 and not any(Path(one).is_dir() for one in inputs):
        return None
    known = {suffix: member for member in FORMATS for suffix in member.suffixes}
    member = known.get(path.suffix.lower())
    if member is None or not member.multipage:
        kind = f"a {member.name} file holds one page" if member else f"{path.suffix} is no format"
        raise UsageError(
            f"{out}: {kind} and the inputs are several; choose .pdf or .tif for one document of "
            f"all, or {out}/ for a folder"
        )
    return files


def plan_outputs(
    inputs: Iterable[str | Path], out: str | Path, suffix: str | None = None
) -> list[tuple[Path, Path]]:
    """Return (source, target) for every file of a call, before any work starts.

    `out` is a folder where it exists as one, ends with '/', or there are several inputs; below
    it the structure of an input folder is kept. `suffix` replaces the files' own.

    Raises:
        OutputError: two files would get one output, or an output is one of the inputs.
    """
    given, folder = list(inputs), Path(out)
    found = {file: place for one in given for file, place in _found(one)}
    into_folder = folder.is_dir() or str(out).endswith("/") or len(found) > 1
    into_folder = into_folder or any(Path(one).is_dir() for one in given)
    if not into_folder:
        if not folder.parent.is_dir():
            what = "is a file" if folder.parent.exists() else "does not exist"
            raise OutputError(f"{folder}: its folder {what}; create it or choose another -o")
        plan = [(next(iter(found)), folder)]
    else:
        # an earlier output folder inside the input folder is not input again
        inner = [Path(one) for one in given if Path(one).is_dir() and Path(one) != folder]
        skip = any(one.resolve() in folder.resolve().parents for one in inner)
        plan = [
            (file, folder / named(file, place, suffix))
            for file, place in found.items()
            if not (skip and folder.resolve() in file.resolve().parents)
        ]
    check_plan(plan)
    return plan


def named(file: Path, place: Path, suffix: str | None = None) -> Path:
    """Return the name of an output, with the suffix asked for or that of what the file holds."""
    if suffix:
        return place.with_suffix(f".{suffix.lower().lstrip('.')}")
    if place.suffix.lower() in known_suffixes():
        return place
    try:  # `scan.dat` may well be a PNG: it becomes `scan.dat.png`
        return place.with_name(place.name + detect(file).suffixes[0])
    except UnreadableInputError:
        return place  # told when its turn comes


def check_plan(plan: Sequence[tuple[Path, Path]]) -> None:
    """Refuse a plan in which files would overwrite each other.

    Raises:
        OutputError: two would get one output, or an output is an input.
    """
    real = _Real()
    sources = {real(source): source for source, _ in plan}
    taken: dict[str, Path] = {}
    for source, target in plan:
        place = real(target)
        if place in sources:
            raise OutputError(f"{target} is an input of this call; choose another -o")
        if target.exists() and _same(source, target):
            raise OutputError(f"{target} and its input are one file; choose another -o")
        if place in taken:
            raise OutputError(
                f"{source} and {taken[place]} would both become {target}; "
                "rename one or clean them apart"
            )
        taken[place] = source


class _Real:
    """Says where paths lead to; each folder is asked once, since there may be many files in it."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}

    def __call__(self, path: Path) -> str:
        folder, name = os.path.split(path)
        if name in ("", ".", "..") or path.is_symlink():
            return os.path.realpath(path)
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        return os.path.join(self._folders[folder], name)  # noqa: PTH118  (plain text is faster)


def _same(source: Path, target: Path) -> bool:
    """Say whether two names lead to one file, through links of either kind."""
    try:
        return source.samefile(target)
    except OSError:  # one of them does not exist
        return False


def outputs_of(out: Path, options: Options) -> tuple[Path, ...]:
    """Return every file that a document at `out` comes with."""
    return (out, *sidecar_paths(out, options).values())


def sidecar_paths(out: Path, options: Options) -> dict[str, Path]:
    """Return the files beside a document at `out`, by kind."""
    return {kind: out.with_suffix(SUFFIXES[kind]) for kind in options.sidecars}


def make_folder(folder: Path) -> None:
    """Make a folder for outputs.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be made ({error.strerror}); choose another -o"
        ) from error
