"""Which claimed fingerprint of a tool is trusted, judged over a whole run. Pure.

A fingerprint given by a tool is a claim: most tools give none, some give a constant, some give
one that is not unique. The rules are explained in `docs/identity.md`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from riskcockpit.domain.finding import Observation
from riskcockpit.domain.sheet import Claims, Sheet

Fingerprint = tuple[str, str]
"""(method, value); the method is the claimed name without its version."""
NONE: Fingerprint = ("", "")

COLLISION_SHARE = 0.20
"""Beyond this share of results that collide after (rule, path, value), a method is distrusted."""

_PREFERRED = ("primarylocationlinehash", "matchbasedid", "contexthash")
_IGNORED = frozenset(
    ("scanfilehash", "commitsha", "author", "email", "date", "commitmessage", "param", "parameter")
)
_PLACEHOLDERS = frozenset(
    ("requires login", "0", "none", "null", "unknown", "undefined", "n/a", "na", "-")
)
_LONGEST_PLACEHOLDER = max(map(len, _PLACEHOLDERS))
_SUSPECT = frozenset("< \t\n\r\f\v\u00a0")
_VERSION = re.compile(r"(?P<method>.+)/v(?P<number>\d+)")


@dataclass(frozen=True, slots=True)
class Choice:
    """The fingerprint each observation of a run is known by, and why others are not."""

    values: tuple[Fingerprint, ...]
    """One for each observation, `NONE` where there is no usable one."""
    distrusted: tuple[str, ...] = ()
    """One sentence for each method that was refused."""


@dataclass(slots=True)
class _Method:
    """What a run shows about one method."""

    first_value: str
    first_place: tuple[str, str]
    is_constant: bool = True
    is_spread: bool = False
    total: int = 0
    distinct: set[tuple[str, str, str]] = field(default_factory=set)

    def why_not(self) -> str:
        """Return why the method is refused; empty when it is trusted."""
        if self.total > 1 and self.is_constant and self.is_spread:
            return f"has the same value on all {self.total} results"
        collisions = self.total - len(self.distinct)
        if collisions > COLLISION_SHARE * self.total:
            return f"does not tell apart {collisions} of {self.total} results"
        return ""


def choose(observations: Sequence[Observation]) -> Choice:
    """Choose the fingerprint of every observation of one run.

    A refused method gives way to the next one the tool claims, until all that are left hold.
    """
    sheet = Sheet.of(observations)
    refused: dict[str, str] = {}
    while True:
        values = _first_usable(sheet.claims, refused)
        if len(set(values)) == len(values):
            break  # no two alike: nothing collides and nothing is constant
        bad = {
            name: why
            for name, method in _measure(sheet, values).items()
            if (why := method.why_not())
        }
        if not bad:
            break
        refused.update(bad)
    return Choice(tuple(values), tuple(f"{name}: {refused[name]}" for name in sorted(refused)))


def _measure(sheet: Sheet, values: Sequence[Fingerprint]) -> dict[str, _Method]:
    methods: dict[str, _Method] = {}
    rules = [kind.rule for kind in sheet.kinds]
    for kind, path, (name, value) in zip(sheet.kind, sheet.paths, values, strict=True):
        if not name:
            continue
        place = (rules[kind], path)
        method = methods.get(name)
        if method is None:
            method = methods[name] = _Method(value, place)
        method.total += 1
        method.is_constant = method.is_constant and value == method.first_value
        method.is_spread = method.is_spread or place != method.first_place
        method.distinct.add((*place, value))
    return methods


def _first_usable(rows: Sequence[Claims], refused: Mapping[str, str]) -> list[Fingerprint]:
    """Return the first usable claim of each row that is not refused, under its method's name."""
    if alike := _all_usable(rows, refused):
        return alike
    values: list[Fingerprint] = []
    plans: dict[object, tuple[tuple[int, str], ...]] = {}
    for claims in rows:
        names = claims[0][0] if len(claims) == 1 else tuple([name for name, _ in claims])
        plan = plans.get(names)
        if plan is None:
            order = _order(tuple([name for name, _ in claims]))
            plan = plans[names] = tuple(each for each in order if each[1] not in refused)
        for index, method in plan:
            name, value = claims[index]
            if _is_usable(value):
                values.append(claims[index] if name == method else (method, value))
                break
        else:
            values.append(NONE)
    return values


def _all_usable(rows: Sequence[Claims], refused: Mapping[str, str]) -> list[Fingerprint]:
    """Return the claims of rows that all make one, a plain one of the same name; else nothing."""
    if set(map(len, rows)) != {1}:
        return []
    claims = [claim for (claim,) in rows]
    names = {name for name, _ in claims}
    order = _order((names.pop(),))
    if names or not order or order[0][1] in refused:
        return []
    values = [value for _, value in claims]
    if min(map(len, values)) <= _LONGEST_PLACEHOLDER:
        return []
    if not _SUSPECT.isdisjoint([value[0] for value in values]):
        return []
    ((_, method),) = order
    return claims if claims[0][0] == method else [(method, value) for value in values]


@lru_cache(maxsize=1024)
def _order(names: tuple[str, ...]) -> tuple[tuple[int, str], ...]:
    """Return (index, method) of the names worth trying, best first."""
    newest: dict[str, tuple[int, int]] = {}
    for index, name in enumerate(names):
        match = _VERSION.fullmatch(name)
        method, number = (match["method"], int(match["number"])) if match else (name, 0)
        if "startcolumn" in method.lower() or method.lower() in _IGNORED:
            continue
        if method not in newest or number > newest[method][0]:
            newest[method] = (number, index)
    return tuple(
        (index, method)
        for method, (_, index) in sorted(
            newest.items(), key=lambda item: (_preference(item[0]), item[1][1])
        )
    )


def _preference(method: str) -> int:
    lower = method.lower()
    return _PREFERRED.index(lower) if lower in _PREFERRED else len(_PREFERRED)


def _is_usable(value: str) -> bool:
    if len(value) > _LONGEST_PLACEHOLDER and value[0] not in _SUSPECT:
        return True
    text = value.strip().lower()
    return bool(text) and text not in _PLACEHOLDERS and not (text[0] == "<" and text[-1] == ">")
