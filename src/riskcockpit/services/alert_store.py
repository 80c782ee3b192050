"""Where alerting keeps what it remembers: one file beside the cache, and the ledger's receipts.

When the file is lost, what was told is read from the receipts, so that nothing is told twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

import msgspec

from riskcockpit.alerts.decide import Acks
from riskcockpit.alerts.state import Alert, Delivery, DeliveryState, State
from riskcockpit.config.paths import Paths, make_private
from riskcockpit.decisions.project import acknowledging
from riskcockpit.domain.action import Outcome
from riskcockpit.domain.alert import AlertKind, Fact
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import StoreError
from riskcockpit.ledger.canonical import Json
from riskcockpit.ledger.chain import Entry
from riskcockpit.store.durable import write_whole, writing

FILE_NAME = "alerts.json"
LOCK_NAME = "alerts.lock"
KIND = "notify"
"""The word of receipts about messages."""
_RECEIPTS = {
    DeliveryState.DONE: (EntryType.ACTION_CONFIRMED, Outcome.DONE),
    DeliveryState.UNKNOWN: (EntryType.ACTION_UNKNOWN, Outcome.UNKNOWN),
    DeliveryState.FAILED: (EntryType.ACTION_REFUSED, Outcome.REFUSED),
}


def load(paths: Paths, receipts: Iterable[Entry] = ()) -> State:
    """Return what is remembered; from the `receipts` of the ledger when the file is lost.

    Raises:
        StoreError: the file is there and cannot be read.
    """
    file = paths.state / FILE_NAME
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return State(alerts=tuple(_told(receipts)))
    except OSError as error:
        raise StoreError(f"cannot read {file}: {error.strerror}") from error
    try:
        return msgspec.json.decode(content, type=State)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StoreError(
            f"cannot read {file}: {error}",
            hint="move it away: what was told is read from the ledger then",
        ) from error


def save(paths: Paths, state: State) -> None:
    """Keep `state`; when this returns it is on disk.

    Raises:
        StoreError: it cannot be written.
    """
    with writing():
        write_whole(make_private(paths.state) / FILE_NAME, msgspec.json.encode(state))


def receipt(delivery: Delivery) -> tuple[EntryType, dict[str, Json]] | None:
    """Return the entry that says what came of a message; None while it may be sent again."""
    if delivery.state not in _RECEIPTS:
        return None
    type_, outcome = _RECEIPTS[delivery.state]
    told: dict[str, Json] = {line.key: line.severity.word for line in delivery.notice.lines}
    return type_, {
        "action": delivery.notice.id,
        "kind": KIND,
        "target": f"channel {delivery.channel}",
        "outcome": outcome.value,
        "message": delivery.message or delivery.notice.headline,
        "alerts": told,
        "attempts": delivery.attempts,
    }


def acks_of(
    entries: Sequence[Entry], facts: Sequence[Fact], may_answer: Callable[[Entry], bool]
) -> Acks:
    """Return what people signed about alerts: for one itself, or about its finding or model.

    `entries` are those of a ledger that verifies, in time order; `may_answer` tells of one whether
    who signed it decides anything.
    """
    subjects, keys = {fact.subject for fact in facts}, {fact.key for fact in facts}
    about: dict[str, tuple[datetime, str]] = {}
    for subject, entry in acknowledging(entries):
        if subject in subjects and may_answer(entry):
            about[subject] = (entry.ts, entry.actor)
    signed = {
        str(entry.data["alert"]): (entry.ts, entry.actor)
        for entry in entries
        if entry.type is EntryType.NOTE
        and str(entry.data.get("alert", "")) in keys
        and may_answer(entry)
    }
    found = {}
    for fact in facts:
        known = [each for each in (signed.get(fact.key), about.get(fact.subject)) if each]
        if known:
            found[fact.key] = max(known)
    return found


def _told(receipts: Iterable[Entry]) -> Iterator[Alert]:
    """Yield what the ledger says was told, by key; its facts are seen again or end."""
    found: dict[str, Alert] = {}
    for entry in receipts:
        listed = entry.data.get("alerts")
        is_ours = entry.type is not EntryType.ACTION_REFUSED and entry.data.get("kind") == KIND
        if not is_ours or not isinstance(listed, dict):
            continue
        for key, word in listed.items():
            severity = Severity.from_word(str(word)) or Severity.INFO
            found[key] = _seen_then(found.get(key), key, severity, entry.ts)
    yield from (found[key] for key in sorted(found))


def _seen_then(past: Alert | None, key: str, severity: Severity, at: datetime) -> Alert:
    fact = Fact(
        key=key, kind=AlertKind.SLA, severity=severity, title=key, detail="told before", since=at
    )
    alert = past or Alert(fact=fact, began_at=at, seen_at=at, raised_at=at, step_at=at)
    return replace(
        alert, fact=fact, seen_at=at, told_at=at, told_severity=severity, times=alert.times + 1
    )
