"""Each headline KPI, and each way in which its number could look good by mistake, by hand.

The ways: nothing closed, no data, stale inputs, waived items, reopenings, time zones, and the hour
that Europe skipped on 2026-03-29 at 01:00 UTC and repeated on 2026-10-25 at 01:00 UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from riskcockpit.controls.cases import fill
from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.pillar import Pillar
from riskcockpit.kpis.catalogue import load
from riskcockpit.kpis.compute import behind, measure
from riskcockpit.store.scratch import scratch

SPRING = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
"""Eleven hours after the clocks of Europe were put forward."""
AUTUMN = datetime(2026, 10, 25, 12, 0, tzinfo=UTC)
"""Eleven hours after they were put back."""
CATALOGUE = load()
World = Mapping[str, list[dict[str, Any]]]
HEADLINES = {
    next(kpi.id for kpi in CATALOGUE if kpi.pillar is pillar) for pillar in Pillar
} | {"evidence-latency"}  # fmt: skip
"""The first of each pillar, and the one that the compliance pillar is promised by."""


def at(text: str) -> datetime:
    """Return a moment with its own zone."""
    return datetime.fromisoformat(text)


def check(subject: str, when: Any, value: float, **more: Any) -> dict[str, Any]:
    """A reading of a data check."""
    return {"subject_kind": "dataset", "subject": subject, "metric": "checks", "unit": "ratio",
            "metric_class": "quality", "at": when, "value": value, **more}  # fmt: skip


def fixed(name: str, first: Any, end: Any, **more: Any) -> dict[str, Any]:
    """A vulnerability that a complete scan saw fixed."""
    return {"id": name, "class": "dependency", "state": "fixed", "first_seen": first,
            "fixed_at": end, "severity": 3, **more}  # fmt: skip


def breach(name: str, **more: Any) -> dict[str, Any]:
    """A breach of a model monitor."""
    return {"id": name, "class": "model", "model": name, "state": "open", **more}


def signed(published: str, ts: Any, name: str = "e") -> dict[str, Any]:
    """An entry that signs for a publish."""
    data = f'{{"published_at":"{published}"}}'
    return {"hash": name, "type": "sync.completed", "ts": ts, "data": data}


def verdict(name: str, word: str, **more: Any) -> dict[str, Any]:
    """A control as it was judged."""
    return {"id": name, "verdict": word, "at": "-1m", **more}


MONITOR = [check("any", "-1m", 1.0, metric_class="other")]
SILENT = [check("any", "-25h", 1.0, metric_class="other")]
SCAN = [{"id": "s", "asset": "a", "scanned_at": "-1h", "outcome": "applied"}]
OLD_SCAN = [{**SCAN[0], "scanned_at": "-49h"}]
CHECKS, DRIFT, MEND = "data-checks-passing", "drift-detection-time", "mean-time-to-remediate"
CONTROLS, EVIDENCE, ACK = "controls-passing", "evidence-latency", "time-to-acknowledge"

CASES: list[tuple[str, str, World, float | None, str]] = [
    # A check that fails is not made good by an older pass, by a check of nothing, or by a waiver.
    (CHECKS, "stale", {"reading": [check("a", "-25h", 1.0)]}, None, "no_data"),
    (CHECKS, "nothing checked", {"reading": [check("a", "-1h", 1.0, sample_size=0)]}, None,
     "no_data"),
    (CHECKS, "nothing checked beside a failure",
     {"reading": [check("a", "-1h", 0.5, sample_size=9), check("b", "-1h", 1.0, sample_size=0)]},
     50.0, "alarm"),
    (CHECKS, "a failure on nothing",
     {"reading": [check("a", "-1h", 1.0, sample_size=9),
                  check("b", "-1h", 0.0, sample_size=0, is_breach=True)]}, 50.0, "alarm"),
    (CHECKS, "a share of failures",
     {"reading": [check("a", "-1h", 0.001, direction="at_most"),
                  check("b", "-1h", 2.0, unit="percent", direction="at_most")]}, 98.95, "warn"),
    (CHECKS, "waived",
     {"reading": [check("a", "-1h", 0.5)],
      "finding": [{"id": "f", "class": "data", "asset": "a", "state": "waived"}]}, 50.0, "alarm"),
    (CHECKS, "fails again",
     {"reading": [check("a", "-3h", 0.5), check("a", "-2h", 1.0), check("a", "-1h", 0.5)]},
     50.0, "alarm"),
    (CHECKS, "two monitors of one moment",
     {"reading": [check("a", "-1h", 1.0, source_id="x"), check("a", "-1h", 0.5, source_id="y")]},
     50.0, "alarm"),
    (CHECKS, "zone",
     {"reading": [check("a", at("2026-03-29T16:59:00+05:00"), 1.0),
                  check("a", at("2026-03-29T11:58:00+00:00"), 0.0)]}, 100.0, "ok"),
    (CHECKS, "a day is 24 hours when clocks go forward",
     {"reading": [check("a", at("2026-03-28T12:01:00+00:00"), 1.0),
                  check("b", at("2026-03-28T11:59:00+00:00"), 0.0)]}, 100.0, "ok"),
    # A breach counts whatever became of it since, and waiting for its end changes nothing.
    (DRIFT, "nothing closed", {"reading": MONITOR, "finding": [
        breach("a", onset_at="-70m", detected_at="-10m")]}, 60.0, "alarm"),
    (DRIFT, "waived", {"reading": MONITOR, "finding": [
        breach("a", onset_at="-70m", detected_at="-10m", state="waived")]}, 60.0, "alarm"),
    (DRIFT, "reopened: from its new onset", {"reading": MONITOR, "finding": [
        breach("a", onset_at="-20m", detected_at="-10m", first_seen="-900h", reopened_at="-20m",
               reopened_count=1)]}, 10.0, "ok"),
    (DRIFT, "stale", {"reading": SILENT, "finding": [
        breach("a", onset_at="-27h", detected_at="-27h", state="fixed")]}, 0.0, "stale"),
    (DRIFT, "a clock that runs ahead earns nothing", {"reading": MONITOR, "finding": [
        breach("a", onset_at="-10m", detected_at="-40m"),
        ]}, 0.0, "ok"),
    (DRIFT, "zone", {"reading": MONITOR, "finding": [
        breach("a", onset_at=at("2026-03-29T15:00:00+05:00"),
               detected_at=at("2026-03-29T10:12:00+00:00"))]}, 12.0, "ok"),
    (DRIFT, "the hour that was skipped", {"reading": MONITOR, "finding": [
        breach("a", onset_at=at("2026-03-29T01:50:00+01:00"),
               detected_at=at("2026-03-29T03:10:00+02:00"))]}, 20.0, "warn"),
    # Only what a scan confirmed as fixed, for as long as it was there since it last came back.
    (MEND, "nothing closed", {"scan": SCAN, "finding": [
        fixed("a", "-900h", None, state="open")]}, None, "no_data"),
    (MEND, "stale", {"scan": OLD_SCAN, "finding": [fixed("a", "-60h", "-50h")]}, 10.0, "stale"),
    (MEND, "waived ones are not fixed", {"scan": SCAN, "finding": [
        fixed("a", "-60h", "-50h"), fixed("b", "-9h", "-8h", state="waived"),
        fixed("c", "-9h", "-8h", state="false_positive")]}, 10.0, "ok"),
    (MEND, "reopened and fixed again", {"scan": SCAN, "finding": [
        fixed("a", "-900h", "-2h", reopened_at="-62h", reopened_count=1)]}, 60.0, "warn"),
    (MEND, "reopened and there", {"scan": SCAN, "finding": [
        fixed("a", "-60h", "-50h", state="open", reopened_at="-1h")]}, None, "no_data"),
    (MEND, "zone", {"scan": SCAN, "finding": [
        fixed("a", at("2026-03-28T23:00:00-05:00"), at("2026-03-29T10:00:00+00:00"))]}, 6.0, "ok"),
    (MEND, "the hour that was skipped", {"scan": SCAN, "finding": [
        fixed("a", at("2026-03-29T00:00:00+01:00"), at("2026-03-29T04:00:00+02:00"))]}, 3.0, "ok"),
    # Whatever is not a pass is none; what says nothing is not asked.
    (CONTROLS, "stale, broken and invalid are no pass", {"control": [
        verdict("a", "ok"), verdict("b", "stale"), verdict("c", "error"),
        verdict("d", "config_invalid"), verdict("e", "alarm"), verdict("f", "no_data")]},
     20.0, "alarm"),
    (CONTROLS, "nothing says anything", {"control": [verdict("a", "no_data")]}, None, "no_data"),
    # From the publish to the signature, by the moment and not by how it is written.
    (EVIDENCE, "nothing signed lately", {"ledger_entry": [
        signed("2026-01-01T00:00:00Z", at("2026-01-01T00:00:01+00:00"))]}, None, "no_data"),
    (EVIDENCE, "zone", {"ledger_entry": [
        signed("2026-03-29T16:00:00+05:00", at("2026-03-29T11:00:30+00:00"))]}, 30.0, "ok"),
    (EVIDENCE, "the hour that was skipped", {"ledger_entry": [
        signed("2026-03-29T01:59:30+01:00", at("2026-03-29T03:00:10+02:00"))]}, 40.0, "ok"),
    (EVIDENCE, "a clock that was put back earns nothing", {"ledger_entry": [
        signed("2026-03-29T11:00:00Z", at("2026-03-29T10:00:00+00:00")),
        ]}, 0.0, "ok"),
    (EVIDENCE, "an entry that does not say when counts for nothing", {"ledger_entry": [
        {"hash": "x", "type": "sync.completed", "ts": "-1h", "data": "{}"}]}, None, "no_data"),
    # An answer is to what is there now: what came back waits for another.
    (ACK, "nobody answers", {"reading": MONITOR, "finding": [
        breach("a", detected_at="-50m")]}, 50.0, "alarm"),
    (ACK, "waived without an answer", {"reading": MONITOR, "finding": [
        breach("a", detected_at="-50m", state="waived")]}, 50.0, "alarm"),
    (ACK, "came back long after it was first seen", {"reading": MONITOR, "finding": [
        breach("a", detected_at="-900h", reopened_at="-50m", reopened_count=1)]}, 50.0, "alarm"),
    (ACK, "came back and was answered at once", {"reading": MONITOR, "finding": [
        breach("a", detected_at="-90h", reopened_at="-50m", acknowledged_at="-45m")]}, 5.0, "ok"),
    (ACK, "stale", {"reading": SILENT, "finding": [
        breach("a", detected_at="-26h", acknowledged_at="-26h")]}, 0.0, "stale"),
    (ACK, "zone", {"reading": MONITOR, "finding": [
        breach("a", detected_at=at("2026-03-29T15:00:00+05:00"),
               acknowledged_at=at("2026-03-29T10:10:00+00:00"))]}, 10.0, "ok"),
    (ACK, "the hour that was skipped", {"reading": MONITOR, "finding": [
        breach("a", detected_at=at("2026-03-29T01:55:00+01:00"),
               acknowledged_at=at("2026-03-29T03:05:00+02:00"))]}, 10.0, "ok"),
]  # fmt: skip

REPEATED: list[tuple[str, World, float]] = [
    (DRIFT, {"finding": [breach("a", onset_at=at("2026-10-25T02:50:00+02:00"),
                                detected_at=at("2026-10-25T02:10:00+01:00"))]}, 20.0),
    (MEND, {"finding": [fixed("a", at("2026-10-25T01:00:00+02:00"),
                              at("2026-10-25T04:00:00+01:00"))]}, 4.0),
    (EVIDENCE, {"ledger_entry": [signed("2026-10-25T02:59:50+02:00",
                                        at("2026-10-25T02:00:10+01:00"))]}, 20.0),
    (ACK, {"finding": [breach("a", detected_at=at("2026-10-25T02:55:00+02:00"),
                              acknowledged_at=at("2026-10-25T02:05:00+01:00"))]}, 10.0),
    (CHECKS, {"reading": [check("a", at("2026-10-24T14:01:00+02:00"), 1.0),
                          check("b", at("2026-10-24T13:59:00+02:00"), 0.0)]}, 100.0),
]  # fmt: skip


def seen(kpi_id: str, world: World, now: datetime) -> tuple[float | None, KpiState]:
    """Measure one KPI over a world; what is behind the number can be shown."""
    (kpi,) = (each for each in CATALOGUE if each.id == kpi_id)
    with scratch(now) as writer:
        fill(writer, world, now)
        (found,) = measure(writer, (kpi,), now)
        behind(writer, kpi, now)
    assert found.message == ""
    return found.value, found.state


@pytest.mark.parametrize(
    ("kpi_id", "way", "world", "value", "state"), CASES, ids=[f"{c[0]}-{c[1]}" for c in CASES]
)
def test_a_number_that_could_look_good_by_mistake(
    kpi_id: str, way: str, world: World, value: float | None, state: str
) -> None:
    found, is_so = seen(kpi_id, world, SPRING)
    assert found == (None if value is None else pytest.approx(value)), way
    assert is_so.value == state, way


@pytest.mark.parametrize(("kpi_id", "world", "value"), REPEATED, ids=[r[0] for r in REPEATED])
def test_an_hour_that_was_there_twice_counts_twice(kpi_id: str, world: World, value: float) -> None:
    whole = {"scan": SCAN, **world, "reading": [*MONITOR, *world.get("reading", [])]}
    assert seen(kpi_id, whole, AUTUMN)[0] == pytest.approx(value)


def test_every_headline_has_its_cases() -> None:
    assert {case[0] for case in CASES} == HEADLINES
