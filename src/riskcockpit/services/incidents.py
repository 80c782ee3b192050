"""Incidents for people: what is going on, and every step of theirs as a signed entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riskcockpit.decisions.incidents import INCIDENT
from riskcockpit.decisions.notes import NoteKind
from riskcockpit.decisions.roles import Deed
from riskcockpit.domain.ids import short
from riskcockpit.domain.incident import Drill, Incident, IncidentState
from riskcockpit.domain.untrusted import clean_line, clean_text
from riskcockpit.errors import InputError, RefusedError
from riskcockpit.services.automatic import record
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.previews import preview_of
from riskcockpit.services.record import examined, projected
from riskcockpit.views.governance import DecisionPreview

LONGEST_TEXT = 4_000
_WORDLESS = frozenset({NoteKind.INCIDENT_ACKNOWLEDGED, NoteKind.INCIDENT_ASSIGNED})
_DEEDS = {
    NoteKind.INCIDENT_ACKNOWLEDGED: ("Acknowledge", "You look after it; it escalates no more."),
    NoteKind.INCIDENT_ASSIGNED: ("Assign", "It has another owner from now on."),
    NoteKind.INCIDENT_CONTAINED: ("Contain", "Its clock of containment stops."),
    NoteKind.INCIDENT_RESOLVED: ("Resolve", "It is over; its review falls due."),
    NoteKind.INCIDENT_NOTED: ("Note", "It is signed and stays in the timeline."),
    NoteKind.INCIDENT_REVIEWED: ("Review", "It is closed with this review."),
}
"""Step → its name, and what comes of it."""
LEAST_REVIEW = 20
"""Characters of a review: what happened, why, and what changes."""


def incidents(ctx: Context, *, is_all: bool = False) -> tuple[Incident, ...]:
    """Return the incidents that go on or wait for their review, or all; the newest first.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    found = projected(ctx, examined(ctx), ctx.clock.now()).incidents
    return tuple(
        each for each in reversed(found) if is_all or each.state is not IncidentState.REVIEWED
    )


def drills(ctx: Context) -> tuple[Drill, ...]:
    """Return every drill, the newest first."""
    return tuple(reversed(projected(ctx, examined(ctx), ctx.clock.now()).drills))


def incident(ctx: Context, id_: str) -> Incident:
    """Return one incident by its id or the beginning of it.

    Raises:
        UnknownNameError: there is none, or several.
        LedgerError: the ledger cannot be read, or there is no key.
    """
    return found_by(Desk(ctx), id_)


def plan_step(
    ctx: Context, id_: str, kind: NoteKind, comment: str, owner: str = ""
) -> DecisionPreview:
    """Say what a step of a person would do; raises as that step."""
    words = comment if kind in _WORDLESS else _said(comment)
    if kind is NoteKind.INCIDENT_REVIEWED:
        words = _reviewed(words)
    desk = Desk(ctx)
    known = found_by(desk, id_)
    _check(known, kind)
    owns = (("owner", clean_line(owner).strip()),) if owner else ()
    return preview_of(
        desk,
        f"{_DEEDS[kind][0]}: {known.title}",
        _DEEDS[kind][1],
        known.subject,
        desk.permit(Deed.NOTE).id,
        facts=(*owns, ("comment", clean_text(words).strip())),
    )


def acknowledge(ctx: Context, id_: str, comment: str) -> tuple[Incident, str]:
    """Say that one looks after an incident; returns it as it is now, and what was not published.

    Raises:
        RefusedError: it is acknowledged already, over, or this role writes no notes.
        UnknownNameError: there is no such incident.
    """
    return _step(ctx, id_, NoteKind.INCIDENT_ACKNOWLEDGED, "acknowledges", comment)


def assign(ctx: Context, id_: str, owner: str, comment: str) -> tuple[Incident, str]:
    """Give an incident to somebody; raises as `acknowledge`, and InputError without a name."""
    name = clean_line(owner).strip()
    if not name:
        raise InputError("an incident is given to somebody", hint="name the owner")
    return _step(
        ctx, id_, NoteKind.INCIDENT_ASSIGNED, f"gives to {name}", comment, data={"owner": name}
    )


