"""The temporary tables that the statements of this package work on, and how they are filled.

`TABLES` is the one place that knows their shape. Every statement in `sql/` binds once they exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from riskcockpit.domain.asset import Asset, AssetKind
from riskcockpit.domain.finding import FindingClass, ModelSignal, Observation, Package
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.ingest.lifecycle import (
    absences,
    after_seen,
    days_to_fix,
    enabled_rules,
    transitions,
)
from riskcockpit.ingest.matching import Trace
from riskcockpit.ingest.policy import IngestPolicy
from riskcockpit.ingest.runs import Run
from riskcockpit.ingest.vulnerabilities import canonical, normalised, package_name, without_tag
from riskcockpit.store.database import Writer
from riskcockpit.store.described import numbers
from riskcockpit.store.sql import sql

TABLES: Mapping[str, Mapping[str, str]] = {
    "incoming_scan": {
        "scan": "INTEGER", "scan_id": "VARCHAR", "moment": "TIMESTAMP", "scope": "VARCHAR",
        "tool": "VARCHAR", "category": "VARCHAR", "branch": "VARCHAR", "source_id": "VARCHAR",
        "is_group": "BOOLEAN", "is_judged": "BOOLEAN", "is_proof": "BOOLEAN",
        "is_any_rule": "BOOLEAN", "is_any_asset": "BOOLEAN", "asset": "VARCHAR",
        "format": "VARCHAR",
    },
    "form": {"scan": "INTEGER", "scope": "VARCHAR"},
    "gone": {"scan": "INTEGER", "key": "VARCHAR"},
    "ran_rule": {"scan": "INTEGER", "rule": "VARCHAR"},
    "scanned_asset": {"scan": "INTEGER", "asset": "VARCHAR"},
    "incoming": {
        "n": "INTEGER", "scan": "INTEGER", "profile": "INTEGER", "key": "VARCHAR",
        "title": "VARCHAR", "description_id": "UBIGINT", "path": "VARCHAR", "line": "INTEGER",
        "col": "INTEGER", "end_line": "INTEGER", "snippet": "VARCHAR", "location_count": "INTEGER",
        "fingerprint": "VARCHAR",
        "raw": "INTEGER",  # the number within its scan; NULL when no record is kept
    },
    "profile": {
        "profile": "INTEGER", "class": "VARCHAR", "asset": "VARCHAR", "rule": "VARCHAR",
        "help_url": "VARCHAR", "severity": "TINYINT", "severity_raw": "VARCHAR",
        "severity_source": "VARCHAR", "needs_triage": "BOOLEAN", "is_suppressed": "BOOLEAN",
        "pillar": "VARCHAR", "owner": "VARCHAR", "package_type": "VARCHAR",
        "package_name": "VARCHAR", "package_version": "VARCHAR", "fixed_version": "VARCHAR",
        "package_layer": "VARCHAR", "vulnerability": "VARCHAR", "vulnerability_ids": "VARCHAR[]",
        "cwes": "INTEGER[]", "cvss": "DOUBLE", "epss": "DOUBLE", "is_kev": "BOOLEAN",
        "model": "VARCHAR", "monitor": "VARCHAR", "metric": "VARCHAR", "segment": "VARCHAR",
        "resource": "VARCHAR", "onset_at": "TIMESTAMP", "first_seen": "TIMESTAMP",
        "fingerprint_name": "VARCHAR",
        "state": "VARCHAR", "days": "INTEGER",
    },
    "told_profile": {
        "profile": "INTEGER", "said": "UBIGINT", "needs_triage": "BOOLEAN",
        "is_suppressed": "BOOLEAN",
    },
    "incoming_key": {"n": "INTEGER", "key": "VARCHAR"},
    "incoming_asset": {
        "name": "VARCHAR", "kind": "VARCHAR", "domain": "VARCHAR", "owner": "VARCHAR",
        "environment": "VARCHAR", "tier": "TINYINT",
    },
    "place": {
        "n": "INTEGER", "ordinal": "INTEGER", "path": "VARCHAR", "line": "INTEGER",
        "col": "INTEGER", "end_line": "INTEGER", "snippet": "VARCHAR",
    },
    # finding_row is the rowid: a join by it costs half of one by id; it holds until a list changes
    "matched": {
        "n": "INTEGER", "scan": "INTEGER", "finding_id": "VARCHAR", "finding_row": "BIGINT",
        "how": "VARCHAR",
        # whether it may say something else of its finding; if not, be elsewhere or in another state
        "is_doubtful": "BOOLEAN", "is_elsewhere": "BOOLEAN",
    },
    "found": {
        "n": "INTEGER", "scan": "INTEGER", "finding_id": "VARCHAR", "finding_row": "BIGINT",
        "how": "VARCHAR",
    },
    "fresh": {"n": "INTEGER", "scan": "INTEGER"},
    "hint": {"n": "INTEGER", "finding_id": "VARCHAR"},
    "assigned": {"n": "INTEGER", "id": "VARCHAR"},
    "change": {
        "n": "INTEGER", "scan": "INTEGER", "finding_id": "VARCHAR", "finding_row": "BIGINT",
        "old_state": "VARCHAR", "new_state": "VARCHAR", "is_reopened": "BOOLEAN",
        "is_moved": "BOOLEAN",
        "is_renamed": "BOOLEAN", "is_rule_renamed": "BOOLEAN", "is_bumped": "BOOLEAN",
        "is_severity_changed": "BOOLEAN", "is_rearmed": "BOOLEAN", "is_updated": "BOOLEAN",
        "old_path": "VARCHAR", "old_line": "INTEGER", "old_rule": "VARCHAR",
        "old_version": "VARCHAR", "old_severity": "TINYINT",
        # of the result, so that what follows need not join with all results again
        "profile": "INTEGER", "path": "VARCHAR", "line": "INTEGER", "raw_hash": "VARCHAR",
    },
    "absent": {
        "scan": "INTEGER", "finding_id": "VARCHAR", "finding_row": "BIGINT", "state": "VARCHAR",
        "result": "VARCHAR",
        "is_rule_enabled": "BOOLEAN", "is_doubted": "BOOLEAN", "waiver_id": "VARCHAR",
    },
    "verdict": {
        "scan": "INTEGER", "is_closing": "BOOLEAN", "is_held": "BOOLEAN", "kind": "VARCHAR",
        "detail": "VARCHAR",
    },
    "transition": {
        "stored": "VARCHAR", "needs_triage": "BOOLEAN", "is_suppressed": "BOOLEAN",
        "result": "VARCHAR",
    },
    "absence": {"stored": "VARCHAR", "result": "VARCHAR"},
    "severity_word": {"severity": "TINYINT", "word": "VARCHAR"},
    "recovery": {"metric": "VARCHAR", "segment": "VARCHAR", "recovered_at": "TIMESTAMP"},
    "incoming_model": {
        "name": "VARCHAR", "owner": "VARCHAR", "tier": "TINYINT", "domain": "VARCHAR",
        "purpose": "VARCHAR", "description": "VARCHAR", "tags": "MAP(VARCHAR, VARCHAR)",
    },
    "incoming_version": {
        "model": "VARCHAR", "version": "INTEGER", "status": "VARCHAR", "created_at": "TIMESTAMP",
        "run_id": "VARCHAR", "run_user": "VARCHAR", "description": "VARCHAR",
        "is_approved": "BOOLEAN", "is_rolled_back": "BOOLEAN", "validated_by": "VARCHAR",
        "tags": "MAP(VARCHAR, VARCHAR)", "metrics": "MAP(VARCHAR, DOUBLE)",
        "params": "MAP(VARCHAR, VARCHAR)", "dataset_names": "VARCHAR[]",
        "dataset_digests": "VARCHAR[]", "dataset_contexts": "VARCHAR[]",
        "dataset_sources": "VARCHAR[]", "artifacts": "VARCHAR[]",
    },
    "incoming_alias": {"model": "VARCHAR", "alias": "VARCHAR", "version": "INTEGER"},
    "incoming_reading": {
        "n": "INTEGER", "subject_kind": "VARCHAR", "subject": "VARCHAR", "metric": "VARCHAR",
        "metric_class": "VARCHAR", "segment": "VARCHAR", "version": "INTEGER",
        "measured_at": "TIMESTAMP", "value": "DOUBLE", "unit": "VARCHAR", "threshold": "DOUBLE",
        "direction": "VARCHAR", "is_breach": "BOOLEAN", "window_seconds": "INTEGER",
        "sample_size": "BIGINT",
    },
    "incoming_subject": {"subject_kind": "VARCHAR", "subject": "VARCHAR"},
    "incoming_deployment": {
        "id": "VARCHAR", "upstream_id": "VARCHAR", "asset": "VARCHAR", "environment": "VARCHAR",
        "is_production_told": "BOOLEAN", "status": "VARCHAR", "commit_id": "VARCHAR",
        "ref": "VARCHAR", "pipeline": "VARCHAR", "url": "VARCHAR", "artifacts": "VARCHAR[]",
        "model": "VARCHAR", "model_version": "INTEGER", "actor": "VARCHAR",
        "started_at": "TIMESTAMP", "finished_at": "TIMESTAMP", "at_place": "TIMESTAMP",
        "observed_at": "TIMESTAMP", "content": "VARCHAR",
    },
    "incoming_approval": {
        "id": "VARCHAR", "content": "VARCHAR", "upstream_id": "VARCHAR", "actor": "VARCHAR",
        "answer": "VARCHAR", "answered_at": "TIMESTAMP",
    },
    "newer_deployment": {"id": "VARCHAR", "content": "VARCHAR"},
    "incoming_setting": {
        "kind": "VARCHAR", "asset": "VARCHAR", "name": "VARCHAR", "environment": "VARCHAR",
        "value": "VARCHAR", "declared": "VARCHAR", "changed_at": "TIMESTAMP",
    },
}  # fmt: skip

_PILLARS = {
    FindingClass.MODEL: Pillar.MODEL_VALIDATION,
    FindingClass.DATA: Pillar.DATA_INTEGRITY,
}
_KINDS = {
    FindingClass.DAST: AssetKind.SERVICE,
    FindingClass.CLOUD: AssetKind.CLOUD_ACCOUNT,
    FindingClass.MODEL: AssetKind.MODEL,
    FindingClass.DATA: AssetKind.DATASET,
}
_NO_PACKAGE_COLUMNS = ("", "", "", "", "")
_NO_SIGNAL = ModelSignal("", "", "")


def stage_rules(tx: Writer) -> None:
    """Stage the tables that hold rules, and empty ones for the results."""
    fixed: dict[str, list[tuple[Any, ...]]] = {
        "transition": list(transitions()),
        "absence": list(absences()),
        "severity_word": [(int(severity), severity.word) for severity in Severity],
    }
    for name, columns in TABLES.items():
        tx.stage(name, columns, fixed.get(name, ()))


def stage_scan(tx: Writer, runs: Sequence[Run], policy: IngestPolicy) -> None:
    """Stage the results of all runs, numbered through, with their further places and keys.

    What many results have in common is staged once: their profile, and their description, which in
    most reports is a text of the rule.
    """
    profiles: dict[tuple[int, int, str], int] = {}
    descriptions = numbers(chain.from_iterable(run.sheet.descriptions for run in runs))
    columns = [incoming_columns(run, profiles, descriptions) for run in runs]
    tx.stage_columns("incoming", TABLES["incoming"], _joined(columns))
    tx.stage_descriptions(descriptions)
    tx.stage("profile", TABLES["profile"], _profile_rows(runs, profiles, policy))
    for name in ("told_profile", "told"):
        tx.execute(sql("ingest", name))
    keys = [
        (run.first + n, key)
        for run in runs
        for n, others in run.identities.other_keys.items()
        for key in others
    ]
    tx.stage("incoming_key", TABLES["incoming_key"], keys)
    tx.stage("place", TABLES["place"], [row for run in runs for row in _places(run)])


def clear_scan(tx: Writer) -> None:
    """Give the memory of the staged results back; judging needs its own."""
    tx.stage("incoming", TABLES["incoming"], ())


def stage_assets(tx: Writer, runs: Sequence[Run], policy: IngestPolicy) -> None:
    """Stage the assets the runs are about, described by the settings where they know them."""
    kinds: dict[str, AssetKind] = {}
    for run in runs:
        if run.scan.is_vex:
            continue
        if not run.sheet:
            kinds.setdefault(run.spec.asset, AssetKind.REPOSITORY)
        for name, kind in dict.fromkeys(zip(run.identities.assets, run.sheet.kind, strict=True)):
            if name not in kinds:
                kinds[name] = _kind(run.sheet.kinds[kind])
    tx.stage(
        "incoming_asset",
        TABLES["incoming_asset"],
        [_asset_row(policy.assets.get(name, Asset(name, kind))) for name, kind in kinds.items()],
    )


def stage_runs(tx: Writer, runs: Sequence[Run]) -> None:
    """Stage what the statements must know of each run, the rules that ran and what was scanned."""
    rules = [enabled_rules(run.whole) if run.whole is not None else None for run in runs]
    assets = [run.whole.assets if run.whole is not None else None for run in runs]
    tx.stage(
        "incoming_scan",
        TABLES["incoming_scan"],
        [
            (
                run.number, run.at.scan_id, run.at.moment, run.spec.id, run.spec.tool,
                run.spec.category, run.spec.branch, run.spec.source_id,
                run.spec.parts is not None, run.is_judged, not run.reasons, ran is None, at is None,
                run.spec.asset, run.spec.format,
            )
            for run, ran, at in zip(runs, rules, assets, strict=True)
        ],
    )  # fmt: skip
    tx.stage(
        "scanned_asset",
        TABLES["scanned_asset"],
        [
            (run.number, without_tag(asset))
            for run, at in zip(runs, assets, strict=True)
            for asset in at or ()
        ],
    )
    tx.stage("gone", TABLES["gone"], [(run.number, key) for run in runs for key in run.gone])
    tx.stage(
        "ran_rule",
        TABLES["ran_rule"],
        [(run.number, rule) for run, ran in zip(runs, rules, strict=True) for rule in ran or ()],
    )


def incoming_columns(
    run: Run, profiles: dict[tuple[int, int, str], int], descriptions: Mapping[str, int]
) -> tuple[Sequence[Any], ...]:
    """Return the columns of `incoming` for one run.

    `profiles` numbers what results have in common, by run, kind and method of the fingerprint, in
    the order of first use; `descriptions` has the number of each description.
    """
    sheet, identities = run.sheet, run.identities
    methods = [method for method, _ in identities.fingerprints]
    numbers = {
        each: profiles.setdefault((run.number, *each), len(profiles))
        for each in dict.fromkeys(zip(sheet.kind, methods, strict=True))
    }
    places = [1] * len(sheet)
    for row, found in sheet.places.items():
        places[row] = len(found)
    return (
        run.numbers, [run.number] * len(sheet),
        [numbers[each] for each in zip(sheet.kind, methods, strict=True)],
        identities.keys, sheet.titles, list(map(descriptions.__getitem__, sheet.descriptions)),
        sheet.paths, sheet.lines, sheet.columns, sheet.end_lines, sheet.snippets,
        places, [value or None for _, value in identities.fingerprints],
        _kept(sheet.raws),
    )  # fmt: skip


def _kept(raws: Sequence[Any]) -> Sequence[int | None]:
    """Return the numbers of the records that are kept; None for the others."""
    if all(raws):
        return range(len(raws))
    return [n if raw else None for n, raw in enumerate(raws)]


def _joined(columns: Sequence[tuple[Sequence[Any], ...]]) -> Sequence[Sequence[Any]]:
    """Return the columns of all runs, each as one; those of a single run are not copied."""
    if len(columns) == 1:
        return columns[0]
    return [list(chain.from_iterable(values)) for values in zip(*columns, strict=True)]


def _profile_rows(
    runs: Sequence[Run], profiles: Mapping[tuple[int, int, str], int], policy: IngestPolicy
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of `profile`."""
    assets = [dict(zip(run.sheet.kind, run.identities.assets, strict=True)) for run in runs]
    for (run, kind, claim), number in profiles.items():
        seen, asset = runs[run].sheet.kinds[kind], assets[run][kind]
        pillar = seen.pillar or _PILLARS.get(seen.finding_class, Pillar.INFRASTRUCTURE_HARDENING)
        owner = policy.assets[asset].owner if asset in policy.assets else ""
        signal = seen.signal or _NO_SIGNAL
        state = after_seen(None, needs_triage=seen.needs_triage, is_suppressed=seen.is_suppressed)
        days = days_to_fix(seen.severity, policy.sla, is_kev=seen.is_kev)
        yield (
            number, seen.finding_class.value, asset, seen.rule, seen.help_url, int(seen.severity),
            seen.severity_raw, seen.severity_source, seen.needs_triage, seen.is_suppressed,
            pillar.value, owner, *_package_columns(seen.package),
            canonical(seen.vulnerability_ids), normalised(seen.vulnerability_ids), seen.cwes,
            seen.cvss, seen.epss, seen.is_kev, signal.model, signal.monitor, signal.metric,
            signal.segment, seen.resource, seen.onset_at, seen.first_seen, claim or None,
            state.value, days,
        )  # fmt: skip


