"""The chain of a deployment as a tree of lines, for the command line and the cockpit. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from riskcockpit.domain.ids import short
from riskcockpit.domain.traceability import Gap, Link
from riskcockpit.present.text import plural, stamp
from riskcockpit.views.trace import TracedModel, TracedScan, TraceView

_COMMIT = 12
GAP = "gap"
OK = "ok"


@dataclass(frozen=True, slots=True)
class Branch:
    """One line of the tree and what hangs below it."""

    label: str
    text: str
    state: str = ""
    """`ok`, `gap`, or empty: neither."""
    children: tuple[Branch, ...] = ()


def tree(view: TraceView) -> Branch:
    """Return the whole chain; every gap is named in its place, with what ends it."""
    row = view.row
    by = f" by {row.actor}" if row.actor else ""
    told = "traceable" if row.is_traceable else plural(len(row.gaps), "gap")
    return Branch(
        f"deployment {short(row.id)}",
        f"{row.asset} to {row.environment}, {row.status} at {stamp(row.at)}{by}: {told}",
        OK if row.is_traceable else GAP,
        tuple(_links(view)),
    )


def _links(view: TraceView) -> Iterator[Branch]:
    own = view.records[0]
    yield _link(view, Link.COMMIT, tuple(_commits(view)))
    yield _link(view, Link.PIPELINE, tuple(_pipelines(view)))
    yield _link(view, Link.SCANS, tuple(map(_scan, view.scans)))
    yield _link(view, Link.APPROVAL, tuple(_answers(view)))
    if view.model is not None or any(gap.link is Link.MODEL for gap in view.row.gaps):
        yield _link(view, Link.MODEL, tuple(_model(view.model)) if view.model else ())
    entries = tuple(
        Branch(short(one.hash), f"{stamp(one.ts)} {one.type} by {one.actor}: {one.summary}")
        for one in view.entries
    )
    yield Branch("ledger", "" if entries else "no decision touches it", "", entries)
    if own.artifacts:
        yield Branch("artifacts", "", "", tuple(Branch(text, "") for text in own.artifacts))
    yield Branch("previous", short(view.previous) if view.previous else "none is known")


def _link(view: TraceView, link: Link, known: tuple[Branch, ...]) -> Branch:
    missing = tuple(_gap(gap) for gap in view.row.gaps if gap.link is link)
    return Branch(link.value, "", GAP if missing else OK, (*known, *missing))


def _gap(gap: Gap) -> Branch:
    return Branch("GAP", f"{gap.reason}: {gap.mend}", GAP)


def _commits(view: TraceView) -> Iterator[Branch]:
    seen: set[str] = set()
    for one in view.records:
        if one.commit and one.commit not in seen:
            seen.add(one.commit)
            ref = f" ({one.ref})" if one.ref and one.ref != one.commit else ""
            yield Branch(one.commit[:_COMMIT], f"of {one.asset}{ref}, as {one.source} says")


def _pipelines(view: TraceView) -> Iterator[Branch]:
    seen: set[tuple[str, str]] = set()
    for one in view.records:
        if one.pipeline and (one.source, one.pipeline) not in seen:
            seen.add((one.source, one.pipeline))
            where = f" {one.url}" if one.url else ""
            yield Branch(one.pipeline, f"of {one.asset}, as {one.source} says{where}")


def _scan(one: TracedScan) -> Branch:
    version = f" {one.tool_version}" if one.tool_version else ""
    how = "complete" if one.is_complete else f"not complete: {one.incomplete_because or 'unknown'}"
    age = "" if one.counts or not one.is_complete else ", too long before"
    text = f"over {one.asset} at {stamp(one.scanned_at)}, {how}{age}"
    return Branch(f"{one.tool}{version}", f"{text}, {plural(one.findings, 'record')}")


def _answers(view: TraceView) -> Iterator[Branch]:
    for one in view.answers:
        where = f"in the ledger, {short(one.reference)}" if one.source == "ledger" else (
            f"as {one.source} says"
        )  # fmt: skip
        yield Branch(one.actor or "?", f"{one.answer} {_at(one.at)}, {where}")


def _model(one: TracedModel) -> Iterator[Branch]:
    version = f" v{one.version}" if one.version is not None else ""
    yield Branch(f"{one.name}{version}", one.status)
    if one.run_id:
        yield Branch("run", f"{one.run_id} by {one.run_user or '?'}")
    for name, digest in one.datasets:
        yield Branch("data", f"{name} {digest or 'without a digest'}")
    if one.validated_by:
        how = "approved" if one.is_approved else "not approved"
        yield Branch("validation", f"by {one.validated_by}, {how}")


def _at(moment: datetime | None) -> str:
    return f"at {stamp(moment)}" if moment else "at an unknown time"
