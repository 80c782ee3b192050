"""Writing what the ledger means into the cache; part of every publish.

The projection owns nothing: it can be written anew from the ledger at any time, and doing it
twice changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from riskcockpit.decisions.corrections import Merge
from riskcockpit.decisions.duties import could_sign
from riskcockpit.decisions.project import BrokenGlass, Projection, Waiver, held_by_controls
from riskcockpit.decisions.receipts import ProjectedAction
from riskcockpit.decisions.roles import Roles
from riskcockpit.decisions.waivers import WaiverState
from riskcockpit.decisions.wording import subject_of, summary_of
from riskcockpit.domain.action import MODEL_KINDS, ActionKind, ActionState
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.decision import WaiverReason
from riskcockpit.domain.finding import EventKind, State
from riskcockpit.domain.ids import short
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.ledger.canonical import canonical
from riskcockpit.ledger.chain import Entry
from riskcockpit.services.closures import settle_closures
from riskcockpit.services.context import Context
from riskcockpit.services.corrections import settle_identities
from riskcockpit.services.incident_projection import write_incidents
from riskcockpit.services.missed_reviews import settle_reviews
from riskcockpit.services.record import examined, policy_book, projected
from riskcockpit.services.staging import TABLES
from riskcockpit.services.verdicts import verdicts_of
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql


def project_ledger(ctx: Context, tx: Writer, now: datetime) -> Projection:
    """Verify the ledger, and put what it means at `now` into the cache.

    While the ledger does not verify, no waiver counts; one that rests on a control which does not
    hold by the latest verdict is suspended. Returns the projection.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    found = examined(ctx)
    projection = held_by_controls(projected(ctx, found, now), verdicts_of(tx))
    could = _could_sign(policy_book(ctx.paths.ledger, found.entries).roles, projection)
    _write_entries(tx, found.counting, may_clear=found.report.is_ok)
    _write_waivers(tx, projection.waivers, could)
    _write_actions(tx, projection.actions, could)
    _write_glasses(tx, projection.glasses, could)
    settle_reviews(ctx, tx, projection, found.entries, now, is_verified=found.report.is_ok)
    settle_identities(tx, projection.corrections, now)
    settle_closures(tx, projection.corrections, now)
    _write_findings(tx, projection, now)
    _write_moves(tx, projection.actions)
    write_incidents(tx, projection)
    return projection


def _could_sign(roles: Roles | None, projection: Projection) -> Mapping[str, list[str]]:
    """Return ask → who else could add a key to it; only of what waits for one."""
    asks = [
        *((waiver.id, waiver.standing) for waiver in projection.waivers),
        *((each.action.id, each.standing) for each in projection.actions),
    ]
    return {
        id_: list(could_sign(roles, stands.rule, stands.signed, stands.authors, projection.at))
        for id_, stands in asks
        if roles is not None and stands.rule is not None
        and (stands.is_waiting or stands.is_to_review)
    }  # fmt: skip


def _write_entries(tx: Writer, entries: Sequence[Entry], *, may_clear: bool) -> None:
    """Write the entries that are not in the cache; those gone stay while the ledger is in doubt."""
    known = {row[0] for row in tx.rows(sql("services", "projection_known_entries"))}
    if may_clear and known - {entry.hash for entry in entries}:
        tx.execute(sql("services", "projection_clear_ledger_entry"))
        known = set()
    new = {entry.hash: entry for entry in entries if entry.hash not in known}
    tx.append("ledger_entry", (_entry_row(entry) for entry in new.values()))


def _entry_row(entry: Entry) -> dict[str, Any]:
    return {
        "hash": entry.hash,
        "chain": entry.chain,
        "seq": entry.seq,
        "ts": entry.ts,
        "actor": entry.actor,
        "key_fp": entry.key_fp,
        "type": entry.type.value,
        "subject": subject_of(entry),
        "summary": summary_of(entry),
        "data": canonical(entry.data).decode("utf-8"),
    }


