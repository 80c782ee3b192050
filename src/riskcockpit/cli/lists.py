"""Lists of plain text: the same columns as in the cockpit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from riskcockpit.cli import subjects
from riskcockpit.cli.diagnostics import say
from riskcockpit.cli.output import cells, line, lines, table
from riskcockpit.config.durations import written
from riskcockpit.present import columns
from riskcockpit.present.columns import Align, Cell, Column, Frame
from riskcockpit.present.knowledge import taken
from riskcockpit.present.text import plural, stamp
from riskcockpit.views.deployments import OfferRow
from riskcockpit.views.findings import FindingRow
from riskcockpit.views.governance import ActionRow, ControlDetail, ControlView, LedgerRow
from riskcockpit.views.models import ModelRow
from riskcockpit.views.posture import SourceView
from riskcockpit.views.reports import FileReport, ImportCounts, ImportReport, SyncReport

T = TypeVar("T")
_COUNTS = (
    "read", "new", "updated", "moved", "reopened", "unchanged", "fixed", "held", "quarantined",
)  # fmt: skip
_RANKS = {"updated": 3, "moved": 3, "reopened": 3, "unchanged": 2, "quarantined": 2}
"""Of counts; the others go last where room is short: the totals below have them all."""
_IMPORT: tuple[Column[FileReport], ...] = (
    Column("path", "file", lambda row, _: Cell(row.path), 20, grow=3, rank=0, is_end_kept=True),
    Column("format", "format", lambda row, _: Cell(row.format or "?"), 8, rank=1),
    Column("tool", "tool", lambda row, _: Cell(row.tool), 12, grow=1, rank=4),
    Column("scope", "scope", lambda row, _: Cell(row.scope), 12, grow=1, rank=4),
    *(
        Column(
            name,
            name,
            lambda row, _, name=name: Cell(str(getattr(row.counts, name))),  # type: ignore[misc]  # one column each
            max(5, len(name)),
            Align.RIGHT,
            rank=_RANKS.get(name, 1),
        )
        for name in _COUNTS
    ),
    Column("error", "", lambda row, _: _fate(row), 8, rank=0),
)


def _fate(file: FileReport) -> Cell:
    if file.error:
        return Cell("NOT READ", "alarm")
    return Cell("skipped" if file.is_passed_over else "", "muted")


def imports(report: ImportReport) -> None:
    """Print what came of an import, a file a line, and the totals."""
    table(_IMPORT, report.files, _timeless(), "table")
    for file in report.files:
        for one in file.enrichments:
            line(f"{file.path}: {taken(one)}")
    total = report.totals
    line(
        f"{plural(len(report.files), 'file')}: read {total.read}, new {total.new}, "
        f"updated {total.updated}, moved {total.moved}, reopened {total.reopened}, "
        f"unchanged {total.unchanged}, fixed {total.fixed}, held {total.held}, "
        f"suppressed {total.suppressed_at_source}, evidence {total.control_evidence}, "
        f"quarantined {total.quarantined}"
        + _statements(total)
        + (f", NOT READ {plural(report.failed, 'file')}" if report.failed else "")
    )


def _statements(total: ImportCounts) -> str:
    """Return what became of VEX statements; nothing when there were none."""
    if not (total.vex_applied or total.vex_unmatched):
        return ""
    return f", VEX applied {total.vex_applied}, VEX without a finding {total.vex_unmatched}"


def syncs(report: SyncReport) -> None:
    """Print what came of a sync, a source a line."""
    cells(
        ("source", "kind", "state", "rows", "pages", "seconds", "new", "fixed"),
        [
            (s.name, s.kind, s.state, s.rows, s.pages, f"{s.seconds:.1f}", s.counts.new,
             s.counts.fixed)
            for s in report.sources
        ],
        "table",
    )  # fmt: skip


def sources(views: Sequence[SourceView], now: datetime) -> None:
    """Print the configured sources."""
    table(columns.SOURCES, views, Frame(now), "table")


def findings(rows: Sequence[FindingRow], now: datetime, kind: str) -> None:
    """Print findings; with ids first, so that the next command can name one.

    CSV is for machines: whole ids, moments and numbers, the keys of the JSON document.
    """
    if kind == "csv":
        records = [subjects.finding(row) for row in rows]
        cells(subjects.FINDING_KEYS, [list(record.values()) for record in records], kind)
        return
    table(_named(columns.FINDINGS, "id"), rows, Frame(now), kind)


def models(rows: Sequence[ModelRow], now: datetime) -> None:
    """Print models."""
    table(columns.MODELS, rows, Frame(now), "table")
    _if_none(rows, "no model is known: a registry names them, readings of a monitor alone do not;"
             " `riskcockpit sources add NAME --kind mlflow --url …`, then `sync`")  # fmt: skip


def controls(views: Sequence[ControlView], now: datetime) -> None:
    """Print controls."""
    table(columns.CONTROLS, views, Frame(now), "table")


def control(view: ControlDetail) -> None:
    """Print one control with its SQL and the rows behind its verdict."""
    summary = view.summary
    line(f"{summary.id}  {summary.title}")
    line(f"  verdict      {summary.verdict}  {summary.message}".rstrip())
    line(f"  pillar       {summary.pillar}, severity {summary.severity}")
    for framework, refs in summary.frameworks.items():
        line(f"  {framework:<12} {', '.join(refs)}")
    trust = "" if view.is_trusted else ", not signed: runs in a process of its own"
    line(f"  pack         {view.pack}{trust}")
    for name, limit in view.inputs.items():
        line(f"  reads        {name}{'' if limit is None else f', {written(limit)} old at most'}")
    for name, value in view.params.items():
        said = f"  set here: {view.why_set[name]}" if name in view.why_set else ""
        line(f"  ${name:<11} {value}{said}")
    line(f"  why          {view.rationale}")
    line(f"  mend         {view.remediation}")
    line()
    lines(view.sql.rstrip())
    line()
    cells(
        ("status", "resource", "reason"),
        [(row.status.value, row.resource, row.reason) for row in view.rows],
        "table",
    )


def actions(rows: Sequence[ActionRow], now: datetime) -> None:
    """Print the outbox."""
    table(_named(columns.ACTIONS, "id"), rows, Frame(now), "table")
    _if_none(rows, "no decision has changed anything upstream yet")


def deployments(rows: Sequence[OfferRow]) -> None:
    """Print what can be decided about deployments, an answer or a way back a line."""
    cells(
        ("can be", "target", "version", "what", "since", "source"),
        [
            (_CAN_BE[row.kind], row.target, _version(row.version), row.what,
             stamp(row.since) if row.since else "", row.source)
            for row in rows
        ],
        "table",
    )  # fmt: skip
    _if_none(rows, "nothing waits, and nothing is known that served before")


def _version(version: str) -> str:
    """Return what `--to` takes for a version: of a commit its first digits are enough."""
    return version[:12] if _COMMIT.fullmatch(version) else version


_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_CAN_BE = {
    "deployment.approve": "approved",
    "deployment.reject": "rejected",
    "deployment.rollback": "rolled back to",
    "model.promote": "promoted",
}


def ledger(rows: Sequence[LedgerRow], now: datetime) -> None:
    """Print entries of the ledger."""
    table(_named(columns.LEDGER, "hash"), rows, Frame(now), "table")
    _if_none(rows, "the ledger has no entry yet")


def _named(all_columns: Sequence[Column[T]], key: str) -> list[Column[T]]:
    """Put the id first and let it stay on every terminal: the next command names a row by it."""
    kept = [replace(c, rank=0) if c.key == key else c for c in all_columns]
    return sorted(kept, key=lambda column: column.key != key)


def _if_none(rows: Sequence[object], words: str) -> None:
    """Say that a list is empty; stdout stays empty for what reads it."""
    if not rows:
        say(words)


def _timeless() -> Frame:
    """Return a frame for columns that show no age."""
    return Frame(datetime.min)  # noqa: DTZ901 - never read
