"""The kill switch of automation: a file that anybody with a shell can make, and a signed word.

The file stops at once and needs no key; the signed word reaches every computer that shares the
ledger. Automation goes on only when neither stops it.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from riskcockpit.config.paths import make_private
from riskcockpit.decisions.notes import KIND, NoteKind
from riskcockpit.decisions.roles import Deed, Role
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import InputError, RefusedError, RiskcockpitError
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.previews import preview_of
from riskcockpit.views.governance import DecisionPreview

FILE_NAME = "automation.stop"
SUBJECT = "automation"
"""What the signed words are about."""
LONGEST_REASON = 400
_PEOPLE = frozenset({Role.ENGINEER, Role.RISK_OWNER, Role.APPROVER})


def switch_file(ctx: Context) -> Path:
    """Return our own file; automation is stopped while it exists."""
    return ctx.paths.state / FILE_NAME


def stopped_by_file(ctx: Context, further: Iterable[str] = ()) -> str:
    """Return which file stops automation and what it says; empty when none does.

    A file that cannot be looked at counts as there.
    """
    for file in (switch_file(ctx), *(Path(name) for name in further)):
        try:
            if not file.is_symlink() and not file.exists():
                continue
            said = file.read_text(encoding="utf-8", errors="replace")[:LONGEST_REASON]
        except OSError as error:
            said = error.strerror or "it cannot be read"
        words = clean_line(said).strip()
        return f"the file {file} stops it{f': {words}' if words else ''}"
    return ""


def plan_stop(ctx: Context, reason: str) -> DecisionPreview:
    """Say what the kill switch would do; raises InputError without a reason."""
    words = _reason(reason)
    return _plan(
        Desk(ctx),
        "Stop all automation",
        f"Nothing is done without a person from then on, here by the file {switch_file(ctx)}, and "
        "wherever the ledger is shared by a signed word. Alarms go on.",
        words,
        is_always_open=True,
    )


def plan_resume(ctx: Context, reason: str) -> DecisionPreview:
    """Say what letting automation go on would do; raises as `resume`."""
    words = _reason(reason)
    desk = Desk(ctx)
    _refuse_machines(desk)
    what = "By its rules it rolls models back without asking again, where they are enforced."
    return _plan(desk, "Let automation go on", what, words, is_always_open=False)


def _plan(
    desk: Desk, title: str, consequence: str, reason: str, *, is_always_open: bool
) -> DecisionPreview:
    rule, facts = desk.permit(Deed.NOTE).id, (("reason", reason),)
    return preview_of(
        desk, title, consequence, SUBJECT, rule, facts=facts, is_always_open=is_always_open
    )


def stop(ctx: Context, reason: str) -> str:
    """Stop all automation: the file first, which needs no key, then the signed word.

    The word is signed in locked production too, and whatever was edited: stopping takes power away
    and gives none. Returns why it could not be signed; the file stops it here all the same.

    Raises:
        InputError: there is no reason, or the file cannot be made.
    """
    words = _reason(reason)
    file = switch_file(ctx)
    try:
        make_private(file.parent)
        file.write_text(f"{words}\n", encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"cannot make {file}: {error.strerror}", hint="make it by hand, or stop the process"
        ) from error
    try:
        _sign_stop(Desk(ctx), words)
    except RiskcockpitError as error:
        rule = f" (rule {error.rule})" if isinstance(error, RefusedError) else ""
        return (
            "it is stopped on this computer, but not in the ledger; others that share it are not "
            f"told: {error.message}{rule}"
        )
    return ""


def resume(ctx: Context, reason: str) -> str:
    """Let automation go on: the signed word of a person first, then the file goes.

    Returns what stops it still; empty when nothing does.

    Raises:
        InputError: there is no reason.
        RefusedError: this is no person who decides.
        LedgerError: it cannot be signed; automation stays stopped.
    """
    words = _reason(reason)
    desk = Desk(ctx)
    _refuse_machines(desk)
    desk.sign(EntryType.NOTE, _said(desk, NoteKind.AUTOMATION_RESUMED, words))
    desk.finish()
    try:
        switch_file(ctx).unlink(missing_ok=True)
    except OSError as error:
        return f"the file {switch_file(ctx)} cannot be removed: {error.strerror}"
    return ""


def _refuse_machines(desk: Desk) -> None:
    if not desk.signature().roles & _PEOPLE:
        raise RefusedError(
            f"{desk.principal} may stop automation and not let it go on",
            rule="automation-resume",
            hint="an engineer, a risk owner or an approver does",
        )


def _reason(reason: str) -> str:
    words = clean_line(reason).strip()
    if not words or len(words) > LONGEST_REASON:
        raise InputError(
            f"a reason has 1 to {LONGEST_REASON} characters, not {len(words)}",
            hint="say why; it goes into the ledger",
        )
    return words


def _sign_stop(desk: Desk, reason: str) -> None:
    """Sign it by the roles in force; the lock and edits of the policy hold up other decisions."""
    data = _said(desk, NoteKind.AUTOMATION_STOPPED, reason)
    desk.check_key()
    with suppress(RefusedError):  # an edited file: the version that was signed is in force
        desk.vouch()
    desk.journal.append(EntryType.NOTE, data)
    desk.finish()


def _said(desk: Desk, kind: NoteKind, reason: str) -> dict[str, Any]:
    rule = desk.permit(Deed.NOTE)
    verb = "stops" if kind is NoteKind.AUTOMATION_STOPPED else "lets go on"
    return {
        KIND: kind.value, "subject": SUBJECT, "reason": reason,
        "text": f"{verb} automation: {reason}", **desk.grounds(rule),
    }  # fmt: skip
