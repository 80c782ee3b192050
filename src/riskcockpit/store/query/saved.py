"""Saved views in a query: `@name` is the query somebody saved under that name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches

from riskcockpit.errors import QueryError
from riskcockpit.store.query.ast import And, Node, Not, Or, Query, Term, Word, all_of, any_of

MAX_NESTING = 5
"""Views within views; more is a circle or nobody's intent."""
Parse = Callable[[str], Query]


def with_views(query: Query, views: Mapping[str, str], parse: Parse) -> Query:
    """Return `query` with every `@name` in it replaced by the view's own query.

    Raises:
        QueryError: there is no such view, it does not parse, or views name each other in a circle.
    """
    return _Expansion(views, parse).of(query, 0)


class _Expansion:
    def __init__(self, views: Mapping[str, str], parse: Parse) -> None:
        self._views = views
        self._parse = parse

    def of(self, query: Query, depth: int) -> Query:
        where = query.where
        if where is None or not _has_view(where):
            return query
        first = where.items[0] if isinstance(where, And) else where
        if isinstance(first, Word) and first.is_view:
            view = self._view(first, depth)
            query = replace(query, sort=query.sort or view.sort, group=query.group or view.group)
        return replace(query, where=self._node(where, depth))

    def _node(self, node: Node, depth: int) -> Node | None:
        """Return the node without views; None for a view that selects everything."""
        match node:
            case Word(is_view=True):
                return self._view(node, depth).where
            case Term() | Word():
                return node
            case Not():
                inner = self._node(node.item, depth)
                if inner is None:
                    raise QueryError("that view selects everything: nothing is left", position=0)
                return Not(inner)
            case And():
                return all_of(part for item in node.items if (part := self._node(item, depth)))
            case Or():
                parts = [self._node(item, depth) for item in node.items]
                return None if None in parts else any_of(part for part in parts if part)

    def _view(self, word: Word, depth: int) -> Query:
        text = self._views.get(word.text)
        if text is None:
            near = get_close_matches(word.text, list(self._views), n=1)
            known = ", ".join(f"@{name}" for name in self._views) or "none is saved"
            raise QueryError(
                f"there is no saved view {word.text!r}",
                position=word.position,
                hint=f"did you mean @{near[0]}?" if near else f"saved views: {known}",
            )
        if depth >= MAX_NESTING:
            raise QueryError(f"the view {word.text!r} names itself", position=word.position)
        try:
            return self.of(self._parse(text), depth + 1)
        except QueryError as error:
            raise QueryError(
                f"the saved view {word.text!r} does not parse: {error.message}",
                position=word.position,
                hint=error.hint,
            ) from error


def _has_view(node: Node) -> bool:
    match node:
        case Word():
            return node.is_view
        case Term():
            return False
        case Not():
            return _has_view(node.item)
        case And() | Or():
            return any(map(_has_view, node.items))
