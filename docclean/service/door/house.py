"""The page itself, and how the service is: healthy, ready, measured, bounded."""

import asyncio
import re
from contextlib import suppress
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from docclean.errors import MissingProgramError
from docclean.ocr.tesseract import installed_languages
from docclean.report.html.policy import policy
from docclean.service.floor.service import Service

PAGE = Path(__file__).parents[1] / "page" / "index.html"


@cache
def _page() -> tuple[str, str]:
    """Return the page and the policy under which a browser runs its style and script only."""
    text = PAGE.read_text("utf-8")
    style, script = (
        "".join(re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL))
        for tag in ("style", "script")
    )
    allowed = policy(style, script, pictures="blob:")
    return text, f"{allowed}; connect-src 'self'; frame-ancestors 'none'"


async def page(request: Request) -> Response:
    """Answer with the page."""
    text, allowed = _page()
    return HTMLResponse(text, headers={"Content-Security-Policy": allowed})


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


async def healthz(request: Request) -> Response:
    """Say that the service answers."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """Say whether documents are taken."""
    service = _service(request)
    ready = service.hands.alive and service.eyes.alive and not service.stopping
    return PlainTextResponse("ready\n" if ready else "not now\n", 200 if ready else 503)


async def metrics(request: Request) -> Response:
    """Answer with what is counted, for Prometheus."""
    return Response(_service(request).metrics.text(), media_type="text/plain; version=0.0.4")


async def limits(request: Request) -> Response:
    """Tell what is taken, for whom it keeps what how long, and which languages are read."""
    settings = _service(request).settings
    languages: set[str] = set()
    with suppress(MissingProgramError):
        languages.update(await asyncio.to_thread(installed_languages))
    return JSONResponse(
        {
            "most_bytes": settings.upload_bytes,
            "most_pixels": settings.most_pixels,
            "most_pages": settings.most_pages,
            "keep_minutes": settings.keep,
            "languages": sorted(languages - {"osd", "equ"}),
        }
    )
