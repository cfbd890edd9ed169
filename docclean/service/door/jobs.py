"""Jobs over HTTP: an id at once, how far it is, what came of it, a look at its pages."""

import asyncio
import json
import tempfile
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse

from docclean.errors import UsageError
from docclean.jobs.watch.names import free_name
from docclean.recipe.options import page_numbers
from docclean.service.door.answers import RefusedError, disposition, download, told
from docclean.service.door.bodies import Received
from docclean.service.door.cleaning import verdict_of
from docclean.service.door.coming import files_of, service_of, taken, taken_again
from docclean.service.door.fields import LONGEST, options_of
from docclean.service.floor.job import Job
from docclean.service.floor.order import VIEWS, View
from docclean.service.floor.shelf import Wanted

TOLD, ALIVE = 0.25, 15.0
"""Seconds between two looks at a job that is followed; until a sign of life without news."""
MOST_AT_ONCE = 200
"""Jobs that one request may name."""


def job_of(request: Request, name: str = "") -> Job:
    """Return the job that a request names.

    Raises:
        RefusedError: there is none.
    """
    job = service_of(request).shelf.jobs.get(name or request.path_params["job"])
    if job is None:
        raise RefusedError(404, "there is no such job; its time may be over")
    return job


async def begin(request: Request) -> Response:
    """Take a document and answer at once with its job."""
    usual = service_of(request).options

    def wanted(came: Received) -> Wanted:
        return Wanted(came.name, options_of(came.fields, usual))

    return _accepted(await taken(request, wanted))


def _accepted(job: Job) -> Response:
    return JSONResponse(job.to_dict(), 202, headers={"Location": f"/jobs/{job.id}"})


async def some(request: Request) -> Response:
    """Tell in short how several jobs stand; those that are gone are left out."""
    names = request.query_params.getlist("id")[:MOST_AT_ONCE]
    found = (service_of(request).shelf.jobs.get(name) for name in names)
    return JSONResponse({"jobs": [job.to_dict(brief=True) for job in found if job]})


async def standing(request: Request) -> Response:
    """Tell how a job stands."""
    return JSONResponse(job_of(request).to_dict())


async def delete(request: Request) -> Response:
    """Stop a job and delete what there is of it."""
    service_of(request).drop(job_of(request))
    return Response(status_code=204)


async def leave(request: Request) -> Response:
    """Do a document again with pages left as they came; answer with the new job."""
    service, job = service_of(request), job_of(request)
    files_of(job)
    if job.order.read:
        raise RefusedError(409, "this job only reads")
    pages = request.query_params.get("pages", "")[:LONGEST]
    try:
        numbers = page_numbers(pages) if pages else frozenset()
    except UsageError as error:
        raise RefusedError(400, str(error)) from error
    return _accepted(taken_again(service, job, frozenset(numbers)))


async def events(request: Request) -> Response:
    """Tell what happens to a job as it happens (server-sent events)."""
    service, job = service_of(request), job_of(request)

    async def stream() -> AsyncIterator[str]:
        before, quiet = "", 0.0
        while True:
            here = service.shelf.jobs.get(job.id) is job
            now = json.dumps(job.to_dict(brief=True)) if here else "{}"
            if now != before:
                before, quiet = now, 0.0
                kind = job.state if here else "deleted"
                yield f"event: {kind}\ndata: {now}\n\n"
            if not here or job.done or (service.stopping and job.state == "waiting"):
                return
            await asyncio.sleep(TOLD)
            quiet += TOLD
            if quiet >= ALIVE:
                quiet = 0.0
                yield ": still at work\n\n"

    return StreamingResponse(stream(), media_type="text/event-stream")


async def result(request: Request) -> Response:
    """Answer with a file of the result."""
    job = job_of(request)
    kind = request.path_params.get("part", "file")
    files = files_of(job)
    if kind not in files:
        raise RefusedError(404, f"there is no such part; there are {', '.join(files)}")
    return download(files[kind], job.part_name(kind), verdict_of(job))


async def archive(request: Request) -> Response:
    """Answer with the results of several jobs in one ZIP."""
    names = request.query_params.getlist("id")[:MOST_AT_ONCE]
    jobs = [job_of(request, name) for name in names]
    files = [(path, job.part_name(kind)) for job in jobs for kind, path in files_of(job).items()]
    if not files:
        raise RefusedError(400, "name jobs, such as ?id=ONE&id=OTHER")
    path = await asyncio.to_thread(_packed, files)
    headers = {"Content-Disposition": disposition("docclean.zip")}
    left = BackgroundTask(path.unlink, missing_ok=True)
    return FileResponse(path, media_type="application/zip", headers=headers, background=left)


def _packed(files: list[tuple[Path, str]]) -> Path:
    """Return a ZIP of files under other names; two of the same name get on."""
    taken: set[Path] = set()
    with (
        tempfile.NamedTemporaryFile(suffix=".zip", delete=False) as stream,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as packed,
    ):
        for path, name in files:
            free = free_name(Path(name), taken.__contains__)
            taken.add(free)
            packed.write(path, free.name)
    return Path(stream.name)


async def view(request: Request) -> Response:
    """Answer with a view of one page."""
    service, job = service_of(request), job_of(request)
    kind, number = request.path_params["view"], request.path_params["page"]
    if kind not in VIEWS:
        raise RefusedError(404, f"there is no such view; there are {', '.join(VIEWS)}")
    look = job.look(number, cast(View, kind))
    if look is None:
        raise RefusedError(404, "there is nothing to be seen of this page, or not yet")
    done = await service.look(job, look)
    if done.result.status == "failed":
        return told(400 if done.result.fault == "call" else 422, done.result.message)
    own: dict[str, Any] = {"Cache-Control": "private, max-age=3600"}
    return FileResponse(look.path, media_type=VIEWS[look.view][1], headers=own)
