"""Whether an operator and a value fit a field; the words of the errors when they do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from riskcockpit.domain.severity import Severity
from riskcockpit.store.query import values
from riskcockpit.store.query.ast import Operator
from riskcockpit.store.query.fields import Field, Kind, nearest

MAX_PATTERN = 500
"""Characters of a regular expression; RE2 runs in linear time, this bounds its size."""
_ANY_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and what to write instead."""

    message: str
    hint: str | None = None


def operator_fault(field: Field, operator: Operator) -> Fault | None:
    """Return why `operator` does not suit `field`, or None."""
    if operator in field.operators:
        return None
    allowed = " ".join(field.operators)
    return Fault(f"{field.name!r} cannot be compared by {operator.value!r}", f"it takes {allowed}")


def check_value(field: Field, operator: Operator, value: str) -> Fault | None:
    """Return why `value` does not suit `field`, or None."""
    if "\x00" in value:
        return Fault("a value cannot hold a null character")
    if operator is Operator.MATCHES:
        return _pattern_fault(value)
    if field.kind in (Kind.SEVERITY, Kind.STATE, Kind.WORD, Kind.FLAG):
        return _word_fault(field, operator, value)
    reader = _READERS.get(field.kind)
    if reader is None:
        return None
    try:
        reader(value)
    except ValueError as error:
        return Fault(f"{field.name}: {error}", _HINTS[field.kind])
    if field.kind is Kind.PAST and values.is_duration(value) and not value.startswith("-"):
        return Fault(f"{field.name}: {value!r} lies ahead", f"write -{value.lstrip('+')}")
    return None


def words(field: Field, value: str) -> tuple[str, ...]:
    """Return the words of a comma list in the spelling of the field's own."""
    found = (item.strip().lower() for item in value.split(","))
    return tuple(_canonical(field, item) for item in found)


def _canonical(field: Field, word: str) -> str:
    if field.kind is Kind.SEVERITY and (severity := Severity.from_word(word)) is not None:
        return severity.word
    if field.kind is Kind.FLAG:
        return {"yes": "true", "no": "false"}.get(word, word)
    return word


def _word_fault(field: Field, operator: Operator, value: str) -> Fault | None:
    is_list = operator in (Operator.HAS, Operator.NOT_EQUAL) and field.kind is not Kind.FLAG
    if "," in value and not is_list:
        return Fault(f"{field.name} takes one word after {operator.value!r}")
    for word in words(field, value):
        if word not in field.values:
            near = nearest(word, field.values)
            known = f"it may be: {', '.join(field.values)}"
            return Fault(
                f"{field.name} has no value {word!r}", f"did you mean {near!r}?" if near else known
            )
    return None


def _pattern_fault(pattern: str) -> Fault | None:
    if len(pattern) > MAX_PATTERN:
        return Fault(f"a regular expression has {MAX_PATTERN} characters at most")
    from riskcockpit.store.query.patterns import pattern_fault  # noqa: PLC0415 - imports duckdb

    why = pattern_fault(pattern)
    return Fault(f"{pattern!r} is not a regular expression: {why}", "RE2 syntax") if why else None


_READERS: dict[Kind, Callable[[str], object]] = {
    Kind.NUMBER: values.number,
    Kind.MONEY: values.amount,
    Kind.AGE: values.duration,
    Kind.MOMENT: lambda text: values.span(text, _ANY_MOMENT),
    Kind.PAST: lambda text: values.span(text, _ANY_MOMENT),
    Kind.CWES: values.weakness,
}
_HINTS = {
    Kind.NUMBER: "write a number, as 0.5",
    Kind.MONEY: "write an amount, as 250, 100k, 1.5m or 2bn",
    Kind.AGE: "write a duration, as 48h, 7d or 2w",
    Kind.MOMENT: "write a date, as 2026-01-31, or a duration from now, as 7d or -7d",
    Kind.PAST: "write a date, as 2026-01-31, or a duration back, as -7d",
    Kind.CWES: "write a number, as 89 or CWE-89",
}
