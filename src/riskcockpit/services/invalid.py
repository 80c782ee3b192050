"""Controls whose file cannot be read: they judge nothing, and everybody sees that they do not.

The cache keeps what it knew of one: its title, pillar and severity, until the file is mended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from riskcockpit.controls.pack import Invalid
from riskcockpit.domain.control import Verdict
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.store.sql import sql

if TYPE_CHECKING:  # it imports duckdb
    from riskcockpit.store.database import Reader


def invalid_rows(
    reader: Reader, invalid: Iterable[Invalid], now: datetime
) -> tuple[Mapping[str, Any], ...]:
    """Return the rows of the table `control` for controls that cannot be read."""
    listed = tuple(invalid)
    if not listed:
        return ()
    known = {row["id"]: row for row in reader.records(sql("services", "governance_control"))}
    return tuple(_row(each, known.get(each.id), now) for each in listed)


def _row(each: Invalid, known: Mapping[str, Any] | None, now: datetime) -> Mapping[str, Any]:
    past = known or {
        "title": each.id,
        "pillar": Pillar.COMPLIANCE_AUTOMATION.value,
        "severity": int(Severity.HIGH),
        "frameworks": "{}",
    }
    return {
        **{name: past[name] for name in ("title", "pillar", "severity", "frameworks")},
        "id": each.id,
        "verdict": Verdict.CONFIG_INVALID.value,
        "message": reason(each),
        "passed": 0,
        "failed": 0,
        "at": now,
        "digest": None,
        "inputs": None,
    }


def reason(each: Invalid) -> str:
    """Return why a control cannot be read, and what would mend it, in one line."""
    return f"{each.error.message} ({each.error.hint})" if each.error.hint else each.error.message
