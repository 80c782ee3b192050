"""The files of an evidence export: results, what was judged, the policy, the ledger, guides."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from riskcockpit.config.paths import shipped
from riskcockpit.controls.overrides import FILE_NAME
from riskcockpit.controls.pack import Control
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.control import ControlRow, RowStatus, Verdict
from riskcockpit.domain.untrusted import clean_line, without_formula
from riskcockpit.ledger.chain import Entry
from riskcockpit.services.context import Context
from riskcockpit.services.judging import transcript
from riskcockpit.services.policy import controls_in_force
from riskcockpit.store.sql import sql
from riskcockpit.views.evidence import EvidenceView

if TYPE_CHECKING:  # it imports duckdb
    from riskcockpit.store.database import Reader

MANIFEST = "MANIFEST.sha256"
INDEX = "evidence.json"
RESULTS = "results/results.txt"
TRACED = (
    "action", "deployment", "deployment_approval", "deployment_gap", "deployment_link",
    "deployment_subject", "finding", "ledger_entry", "model", "model_alias", "model_version",
    "scan", "vex_statement", "waiver", "waiver_finding",
)  # fmt: skip
"""What the chains of deployments are read from."""
_LEDGER = ("allowed_signers", "policy", "chains", "checkpoints", "objects")


@dataclass(slots=True)
class Folder:
    """Files of an export as they are written."""

    root: Path
    digests: dict[str, str] = field(default_factory=dict)
    """Path in the export → SHA-256, hex."""
    size: int = 0

    def write(self, path: str, content: bytes) -> None:
        """Write a file and remember its digest."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        self.digests[path] = sha256(content).hexdigest()
        self.size += len(content)


def judged_rows(reader: Reader) -> dict[str, tuple[ControlRow, ...]]:
    """Return control → its rows in the order in which they were judged."""
    found = reader.rows(sql("services", "evidence_rows"))
    return {
        name: tuple(ControlRow(r, RowStatus(s), why, json.loads(d)) for _, r, s, why, d in group)
        for name, group in groupby(found, key=itemgetter(0))
    }


def write_results(folder: Folder, reader: Reader, view: EvidenceView) -> None:
    """Write what was signed, the rows that are asked for, and the KPIs of the period."""
    rows = judged_rows(reader)
    judged = reader.records(sql("services", "governance_control"))
    results = [(one["id"], Verdict(one["verdict"]), rows.get(one["id"], ())) for one in judged]
    folder.write(RESULTS, b"".join(transcript(results)))
    folder.write(
        "results/rows.csv",
        _csv(
            ("control", "verdict", "resource", "status", "reason", "dimensions"),
            (
                (control.id, control.verdict.value, row.resource, row.status.value, row.reason,
                 json.dumps(dict(row.dimensions), sort_keys=True))
                for control in view.controls
                for row in control.rows
            ),
        ),
    )  # fmt: skip
    kpis = reader.rows(sql("services", "evidence_kpis"), since=view.since, until=view.until)
    folder.write(
        "results/kpis.csv",
        _csv(
            ("kpi", "at", "value", "sample", "state", "as_of"),
            (
                (name, rfc3339(at), "" if value is None else repr(value), sample, state,
                 rfc3339(as_of) if as_of else "")
                for name, at, value, sample, state, as_of in kpis
            ),
        ),
    )  # fmt: skip


def write_inputs(folder: Folder, reader: Reader, controls: Iterable[Control]) -> dict[str, int]:
    """Write every table that a control or a chain is read from; return table → rows."""
    from riskcockpit.store.parquet import table_as_parquet  # noqa: PLC0415 - it imports pyarrow

    counts = {}
    for table in sorted({*TRACED, *(table for control in controls for table in control.inputs)}):
        content, counts[table] = table_as_parquet(reader, table)
        folder.write(f"inputs/{table}.parquet", content)
    return counts


