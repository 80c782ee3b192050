"""Findings → the generic format in its three forms: JSON and CSV, which we read back, and Parquet.

Field names are those of `formats.generic.fields`, DefectDojo's where it has one. What only an
export knows (id, state, deadline, owner, exposure) has names that an import passes over.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import msgspec

from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.finding import FindingClass, Package, State
from riskcockpit.domain.untrusted import without_formula
from riskcockpit.formats.writing.exported import Exported

_TEXT, _REAL, _WHOLE, _FLAG = "string", "double", "int64", "bool"
COLUMNS: dict[str, str] = {
    "id": _TEXT, "title": _TEXT, "severity": _TEXT, "state": _TEXT, "class": _TEXT,
    "pillar": _TEXT, "asset": _TEXT, "owner": _TEXT, "tool": _TEXT, "vuln_id_from_tool": _TEXT,
    "description": _TEXT, "file_path": _TEXT, "line": _WHOLE, "component_name": _TEXT,
    "component_version": _TEXT, "fix_version": _TEXT, "purl": _TEXT, "vulnerability_ids": _TEXT,
    "cwes": _TEXT, "cvssv3_score": _REAL, "epss_score": _REAL, "known_exploited": _FLAG,
    "resource": _TEXT, "model": _TEXT, "monitor": _TEXT, "metric": _TEXT, "segment": _TEXT,
    "onset_at": _TEXT, "references": _TEXT, "active": _FLAG, "is_mitigated": _FLAG,
    "first_seen": _TEXT, "last_seen": _TEXT, "fixed_at": _TEXT, "due_at": _TEXT,
    "exposure": _REAL, "category": _TEXT, "branch": _TEXT, "justification": _TEXT,
}  # fmt: skip
"""Column → Arrow type, in their order. Moments are RFC 3339 in UTC."""
_INACTIVE = (State.WAIVED, State.FALSE_POSITIVE, State.SUPPRESSED_AT_SOURCE)


def as_json(findings: Iterable[Exported]) -> bytes:
    """Return a generic document; it never closes anything when it is imported."""
    records = [_filled(one) for one in findings]
    document = {"schema": "riskcockpit.export/1", "complete": False, "findings": records}
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def as_csv(findings: Iterable[Exported]) -> bytes:
    """Return a table in UTF-8 in which no cell is a formula to a spreadsheet."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in findings:
        record = _record(one)
        writer.writerow([_cell(record[name]) for name in COLUMNS])
    return buffer.getvalue().encode("utf-8", "replace")


def as_parquet(findings: Iterable[Exported]) -> bytes:
    """Return a Parquet file, compressed by zstd."""
    import pyarrow as pa  # noqa: PLC0415 - slow to import
    from pyarrow import parquet  # noqa: PLC0415 - as above

    types = {_TEXT: pa.string(), _REAL: pa.float64(), _WHOLE: pa.int64(), _FLAG: pa.bool_()}
    schema = pa.schema([(name, types[kind]) for name, kind in COLUMNS.items()])
    table = pa.Table.from_pylist([_record(one) for one in findings], schema=schema)
    sink = io.BytesIO()
    parquet.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def purl(package: Package) -> str:
    """Return the package URL, with its version when that is known."""
    parts = [part for part in package.namespace.split("/") if part] + [package.name]
    path = "/".join(quote(part, safe="") for part in parts)
    version = f"@{quote(package.version, safe='')}" if package.version else ""
    return f"pkg:{package.type}/{path}{version}"


def _filled(one: Exported) -> dict[str, Any]:
    """Return the record without what is empty."""
    return {name: value for name, value in _record(one).items() if value not in (None, "")}


def _record(one: Exported) -> dict[str, Any]:
    seen, package, signal = one.seen, one.seen.package, one.seen.signal
    place = seen.locations[0] if seen.locations else None
    is_monitor = seen.finding_class in (FindingClass.MODEL, FindingClass.DATA)
    name = f"{package.namespace}/{package.name}".strip("/") if package else ""
    return {
        "id": one.id,
        "title": seen.title,
        "severity": seen.severity.word,
        "state": one.state.value,
        "class": seen.finding_class.value,
        "pillar": seen.pillar.value if seen.pillar else "",
        "asset": seen.asset,
        "owner": one.owner,
        "tool": seen.tool,
        "vuln_id_from_tool": seen.rule,
        "description": seen.description,
        "file_path": place.path if place else "",
        "line": place.line if place else None,
        "component_name": name,
        "component_version": package.version if package else "",
        "fix_version": package.fixed_version if package else "",
        "purl": purl(package) if package else "",
        "vulnerability_ids": " ".join(seen.vulnerability_ids),
        "cwes": " ".join(map(str, seen.cwes)),
        "cvssv3_score": seen.cvss,
        "epss_score": seen.epss,
        "known_exploited": seen.is_kev,
        "resource": seen.resource,
        "model": signal.model if signal and is_monitor else "",
        "monitor": signal.monitor if signal else "",
        "metric": signal.metric if signal else "",
        "segment": signal.segment if signal else "",
        "onset_at": _moment(seen.onset_at),
        "references": seen.help_url,
        "active": one.state not in _INACTIVE,
        "is_mitigated": one.state is State.FIXED,
        "first_seen": _moment(one.first_seen),
        "last_seen": _moment(one.last_seen),
        "fixed_at": _moment(one.fixed_at),
        "due_at": _moment(one.due_at),
        "exposure": one.exposure,
        "category": one.category,
        "branch": one.branch,
        "justification": one.waiver_text,
    }


def _moment(moment: Any) -> str:
    return rfc3339(moment) if moment is not None else ""


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return without_formula(value) if isinstance(value, str) else str(value)
