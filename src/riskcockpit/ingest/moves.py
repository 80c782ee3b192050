"""Moves of a champion that nobody decided here: each is a finding until a decision follows it.

A registry keeps no history and names nobody. What moved the alias besides us is told with the
versions and the moment it was seen; a decision that moves it on, or ninety days, end the finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.finding import FindingClass, ModelSignal, Observation, Scan
from riskcockpit.domain.ids import digest
from riskcockpit.domain.severity import Severity
from riskcockpit.ingest.pipeline import ingest_all
from riskcockpit.ingest.policy import IngestPolicy, ScopeSpec
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql

WATCH = "riskcockpit.registry"
"""The tool that watches the aliases: this one."""
RULE = "champion.moved"
SPAN = timedelta(days=90)
"""For how long a move asks for an explanation."""


def judge_moves(tx: Writer, now: datetime, policy: IngestPolicy | None = None) -> None:
    """Make a finding of the last move of each champion that no decision explains, and end others.

    `decision_id` of the moves is filled in: this runs after the ledger was projected.
    """
    rows = {row[0]: row for row in tx.rows(sql("ingest", "moves_unexplained"), since=now - SPAN)}
    live = {row[0] for row in tx.rows(sql("ingest", "monitored_live"), tool=WATCH)}
    scans = [_scan(model, rows.get(model), now) for model in sorted(live | rows.keys())]
    if scans:
        ingest_all(tx, scans, policy or IngestPolicy(), now)


def _scan(model: str, move: Sequence[Any] | None, now: datetime) -> tuple[Scan, ScopeSpec]:
    seen = () if move is None else (_observation(move),)
    spec = ScopeSpec(
        asset=model,
        tool=WATCH,
        source_id=str(move[4]) if move else "",
        document=f"aliases of {model}",
        format="readings",
        content_hash=digest((model, *(f"{one.title} {one.onset_at}" for one in seen))),
        modified_at=now,
        is_complete=True,
        accepts_held=True,
    )
    return Scan(WATCH, seen, is_successful=True), spec


def _observation(move: Sequence[Any]) -> Observation:
    model, before, after, at, _, tier = move
    to = f"to version {after}" if after is not None else "away"
    return Observation(
        finding_class=FindingClass.MODEL,
        tool=WATCH,
        rule=RULE,
        title=f"{model}: the champion was moved from version {before} {to} by no decision here",
        severity=Severity.CRITICAL if after is None or tier == 1 else Severity.HIGH,
        record=f"{model}@champion",
        description=(
            f"Seen at {rfc3339(at)}. The registry does not say who moved it. A decision that moves"
            " the champion on ends this; a waiver or a note says why it may stay."
        ),
        severity_source="tier of the model",
        signal=ModelSignal(model, RULE, "champion"),
        asset=model,
        onset_at=at,
    )
