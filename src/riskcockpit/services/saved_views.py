"""Saved views: queries with a name, from the settings and from `views.yaml` beside them.

Those of the settings are written by hand and are never touched here; `findings save` and
`findings forget` keep the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec
import yaml

from riskcockpit.config.paths import make_private
from riskcockpit.config.placing import place_file
from riskcockpit.config.settings import Struct
from riskcockpit.config.strict import read_document
from riskcockpit.errors import ConfigError, InputError, QueryError, UnknownNameError
from riskcockpit.services.context import Context
from riskcockpit.store.query.parser import parse_query
from riskcockpit.store.query.printer import print_query
from riskcockpit.views.findings import SavedView

FILE_NAME = "views.yaml"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,39}")


class _File(Struct, frozen=True):
    views: dict[str, str] = msgspec.field(default_factory=dict)


def views_in_force(ctx: Context) -> Mapping[str, str]:
    """Return name → query; the settings win over the file.

    Raises:
        ConfigError: the file cannot be used.
    """
    return _kept(ctx) | ctx.settings.cockpit.views


def saved_views(ctx: Context) -> tuple[SavedView, ...]:
    """Return all saved views with where they come from, by name."""
    file = ctx.paths.config / FILE_NAME
    return tuple(
        SavedView(name, query, "settings" if name in ctx.settings.cockpit.views else str(file))
        for name, query in sorted(views_in_force(ctx).items())
    )


def faulty_views(ctx: Context) -> Mapping[str, QueryError]:
    """Return views of the settings that no query can be made of: name → why."""
    views = ctx.settings.cockpit.views
    known = views_in_force(ctx) if views else {}
    found: dict[str, QueryError] = {}
    for name, query in views.items():
        try:
            parse_query(query, known)
        except QueryError as error:
            found[name] = error
    return found


def save_view(ctx: Context, name: str, query: str) -> SavedView:
    """Keep `query` as the view `name`, in place of one of that name.

    Raises:
        InputError: the name is none, or the settings have it.
        QueryError: the query does not parse, or would name itself.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} is no name of a view", hint="letters, digits, `.`, `-` and `_`, 40 at most"
        )
    if name in ctx.settings.cockpit.views:
        raise InputError(
            f"the view {name} is in the settings", hint=f"change it in {ctx.paths.settings}"
        )
    views = {**views_in_force(ctx), name: query}
    parse_query(f"@{name}", views)
    _keep(ctx, {**_kept(ctx), name: query})
    return SavedView(name, print_query(parse_query(query, views)), FILE_NAME)


def forget_view(ctx: Context, name: str) -> None:
    """Remove the view `name` from the file.

    Raises:
        UnknownNameError: there is none of that name in the file.
    """
    views = _kept(ctx)
    if name not in views:
        hint = f"it is in {ctx.paths.settings}" if name in ctx.settings.cockpit.views else None
        raise UnknownNameError(f"{name} is no view that was saved here", hint=hint)
    del views[name]
    _keep(ctx, views)


def _kept(ctx: Context) -> dict[str, str]:
    file = ctx.paths.config / FILE_NAME
    if not file.exists():
        return {}
    return dict(read_document(file, _File, "saved views").value.views)


def _keep(ctx: Context, views: Mapping[str, str]) -> None:
    text = yaml.safe_dump({"views": dict(views)}, allow_unicode=True, width=1000)
    file = ctx.paths.config / FILE_NAME
    try:
        place_file(make_private(file.parent) / FILE_NAME, text.encode(), 0o600)
    except OSError as error:
        raise ConfigError(f"cannot write {file}: {error.strerror}") from error
