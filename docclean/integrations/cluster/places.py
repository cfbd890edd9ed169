"""Files by name: a path on a disk that every machine has, or a URL that fsspec knows."""

import hashlib
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from docclean.errors import MissingProgramError, OutputError, UnreadableInputError, UsageError
from docclean.jobs.ledger.prints import content_hash
from docclean.outputs import check_target, moved, naming

OBJECT_STORES = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oci", "oss", "memory"}
"""Protocols whose files appear whole or not at all; files of others are renamed once they are."""
CHANGES = ("ETag", "etag", "md5Hash", "content_md5", "LastModified", "mtime", "created")
"""What file systems tell of a file that is another one after a change; the first found counts."""


def plain(name: str) -> str:
    """Return a name as it is used here: `file://` URLs become paths."""
    return name.removeprefix("file://")


def is_url(name: str) -> bool:
    """Say whether a name is one that fsspec is asked about."""
    protocol, found, _ = name.partition("://")
    return bool(found) and protocol.isidentifier() and protocol != "file"


def joined(folder: str, *names: str) -> str:
    """Return the name of something below a folder."""
    return "/".join([folder.rstrip("/"), *names])


def store_of(url: str) -> tuple[Any, str]:
    """Return the file system of a URL and the path on it; nothing of what it lists is kept.

    Raises:
        MissingProgramError: the package for this protocol is not installed.
        UsageError: there is no such protocol.
    """
    from fsspec.core import url_to_fs

    try:
        found: tuple[Any, str] = url_to_fs(url, use_listings_cache=False)
    except ImportError as error:
        raise MissingProgramError(f"{url}: {error}; install it on every machine") from error
    except ValueError as error:
        raise UsageError(f"{url}: {error}; give a path or a URL such as s3://bucket/") from error
    return found


def size_of(name: str) -> int | None:
    """Return how many bytes a file has; None: there is none."""
    try:
        if not is_url(name):
            return Path(name).stat().st_size
        store, path = store_of(name)
        return int(store.info(path)["size"] or 0)
    except OSError:
        return None


def read(name: str) -> bytes | None:
    """Return a small file's bytes; None: there is none."""
    try:
        if not is_url(name):
            return Path(name).read_bytes()
        store, path = store_of(name)
        return bytes(store.cat_file(path))
    except OSError:
        return None


def write(name: str, data: bytes) -> None:
    """Write a small file, whole or not at all, over what is there.

    Raises:
        OutputError: it cannot be written.
    """
    if is_url(name):
        _appearing(name, lambda store, path: store.pipe_file(path, data))
        return
    target = Path(name)
    part = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
    with naming(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(data)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)


def _appearing(url: str, put: Callable[[Any, str], object]) -> None:
    """Let a file appear whole, also where a store shows it while it is written."""
    store, path = store_of(url)
    try:
        if url.partition("://")[0] in OBJECT_STORES:
            put(store, path)
            return
        part = f"{path}.{secrets.token_hex(6)}.part"
        store.makedirs(path.rpartition("/")[0], exist_ok=True)
        put(store, part)
        store.mv(part, path)
    except OSError as error:
        raise OutputError(f"{url} cannot be written: {error}; choose another -o") from error


def place(whole: Path, name: str, *, overwrite: bool) -> None:
    """Give a finished file its name; a path's must be on the same file system.

    Raises:
        OutputError: the place is taken (without `overwrite`), or cannot be written to.
    """
    check_free(name, overwrite=overwrite)
    if is_url(name):
        _appearing(name, lambda store, path: store.put_file(str(whole), path))
        return
    with naming(Path(name)):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
    moved(whole, Path(name), overwrite=overwrite)


def check_free(name: str, *, overwrite: bool) -> None:
    """Refuse an output that is there already.

    Raises:
        OutputError: it is (without `overwrite`), or is a folder or device.
    """
    if not is_url(name):
        check_target(Path(name), overwrite=overwrite)
    elif not overwrite and size_of(name) is not None:
        raise OutputError(f"{name} exists already; add --overwrite or choose another -o")


def remove(folder: str) -> None:
    """Remove a folder with all in it, where it is there."""
    if not is_url(folder):
        shutil.rmtree(folder, ignore_errors=True)
        return
    store, path = store_of(folder)
    with suppress(FileNotFoundError):
        store.rm(path, recursive=True)


def remove_file(name: str) -> None:
    """Remove a file, where it is there."""
    with suppress(OSError):
        if not is_url(name):
            Path(name).unlink()
            return
        store, path = store_of(name)
        store.rm_file(path)


def names_in(folder: str) -> list[str]:
    """Return the names of what is in a folder; none where there is no such folder."""
    if not is_url(folder):
        there = Path(folder)
        return sorted(path.name for path in there.iterdir()) if there.is_dir() else []
    store, path = store_of(folder)
    with suppress(FileNotFoundError):
        return sorted(one.rstrip("/").rpartition("/")[2] for one in store.ls(path, detail=False))
    return []


def holds(name: str, hash_: str) -> bool:
    """Say whether a file is there and has these bytes."""
    if not is_url(name):
        with suppress(OSError):
            return content_hash(Path(name)) == hash_
        return False
    data = read(name)
    return data is not None and hashlib.sha256(data).hexdigest() == hash_


@contextmanager
def fetched(name: str) -> Iterator[Path]:
    """Give a document as a file on this machine; a URL's is gone when the block ends.

    Raises:
        UnreadableInputError: it cannot be read.
    """
    if not is_url(name):
        yield Path(name)
        return
    store, path = store_of(name)
    with tempfile.TemporaryDirectory(prefix="docclean-") as folder:
        copy = Path(folder) / (path.rpartition("/")[2] or "document")
        try:
            store.get_file(path, str(copy))
        except FileNotFoundError as error:
            raise UnreadableInputError(f"{name} does not exist; check the address") from error
        except OSError as error:
            raise UnreadableInputError(
                f"{name} cannot be read ({error}); check its permissions"
            ) from error
        yield copy


def fingerprint(facts: dict[str, Any]) -> str:
    """Return what tells a URL's file from what it was before, made of what its store lists."""
    told = next((facts[key] for key in CHANGES if facts.get(key)), "")
    if isinstance(told, datetime):  # a store's list and its answer for one file may differ in this
        told = told.timestamp()
    return hashlib.sha256(f"{facts.get('size')} {told}".encode()).hexdigest()


def below(url: str) -> dict[str, dict[str, Any]]:
    """Return what is told of a file, of all files below a folder, or of those of a URL's glob.

    Returns:
        the facts by URL; empty where nothing is there.

    Raises:
        UnreadableInputError: the store cannot be asked.
        MissingProgramError, UsageError: as `store_of`.
    """
    url = url.rstrip("/")
    if not is_url(url):
        files = [path for path in Path(url).rglob("*") if path.is_file()]
        return {str(path): {"size": path.stat().st_size} for path in files}
    store, path = store_of(url)
    head = url.removesuffix(path)
    try:
        magic = any(one in path for one in "*?[")
        found = store.glob(path, detail=True) if magic else store.find(path, detail=True)
    except FileNotFoundError:
        return {}
    except Exception as error:  # a store's own errors: no permission, no such host
        why = " ".join(str(error).split()) or type(error).__name__
        raise UnreadableInputError(f"{url} cannot be listed ({why}); check the address") from error
    return {
        f"{head}{name}": facts for name, facts in sorted(found.items()) if facts["type"] == "file"
    }
