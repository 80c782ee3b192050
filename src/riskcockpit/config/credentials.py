"""Credentials by reference: resolved late, held in memory only, never printed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, repr=False)
class Credential:
    """A resolved secret. Its `repr` and `str` show the source, never the value."""

    value: str
    source: str
    """Where it came from, as `env MLFLOW_TOKEN`."""
    expires_at: datetime | None = None
    username: str = ""
    """Set for basic authentication; `value` is then the password."""

    def __repr__(self) -> str:
        return f"<credential from {self.source}>"