def seen_trace(kind: Observation, asset: str, row: Sequence[Any]) -> Trace:
    """Return what can be recognised of a result of a kind, from the rest of its row of
    `unmatched_seen`."""
    path, line, column, title, snippet, method, value = row
    return Trace(
        finding_class=kind.finding_class,
        asset=asset,
        rule=kind.rule,
        path=path,
        line=line,
        column=column,
        title=title,
        snippet=snippet,
        fingerprint=(method, value),
        vulnerability=canonical(kind.vulnerability_ids),
        package=package_name(kind.package) if kind.package else ("", ""),
    )


def stored_trace(row: tuple[Any, ...]) -> Trace:
    """Return what can be recognised of a row of `unmatched_known`."""
    _, _, class_, asset, rule, path, line, column, title, snippet, claim, value, *rest = row
    vulnerability, package_type, name = rest
    return Trace(
        finding_class=FindingClass(class_),
        asset=asset,
        rule=rule,
        path=path,
        line=line,
        column=column,
        title=title,
        snippet=snippet,
        fingerprint=(claim, value),
        vulnerability=vulnerability,
        package=(package_type, name),
    )


def _package_columns(package: Package | None) -> tuple[str, ...]:
    if package is None:
        return _NO_PACKAGE_COLUMNS
    return (
        *package_name(package),
        package.version,
        package.fixed_version,
        package.layer,
    )


def _places(run: Run) -> Iterator[tuple[Any, ...]]:
    """Yield the places of results with more than one; a single one is a part of its finding."""
    for n, places in run.sheet.places.items():
        for ordinal, place in enumerate(places):
            yield (
                run.first + n, ordinal, place.path, place.line, place.column, place.end_line,
                place.snippet,
            )  # fmt: skip


def _kind(seen: Observation) -> AssetKind:
    if seen.finding_class is FindingClass.DEPENDENCY and seen.package and seen.package.layer:
        return AssetKind.IMAGE
    return _KINDS.get(seen.finding_class, AssetKind.REPOSITORY)


def _asset_row(asset: Asset) -> tuple[Any, ...]:
    return (
        asset.name, asset.kind.value, asset.domain, asset.owner, asset.environment, asset.tier,
    )  # fmt: skip
