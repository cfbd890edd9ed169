"""What the door can do, as OpenAPI 3.1; its examples are commands that the tests run."""

from dataclasses import fields
from importlib.metadata import version
from typing import Any

from docclean.recipe import Options
from docclean.service.door.answers import MEDIA, READ_MEDIA
from docclean.service.door.fields import ASKED, READING
from docclean.service.floor.order import VIEWS
from docclean.service.settings import Settings

HERE = "http://127.0.0.1:8765"
"""Where the examples look for the service."""
FILES: dict[str, Any] = {kind: {} for kind in sorted({*MEDIA.values(), "application/octet-stream"})}
READ_FILES: dict[str, Any] = {kind.partition(";")[0]: {} for kind in READ_MEDIA.values()}
WHY = {
    "400": "A field is wrong; the answer names what would work.",
    "401": "No token, or a wrong one.",
    "404": "There is no such job, page or part; perhaps its time is over.",
    "408": "The document came too slowly.",
    "409": "The job is not done yet.",
    "413": "More bytes or more pages than the service takes.",
    "415": "This is no document.",
    "422": "The document is damaged, protected, too large, took too long or broke its process.",
    "429": "Too many documents wait; Retry-After says when to try again.",
    "503": "The service is about to stop.",
    "507": "There is no room to store it.",
}
"""Failures, each with one sentence as `error`."""
TAKING = ("400", "401", "408", "413", "415", "422", "429", "503", "507")
LOST = ("401", "404")
JOB = {"name": "job", "in": "path", "required": True, "schema": {"type": "string"}}


def described(settings: Settings) -> dict[str, Any]:
    """Return the description of a service."""
    told: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "docclean",
            "version": version("docclean"),
            "description": "Cleans scanned pages before OCR. The fields are the command line's "
            f"options. Results are deleted after {settings.keep:g} minutes.",
        },
        "servers": [{"url": "/"}],
        "paths": {**_documents(), **_jobs(), **_house()},
    }
    if settings.token:
        told["components"] = {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}
        told["security"] = [{"token": []}]
    return told


def _documents() -> dict[str, Any]:
    clean = _operation(
        "Clean a document; with Accept: application/json, everything that is told of it.",
        (
            f"curl -sf -F file=@scan.jpg -F deskew=true {HERE}/clean -o clean.jpg",
            f"curl -sf -T scan.pdf -X POST '{HERE}/clean?ocr=eng&no-gate=true' -o clean.pdf",
            f"curl -sf -F file=@scan.jpg -H 'Accept: application/json' {HERE}/clean",
        ),
        _answer({**FILES, "application/json": {}}, "The document, cleaned or as it came.", VERDICT),
        TAKING,
    )
    ocr = _operation(
        "Read a document as text, hOCR, ALTO or a searchable PDF, by what is accepted.",
        (
            f"curl -sf -F file=@scan.jpg {HERE}/ocr",
            f"curl -sf -F file=@scan.jpg -H 'Accept: application/alto+xml' {HERE}/ocr",
            f"curl -sf -F file=@scan.jpg -H 'Accept: application/pdf' {HERE}/ocr -o read.pdf",
        ),
        _answer({**READ_FILES, "application/pdf": {}}, "What the document says."),
        ("406", *TAKING),
    )
    more = {"psm": {"type": "integer", "minimum": 1, "maximum": 13}, "raw": {"type": "boolean"}}
    return {
        "/clean": {"post": {**clean, **_taking(ASKED, {})}},
        "/ocr": {"post": {**ocr, **_taking(READING, more)}},
    }


def _jobs() -> dict[str, Any]:
    """Describe the jobs; JOB in an example is the id of one that is done."""
    job = _answer({"application/json": {}}, "How the job stands.")
    begin = _operation(
        "Take a document and answer at once with its job.",
        (f"curl -sf -F file=@scan.pdf {HERE}/jobs",),
        {"202": job["200"]},
        TAKING,
    )
    ids = {"name": "id", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}
    some, archive = (
        f"curl -sf '{HERE}/jobs?id=JOB'",
        f"curl -sf '{HERE}/results.zip?id=JOB' -o a.zip",
    )
    packed = _answer({"application/zip": {}}, "All of them.")
    return {
        "/jobs": {
            "post": {**begin, **_taking(ASKED, {})},
            "get": _with([ids], "How several jobs stand, in short.", some, job),
        },
        **{f"/jobs/{{job}}{path}": methods for path, methods in _one_job(job).items()},
        "/results.zip": {"get": _with([ids], "Several results.", archive, packed, (*LOST, "409"))},
    }


