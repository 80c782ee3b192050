"""KPIs on worlds worked out by hand, with the ways a number could look good by mistake."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from riskcockpit.controls.cases import fill
from riskcockpit.domain.kpi import KpiReading, KpiRow, KpiState
from riskcockpit.kpis.catalogue import load
from riskcockpit.kpis.compute import behind, measure
from riskcockpit.store.scratch import scratch

NOW = datetime(2026, 3, 30, 12, 0, tzinfo=UTC)
"""The day after Europe put its clocks forward: on 2026-03-29 at 01:00 UTC."""
CATALOGUE = {kpi.id: kpi for kpi in load()}
World = Mapping[str, list[dict[str, Any]]]
OPEN_STATES = ("open", "triage", "pending_waiver")


def seen(world: World, kpi_id: str, now: datetime = NOW) -> tuple[KpiReading, tuple[KpiRow, ...]]:
    kpi = CATALOGUE[kpi_id]
    with scratch(now) as writer:
        fill(writer, world, now)
        (reading,) = measure(writer, (kpi,), now)
        rows = behind(writer, kpi, now)
    assert reading.message == ""
    return reading, rows


def value(world: World, kpi_id: str, now: datetime = NOW) -> tuple[float | None, KpiState]:
    reading, _ = seen(world, kpi_id, now)
    return reading.value, reading.state


def reading(
    subject: str, at: str | datetime, metric_class: str = "accuracy", **more: Any
) -> dict[str, Any]:
    return {
        "subject_kind": "model", "subject": subject, "metric": metric_class, "at": at,
        "metric_class": metric_class, "value": 1.0, "unit": "ratio", "threshold": 0.5, **more,
    }  # fmt: skip


def incident(name: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name, "class": "data", "asset": name, "severity": 3, "state": "open",
        "detected_at": "-1h", **more,
    }  # fmt: skip


SCAN = {"id": "s", "scope": "s", "asset": "a", "scanned_at": "-1h", "outcome": "applied",
        "is_complete": True}  # fmt: skip
MONITOR = [reading("m", "-1m"), reading("d", "-1m", subject_kind="dataset")]


@pytest.mark.parametrize("kpi_id", CATALOGUE)
def test_no_data_is_no_number_and_nothing_is_behind_it(kpi_id: str) -> None:
    found, rows = seen({}, kpi_id)
    assert (found.value, found.state, rows) == (None, KpiState.NO_DATA, ())


@pytest.mark.parametrize("kpi_id", CATALOGUE)
def test_every_number_can_be_looked_behind_and_is_defined(kpi_id: str) -> None:
    kpi = CATALOGUE[kpi_id]
    assert kpi.rows_sql
    assert len(kpi.definition) > 40


def test_repair_counts_what_is_open_so_that_closing_nothing_looks_bad() -> None:
    world = {"reading": MONITOR, "finding": [incident("old", detected_at="-1000h")]}
    assert value(world, "data-repair-time") == (1000.0, KpiState.ALARM)
    world["finding"].append(incident("new", state="fixed", detected_at="-12h", fixed_at="-2h"))
    found, rows = seen(world, "data-repair-time")
    assert found.value == pytest.approx(505.0)
    assert [row.item for row in rows] == ["old", "new"]


def test_repair_leaves_out_waived_minor_and_long_closed_incidents() -> None:
    world = {
        "reading": MONITOR,
        "finding": [
            incident("a", state="fixed", detected_at="-10h", fixed_at="-4h"),
            incident("waived", state="waived", detected_at="-900h"),
            incident("minor", severity=2, detected_at="-900h"),
            incident("long ago", state="fixed", detected_at="-2000h", fixed_at="-1000h"),
            incident("no fault", state="false_positive", detected_at="-900h"),
        ],
    }
    found, rows = seen(world, "data-repair-time")
    assert (found.value, found.sample, len(rows)) == (6.0, 1, 1)


def test_a_reopened_incident_counts_from_when_it_came_back() -> None:
    back = incident("a", detected_at="-900h", reopened_at="-3h")
    world = {"reading": MONITOR, "finding": [back]}
    assert value(world, "time-to-resolve") == (3.0, KpiState.OK)


def test_an_hour_lost_by_putting_clocks_forward_is_no_hour() -> None:
    """From 23:00 UTC before the change to 03:00 UTC after it, it is four hours in any zone."""
    world = {
        "reading": MONITOR,
        "finding": [incident("a", state="fixed", detected_at=datetime(2026, 3, 28, 23, tzinfo=UTC),
                             fixed_at=datetime(2026, 3, 29, 3, tzinfo=UTC))],
    }  # fmt: skip
    assert value(world, "time-to-resolve") == (4.0, KpiState.OK)
    assert value(world, "data-repair-time") == (4.0, KpiState.OK)


def test_a_moment_in_another_zone_is_the_same_moment() -> None:
    east = datetime.fromisoformat("2026-03-30T13:00:00+05:00")
    world = {"reading": MONITOR, "finding": [incident("a", detected_at=east)]}
    assert value(world, "time-to-resolve") == (4.0, KpiState.OK)


def test_resolving_is_stale_when_the_monitor_is_silent() -> None:
    world = {
        "reading": [reading("m", "-30h")],
        "finding": [incident("a", state="fixed", detected_at="-40h", fixed_at="-39h")],
    }
    assert value(world, "time-to-resolve") == (1.0, KpiState.STALE)


def test_stable_days_are_days_by_utc_and_silent_days_are_none() -> None:
    late = datetime(2026, 3, 29, 23, 59, tzinfo=UTC)
    early = datetime(2026, 3, 30, 0, 1, tzinfo=UTC)
    world = {
        "reading": [
            reading("m", late, is_breach=True), reading("m", early),
            reading("m", "-240h"), reading("m", "-241h", "drift"),
            reading("m", "-1h", "volume", is_breach=True),
            reading("m", "-2h", "bias", threshold=None, is_breach=True),
            reading("m", "-900h", is_breach=True),
            reading("d", "-1h", subject_kind="dataset", is_breach=True),
        ],
    }  # fmt: skip
    found, rows = seen(world, "model-stability")
    assert (found.value, found.sample, len(rows)) == (None, 3, 3), "too few days to say so"
    assert (rows[0].item, rows[0].value) == ("m 2026-03-29", 0.0)
    world["reading"] += [reading(f"m{n}", "-1h") for n in range(27)]
    found, _ = seen(world, "model-stability")
    assert found.value == pytest.approx(100 * 29 / 30)
    assert found.state is KpiState.OK


def test_a_rollback_is_measured_from_the_onset_and_open_breaches_with_their_age() -> None:
    breach = {"class": "model", "severity": 4, "severity_raw": "accuracy"}
    world: dict[str, list[dict[str, Any]]] = {
        "reading": MONITOR,
        "finding": [
            {**breach, "id": "a", "state": "fixed", "onset_at": "-100m", "detected_at": "-95m",
             "contained_at": "-90m"},
            {**breach, "id": "itself", "state": "fixed", "onset_at": "-900m",
             "detected_at": "-800m", "fixed_at": "-700m"},
            {**breach, "id": "drift", "state": "open", "severity_raw": "drift",
             "detected_at": "-900m"},
        ],
    }  # fmt: skip
    assert value(world, "breach-to-rollback") == (10.0, KpiState.OK)
    world["finding"].append({**breach, "id": "open", "state": "open", "onset_at": "-210m",
                             "detected_at": "-200m"})  # fmt: skip
    found, rows = seen(world, "breach-to-rollback")
    assert found.value == pytest.approx(10 + 0.95 * 200)
    assert (found.state, found.sample, len(rows)) == (KpiState.ALARM, 2, 2)


@pytest.mark.parametrize("missing", ["is_approved", "validated_by", "artifacts", "datasets"])
def test_a_champion_is_governed_when_nothing_is_missing(missing: str) -> None:
    whole = {
        "model": "a", "version": 1, "is_approved": True, "validated_by": "v", "run_user": "r",
        "artifacts": ["shap.json"], "seen_at": "-1h",
        "datasets": [{"name": "d", "digest": "x", "context": "training", "source": ""}],
    }  # fmt: skip
    alias = [{"model": "a", "alias": "champion", "version": 1}]
    world = {"model_alias": alias, "model_version": [whole]}
    assert value(world, "champions-governed") == (100.0, KpiState.OK)
    part = {name: each for name, each in whole.items() if name != missing}
    assert value({**world, "model_version": [part]}, "champions-governed")[0] == 0.0
    gone = {"model_alias": alias, "model_version": [{**whole, "version": 2}]}
    assert value(gone, "champions-governed")[0] == 0.0, "the registry does not know it"


@pytest.mark.parametrize(
    ("kpi_id", "bad"),
    [
        ("open-critical", {"class": "code", "severity": 4}),
        ("open-critical", {"class": "dependency", "severity": 1, "is_kev": True}),
        ("exposed-secrets", {"class": "secret", "severity": 1}),
    ],
)
def test_zero_needs_a_scan_and_open_means_every_open_state(
    kpi_id: str, bad: dict[str, Any]
) -> None:
    assert value({"scan": [SCAN]}, kpi_id) == (0.0, KpiState.OK)
    old = {**SCAN, "scanned_at": "-49h"}
    assert value({"scan": [old]}, kpi_id) == (0.0, KpiState.STALE)
    rows = [{**bad, "id": state, "state": state, "first_seen": "-9h"}
            for state in (*OPEN_STATES, "waived", "fixed", "false_positive")]  # fmt: skip
    found, behind_it = seen({"scan": [SCAN], "finding": rows}, kpi_id)
    assert found.value == len(behind_it) == 3
    assert value({"finding": rows}, kpi_id)[1] is KpiState.NO_DATA


def test_scanned_daily_counts_the_asset_nobody_ever_scanned() -> None:
    assets = [{"name": name, "kind": "repository", "tier": 1} for name in "abcd"]
    world: dict[str, list[dict[str, Any]]] = {
        "asset": [*assets, {"name": "minor", "kind": "image", "tier": 3},
                  {"name": "m", "kind": "model", "tier": 1}],
        "scan": [
            SCAN,
            {**SCAN, "id": "t", "scope": "t", "asset": "b", "scanned_at": "-25h"},
            {**SCAN, "id": "u", "scope": "u", "asset": "c", "is_complete": False},
            {**SCAN, "id": "v", "scope": "v", "asset": "d", "tool": "riskcockpit.ledger"},
        ],
    }  # fmt: skip
    found, rows = seen(world, "scanned-daily")
    assert (found.value, found.sample, len(rows)) == (25.0, 4, 4)
    world["finding"] = [{"id": "f", "scope": "s", "asset": "d", "state": "fixed"}]
    assert value(world, "scanned-daily")[0] == 50.0, "one report spoke of both"


def test_deployments_count_what_their_chains_lack() -> None:
    went = {"asset": "a", "environment": "production", "is_production": True, "status": "succeeded"}
    world: World = {
        "deployment": [
            {**went, "id": "whole", "at_place": "-30m"},
            {**went, "id": "unscanned", "at_place": "-3h", "status": "failed"},
            {**went, "id": "unapproved", "at_place": "-3h"},
            {**went, "id": "bare", "at_place": "-2h"},
            {**went, "id": "staging", "at_place": "-1m", "is_production": False},
            {**went, "id": "stopped", "at_place": "-1m", "status": "stopped"},
            {**went, "id": "old", "at_place": "-900h"},
        ],
        "deployment_gap": [
            {"deployment_id": "unscanned", "link": "scans", "reason": "never"},
            {"deployment_id": "unapproved", "link": "approval", "reason": "nobody"},
            *({"deployment_id": "bare", "link": link} for link in ("commit", "scans", "pipeline")),
            *({"deployment_id": id_, "link": "scans"} for id_ in ("staging", "stopped", "old")),
        ],
    }
    found, rows = seen(world, "deployments-scanned-before")
    assert (found.value, found.sample, len(rows)) == (50.0, 4, 4)
    found, rows = seen(world, "deployments-traceable")
    assert (found.value, found.sample, len(rows)) == (25.0, 4, 4)
    assert rows[-1].item.endswith("whole")
    assert value({"deployment": world["deployment"][4:]}, "deployments-traceable")[1] is (
        KpiState.NO_DATA
    )


def test_deviations_count_until_a_finding_told_of_them_within_the_hour() -> None:
    change = {
        "asset": "a", "name": "images", "environment": "prod", "kind": "workload",
        "is_production": True, "at": "-9h",
    }  # fmt: skip
    told = {
        "tool": "riskcockpit.configuration", "asset": "a", "resource": "prod/images",
        "detected_at": "-9h", "state": "open",
    }  # fmt: skip
    setting = {"asset": "a", "name": "images", "seen_at": "-1h"}
    world: World = {
        "setting": [setting],
        "setting_change": [
            change, {**change, "explained_by": "d"}, {**change, "is_production": False},
            {**change, "at": "-900h"},
        ],
    }  # fmt: skip
    missed, rows = seen(world, "deviations-not-alerted")
    assert missed.value == len(rows) == 1
    for finding, count in (
        (told, 0.0), ({**told, "detected_at": "-7h"}, 1.0), ({**told, "asset": "b"}, 1.0),
        ({**told, "resource": "other"}, 1.0), ({**told, "fixed_at": "-10h"}, 1.0),
    ):  # fmt: skip
        assert value({**world, "finding": [finding]}, "deviations-not-alerted")[0] == count
    differs = {**setting, "declared": "Synced", "value": "OutOfSync", "is_production": True,
               "since": "-5h"}  # fmt: skip
    assert value({"setting": [differs]}, "deviations-not-alerted")[0] == 1.0
    assert value({"setting": [setting]}, "deviations-not-alerted") == (0.0, KpiState.OK)
    assert value({}, "deviations-not-alerted")[1] is KpiState.NO_DATA


def test_unexplained_changes_are_moves_without_a_decision() -> None:
    move = {"model": "a", "alias": "champion", "from_version": 1, "to_version": 2, "at": "-9h"}
    alias = [{"model": "a", "alias": "champion", "version": 2, "seen_at": "-1h"}]
    world = {
        "model_alias": alias,
        "model_alias_move": [
            move, {**move, "to_version": None}, {**move, "decision_id": "d"},
            {**move, "from_version": None}, {**move, "alias": "challenger"},
            {**move, "at": "-900h"},
        ],
    }  # fmt: skip
    found, rows = seen(world, "unexplained-changes")
    assert found.value == len(rows) == 2
    assert value({"model_alias": alias}, "unexplained-changes") == (0.0, KpiState.OK)
    change = {"asset": "a", "kind": "protection", "is_production": True, "at": "-9h"}
    settings = {
        "setting_change": [
            change, {**change, "explained_by": "d"}, {**change, "is_production": False},
            {**change, "kind": "agreement"},
        ],
    }  # fmt: skip
    found, rows = seen({**world, **settings}, "unexplained-changes")
    assert found.value == len(rows) == 3


def test_schema_changes_are_answered_by_a_signed_entry() -> None:
    checks = {**SCAN, "tool": "dbt"}
    change = incident("a", metric="schema", first_seen="-30h")
    world = {
        "scan": [checks],
        "finding": [
            change, {**change, "id": "b", "acknowledged_at": "-1h"},
            {**change, "id": "c", "first_seen": "-20h"}, {**change, "id": "d", "metric": "rows"},
        ],
    }  # fmt: skip
    found, rows = seen(world, "unanswered-schema-changes")
    assert (found.value, len(rows), found.state) == (1.0, 1, KpiState.ALARM)
    unchecked = {"scan": [{**SCAN, "tool": "Trivy"}]}
    assert value(unchecked, "unanswered-schema-changes")[1] is KpiState.NO_DATA


def test_severity_one_needs_somebody_who_watches() -> None:
    world: dict[str, list[dict[str, Any]]] = {"reading": MONITOR}
    assert value(world, "open-severity-1") == (0.0, KpiState.OK)
    world["finding"] = [
        incident("a", severity=4), incident("b", severity=4, state="fixed"),
        incident("c", severity=3), incident("d", severity=4, **{"class": "code"}),
        incident("e", severity=4, **{"class": "cloud", "tool": "alertmanager"}),
    ]  # fmt: skip
    found, rows = seen(world, "open-severity-1")
    assert found.value == len(rows) == 2
    assert value({"finding": world["finding"]}, "open-severity-1")[1] is KpiState.NO_DATA


def test_a_drill_that_never_was_counts_since_the_ledger_began() -> None:
    ledger = [{"hash": "1", "ts": "-2400h"}, {"hash": "2", "ts": "-1h"}]
    assert value({"ledger_entry": ledger}, "rollback-drill-age") == (100.0, KpiState.WARN)
    action = {"id": "a", "kind": "model.rollback", "target": "m", "updated_at": "-240h"}
    done = {"ledger_entry": ledger, "action": [{**action, "state": "done"}]}
    assert value(done, "rollback-drill-age") == (10.0, KpiState.OK)
    refused = {"ledger_entry": ledger, "action": [{**action, "state": "refused"}]}
    assert value(refused, "rollback-drill-age")[0] == 100.0


def kept(id_: str, **columns: Any) -> dict[str, Any]:
    """An incident of the ledger."""
    return {"id": id_, "subject": "fraud", "title": "fraud: beyond", "severity": 4, "state": "open",
            "detected_at": "-10h", "acknowledge_due_at": "-9h", **columns}  # fmt: skip


def test_a_breach_that_belongs_to_an_incident_has_its_clocks_and_counts_once() -> None:
    world = {
        "reading": MONITOR,
        "finding": [incident("a", severity=4, detected_at="-10h"),
                    incident("b", severity=4, detected_at="-9h"),
                    incident("alone", severity=4, detected_at="-2h")],
        "incident": [kept("i", acknowledged_at="-8h", contained_at="-6h", contained_by="person"),
                     kept("over", acknowledged_at="-8h", contained_at="-8h", resolved_at="-6h",
                          contained_by="automation", state="resolved")],
        "incident_alert": [{"incident_id": "i", "finding_id": id_} for id_ in ("a", "b")],
    }  # fmt: skip
    found, rows = seen(world, "time-to-acknowledge")
    assert (found.value, found.sample, len(rows)) == (120.0, 3, 3)
    assert value(world, "time-to-resolve")[0] == pytest.approx((10 + 4 + 2) / 3)
    assert value(world, "open-severity-1")[0] == 2.0
    found, rows = seen(world, "automatic-containment")
    assert (found.value, found.sample, {row.item for row in rows}) == (50.0, 2, {"i", "over"})


def test_a_drill_that_passed_counts_and_one_that_failed_does_not() -> None:
    ledger = [{"hash": "1", "ts": "-2400h"}]
    drill: dict[str, Any] = {"id": "d", "runbook": "model-breach", "at": "-48h"}
    world = {"ledger_entry": ledger, "drill": [{**drill, "is_passed": True}]}
    assert value(world, "rollback-drill-age") == (2.0, KpiState.OK)
    failed = {"ledger_entry": ledger, "drill": [{**drill, "is_passed": False}]}
    assert value(failed, "rollback-drill-age")[0] == 100.0
