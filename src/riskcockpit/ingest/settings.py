"""Settings of upstream systems as they are now, and a journal of every change between two syncs.

What explains a change is settled at every publish: the deployment that brought it may be read after
it. `ingest.changes` makes findings of what nothing explains.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from riskcockpit.domain.configuration import Setting
from riskcockpit.domain.deployment import NOT_PRODUCTION, PRODUCTION
from riskcockpit.ingest.staging import TABLES
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql


def record_settings(
    tx: Writer, settings: Sequence[Setting], source_id: str, now: datetime, *, is_whole: bool
) -> int:
    """Take over settings and note what changed; return how many did.

    With `is_whole` these are all that the source has: others of it are forgotten.
    """
    latest = {(one.kind, one.asset, one.name): one for one in settings}
    if not latest and not is_whole:
        return 0
    tx.stage("incoming_setting", TABLES["incoming_setting"], [_row(one) for one in latest.values()])
    stamp: dict[str, Any] = {"source_id": source_id, "now": now}
    changes = tx.records(sql("ingest", "setting_changes"), **stamp)
    unsettled = {"source_id": source_id, "is_production": False, "explained_by": ""}
    tx.append("setting_change", ({**one, **unsettled} for one in changes))
    for name in ("setting_update", "setting_insert"):
        tx.execute(sql("ingest", name), **stamp, rev=tx.generation)
    if is_whole:
        tx.execute(sql("ingest", "setting_gone"), source_id=source_id)
    return len(changes)


def settle_settings(tx: Writer) -> None:
    """Settle which settings are of production, and what explains the changes of settings."""
    words = {"word": PRODUCTION, "denied": NOT_PRODUCTION}
    tx.execute(sql("ingest", "setting_production"), **words, rev=tx.generation)
    for name in ("setting_change_production", "setting_explained"):
        tx.execute(sql("ingest", name), rev=tx.generation)


def _row(one: Setting) -> tuple[Any, ...]:
    return (
        one.kind.value, one.asset, one.name, one.environment, one.value, one.declared, one.at,
    )  # fmt: skip
