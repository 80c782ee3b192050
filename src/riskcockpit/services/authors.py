"""Who made what a decision is about, as registries and systems that deploy name them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from riskcockpit.domain.action import Action, ActionKind
from riskcockpit.domain.model import is_version
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.services.context import Context
from riskcockpit.store.database import Reader
from riskcockpit.store.sql import sql


def authors_of_versions(reader: Reader, model: str, versions: Iterable[str]) -> tuple[str, ...]:
    """Return who trained these versions of a model; `versions` are numbers as text."""
    numbers = [int(text) for text in versions if is_version(text)]
    found = reader.rows(
        sql("services", "authors_of_versions"), model=model, versions=numbers or [-1]
    )
    return tuple(clean_line(name) for (name,) in found)


def authors_of_findings(reader: Reader, findings: Iterable[str]) -> tuple[str, ...]:
    """Return who trained the champions that these findings are about, or broke their glasses.

    Who wrote the code is not taken from reports: whoever writes one could shut out all approvers.
    """
    ids = list(findings) or [""]
    found = reader.rows(sql("services", "authors_of_findings"), ids=ids)
    return (*(clean_line(name) for (name,) in found), *glass_breakers(reader, ids))


def glass_breakers(reader: Reader, findings: Iterable[str]) -> tuple[str, ...]:
    """Return whose decisions, which nobody reviewed in time, these findings are about."""
    statement = sql("services", "authors_of_missed_reviews")
    found = reader.rows(statement, ids=list(findings) or [""])
    return tuple(name for (name,) in found)


def deployers_of(ctx: Context, action: Action) -> tuple[str, ...]:
    """Return who started the deployment that an answer lets go on; nobody for a rollback.

    Without a cache nobody is known.
    """
    if action.kind is ActionKind.DEPLOYMENT_ROLLBACK or not ctx.store.generation():
        return ()
    with ctx.store.reader() as reader:
        return _deployers(reader, action.source, action.target)


def _deployers(reader: Reader, source: str, target: str) -> tuple[str, ...]:
    found = reader.rows(sql("services", "authors_of_deployment"), source=source, target=target)
    return tuple(clean_line(name) for (name,) in found)


def known_authors(ctx: Context, ask: Mapping[str, Any]) -> tuple[str, ...]:
    """Return who made what an ask is about, as the cache knows today: it may have named too few.

    Without a cache nobody is known.
    """
    if not ctx.store.generation():
        return ()
    with ctx.store.reader() as reader:
        if str(ask.get("kind", "")).startswith("deployment."):
            is_back = ask["kind"] == ActionKind.DEPLOYMENT_ROLLBACK.value
            place = str(ask.get("source", "")), str(ask.get("target", ""))
            return () if is_back else _deployers(reader, *place)
        params, findings = ask.get("params"), ask.get("findings")
        if isinstance(params, Mapping):
            versions = map(str, params.values())
            return authors_of_versions(reader, str(ask.get("model", "")), versions)
        named = findings if isinstance(findings, Mapping) else ()
        return authors_of_findings(reader, map(str, named))
