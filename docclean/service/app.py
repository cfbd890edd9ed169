"""The service as an ASGI application: routes, and the guard before them."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from docclean.service.door import cleaning, house, jobs
from docclean.service.door.answers import told
from docclean.service.door.guard import Guard
from docclean.service.floor.service import Service
from docclean.service.openapi import described

ROUTES = (
    Route("/", house.page),
    Route("/healthz", house.healthz),
    Route("/readyz", house.readyz),
    Route("/metrics", house.metrics),
    Route("/limits", house.limits),
    Route("/clean", cleaning.clean, methods=["POST"]),
    Route("/ocr", cleaning.ocr, methods=["POST"]),
    Route("/jobs", jobs.begin, methods=["POST"]),
    Route("/jobs", jobs.some),
    Route("/jobs/{job}", jobs.standing),
    Route("/jobs/{job}", jobs.delete, methods=["DELETE"]),
    Route("/jobs/{job}/events", jobs.events),
    Route("/jobs/{job}/leave", jobs.leave, methods=["POST"]),
    Route("/jobs/{job}/result", jobs.result),
    Route("/jobs/{job}/result/{part}", jobs.result),
    Route("/jobs/{job}/pages/{page:int}/{view}", jobs.view),
    Route("/results.zip", jobs.archive),
)


def application(service: Service) -> Starlette:
    """Return the application in front of a service."""

    async def openapi(request: Request) -> Response:
        """Describe all of it."""
        return JSONResponse(described(service.settings))

    def counted(route: str, status: int) -> None:
        service.metrics.requests.labels(route=route, status=str(status)).inc()

    guard = Middleware(Guard, settings=service.settings, counted=counted)
    app = Starlette(
        routes=[*ROUTES, Route("/openapi.json", openapi)],
        middleware=[guard],
        exception_handlers={HTTPException: _said},
    )
    app.state.service = service
    return app


async def _said(request: Request, error: Exception) -> Response:
    """Tell that there is no such place, in our own words."""
    assert isinstance(error, HTTPException)
    words = {404: "there is nothing here; see /openapi.json", 405: "this is not done here"}
    return told(error.status_code, words.get(error.status_code, error.detail), error.headers)
