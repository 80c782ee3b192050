"""What a person is told of a scan besides its counts. Pure."""

from __future__ import annotations

from pathlib import PurePath

from riskcockpit.domain.ids import short
from riskcockpit.ingest.application import Absence, Presence
from riskcockpit.ingest.prefixes import PrefixChange
from riskcockpit.ingest.runs import Run
from riskcockpit.present.text import plural


def notes_of(
    run: Run, presence: Presence, absence: Absence, prefix: PrefixChange | None
) -> tuple[str, ...]:
    """Return what is odd about a scan, or why it closed less than it might have."""
    notes = [f"fingerprint not trusted: {why}" for why in run.identities.distrusted]
    if run.reasons and absence.live:
        notes.append(f"nothing was closed: {'; '.join(run.reasons)}")
    if absence.held:
        share = round(100 * absence.held / absence.live)
        notes.append(
            f"+{presence.created} new, {presence.moved} moved, {presence.reopened} reopened, "
            f"{absence.held} would close ({share} %): held; if that is right, say so: "
            f"`riskcockpit findings release {short(run.spec.id)}`, or import it with --accept-held"
        )
    if absence.not_run:
        notes.append(f"{absence.not_run} findings stay open because their rules did not run")
    if prefix:
        notes.append(_prefix_note(prefix))
    if presence.shared:
        notes.append(
            f"{plural(presence.shared, 'result')} taken for what another of these reports shows at "
            "another place: give different projects an --asset each, and import older reports of "
            "one project before the newer ones"
        )
    if (absence.fixed or absence.held) and _may_be_another(run):
        verb = "closes" if absence.fixed else "would close"
        notes.append(
            f"it {verb} what {run.before} showed: both are taken for {run.spec.asset}, for that is "
            "around them; reports of different projects need an --asset each (`import --undo` "
            "takes this back)"
        )
    return tuple(notes)


def _may_be_another(run: Run) -> bool:
    """Whether nobody said what was scanned, and the last report of the same lay elsewhere."""
    before, now = PurePath(run.before), PurePath(run.spec.document)
    is_elsewhere = before.parent != now.parent or run.spec.document == "-"
    return run.spec.is_asset_guessed and bool(run.before) and is_elsewhere


def _prefix_note(prefix: PrefixChange) -> str:
    if prefix.is_added:
        return (
            f"all paths begin with {prefix.prefix!r} now; findings were kept; "
            f"to keep their paths, add {prefix.prefix!r} to imports.checkout_prefixes"
        )
    return f"no path begins with {prefix.prefix!r} any more; findings were kept"
