"""Query to SQL: constant expressions of the field registry, joined; values only as parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from riskcockpit.domain.finding import State
from riskcockpit.domain.severity import Severity
from riskcockpit.store.query import values
from riskcockpit.store.query.ast import And, Node, Not, Operator, Or, Query, SortKey, Term, Word
from riskcockpit.store.query.checks import words
from riskcockpit.store.query.fields import PRIORITY, Field, Kind, field_named
from riskcockpit.store.query.texts import among, is_kept_alike
from riskcockpit.store.sql import Clauses

_SEARCHED = {
    "wording": ("title", "rule", "package_name", "vulnerability", "description"),
    "place": ("asset", "path"),
}
"""What a bare word is looked for in, by the kept texts that hold it."""
_APART = "description"
"""Of these, what a finding has but the number of."""
_COMPARISONS = {
    Operator.HAS: "{column} = {value}",
    Operator.EQUAL: "{column} = {value}",
    Operator.GREATER: "{column} > {value}",
    Operator.AT_LEAST: "{column} >= {value}",
    Operator.LESS: "{column} < {value}",
    Operator.AT_MOST: "{column} <= {value}",
}
_OLDER = {  # the greater the age, the earlier the moment
    Operator.GREATER: "{column} < {value}",
    Operator.AT_LEAST: "{column} <= {value}",
    Operator.LESS: "{column} > {value}",
    Operator.AT_MOST: "{column} >= {value}",
}
_SPANS = {
    Operator.HAS: "({column} >= {start} AND {column} < {end})",
    Operator.EQUAL: "({column} >= {start} AND {column} < {end})",
    Operator.GREATER: "{column} >= {end}",
    Operator.AT_LEAST: "{column} >= {start}",
    Operator.LESS: "{column} < {start}",
    Operator.AT_MOST: "{column} < {end}",
}
_ASKS_FOR_WORK = tuple(state for state in State if state.is_open)
_SOON = timedelta(days=7)
_PRIORITY_ORDER = (
    (
        "CAST(is_kev AS TINYINT) * 16 + CAST(coalesce(due_at < {soon}"
        " AND state IN ('open', 'triage', 'pending_waiver'), FALSE) AS TINYINT) * 8 + severity DESC"
    ),
    "epss DESC NULLS LAST",
    "exposure DESC",
    "first_seen ASC",
)  # the first three steps are one number: it sorts in half the time
_PRIORITY_RANK = (
    f"abs(priority) + CASE WHEN priority > 0 AND due_at < {{soon}} THEN {8 << 25} ELSE 0 END"
)
"""See the column; what is due soon comes between the severities and what is exploited."""
_NUMBERS = {
    Kind.SEVERITY: "CAST({column} AS DOUBLE)",
    Kind.NUMBER: "CAST({column} AS DOUBLE)",
    Kind.MONEY: "CAST({column} AS DOUBLE)",
    Kind.AGE: "CAST(epoch_us({column}) AS DOUBLE)",
    Kind.MOMENT: "CAST(epoch_us({column}) AS DOUBLE)",
    Kind.PAST: "CAST(epoch_us({column}) AS DOUBLE)",
}
"""What a field that is sorted by is as a number, to which large ones may be rounded."""
_LONG = (Kind.AGE, Kind.MOMENT, Kind.PAST)
"""Numbers that half as many bits would round to minutes."""


def compile_query(query: Query, now: datetime) -> Clauses:
    """Return the condition and the order of a query that was parsed, as of `now`.

    The condition is never NULL, so that a query and its negation part the rows.
    """
    binder = _Binder(now)
    where = "TRUE" if query.where is None else binder.condition(query.where)
    order, rank = binder.order(query), binder.rank(query)
    return Clauses(where, order, binder.params, rank)


@dataclass(slots=True)
class _Binder:
    """Collects the parameters while the tree is walked."""

    now: datetime
    params: dict[str, Any]
    _soon: str

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.params = {}
        self._soon = ""

    def bind(self, value: Any) -> str:
        """Add a value and return the name that stands for it."""
        name = f"q{len(self.params)}"
        self.params[name] = value
        return f"${name}"

    def soon(self) -> str:
        """Return the name that stands for the moment before which a deadline is near."""
        self._soon = self._soon or self.bind(self.now + _SOON)
        return self._soon

    def condition(self, node: Node) -> str:
        """Return the condition of a part of the query."""
        match node:
            case Term():
                return self._term(node)
            case Word():
                return self._word(node.text)
            case Not():
                return f"(NOT {self.condition(node.item)})"
            case And():
                return f"({' AND '.join(map(self.condition, node.items))})"
            case Or():
                return f"({' OR '.join(map(self.condition, node.items))})"

    def order(self, query: Query) -> str:
        """Return the order, which ends in the id so that it is total."""
        steps: list[str] = []
        if query.group:
            steps.append(self._step(SortKey(query.group, query.group == "severity")))
        steps.extend(self._step(key) for key in query.sort or (SortKey(PRIORITY),))
        return ", ".join((*steps, "id"))

    def rank(self, query: Query) -> str:
        """Return a number by which the order begins; empty when its first step is no number."""
        if query.group:
            first = SortKey(query.group, query.group == "severity")
        else:
            first = query.sort[0] if query.sort else SortKey(PRIORITY)
        if first.field == PRIORITY:
            rank = _PRIORITY_RANK.format(soon=self.soon())
            return f"-(({rank}) >> 25)" if first.is_descending else f"({rank})"
        field = _field(first.field)
        column = _NUMBERS.get(field.kind, "").format(column=field.column)
        if not column:
            return ""
        if _is_descending(first, field):
            known = f"coalesce({column}, CAST('-infinity' AS DOUBLE))"
            rank = f"greatest(least({known}, 3e38), -3e38)"  # what is not a number comes first
        else:  # NULL and what is not a number come to the greatest
            rank = f"-greatest(least({column}, 3e38), -3e38)"
        return rank if field.kind in _LONG else f"CAST({rank} AS FLOAT)"

    def _step(self, key: SortKey) -> str:
        if key.field == PRIORITY:
            steps = [step.format(soon=self.soon()) for step in _PRIORITY_ORDER]
            return ", ".join(map(_reversed, steps) if key.is_descending else steps)
        field = _field(key.field)
        direction = "DESC" if _is_descending(key, field) else "ASC"
        return f"{self._column(field)} {direction} NULLS LAST"

    def _term(self, term: Term) -> str:
        field = _field(term.field)
        if term.operator is Operator.NOT_EQUAL:
            same = Term(term.field, Operator.HAS, term.value)
            return f"(NOT {self._term(same)})"
        text = _COMPILERS[field.kind](self, field, term)
        return f"coalesce({text}, FALSE)" if field.is_nullable else text

    def _column(self, field: Field) -> str:
        if "$now" in field.column:
            self.params["now"] = self.now
        return field.column

    def _word(self, text: str) -> str:
        test, value = _contains, text
        if "*" in text:
            test, value = _like, f"%{values.glob(text)}%"
        part = self.bind(value)
        found = {
            texts: {column: test(column, part) for column in columns}
            for texts, columns in _SEARCHED.items()
        }
        if is_kept_alike(text):
            tests = [among(texts, " OR ".join(each.values())) for texts, each in found.items()]
        else:
            tests = [
                among(column, condition) if column == _APART else condition
                for column, condition in chain(*map(dict.items, found.values()))
            ]
        return f"({' OR '.join(tests)})"

    def severity(self, field: Field, term: Term) -> str:
        """Compile an ordered word."""
        levels = [int(Severity[word.upper()]) for word in words(field, term.value)]
        if term.operator in (Operator.HAS, Operator.EQUAL):
            return self._among(field.column, levels)
        return _COMPARISONS[term.operator].format(column=field.column, value=self.bind(levels[0]))

    def one_of(self, field: Field, term: Term) -> str:
        """Compile a choice of words."""
        return self._among(field.column, list(words(field, term.value)))

    def state(self, field: Field, term: Term) -> str:
        """Compile a state; `:open` means all that asks for work."""
        named = words(field, term.value)
        if term.operator is Operator.HAS and State.OPEN in named:
            named = (*named, *_ASKS_FOR_WORK)
        return self._among(field.column, [str(name) for name in dict.fromkeys(named)])

    def _among(self, column: str, members: list[Any]) -> str:
        bound = ", ".join(self.bind(member) for member in members)
        return f"{column} IN ({bound})"

    def text(self, field: Field, term: Term) -> str:
        """Compile a comparison of a name."""
        if term.operator is Operator.MATCHES:
            return _itself(field, _matches(field.column, self.bind(term.value)))
        if term.operator is Operator.EQUAL:
            return _itself(field, f"{field.column} = {self.bind(term.value)}")
        if "*" in term.value:
            return _within(field, term, _like, self.bind(values.glob(term.value)))
        return _itself(field, f"lower({field.column}) = lower({self.bind(term.value)})")

    def prose(self, field: Field, term: Term) -> str:
        """Compile a search in sentences."""
        if term.operator is not Operator.HAS:
            return self.text(field, term)
        if "*" in term.value:
            return _within(field, term, _like, self.bind(f"%{values.glob(term.value)}%"))
        return _within(field, term, _contains, self.bind(term.value))

    def ids(self, field: Field, term: Term) -> str:
        """Compile a comparison with any of a list."""
        if term.operator is Operator.HAS and values.is_cve(term.value):  # stored in capitals only
            return f"list_contains({field.column}, {self.bind(term.value.upper())})"
        if term.operator is Operator.MATCHES:
            test = _matches("one", self.bind(term.value))
        elif term.operator is Operator.EQUAL:
            test = f"one = {self.bind(term.value)}"
        else:
            test = _like("one", self.bind(values.glob(term.value)))
        return f"len(list_filter({field.column}, lambda one: {test})) > 0"

    def number(self, field: Field, term: Term) -> str:
        """Compile a comparison of numbers."""
        value = self.bind(values.number(term.value))
        return _COMPARISONS[term.operator].format(column=field.column, value=value)

    def money(self, field: Field, term: Term) -> str:
        """Compile a comparison of amounts."""
        value = self.bind(values.amount(term.value))
        return _COMPARISONS[term.operator].format(column=field.column, value=value)

    def age(self, field: Field, term: Term) -> str:
        """Compile a comparison of ages."""
        value = self.bind(values.span(_negated(term.value), self.now).start)
        return _OLDER[term.operator].format(column=field.column, value=value)

    def moment(self, field: Field, term: Term) -> str:
        """Compile a comparison with a span of time."""
        span = values.span(term.value, self.now)
        template = _SPANS[term.operator]
        start = self.bind(span.start) if "{start}" in template else ""
        end = self.bind(span.end) if "{end}" in template else ""
        return template.format(column=field.column, start=start, end=end)

    def cwes(self, field: Field, term: Term) -> str:
        """Compile a look-up in the list of weaknesses."""
        return f"list_contains({field.column}, {self.bind(values.weakness(term.value))})"

    def flag(self, field: Field, term: Term) -> str:
        """Compile a flag."""
        column = self._column(field)
        plain = f"coalesce({column}, FALSE)" if field.is_nullable else column
        return plain if words(field, term.value) == ("true",) else f"(NOT {plain})"


_COMPILERS: dict[Kind, Callable[[_Binder, Field, Term], str]] = {
    Kind.SEVERITY: _Binder.severity,
    Kind.STATE: _Binder.state,
    Kind.WORD: _Binder.one_of,
    Kind.TEXT: _Binder.text,
    Kind.PROSE: _Binder.prose,
    Kind.IDS: _Binder.ids,
    Kind.NUMBER: _Binder.number,
    Kind.MONEY: _Binder.money,
    Kind.AGE: _Binder.age,
    Kind.MOMENT: _Binder.moment,
    Kind.PAST: _Binder.moment,
    Kind.CWES: _Binder.cwes,
    Kind.FLAG: _Binder.flag,
}


def _field(name: str) -> Field:
    field = field_named(name)
    if field is None:  # a query that did not come from the parser
        raise KeyError(name)
    return field


def _within(field: Field, term: Term, test: Callable[[str, str], str], part: str) -> str:
    """Return `test` of `field` for a part of it, asked of the kept texts where they have it."""
    if field.texts and is_kept_alike(term.value):
        return among(field.texts, test(field.kept or field.column, part))
    return _itself(field, test(field.column, part))


def _itself(field: Field, condition: str) -> str:
    """Return `condition` on the column of `field`, asked of the texts where they are apart."""
    return among(field.column, condition) if field.is_apart else condition


def _is_descending(key: SortKey, field: Field) -> bool:
    return key.is_descending is not (field.kind is Kind.AGE)


def _contains(column: str, value: str) -> str:
    return f"contains(lower({column}), lower({value}))"  # four times as fast as ILIKE


def _like(column: str, value: str) -> str:
    return f"{column} ILIKE {value} ESCAPE '\\'"


def _matches(column: str, value: str) -> str:
    return f"regexp_matches({column}, {value}, 'i')"


def _negated(duration: str) -> str:
    return duration[1:] if duration.startswith("-") else f"-{duration.lstrip('+')}"


def _reversed(step: str) -> str:
    if " ASC" in step:
        return step.replace(" ASC", " DESC")
    return step.replace(" DESC NULLS LAST", " ASC NULLS LAST").replace(" DESC", " ASC")
