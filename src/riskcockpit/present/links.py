"""Addresses a person may open: those of a finding, checked, because they come from outside."""

from __future__ import annotations

import json
import string
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:  # the fence of the cockpit needs no records
    from riskcockpit.views.findings import FindingDetail

LONGEST = 2_048
_WRITTEN = frozenset(string.ascii_letters + string.digits + "-._~:/?#[]@!$&'()*+,;=%")
"""What an address may be written with (RFC 3986)."""
_UPSTREAM = ("html_url", "web_url", "webUrl", "alert_url", "permalink")
"""Where tools say in their record which page shows it."""


def is_safe(address: str) -> bool:
    """Return whether an address leads to a page of the web, and to the host one reads in it."""
    if not address or len(address) > LONGEST or not _WRITTEN.issuperset(address):
        return False
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - a port that is none raises
    except ValueError:
        return False
    has_user = "@" in parts.netloc  # https://your-bank.example@somewhere.else/
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not has_user


def links_of(detail: FindingDetail) -> tuple[tuple[str, str], ...]:
    """Return the addresses a finding has, as (what is there, address), the page upstream first."""
    found = [("upstream", address) for address in _upstream(detail.raw)]
    found.append(("about it", detail.help_url.strip()))
    known: dict[str, str] = {}
    for what, address in found:
        if is_safe(address):
            known.setdefault(address, what)
    return tuple((what, address) for address, what in known.items())


def _upstream(raw: str) -> list[str]:
    try:
        record = json.loads(raw) if raw else None
    except (ValueError, RecursionError):
        return []
    if not isinstance(record, dict):
        return []
    return [record[key] for key in _UPSTREAM if isinstance(record.get(key), str)]
