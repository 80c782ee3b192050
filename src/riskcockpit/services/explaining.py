"""One finding in full, and in words why it is what it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.finding import Location
from riskcockpit.domain.ids import short
from riskcockpit.domain.severity import Severity
from riskcockpit.ingest.raw import raw_record
from riskcockpit.present.knowledge import epss_words, kev_words, owner_words, priority
from riskcockpit.services.deadlines import about_deadlines, past_deadlines
from riskcockpit.services.rows import finding_row, finding_rows
from riskcockpit.store.sql import sql
from riskcockpit.views.findings import (
    FindingDetail,
    FindingEventView,
    FindingRow,
    Known,
    PastDeadline,
    WaiverView,
    WhyView,
)

if TYPE_CHECKING:
    from riskcockpit.store.database import Reader

MAX_RAW_BYTES = 1_000_000
"""How much of a raw record is shown."""
_EVENTS = {
    "created": "first seen",
    "moved": "matched although it moved",
    "renamed": "matched although its file was renamed",
    "rule_renamed": "matched although its rule was renamed",
    "bumped": "matched although the package changed its version",
    "reopened": "seen again after it was fixed",
    "absent": "absent from a scan, but not closed",
    "fixed": "absent from a complete scan, so fixed",
    "severity_changed": "its severity changed",
    "suppressed": "suppressed in the source itself",
    "state_changed": "its state changed",
    "waived": "waived",
    "waiver_expired": "its waiver ended",
    "waiver_review": "its waiver needs a review",
    "split": "split from another finding",
    "merged": "merged with another finding",
    "held": "would have been closed, but the import was held",
    "undone": "undone",
    "vex": "a VEX statement speaks of it",
    "enriched": "what is known of it changed",
}


def detail_of(reader: Reader, id_: str, row_id: int, currency: str) -> FindingDetail:
    """Return all that is known of the finding with this id, which is the row `row_id`."""
    row = finding_row(reader.rows(sql("services", "finding_row"), row_id=row_id)[0], currency)
    more = reader.records(sql("services", "finding_detail"), row_id=row_id)[0]
    correlated = reader.rows(
        sql("services", "finding_correlated"), id=id_, correlation=more["correlation"]
    )
    controls = reader.rows(
        sql("services", "finding_controls"), id=id_, asset=row.asset, rule=row.rule
    )
    return FindingDetail(
        row=row,
        description=more["description"],
        help_url=more["help_url"],
        severity_raw=more["severity_raw"],
        severity_source=more["severity_source"],
        vulnerability_ids=tuple(more["vulnerability_ids"]),
        fixed_version=more["fixed_version"],
        cwes=tuple(more["cwes"]),
        cvss=more["cvss"],
        epss=more["epss"],
        locations=_locations(reader, id_, more),
        metric=more["metric"],
        segment=more["segment"],
        resource=more["resource"],
        detected_at=more["detected_at"],
        onset_at=more["onset_at"],
        fixed_at=more["fixed_at"],
        reopened_count=more["reopened_count"],
        history=_history(reader, id_),
        waivers=_waivers(reader, id_),
        correlated=finding_rows(correlated, currency),
        controls=tuple(control for (control,) in controls),
        raw=_raw(reader, more["raw_hash"]),
        known=_known(reader, row_id),
        past_deadlines=past_deadlines(reader, id_),
    )


def why_of(reader: Reader, id_: str, row_id: int, currency: str, now: datetime) -> WhyView:
    """Explain the finding in row `row_id`: its keys, its history, what the gate decided."""
    row = finding_row(reader.rows(sql("services", "finding_row"), row_id=row_id)[0], currency)
    more = reader.records(sql("services", "finding_detail"), row_id=row_id)[0]
    learnt = reader.rows(sql("services", "finding_keys"), id=id_)
    keys = (("exact", id_), *((kind, key) for kind, key in learnt))  # its id is its first key
    events = _history(reader, id_)
    scans = reader.records(sql("services", "finding_scans"), scope=more["scope"])
    sentences = (
        *_about_identity(id_, more, keys),
        *(_about_event(event) for event in events),
        *_about_gate(more, scans),
        *_about_vex(reader, id_),
        *_about_state(more, _waivers(reader, id_), past_deadlines(reader, id_)),
        *_about_priority(row, more["epss"], _known(reader, row_id), now),
    )
    return WhyView(id_, keys, events, sentences)


def _locations(reader: Reader, id_: str, more: Mapping[str, Any]) -> tuple[Location, ...]:
    stored = reader.rows(sql("services", "finding_locations"), id=id_)
    if not stored and more["path"]:
        stored = [tuple(more[name] for name in ("path", "line", "col", "end_line", "snippet"))]
    return tuple(Location(*place) for place in stored)


def _history(reader: Reader, id_: str) -> tuple[FindingEventView, ...]:
    return tuple(
        FindingEventView(at, kind, detail)
        for at, kind, detail in reader.rows(sql("services", "finding_events"), id=id_)
    )


def _waivers(reader: Reader, id_: str) -> tuple[WaiverView, ...]:
    rows = reader.records(sql("services", "finding_waivers"), id=id_)
    return tuple(WaiverView(**row) for row in rows)


def _known(reader: Reader, row_id: int) -> Known:
    (found,) = reader.records(sql("services", "finding_known"), row_id=row_id)
    return Known(**(found | {"owners": tuple(found["owners"])}))


def _raw(reader: Reader, raw_hash: str) -> str:
    content = raw_record(reader, raw_hash)
    if content is None:
        return ""
    text = content.decode("utf-8", "replace")
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def _about_identity(
    id_: str, more: Mapping[str, Any], keys: tuple[tuple[str, str], ...]
) -> tuple[str, ...]:
    scope = [more["tool"], f"rule {more['rule']}", f"asset {more['asset']}"]
    scope += [f"category {more['category']}"] if more["category"] else []
    scope += [f"branch {more['branch']}"] if more["branch"] else []
    first = f"{short(id_)} is {', '.join(scope)}"
    kinds = ", ".join(dict.fromkeys(kind for kind, _ in keys))
    noun = "key" if len(keys) == 1 else "keys"
    return (first, f"it is known by {len(keys)} {noun} ({kinds}); any of them finds it again")


def _about_event(event: FindingEventView) -> str:
    words = _EVENTS.get(event.kind, event.kind.replace("_", " "))
    return f"{rfc3339(event.at)} {words}{f': {event.detail}' if event.detail else ''}"


def _about_gate(more: Mapping[str, Any], scans: list[dict[str, Any]]) -> tuple[str, ...]:
    if not scans:
        return ()
    last = scans[0]
    when = f"the last scan of its scope ({rfc3339(last['scanned_at'])}, {last['outcome']})"
    if last["is_complete"]:
        sentence = f"{when} was complete: what it did not see may be closed"
    else:
        sentence = f"{when} could not close anything: {last['incomplete_because']}"
    if more["is_unconfirmed_absent"]:
        return (sentence, "it was absent from that scan, which proves nothing, so it stays open")
    return (sentence,)


def _about_vex(reader: Reader, id_: str) -> tuple[str, ...]:
    return tuple(
        f"the VEX statement of {rfc3339(said_at)} in {document} is in force: {words}"
        for words, said_at, document in reader.rows(sql("services", "finding_vex"), id=id_)
    )


def _about_state(
    more: Mapping[str, Any],
    waivers: tuple[WaiverView, ...],
    past: tuple[PastDeadline, ...],
) -> tuple[str, ...]:
    severity = Severity(more["severity"]).word
    origin = f" says {more['severity_raw']!r}" if more["severity_raw"] else ""
    source = f": {more['severity_source']}{origin}" if more["severity_source"] else ""
    sentences = [f"severity {severity}{source}"]
    sentences += about_deadlines(more["due_at"], Severity(more["severity"]), more["fixed_at"], past)
    sentences += [
        f"waiver {short(waiver.id)} is {waiver.state} until {rfc3339(waiver.expires_at)}:"
        f" {waiver.reason}, asked by {waiver.requester}"
        + (f", approved by {waiver.approver}" if waiver.approver else "")
        for waiver in waivers
    ]
    sentences.append(f"state {more['state']}")
    return tuple(sentences)


def _about_priority(
    row: FindingRow, epss: float | None, known: Known, now: datetime
) -> Iterator[str]:
    owners = owner_words(row.owner, known)
    about = (
        epss_words(epss, known, now),
        kev_words(is_kev=row.is_kev, known=known, now=now),
        f"owned by {owners}" if owners else "",
    )
    yield from filter(None, about)
    yield f"priority: {priority(row, epss, now)}"
