"""Targets that are not scraped any more, as a report of findings. Pure: labels are cleaned here.

What is not scraped says nothing, and a number that stays as it was looks healthy for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from riskcockpit.connectors.prometheus.wire import Target
from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.untrusted import clean_line

TOOL = "prometheus"
DOWN, STALE = "target-down", "target-stale"
_ASSETS = ("asset", "service", "app", "job")
_LONGEST = 300


def report(targets: Iterable[Target], until: datetime, most: timedelta) -> bytes:
    """Return the targets that are down, or were last scraped longer than `most` before `until`.

    The report is complete: what it does not name is scraped.
    """
    found = [record for target in targets if (record := _record(target, until, most))]
    found.sort(key=lambda one: (one["rule"], one["resource"]))
    document = {"tool": TOOL, "complete": True, "findings": found}
    return msgspec.json.encode(document, order="deterministic")


def _record(target: Target, until: datetime, most: timedelta) -> dict[str, Any] | None:
    labels = {clean_line(key): clean_line(value) for key, value in target.labels.items()}
    where = ", ".join(f"{key}={labels[key]}" for key in sorted(labels)) or "unnamed"
    if target.health == "down":
        why = clean_line(target.lastError)[:_LONGEST]
        return _finding(labels, where, DOWN, f"{_name(labels)} cannot be scraped", why)
    age = _age(target, until)
    if age is None or age <= most:
        return None  # never scraped yet, as after a start: nothing is known
    minutes = int(age.total_seconds() // 60)
    text = f"it was last scraped {minutes} minutes before it was looked at"
    return _finding(labels, where, STALE, f"{_name(labels)} is not scraped any more", text)


def _finding(
    labels: Mapping[str, str], where: str, rule: str, title: str, description: str
) -> dict[str, Any]:
    about: dict[str, Any] = {"class": "cloud", "resource": where}
    if model := labels.get("model", ""):
        about = {
            "class": "model", "model": model, "asset": model, "monitor": rule, "metric": rule,
            "segment": labels.get("instance", ""), "resource": where,
        }  # fmt: skip
    elif asset := next((labels[name] for name in _ASSETS if labels.get(name)), ""):
        about["asset"] = asset
    return {
        "title": title, "severity": "high", "rule": rule, "description": description, **about,
    }  # fmt: skip


def _name(labels: Mapping[str, str]) -> str:
    job, instance = labels.get("job", "a target"), labels.get("instance", "")
    return f"{job} at {instance}" if instance else job


def _age(target: Target, until: datetime) -> timedelta | None:
    try:
        scraped = parse_utc(target.lastScrape)
    except (ValueError, OverflowError):
        return None
    return None if scraped.year <= 1 else until - scraped
