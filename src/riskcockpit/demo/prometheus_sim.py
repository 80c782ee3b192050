"""A simulated Prometheus server: instant and range queries over series computed from a function.

Nothing is stored: a series has a value at any moment, so the past can be asked for as well. What is
answered follows Prometheus 2.42; what may be asked is `demo.promql`. `docs/demo.md` lists both.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from riskcockpit.config.durations import parse_duration
from riskcockpit.demo.loopback import Reply, Request
from riskcockpit.demo.promql import NAME_LABEL, PromqlError, Selector, parse
from riskcockpit.domain.clock import Clock, parse_utc

PRODUCT_VERSION = "2.42.0"
MAX_POINTS = 11_000
"""Points of one series in one range query; more is a 400, as in Prometheus."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The value of one series at one moment."""

    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


Metrics = Callable[[float], Iterable[Sample]]
"""Gives all samples there are at a moment, in seconds since 1970."""


class PrometheusSimulator:
    """Answers queries over `metrics`. Safe to use from several threads if `metrics` is."""

    def __init__(self, metrics: Metrics, clock: Clock, *, target: str = "models:9100") -> None:
        self._metrics = metrics
        self._clock = clock
        self._own_labels = {"instance": target, "job": "models"}

    def answer(self, request: Request) -> Reply:
        """Answer one request as the server would."""
        arguments = {**request.query, **request.form()}
        try:
            match request.path:
                case "/-/ready":
                    return Reply.text("Prometheus Server is Ready.\n")
                case "/-/healthy":
                    return Reply.text("Prometheus Server is Healthy.\n")
                case "/api/v1/status/buildinfo":
                    return _success({"version": PRODUCT_VERSION, "revision": "", "branch": "HEAD"})
                case "/api/v1/query":
                    return self._query(arguments)
                case "/api/v1/query_range":
                    return self._query_range(arguments)
                case _:
                    return Reply.text("404 page not found\n", 404)
        except PromqlError as error:
            document = {"status": "error", "errorType": "bad_data", "error": str(error)}
            return Reply.json(document, 400)

    def _query(self, arguments: Mapping[str, str]) -> Reply:
        at = _moment(arguments, "time", self._clock.now())
        asked = _asked(arguments)
        if isinstance(asked, float):
            return _success({"resultType": "scalar", "result": [at, _number(asked)]})
        found = self._select(asked, at)
        rows = [{"metric": labels, "value": [at, _number(v)]} for labels, v in found]
        return _success({"resultType": "vector", "result": rows})

    def _query_range(self, arguments: Mapping[str, str]) -> Reply:
        for name in ("start", "end", "step"):
            if not arguments.get(name):
                raise _bad(name, f'cannot parse "" to a valid {_KINDS[name]}')
        start, end = _moment(arguments, "start", None), _moment(arguments, "end", None)
        step = _step(arguments["step"])
        if end < start:
            raise _bad("end", "end timestamp must not be before start time")
        if (end - start) / step > MAX_POINTS:
            raise PromqlError(
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the "
                "query resolution (?step=XX)"
            )
        asked = _asked(arguments)
        moments = [start + step * index for index in range(math.floor((end - start) / step) + 1)]
        series: dict[str, dict[str, Any]] = {}
        for at in moments:
            found = [({}, asked)] if isinstance(asked, float) else self._select(asked, at)
            for labels, value in found:
                key = json.dumps(labels, sort_keys=True)
                row = series.setdefault(key, {"metric": labels, "values": []})
                row["values"].append([round(at, 3), _number(value)])
        rows = [series[key] for key in sorted(series)]
        return _success({"resultType": "matrix", "result": rows})

    def _select(self, selector: Selector, at: float) -> list[tuple[dict[str, str], float]]:
        found: list[tuple[dict[str, str], float]] = []
        for sample in self._metrics(at):
            labels = {NAME_LABEL: sample.name, **self._own_labels, **sample.labels}
            if selector.selects(labels):
                found.append((labels, sample.value))
        return found


_LAST_WHOLE = 2**53
"""Beyond it a double no longer holds every whole number."""
_KINDS = {"start": "timestamp", "end": "timestamp", "step": "duration"}


def _success(data: object) -> Reply:
    return Reply.json({"status": "success", "data": data})


def _bad(name: str, why: str) -> PromqlError:
    return PromqlError(f'invalid parameter "{name}": {why}')


def _asked(arguments: Mapping[str, str]) -> Selector | float:
    try:
        return parse(arguments.get("query", ""))
    except PromqlError as error:
        raise _bad("query", str(error)) from None


def _moment(arguments: Mapping[str, str], name: str, default: datetime | None) -> float:
    """Return a moment in seconds since 1970: a number, or RFC 3339."""
    text = arguments.get(name, "")
    if not text and default is not None:
        return round(default.timestamp(), 3)
    try:
        seconds = float(text)
    except ValueError:
        try:
            return parse_utc(text).timestamp()
        except ValueError:
            raise _bad(name, f'cannot parse "{text}" to a valid timestamp') from None
    if not math.isfinite(seconds):
        raise _bad(name, f'cannot parse "{text}" to a valid timestamp')
    return seconds


def _step(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parse_duration(text).total_seconds()
        except ValueError:
            raise _bad("step", f'cannot parse "{text}" to a valid duration') from None
    if not math.isfinite(seconds) or seconds <= 0:
        raise _bad("step", "zero or negative query resolution step widths are not accepted. Try a "
                           "positive integer")  # fmt: skip
    return seconds


def _number(given: float) -> str:
    """Write a value as Prometheus does: shortest form, without a fraction when there is none."""
    value = float(given)  # a whole number is a float to the type checker only
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(int(value)) if value.is_integer() and abs(value) < _LAST_WHOLE else repr(value)
