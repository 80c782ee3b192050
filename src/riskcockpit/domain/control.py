"""Results of controls: one row per judged resource, one verdict per control."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class RowStatus(StrEnum):
    """What a control's SQL may say of a resource."""

    OK = "ok"
    ALARM = "alarm"
    INFO = "info"
    SKIP = "skip"
    ERROR = "error"


class Verdict(StrEnum):
    """What a control as a whole came to. `no_data` and `stale` are never a pass."""

    OK = "ok"
    ALARM = "alarm"
    ERROR = "error"
    NO_DATA = "no_data"
    STALE = "stale"
    CONFIG_INVALID = "config_invalid"


@dataclass(frozen=True, slots=True)
class ControlRow:
    """One judged resource."""

    resource: str
    status: RowStatus
    reason: str
    """One readable sentence with the numbers."""
    dimensions: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_waived(self) -> bool:
        """Whether a waiver covers it: the row keeps its status and is counted apart."""
        return bool(self.dimensions.get("waived_by"))


@dataclass(frozen=True, slots=True)
class ControlResult:
    """The outcome of one control over one snapshot."""

    control_id: str
    verdict: Verdict
    rows: tuple[ControlRow, ...]
    at: datetime
    """The moment the control was judged for (`$as_of`), aware UTC."""
    message: str = ""
    """Why it is an error, stale or without data; empty otherwise."""

    @property
    def passed(self) -> int:
        """Rows that are ok or info."""
        return sum(row.status in (RowStatus.OK, RowStatus.INFO) for row in self.rows)

    @property
    def failed(self) -> int:
        """Rows that are alarm or error and not waived."""
        bad = (RowStatus.ALARM, RowStatus.ERROR)
        return sum(row.status in bad and not row.is_waived for row in self.rows)
