"""A real Prometheus that scrapes a real page: what it measured is what we read."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.http import HttpClient
from riskcockpit.connectors.prometheus.client import PrometheusClient
from riskcockpit.connectors.prometheus.connector import PrometheusConnector
from riskcockpit.connectors.prometheus.mapping import MAX_POINTS
from riskcockpit.connectors.reply import StatusError
from riskcockpit.domain.batch import Batch, Document
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.reading import Reading
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.generic.from_json import read
from support.servers import Prometheus, running_prometheus

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with running_prometheus(tmp_path_factory.mktemp("prometheus")) as server:
        exporter = server.exporter
        exporter.set("model_accuracy", 0.71, model="credit-default", version="3")
        exporter.set("model_accuracy", 0.93, model="fraud", version="v10")
        exporter.set("model_accuracy", "NaN", model="aml", version="1")
        exporter.set("model_accuracy", 0.5, shadow="nobody")
        exporter.set("model_accuracy_threshold", 0.8, model="credit-default")
        exporter.set("model_feature_psi", 0.31, model="fraud", version="10", feature="amount")
        server.await_samples("model_accuracy", 4)
        server.await_samples("count_over_time(model_feature_psi[1m]) >= 3", 1)
        yield server


def pull(url: str, *queries: Mapping[str, Any], cursor: str = "") -> list[Batch]:
    now = datetime.now(UTC)
    spec = SourceSpec("metrics", url, {"queries": list(queries)})
    made = PrometheusConnector.build(spec, FrozenClock(now))
    batches = list(made.pull(cursor, now))
    made.close()
    return batches


def readings(batches: list[Batch]) -> dict[str, Reading]:
    return {i.subject: i for batch in batches for i in batch.items if isinstance(i, Reading)}


def test_the_present_values_with_their_thresholds(prometheus: Prometheus) -> None:
    batches = pull(
        prometheus.url,
        {
            "query": "model_accuracy",
            "metric": "accuracy",
            "metric_class": "accuracy",
            "threshold_query": "max by (model) (model_accuracy_threshold)",
            "threshold": 0.9,
        },
    )
    found = readings(batches)
    assert set(found) == {"credit-default", "fraud"}
    low, high = found["credit-default"], found["fraud"]
    assert (low.value, low.version, low.threshold, low.is_breach) == (0.71, 3, 0.8, True)
    assert (high.value, high.version, high.threshold, high.is_breach) == (0.93, 10, 0.9, False)
    note = batches[0].coverage.note
    assert "not finite numbers left out (1)" in note
    assert 'without the label "model" left out (1)' in note


def test_a_range_goes_on_from_its_cursor(prometheus: Prometheus) -> None:
    query = {
        "query": "model_feature_psi",
        "metric": "psi",
        "metric_class": "drift",
        "direction": "at_most",
        "threshold": 0.25,
        "segment_label": "feature",
        "range_step": "1s",
        "first_range": "5m",
    }
    first = pull(prometheus.url, query)
    assert len(first[0].items) >= 1
    reading = readings(first)["fraud"]
    assert (reading.segment, reading.is_breach) == ("amount", True)
    time.sleep(2.1)
    second = pull(prometheus.url, query, cursor=first[-1].cursor)
    assert len(set(second[0].items) - set(first[0].items)) >= 2
    assert set(first[0].items) <= set(second[0].items), "the lookback reads the same again"


def test_more_points_than_the_server_gives_are_read_in_pieces(prometheus: Prometheus) -> None:
    long = {"query": "model_accuracy", "metric": "a", "range_step": "1s", "first_range": "4h"}
    batch = pull(prometheus.url, long)[0]
    assert batch.coverage.pages == 2
    assert not batch.coverage.is_truncated


def test_the_limit_of_the_server_is_where_we_think_it_is(prometheus: Prometheus) -> None:
    http = HttpClient("metrics", prometheus.url, FrozenClock(datetime.now(UTC)))
    client = PrometheusClient(http)
    end = int(time.time())
    assert client.range("model_accuracy", end - MAX_POINTS, end, 1).series
    with pytest.raises(StatusError, match="11,000 points"):
        client.range("model_accuracy", end - MAX_POINTS - 1, end, 1)
    http.close()


def test_a_query_that_does_not_parse_is_told_with_the_servers_words(
    prometheus: Prometheus,
) -> None:
    batches = pull(
        prometheus.url,
        {"query": "model_accuracy{", "metric": "broken"},
        {"query": "no_such_metric", "metric": "missing"},
        {"query": "scalar(model_feature_psi)", "metric": "psi", "subject": "fraud"},
        {"query": " or ".join(["model_feature_psi"] * 200), "metric": "long"},
    )
    assert batches[0].coverage.is_truncated
    assert "parse error" in batches[0].coverage.note
    assert batches[1].coverage.note == "missing: the query found nothing (1)"
    assert [len(batch.items) for batch in batches] == [0, 0, 1, 1]


def test_the_check_tells_the_version(prometheus: Prometheus) -> None:
    spec = SourceSpec("metrics", prometheus.url, {"queries": [{"query": "up", "metric": "up"}]})
    made = PrometheusConnector.build(spec, FrozenClock(datetime.now(UTC)))
    assert made.check().startswith("Prometheus 2.")
    made.close()


def test_a_target_that_cannot_be_scraped_is_a_finding(tmp_path: Path) -> None:
    """From the first failed scrape on; while it is scraped there is none."""

    def found(url: str) -> list[str]:
        spec = SourceSpec("metrics", url, {"targets": "10m"})
        now = datetime.now(UTC)
        made = PrometheusConnector.build(spec, FrozenClock(now))
        (batch,) = made.pull("", now)
        made.close()
        (document,) = batch.items
        assert isinstance(document, Document)
        (scan,) = read(document.content, ReadOptions()).scans
        assert (scan.is_successful, scan.problems) == (True, ())
        return [seen.rule for seen in scan.observations]

    with running_prometheus(tmp_path) as server:
        server.exporter.set("model_accuracy", 0.9, model="fraud", version="1")
        server.await_samples("model_accuracy", 1)
        assert found(server.url) == []
        server.exporter.status = 500
        server.await_samples("up == 0", 1)
        assert found(server.url) == ["target-down"]
