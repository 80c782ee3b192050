"""What a request is about, for whoever is to answer it: its terms, its findings, its calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from riskcockpit.decisions.receipts import ACTING, action_of
from riskcockpit.decisions.requests import BREAK_GLASS
from riskcockpit.decisions.upstream import dismissals_of
from riskcockpit.decisions.waivers import read_terms
from riskcockpit.domain.action import Preview
from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.decision import EntryType, WaiverReason
from riskcockpit.domain.money import Money
from riskcockpit.domain.untrusted import clean_text
from riskcockpit.ledger.chain import Entry
from riskcockpit.present.text import plural, stamp
from riskcockpit.services.context import Context
from riskcockpit.services.dismissals import calls_of
from riskcockpit.services.moves import upstream_of
from riskcockpit.services.rows import finding_rows
from riskcockpit.services.waiver_terms import record_facts
from riskcockpit.store.sql import sql
from riskcockpit.views.findings import FindingRow

SAMPLE = 20
_WAIVERS = frozenset({EntryType.WAIVER_REQUESTED, EntryType.WAIVER_GRANTED})
_TERMS = {"what": "deployment", "comment": "comment", "reason": "reason",
          "justification": "because", "expires_at": "until", "severity": "highest severity",
          "query": "query"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """The parts of a preview that say what was asked for."""

    facts: tuple[tuple[str, str], ...] = ()
    findings: tuple[FindingRow, ...] = ()
    """A sample; of the findings of a waiver those the cache knows, worst first."""
    finding_count: int = 0
    exposure: Money | None = None
    calls: tuple[str, ...] = ()
    """What is sent upstream once the last key is there."""
    warnings: tuple[str, ...] = ()
    """Why it would fail there as things are now."""
    are_calls_known: bool = True


def place_of(entry: Entry, entries: Iterable[Entry]) -> tuple[tuple[str, str], ...]:
    """Name a request in full, and the last entry of its chain that is known here.

    Whoever answers signs that they had seen as much.
    """
    head = max((one for one in entries if one.chain == entry.chain), key=lambda one: one.seq)
    return (
        ("request", entry.hash),
        ("place", f"{entry.chain}:{entry.seq}"),
        ("head seen", f"{head.chain}:{head.seq} {head.hash}"),
    )


def asked(ctx: Context, entry: Entry, *, is_sent: bool) -> Asked:
    """Return what the request or the waiver in `entry` is about; what is unreadable is left out.

    With `is_sent` the source is asked which calls are made there.
    """
    if entry.type in _WAIVERS:
        return _waiver(ctx, entry, is_sent=is_sent)
    if entry.type in ACTING:
        return _move(ctx, entry, is_sent=is_sent)
    return Asked()


def _waiver(ctx: Context, entry: Entry, *, is_sent: bool) -> Asked:
    covered = entry.data.get("findings")
    ids = sorted(covered) if isinstance(covered, Mapping) else []
    rows: tuple[FindingRow, ...] = ()
    if ids and ctx.store.generation():
        with ctx.store.reader() as reader:
            found = reader.rows(sql("services", "decide_findings"), ids=ids)
        rows = finding_rows(found, ctx.settings.currency)
    worst = sorted(rows, key=lambda row: (-row.severity, -row.exposure.amount, row.id))
    missing = len(ids) - len(rows)  # a part of the sum would pass for the whole
    total = Money.total((row.exposure for row in rows), ctx.settings.currency)
    exposure = None if missing else total
    calls = calls_of(ctx, dismissals_of(entry) if is_sent else ())
    facts = (*_facts(entry), *_record(entry, missing=missing, of=len(ids)))
    return Asked(facts, tuple(worst[:SAMPLE]), len(ids), exposure, calls.made, calls.warnings,
                 calls.are_known)  # fmt: skip


def _move(ctx: Context, entry: Entry, *, is_sent: bool) -> Asked:
    reasons = entry.data.get("reasons")
    because = "; ".join(map(str, reasons)) if isinstance(reasons, list) else ""
    upstream = upstream_of(ctx, action_of(entry)) if is_sent else Preview((), "", "")
    facts = (
        *_facts(entry),
        ("because", clean_text(because)),
        ("must hold", upstream.precondition),
        ("undone by", upstream.inverse),
    )
    return Asked(
        facts,
        calls=upstream.calls,
        warnings=upstream.blockers,
        are_calls_known=upstream.is_known,
    )


def _facts(entry: Entry) -> tuple[tuple[str, str], ...]:
    said = ((label, entry.data.get(key)) for key, label in _TERMS.items())
    terms = ((label, _in_words(label, text)) for label, text in said if isinstance(text, str))
    return (("asked by", entry.actor), *terms, *_glass(entry))


def _in_words(label: str, text: str) -> str:
    """Return a term as previews say it: moments and reasons as everywhere else."""
    if label in ("until", "review by"):
        with suppress(ValueError):
            return stamp(parse_utc(text))
    is_named = label == "reason" and text in set(WaiverReason)
    return text.replace("_", " ") if is_named else clean_text(text)


def _glass(entry: Entry) -> tuple[tuple[str, str], ...]:
    glass = entry.data.get(BREAK_GLASS)
    if not isinstance(glass, Mapping):
        return ()
    said = (("glass broken", "reason"), ("review by", "review_by"))
    return tuple((label, _in_words(label, str(glass.get(key, "")))) for label, key in said)


def _record(entry: Entry, *, missing: int, of: int) -> tuple[tuple[str, str], ...]:
    """Return what the record says; of findings that the cache lacks also what they cost then."""
    try:
        terms = read_terms(entry.data)
    except (ValueError, OverflowError) as error:
        return (("unreadable", clean_text(str(error))),)
    if not missing:
        return record_facts(terms)
    then = clean_text(terms.record.exposure) if terms.record else ""
    what = f"{missing} of {plural(of, 'finding')}: `riskcockpit sync` or `import` may bring them"
    return (*record_facts(terms), ("not known here", what), ("exposure then", then))
