"""Documents that come in over HTTP: a place for each, its body, its options; then it is a job."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from starlette.requests import Request

from docclean.errors import DoccleanError
from docclean.service.door.answers import GoneError, RefusedError, status_of_error
from docclean.service.door.bodies import Received, received
from docclean.service.floor.job import Job
from docclean.service.floor.order import DOCUMENT
from docclean.service.floor.service import FullError, Service
from docclean.service.floor.shelf import Wanted

WantedOf = Callable[[Received], Wanted]
"""Makes out of what came in what is wanted."""


def service_of(request: Request) -> Service:
    """Return the service behind a request."""
    service: Service = request.app.state.service
    return service


def check_open(service: Service) -> None:
    """Refuse a document that the service has no place for.

    Raises:
        RefusedError: it stops, or too many wait.
    """
    if service.stopping:
        raise RefusedError(503, "this service is about to stop", {"Retry-After": "10"}, early=True)
    try:
        service.check_room()
    except FullError as error:
        retry = {"Retry-After": str(error.seconds), "Connection": "close"}
        raise RefusedError(429, str(error), retry, early=True) from error


async def taken(request: Request, wanted_of: WantedOf) -> Job:
    """Take the document of a request in; return its job.

    Raises:
        RefusedError: it cannot be taken.
        GoneError: whoever sent it is gone.
    """
    service = service_of(request)
    check_open(service)
    service.coming += 1
    name, folder = service.shelf.folder()
    try:
        came = await received(request, folder, service.settings)
        return service.take(name, folder, wanted_of(came))
    except BaseException as error:
        service.shelf.remove(folder)
        if isinstance(error, DoccleanError):
            said = str(error).replace(str(folder / DOCUMENT), "the document")
            raise RefusedError(status_of_error(error), said) from error
        if isinstance(error, OSError):
            why = f"the document cannot be stored ({error.strerror}); try again later"
            raise RefusedError(507, why, {"Retry-After": "60"}) from error
        raise
    finally:
        service.coming -= 1


def wanted_again(job: Job, leave: frozenset[int]) -> Wanted:
    """Return what is wanted where pages of a job are to stay as they came."""
    order = job.order
    return Wanted(order.name, replace(order.noted.options, leave=leave))


def taken_again(service: Service, job: Job, leave: frozenset[int]) -> Job:
    """Take the document of a job once more; return its new job.

    Raises:
        RefusedError: it cannot be taken.
    """
    check_open(service)
    name, folder = service.shelf.folder()
    try:
        (folder / DOCUMENT).hardlink_to(job.order.task.source)
        return service.take(name, folder, wanted_again(job, leave))
    except (DoccleanError, OSError) as error:
        service.shelf.remove(folder)
        raise RefusedError(507, "the document cannot be stored; try again later") from error


@asynccontextmanager
async def present(request: Request, job: Job) -> AsyncIterator[None]:
    """Wait for a job whose owner waits, too; where the owner goes, the job is dropped.

    Raises:
        GoneError: so it is.
        RefusedError: the service stops before its turn.
    """
    service = service_of(request)
    over = asyncio.ensure_future(job.over.wait())
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait((over, gone), return_when=asyncio.FIRST_COMPLETED)
        if not over.done():
            service.drop(job)
            raise GoneError
        if job.done is None:
            why = "this service is about to stop; try again"
            service.drop(job)
            raise RefusedError(503, why, {"Retry-After": "10"})
        yield
    except asyncio.CancelledError:
        service.drop(job)
        raise
    finally:
        over.cancel()
        gone.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def files_of(job: Job) -> dict[str, Path]:
    """Return the files of a job that is done.

    Raises:
        RefusedError: it is not done.
    """
    if job.result is None:
        raise RefusedError(409, "this job is not done yet", {"Retry-After": "1"})
    if job.result.status == "failed":
        raise RefusedError(422, job.result.message)
    return job.parts()
