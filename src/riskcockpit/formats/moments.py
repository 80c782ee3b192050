"""Moments as reports write them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from riskcockpit.domain.clock import parse_utc


def moment(value: Any) -> datetime | None:
    """Return the moment that the text `value` says, aware UTC; None when it says none."""
    if not isinstance(value, str):
        return None
    try:
        return parse_utc(value)
    except (ValueError, OverflowError):
        return None
