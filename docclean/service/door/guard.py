"""Who may come in, and what every answer says to a browser."""

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from docclean.jobs.watch.names import in_one_line
from docclean.service.door.answers import GoneError, RefusedError, told
from docclean.service.door.bodies import lingering
from docclean.service.settings import LOCAL_NAMES, Settings

logger = logging.getLogger(__name__)
OPEN = ("/", "/healthz", "/readyz")
"""Places that ask for no token: the page holds nothing, and asks for one itself."""
SAFE = ("GET", "HEAD", "OPTIONS")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
"""What every answer says where it does not say otherwise."""
Counted = Callable[[str, int], None]


class Guard:
    """Lets requests in or refuses them, and turns whatever goes wrong behind it into an answer."""

    def __init__(self, app: ASGIApp, settings: Settings, counted: Counted) -> None:
        """Take what is behind it, who may come in, and who is told of each answer."""
        self.app, self.settings, self.counted = app, settings, counted
        self._token = _hash(settings.token or "")
        self._hosts = {*LOCAL_NAMES, settings.host.lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        answer = _Answer(scope, send)
        try:
            self._check(Headers(scope=scope), scope)
            await self.app(scope, receive, answer)
        except RefusedError as error:
            await _refused(error, scope, receive, answer)
        except GoneError:
            answer.status = answer.status or 499
        except asyncio.CancelledError:
            raise
        except Exception as error:
            logger.error("a request failed: %s", in_one_line(f"{type(error).__name__}: {error}"))
            if answer.status:
                raise
            await told(500, "the service has a fault; please report it")(scope, receive, answer)
        finally:
            endpoint = scope.get("endpoint")
            self.counted(getattr(endpoint, "__name__", "none"), answer.status)

    def _check(self, headers: Headers, scope: Scope) -> None:
        """Refuse strangers.

        Raises:
            RefusedError: no token, another site's page, or a name that is not ours.
        """
        host = headers.get("host", "")
        if self.settings.is_local and _plain(host) not in self._hosts:
            why = "this service is called by another name; call it 127.0.0.1"
            raise RefusedError(421, why, early=True)
        origin = headers.get("origin")
        if scope["method"] not in SAFE and origin is not None and urlsplit(origin).netloc != host:
            raise RefusedError(403, "pages of other sites may not use this service", early=True)
        if self.settings.token and scope["path"] not in OPEN and not self._shown(headers):
            why, asked = (
                "show the token: Authorization: Bearer TOKEN",
                {"WWW-Authenticate": "Bearer"},
            )
            raise RefusedError(401, why, asked, early=True)

    def _shown(self, headers: Headers) -> bool:
        """Say whether a request shows the token; how long that takes tells nothing of it."""
        kind, _, shown = headers.get("authorization", "").partition(" ")
        return hmac.compare_digest(_hash(shown.strip()), self._token) and kind.lower() == "bearer"


class _Answer:
    """Sends an answer on, with the headers that every one has."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope, self.send, self.status = scope, send, 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await self.send(message)


async def _refused(error: RefusedError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer, and read on for a while where more of the body is on its way."""
    headers = Headers(scope=scope)
    body = "content-length" in headers or "transfer-encoding" in headers
    if not error.early or not body or "expect" in headers:
        await error.response()(scope, receive, send)
        return
    error.headers["Connection"] = "close"

    async def kept_open(message: Message) -> None:
        more = message["type"] == "http.response.body"
        await send({**message, "more_body": True} if more else message)

    await error.response()(scope, receive, kept_open)
    await lingering(receive)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _hash(word: str) -> bytes:
    """Return something of one length, whatever the word's."""
    return hashlib.sha256(word.encode("utf-8", "replace")).digest()


def _plain(host: str) -> str:
    """Return the name in a Host header, without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
