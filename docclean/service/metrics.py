"""What the service counts, as Prometheus reads it."""

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from docclean.jobs.results import FileResult

SECONDS = (0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
"""Bounds of the histogram of how long documents take."""


class Metrics:
    """Counters of one service."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self.requests = Counter(
            "docclean_requests", "Requests by route and status.", ("route", "status"),
            registry=registry,
        )  # fmt: skip
        self.documents = Counter(
            "docclean_documents", "Documents that came to an end, by how.", ("end",),
            registry=registry,
        )  # fmt: skip
        self.pages = Counter("docclean_pages", "Pages by verdict.", ("verdict",), registry=registry)
        self.seconds = Histogram(
            "docclean_document_seconds", "Seconds from coming in until done or failed.",
            registry=registry, buckets=SECONDS,
        )  # fmt: skip

    def watch(self, name: str, help_: str, value: Callable[[], float]) -> None:
        """Show a value as it is whenever it is asked for."""
        Gauge(f"docclean_{name}", help_, registry=self._registry).set_function(value)

    def ended(self, result: FileResult, seconds: float) -> None:
        """Count a document."""
        self.documents.labels(end=result.fault or result.status).inc()
        self.seconds.observe(seconds)
        for one in result.decisions:
            self.pages.labels(verdict=str(one.get("verdict", "read"))).inc()

    def text(self) -> bytes:
        """Return all of it in Prometheus' text format."""
        return generate_latest(self._registry)
