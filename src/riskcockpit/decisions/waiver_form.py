"""A waiver as text that people write, review and keep: a form that explains its fields. Pure.

A line is a comment (`#`), begins a field (`name: text`), or goes on with the one before (indented).
What is wrong is said with the number of its line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from textwrap import wrap
from typing import Any

from riskcockpit.decisions.waiver_record import (
    REQUIRED,
    Treatment,
    WaiverKind,
    kind_of,
)
from riskcockpit.decisions.waivers import parse_reason
from riskcockpit.domain.untrusted import clean_text
from riskcockpit.errors import InputError

TERMS = ("findings", "reason", "justification", "expires")
_LISTS = frozenset({"requirements", "controls"})
_WIDTH = 96
_BEGIN = "# A waiver. Lines with a # explain; a text goes on in indented lines.\n"

FIELDS: Mapping[str, str] = {
    "findings": "What is waived: a query, or ids of findings. The list is frozen when it is "
    "signed; new matches are not covered.",
    "reason": "One of component_not_present, vulnerable_code_not_present, "
    "vulnerable_code_not_in_execute_path, vulnerable_code_cannot_be_controlled_by_adversary, "
    "inline_mitigations_already_exist (it does not affect us, as OpenVEX says it), false_positive, "
    "risk_accepted, compensating_control, deferred. It decides what else is needed.",
    "justification": "Why the bank may live with it until then, for somebody who was not there.",
    "expires": "When it ends: a date as 2027-01-31, or 30d from now; its severity says how late.",
    "risk_owner": "Who of the business answers for the risk. Empty: who owns the assets, or you.",
    "treatment": f"One of {', '.join(each.value for each in Treatment)}. Empty: by the reason.",
    "review_at": "When somebody looks at it again. Empty: when its end is announced.",
    "requirements": "What it departs from: controls or requirements, with commas between.",
    "ticket": "The ticket or change that it belongs to.",
    "impact": "OpenVEX: why it does not affect us, beyond the reason.",
    "remediation": "The plan that ends the risk. Deferred, empty: the justification.",
    "remediation_owner": "Who carries the plan out. Deferred, empty: the owner of the risk.",
    "remediation_due": "By when, as 2027-01-31. Deferred, empty: when the waiver ends.",
    "constraint": "Compensating control: what prevents the fix, technically or in the business.",
    "objective": "Compensating control: what the original control is there for.",
    "objective_met": "Compensating control: how what compensates meets that, no less strictly.",
    "additional_risk": "Compensating control: what the departure adds, and how that is covered.",
    "controls": "Compensating control: ids of controls here that watch it (`riskcockpit controls "
    "list`), with commas between. They must hold; the waiver is suspended as soon as one does not.",
    "validation": "Compensating control: how it was tested that it compensates.",
    "last_tested": "Compensating control: when, as 2026-11-30.",
    "next_test": "Compensating control: when again.",
    "maintenance": "Compensating control: who keeps it working, and how.",
}
"""Field → what it is for, in the order of the form."""


@dataclass(frozen=True, slots=True)
class WaiverForm:
    """A form as it was filled in; nothing of it is checked against the bank's rules yet."""

    findings: str
    reason: str
    justification: str
    expires: str
    details: Mapping[str, Any] = field(default_factory=dict)
    """The fields of the record that were filled in."""


def write_form(known: Mapping[str, str]) -> str:
    """Return the form with what is known filled in."""
    parts = [_BEGIN]
    for name, why in FIELDS.items():
        lines = "\n".join(f"# {line}" for line in wrap(why, _WIDTH))
        text = known.get(name, "").strip().replace("\n", "\n  ")
        parts.append(f"{lines}\n{name}: {text}".rstrip() + "\n")
    return "\n".join(parts)


def read_form(text: str, where: str) -> WaiverForm:
    """Read a form that was filled in; `where` names it in messages.

    Raises:
        InputError: a line is none of a form, a field is unknown, stands twice, or is missing; the
            message names the line.
    """
    found: dict[str, str] = {}
    lines: dict[str, int] = {}
    for number, name, value in _fields(text, where):
        if name not in FIELDS:
            near = get_close_matches(name, FIELDS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(FIELDS)}"
            raise InputError(f'{where}: line {number}: unknown field "{name}"', hint=hint)
        if name in lines:
            raise InputError(
                f'{where}: line {number}: "{name}" stands in line {lines[name]} already'
            )
        found[name], lines[name] = clean_text(value).strip(), number
    _refuse_incomplete(found, lines, where)
    details = {name: _value(name, text) for name, text in found.items() if text}
    terms = {name: found[name] for name in TERMS}
    return WaiverForm(
        **terms, details={name: value for name, value in details.items() if name not in TERMS}
    )


def _fields(text: str, where: str) -> Iterator[tuple[int, str, str]]:
    number, name, parts = 0, "", [""]
    for at, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line[0] in " \t" and name:
            parts.append(line.strip())
            continue
        if name:
            yield number, name, "\n".join(parts)
        before, colon, after = line.partition(":")
        if not colon or line[0] in " \t":
            raise InputError(
                f"{where}: line {at} is no field and no comment: {line.strip()[:40]!r}",
                hint="write it as `name: text`, and indent what goes on",
            )
        number, name, parts = at, before.strip(), [after.strip()]
    if name:
        yield number, name, "\n".join(parts)


def _refuse_incomplete(found: Mapping[str, str], lines: Mapping[str, int], where: str) -> None:
    for name in TERMS:
        if not found.get(name):
            raise InputError(_missing(name, lines, where), hint=FIELDS[name])
    try:
        reason = parse_reason(found["reason"])
    except InputError as error:
        line = f"{where}: line {lines['reason']}: "
        raise InputError(f"{line}{error.message}", hint=error.hint) from error
    kind = kind_of(reason)
    if kind is not WaiverKind.COMPENSATING_CONTROL:
        return  # what the others want beside their terms has a default
    for name in REQUIRED[kind]:
        if name != "risk_owner" and not found.get(name):
            raise InputError(_missing(name, lines, where), hint=FIELDS[name])


def _missing(name: str, lines: Mapping[str, int], where: str) -> str:
    place = f"line {lines[name]}: {name} is empty" if name in lines else f"{name} is missing"
    return f"{where}: {place}"


def _value(name: str, text: str) -> Any:
    if name not in _LISTS:
        return text
    return tuple(part.strip() for part in text.replace("\n", ",").split(",") if part.strip())
