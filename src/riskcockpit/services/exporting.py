"""Findings of a query on their way out: rows of the cache → what the writers of formats take."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from riskcockpit.domain.finding import (
    FindingClass,
    Location,
    ModelSignal,
    Observation,
    Package,
    State,
)
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import InputError
from riskcockpit.formats.writing.exported import Exported
from riskcockpit.services.context import Context
from riskcockpit.services.saved_views import views_in_force
from riskcockpit.store.query.compiler import compile_query
from riskcockpit.store.query.parser import parse_query
from riskcockpit.store.sql import Clauses, filled, sql, used_params

if TYPE_CHECKING:  # it imports duckdb
    from riskcockpit.store.database import Reader

KINDS = ("csv", "json", "sarif", "parquet", "openvex")
"""The forms of an export."""
_JUSTIFICATION = re.compile(r"not_affected \((\w+)\)")
"""How `ingest.vex` words a statement with its justification."""
_SECRET_CLAIM = "secret"  # noqa: S105 - `ingest.identity.SECRET_CLAIM` as it is stored


@dataclass(frozen=True, slots=True)
class Export:
    """A file, and what has no place in it."""

    content: bytes
    findings: int
    """How many were selected."""
    left_out: int = 0
    """How many of them the form has no place for: OpenVEX knows vulnerabilities alone."""


def export(ctx: Context, query: str, kind: str) -> Export:
    """Return all findings of `query` as a file of the form `kind`.

    Raises:
        QueryError: the query does not parse.
        InputError: there is no such form.
    """
    if kind not in KINDS:
        raise InputError(f'unknown form of export "{kind}"', hint=f"known: {', '.join(KINDS)}")
    clauses = compile_query(parse_query(query, views_in_force(ctx)), ctx.clock.now())
    findings: list[Exported] = []
    if ctx.store.generation():
        with ctx.store.reader() as reader:
            findings = exported(reader, clauses)
    nameless = sum(not one.seen.vulnerability_ids for one in findings)
    left_out = nameless if kind == "openvex" else 0
    return Export(_writer(ctx, kind)(findings), len(findings), left_out)


def exported(reader: Reader, clauses: Clauses) -> list[Exported]:
    """Return the findings that `clauses` select, in their order, as the writers take them."""
    base = sql("services", "finding_export")
    rows = reader.records(filled(base, clauses), **used_params(base, clauses))
    return _findings(reader, rows)


def _writer(ctx: Context, kind: str) -> Callable[[Iterable[Exported]], bytes]:
    if kind == "sarif":
        from riskcockpit.formats.writing.sarif import sarif  # noqa: PLC0415 - only what is asked

        return sarif
    if kind == "openvex":
        from riskcockpit.formats.writing.openvex import openvex  # noqa: PLC0415 - as above

        author = ctx.settings.identity.principal or f"riskcockpit on {ctx.host}"
        return lambda findings: openvex(findings, author, ctx.clock.now())
    from riskcockpit.formats.writing import generic  # noqa: PLC0415 - as above

    return {"csv": generic.as_csv, "json": generic.as_json, "parquet": generic.as_parquet}[kind]


def _findings(reader: Reader, rows: list[dict[str, Any]]) -> list[Exported]:
    several = [row["id"] for row in rows if row["location_count"] > 1]
    places: dict[str, tuple[Location, ...]] = {}
    if several:
        found = reader.rows(sql("services", "finding_export_places"), ids=several)
        places = {
            id_: tuple(Location(*place) for _, *place in members)
            for id_, members in groupby(found, key=itemgetter(0))
        }
    waivers = {
        id_: (reason, text)
        for id_, reason, text in reader.rows(sql("services", "finding_export_waivers"))
    }
    spoken = dict(reader.rows(sql("services", "finding_export_vex")))
    return [_exported(row, places, _reason(row, waivers, spoken)) for row in rows]


def _reason(
    row: Mapping[str, Any], waivers: Mapping[str, tuple[str, str]], spoken: Mapping[str, str]
) -> tuple[str, str]:
    """Return why a finding does not count, and in which words: of a waiver, else of a VEX."""
    words = spoken.get(row["id"], "")
    if row["waiver_id"] in waivers or row["state"] != State.SUPPRESSED_AT_SOURCE or not words:
        return waivers.get(row["waiver_id"], ("", ""))
    named = _JUSTIFICATION.match(words)
    return (named[1] if named else "", words)


def _exported(
    row: Mapping[str, Any],
    places: Mapping[str, tuple[Location, ...]],
    why: tuple[str, str],
) -> Exported:
    reason, text = why
    return Exported(
        seen=_observation(row, places.get(row["id"]) or _place(row)),
        category=row["category"],
        branch=row["branch"],
        state=State(row["state"]),
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        fixed_at=row["fixed_at"],
        due_at=row["due_at"],
        owner=row["owner"],
        exposure=float(row["exposure"]),
        waiver_reason=reason,
        waiver_text=text,
    )


def _observation(row: Mapping[str, Any], places: tuple[Location, ...]) -> Observation:
    claim, value = row["fingerprint_name"] or "", row["fingerprint"] or ""
    is_secret = claim == _SECRET_CLAIM and row["class"] == FindingClass.SECRET
    return Observation(
        finding_class=FindingClass(row["class"]),
        tool=row["tool"],
        rule=row["rule"],
        title=row["title"],
        severity=Severity(row["severity"]),
        record=row["id"],
        description=row["description"],
        severity_raw=row["severity_raw"],
        severity_source=row["severity_source"],
        locations=places,
        fingerprints=((claim, value),) if value and not is_secret else (),
        vulnerability_ids=tuple(row["vulnerability_ids"]),
        package=_package(row),
        signal=_signal(row),
        resource=row["resource"],
        secret_digest=value if is_secret else "",
        asset=row["asset"],
        cwes=tuple(row["cwes"]),
        cvss=row["cvss"],
        epss=row["epss"],
        is_kev=row["is_kev"],
        help_url=row["help_url"],
        pillar=Pillar(row["pillar"]),
        onset_at=row["onset_at"],
        claimed_id=row["id"],
    )


def _place(row: Mapping[str, Any]) -> tuple[Location, ...]:
    if not row["location_count"]:
        return ()
    return (Location(row["path"], row["line"], row["col"], row["end_line"], row["snippet"]),)


def _package(row: Mapping[str, Any]) -> Package | None:
    if not row["package_name"]:
        return None
    namespace, _, name = row["package_name"].rpartition("/")
    return Package(
        row["package_type"], name, namespace, row["package_version"], row["fixed_version"],
        row["package_layer"],
    )  # fmt: skip


def _signal(row: Mapping[str, Any]) -> ModelSignal | None:
    if not row["metric"] and not row["monitor"]:
        return None
    return ModelSignal(row["model"], row["monitor"], row["metric"], row["segment"])
