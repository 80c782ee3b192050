"""Taking waivers upstream: which alerts one closes there, and carrying that out, and undoing it.

A source takes part only where it says that it may be written to; anything else is told as a
reason. The waiver itself never depends on it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from riskcockpit.actions.dispatch import DUE
from riskcockpit.connectors.api import Acts, Dismisses, KeptRecord, WaiverWords
from riskcockpit.decisions.project import Projection
from riskcockpit.decisions.receipts import ACTING
from riskcockpit.decisions.upstream import MOST_ALERTS, dismissals_of, silences_of
from riskcockpit.decisions.waivers import WaiverTerms
from riskcockpit.domain.action import WAIVER_KINDS, Action, ActionKind, ActionState
from riskcockpit.errors import RefusedError, RiskcockpitError
from riskcockpit.ingest.raw import raw_record
from riskcockpit.ledger.chain import Entry
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.outbox import acting_connector, bring_on, row_of
from riskcockpit.services.record import examined, projected
from riskcockpit.store.sql import sql
from riskcockpit.views.governance import ActionRow

MOST_PREVIEWED = 20
"""Alerts that are looked at upstream for one preview."""
BLAST_RADIUS = "upstream-blast-radius"
"""The rule named when a waiver would close too much at once."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """What a waiver would close upstream."""

    actions: tuple[Action, ...] = ()
    """Without ids: those follow from the entry."""
    notes: tuple[str, ...] = ()
    """Why a source of some of the findings is not told, one sentence each."""

    def check(self) -> None:
        """Refuse what is too much at once.

        Raises:
            RefusedError: the waiver would close more alerts than `MOST_ALERTS`.
        """
        if len(self.actions) > MOST_ALERTS:
            raise RefusedError(
                f"it would close {len(self.actions)} alerts upstream, more than {MOST_ALERTS}",
                rule=BLAST_RADIUS,
                hint="waive fewer findings at once, or take `write: true` off the source",
            )


def upstream_of_waiver(ctx: Context, terms: WaiverTerms) -> Upstream:
    """Return what a waiver with these terms closes upstream; asks nobody there.

    Raises:
        StoreError: the cache cannot be read.
    """
    by_source: defaultdict[str, list[KeptRecord]] = defaultdict(list)
    ids = [each.id for each in terms.findings]
    with ctx.store.reader() as reader:
        for _, source, format_, raw_hash in reader.rows(sql("services", "decide_records"), ids=ids):
            if ctx.source(source) is not None and (raw := raw_record(reader, raw_hash)):
                by_source[source].append(KeptRecord(format_, raw))
    words = WaiverWords(terms.reason, terms.justification, terms.expires_at)
    actions: dict[tuple[str, str], Action] = {}
    notes = []
    for source, records in by_source.items():
        found, note = _of_source(ctx, source, records, words)
        actions |= {(each.source, each.target): each for each in found}
        notes += [note] if note else []
    return Upstream(tuple(actions.values()), tuple(notes))


@dataclass(frozen=True, slots=True)
class Calls:
    """What would be sent."""

    made: tuple[str, ...]
    """The exact calls, as far as they are known."""
    warnings: tuple[str, ...]
    """What speaks against them there now."""
    are_known: bool
    """Whether every source has answered."""


def calls_of(ctx: Context, actions: Sequence[Action]) -> Calls:
    """Ask the sources which calls `actions` make."""
    calls: list[str] = []
    warnings: list[str] = []
    are_known = True
    for source in dict.fromkeys(each.source for each in actions[:MOST_PREVIEWED]):
        own = [each for each in actions[:MOST_PREVIEWED] if each.source == source]
        try:
            for call, blockers in _previewed(ctx, source, own):
                calls += call
                warnings += blockers
        except RiskcockpitError as error:
            are_known = False
            warnings.append(f"cannot look upstream: {error.message}")
    if rest := actions[MOST_PREVIEWED:]:
        calls.append(f"the same for {', '.join(each.target for each in rest)}")
    return Calls(tuple(calls), tuple(dict.fromkeys(warnings)), are_known)


def carry_out(desk: Desk, decision: str) -> tuple[ActionRow, ...]:
    """Send what the decision with this hash changes upstream, or what the end of a waiver does.

    Stops where the source does not answer: the rest stays due.
    """
    ask = next((entry for entry in desk.entries if entry.hash == decision), None)
    if ask is None:
        return ()
    if ask.type in ACTING:
        each = _projection(desk).action(decision)
        rows = (bring_on(desk, decision),) if each and each.state in DUE else ()
        return (*rows, *_sent(desk, _silenced(desk, ask)))
    return _sent(desk, {each.target for each in dismissals_of(ask)})


def _silenced(desk: Desk, ask: Entry) -> set[str]:
    """Return what a rollback silences, or what taking one back lets speak again."""
    undone = ask.data.get("undoes")
    asks = (entry for entry in desk.entries if entry.hash in (ask.hash, undone))
    return {each.target for one in asks if one.type in ACTING for each in silences_of(one)}


def carry_out_due(ctx: Context) -> tuple[ActionRow, ...]:
    """Bring on whatever is due of all waivers, as after one ran out.

    Raises:
        LedgerError: the ledger does not verify, or there is no key to sign receipts with.
    """
    found = projected(ctx, examined(ctx), ctx.clock.now()).actions
    due = {e.action.target for e in found if e.action.kind in WAIVER_KINDS and e.state in DUE}
    if not due:
        return ()
    desk = Desk(ctx)
    rows = _sent(desk, due)
    desk.finish()
    return rows


def _projection(desk: Desk) -> Projection:
    ctx = desk.ctx
    return projected(ctx, examined(ctx), ctx.clock.now())


def _sent(desk: Desk, targets: set[str]) -> tuple[ActionRow, ...]:
    if not targets:
        return ()
    projection = _projection(desk)
    rows: list[ActionRow] = []
    for each in projection.actions:
        is_wanted = each.action.kind in WAIVER_KINDS and each.action.target in targets
        if not is_wanted or each.state not in DUE:
            continue
        if each.state is ActionState.PENDING and not _is_founded(desk, projection, each.action):
            rows.append(row_of(each, "not sent: its waiver covers no finding of this alert"))
            continue
        row = bring_on(desk, each.action.id)
        rows.append(row)
        if row.state == ActionState.UNKNOWN.value:
            break
    return tuple(rows)


def _is_founded(desk: Desk, projection: Projection, action: Action) -> bool:
    """Whether a dismissal is of a finding that its waiver covers, by the cache of whoever sends it.

    The list in the entry is what its author wrote: it may not close more than the waiver does.
    """
    if action.kind not in (ActionKind.ALERT_DISMISS, ActionKind.ALERT_SILENCE):
        return True
    asks = {entry.hash: entry for entry in desk.entries}
    if any(action.id in {s.id for s in silences_of(a)} for a in desk.entries if a.type in ACTING):
        return True
    for waiver in projection.waivers:
        if waiver.terms and action.id in {each.id for each in dismissals_of(asks[waiver.id])}:
            own = upstream_of_waiver(desk.ctx, waiver.terms).actions
            return any(_reach(each) == _reach(action) for each in own)
    return False


def _reach(action: Action) -> tuple[str, ...]:
    """Return what an action of a waiver reaches: a silence as far as its labels, until its end."""
    bounds = (action.params.get(key, "") for key in ("labels", "until"))
    return (action.kind.value, action.source, action.target, *bounds)


def _of_source(
    ctx: Context, source: str, records: Sequence[KeptRecord], words: WaiverWords
) -> tuple[list[Action], str]:
    """Return what one source would close of its records, or why it is not told."""
    try:
        connector = acting_connector(ctx, source)
    except RiskcockpitError as error:
        return [], f"{source} is not told: {error.message}"
    try:
        if not isinstance(connector, Dismisses):
            return [], ""
        actions = [each for r in records if (each := connector.dismissal(r, words)) is not None]
        if actions and (why_not := connector.why_not()):
            return [], f"{len(actions)} alerts stay open upstream: {why_not}"
        return actions, ""
    finally:
        connector.close()


def _previewed(
    ctx: Context, source: str, actions: Iterable[Action]
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    connector = acting_connector(ctx, source)
    try:
        if isinstance(connector, Acts):
            for action in actions:
                preview = connector.preview(replace(action, id=""))
                yield preview.calls, preview.blockers
    finally:
        connector.close()
