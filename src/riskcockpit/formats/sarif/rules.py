"""The rules of a SARIF run, and how a result finds its own (facts/findings.md 4.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from riskcockpit.domain.finding import Problem
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.amending import decode_amended
from riskcockpit.formats.sarif.messages import first_text
from riskcockpit.formats.sarif.model import (
    Component,
    ComponentReference,
    Invocation,
    Result,
    Rule,
    RuleReference,
    Text,
    Tool,
)
from riskcockpit.formats.secrets import is_secret_rule
from riskcockpit.formats.vulnerabilities import cwe_numbers, vulnerability_ids

MAX_ABOUT = 1_000
"""Characters of a rule's explanation that are repeated on each of its findings."""
_DECODER = msgspec.json.Decoder(Rule)


@dataclass(frozen=True, slots=True)
class KnownRule:
    """What a run says of one rule, cleaned."""

    id: str
    label: str = ""
    """What the rule is about, in one line."""
    about: str = ""
    """The same at more length; at most 1,000 characters."""
    level: str = ""
    override_level: str = ""
    """The level an invocation set for this run."""
    score: str = ""
    """`security-severity` as the rule has it: a number, or a word."""
    tags: tuple[str, ...] = ()
    cwes: tuple[int, ...] = ()
    help_text: str = ""
    help_url: str = ""
    vulnerability_ids: tuple[str, ...] = ()
    messages: Mapping[str, str] = field(default_factory=dict)
    is_enabled: bool = True
    is_secret: bool = False
    """Its tags say that its findings are secrets."""


class RuleBook:
    """All rules of one run; `find` answers for each result."""

    def __init__(self, tool: Tool, invocations: Iterable[Invocation], place: str) -> None:
        driver = tool.driver or Component()
        self._components = [driver, *(tool.extensions or ())]
        self._by_index: list[list[KnownRule | None]] = []
        self._by_id: list[dict[str, KnownRule]] = []
        self._by_guid: dict[str, KnownRule] = {}
        self._found: dict[tuple[Any, ...], KnownRule] = {}
        self.problems: list[Problem] = []
        for number, component in enumerate(self._components):
            where = "driver" if number == 0 else f"extensions[{number - 1}]"
            self._read(component, f"{place}.tool.{where}")
        for invocation in invocations:
            self._override(invocation)

    def find(self, result: Result, message: str) -> KnownRule:
        """Return the rule of `result`; one made up from its id or `message` when none is known."""
        reference = result.rule
        if reference is None:
            key: tuple[Any, ...] = (result.rule_id, result.rule_index)
        else:
            component = reference.tool_component
            key = (
                result.rule_id or reference.id,
                reference.index if result.rule_index is None else result.rule_index,
                reference.guid,
                component and (component.index, component.name, component.guid),
            )
        if key[0] is None and (key[1] is None or key[1] < 0):
            key = (*key, message)
        rule = self._found.get(key)
        if rule is None:
            rule = self._found[key] = self._look_up(result, key[0], key[1], message)
        return rule

    def enabled(self) -> frozenset[str]:
        """Return the ids of all listed rules that were not switched off."""
        return frozenset(
            rule.id for rules in self._by_index for rule in rules if rule and rule.is_enabled
        )

    def _look_up(
        self, result: Result, rule_id: str | None, index: int | None, message: str
    ) -> KnownRule:
        number = self._component(result.rule.tool_component if result.rule else None)
        rule = None
        if index is not None and 0 <= index < len(self._by_index[number]):
            rule = self._by_index[number][index]
            if rule is not None and rule_id and not _is_same(rule_id, rule.id):
                rule = self._by_name(rule_id, number) or rule  # the index is off
        if rule is None and result.rule is not None and result.rule.guid:
            rule = self._by_guid.get(result.rule.guid)
        if rule is None and rule_id:
            rule = self._by_name(rule_id, number)
        written = wording.name(rule_id or "")
        if rule is None:
            known = written or wording.title(message) or "unknown"
            return KnownRule(id=known, vulnerability_ids=vulnerability_ids(known))
        return rule if not written or written == rule.id else replace(rule, id=written)

    def _by_name(self, rule_id: str, number: int) -> KnownRule | None:
        """Find a rule by its exact id, then by the id without its trailing `/x` parts."""
        order = [
            self._by_id[number],
            *(ids for ids in self._by_id if ids is not self._by_id[number]),
        ]
        while rule_id:
            for ids in order:
                if rule_id in ids:
                    return ids[rule_id]
            rule_id = rule_id.rpartition("/")[0]
        return None

    def _component(self, reference: ComponentReference | None) -> int:
        if reference is None:
            return 0
        if reference.index is not None and 0 <= reference.index < len(self._components) - 1:
            return reference.index + 1
        for number, component in enumerate(self._components):
            if (reference.guid and component.guid == reference.guid) or (
                reference.name and component.name == reference.name
            ):
                return number
        return 0

    def _read(self, component: Component, place: str) -> None:
        rules: list[KnownRule | None] = []
        shared = _texts(component.global_message_strings)
        for index, raw in enumerate(component.rules or ()):
            try:
                rule = decode_amended(raw, _DECODER, frozenset({"id"}))
            except SkipRecordError as fault:
                self.problems.append(Problem(f"{place}.rules[{index}]", fault.message))
                rules.append(None)
                continue
            known = _known(rule, shared)
            rules.append(known)
            if rule.guid:
                self._by_guid[rule.guid] = known
        self._by_index.append(rules)
        self._by_id.append({rule.id: rule for rule in reversed(rules) if rule and rule.id})

    def _override(self, invocation: Invocation) -> None:
        for override in invocation.rule_configuration_overrides or ():
            descriptor, configuration = override.descriptor, override.configuration
            if descriptor is None or configuration is None:
                continue
            number, index = self._place_of(descriptor)
            rule = self._by_index[number][index] if index >= 0 else None
            if rule is None:
                continue
            changed = replace(
                rule,
                override_level=configuration.level or rule.override_level,
                is_enabled=rule.is_enabled
                if configuration.enabled is None
                else configuration.enabled,
            )
            self._by_index[number][index] = changed
            self._by_id[number][changed.id] = changed

    def _place_of(self, descriptor: RuleReference) -> tuple[int, int]:
        """Return component and index of a rule; index -1 when it is not there."""
        number = self._component(descriptor.tool_component)
        rules = self._by_index[number]
        if descriptor.index is not None and 0 <= descriptor.index < len(rules):
            return number, descriptor.index
        ids = [rule.id if rule else "" for rule in rules]
        return number, ids.index(descriptor.id) if descriptor.id in ids else -1


