"""Which fingerprints a tool gives may be used (facts/findings.md 6.3, rules 1 to 3)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from riskcockpit.formats.wording import MAX_NAME, cut, name, scalar

Claims = tuple[tuple[str, str], ...]
"""(name, value), the best first."""

PREFERRED = ("primaryLocationLineHash", "matchBasedId", "contextHash")
IGNORED = {
    "scanfilehash": "a hash of the whole file",
    "commitsha": "a commit, not a place",
    "author": "a person",
    "email": "a person",
    "date": "a date",
    "commitmessage": "a commit, not a place",
}
PLACEHOLDERS = frozenset(
    {"requires login", "0", "none", "unknown", "null", "n/a", "undefined", "-", "todo"}
)
_EMPTY: Mapping[str, Any] = {}
_LONG = 20
"""Characters from which a value is no placeholder, whatever is around it."""
_LONGEST = max(map(len, PLACEHOLDERS))
_ODD = (" ", "<")
"""Signs without which a value longer than `_LONGEST` is no placeholder."""
_VERSION = re.compile(r"/v(\d{1,9})$")


class FingerprintReader:
    """Reads the claims of one run's results, then says which of them are no use."""

    def __init__(self) -> None:
        self._plans: dict[tuple[tuple[str, ...], ...], tuple[tuple[int, str], ...]] = {}
        self._ignored: dict[str, str] = {}
        self._placeholders: dict[str, tuple[int, str]] = {}
        self._constant: dict[str, _Constant] = {}
        self._varied: set[str] = set()
        self._count = 0

    def claims(
        self, full: Mapping[str, Any] | None, partial: Mapping[str, Any] | None, ordinal: int = 0
    ) -> Claims:
        """Return the usable claims of one result, in the order of preference.

        `ordinal` is its number in the run: the first placeholder is the one to tell about.
        """
        if not full and not partial:
            return ()
        full, partial = full or _EMPTY, partial or _EMPTY
        plan = self._plan_of((tuple(full), tuple(partial)))
        found: list[tuple[str, str]] = []
        for source, key in plan:
            value = (partial if source else full)[key]
            if type(value) is not str or not (value.isascii() and value.isprintable()):
                value = _text(value)
            is_short = len(value) <= _LONGEST or value[0].isspace() or not value[-1].isalnum()
            if is_short and len(value) < _LONG and _is_placeholder(value):
                known = self._placeholders.get(key)
                if known is None or ordinal < known[0]:
                    self._placeholders[key] = (ordinal, f'a placeholder ("{name(value)[:40]}")')
            else:
                found.append((key, value if len(value) <= MAX_NAME else cut(value, MAX_NAME)))
        return tuple(found)

    def claims_of(
        self,
        full: Sequence[Mapping[str, Any] | None],
        partial: Sequence[Mapping[str, Any] | None],
        ordinals: Sequence[int],
    ) -> list[Claims]:
        """Return what `claims` does for many; quick when all have the same plain ones."""
        return self._plain_claims(full, partial) or list(map(self.claims, full, partial, ordinals))

    def _plain_claims(
        self,
        full: Sequence[Mapping[str, Any] | None],
        partial: Sequence[Mapping[str, Any] | None],
    ) -> list[Claims]:
        """Return the claims of results that all have one name to read, with long plain values.

        Empty when they are not like that.
        """
        if any(full) or not all(partial):
            return []
        kinds = set(map(tuple, partial))  # type: ignore[arg-type]  # all of them are mappings
        if len(kinds) != 1:
            return []
        plan = self._plan_of(((), kinds.pop()))
        if len(plan) != 1:
            return []
        ((_, key),) = plan
        values: list[Any] = [each[key] for each in partial if each]
        if set(map(type, values)) != {str}:
            return []
        lengths = list(map(len, values))
        joined = "".join(values)
        is_plain = joined.isascii() and joined.isprintable() and not any(map(joined.count, _ODD))
        if is_plain and min(lengths) > _LONGEST and max(lengths) <= MAX_NAME:
            return [((key, value),) for value in values]
        return []

    def note(self, rules: Sequence[str], paths: Sequence[str], rows: Sequence[Claims]) -> None:
        """Take note of the claims of findings, to see which values never change."""
        varied = self._varied
        self._count += len(rows)
        for rule, path, claims in zip(rules, paths, rows, strict=True):
            for key, value in claims:
                if key not in varied:
                    self._compare(key, value, rule, path)

    def _compare(self, key: str, value: str, rule: str, path: str) -> None:
        seen = self._constant.get(key)
        if seen is None:
            self._constant[key] = _Constant(value, rule, path)
        elif seen.value != value:
            self._varied.add(key)
        else:
            seen.count += 1
            seen.is_spread = seen.is_spread or (rule, path) != (seen.rule, seen.path)

    def constant(self) -> frozenset[str]:
        """Return the names with one single value on all findings of more than one place."""
        return frozenset(
            key
            for key, seen in self._constant.items()
            if key not in self._varied and seen.is_spread and seen.count == self._count
        )

    def distrusted(self) -> tuple[str, ...]:
        """Return a sentence for each name that is not used."""
        reasons = self._ignored | {key: why for key, (_, why) in self._placeholders.items()}
        for key in self.constant():
            reasons[key] = "one value on all results"
        return tuple(f"{name(key)}: {why}" for key, why in sorted(reasons.items()))

    def _plan_of(self, names: tuple[tuple[str, ...], ...]) -> tuple[tuple[int, str], ...]:
        plan = self._plans.get(names)
        if plan is None:
            plan = self._plans[names] = self._plan(names)
        return plan

    def _plan(self, names: tuple[tuple[str, ...], ...]) -> tuple[tuple[int, str], ...]:
        """Return (source, name) of the fingerprints worth reading, the best first."""
        best: dict[tuple[int, str], tuple[int, str]] = {}
        for source, keys in enumerate(names):
            for key in keys:
                method = _VERSION.sub("", key)
                why = _why_ignored(method)
                if why:
                    self._ignored[key] = why
                    continue
                version = _VERSION.search(key)
                rank = int(version[1]) if version else 0
                best[(source, method)] = max(best.get((source, method), (-1, "")), (rank, key))
        order = sorted(best, key=lambda item: (item[0], _preference(item[1]), item[1]))
        return tuple((source, best[(source, method)][1]) for source, method in order)


class _Constant:
    """What is known of a name while all its values are equal."""

    __slots__ = ("count", "is_spread", "path", "rule", "value")

    def __init__(self, value: str, rule: str, path: str) -> None:
        self.value = value
        self.rule = rule
        self.path = path
        self.count = 1
        self.is_spread = False


def _why_ignored(method: str) -> str:
    if "startcolumn" in method.lower():
        return "a column, which moves"
    return IGNORED.get(method.partition("/")[0].lower(), "")


def _preference(method: str) -> int:
    return next((i for i, known in enumerate(PREFERRED) if method.startswith(known)), 99)


def _text(value: Any) -> str:
    """Return a fingerprint's value: a string, a number, or an object with a `value`."""
    if isinstance(value, str):
        return name(value)
    if isinstance(value, dict):
        return scalar(value.get("value"))
    return scalar(value)


def _is_placeholder(value: str) -> bool:
    text = value.strip().lower()
    return not text or text in PLACEHOLDERS or (text[0] == "<" and text[-1] == ">")
