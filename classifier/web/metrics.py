"""Figures for whoever watches the service, as Prometheus reads them; no label holds a text, an id or a person."""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess

from classifier.suggestion import Suggestion

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder by which several workers add up their figures; prometheus_client reads it when it is imported."""

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_SECONDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """What is counted."""

    def __init__(self) -> None:
        """Start at none, in a registry of its own."""
        self._registry = CollectorRegistry()
        self.requests = Counter("asys_requests", "Requests answered.", ("method", "route", "status"), registry=self._registry)
        self.seconds = Histogram(
            "asys_request_seconds", "How long answers took.", ("route",), buckets=_SECONDS, registry=self._registry
        )
        self.problems = Counter("asys_problems", "Requests answered with a problem.", ("problem",), registry=self._registry)
        self.suggestions = Counter(
            "asys_suggestions", "Suggestions made.", ("model_version", "outcome", "category"), registry=self._registry
        )
        self.decisions = Counter("asys_decisions", "Decisions recorded.", ("kind", "role"), registry=self._registry)

    def count_suggestions(self, suggestions: list[Suggestion]) -> None:
        """Count what was proposed."""
        for suggestion in suggestions:
            label = suggestion.category.label if suggestion.category else ""
            self.suggestions.labels(suggestion.model_version, suggestion.outcome, label).inc()

    def count_request(self, method: str, route: str, status: int, problem: str | None, seconds: float) -> None:
        """Count an answer; `route` is the route's pattern, never the address that was asked for."""
        # A caller may make a method up, and each would be kept for good.
        method = method if method in _METHODS else "other"
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)
        if problem:
            self.problems.labels(problem).inc()

    def text(self) -> bytes:
        """Return all figures, of every worker if there are several."""
        if MULTIPROCESS not in os.environ:
            return generate_latest(self._registry)
        together = CollectorRegistry()
        multiprocess.MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)