def contain(ctx: Context, id_: str, comment: str) -> tuple[Incident, str]:
    """Say that the fault does no more harm, and why; raises as `acknowledge`."""
    return _step(ctx, id_, NoteKind.INCIDENT_CONTAINED, "contained", _said(comment))


def resolve(ctx: Context, id_: str, comment: str) -> tuple[Incident, str]:
    """Say that an incident is over, and why; raises as `acknowledge`."""
    return _step(ctx, id_, NoteKind.INCIDENT_RESOLVED, "resolved", _said(comment))


def add_note(ctx: Context, id_: str, comment: str) -> tuple[Incident, str]:
    """Write something into the timeline; raises as `acknowledge`."""
    return _step(ctx, id_, NoteKind.INCIDENT_NOTED, "notes", _said(comment))


def review(ctx: Context, id_: str, comment: str) -> tuple[Incident, str]:
    """Close an incident with its review: what happened, why, what changes.

    Raises:
        InputError: the review is too short.
        RefusedError: it is not over yet, or was reviewed.
    """
    return _step(ctx, id_, NoteKind.INCIDENT_REVIEWED, "reviewed", _reviewed(_said(comment)))


def _reviewed(words: str) -> str:
    if len(words) < LEAST_REVIEW:
        raise InputError(
            f"a review has {LEAST_REVIEW} characters at least, not {len(words)}",
            hint="what happened, why, and what changes so that it does not happen again",
        )
    return words


def found_by(desk: Desk, id_: str) -> Incident:
    """Return the incident that `id_` names; raises as `incident`."""
    known = {each.id: each for each in desk.projection.incidents}
    return known[desk.find(id_, known, "incident")]


def _said(comment: str) -> str:
    words = clean_text(comment).strip()
    if not words or len(words) > LONGEST_TEXT:
        raise InputError(
            f"say why in 1 to {LONGEST_TEXT} characters, not {len(words)}",
            hint="it is signed",
        )
    return words


def _step(
    ctx: Context,
    id_: str,
    kind: NoteKind,
    verb: str,
    comment: str,
    *,
    data: Mapping[str, Any] | None = None,
) -> tuple[Incident, str]:
    desk = Desk(ctx)
    known = found_by(desk, id_)
    _check(known, kind)
    words = clean_text(comment).strip()[:LONGEST_TEXT]
    text = f"{verb}: {known.title}{f': {words}' if words else ''}"
    about = {INCIDENT: known.id, "subject": known.subject, "comment": words, **(data or {})}
    record(desk, kind, text, about)
    message = desk.finish()
    return found_by(Desk(ctx), known.id), message


def _check(known: Incident, kind: NoteKind) -> None:
    """Refuse a step that the incident has behind it.

    Raises:
        RefusedError: as it says.
    """
    over = known.state.is_over
    refusals = {
        NoteKind.INCIDENT_ACKNOWLEDGED: (over or known.acknowledged_at is not None, "acknowledged"),
        NoteKind.INCIDENT_ASSIGNED: (over, "over"),
        NoteKind.INCIDENT_CONTAINED: (over or known.contained_at is not None, "contained"),
        NoteKind.INCIDENT_RESOLVED: (over, "resolved"),
        NoteKind.INCIDENT_REVIEWED: (known.reviewed_at is not None, "reviewed"),
    }
    is_refused, word = refusals.get(kind, (False, ""))
    if is_refused:
        raise RefusedError(
            f"the incident {short(known.id)} is {word} already", rule="incident-clocks"
        )
    if kind is NoteKind.INCIDENT_REVIEWED and not over:
        raise RefusedError(
            f"the incident {short(known.id)} goes on",
            rule="incident-clocks",
            hint="it is reviewed when it is over: `riskcockpit incident resolve`",
        )
