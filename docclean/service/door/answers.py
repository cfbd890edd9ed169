"""What goes out: files with their names, and plain words for failures."""

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from starlette.responses import FileResponse, JSONResponse, Response

from docclean.documents import FORMATS
from docclean.errors import (
    DoccleanError,
    ExitStatus,
    MissingProgramError,
    OutputError,
    UnreadableInputError,
)
from docclean.service.floor.order import Done

LONGEST = 150
"""Characters of a name."""
MEDIA = {
    **{"pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png", "tiff": "image/tiff"},
    **{"bmp": "image/bmp", "webp": "image/webp", "jp2": "image/jp2", "gif": "image/gif"},
    **{"pnm": "image/x-portable-anymap", "avif": "image/avif", "heic": "image/heic"},
}
"""Media types of the formats."""
READ_MEDIA = {
    ".txt": "text/plain; charset=utf-8",
    ".hocr": "text/vnd.hocr+html; charset=utf-8",
    ".alto.xml": "application/alto+xml",
}
"""Media types of what was read."""


class RefusedError(Exception):
    """A request that is refused.

    Attributes:
        status: of HTTP.
        early: its body has not been read to its end.
    """

    def __init__(
        self,
        status: int,
        why: str,
        headers: Mapping[str, str] | None = None,
        *,
        early: bool = False,
    ) -> None:
        """Take the status, the reason in one sentence, and headers."""
        super().__init__(why)
        self.status, self.headers, self.early = status, dict(headers or {}), early

    def response(self) -> Response:
        """Return it as an answer."""
        return told(self.status, str(self), self.headers)


class GoneError(Exception):
    """Whoever asked is gone."""


def told(status: int, why: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a failure as JSON, one sentence."""
    return JSONResponse({"error": why}, status, headers=dict(headers or {}))


def status_of(done: Done) -> int:
    """Return the status of HTTP for what came of a document."""
    result = done.result
    if result.status == "done":
        return 200
    if done.too_large:
        return 413
    if result.fault == "call":
        return 400
    return 507 if result.fault == "output" else 422


def status_of_error(error: DoccleanError) -> int:
    """Return the status of HTTP for an error before the work."""
    if isinstance(error, UnreadableInputError):
        return 415 if "is not a document" in str(error) or "DjVu" in str(error) else 422
    if isinstance(error, OutputError):
        return 507
    if isinstance(error, MissingProgramError) or error.exit_status == ExitStatus.USAGE:
        return 400
    return 500


def plain_name(given: str) -> str:
    """Return a name that can be shown, sent in a header and be saved: no folders, no controls."""
    name = PurePosixPath(given.replace("\\", "/")).name
    name = "".join(one for one in name if unicodedata.category(one)[0] != "C")
    name = re.sub(r'[<>:"/\\|?*]', "_", name).strip(" .")
    if len(name) > LONGEST:
        stem, dot, suffix = name.rpartition(".")
        name = f"{stem[: LONGEST - len(suffix) - 1]}{dot}{suffix}" if dot else name[:LONGEST]
        name = name[:LONGEST]
    return name or "document"


def disposition(name: str) -> str:
    """Return the header that names a download (RFC 6266), in ASCII and in whole."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9._() -]", "_", plain).strip() or "document"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def media_type(path: Path) -> str:
    """Return the media type of a file that was written."""
    for suffix, media in READ_MEDIA.items():
        if path.name.endswith(suffix):
            return media
    for member in FORMATS:
        if path.suffix in member.suffixes:
            return MEDIA.get(member.name, "application/octet-stream")
    return "application/octet-stream"


def download(
    path: Path, name: str, headers: Mapping[str, str] | None = None, **how: Any
) -> Response:
    """Return a file as a download."""
    own = {"Content-Disposition": disposition(name), **(headers or {})}
    return FileResponse(path, media_type=media_type(path), headers=own, **how)
