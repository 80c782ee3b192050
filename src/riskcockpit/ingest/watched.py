"""What the watch itself finds about models: silence where readings should be, and no recovery.

Each model has one complete report, so that what is not told any more ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from riskcockpit.domain.finding import FindingClass, ModelSignal, Observation, Scan
from riskcockpit.domain.ids import digest
from riskcockpit.domain.severity import Severity
from riskcockpit.ingest.pipeline import ingest_all
from riskcockpit.ingest.policy import IngestPolicy, ScopeSpec
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql

WATCH = "riskcockpit.watch"
"""The tool that finds this: the watch."""
STALE = "reading.stale"
"""The rule for silence where readings should be."""


@dataclass(frozen=True, slots=True)
class WatchFault:
    """Something about a model that no reading says."""

    model: str
    rule: str
    """`reading.stale` or `rollback.no-recovery`."""
    metric: str
    segment: str
    title: str
    tier: int


def record_faults(
    tx: Writer,
    faults: Mapping[str, Sequence[WatchFault]],
    now: datetime,
    *,
    policy: IngestPolicy | None = None,
) -> None:
    """Make findings of the faults of each model, and end those of models that have none any more.

    `faults` has every model that is watched; one without faults may be left out. A model whose
    faults are those of its last report is left alone.
    """
    live = {asset for (asset,) in tx.rows(sql("ingest", "monitored_live"), tool=WATCH)}
    last = dict(tx.rows(sql("ingest", "watched_last"), tool=WATCH))
    scans = []
    for model in sorted({*live, *(name for name, found in faults.items() if found)}):
        found = faults.get(model, ())
        content = digest([model, *(f"{f.rule} {f.metric}/{f.segment}" for f in found)])
        if last.get(model) == content:
            continue
        scope = ScopeSpec(
            asset=model,
            tool=WATCH,
            source_id=WATCH,
            document=f"watch over {model}",
            format="watch",
            content_hash=content,
            modified_at=now,
            is_complete=True,
            accepts_held=True,
        )
        scan = Scan(WATCH, tuple(map(_observation, found)), is_successful=True)
        scans.append((scan, scope))
    ingest_all(tx, scans, policy or IngestPolicy(), now)


def _observation(fault: WatchFault) -> Observation:
    return Observation(
        finding_class=FindingClass.MODEL,
        tool=WATCH,
        rule=fault.rule,
        title=fault.title,
        severity=Severity.HIGH if fault.tier == 1 else Severity.MEDIUM,
        record=f"{fault.rule}/{fault.metric}/{fault.segment}",
        severity_raw="watch",
        severity_source="tier of the model",
        signal=ModelSignal(fault.model, fault.rule, fault.metric, fault.segment),
        asset=fault.model,
    )
