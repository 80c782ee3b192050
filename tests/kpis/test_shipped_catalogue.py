"""Every shipped KPI on a small world whose numbers are worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from riskcockpit.controls.cases import fill
from riskcockpit.domain.kpi import KpiReading, KpiState
from riskcockpit.domain.pillar import Pillar
from riskcockpit.kpis.catalogue import load
from riskcockpit.kpis.compute import behind, measure
from riskcockpit.store.scratch import scratch

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CATALOGUE = load()
World = Mapping[str, list[dict[str, Any]]]


def readings(world: World) -> dict[str, KpiReading]:
    with scratch(NOW) as writer:
        fill(writer, world, NOW)
        measured = measure(writer, CATALOGUE, NOW)
    assert [reading.message for reading in measured if reading.message] == []
    return {reading.kpi_id: reading for reading in measured}


def notes_behind(world: World, *kpis: str) -> list[list[str]]:
    """Return what is said of the rows behind some KPIs."""
    with scratch(NOW) as writer:
        fill(writer, world, NOW)
        chosen = {kpi.id: kpi for kpi in CATALOGUE}
        return [[row.note for row in behind(writer, chosen[name], NOW)] for name in kpis]


def check(subject: str, at: str, value: float, **more: Any) -> dict[str, Any]:
    return {
        "subject_kind": "dataset", "subject": subject, "metric": "checks",
        "metric_class": "quality", "unit": "ratio", "at": at, "value": value, **more,
    }  # fmt: skip


def breach(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "class": "model", "model": name, "state": "open", **more}


SCAN = [{"id": "s", "asset": "a", "scanned_at": "-1h", "outcome": "applied"}]
MONITOR = [check("any", "-1m", 1.0, metric_class="other")]


def test_without_data_nothing_is_green() -> None:
    assert {reading.state for reading in readings({}).values()} == {KpiState.NO_DATA}


def test_every_pillar_has_two_kpis_and_a_headline() -> None:
    for pillar in Pillar:
        assert sum(kpi.pillar is pillar for kpi in CATALOGUE) >= 2


def test_data_checks_count_the_latest_reading_of_each_data_set() -> None:
    world = {"reading": [check("a", "-3h", 0.5), check("a", "-1h", 1.0), check("b", "-2h", 0.97)]}
    reading = readings(world)["data-checks-passing"]
    assert reading.value == pytest.approx(98.5)
    assert (reading.sample, reading.state) == (2, KpiState.WARN)


def test_data_checks_are_weighted_when_every_monitor_says_how_much_it_checked() -> None:
    rows = [check("a", "-1h", 1.0, sample_size=900), check("b", "-1h", 0.9, sample_size=100)]
    assert readings({"reading": rows})["data-checks-passing"].value == pytest.approx(99.0)
    rows[1].pop("sample_size")
    assert readings({"reading": rows})["data-checks-passing"].value == pytest.approx(95.0)


def test_the_oldest_validation_counts_the_data_set_nobody_looks_at() -> None:
    age = {"metric": "age", "metric_class": "freshness", "unit": "seconds"}
    world: dict[str, list[dict[str, Any]]] = {
        "asset": [{"name": n, "kind": "dataset", "tier": 1} for n in ("a", "b")],
        "reading": [check("a", "-1h", 7200, **age), check("b", "-5h", 1.0)],
    }
    reading = readings(world)["oldest-tier1-validation"]
    assert reading.value == pytest.approx(5.0)
    assert reading.state is KpiState.OK
    world["asset"].append({"name": "c", "kind": "dataset", "tier": 1})
    world["asset"].append({"name": "d", "kind": "dataset", "tier": 2})
    assert readings(world)["oldest-tier1-validation"].value == pytest.approx(168.0)


def test_drift_detection_takes_the_95th_percentile_with_open_breaches() -> None:
    breaches = [
        breach(f"m{n}", onset_at=f"-{100 + n}m", detected_at="-100m", state="fixed")
        for n in range(20)
    ]
    breaches.append(breach("late", onset_at="-3h", detected_at="-1h"))
    breaches.append(breach("wrong", onset_at="-9h", detected_at="-1h", state="false_positive"))
    reading = readings({"finding": breaches, "reading": MONITOR})["drift-detection-time"]
    assert reading.value == pytest.approx(19.0)
    assert reading.sample == 21


def test_fresh_telemetry_is_the_share_of_champions_measured_within_the_hour() -> None:
    metric = {"subject_kind": "model", "metric_class": "accuracy"}
    world = {
        "model_alias": [
            {"model": "a", "alias": "champion"}, {"model": "b", "alias": "champion"},
            {"model": "c", "alias": "challenger"},
        ],
        "reading": [check("a", "-5m", 0.9, **metric), check("b", "-2h", 0.9, **metric)],
    }  # fmt: skip
    reading = readings(world)["fresh-telemetry"]
    assert (reading.value, reading.sample, reading.state) == (50.0, 2, KpiState.ALARM)


def test_time_to_remediate_counts_confirmed_fixes_and_shows_the_open_ones_beside_it() -> None:
    dependency = {"class": "dependency", "severity": 3}
    world: World = {
        "scan": SCAN,
        "finding": [
            {**dependency, "id": "1", "state": "fixed", "first_seen": "-50h", "fixed_at": "-10h"},
            {**dependency, "id": "2", "state": "fixed", "first_seen": "-900h",
             "reopened_at": "-30h", "fixed_at": "-10h"},
            {**dependency, "id": "3", "state": "fixed", "first_seen": "-2000h",
             "fixed_at": "-1000h"},
            {**dependency, "id": "4", "state": "open", "first_seen": "-400h"},
            {**dependency, "id": "5", "state": "waived", "first_seen": "-9000h"},
        ],
    }  # fmt: skip
    found = readings(world)
    assert found["mean-time-to-remediate"].value == pytest.approx(30.0)
    assert found["mean-time-to-remediate"].sample == 2
    assert found["open-vulnerability-age"].value == pytest.approx(400.0)
    assert found["open-vulnerability-age"].state is KpiState.WARN


def test_a_good_number_on_an_old_scan_is_stale() -> None:
    world = {
        "scan": [{"id": "s", "scanned_at": "-49h"}],
        "finding": [{"id": "1", "class": "dependency", "state": "fixed", "first_seen": "-60h",
                     "fixed_at": "-50h"}],
    }  # fmt: skip
    assert readings(world)["mean-time-to-remediate"].state is KpiState.STALE


def test_deadlines_kept_counts_what_is_overdue_from_before_the_window() -> None:
    finding = {"pillar": "infrastructure_hardening"}
    rows: list[dict[str, Any]] = [
        {**finding, "id": "kept", "state": "fixed", "due_at": "-5h", "fixed_at": "-6h"},
        {**finding, "id": "late", "state": "fixed", "due_at": "-5h", "fixed_at": "-4h"},
        {**finding, "id": "ancient", "state": "open", "due_at": "-5000h"},
        {**finding, "id": "kept", "state": "fixed", "due_at": "-5000h", "fixed_at": "-6000h"},
        {**finding, "id": "waived", "state": "waived", "due_at": "-5h"},
        {**finding, "id": "not due", "state": "open", "due_at": "+5h"},
    ]  # fmt: skip
    reading = readings({"scan": SCAN, "finding": rows})["sla-attainment"]
    assert reading.value == pytest.approx(100 / 3)
    assert reading.sample == 3


def test_a_missed_deadline_stays_missed_when_the_finding_comes_back() -> None:
    finding = {"pillar": "infrastructure_hardening"}
    world: World = {
        "scan": SCAN,
        "finding": [
            {**finding, "id": "again", "state": "fixed", "due_at": "-5h", "fixed_at": "-6h"},
            {**finding, "id": "open", "state": "open", "due_at": "+5h"},
            {"id": "elsewhere", "pillar": "data_integrity", "state": "open"},
        ],
        "past_deadline": [
            {"finding_id": "again", "due_at": "-50h", "ended_at": "-40h"},
            {"finding_id": "again", "due_at": "-30h", "ended_at": "-35h"},
            {"finding_id": "open", "due_at": "-20h", "ended_at": "-10h"},
            {"finding_id": "open", "due_at": "-5000h", "ended_at": "-4000h"},
            {"finding_id": "elsewhere", "due_at": "-5h", "ended_at": "-4h"},
        ],
    }  # fmt: skip
    reading = readings(world)["sla-attainment"]
    assert (reading.value, reading.sample) == (50.0, 4)


def test_time_under_waiver_is_the_share_of_the_time_that_findings_were_open() -> None:
    finding = {"pillar": "infrastructure_hardening", "class": "dependency", "asset": "pay"}
    world: World = {
        "scan": SCAN,
        "finding": [
            {**finding, "id": "half", "title": "half", "state": "waived", "first_seen": "-100h"},
            {**finding, "id": "never", "state": "open", "first_seen": "-100h"},
            {**finding, "id": "fixed", "title": "fixed", "state": "fixed", "first_seen": "-300h",
             "fixed_at": "-100h"},
            {**finding, "id": "false", "state": "false_positive", "first_seen": "-900h"},
            {"id": "elsewhere", "pillar": "data_integrity", "state": "open", "first_seen": "-90h"},
        ],
        "waived_span": [
            {"finding_id": "half", "since": "-50h", "until": "+500h"},
            {"finding_id": "fixed", "since": "-400h", "until": "-290h"},
            {"finding_id": "fixed", "since": "-110h", "until": "+50h"},
            {"finding_id": "false", "since": "-900h", "until": "+50h"},
        ],
    }  # fmt: skip
    reading = readings(world)["time-under-waiver"]
    assert reading.value == pytest.approx(100 * (50 + 20) / (100 + 100 + 200))
    assert (reading.sample, reading.state) == (3, KpiState.WARN)
    assert notes_behind(world, "time-under-waiver", "mean-time-to-remediate") == [
        [
            "pay half: waived for 50 of the 100 h it was open",
            "pay fixed: waived for 20 of the 200 h it was open",
        ],
        ["pay fixed, waived for 20 h of it"],
    ]


def test_controls_passing_leaves_out_those_without_data_and_no_others() -> None:
    verdicts = ["ok", "ok", "ok", "stale", "no_data", "no_data"]
    rows = [{"id": str(n), "verdict": verdict} for n, verdict in enumerate(verdicts)]
    reading = readings({"control": rows})["controls-passing"]
    assert (reading.value, reading.sample) == (75.0, 4)


def test_evidence_latency_is_from_publish_to_signature() -> None:
    entry = {"type": "sync.completed"}
    rows = [
        {**entry, "hash": "1", "ts": "-1h", "data": '{"published_at":"2026-03-01T10:59:58Z"}'},
        {**entry, "hash": "2", "ts": "-2h", "data": '{"published_at":"2026-03-01T09:59:50.5Z"}'},
        {**entry, "hash": "3", "ts": "-3h", "data": '{"published_at":"not a moment"}'},
        {"type": "note", "hash": "4", "ts": "-1h", "data": "{}"},
    ]
    reading = readings({"ledger_entry": rows})["evidence-latency"]
    assert reading.value == pytest.approx(2 + 0.95 * 7.5)
    assert reading.sample == 2
    assert reading.state is KpiState.OK


def test_waivers_in_doubt_needs_a_ledger_to_be_zero() -> None:
    waiver = {
        "state": "granted", "justification": "long enough", "requester": "maker",
        "reason": "deferred", "expires_at": "+10h",
    }  # fmt: skip
    ledger = [{"hash": "1", "ts": "-1h"}]
    world: dict[str, list[dict[str, Any]]] = {
        "ledger_entry": ledger,
        "waiver": [{**waiver, "id": "good"}],
        "waiver_finding": [{"waiver_id": "ended", "finding_id": "f"}],
        "finding": [{"id": "f", "state": "open"}],
    }
    assert readings(world)["waivers-in-doubt"].state is KpiState.OK
    world["waiver"] += [
        {**waiver, "id": "past", "expires_at": "-1h"},
        {**waiver, "id": "unsaid", "justification": " "},
        {**waiver, "id": "ended", "state": "expired", "expires_at": "-1h"},
        {**waiver, "id": "ended and fixed", "state": "expired", "expires_at": "-1h"},
    ]
    reading = readings(world)["waivers-in-doubt"]
    assert (reading.value, reading.state) == (3.0, KpiState.ALARM)
    assert readings({"waiver": world["waiver"]})["waivers-in-doubt"].state is KpiState.NO_DATA


def test_answers_to_breaches_count_the_waiting_ones_with_their_age() -> None:
    rows = [
        breach("a", detected_at="-60m", acknowledged_at="-50m", contained_at="-30m"),
        breach("b", detected_at="-60m", fixed_at="-56m", state="fixed"),
        breach("c", detected_at="-16m"),
    ]
    found = readings({"finding": rows, "reading": MONITOR})
    assert found["time-to-acknowledge"].value == pytest.approx(10.0)
    assert found["time-to-acknowledge"].state is KpiState.OK
    assert found["time-to-contain"].value == pytest.approx((16 + 0.9 * 14) / 60)
