"""The temporary tables that the statements of this package work on, and how they are filled.

`TABLES` is the one place that knows their shape. Every statement in `sql/` binds once they exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from riskcockpit.domain.asset import Asset, AssetKind
from riskcockpit.domain.finding import FindingClass, Location, ModelSignal, Observation, Package
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.ingest.identity import Identities
from riskcockpit.ingest.lifecycle import absences, after_seen, days_to_fix, transitions
from riskcockpit.ingest.matching import Trace
from riskcockpit.ingest.policy import IngestPolicy
from riskcockpit.ingest.vulnerabilities import canonical, normalised, package_name
from riskcockpit.store.database import Writer

TABLES: Mapping[str, Mapping[str, str]] = {
    "incoming": {
        "n": "INTEGER", "profile": "INTEGER", "key": "VARCHAR", "title": "VARCHAR",
        "wording": "INTEGER", "path": "VARCHAR", "line": "INTEGER", "col": "INTEGER",
        "end_line": "INTEGER", "snippet": "VARCHAR", "location_count": "INTEGER",
        "fingerprint": "VARCHAR", "raw_hash": "VARCHAR",
    },
    "wording": {"wording": "INTEGER", "description": "VARCHAR"},
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
        "n": "INTEGER", "finding_id": "VARCHAR", "finding_row": "BIGINT", "how": "VARCHAR",
    },
    "found": {
        "n": "INTEGER", "finding_id": "VARCHAR", "finding_row": "BIGINT", "how": "VARCHAR",
    },
    "fresh": {"n": "INTEGER"},
    "hint": {"n": "INTEGER", "finding_id": "VARCHAR"},
    "assigned": {"n": "INTEGER", "id": "VARCHAR"},
    "change": {
        "n": "INTEGER", "finding_id": "VARCHAR", "finding_row": "BIGINT", "old_state": "VARCHAR",
        "new_state": "VARCHAR", "is_reopened": "BOOLEAN", "is_moved": "BOOLEAN",
        "is_renamed": "BOOLEAN", "is_rule_renamed": "BOOLEAN", "is_bumped": "BOOLEAN",
        "is_severity_changed": "BOOLEAN", "is_rearmed": "BOOLEAN", "is_updated": "BOOLEAN",
        "old_path": "VARCHAR", "old_line": "INTEGER", "old_rule": "VARCHAR",
        "old_version": "VARCHAR", "old_severity": "TINYINT",
    },
    "absent": {
        "finding_id": "VARCHAR", "state": "VARCHAR", "result": "VARCHAR",
        "is_rule_enabled": "BOOLEAN", "is_doubted": "BOOLEAN", "waiver_id": "VARCHAR",
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
_NOWHERE = Location("")
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


def stage_scan(
    tx: Writer,
    observations: Sequence[Observation],
    identities: Identities,
    policy: IngestPolicy,
    scan_id: str,
) -> None:
    """Stage the results of one run, their further places and keys, and their assets.

    What many results have in common is staged once: their profile, and how they are described,
    which in most reports is a text of the rule.
    """
    profiles = Profiles(policy)
    wordings: dict[str, int] = {}
    rows = incoming_rows(observations, identities, profiles, wordings, scan_id)
    tx.stage("incoming", TABLES["incoming"], rows)
    tx.stage("wording", TABLES["wording"], ((n, text) for text, n in wordings.items()))
    tx.stage("profile", TABLES["profile"], profiles.rows)
    keys = [(n, key) for n, others in identities.other_keys.items() for key in others]
    tx.stage("incoming_key", TABLES["incoming_key"], keys)
    tx.stage("place", TABLES["place"], list(_places(observations)))


def stage_assets(
    tx: Writer,
    default: str,
    observations: Sequence[Observation],
    identities: Identities,
    policy: IngestPolicy,
) -> None:
    """Stage the assets a run is about, described by the settings where they know them."""
    kinds = {default: AssetKind.REPOSITORY} if not observations else {}
    for name, seen in zip(identities.assets, observations, strict=True):
        if name not in kinds:
            kinds[name] = _kind(seen)
    tx.stage(
        "incoming_asset",
        TABLES["incoming_asset"],
        [_asset_row(policy.assets.get(name, Asset(name, kind))) for name, kind in kinds.items()],
    )


class Profiles:
    """What results have in common, numbered in the order of first use."""

    def __init__(self, policy: IngestPolicy) -> None:
        self.rows: list[tuple[Any, ...]] = []
        """Rows of `profile`."""
        self._policy = policy
        self._numbers: dict[tuple[Any, ...], int] = {}

    def number(self, seen: Observation, asset: str, claim: str) -> int:
        """Return the number of the profile of `seen`; members of enums are told by identity."""
        key = (
            id(seen.finding_class), asset, seen.rule, seen.help_url, id(seen.severity),
            seen.severity_raw, seen.severity_source, seen.needs_triage, seen.is_suppressed,
            id(seen.pillar), seen.package, seen.vulnerability_ids, seen.cwes, seen.cvss,
            seen.epss, seen.is_kev, seen.signal, seen.resource, seen.onset_at,
            seen.first_seen, claim,
        )  # fmt: skip
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.rows)
            self.rows.append((number, *self._row(seen, asset, claim)))
        return number

    def _row(self, seen: Observation, asset: str, claim: str) -> tuple[Any, ...]:
        pillar = seen.pillar or _PILLARS.get(seen.finding_class, Pillar.INFRASTRUCTURE_HARDENING)
        owner = self._policy.assets[asset].owner if asset in self._policy.assets else ""
        signal = seen.signal or _NO_SIGNAL
        state = after_seen(None, needs_triage=seen.needs_triage, is_suppressed=seen.is_suppressed)
        days = days_to_fix(seen.severity, self._policy.sla, is_kev=seen.is_kev)
        return (
            seen.finding_class.value, asset, seen.rule, seen.help_url, int(seen.severity),
            seen.severity_raw, seen.severity_source, seen.needs_triage, seen.is_suppressed,
            pillar.value, owner, *_package_columns(seen.package),
            canonical(seen.vulnerability_ids), normalised(seen.vulnerability_ids), seen.cwes,
            seen.cvss, seen.epss, seen.is_kev, signal.model, signal.monitor, signal.metric,
            signal.segment, seen.resource, seen.onset_at, seen.first_seen, claim or None,
            state.value, days,
        )  # fmt: skip


def incoming_rows(
    observations: Sequence[Observation],
    identities: Identities,
    profiles: Profiles,
    wordings: dict[str, int],
    scan_id: str,
) -> Iterator[tuple[Any, ...]]:
    """Yield one row of `incoming` for each observation; `wordings` numbers their descriptions."""
    number = profiles.number
    columns = zip(
        observations, identities.keys, identities.assets, identities.fingerprints, strict=True
    )
    for n, (seen, key, asset, (claim, value)) in enumerate(columns):
        places = seen.locations
        first = places[0] if places else _NOWHERE
        yield (
            n, number(seen, asset, claim), key, seen.title,
            wordings.setdefault(seen.description, len(wordings)), first.path, first.line,
            first.column, first.end_line, first.snippet, len(places), value or None,
            f"{scan_id}:{n}" if seen.raw else "",
        )  # fmt: skip


def trace(
    seen: Observation, asset: str, fingerprint: tuple[str, str], path: str | None = None
) -> Trace:
    """Return what can be recognised of an observation; `path` overrides its own."""
    place = seen.locations[0] if seen.locations else _NOWHERE
    return Trace(
        finding_class=seen.finding_class,
        asset=asset,
        rule=seen.rule,
        path=place.path if path is None else path,
        line=place.line,
        column=place.column,
        title=seen.title,
        snippet=place.snippet,
        fingerprint=fingerprint,
        vulnerability=canonical(seen.vulnerability_ids),
        package=package_name(seen.package) if seen.package else ("", ""),
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


def _places(observations: Sequence[Observation]) -> Iterator[tuple[Any, ...]]:
    """Yield the places of results with more than one; a single one is a part of its finding."""
    for n, seen in enumerate(observations):
        if len(seen.locations) > 1:
            for ordinal, place in enumerate(seen.locations):
                yield (
                    n, ordinal, place.path, place.line, place.column, place.end_line,
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