def _one_job(job: dict[str, Any]) -> dict[str, Any]:
    """Describe what can be done with one job, below its path."""
    page = {"name": "page", "in": "path", "required": True, "schema": {"type": "integer"}}
    view = {"name": "view", "in": "path", "required": True, "schema": {"enum": list(VIEWS)}}
    kinds = {"enum": ["file", "text", "hocr", "alto"]}
    part = {"name": "part", "in": "path", "required": True, "schema": kinds}
    left = {"name": "pages", "in": "query", "schema": {"type": "string", "examples": ["2,5-7"]}}
    gone = {"204": {"description": "It is gone."}}
    events = _answer({"text/event-stream": {}}, "Each time something changes, the job in short.")
    seen = _answer({media: {} for _, media in VIEWS.values()}, "The view.")
    file, again = _answer(FILES, "The file.", VERDICT), {"202": job["200"]}
    told: tuple[tuple[str, str, list[Any], str, str, Any, tuple[str, ...]], ...] = (
        ("get", "", [], "How a job stands.", "", job, ()),
        ("delete", "", [], "Stop a job and delete it.", "-X DELETE", gone, ()),
        ("get", "/events", [], "What happens, as it happens.", "-N", events, ()),
        ("post", "/leave", [left], "Do it again with pages left as they came; a new job.",
         "-X POST", again, ("400", "409", "429")),
        ("get", "/result", [], "The result.", "-o x", file, ("409",)),
        ("get", "/result/{part}", [part], "One file of the result.", "-o x", file, ("409",)),
        ("get", "/pages/{page}/{view}", [page, view], "A view of a page.", "", seen, ("422",)),
    )  # fmt: skip
    found: dict[str, Any] = {}
    for method, path, more, said, how, answers, failures in told:
        place = path.replace("{part}", "file").replace("{page}/{view}", "1/parts")
        query = "?pages=1" if path == "/leave" else ""
        example = " ".join(f"curl -sf {how} '{HERE}/jobs/JOB{place}{query}'".split())
        operation = _with([JOB, *more], said, example, answers, (*LOST, *failures))
        found.setdefault(path, {})[method] = operation
    return found


def _house() -> dict[str, Any]:
    told = {
        "/limits": ("What is taken, and which languages are read.", "application/json"),
        "/healthz": ("Whether it answers.", "text/plain"),
        "/readyz": ("Whether documents are taken.", "text/plain"),
        "/metrics": ("What is counted, for Prometheus.", "text/plain"),
        "/openapi.json": ("This.", "application/json"),
    }
    return {
        path: {"get": _with([], said, f"curl -sf {HERE}{path}", _answer({media: {}}, said))}
        for path, (said, media) in told.items()
    }


VERDICT = {
    "X-Docclean-Verdict": {
        "description": "Whether any page was cleaned, or all were kept.",
        "schema": {"enum": ["cleaned", "kept", "read"]},
    }
}


def _operation(
    said: str, examples: tuple[str, ...], answers: dict[str, Any], failures: tuple[str, ...] = ()
) -> dict[str, Any]:
    told = {
        status: {"description": WHY.get(status, "Nothing that is accepted."),
                 "content": {"application/json": {"example": {"error": "One sentence."}}}}
        for status in failures
    }  # fmt: skip
    samples = [{"lang": "Shell", "source": source} for source in examples]
    return {"summary": said, "responses": {**answers, **told}, "x-codeSamples": samples}


def _with(
    parameters: list[Any], said: str, example: str, answers: Any, failures: tuple[str, ...] = ()
) -> dict[str, Any]:
    return {"parameters": parameters, **_operation(said, (example,), answers, failures)}


def _answer(content: dict[str, Any], said: str, headers: Any = None) -> dict[str, Any]:
    return {"200": {"description": said, "content": content, "headers": headers or {}}}


def _taking(names: tuple[str, ...], more: dict[str, Any]) -> dict[str, Any]:
    """Describe fields, as of a form and of a query, and the document beside them."""
    schemas = {**_fields(names), **more}
    file = {"type": "string", "format": "binary"}
    form = {"type": "object", "properties": {"file": file, **schemas}, "required": ["file"]}
    return {
        "parameters": [
            {"name": name, "in": "query", "schema": schema} for name, schema in schemas.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": {"schema": form}, "*/*": {"schema": file}},
        },
    }


def _fields(names: tuple[str, ...]) -> dict[str, Any]:
    """Return the schemas of options, as the command line tells them."""
    schemas: dict[str, Any] = {}
    for item in fields(Options):
        if item.name not in names:
            continue
        kind = "boolean" if isinstance(item.default, bool) and item.name != "ocr" else "string"
        schemas[item.name] = {"type": kind, "description": item.metadata["help"]}
        if item.default not in (None, False, frozenset()):
            schemas[item.name]["default"] = item.default
    return schemas
