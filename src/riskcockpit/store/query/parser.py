"""Text to query. Every fault is a `QueryError` that says where it is and what is near."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import lark

from riskcockpit.errors import QueryError
from riskcockpit.store.query.ast import (
    Node,
    Not,
    Operator,
    Query,
    SortKey,
    Term,
    Word,
    all_of,
    any_of,
)
from riskcockpit.store.query.checks import check_value, operator_fault
from riskcockpit.store.query.fields import (
    Kind,
    field_named,
    fields,
    groupable,
    nearest,
    sortable,
)
from riskcockpit.store.query.saved import with_views
from riskcockpit.store.sql import PACKAGE

MAX_LENGTH = 4_000
MAX_DEPTH = 50
MAX_TERMS = 200
_DIRECTIVES = ("sort", "group")
_JOINING = ("and", "or", "not")
_FOREIGN = {"&&": "and", "||": "or", "!": "not"}
"""What other languages write → what stands for it here."""
_NO_VIEWS: Mapping[str, str] = {}
_FLAGS = frozenset(field.name for field in fields() if field.kind is Kind.FLAG)


@dataclass(frozen=True, slots=True)
class _Part:
    """A parsed part with its depth; `directives` are the `sort:` and `group:` in it."""

    node: Node | None
    depth: int = 1
    terms: int = 1
    directives: tuple[_Directive, ...] = ()


@dataclass(frozen=True, slots=True)
class _Directive:
    name: str
    value: str
    position: int
    value_position: int


def parse_query(text: str, views: Mapping[str, str] = _NO_VIEWS) -> Query:
    """Read a query of the one grammar for lists, bulk actions, gates and saved views.

    `@name` stands for the query of that name in `views`; its order counts where it stands first
    and the query names none itself.

    Raises:
        QueryError: it does not parse, names an unknown field, or has a bad value; carries `text`.
    """
    try:
        return with_views(_parse(text), views, _parse)
    except QueryError as error:
        error.text = text
        raise


def _parse(text: str) -> Query:
    if len(text) > MAX_LENGTH:
        raise QueryError(
            f"the query has {len(text)} characters, {MAX_LENGTH} is the most", position=MAX_LENGTH
        )
    try:
        part: _Part = _parser().parse(text)  # type: ignore[assignment] # the transformer's result
    except lark.exceptions.VisitError as error:  # a callback's error comes wrapped
        raise error.orig_exc from error
    except lark.exceptions.UnexpectedInput as error:
        raise _syntax_error(text, error) from error
    return Query(part.node, _sort(part.directives), _group(part.directives))


@cache
def _parser() -> lark.Lark:
    grammar = (PACKAGE / "store" / "query" / "grammar.lark").read_text("utf-8")
    return lark.Lark(
        grammar, parser="lalr", lexer="contextual", transformer=_Builder(), maybe_placeholders=False
    )


@lark.v_args(inline=True)
class _Builder(lark.Transformer[Any, Any]):
    """Builds the tree while the parser runs, so that depth costs no recursion."""

    def start(self, part: _Part | None = None) -> _Part:
        return part or _Part(None)

    def disjunction(self, *parts: _Part | lark.Token) -> _Part:
        branches = _parts(parts)
        if len(branches) == 1:
            return branches[0]
        _refuse_directives(branches, "inside `or`")
        return _joined(branches, any_of(part.node for part in branches if part.node is not None))

    def conjunction(self, *parts: _Part | lark.Token) -> _Part:
        for word, follower in pairwise(parts):
            if isinstance(word, lark.Token) and not _holds_term(follower):
                raise _open_ended(str(word), int(word.start_pos or 0), follower)
        members = _parts(parts)
        if len(members) == 1:
            return members[0]
        return _joined(members, all_of(part.node for part in members if part.node is not None))

    def negated(self, _sign: lark.Token, part: _Part) -> _Part:
        _refuse_directives([part], "after `not`")
        if part.node is None:
            return part
        return _Part(Not(part.node), _deeper(part.depth, int(_sign.start_pos or 0)), part.terms)

    def negation(self, part: _Part) -> _Part:
        return part

    def nested(self, part: _Part) -> _Part:
        _refuse_directives([part], "in parentheses")
        return _Part(part.node, _deeper(part.depth, 0), part.terms)

    def value(self, token: lark.Token) -> tuple[str, int]:
        start = int(token.start_pos or 0)
        return (_unquoted(token), start) if token.type == "QUOTED" else (str(token), start)

    def term(self, token: lark.Token, value: tuple[str, int]) -> _Part:
        name, operator = _split(str(token))
        start = int(token.start_pos or 0)
        if name.lower() in _DIRECTIVES and operator is Operator.HAS:
            return _Part(None, directives=(_Directive(name.lower(), value[0], start, value[1]),))
        return _Part(_term(name, operator, value[0], start, value[1]))

    def quoted(self, token: lark.Token) -> _Part:
        text = _unquoted(token)
        if not text:
            raise QueryError("an empty word finds nothing", position=int(token.start_pos or 0))
        return _Part(Word(text, int(token.start_pos or 0)))

    def word(self, token: lark.Token) -> _Part:
        text, start = str(token), int(token.start_pos or 0)
        if text.lower() in _FLAGS:
            return _Part(Term(text.lower(), Operator.HAS, "true", start))
        if text in _FOREIGN:
            raise QueryError(
                f"{text!r} is no word of this grammar", position=start,
                hint=f"write `{_FOREIGN[text]}`, or quote it to search for it",
            )  # fmt: skip
        if text.lower() in ("or", "and"):
            raise QueryError(
                f"{text!r} must stand between two terms",
                position=start,
                hint="quote it to search for the word",
            )
        if text.startswith("@") and len(text) > 1:
            return _Part(Word(text[1:], start, is_view=True))
        name, operator = _split(text)
        if operator is not None and (field_named(name) or name.lower() in _DIRECTIVES):
            raise QueryError(
                f"{text!r} has no value", position=start + len(text),
                hint='write it right behind the sign, "" for empty',
            )  # fmt: skip
        return _Part(Word(text, start))


def _parts(children: tuple[_Part | lark.Token, ...]) -> list[_Part]:
    return [child for child in children if isinstance(child, _Part)]


def _holds_term(part: _Part | lark.Token) -> bool:
    return isinstance(part, _Part) and part.node is not None


def _open_ended(word: str, position: int, follower: _Part | lark.Token | None = None) -> QueryError:
    if isinstance(follower, _Part) and follower.directives:
        name = follower.directives[0].name
        return QueryError(
            f"`{name}:` is no term for {word!r} to join", position=position,
            hint=f"leave {word!r} out: {name}: stands behind the terms",
        )  # fmt: skip
    return QueryError(
        f"a term must follow {word!r}", position=position,
        hint="leave it out, or quote it to search for it",
    )  # fmt: skip


def _joined(parts: list[_Part], node: Node | None) -> _Part:
    terms = sum(part.terms for part in parts)
    if terms > MAX_TERMS:
        raise QueryError(f"the query has more than {MAX_TERMS} terms", position=0)
    depth = max(part.depth for part in parts) + 1
    return _Part(node, depth, terms, tuple(d for part in parts for d in part.directives))


def _deeper(depth: int, position: int) -> int:
    if depth >= MAX_DEPTH:
        raise QueryError(f"the query is nested deeper than {MAX_DEPTH}", position=position)
    return depth + 1


def _refuse_directives(parts: list[_Part], place: str) -> None:
    for part in parts:
        for directive in part.directives:
            raise QueryError(
                f"`{directive.name}:` cannot stand {place}",
                position=directive.position,
                hint="put it at the end of the query",
            )


def _split(text: str) -> tuple[str, Any]:
    """Split `field op` at its end; the operator is None when there is none."""
    for operator in sorted(Operator, key=len, reverse=True):
        if text.endswith(operator.value):
            return text[: -len(operator.value)], operator
    return text, None


def _unquoted(token: lark.Token) -> str:
    parts = str(token)[1:-1].split("\\\\")
    return "\\".join(part.replace('\\"', '"') for part in parts)


def _term(name: str, operator: Operator, value: str, start: int, value_start: int) -> Term:
    field = field_named(name)
    if field is None:
        near = nearest(name)
        raise QueryError(
            f"unknown field {name!r}",
            position=start,
            hint=f"did you mean {near!r}?"
            if near
            else f'to search for the text, quote it: "{name}…"',
        )
    if fault := operator_fault(field, operator):
        raise QueryError(fault.message, position=start + len(name), hint=fault.hint)
    if fault := check_value(field, operator, value):
        raise QueryError(fault.message, position=value_start, hint=fault.hint)
    return Term(field.name, operator, value, value_start)


def _sort(directives: tuple[_Directive, ...]) -> tuple[SortKey, ...]:
    keys: list[SortKey] = []
    for directive in directives:
        if directive.name != "sort":
            continue
        for item in directive.value.split(","):
            name = item.lstrip("-+")
            keys.append(SortKey(_known(name, sortable(), "sort", directive), item.startswith("-")))
    return tuple(keys)


def _group(directives: tuple[_Directive, ...]) -> str:
    named = [directive for directive in directives if directive.name == "group"]
    if len(named) > 1:
        raise QueryError("a query has one `group:` at most", position=named[1].position)
    return _known(named[0].value, groupable(), "group", named[0]) if named else ""


def _known(name: str, allowed: tuple[str, ...], verb: str, directive: _Directive) -> str:
    field = field_named(name)
    canonical = field.name if field else name.lower()
    if canonical in allowed:
        return canonical
    near = nearest(name, allowed)
    raise QueryError(
        f"cannot {verb} by {name!r}",
        position=directive.value_position + max(directive.value.find(name), 0),
        hint=f"did you mean {near!r}?" if near else f"it takes: {', '.join(allowed)}",
    )


def _syntax_error(text: str, error: lark.exceptions.UnexpectedInput) -> QueryError:
    position = int(getattr(error, "pos_in_stream", None) or 0)  # lark types it as None
    if not 0 <= position < len(text) or _is_at_end(error):
        last = text.rsplit(maxsplit=1)[-1] if text.split() else ""
        if last.lower() in _JOINING:
            return _open_ended(last, text.rindex(last))
        return QueryError("the query ends too early", position=len(text))
    found = text[position]
    hint = "close the quotes" if found == '"' else None
    if found == ")":
        before = text[:position].rstrip()
        is_empty = before.endswith("(")
        hint = "something must stand in it" if is_empty else "no parenthesis is open here"
    return QueryError(f"{found!r} cannot stand here", position=position, hint=hint)


def _is_at_end(error: lark.exceptions.UnexpectedInput) -> bool:
    return isinstance(error, lark.exceptions.UnexpectedToken) and error.token.type == "$END"
