"""Incidents for people: what is going on, and every step of theirs as a signed entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from riskcockpit.decisions.incidents import DESPITE_ALARMS, INCIDENT
from riskcockpit.decisions.notes import NoteKind
from riskcockpit.decisions.policy import SIGNERS
from riskcockpit.decisions.roles import Deed
from riskcockpit.domain.ids import short
from riskcockpit.domain.incident import Drill, Incident, IncidentState
from riskcockpit.domain.untrusted import clean_line, clean_text
from riskcockpit.errors import InputError, RefusedError, UnknownNameError
from riskcockpit.ledger.regular import read_regular
from riskcockpit.ledger.signers import parse_signers
from riskcockpit.services.automatic import record
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.previews import preview_of
from riskcockpit.services.record import examined, projected, read_roles
from riskcockpit.store.sql import sql
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
    """Return one incident by its id or the beginning of it; looking needs no key.

    Raises:
        UnknownNameError: there is none, or several.
        LedgerError: the ledger cannot be read.
    """
    known = {each.id: each for each in incidents(ctx, is_all=True)}
    return known[Desk.find(id_, known, "incident")]


def plan_step(
    ctx: Context,
    id_: str,
    kind: NoteKind,
    comment: str,
    owner: str = "",
    *,
    despite_alarms: bool = False,
) -> DecisionPreview:
    """Say what a step of a person would do; raises as that step."""
    words = comment if kind in _WORDLESS else _said(comment)
    if kind is NoteKind.INCIDENT_REVIEWED:
        words = _reviewed(words)
    desk = Desk(ctx)
    known = found_by(desk, id_)
    _check(known, kind)
    stand = _standing(ctx, known, kind, despite_alarms=despite_alarms)
    owns = (("owner", _owner(ctx, owner)),) if kind is NoteKind.INCIDENT_ASSIGNED else ()
    plan = preview_of(
        desk,
        f"{_DEEDS[kind][0]}: {known.title}",
        _DEEDS[kind][1],
        known.subject,
        desk.permit(Deed.NOTE).id,
        facts=(*owns, ("comment", clean_text(words).strip())),
    )
    return replace(plan, warnings=(_stands(stand),) if stand else ())


def acknowledge(ctx: Context, id_: str, comment: str) -> tuple[Incident, str]:
    """Say that one looks after an incident; returns it as it is now, and what was not published.

    Raises:
        RefusedError: it is acknowledged already, over, or this role writes no notes.
        UnknownNameError: there is no such incident.
    """
    return _step(ctx, id_, NoteKind.INCIDENT_ACKNOWLEDGED, "acknowledges", comment)


def assign(ctx: Context, id_: str, owner: str, comment: str) -> tuple[Incident, str]:
    """Give an incident to somebody who is known here.

    Raises:
        InputError: no name is given.
        UnknownNameError: neither the roles nor the allowed signers know it. Else as `acknowledge`.
    """
    name = _owner(ctx, owner)
    return _step(
        ctx, id_, NoteKind.INCIDENT_ASSIGNED, f"gives to {name}", comment, data={"owner": name}
    )


def known_people(ctx: Context) -> tuple[str, ...]:
    """Return everybody the roles or the allowed signers name, in order.

    Raises:
        ConfigError: the roles cannot be read.
    """
    roles, _ = read_roles(ctx)
    try:
        content = read_regular(ctx.paths.ledger / SIGNERS)
    except OSError:
        content = b""
    keys = parse_signers(content.decode("utf-8", "replace")).keys
    signers = (name for key in keys for name in key.principals)
    return tuple(sorted({*roles.principals, *signers}))


def contain(ctx: Context, id_: str, comment: str) -> tuple[Incident, str]:
    """Say that the fault does no more harm, and why; raises as `acknowledge`.

    What is not published comes with a word on the alarms that stand all the same.
    """
    found, message = _step(ctx, id_, NoteKind.INCIDENT_CONTAINED, "contained", _said(comment))
    stand = _standing(ctx, found, NoteKind.INCIDENT_CONTAINED)
    word = f"contained by your word; {_stands(stand)}" if stand else ""
    return found, "; ".join(filter(None, (word, message)))


def resolve(
    ctx: Context, id_: str, comment: str, *, despite_alarms: bool = False
) -> tuple[Incident, str]:
    """Say that an incident is over, and why.

    With `despite_alarms` also while its alarms stand: it counts neither as contained by that nor as
    resolved, and goes on when they stand for longer.

    Raises:
        RefusedError: its alarms stand. Else as `acknowledge`.
    """
    words = _said(comment)
    known = found_by(Desk(ctx), id_)
    _check(known, NoteKind.INCIDENT_RESOLVED)
    stand = _standing(ctx, known, NoteKind.INCIDENT_RESOLVED, despite_alarms=despite_alarms)
    data = {DESPITE_ALARMS: True} if stand else {}
    return _step(ctx, known.id, NoteKind.INCIDENT_RESOLVED, "resolved", words, data=data)


def _standing(
    ctx: Context, known: Incident, kind: NoteKind, *, despite_alarms: bool = False
) -> tuple[str, ...]:
    """Return the titles of the alarms that a step leaves standing, the gravest first.

    Raises:
        RefusedError: they stand against it.
        StoreError: the cache cannot be read.
    """
    is_end = kind is NoteKind.INCIDENT_RESOLVED
    if not (is_end or kind is NoteKind.INCIDENT_CONTAINED) or not ctx.store.exists():
        return ()
    with ctx.store.reader() as reader:
        rows = reader.rows(sql("services", "incident_standing"), ids=list(known.alerts))
    stand = tuple(title for (title,) in rows)
    if stand and is_end and not despite_alarms:
        raise RefusedError(
            f"the incident {short(known.id)} is not over: {_stands(stand)}",
            rule="incident-alarms",
            hint="it resolves by itself when they end; `--despite-alarms` says why it is over"
            " all the same, and counts neither as contained nor as resolved",
        )
    return stand


def _owner(ctx: Context, name: str) -> str:
    """Return whom an incident is given to; raises as `assign`."""
    wanted = clean_line(name).strip()
    if not wanted:
        raise InputError("an incident is given to somebody", hint="name the owner")
    people = known_people(ctx)
    if wanted not in people:
        near = get_close_matches(wanted, people, n=1)
        raise UnknownNameError(
            f'nobody is called "{wanted}" here',
            hint=f"did you mean {near[0]}?" if near else f"known: {', '.join(people)}",
        )
    return wanted


def _stands(titles: Sequence[str]) -> str:
    more = f" and {len(titles) - 1} more" if len(titles) > 1 else ""
    return f"its alarm stands: {titles[0]}{more}"


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
