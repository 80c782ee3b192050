"""What VEX statements make of findings: kept in the cache, so that they hold for later ones too.

The newest statement about a finding is in force. `not_affected` suppresses it, `affected` ends
that, `under_investigation` puts it into triage. `fixed` is a note: only a scan fixes a finding.
What people decided about a finding stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.finding import Package, Scan, VexStatement
from riskcockpit.domain.ids import digest
from riskcockpit.domain.version import Interval, intervals
from riskcockpit.ingest.policy import ScopeSpec
from riskcockpit.ingest.runs import Moment, Run
from riskcockpit.ingest.vulnerabilities import normalised, package_name, without_epoch
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql

TABLES: Mapping[str, Mapping[str, str]] = {
    "vex_subject": {
        "id": "VARCHAR", "scan_id": "VARCHAR", "asset": "VARCHAR", "package_type": "VARCHAR",
        "package_name": "VARCHAR", "package_version": "VARCHAR",
        "vulnerability_ids": "VARCHAR[]",
    },
    "vex_match": {
        "id": "VARCHAR", "statement_id": "VARCHAR", "status": "VARCHAR", "words": "VARCHAR",
        "said_at": "TIMESTAMP", "is_newest": "BOOLEAN",
    },
    "vex_change": {
        "finding_id": "VARCHAR", "scan_id": "VARCHAR", "old_state": "VARCHAR",
        "new_state": "VARCHAR",
        "old_words": "VARCHAR", "statement_id": "VARCHAR", "status": "VARCHAR",
        "words": "VARCHAR", "said_at": "TIMESTAMP",
    },
}  # fmt: skip
"""The temporary tables that the statements named `vex_…` work on."""

_SAME_DISTRIBUTION = {("rpm", "redhat"): ("rhel",), ("rpm", "rhel"): ("redhat",)}
"""Type and namespace of packages → other namespaces that scanners write for the same."""
MAX_WORDS = 1_000
"""Longest wording of a statement that is kept with findings."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What came of the statements of one document."""

    applied: int = 0
    """Statements that speak of at least one finding."""
    unmatched: int = 0


NOTHING_SPOKEN = Spoken()


def limited(statements: Sequence[VexStatement], asset: str) -> tuple[VexStatement, ...]:
    """Return `statements` as statements about one asset, when somebody names it."""
    if not asset:
        return tuple(statements)
    return tuple(replace(said, product=asset) for said in statements)


def shield(tx: Writer) -> bool:
    """Let the staged results come in the state that statements in force give them.

    Returns whether there is any VEX at all.
    """
    row = tx.one(sql("ingest", "vex_any"))
    if row is None or not row[0]:
        return False
    _stage(tx, "vex_subject", "vex_match")
    tx.execute(sql("ingest", "vex_subject_profile"))
    tx.execute(sql("ingest", "vex_match"))
    tx.execute(sql("ingest", "vex_profile"))
    return True


def remember(tx: Writer, scan: Scan, scope: ScopeSpec, at: Moment) -> None:
    """Keep the statements of a document in place of those its last version made.

    Documents of one scope that are given together are parts of one: each adds to it.
    """
    unique = {_id(said, scope, at): said for said in scan.statements}
    replaced: dict[str, Any] = {"scope": scope.id, "ids": list(unique), "rev": tx.generation}
    tx.execute(sql("ingest", "vex_clear_targets"), **replaced)
    tx.execute(sql("ingest", "vex_clear"), **replaced)
    tx.append("vex_statement", (_row(id_, said, scope, at) for id_, said in unique.items()))
    tx.append("vex_target", (row for id_, said in unique.items() for row in _targets(id_, said)))


