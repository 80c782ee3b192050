"""What can follow what was typed: for queries and for commands. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from riskcockpit.domain.untrusted import clean_line
from riskcockpit.present.vocabulary import Word
from riskcockpit.tui.api import Names, QueryField

MOST = 50
"""Completions offered at most."""
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Completion:
    """One thing that can follow."""

    text: str
    """The whole text with it taken, the cursor at its end."""
    shown: str
    """The word itself."""
    words: str = ""
    """What it means."""


def complete_query(
    text: str, fields: Sequence[QueryField], names: Names, *, head: str = ""
) -> tuple[Completion, ...]:
    """Return what can end the last word of a query; `head` stands before the query."""
    before, gap, last = text.rpartition(" ")
    sign = ""
    while last[:1] in ("-", "(") and last:
        sign, last = sign + last[0], last[1:]
    start = f"{head}{before}{gap}{sign}"
    candidates = _query_words(last, fields, names)
    fitting = [(word, words) for word, words in candidates if word != last]
    return tuple(_completion(start, word, words) for word, words in fitting[:MOST])


def _completion(start: str, word: str, words: str) -> Completion:
    """Return a completion that is harmless in a field: names come from outside."""
    clean = clean_line(word[:_LONGEST])
    return Completion(start + clean, clean, words[:_LONGEST])


def _query_words(
    last: str, fields: Sequence[QueryField], names: Names
) -> Iterator[tuple[str, str]]:
    if last.startswith("@"):
        yield from _fitting(last, ((f"@{name}", query) for name, query in names.views.items()))
        return
    for operator in (">=", "<=", "!=", ">", "<", ":", "="):
        name, sign, value = last.partition(operator)
        if sign and name.isidentifier():
            yield from _values(name, sign, value, fields, names)
            return
    words = [(f"{each.name}{_follows(each)}", each.meaning) for each in fields]
    words += [("sort:", "the order, as sort:-exposure"), ("group:", "one row for each value")]
    yield from _fitting(last, words)
    if len(last) > 1:
        seen = {word for word, _ in _fitting(last, words)}
        parts = [(word, meaning) for word, meaning in words if last.lower() in word]
        yield from (pair for pair in parts if pair[0] not in seen)


def _follows(field: QueryField) -> str:
    if field.is_flag:
        return ""
    return ">" if field.is_ordered and not field.values else ":"


def _values(
    name: str, sign: str, value: str, fields: Sequence[QueryField], names: Names
) -> Iterator[tuple[str, str]]:
    if name in ("sort", "group"):
        reverse = "-" if value.startswith("-") and name == "sort" else ""
        known = [each for each in fields if each.is_sortable]
        pairs = [(f"{name}:{reverse}{each.name}", each.meaning) for each in known]
        if name == "sort":
            pairs.append((f"sort:{reverse}priority", "exploited, due, severity, money, age"))
        yield from _fitting(f"{name}{sign}{value}", pairs)
        return
    field = next((each for each in fields if each.name == name), None)
    if field is None:
        return
    values = field.values or names.values.get(name, ())
    bare = value.removeprefix('"')
    for each in values:
        if each.lower().startswith(bare.lower()):
            yield f"{name}{sign}{_quoted(each)}", field.meaning
    if not values and field.example.startswith(name) and not value:
        yield field.example, field.meaning


def _quoted(value: str) -> str:
    is_plain = value and not any(sign in value for sign in ' "()\\')
    return value if is_plain else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _fitting(start: str, pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    wanted = start.lower()
    return ((word, words) for word, words in pairs if word.lower().startswith(wanted))


def complete_command(
    text: str,
    commands: Sequence[Word],
    arguments: Mapping[str, Callable[[], Iterable[tuple[str, str]]]],
    query: Callable[[str, str], tuple[Completion, ...]],
) -> tuple[Completion, ...]:
    """Return what can end a command line.

    `arguments` gives for a word what can follow it as (name, what it means); `query` completes the
    rest of a command that takes a query.
    """
    first, space, rest = text.partition(" ")
    if not space:
        return tuple(_word(each) for each in _firsts(commands) if each.word.startswith(first))
    second, further, more = rest.partition(" ")
    known = {each.word: each for each in commands}
    both = known.get(f"{first} {second}") if further else None
    if both is not None:
        return _rest(both, f"{both.word} ", more, arguments, query)
    verbs = [each for each in commands if each.word.startswith(text) and each.word != text]
    found = () if first not in known else _rest(known[first], f"{first} ", rest, arguments, query)
    return (*found, *map(_word, verbs)) if rest else (*map(_word, verbs), *found)


def _firsts(commands: Sequence[Word]) -> Iterator[Word]:
    """Yield each word that can come first; a family without one of its own by its verbs."""
    alone = {each.word for each in commands if " " not in each.word}
    seen: set[str] = set()
    for each in commands:
        first, _, verb = each.word.partition(" ")
        if not verb:
            yield each
        elif first not in alone | seen:
            seen.add(first)
            yield replace(each, word=first, usage="...")


def _word(each: Word) -> Completion:
    words = f"in a shell: {each.words}" if each.is_in_shell else each.words
    return Completion(f"{each.word} " if each.usage else each.word, each.shown, words)


def _rest(
    word: Word,
    head: str,
    rest: str,
    arguments: Mapping[str, Callable[[], Iterable[tuple[str, str]]]],
    query: Callable[[str, str], tuple[Completion, ...]],
) -> tuple[Completion, ...]:
    before, gap, last = rest.rpartition(" ")
    if last.startswith("-") and word.options and (last.startswith("--") or last == "-"):
        start = f"{head}{before}{gap}"
        return tuple(
            Completion(start + name, name, "as in a shell")
            for name in word.options
            if name.startswith(last) and name != last
        )
    if word.takes_query:
        return query(rest, head)
    offered = arguments.get(word.word)
    if offered is None:
        return ()
    typed = rest.lstrip('"')
    found = [pair for pair in offered() if typed.lower() in pair[0].lower() and pair[0] != rest]
    found.sort(key=lambda pair: not pair[0].lower().startswith(typed.lower()))
    return tuple(_completion(head, _quoted(name), words) for name, words in found[:MOST])
