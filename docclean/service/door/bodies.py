"""Bodies of requests: a file comes into its folder, within its bytes and its time."""

import asyncio
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import python_multipart  # noqa: F401  (Starlette asks for it late, and only in an assertion)
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

from docclean.service.door.answers import GoneError, RefusedError, plain_name
from docclean.service.floor.order import DOCUMENT
from docclean.service.settings import Settings

PACE = 64 << 10
"""Bytes a second that an upload must come at, over all of its time."""
FORM = 64 << 10
"""Bytes for the words of a form, beside its file."""
LINGER, LINGER_IN_ALL = 2.0, 10.0
"""Seconds for which the rest of a refused body is read, a pause and in all: a client that is cut
off while it sends would never see the answer."""


@dataclass(frozen=True)
class Received:
    """What came in.

    Attributes:
        name: of the file, as its owner calls it, without folders and controls.
        fields: the words beside it, by name.
    """

    name: str
    fields: Mapping[str, str]


class Measured:
    """A way to receive a body that ends what is too large, too slow or given up."""

    def __init__(self, receive: Receive, most: int, patience: float) -> None:
        """Take how many bytes may come, and the seconds they may pause."""
        self.receive, self.most, self.patience = receive, most, patience
        self.size, self.began = 0, time.monotonic()

    async def __call__(self) -> Message:
        """Return the next piece.

        Raises:
            RefusedError: there are too many bytes, or they come too slowly.
            GoneError: whoever sent them is gone.
        """
        left = self.began + self.patience + self.size / PACE - time.monotonic()
        try:
            message = await asyncio.wait_for(self.receive(), max(0.0, min(self.patience, left)))
        except TimeoutError:
            why = "the document came too slowly; try again with a better line"
            raise RefusedError(408, why, {"Connection": "close"}) from None
        if message["type"] == "http.disconnect":
            raise GoneError
        self.size += len(message.get("body", b""))
        if self.size > self.most:
            raise too_many_bytes(self.most)
        return message


def too_many_bytes(most: int) -> RefusedError:
    """Return the refusal of a body that is too large."""
    why = f"the document has more than {most:,} bytes, which is what this service takes"
    return RefusedError(413, why, {"Connection": "close"}, early=True)


async def received(request: Request, folder: Path, settings: Settings) -> Received:
    """Take the file of a request into a folder: of a form, or the body itself.

    Raises:
        RefusedError: there is none, or it is too large or too slow.
        GoneError: whoever sent it is gone.
    """
    most = settings.upload_bytes
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most + FORM:
        raise too_many_bytes(most)
    measured = Measured(request.receive, most + FORM, settings.patience)
    whole = Request(request.scope, measured)
    fields = dict(parse_qsl(request.url.query, keep_blank_values=True))
    path = folder / DOCUMENT
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        name, more = await _of_form(whole, path)
        fields |= more
    else:
        name = unquote(request.headers.get("x-filename", "")) or fields.get("filename", "")
        await _of_body(whole, path)
    fields.pop("filename", None)
    size = path.stat().st_size
    if not size:
        raise RefusedError(400, "there is no document in the request; send one")
    if size > most:
        raise too_many_bytes(most)
    return Received(plain_name(name or "document"), fields)


async def _of_body(request: Request, path: Path) -> None:
    try:
        with path.open("xb") as stream:
            async for piece in request.stream():
                await asyncio.to_thread(stream.write, piece)
    except ClientDisconnect as error:
        raise GoneError from error


async def _of_form(request: Request, path: Path) -> tuple[str, dict[str, str]]:
    """Take the one file of a form, and its words."""
    try:
        async with request.form(max_files=1, max_fields=64, max_part_size=FORM) as form:
            files = [one for one in form.values() if isinstance(one, UploadFile)]
            if not files:
                raise RefusedError(400, "there is no file in the form; send one")
            await asyncio.to_thread(_copied, files[0].file, path)
            words = {name: one for name, one in form.items() if isinstance(one, str)}
            return files[0].filename or "", words
    except HTTPException as error:
        raise RefusedError(400, f"the form cannot be read ({error.detail})") from error


def _copied(stream: Any, path: Path) -> None:
    with path.open("xb") as out:
        shutil.copyfileobj(stream, out)


async def lingering(receive: Receive) -> None:
    """Read on for a while what nobody wants any more."""
    until = time.monotonic() + LINGER_IN_ALL
    while time.monotonic() < until:
        try:
            message = await asyncio.wait_for(receive(), LINGER)
        except TimeoutError:
            return
        if message["type"] != "http.request" or not message.get("more_body"):
            return