def _known(rule: Rule, shared: Mapping[str, str]) -> KnownRule:
    properties = rule.properties or {}
    configuration = rule.default_configuration
    about = first_text(rule.full_description, rule.help)
    label = first_text(rule.short_description) or rule.name or about
    tags = tuple(wording.name(tag) for tag in _strings(properties.get("tags")))
    related = (
        relation.target.id or ""
        for relation in rule.relationships or ()
        if relation.target and _is_cwe(relation.target.tool_component)
    )
    cwe_texts = [*tags, *_cwe_fields(properties), *(f"CWE-{_digits(item)}" for item in related)]
    rule_id = wording.name(rule.id or rule.guid or rule.name or "")
    ids = vulnerability_ids(" ".join((rule_id, *tags)))
    return KnownRule(
        id=rule_id,
        label=wording.title(label),
        about=wording.cut(wording.description(about), MAX_ABOUT),
        level=wording.name((configuration and configuration.level) or ""),
        score=wording.scalar(properties.get("security-severity")),
        tags=tags,
        cwes=cwe_numbers(cwe_texts),
        help_text=first_text(rule.help),
        help_url=wording.name(rule.help_uri or ""),
        vulnerability_ids=ids,
        messages={**shared, **_texts(rule.message_strings)},
        is_enabled=not (configuration and configuration.enabled is False),
        is_secret=is_secret_rule(tags),
    )


def _texts(strings: Mapping[str, Text] | None) -> dict[str, str]:
    return {key: first_text(text) for key, text in (strings or {}).items()}


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, str))


def _cwe_fields(properties: Mapping[str, Any]) -> Iterator[str]:
    value = properties.get("cwe")
    if isinstance(value, str):
        yield value
    yield from _strings(value)


def _is_same(written: str, rule_id: str) -> bool:
    """Whether the id in a result is that of the rule, perhaps with a more specific ending."""
    return wording.name(written) == rule_id or written.startswith(f"{rule_id}/")


def _is_cwe(component: ComponentReference | None) -> bool:
    return component is not None and (component.name or "").upper() == "CWE"


def _digits(text: str) -> str:
    return text.upper().removeprefix("CWE-")
