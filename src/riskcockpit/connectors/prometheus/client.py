"""The calls of the Prometheus HTTP API that the connector makes. Knows nothing of models."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from riskcockpit.connectors.http import HttpClient, Params
from riskcockpit.connectors.prometheus.wire import (
    Answer,
    BuildInfoReply,
    QueryReply,
    Series,
    Target,
    TargetsReply,
)
from riskcockpit.errors import ProtocolError

T = TypeVar("T")

API = "/api/v1"
LONGEST_IN_URL = 2000
"""Characters of a query that still goes in a URL; longer ones are posted."""


class PrometheusClient:
    """The query API over one HTTP client. All methods raise what `HttpClient` raises."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def instant(self, query: str, at: float) -> Answer:
        """Return what `query` is worth at `at`, in seconds since 1970."""
        return self._ask("query", query, {"time": f"{at:.3f}"})

    def range(self, query: str, start: int, end: int, step: int) -> Answer:
        """Return `query` at `start`, `start + step` … up to `end` (seconds since 1970)."""
        return self._ask("query_range", query, {"start": start, "end": end, "step": step})

    def targets(self) -> tuple[Target, ...]:
        """Return everything that is scraped."""
        asked = {"state": "active"}
        return self.http.get_json(f"{API}/targets", TargetsReply, asked).data.activeTargets

    def server_version(self) -> str:
        """Return the version of the server."""
        return self.http.get_json(f"{API}/status/buildinfo", BuildInfoReply).data.version

    def _ask(self, call: str, query: str, params: Params) -> Answer:
        asked = {"query": query, **params}
        path = f"{API}/{call}"
        if len(query) > LONGEST_IN_URL:
            reply = self.http.query_json(path, QueryReply, asked)
        else:
            reply = self.http.get_json(path, QueryReply, asked)
        return Answer(self._series(reply), (*reply.warnings, *reply.infos))

    def _series(self, reply: QueryReply) -> tuple[Series, ...]:
        kind, result = reply.data.resultType, reply.data.result
        if kind in ("vector", "matrix"):
            return self._decode(result, tuple[Series, ...])
        if kind == "scalar":
            return (Series(value=self._decode(result, tuple[float, str])),)
        raise ProtocolError(
            f"{self.http.endpoint.origin} answered a {kind[:20]!r}, which is no number",
            hint="a query must give a vector, a matrix or a scalar",
        )

    def _decode(self, result: msgspec.Raw, type_: type[T]) -> T:
        try:
            return msgspec.json.decode(result, type=type_)
        except msgspec.DecodeError as error:
            raise ProtocolError(
                f"{self.http.endpoint.origin} answered a result of another shape: {error}"
            ) from error
