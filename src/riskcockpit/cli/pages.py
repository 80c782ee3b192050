"""Pages of plain text: the overview, one finding, one model, previews and results of decisions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from riskcockpit.cli.documents import plain
from riskcockpit.cli.output import line, lines, styled, table
from riskcockpit.domain.ids import short
from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.present import columns
from riskcockpit.present.columns import Cell, Frame
from riskcockpit.present.deadlines import deadline, past_deadline
from riskcockpit.present.decided import outcome
from riskcockpit.present.knowledge import (
    KNOWLEDGE,
    counted_with,
    epss_words,
    kev_words,
    loaded,
    owner_words,
    priority,
)
from riskcockpit.present.text import (
    age,
    limit,
    measure,
    money,
    plural,
    severity_token,
    signed_money,
    source_mark,
    sparkline,
    stamp,
    state_mark,
)

if TYPE_CHECKING:  # a command imports only the views it shows
    from riskcockpit.services.findings import CompiledQuery
    from riskcockpit.views.findings import FacetView, FindingDetail, WhyView
    from riskcockpit.views.governance import (
        DecisionPreview,
        DecisionResult,
        LedgerEntryView,
        VerifyReport,
    )
    from riskcockpit.views.models import ModelDetail, VersionView
    from riskcockpit.views.posture import (
        EnrichmentView,
        ExposureView,
        KpiView,
        PillarView,
        PostureView,
    )

_QUEUE_SHOWN = 12

_LABEL = 13
"""Cells of the labels of facts, where no longer one stands among them."""
_KPI = 53
"""Cells of a KPI's title and value; the value ends there."""


def status(view: PostureView) -> None:
    """Print the overview."""
    lock = "  PRODUCTION" if view.is_production else ""
    line(f"riskcockpit · {view.context}{lock} · as of {stamp(view.as_of)}")
    if view.generation == 0:
        line()
        line("Nothing is in the cache yet: `riskcockpit import FILE…` or `riskcockpit sync`.")
    for pillar in view.pillars:
        line()
        _pillar(pillar, view.as_of)
    line()
    _exposure(view.exposure)
    _queue(view)
    _sources(view)
    knowledge(view.enrichments, view.as_of)
    state = "ok" if view.ledger.is_ok else "NOT OK"
    tail = f": {view.ledger.message}" if view.ledger.message else ""
    line(f"Ledger  {state}, {plural(view.ledger.entries, 'entry', 'entries')}{tail}")


def _controls(view: PillarView) -> str:
    blind = f"{view.unjudged_controls} without data" if view.unjudged_controls else ""
    if view.controls and not view.judged_controls:
        return f"{plural(view.controls, 'control')} without data"
    failing = f"{view.failing_controls}/{view.judged_controls} controls failing"
    return ", ".join(filter(None, (failing, blind)))


def _pillar(view: PillarView, now: datetime) -> None:
    mark = state_mark(view.state)
    styled(
        Cell(f"{view.pillar.number} {view.pillar.label:<26}", "strong"),
        Cell(f"{mark!s:<11}", mark.token),
        Cell(f"at risk {money(view.at_risk)}"),
        Cell(f"  {plural(view.open_findings, 'open finding')}", "muted"),
        Cell(f"  {_controls(view)}", "muted"),
        Cell(f"  seen {age(view.as_of, now)} ago" if view.as_of else "", "muted"),
        least=3,
    )
    if view.reason:
        line(f"    {view.reason}")
    for kpi in view.kpis:
        _kpi(kpi)


def _kpi(view: KpiView) -> None:
    mark = state_mark(view.state)
    value = measure(view.value, view.unit)
    target = limit(view.target, view.unit, view.direction)
    styled(
        Cell(f"    {mark.symbol} {mark.word:<8}", mark.token),
        Cell(f"{view.title} {value:>{max(1, _KPI - len(view.title))}}  {target:<10}"),
        Cell(f" {sparkline(view.trend, 30, target=view.target)}", "muted"),
        least=2,
    )
    if view.message:
        line(f"      {view.message}")


def _exposure(view: ExposureView) -> None:
    parts = [f"Money at risk (12 months)  mean {money(view.mean)}"]
    if view.p95 is not None:
        parts.append(f"P95 {money(view.p95)}")
    parts.append(f"appetite {money(view.appetite)}")
    if view.change is not None:
        parts.append(f"{signed_money(view.change)} since yesterday")
    if view.driver:
        parts.append(f"driven by {view.driver}")
    parts.append(f"waived {money(view.waived)}")
    line(" · ".join(parts))


def _queue(view: PostureView) -> None:
    line()
    if not view.queue:
        line("Nothing needs a decision.")
        return
    line(f"Needs you now ({len(view.queue)})")
    table(columns.QUEUE, view.queue[:_QUEUE_SHOWN], Frame(view.as_of), "table")
    if len(view.queue) > _QUEUE_SHOWN:
        line(f"… and {len(view.queue) - _QUEUE_SHOWN} more; `riskcockpit status --json` has all")


