"""`POST /clean` and `POST /ocr`: a document in, and what came of it out."""

import time
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from docclean.errors import UsageError
from docclean.service.door.answers import RefusedError, download, media_type, status_of, told
from docclean.service.door.bodies import Received
from docclean.service.door.coming import present, service_of, taken
from docclean.service.door.fields import ASKED, READING, flag, options_of
from docclean.service.floor.job import Job
from docclean.service.floor.order import Read
from docclean.service.floor.service import Service
from docclean.service.floor.shelf import Wanted

READ_AS: dict[str, Read | str] = {
    "text/plain": "text",
    "text/vnd.hocr+html": "hocr",
    "text/html": "hocr",
    "application/alto+xml": "alto",
    "application/xml": "alto",
    "text/xml": "alto",
    "application/pdf": "pdf",
}
"""What a document is read as, by the media type that is accepted."""


async def clean(request: Request) -> Response:
    """Clean a document; answer with it, or with everything that is told of it."""
    service, as_json = service_of(request), wants_json(request)

    def wanted(came: Received) -> Wanted:
        options = options_of(came.fields, service.options)
        if options.sidecars and not as_json:
            raise UsageError(
                "text, hocr and alto come beside the document: accept application/json, "
                "or take POST /jobs or POST /ocr"
            )
        return Wanted(came.name, options)

    job = await taken(request, wanted)
    async with present(request, job):
        if as_json:
            return JSONResponse(everything(job), _status(job), headers=verdict_of(job))
        return _answer(service, job)


async def ocr(request: Request) -> Response:
    """Read a document; answer with what is accepted: text, hOCR, ALTO or a searchable PDF."""
    service, kind = service_of(request), read_as(request)

    def wanted(came: Received) -> Wanted:
        fields = dict(came.fields)
        psm, raw = fields.pop("psm", ""), flag("raw", fields.pop("raw", "false"))
        if psm and not (psm.isdecimal() and 1 <= int(psm[:3]) <= 13):
            raise UsageError(f"psm is a number from 1 to 13, not '{psm[:40]}'")
        if kind != "pdf":
            options = options_of(fields, service.options, READING)
            return Wanted(came.name, options, kind, int(psm) if psm else None, raw)
        if psm or raw:
            raise UsageError("psm and raw are for text, hOCR and ALTO, not for a PDF")
        return Wanted(came.name, options_of({**fields, "ocr": "true", "format": "pdf"},
                                            service.options, ASKED))  # fmt: skip

    job = await taken(request, wanted)
    async with present(request, job):
        return _answer(service, job)


def _answer(service: Service, job: Job) -> Response:
    """Return the file of a job, or why there is none; then the job is forgotten."""
    status, result = _status(job), job.result
    if status != 200 or result is None:
        message = result.message if result else ""
        service.drop(job)
        return told(status, message)
    target = job.order.task.target
    left = BackgroundTask(service.drop, job)
    headers = {**verdict_of(job), "X-Docclean-Pages": str(result.pages)}
    return download(target, job.name, headers, background=left)


def _status(job: Job) -> int:
    return status_of(job.done) if job.done else 503


def verdict_of(job: Job) -> dict[str, str]:
    """Return the header that tells what became of a document."""
    return {"X-Docclean-Verdict": job.verdict} if _status(job) == 200 else {}


def everything(job: Job) -> dict[str, Any]:
    """Return what the command line's `--json` says: a line for each page and one for the file."""
    if job.result is None:
        return {}
    result = job.result
    pages = [{"event": "page", "of": result.pages or None, **one} for one in result.decisions]
    answer: dict[str, Any] = {
        "events": [*pages, {"event": "file", **result.to_dict(), "output": job.name}],
        "job": job.id,
        "media_type": media_type(job.order.task.target),
    }
    if result.status == "failed":
        return {"error": result.message, **answer}
    links = {
        kind: f"/jobs/{job.id}/result" + ("" if kind == "file" else f"/{kind}")
        for kind in job.parts()
    }
    service_keeps = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(job.ended + job.kept))
    return {**answer, "verdict": job.verdict, "links": links, "kept_until": service_keeps}


def wants_json(request: Request) -> bool:
    """Say whether an answer is wanted as JSON rather than as a file."""
    return any(kind == "application/json" for kind, _ in accepted(request))


def accepted(request: Request) -> list[tuple[str, float]]:
    """Return the media types that a request accepts and how much, the best first."""
    found: list[tuple[str, float]] = []
    for one in request.headers.get("accept", "*/*").split(",")[:20]:
        kind, *more = (part.strip().lower() for part in one.split(";"))
        weight = next((part[2:] for part in more if part.startswith("q=")), "1")
        try:
            found.append((kind, float(weight)))
        except ValueError:
            continue
    return sorted((one for one in found if one[1] > 0), key=lambda one: -one[1])


def read_as(request: Request) -> Any:
    """Return what a document is to be read as.

    Raises:
        RefusedError: it cannot be read as anything that is accepted.
    """
    for kind, _ in accepted(request):
        if kind in ("*/*", "text/*"):
            return "text"
        if kind in READ_AS:
            return READ_AS[kind]
    known = ", ".join(READ_AS)
    raise RefusedError(406, f"Accept names nothing that can be read; one of {known}", early=True)
