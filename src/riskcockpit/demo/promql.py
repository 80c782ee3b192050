"""The part of PromQL the simulated Prometheus understands: one selector, or one number.

    model_accuracy
    model_accuracy{model="fraud-scoring",version=~"6|7"}
    {__name__="model_accuracy"}
    0.9

Matchers are `=`, `!=`, `=~`, `!~`, the last two anchored at both ends as in Prometheus. There are
no functions, no operators, no ranges in brackets and no offsets: those are refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

NAME_LABEL = "__name__"
_NAME = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")
_MATCHER = re.compile(
    r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*(=~|!~|!=|=)\s*(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
)
_COMMA = re.compile(r"\s*,")
_CLOSING = re.compile(r"\s*\}\s*\Z")
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\Z")


class PromqlError(ValueError):
    """A query outside the part that is understood; the message is Prometheus's wording."""


class Operator(StrEnum):
    """How a matcher compares."""

    EQUAL = "="
    UNEQUAL = "!="
    LIKE = "=~"
    UNLIKE = "!~"


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label; a label a series does not have counts as empty."""

    label: str
    operator: Operator
    value: str

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether a series with `labels` passes."""
        found = labels.get(self.label, "")
        match self.operator:
            case Operator.EQUAL:
                return found == self.value
            case Operator.UNEQUAL:
                return found != self.value
            case Operator.LIKE:
                return re.fullmatch(self.value, found) is not None
            case Operator.UNLIKE:
                return re.fullmatch(self.value, found) is None


@dataclass(frozen=True, slots=True)
class Selector:
    """All conditions of a query."""

    matchers: tuple[Matcher, ...]

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Whether a series with `labels` (its name among them) is asked for."""
        return all(matcher.holds(labels) for matcher in self.matchers)


def parse(text: str) -> Selector | float:
    """Read a query.

    Raises:
        PromqlError: it is no selector and no number.
    """
    query = text.strip()
    if _NUMBER.match(query):
        return float(query)
    name = _NAME.match(query)
    at = name.end() if name else 0
    matchers = [Matcher(NAME_LABEL, Operator.EQUAL, name.group())] if name else []
    rest = query[at:].strip()
    if rest:
        matchers += _braces(rest, at)
    if not matchers:
        raise PromqlError("unknown position: parse error: no expression found in input")
    if all(matcher.holds({}) for matcher in matchers):
        raise PromqlError(
            "1:1: parse error: vector selector must contain at least one non-empty matcher"
        )
    return Selector(tuple(matchers))


def _braces(text: str, offset: int) -> list[Matcher]:
    """Read `{label="value",…}`; a comma may follow the last matcher, as in Prometheus."""
    if not text.startswith("{"):
        raise _unexpected(text, 0, offset)
    matchers: list[Matcher] = []
    at = 1
    while not _CLOSING.match(text, at):
        match = _MATCHER.match(text, at)
        if match is None:
            raise _unexpected(text, at, offset)
        matchers.append(_matcher(*match.group(1, 2, 3)))
        at = match.end()
        if comma := _COMMA.match(text, at):
            at = comma.end()
        elif not _CLOSING.match(text, at):
            raise _unexpected(text, at, offset)
    return matchers


def _unexpected(text: str, at: int, offset: int) -> PromqlError:
    found = text[at:].strip()
    what = f"{found[:20]!r}" if found else "end of input inside braces"
    return PromqlError(f"1:{offset + at + 1}: parse error: unexpected {what}")


def _matcher(label: str, operator: str, quoted: str) -> Matcher:
    text = quoted if quoted[0] == '"' else json.dumps(quoted[1:-1].replace("\\'", "'"))
    try:
        value = json.loads(text)
    except ValueError:
        raise PromqlError(f"parse error: invalid string {quoted}") from None
    matcher = Matcher(label, Operator(operator), value)
    if matcher.operator in (Operator.LIKE, Operator.UNLIKE):
        try:
            re.compile(value)
        except re.error as error:
            raise PromqlError(f"parse error: error parsing regexp: {error}") from None
    return matcher