def _sources(view: PostureView) -> None:
    line()
    if not view.sources:
        line("Sources  none configured")
        return
    styled(Cell("Sources  "), *_source_cells(view))


def knowledge(views: Iterable[EnrichmentView], now: datetime) -> None:
    """Print what is in force from elsewhere, with its age."""
    for view in views:
        mark = state_mark(KpiState(view.state))
        styled(
            Cell(f"{KNOWLEDGE[view.kind]:<18}"),
            Cell(f"{mark!s:<8} ", mark.token),
            Cell(loaded(view, now), "muted"),
        )


def _source_cells(view: PostureView) -> Iterable[Cell]:
    for source in view.sources:
        mark = source_mark(source.state)
        yield Cell(f"{source.name} ")
        yield Cell(f"{mark.symbol} {mark.word}", mark.token)
        yield Cell(f" {age(source.last_success, view.as_of)}   ", "muted")


def finding(view: FindingDetail, now: datetime) -> None:
    """Print one finding."""
    row = view.row
    styled(
        Cell(row.severity.word.upper(), severity_token(row.severity)),
        Cell(f"  {row.title}", "strong"),
    )
    facts = (
        ("id", row.id),
        ("priority", priority(row, view.epss, now)),
        ("state", row.state.value + (", not seen lately" if row.is_unconfirmed_absent else "")),
        ("where", f"{row.asset}  {row.location}".strip()),
        ("owner", owner_words(row.owner, view.known)),
        ("found by", f"{row.tool}, rule {row.rule}"),
        ("severity from", f"{view.severity_source} {view.severity_raw}".strip()),
        ("vulnerability", ", ".join(view.vulnerability_ids)),
        (
            "package",
            row.package + (f", fixed in {view.fixed_version}" if view.fixed_version else ""),
        ),
        ("weakness", ", ".join(f"CWE-{cwe}" for cwe in view.cwes)),
        ("exploited", kev_words(is_kev=row.is_kev, known=view.known, now=now)),
        ("EPSS", epss_words(view.epss, view.known, now).removeprefix("EPSS ")),
        ("metric", f"{view.metric} {view.segment}".strip()),
        ("resource", view.resource),
        ("first seen", f"{stamp(row.first_seen)}, {age(row.first_seen, now)} ago"),
        ("last seen", stamp(row.last_seen)),
        ("due", deadline(view, now)),
        *(("was due", past_deadline(one)) for one in view.past_deadlines),
        ("exposure", f"{money(row.exposure)} a year"),
        ("money", counted_with(view)),
        ("reopened", f"{view.reopened_count} times" if view.reopened_count else ""),
        ("breaks", ", ".join(view.controls)),
        ("more at", view.help_url),
    )
    _facts(facts)
    if view.description:
        line()
        lines(view.description)
    for place in view.locations:
        if place.snippet:
            line()
            line(f"{place.path}:{place.line or ''}")
            for text in place.snippet.splitlines()[:12]:
                line(f"    {text}")
    _list("Same fault as other tools see it", [f"{r.tool}: {r.title}" for r in view.correlated])
    _list(
        "Waivers",
        [
            f"{short(w.id)}  {w.state}, {w.reason}, until {stamp(w.expires_at)}, "
            f"asked by {w.requester}: "
            f"{w.justification}"
            for w in view.waivers
        ],
    )
    _list("History", [f"{stamp(e.at)}  {e.kind:<16} {e.detail}" for e in view.history])


def why(view: WhyView) -> None:
    """Print why a finding is what it is."""
    for sentence in view.sentences:
        line(sentence)
    _list("Identity keys", [f"{kind:<14} {key}" for kind, key in view.keys])
    _list("Events", [f"{stamp(e.at)}  {e.kind:<16} {e.detail}" for e in view.events])


def compiled(query: CompiledQuery) -> str:
    """Return a query as it is run: its canonical form, the SQL, the parameters."""
    params = [
        f"  ${name} = {json.dumps(plain(value), ensure_ascii=False)}"
        for name, value in query.params
    ]
    where, order = query.where or "true", query.order or "(none)"
    return "\n".join(
        [f"query     {query.canonical}", f"where     {where}", f"order by  {order}", *params]
    )


def facets(views: Sequence[FacetView]) -> None:
    """Print how findings spread over the values of some fields."""
    for view in views:
        _list(view.field, [f"{number:>9,}  {value or '(none)'}" for value, number in view.counts])


def model(view: ModelDetail, now: datetime) -> None:
    """Print one model."""
    row = view.row
    mark = state_mark(row.state)
    styled(Cell(str(mark), mark.token), Cell(f"  {row.name}", "strong"), Cell(f"  {row.reason}"))
    _facts(
        (
            ("purpose", view.purpose),
            ("owner", row.owner),
            ("tier", str(row.tier)),
            ("champion", "none" if row.champion is None else f"v{row.champion}, for "
             + age(row.champion_since, now, missing="an unknown time")),
            ("roll back to", "no approved older version" if row.rollback_target is None
             else f"v{row.rollback_target}"),
            ("exposure", f"{money(row.exposure)} a year"),
        )
    )  # fmt: skip
    _list(
        "Readings",
        [
            f"{state_mark(m.state)!s:<10} {columns.metric_text(m):<44} {age(m.as_of, now)} ago  "
            f"{'' if m in row.metrics else f'of v{m.version}  '}"
            f"{sparkline([value for _, value in m.trend], 30)}"
            for m in (*row.metrics, *row.former)
        ],
    )
    _list("Versions", [_version(version) for version in view.versions])
    timeline(view)


