"""Query to text: the canonical spelling, which parses back to the same tree."""

from __future__ import annotations

import re

from riskcockpit.store.query.ast import And, Node, Not, Operator, Or, Query, Term, Word
from riskcockpit.store.query.fields import Kind, field_named

_PLAIN_VALUE = re.compile(r'[^\s()"]+')
_PLAIN_WORD = re.compile(r"[^\s()\"\-:=<>~!@][^\s()\":=<>~!]*")
_KEYWORDS = ("and", "or", "not")


def print_query(query: Query) -> str:
    """Return the text of `query`; the empty query is the empty text."""
    parts = [print_node(query.where)] if query.where is not None else []
    if query.sort:
        keys = ",".join(f"{'-' if key.is_descending else ''}{key.field}" for key in query.sort)
        parts.append(f"sort:{keys}")
    if query.group:
        parts.append(f"group:{query.group}")
    if isinstance(query.where, Or) and len(parts) > 1:
        parts[0] = f"({parts[0]})"
    return " ".join(parts)


def print_node(node: Node) -> str:
    """Return the text of one part of a query."""
    match node:
        case Term():
            return _term(node)
        case Word():
            return node.text if _is_plain_word(node.text) else _quoted(node.text)
        case Not():
            return f"-{_inside(node.item, (And, Or))}"
        case And():
            return " ".join(_inside(item, (Or,)) for item in node.items)
        case Or():
            return " or ".join(print_node(item) for item in node.items)


def _inside(node: Node, bracketed: tuple[type, ...]) -> str:
    text = print_node(node)
    return f"({text})" if isinstance(node, bracketed) else text


def _term(term: Term) -> str:
    field = field_named(term.field)
    is_flag = field is not None and field.kind is Kind.FLAG
    if is_flag and term.operator is Operator.HAS and term.value == "true":
        return term.field
    value = term.value if _PLAIN_VALUE.fullmatch(term.value) else _quoted(term.value)
    return f"{term.field}{term.operator.value}{value}"


def _is_plain_word(text: str) -> bool:
    if text.lower() in _KEYWORDS or _PLAIN_WORD.fullmatch(text) is None:
        return False
    field = field_named(text)
    return field is None or field.kind is not Kind.FLAG


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
