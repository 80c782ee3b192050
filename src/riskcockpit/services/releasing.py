"""Releasing held closures: somebody says that what a scan did not see is really gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.ids import short
from riskcockpit.errors import RefusedError, UnknownNameError
from riskcockpit.present.text import plural
from riskcockpit.services import correcting
from riskcockpit.services.context import Context
from riskcockpit.services.correcting import Correction
from riskcockpit.services.desk import MIN_PREFIX, Desk
from riskcockpit.store.sql import sql
from riskcockpit.views.governance import DecisionPreview, DecisionResult

ALL = "all"
"""The word for everything that is held."""
MOST_RELEASED = 20_000
"""One entry of the ledger names no more findings."""


@dataclass(frozen=True, slots=True)
class Held:
    """A scan whose closures are held, and what it would close."""

    id: str
    scope: str
    asset: str
    tool: str
    category: str
    branch: str
    content_hash: str
    document: str
    words: str
    """As `+12 new, 4 moved, 3 reopened, 51 would close (38 %)`."""
    findings: tuple[str, ...]


def held(ctx: Context) -> tuple[Held, ...]:
    """Return the scans whose closures are held, the newest first."""
    if not ctx.store.generation():
        return ()
    with ctx.store.reader() as reader:
        return tuple(_held(row) for row in reader.records(sql("services", "release_scans")))


def plan_release(ctx: Context, wanted: str) -> tuple[DecisionPreview, ...]:
    """Say what releasing would close, scan by scan.

    `wanted` is `all`, an asset, or the start of the id of a scope or of a scan.

    Raises:
        UnknownNameError: nothing is held there.
        LedgerError: the ledger does not verify, or there is no key.
    """
    desk = Desk(ctx)
    return tuple(correcting.plan(desk, _wish(one)) for one in _chosen(ctx, wanted))


def release(ctx: Context, wanted: str) -> tuple[DecisionResult, ...]:
    """Close what held scans did not see, each by a signed entry that names its findings.

    Raises:
        UnknownNameError: nothing is held there.
        RefusedError: this person may not; nothing was written.
    """
    return tuple(correcting.decide(Desk(ctx), _wish(one)) for one in _chosen(ctx, wanted))


def _chosen(ctx: Context, wanted: str) -> Sequence[Held]:
    known = held(ctx)
    name = wanted.strip()
    if name == ALL:
        found: Sequence[Held] = known
    else:
        found = [one for one in known if _is_meant(one, name)]
    if not found:
        where = ", ".join(f"{one.asset} ({short(one.scope)})" for one in known) or "nothing"
        raise UnknownNameError(f"nothing is held in {wanted!r}", hint=f"held: {where}")
    return found


def _is_meant(one: Held, name: str) -> bool:
    is_prefix = len(name) >= MIN_PREFIX and (
        one.scope.startswith(name.lower()) or one.id.startswith(name.lower())
    )
    return one.asset == name or is_prefix


def _held(row: dict[str, Any]) -> Held:
    findings = tuple(row["findings"])
    share = f" ({round(100 * len(findings) / row['live'])} %)" if row["live"] else ""
    words = (
        f"+{row['created']} new, {row['moved']} moved, {row['reopened']} reopened, "
        f"{len(findings)} would close{share}; scanned {rfc3339(row['scanned_at'])}"
    )
    return Held(
        id=row["id"],
        scope=row["scope"],
        asset=row["asset"],
        tool=row["tool"],
        category=row["category"],
        branch=row["branch"],
        content_hash=row["content_hash"],
        document=row["document"],
        words=words,
        findings=findings,
    )


def _wish(one: Held) -> Correction:
    count = plural(len(one.findings), "finding")
    where = " ".join(filter(None, (one.asset, one.category, one.branch)))
    refused = RefusedError(
        f"one release closes {MOST_RELEASED} findings at most, not {len(one.findings)}",
        rule="release-max-findings",
        hint="import the report again with --accept-held",
    )
    return Correction(
        type=EntryType.CLOSURE_RELEASED,
        title=f"Close {count} that {one.tool} did not see in {where}",
        consequence="They are fixed as of that scan; waivers over them end. It can be undone.",
        target=where,
        data={
            "scan": one.id, "content": one.content_hash, "scope": one.scope, "asset": one.asset,
            "tool": one.tool, "findings": list(one.findings), "count": len(one.findings),
        },
        findings=one.findings,
        facts=(("report", one.document), ("the import", one.words)),
        blocker=refused if len(one.findings) > MOST_RELEASED else None,
    )  # fmt: skip
