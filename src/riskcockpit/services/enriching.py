"""Applies what is known from elsewhere to findings and assets; part of every publish.

What counts is derived from what the tool and the settings say and from the files in force, never
from what counted before: the order in which files and scans arrive does not matter. Only what is
new in this generation is looked at, or all when a file is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from riskcockpit.config.settings import SlaSettings
from riskcockpit.ingest.code_owners import CodeOwners
from riskcockpit.services.staging import TABLES
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql


def enrich(tx: Writer, sla: SlaSettings, now: datetime) -> None:
    """Put scores, listings, deadlines and owners on the findings of this generation.

    The settings' assets are staged as `described_asset` before.
    """
    files = tx.rows(sql("services", "enriching_files"), rev=tx.generation)
    kinds = {kind for kind, _, _ in files}
    fresh = {(kind, subject) for kind, subject, is_new in files if is_new}
    if kinds & {"epss", "kev"}:
        is_all = any(kind in ("epss", "kev") for kind, _ in fresh)
        _score(tx, sla, now, is_all=is_all, has_catalogue="kev" in kinds)
    if "backstage" in kinds:
        tx.execute(sql("services", "enriching_assets"), rev=tx.generation)
    if kinds & {"codeowners", "backstage"}:
        changed = {subject for kind, subject in fresh if kind == "codeowners"}
        _own(tx, changed, has_catalogue="backstage" in kinds)
    tx.execute(sql("services", "enriching_model_owners"), rev=tx.generation)


def _score(
    tx: Writer, sla: SlaSettings, now: datetime, *, is_all: bool, has_catalogue: bool
) -> None:
    tx.stage("enriched", TABLES["enriched"], ())
    found = tx.execute(
        sql("services", "enriching_fill"),
        is_all=is_all,
        has_catalogue=has_catalogue,
        kev_days=sla.kev_days,
        rev=tx.generation,
    )
    if found:
        for name in ("enriching_events", "enriching_deadlines"):
            tx.execute(sql("services", name), now=now, rev=tx.generation)
        tx.execute(sql("services", "enriching_findings"), rev=tx.generation)


def _own(tx: Writer, changed: Iterable[str], *, has_catalogue: bool) -> None:
    """Match the paths that are new to the rules of their asset, and give findings their owners."""
    tx.stage("changed_subject", TABLES["changed_subject"], ((name,) for name in sorted(changed)))
    tx.execute(sql("services", "enriching_paths_forget"))
    paths = tx.rows(sql("services", "enriching_paths"), rev=tx.generation)
    if paths:
        rules = tx.rows(sql("services", "enriching_rules"))
        name = "incoming_path_owner"
        tx.stage(name, TABLES[name], _matched(paths, rules))
        tx.execute(sql("services", "enriching_paths_fill"))
    owned = sql("services", "enriching_owners")
    tx.execute(owned, has_catalogue=has_catalogue, rev=tx.generation)


def _matched(
    paths: Iterable[tuple[Any, ...]], rules: Iterable[tuple[Any, ...]]
) -> Iterator[tuple[str, str, list[str]]]:
    """Yield (asset, path, owners) of (asset, path) and (asset, pattern, owners), by asset."""
    of_asset = {
        asset: CodeOwners([(pattern, owners) for _, pattern, owners in group])
        for asset, group in groupby(rules, key=itemgetter(0))
    }
    for asset, path in paths:
        yield asset, path, list(of_asset[asset].of(path))