def _write_waivers(tx: Writer, waivers: Sequence[Waiver], could: Mapping[str, list[str]]) -> None:
    tx.execute(sql("services", "projection_clear_waiver"))
    tx.execute(sql("services", "projection_clear_waiver_finding"))
    tx.append("waiver", (_waiver_row(waiver, could.get(waiver.id, [])) for waiver in waivers))
    tx.append(
        "waiver_finding",
        (
            {"waiver_id": waiver.id, "finding_id": covered.id}
            for waiver in waivers
            if waiver.terms
            for covered in waiver.terms.findings
        ),
    )
    tx.execute(sql("services", "projection_clear_waived_span"))
    tx.execute(sql("services", "projection_waived_span"), rev=tx.generation)


def _waiver_row(waiver: Waiver, could: list[str]) -> dict[str, Any]:
    terms, standing = waiver.terms, waiver.standing
    return {
        "id": waiver.id,
        "state": waiver.state.value,
        "reason": terms.reason.value if terms else "",
        "justification": terms.justification if terms else standing.doubt,
        "requester": waiver.requester,
        "approver": waiver.approver,
        "requested_at": waiver.requested_at,
        "decided_at": standing.decided_at or waiver.ended_at,
        "expires_at": terms.expires_at if terms else waiver.requested_at,
        "rule": standing.rule.id if standing.rule else "",
        "query": terms.query if terms else "",
        "finding_count": len(terms.findings) if terms else 0,
        "kind": terms.kind.value if terms else "",
        "why": clean_line(waiver.why),
        "statement": terms.statement if terms else "",
        "stopped_at": waiver.stopped_at,
        "could_sign": could,
    }


def _write_actions(
    tx: Writer, actions: Sequence[ProjectedAction], could: Mapping[str, list[str]]
) -> None:
    tx.execute(sql("services", "projection_clear_action"))
    tx.append(
        "action",
        (
            {
                "id": each.action.id,
                "kind": each.action.kind.value,
                "source": each.action.source,
                "target": each.action.target,
                "params": json.dumps(dict(each.action.params), sort_keys=True),
                "state": each.state.value,
                "message": each.message,
                "decided_by": each.decided_by,
                "decided_at": each.decided_at,
                "updated_at": each.updated_at,
                "could_sign": could.get(each.action.id, []),
            }
            for each in actions
        ),
    )


def _write_glasses(
    tx: Writer, glasses: Iterable[BrokenGlass], could: Mapping[str, list[str]]
) -> None:
    tx.execute(sql("services", "projection_clear_glass_broken"))
    tx.append(
        "glass_broken",
        (
            {
                "id": each.id,
                "kind": each.kind,
                "subject": clean_line(each.subject),
                "actor": each.actor,
                "reason": clean_line(each.review.reason),
                "decided_at": each.at,
                "review_by": each.review.due,
                "reviewed_at": each.review.done_at,
                "reviewer": each.reviewer,
                "ended_at": each.ended_at,
                "could_sign": could.get(each.id, []),
            }
            for each in glasses
        ),
    )


def _write_findings(tx: Writer, projection: Projection, now: datetime) -> None:
    said: dict[str, list[Sequence[Any]]] = {
        "projected_cover": list(_covers(projection)),
        "projected_event": list(_events(projection)),
        "projected_acknowledgement": list(projection.acknowledgements),
        "projected_containment": [(c.model, c.at) for c in projection.containments],
    }
    if not any(said.values()) and tx.rows(sql("services", "projection_standing")) == [(False,)]:
        return
    for table, rows in said.items():
        _stage(tx, table, rows)
    for name in ("findings", "events", "acknowledged", "contained"):
        tx.execute(sql("services", f"projection_{name}"), rev=tx.generation)
    tx.execute(sql("services", "projection_reviews"), now=now, rev=tx.generation)


