"""Changes that nobody decided here: each is a finding until something explains or reverts it.

Two kinds of facts show them. Of aliases a registry keeps no history and names nobody: a move of the
champion that no decision made. Of settings (what runs, who may change code, what is served) one
between two syncs that no deployment with a known origin and no decision explains, and what is other
than it was declared. A decision, the way back, or ninety days end the finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.configuration import SettingKind
from riskcockpit.domain.finding import FindingClass, ModelSignal, Observation
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.ingest.judged import Judged, settle_judged
from riskcockpit.ingest.policy import IngestPolicy
from riskcockpit.ingest.settings import settle_settings
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql

REGISTRY = "riskcockpit.registry"
"""The tool that watches the aliases: this one."""
CONFIGURATION = "riskcockpit.configuration"
"""The tool that watches the settings: this one."""
_WATCHED = {REGISTRY: "aliases", CONFIGURATION: "settings"}
MOVED = "champion.moved"
SPAN = timedelta(days=90)
"""For how long a change asks for an explanation."""
_LONGEST_VALUE = 160
_PILLARS = {
    SettingKind.WORKLOAD: Pillar.INFRASTRUCTURE_HARDENING,
    SettingKind.AGREEMENT: Pillar.INFRASTRUCTURE_HARDENING,
    SettingKind.PROTECTION: Pillar.COMPLIANCE_AUTOMATION,
    SettingKind.SERVING: Pillar.COMPLIANCE_AUTOMATION,
}


def judge_changes(tx: Writer, now: datetime, policy: IngestPolicy | None = None) -> None:
    """Make a finding of everything that changed and that nothing explains, and end others.

    This runs after the ledger was projected and the deployments were settled.
    """
    settle_settings(tx)
    judged = (*_moves(tx, now), *_settings(tx, now))
    settle_judged(tx, _WATCHED, judged, now, policy or IngestPolicy())


def _moves(tx: Writer, now: datetime) -> Iterator[Judged]:
    """Yield the last move of each champion, where no decision explains it."""
    for row in tx.rows(sql("ingest", "moves_unexplained"), since=now - SPAN):
        yield Judged(row[4], _move(row))


def _settings(tx: Writer, now: datetime) -> Iterator[Judged]:
    for row in tx.records(sql("ingest", "settings_unexplained"), since=now - SPAN):
        yield Judged(row["source_id"], _setting(**row))


def _move(move: Sequence[Any]) -> Observation:
    model, before, after, at, _, tier = move
    to = f"to version {after}" if after is not None else "away"
    return Observation(
        finding_class=FindingClass.MODEL,
        tool=REGISTRY,
        rule=MOVED,
        title=f"{model}: the champion was moved from version {before} {to} by no decision here",
        severity=Severity.CRITICAL if after is None or tier == 1 else Severity.HIGH,
        record=f"{model}@champion",
        description=(
            f"Seen at {rfc3339(at)}. The registry does not say who moved it. A decision that moves"
            " the champion on ends this; a waiver or a note says why it may stay."
        ),
        severity_source="tier of the model",
        signal=ModelSignal(model, MOVED, "champion"),
        asset=model,
        onset_at=at,
    )


def _setting(  # noqa: PLR0913 - a row is all of these
    *, source_id: str, kind: str, asset: str, name: str, environment: str, before: str, after: str,
    at: datetime, is_production: bool,
) -> Observation:  # fmt: skip
    is_agreement = kind == SettingKind.AGREEMENT
    where = f" in {environment}" if environment else ""
    what = "is not as declared" if is_agreement else "was changed by nothing known here"
    mend = "bring both together, or declare what runs" if is_agreement else (
        "change it back, deploy it by a pipeline that is read here, or decide that it may stay with"
        " a waiver"
    )  # fmt: skip
    return Observation(
        finding_class=FindingClass.CLOUD,
        tool=CONFIGURATION,
        rule=f"{kind}.{'differs' if is_agreement else 'changed'}",
        title=f"{asset}: {name}{where} {what}",
        severity=Severity.HIGH if is_production else Severity.LOW,
        record=f"{asset}/{name}",
        description=(
            f"It {'has to be' if is_agreement else 'was'} {_cut(before)} and is {_cut(after)}, as"
            f" {source_id} says, since {rfc3339(at)}. To end this: {mend}."
        ),
        severity_source="whether it is of production",
        resource=f"{environment}/{name}" if environment else name,
        asset=asset,
        pillar=_PILLARS[SettingKind(kind)],
        onset_at=at,
    )


def _cut(value: str) -> str:
    shown = f"{value[:_LONGEST_VALUE]}…" if len(value) > _LONGEST_VALUE else value
    return f'"{shown}"' if shown else "nothing"
