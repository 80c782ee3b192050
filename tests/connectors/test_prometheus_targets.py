"""What is not scraped any more is a finding, until it is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.http import replayed
from riskcockpit.connectors.prometheus.connector import PrometheusConnector
from riskcockpit.connectors.reply import Reply
from riskcockpit.domain.batch import Document
from riskcockpit.domain.clock import FrozenClock, rfc3339
from riskcockpit.domain.finding import FindingClass, Observation
from riskcockpit.errors import ConfigError
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.generic.from_json import read

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def target(health: str = "up", minutes: int = 0, error: str = "", **labels: str) -> dict[str, Any]:
    """Return a target as the API tells it."""
    given = {"job": "models", "instance": "scorer:9100"} | labels
    scraped = rfc3339(NOW - timedelta(minutes=minutes))
    return {"labels": given, "health": health, "lastError": error, "lastScrape": scraped}


def seen(*targets: dict[str, Any]) -> list[Observation]:
    """Pull the targets and return the findings."""
    body = json.dumps({"status": "success", "data": {"activeTargets": targets}}).encode()
    spec = SourceSpec("metrics", "https://prom.example", {"targets": "10m"})
    with replayed(lambda _asked: Reply(200, body)):
        made = PrometheusConnector.build(spec, FrozenClock(NOW))
        (batch,) = made.pull("", NOW)
        made.close()
    assert batch.is_complete
    (document,) = batch.items
    assert isinstance(document, Document)
    (scan,) = read(document.content, ReadOptions()).scans
    assert scan.is_successful
    assert not scan.problems
    return list(scan.observations)


def test_what_is_scraped_is_no_finding() -> None:
    assert seen(target(), target("unknown", 5)) == []


def test_a_target_that_is_down_or_was_scraped_long_ago_is_one() -> None:
    stale, down = sorted(
        seen(target("down", error="connection refused"), target(minutes=11, instance="b:1")),
        key=lambda one: one.rule,
        reverse=True,
    )
    assert (down.rule, down.title) == ("target-down", "models at scorer:9100 cannot be scraped")
    assert "connection refused" in down.description
    assert (stale.rule, stale.asset) == ("target-stale", "models")
    assert "11 minutes" in stale.description


def test_a_target_with_a_model_is_about_the_model() -> None:
    (one,) = seen(target("down", model="fraud"))
    assert (one.finding_class, one.asset) == (FindingClass.MODEL, "fraud")
    assert one.signal is not None
    assert (one.signal.monitor, one.signal.segment) == ("target-down", "scorer:9100")


def test_one_that_was_never_scraped_says_nothing_yet() -> None:
    """As right after a start of the server."""
    fresh = target("unknown")
    fresh["lastScrape"] = "0001-01-01T00:00:00Z"
    assert seen(fresh) == []


def test_labels_of_strangers_are_text_and_the_same_target_stays_the_same_finding() -> None:
    hostile = target("down", error="\x1b]52;c;x\x07", zone="\u202eevil")
    (one,) = seen(hostile)
    (other,) = seen(hostile | {"lastError": "another reason"})
    assert "\x1b" not in one.description
    assert "\u202e" not in one.resource
    assert one.resource == other.resource


@pytest.mark.parametrize("span", ["soon", "0s"])
def test_a_span_that_is_none_is_refused(span: str) -> None:
    spec = SourceSpec("metrics", "https://prom.example", {"targets": span})
    with pytest.raises(ConfigError, match="targets"):
        PrometheusConnector.build(spec, FrozenClock(NOW))