def write_policy(ctx: Context, folder: Folder, view: EvidenceView) -> None:
    """Write all controls in force, from where they are kept, and the digests made of them."""
    lines = []
    for control in controls_in_force(ctx.paths):
        home = "shipped" if control.statement.is_relative_to(_shipped()) else "own"
        for file in (control.statement.with_name(f"{control.id}.yaml"), control.statement):
            folder.write(f"policy/{home}/{file.parent.name}/{file.name}", file.read_bytes())
        place = f"policy/{home}/{control.statement.parent.name}"
        lines.append((f"{control.id} {control.digest}\n", place, control))
    for home, directory in (("shipped", _shipped()), ("own", ctx.paths.config / "controls")):
        for name in ("frameworks.yaml", FILE_NAME):
            if (file := directory / name).exists():
                folder.write(f"policy/{home}/{name}", file.read_bytes())
    lines.sort(key=itemgetter(0))
    folder.write("policy/controls.txt", "".join(line for line, _, _ in lines).encode())
    folder.write("policy/kpis.txt", view.kpis_digest.encode())
    folder.write(
        "policy/files.txt",
        "".join(
            f"{control.digest} {place}/{control.id}.yaml {place}/{control.statement.name}\n"
            for _, place, control in lines
        ).encode(),
    )


def _shipped() -> Path:
    return shipped("config", "controls")


def copy_ledger(ctx: Context, folder: Folder, entries: Sequence[Entry]) -> None:
    """Copy the ledger as it was verified: `entries` are all that count."""
    for name in _LEDGER:
        source = ctx.paths.ledger / name
        found = [source] if source.is_file() else sorted(source.rglob("*"))
        for file in found:
            if file.is_file() and file.suffix != ".part":
                path = file.relative_to(ctx.paths.ledger).as_posix()
                folder.write(f"ledger/{path}", _as_examined(file, path, entries))


def _as_examined(file: Path, path: str, entries: Sequence[Entry]) -> bytes:
    """Return a file's bytes; of a chain only the entries that were verified."""
    content = file.read_bytes()
    if not path.startswith("chains/"):
        return content
    known = sum(entry.chain == file.stem for entry in entries)
    return b"".join(content.splitlines(keepends=True)[:known])


def write_guides(folder: Folder) -> None:
    """Write what tells an auditor how to check the rest."""
    place = files("riskcockpit.services").joinpath("guides")
    folder.write("README.md", place.joinpath("evidence.md").read_bytes())
    for name in ("verify.sh", "verify-ledger.sh"):
        folder.write(name, place.joinpath(name).read_bytes())
        (folder.root / name).chmod(0o755)


def index(view: EvidenceView, tables: Mapping[str, int], signed_by: str) -> bytes:
    """Return `evidence.json`: what the export holds. Digests are SHA-256 in hex."""
    own = [one.entry for one in view.evaluations if one.generation == view.generation]
    document = {
        "schema": "riskcockpit.evidence/1",
        "organisation": view.organisation,
        "since": rfc3339(view.since),
        "until": rfc3339(view.until),
        "generation": view.generation,
        "framework": view.framework,
        "asset": view.asset,
        "signed_by": signed_by,
        "policy_digest": view.policy_digest,
        "controls_digest": view.controls_digest,
        "kpis_digest": view.kpis_digest,
        "results_digest": view.results_digest,
        "evaluation": own[-1] if own else "",
        "evaluations": [
            {
                "at": rfc3339(one.at),
                "generation": one.generation,
                "actor": one.actor,
                "policy_digest": one.policy_digest,
                "results_digest": one.results_digest,
                "entry": one.entry,
            }
            for one in view.evaluations
        ],
        "controls": [
            {
                "id": one.id,
                "title": one.title,
                "pillar": one.pillar,
                "severity": one.severity.word,
                "verdict": one.verdict.value,
                "message": one.message,
                "at": None if one.at is None else rfc3339(one.at),
                "rows": len(one.rows),
                "digest": one.digest,
                "frameworks": {name: list(refs) for name, refs in one.frameworks.items()},
            }
            for one in view.controls
        ],
        "inputs": dict(tables),
    }
    return (json.dumps(document, indent=1, ensure_ascii=True) + "\n").encode()


def _csv(titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(titles)
    writer.writerows([without_formula(clean_line(str(value))) for value in row] for row in rows)
    return buffer.getvalue().encode()