def _version(view: VersionView) -> str:
    aliases = " ".join(f"@{alias}" for alias in view.aliases)
    approval = f"approved by {view.validated_by or 'nobody named'}" if view.is_approved else ""
    data = ", ".join(f"{name}@{digest}" for name, digest in view.datasets)
    parts = (
        f"v{view.version}",
        view.status,
        aliases,
        approval or "not approved",
        "rolled back" if view.is_rolled_back else "",
        f"data {data or 'not recorded'}",
    )
    return "  ".join(part for part in parts if part)


def timeline(view: ModelDetail) -> None:
    """Print what happened to a model, newest first."""
    _list("Timeline", [f"{stamp(e.at)}  {e.kind:<18} {e.text}" for e in view.timeline])


def preview(view: DecisionPreview) -> str:
    """Return what a decision would do, as text for stdout or stderr."""
    rows = [view.title, f"  {view.consequence}"]
    facts = [(name, text) for name, text in _preview_facts(view) if text]
    facts += [("upstream call", call) for call in view.calls]
    facts += [] if view.are_calls_known else [("upstream call", "unknown: a source did not answer")]
    facts += [("needs", need) for need in view.needs]
    facts += [("BLOCKED", why_not) for why_not in view.blockers]
    width = max(_LABEL, *(len(name) for name, _ in facts))
    rows += [f"  {name:<{width}}  {text}" for name, text in facts]
    rows += [f"  - {row.severity.word:<9} {row.asset}  {row.title}" for row in view.findings[:10]]
    if view.finding_count > len(view.findings[:10]) and view.findings:
        rows.append(f"  … and {view.finding_count - len(view.findings[:10])} more")
    return "\n".join(map(clean_line, rows))


def _preview_facts(view: DecisionPreview) -> tuple[tuple[str, str], ...]:
    return (
        ("target", view.target),
        ("context", f"{view.context}{' (production)' if view.is_production else ''}"),
        ("findings", str(view.finding_count) if view.finding_count else ""),
        ("exposure", money(view.exposure) if view.exposure else ""),
        ("rule", view.rule),
        *view.facts,
    )


def decision(view: DecisionResult) -> None:
    """Print what came of a decision."""
    taken = view.decision
    line(f"{outcome(view)}: {taken.summary}")
    _facts((("entry", taken.id), ("rule", taken.rule), ("message", view.message)))
    for need in taken.needs:
        line(f"  {'still needs':<{_LABEL}}  {need}")
    for action in view.actions:
        line(f"  {action.kind} {action.target}: {action.state.replace('_', ' ')} {action.message}")


def verification(view: VerifyReport) -> None:
    """Print the outcome of verifying the ledger."""
    word = "verified" if view.is_ok else "DOES NOT VERIFY"
    line(
        f"ledger {word}: {plural(view.entries, 'entry', 'entries')} in "
        f"{plural(view.chains, 'chain')}, {plural(view.checkpoints, 'checkpoint')}"
    )
    for problem in view.problems:
        place = "" if problem.entry is None else f" entry {problem.entry}"
        line(f"  {problem.chain}{place}: {problem.why}")
    for notice in view.notices:
        line(f"  note: {notice.chain} entry {notice.entry}: {notice.why}")
    for chain, head in view.heads:
        line(f"  head of {chain}: {head}")


def ledger_entry(view: LedgerEntryView) -> None:
    """Print one entry in full."""
    row = view.row
    line(f"{row.type}  {row.hash}")
    _facts(
        (
            ("summary", row.summary),
            ("place", f"{row.chain}:{row.seq}"),
            ("signed", f"{stamp(row.ts)} by {row.actor} with {view.key_fp}"),
            ("before", view.prev),
            ("subject", row.subject),
            ("seen by", ", ".join(view.witnesses)),
        )
    )
    _list("had seen", [f"{chain} {head}" for chain, head in view.seen])
    _list("does not verify", view.problems)
    _list("noticed", view.notices)
    line()
    written = json.dumps(json.loads(row.data), indent=2, ensure_ascii=False)
    for text in written.split("\n"):  # of what breaks lines elsewhere nothing breaks one here
        line(text)


def _facts(facts: Iterable[tuple[str, str]]) -> None:
    for name, text in facts:
        if text:
            line(f"  {name:<{_LABEL}}  {text}")


def _list(title: str, rows: Sequence[str]) -> None:
    if rows:
        line()
        line(title)
        for row in rows:
            line(f"  {row}")