def settle(tx: Writer, runs: Sequence[Run], now: datetime) -> Spoken:
    """Apply the statements in force: to all findings after a VEX document, which stands alone,
    else to those of the scopes of `runs`."""
    _stage(tx, *TABLES)
    run = runs[0]
    tx.execute(sql("ingest", "vex_subject_finding"), scan_id=run.at.scan_id, is_all=run.scan.is_vex)
    tx.execute(sql("ingest", "vex_match"))
    tx.execute(sql("ingest", "vex_change"))
    tx.execute(sql("ingest", "vex_event"), now=now, rev=tx.generation)
    tx.execute(sql("ingest", "vex_transition"))
    tx.execute(sql("ingest", "vex_hold"), rev=tx.generation)
    tx.execute(sql("ingest", "vex_let_go"))
    statements = run.scan.statements if run.scan.is_vex else ()
    if not statements:
        return NOTHING_SPOKEN
    known = {row[0] for row in tx.rows(sql("ingest", "vex_spoken"), scope=run.spec.id)}
    applied = sum(_id(said, run.spec, run.at) in known for said in statements)
    return Spoken(applied, len(statements) - applied)


def notes(spoken: Spoken) -> tuple[str, ...]:
    """Return what a person should know of statements that speak of nothing."""
    if not spoken.unmatched:
        return ()
    total = spoken.applied + spoken.unmatched
    words = f"{spoken.unmatched} of {total} VEX statements speak of no finding"
    return (f"{words}; they are kept for findings to come",)


def _stage(tx: Writer, *names: str) -> None:
    for name in names:
        tx.stage(name, TABLES[name], ())


def _id(said: VexStatement, scope: ScopeSpec, at: Moment) -> str:
    packages = (":".join((*package_name(each), each.version)) for each in said.packages)
    return digest((
        scope.id, said.status.value, *normalised(said.vulnerability_ids), "|", *packages, "|",
        *said.ranges, "|", said.product, said.justification, said.statement, said.author,
        rfc3339(said.said_at or at.moment),
    ))  # fmt: skip


def _row(id_: str, said: VexStatement, scope: ScopeSpec, at: Moment) -> dict[str, Any]:
    return {
        "id": id_, "scope": scope.id, "status": said.status.value,
        "vulnerability_ids": normalised(said.vulnerability_ids), "words": _words(said),
        "said_at": said.said_at or at.moment, "document": scope.document,
        "source_id": scope.source_id, "seen_at": at.now,
    }  # fmt: skip


def _words(said: VexStatement) -> str:
    """Return a statement in one line for people."""
    why = f" ({said.justification})" if said.justification else ""
    by = f", says {said.author}" if said.author else ""
    what = " ".join(said.statement.split())
    words = f"{said.status.value}{why}{by}{f': {what}' if what else ''}"
    return words if len(words) <= MAX_WORDS else f"{words[: MAX_WORDS - 1]}…"


def _targets(id_: str, said: VexStatement) -> Iterator[dict[str, Any]]:
    """Yield what a statement is about; nothing for one that names neither package nor product."""
    if not said.packages and said.product:
        yield _target(id_, said.product, ("", ""), "", Interval())
    for package in said.packages:
        for name in _names(package):
            for version, interval in _versions(package, said.ranges):
                yield _target(id_, said.product, name, version, interval)


def _names(package: Package) -> Iterator[tuple[str, str]]:
    """Yield (type, name) under every name that the package's distribution goes by."""
    yield package_name(package)
    for namespace in _SAME_DISTRIBUTION.get((package.type, package.namespace.lower()), ()):
        yield package_name(replace(package, namespace=namespace))


def _versions(package: Package, ranges: Sequence[str]) -> Iterator[tuple[str, Interval]]:
    """Yield the versions meant: one, those of ranges that can be told, or all."""
    if package.version:
        yield without_epoch(package.version), Interval()
    elif ranges:
        for text in ranges:
            yield from (("", interval) for interval in intervals(text) or ())
    else:
        yield "", Interval()


def _target(
    id_: str, product: str, package: tuple[str, str], version: str, bounds: Interval
) -> dict[str, Any]:
    return {
        "statement_id": id_, "product": product, "package_type": package[0],
        "package_name": package[1], "package_version": version, "low": bounds.low,
        "has_low": bounds.has_low, "high": bounds.high, "has_high": bounds.has_high,
    }  # fmt: skip
