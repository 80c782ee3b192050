"""The policy of a gate: rules about findings, and demands on scans, read strictly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from riskcockpit.config.durations import parse_duration
from riskcockpit.config.settings import Struct
from riskcockpit.config.strict import Document, read_document


class GateRule(Struct, frozen=True):
    """How many findings of a query may be there."""

    id: str
    title: str
    query: str
    only: Literal["added", "all"] = "added"
    """Whether what the baseline has too counts."""
    most: int = 0
    hint: str = ""


class ScanDemands(Struct, frozen=True):
    """What the scans have to be, so that their silence says something."""

    tools: tuple[str, ...] = ()
    max_age: str = ""
    complete: bool = False
    quarantined: int = 0
    """Unreadable records that may be there."""


class GatePolicy(Struct, frozen=True):
    """The whole file."""

    rules: tuple[GateRule, ...] = ()
    scans: ScanDemands = msgspec.field(default_factory=ScanDemands)


def read_gate_policy(file: Path) -> GatePolicy:
    """Read the policy; queries are looked at when they are compiled.

    Raises:
        ConfigError: it cannot be used; the message names file, line and what to mend.
    """
    document = read_document(file, GatePolicy, "the gate's policy")
    for path, why, hint in _faults(document):
        raise document.source.fault(path, why, hint)
    return document.value


def _faults(document: Document[GatePolicy]) -> Iterator[tuple[str, str, str | None]]:
    """Yield (path, what is wrong, hint) for each value that no type refuses."""
    policy = document.value
    if not policy.rules:
        yield "rules", "there is none: such a gate lets everything pass", "add one"
    yield from _rule_faults(policy.rules)
    if policy.scans.quarantined < 0:
        yield "scans.quarantined", "is below zero", None
    if policy.scans.max_age:
        try:
            parse_duration(policy.scans.max_age)
        except ValueError as error:
            yield "scans.max_age", str(error), "as 15m, 24h or 7d"


def _rule_faults(rules: tuple[GateRule, ...]) -> Iterator[tuple[str, str, str | None]]:
    seen: set[str] = set()
    for index, rule in enumerate(rules):
        if rule.id in seen:
            yield f"rules[{index}].id", f'"{rule.id}" is there twice', "give it a name of its own"
        seen.add(rule.id)
        if not rule.id.strip():
            yield f"rules[{index}].id", "is empty", None
        if rule.most < 0:
            yield f"rules[{index}].most", "is below zero", "0 means that none may match"
