"""The rules of automation: which readings alarm, propose or roll back, and every limit on that.

The structs are the schema (`config/automation.schema.json`). What may follow from a rule is judged
in `actions.automation`; which version of the file is in force says the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from riskcockpit.config.durations import parse_duration
from riskcockpit.config.settings import Struct
from riskcockpit.config.strict import Document, parse_document, read_document
from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.reading import ROLLS_BACK, Direction, MetricClass

WHAT = "automation"
"""What is read, for messages."""
_LEAST_COOLDOWN_SECONDS = 60
_MOST_WINDOWS = 100


class Rule(Struct, frozen=True, kw_only=True):
    """One rule: a reading that stays beyond its limit, and what follows."""

    id: str
    reading: str = "*"
    """Name of the metric, or a pattern as `accuracy*`."""
    class_: MetricClass = msgspec.field(name="class")
    """Readings of another class are none of this rule's business."""
    models: tuple[str, ...] = ("*",)
    """Names or patterns."""
    threshold: float | None = None
    """In the unit of the reading; None: the one that comes with each reading."""
    direction: Direction | None = None
    """On which side of the threshold values are good; None: as the reading says."""
    windows: int = 2
    """How many windows in a row must lie beyond it."""
    window: str = ""
    """Readings closer together belong to one window; empty: the span each reading says it has."""
    min_sample: int = 0
    """Cases a reading must rest on; one that does not say how many then counts for nothing."""
    hysteresis: float = 0.0
    """How far back on the good side, in the unit of the reading, `windows` windows must be before
    the rule speaks again for the same version."""
    max_age: str = "15m"
    """An older reading is stale: it says nothing of now."""
    action: Literal["alarm", "rollback"] = "alarm"
    cooldown: str = "4h"
    """After any rollback of the model, and after any proposal of this automation."""
    max_per_day: int = 1
    """Proposals and rollbacks for one model in 24 hours."""


class Silence(Struct, frozen=True):
    """How the alerts of a version that was rolled back are silenced."""

    duration: str = msgspec.field(name="for", default="2h")
    """Empty: not at all."""
    sources: tuple[str, ...] = ()
    """Names of Alertmanager sources; empty: every one that we may write to."""
    model_label: str = "model"
    version_label: str = "version"
    version_format: str = "{version}"
    """How the label writes version 7; as `v{version}`."""


class Enforcement(Struct, frozen=True):
    """That a model is rolled back without asking."""

    approver: str
    """The principal who answers for it; has to be allowed to approve rollbacks."""
    until: str = ""
    """A date or moment after which it only proposes again; empty: until it is changed."""


class Automation(Struct, frozen=True):
    """The whole file."""

    version: Literal[1] = 1
    cycle: str = "15s"
    """How often the sources are looked at."""
    publish: str = "5m"
    """How often a look is published, judged and signed when nothing happens."""
    sources: dict[str, str] = msgspec.field(default_factory=dict)
    """Source → how often it is looked at; empty: registries every minute, monitors every cycle."""
    kill_switch: tuple[str, ...] = ()
    """Files of which each one stops all automation while it exists, beside our own."""
    max_per_day: int = 3
    """Rollbacks without asking in 24 hours, over all models."""
    recovery: str = "15m"
    """How long the version that took over may take to prove itself."""
    silence: Silence = Silence()
    enforce: dict[str, Enforcement] = msgspec.field(default_factory=dict)
    """Model → who answers for rolling it back without asking. All others are proposed."""
    rules: tuple[Rule, ...] = ()


def read_automation(file: Path) -> Document[Automation]:
    """Read the rules.

    Raises:
        ConfigError: they cannot be used; the message names file, line and what to mend.
    """
    return _checked(read_document(file, Automation, WHAT))


def parse_automation(text: str, file: Path) -> Document[Automation]:
    """Read the rules from text; `file` is for messages. Raises as `read_automation`."""
    return _checked(parse_document(text, file, Automation, WHAT))


def automation_schema() -> dict[str, Any]:
    """Return the JSON Schema of the file, for editors."""
    schema = msgspec.json.schema(Automation)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "riskcockpit automation"
    return schema


def _checked(document: Document[Automation]) -> Document[Automation]:
    for path, why, hint in _faults(document.value):
        raise document.source.fault(path, why, hint)
    return document


def _faults(automation: Automation) -> Iterator[tuple[str, str, str | None]]:
    """Yield (path, what is wrong, hint) for each value that no type refuses."""
    for path, text in _spans(automation):
        yield from _span_faults(path, text)
    if automation.max_per_day < 0:
        yield "max_per_day", "is below zero", "0 means that nothing is rolled back without asking"
    if "{version}" not in automation.silence.version_format:
        yield "silence.version_format", 'has no "{version}" in it', 'as "v{version}"'
    for model, who in automation.enforce.items():
        yield from _enforcement_faults(f"enforce.{model}", who)
    seen: set[str] = set()
    for index, rule in enumerate(automation.rules):
        if rule.id in seen:
            yield f"rules[{index}].id", f'"{rule.id}" is there twice', "give it a name of its own"
        if not rule.id.strip():
            yield f"rules[{index}].id", "is empty", None
        seen.add(rule.id)
        yield from _rule_faults(f"rules[{index}]", rule)


def _spans(automation: Automation) -> Iterator[tuple[str, str]]:
    for name in ("cycle", "publish", "recovery"):
        yield name, getattr(automation, name)
    for source, text in automation.sources.items():
        yield f"sources.{source}", text
    if automation.silence.duration:
        yield "silence.for", automation.silence.duration


def _rule_faults(path: str, rule: Rule) -> Iterator[tuple[str, str, str | None]]:
    if rule.action == "rollback" and rule.class_ not in ROLLS_BACK:
        yield (
            f"{path}.action",
            f"readings of the class {rule.class_.value} never roll back",
            "the older version sees the same data; use action: alarm",
        )
    if not 1 <= rule.windows <= _MOST_WINDOWS:
        yield f"{path}.windows", f"must be 1 to {_MOST_WINDOWS}", None
    for name in ("min_sample", "hysteresis", "max_per_day"):
        if getattr(rule, name) < 0:
            yield f"{path}.{name}", "is below zero", None
    for name in ("max_age", "cooldown", *(["window"] if rule.window else ())):
        yield from _span_faults(f"{path}.{name}", getattr(rule, name))
    if rule.action == "rollback" and _seconds(rule.cooldown) < _LEAST_COOLDOWN_SECONDS:
        yield f"{path}.cooldown", "is shorter than a minute", "a version needs time to prove itself"


def _span_faults(path: str, text: str) -> Iterator[tuple[str, str, str | None]]:
    if _seconds(text) < 1:
        yield path, f'"{text}" is not a duration', "as 15s, 15m or 4h"


def _seconds(text: str) -> float:
    try:
        return parse_duration(text).total_seconds()
    except ValueError:
        return -1.0


def _enforcement_faults(path: str, who: Enforcement) -> Iterator[tuple[str, str, str | None]]:
    if not who.approver.strip():
        yield f"{path}.approver", "is empty", "name the person who answers for it"
    if who.until:
        try:
            parse_utc(who.until)
        except (ValueError, OverflowError):
            yield f"{path}.until", f'"{who.until}" is not a moment', "as 2027-01-31"