def _covers(projection: Projection) -> Iterator[tuple[Any, ...]]:
    for waiver in projection.waivers:
        state = _finding_state(waiver)
        if state is None or waiver.terms is None:
            continue
        since = waiver.standing.decided_at or waiver.requested_at
        grown = {merge.finding for merge in _outgrown(waiver, projection)}
        for covered in waiver.terms.findings:
            if covered.id in grown:
                continue
            yield (
                waiver.id, covered.id, state.value, int(covered.severity), covered.is_kev, since,
                waiver.terms.expires_at,
            )  # fmt: skip


def _outgrown(waiver: Waiver, projection: Projection) -> Iterator[Merge]:
    """Yield what one person merged into findings that it took several to waive, since they did."""
    decided_at, rule = waiver.standing.decided_at, waiver.standing.rule
    if decided_at is None or rule is None or rule.keys == 1:
        return
    for one in projection.corrections:
        if isinstance(one, Merge) and one.at > decided_at:
            yield one


def _finding_state(waiver: Waiver) -> State | None:
    """Return what a waiver makes of its findings; None when it does not count."""
    if waiver.state is WaiverState.REQUESTED:
        return State.PENDING_WAIVER
    if waiver.state is not WaiverState.GRANTED or waiver.terms is None:
        return None
    is_false = waiver.terms.reason is WaiverReason.FALSE_POSITIVE
    return State.FALSE_POSITIVE if is_false else State.WAIVED


def _events(projection: Projection) -> Iterator[tuple[str, datetime, str, str]]:
    for waiver in projection.waivers:
        if waiver.terms is None or waiver.standing.decided_at is None or waiver.standing.doubt:
            continue
        happened = list(_happened(waiver, waiver.standing.decided_at))
        grown = {merge.finding: merge for merge in _outgrown(waiver, projection)}
        for covered in waiver.terms.findings:
            if (merge := grown.get(covered.id)) is not None:
                words = f"waiver {short(waiver.id)} no longer covers it: {merge.actor} merged it"
                yield covered.id, merge.at, EventKind.WAIVER_REVIEW.value, words
            for kind, moment, detail in happened:
                yield covered.id, moment, kind.value, detail


def _happened(waiver: Waiver, decided_at: datetime) -> Iterator[tuple[EventKind, datetime, str]]:
    if waiver.terms is None:  # pragma: no cover - the caller looked
        return
    name, until = short(waiver.id), rfc3339(waiver.terms.expires_at)
    words = f"until {until} by waiver {name}: {waiver.terms.reason.value}"
    yield EventKind.WAIVED, decided_at, words
    if waiver.state is WaiverState.EXPIRED:
        yield EventKind.WAIVER_EXPIRED, waiver.terms.expires_at, f"waiver {name} ended"
    elif waiver.stop is not None and waiver.state is WaiverState.SUSPENDED:
        yield EventKind.WAIVER_REVIEW, waiver.stop.ts, f"waiver {name} is suspended: {waiver.why}"
    elif (end := waiver.standing.ended) is not None:
        yield EventKind.UNDONE, end.ts, f"waiver {name} taken back by {end.actor}"


def _write_moves(tx: Writer, actions: Iterable[ProjectedAction]) -> None:
    _stage(tx, "projected_move", filter(None, map(_move, actions)))
    for name in ("moves_explained", "moves_between", "moves_made", "aliases", "marks"):
        tx.execute(sql("services", f"projection_{name}"), rev=tx.generation)


def _move(each: ProjectedAction) -> tuple[Any, ...] | None:
    model, _, alias = each.action.target.rpartition("@")
    before, after = each.action.params.get("from", ""), each.action.params.get("to", "")
    is_move = each.action.kind in MODEL_KINDS and after.isdecimal()
    if each.sent_at is None or not (is_move and (not before or before.isdecimal())):
        return None
    confirmed = each.updated_at if each.state is ActionState.DONE else None
    is_rollback = each.action.kind is ActionKind.MODEL_ROLLBACK
    return (
        each.action.id, model, alias, int(before) if before else None, int(after), is_rollback,
        each.sent_at, confirmed,
    )  # fmt: skip


def _stage(tx: Writer, table: str, rows: Iterable[Sequence[Any]]) -> None:
    tx.stage(table, TABLES[table], rows)
