"""Firing alerts as one report of findings in the generic format. Pure: labels are cleaned here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from riskcockpit.connectors.alertmanager.wire import Alert
from riskcockpit.domain.clock import parse_utc, rfc3339
from riskcockpit.domain.severity import Severity
from riskcockpit.domain.untrusted import clean_line, clean_text

TOOL = "alertmanager"
_MOST_TEXT = 20_000
_MADE_OF = ("alertname", "severity")
"""Labels that say what an alert is and how bad, not what it is about."""


class AlertmanagerOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `options` of a source of kind `alertmanager`."""

    filters: tuple[str, ...] = ()
    """Matchers that all must hold, as `team="models"`; empty: all alerts."""
    receiver: str = ""
    """A regular expression over the names of receivers; empty: all."""
    severity_label: str = "severity"
    severities: dict[str, str] = {}
    """A value of the severity label → `critical`, `high`, `medium`, `low` or `info`."""
    default_severity: str = "medium"
    """Of alerts whose label says nothing we know."""
    model_label: str = "model"
    version_label: str = "version"
    """Names the version of the model, as `7` or `v7`; one that does not serve alarms nobody."""
    dataset_label: str = "dataset"
    metric_label: str = "metric"
    segment_labels: tuple[str, ...] = ("segment", "feature", "attribute")
    """The first of them that an alert has names its feature or group."""
    asset_labels: tuple[str, ...] = ("asset", "service", "app", "job")
    """The first of them that an alert has names its asset; a model or data set is its own."""
    ignored_labels: tuple[str, ...] = (
        *("pod", "container", "endpoint", "uid"),
        *("prometheus", "prometheus_replica", "replica"),
    )
    """Labels that change while the fault stays: no part of what an alert is."""
    asset: str = ""
    """The asset of alerts without any such label; empty: the name of the source."""


WORDS = {
    "critical": "critical", "page": "critical", "emergency": "critical", "p1": "critical",
    "error": "high", "major": "high", "high": "high", "p2": "high",
    "warning": "medium", "warn": "medium", "medium": "medium", "p3": "medium",
    "minor": "low", "low": "low", "p4": "low", "p5": "low", "ticket": "low",
    "info": "info", "informational": "info", "none": "info",
}  # fmt: skip
"""What monitoring people call severities; `severities` beats it."""


def report(alerts: Iterable[Alert], options: AlertmanagerOptions) -> bytes:
    """Return the alerts as one complete report in the generic format, in a fixed order."""
    records = [record(alert, options) for alert in alerts]
    records.sort(key=lambda item: (item["title"], item["unique_id_from_tool"]))
    document = {"tool": TOOL, "complete": True, "findings": records}
    return msgspec.json.encode(document, order="deterministic")


def record(alert: Alert, options: AlertmanagerOptions) -> dict[str, Any]:
    """Return one alert as a finding: a silenced one is suppressed at its source."""
    labels = alert.labels
    name = _of(labels, ("alertname",)) or "alert"
    found: dict[str, Any] = {
        "title": _title(alert, name),
        "severity": severity(labels.get(options.severity_label, ""), options),
        "rule": name,
        "unique_id_from_tool": alert.fingerprint,
        "description": "\n".join(_description(alert)),
        "active": not alert.status.silencedBy,
        **_subject(labels, name, options),
    }
    if lasting := _lasting(labels, options):
        found["labels"] = lasting
    if onset := _moment(alert.startsAt):
        found["onset_at"] = onset
    runbook = clean_line(alert.annotations.get("runbook_url", ""))
    if runbook.startswith("https://"):
        found["references"] = runbook
    return found


def severity(word: str, options: AlertmanagerOptions) -> str:
    """Return our word for the value of a severity label."""
    given = word.strip().lower()
    configured = {key.lower(): value for key, value in options.severities.items()}
    chosen = configured.get(given) or WORDS.get(given) or options.default_severity
    return chosen if Severity.from_word(chosen) else options.default_severity


def _subject(labels: Mapping[str, str], name: str, options: AlertmanagerOptions) -> dict[str, Any]:
    """Return what an alert is about: a model, a data set, or anything else that is monitored."""
    segment = _of(labels, options.segment_labels)
    signal = {"metric": _of(labels, (options.metric_label,)) or name, "monitor": name}
    if model := _of(labels, (options.model_label,)):
        version = _of(labels, (options.version_label,))
        of_version = {"component_name": model, "component_version": version} if version else {}
        whose = {"class": "model", "model": model, "asset": model, "segment": segment}
        return {**whose, **signal, **of_version}
    if data := _of(labels, (options.dataset_label,)):
        return {"class": "data", "resource": data, "asset": data, "segment": segment, **signal}
    about = sorted(set(labels) - {*_MADE_OF, options.severity_label, *options.ignored_labels})
    resource = ", ".join(f"{clean_line(key)}={clean_line(labels[key])}" for key in about)
    asset = _of(labels, options.asset_labels) or options.asset
    return {"class": "cloud", "resource": resource or name, **({"asset": asset} if asset else {})}


def _lasting(labels: Mapping[str, str], options: AlertmanagerOptions) -> dict[str, str]:
    """Return the labels a silence is made of: all that stay while the fault does.

    None at all when one cannot be kept as it is: fewer would silence more.
    """
    kept = {key: labels[key] for key in labels if key not in options.ignored_labels and labels[key]}
    are_plain = all(clean_line(text) == text for pair in kept.items() for text in pair)
    return kept if are_plain else {}


def _title(alert: Alert, name: str) -> str:
    said = (alert.annotations.get(key, "") for key in ("summary", "title", "message"))
    text = clean_line(next(filter(None, said), ""))
    return f"{name}: {text}" if text and name not in text else text or name


def _description(alert: Alert) -> Iterator[str]:
    for key in ("description", "message", "summary"):
        if text := clean_text(alert.annotations.get(key, ""))[:_MOST_TEXT]:
            yield text
            break
    if alert.status.inhibitedBy:
        yield "Held back upstream: another alert covers it."
    labels = sorted(alert.labels.items())
    yield "Labels: " + ", ".join(f"{clean_line(key)}={clean_line(value)}" for key, value in labels)
    if alert.generatorURL.startswith(("http://", "https://")):
        yield f"Rule: {clean_line(alert.generatorURL)}"


def _of(labels: Mapping[str, str], names: Iterable[str]) -> str:
    return next((text for name in names if (text := clean_line(labels.get(name, "")).strip())), "")


def _moment(text: str) -> str:
    try:
        return rfc3339(parse_utc(text))
    except (ValueError, OverflowError):
        return ""
