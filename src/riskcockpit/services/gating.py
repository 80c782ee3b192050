"""The gate of a change: report files or the cache against rules; works without a server or a home.

Reports are read into a cache in memory, those of the base first. The lifecycle itself then says
what the change adds: a finding that only moved, or whose file was renamed, is not new. Waivers of
the ledger count, as everywhere; a finding that is waived breaks no rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from riskcockpit.config.gate import GatePolicy, GateRule, read_gate_policy
from riskcockpit.config.paths import Paths, shipped
from riskcockpit.errors import InputError, QueryError
from riskcockpit.present.text import plural
from riskcockpit.services.changes import Change, change_since
from riskcockpit.services.context import Context
from riskcockpit.services.demands import Scanned, demands_of
from riskcockpit.services.documents import asset_around, find
from riskcockpit.services.following import caught_up
from riskcockpit.services.house import policy_of
from riskcockpit.services.importing import ImportOptions, Progress, ingest_documents, read_all
from riskcockpit.services.read_documents import ReadDocument, file_report
from riskcockpit.services.redaction_key import has_key
from riskcockpit.services.rows import finding_rows
from riskcockpit.services.saved_views import views_in_force
from riskcockpit.store.query.compiler import compile_query
from riskcockpit.store.query.parser import parse_query
from riskcockpit.store.sql import Clauses, filled, sql, used_params
from riskcockpit.views.gate import GateRuleView, GateView

if TYPE_CHECKING:  # it imports duckdb
    from riskcockpit.store.database import Reader, Writer

FILE_NAME = "gate.yaml"
SHOWN = 500
"""Findings of a rule that are told one by one; all of them are counted, and are in the SARIF."""
_QUERY_RULE = "query"
_UNCOMPARED = "nothing to compare with: every finding counts as added; name a --baseline"

_PASSING_KEY = (
    "{} takes no key: secrets in clear are known in this run only, no waiver of one counts"
)


@dataclass(frozen=True, slots=True)
class GateOptions:
    """What a gate is to judge, and by what."""

    query: str = ""
    """Stands in place of the rules of the policy; empty: the rules."""
    reports: tuple[Path, ...] = ()
    """Files and directories; empty: the cache is judged."""
    baseline: tuple[str, ...] = ()
    """Reports of the base, or one revision of git; empty: everything counts as added."""
    policy: Path | None = None
    """None: that of the home, else what ships."""
    asset: str = ""
    """What the reports are about, as for an import."""
    stdin: bytes | None = None
    """The report that `-` among the reports stands for."""
    with_sarif: bool = False


@dataclass(frozen=True, slots=True)
class GateOutcome:
    """What a gate came to, and the findings that count as SARIF when that was asked for."""

    view: GateView
    sarif: bytes = b""


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule with its query compiled."""

    rule: GateRule
    clauses: Clauses


Known = Callable[["_Rule", Sequence[str]], set[str]]
"""Which of the ids that match a rule the baseline has."""


@dataclass(frozen=True, slots=True)
class _World:
    """What is judged: a cache, and what is told about it."""

    reader: Reader
    known: Known
    scopes: list[str] | None
    """Those that count; None: all."""
    scans: tuple[Scanned, ...]


def gate(ctx: Context, options: GateOptions, tell: Progress) -> GateOutcome:
    """Judge the reports, or the cache, by the rules in force; no report is kept.

    What was decided since the cache was published is published first.

    Raises:
        StoreError: that cannot be done: a waiver that was revoked might count.
        LedgerError: the ledger cannot be read.
        ConfigError: the policy cannot be used.
        QueryError: a query does not parse.
        InputError: there is nothing to judge, or the baseline is neither reports nor a revision.
    """
    now = ctx.clock.now()
    policy, origin = _policy(ctx.paths, options)
    rules = tuple(_compiled(ctx, rule, now, origin) for rule in policy.rules)
    change, base = _baseline(options)
    view = GateView(now, origin, "", _words(options, change), (), (), ())
    run = _Run(ctx, options, policy, rules, tell)
    if options.reports:
        return run.over_reports(view, change, base)
    if not ctx.store.generation():
        raise InputError(
            "there is nothing to judge: no report was named and there is no cache",
            hint="as `riskcockpit gate --report results.sarif`",
        )
    if base:
        raise InputError(
            "the cache cannot be compared with report files",
            hint="name the reports to judge with --report, or a revision with --baseline",
        )
    notes = caught_up(ctx)
    with ctx.store.reader() as reader:
        scans = tuple(Scanned(*row) for row in reader.rows(sql("services", "gate_scans")))
        world = _World(reader, _known_by(reader, change), None, scans)
        judged = f"the cache, generation {reader.generation}"
        return run.judged(world, replace(view, judged=judged, notes=notes))


@dataclass(frozen=True, slots=True)
class _Run:
    """One run of a gate: what was asked, and by which rules."""

    ctx: Context
    options: GateOptions
    policy: GatePolicy
    rules: tuple[_Rule, ...]
    tell: Progress

    def over_reports(
        self, view: GateView, change: Change | None, base: tuple[Path, ...]
    ) -> GateOutcome:
        """Judge report files in a cache in memory that begins with those of the base."""
        from riskcockpit.store.scratch import scratch  # noqa: PLC0415 - it imports duckdb

        with scratch(view.at) as tx:
            known = _known_by(tx, change)
            before: list[ReadDocument] = []
            if base:
                before, _ = self._take(tx, base, view.at - timedelta(seconds=1))
                known = _known_before(
                    {one.rule.id: set(_matches(tx, one, None)) for one in self.rules}
                )
            judged, scans = self._take(tx, self.options.reports, view.at)
            scopes = sorted({scope.id for file in judged for _, scope in file.scans})
            world = _World(tx, known, scopes, scans)
            lasting = has_key(self.ctx.paths)
            view = replace(
                view,
                notes=() if lasting else (_PASSING_KEY.format(self.ctx.paths.state),),
                judged=plural(sum(not file.is_passed_over for file in judged), "report"),
                files=tuple(file_report(file) for file in (*before, *judged)),
            )
            return self.judged(world, view)

    def _take(
        self, tx: Writer, paths: Sequence[Path], moment: datetime
    ) -> tuple[list[ReadDocument], tuple[Scanned, ...]]:
        """Read and ingest reports as if they were made at `moment`, whatever their branch."""
        from riskcockpit.services.judging import settle  # noqa: PLC0415 - it imports duckdb

        options = self.options
        taken = ImportOptions(asset=options.asset, accept_held=True, stdin=options.stdin)
        asset = asset_around(Path.cwd() / FILE_NAME)
        documents = read_all(self.ctx, find(paths), taken, self.tell, asset, is_kept=False)
        policy = policy_of(self.ctx)
        times = [
            [scan.scanned_at or scope.modified_at for scan, scope in document.scans]
            for document in documents
        ]
        for document in documents:
            document.scans = tuple(
                (
                    replace(scan, branch="", scanned_at=None),
                    replace(scope, branch="", modified_at=moment, is_asset_guessed=False),
                )
                for scan, scope in document.scans
            )
        ingest_documents(tx, documents, policy, moment)
        scans: list[Scanned] = []
        for document, ran in zip(documents, times, strict=True):
            scans += _scanned(document, ran)
        settle(self.ctx, tx, moment)
        return documents, tuple(scans)

    def judged(self, world: _World, view: GateView) -> GateOutcome:
        """Judge what is in `world`."""
        found = [_counted(world, one) for one in self.rules]
        counting = sorted({id_ for counted, _ in found for id_ in counted})
        shown = tuple(
            _rule_view(self.ctx, world.reader, one, *counts)
            for one, counts in zip(self.rules, found, strict=True)
        )
        is_compared = bool(view.baseline) or all(one.rule.only == "all" for one in self.rules)
        view = replace(
            view,
            rules=shown,
            demands=demands_of(self.policy.scans, world.scans, view.at),
            notes=view.notes if is_compared else (*view.notes, _UNCOMPARED),
        )
        if not self.options.with_sarif:
            return GateOutcome(view)
        tools = sorted({scan.tool for scan in world.scans})
        return GateOutcome(view, _sarif(world.reader, counting, tools))


def _scanned(document: ReadDocument, times: Sequence[datetime | None]) -> Iterator[Scanned]:
    for ran, (scan, _), report in zip(times, document.scans, document.reports, strict=True):
        reasons = "; ".join(report.notes)
        yield Scanned(scan.tool, ran, report.is_complete, reasons, len(scan.problems))


def _counted(world: _World, one: _Rule) -> tuple[list[str], int]:
    """Return the ids that count against a rule, in its order, and how many others are known."""
    matched = _matches(world.reader, one, world.scopes)
    known = world.known(one, matched)
    if one.rule.only == "all":
        return matched, len(known)
    return [id_ for id_ in matched if id_ not in known], len(known)


def _rule_view(
    ctx: Context, reader: Reader, one: _Rule, counting: Sequence[str], known: int
) -> GateRuleView:
    rule = one.rule
    chosen = _of_ids(counting[:SHOWN], one.clauses)
    base = sql("services", "finding_rows")
    rows = reader.rows(filled(base, chosen), count=SHOWN, **used_params(base, chosen))
    return GateRuleView(
        id=rule.id,
        title=rule.title,
        query=rule.query,
        only=rule.only,
        most=rule.most,
        matched=len(counting),
        known=known,
        findings=finding_rows(rows, ctx.settings.currency),
        hint=rule.hint,
    )


def _sarif(reader: Reader, ids: Sequence[str], tools: Sequence[str]) -> bytes:
    from riskcockpit.formats.writing.sarif import sarif  # noqa: PLC0415 - only when asked for
    from riskcockpit.services.exporting import exported  # noqa: PLC0415 - as above

    return sarif(exported(reader, _of_ids(ids, Clauses("TRUE", "id", {}))), silent=tools)


def _matches(reader: Reader, one: _Rule, scopes: list[str] | None) -> list[str]:
    base = sql("services", "gate_matches")
    given = used_params(base, one.clauses)
    return [row[0] for row in reader.rows(filled(base, one.clauses), scopes=scopes, **given)]


def _of_ids(ids: Sequence[str], order: Clauses) -> Clauses:
    return Clauses("list_contains($gate_ids, id)", order.order, {**order.params, "gate_ids": ids})


def _known_by(reader: Reader, change: Change | None) -> Known:
    """Return what tells known findings by the lines of a change; without one, none is known."""
    if change is None:
        return lambda _rule, _ids: set()

    def known(_: _Rule, ids: Sequence[str]) -> set[str]:
        places = reader.rows(sql("services", "gate_places"), ids=list(ids))
        return {
            id_
            for id_, group in groupby(sorted(places, key=itemgetter(0)), key=itemgetter(0))
            if _is_elsewhere(change, [place[1:] for place in group])
        }

    return known


def _is_elsewhere(change: Change, places: Iterable[tuple[str, int | None, int | None]]) -> bool:
    """Whether all places lie outside a change; a finding that is in no file may be of it."""
    named = [place for place in places if place[0]]
    return bool(named) and not any(change.has(*place) for place in named)


def _known_before(before: Mapping[str, set[str]]) -> Known:
    return lambda one, ids: before[one.rule.id].intersection(ids)


def _policy(paths: Paths, options: GateOptions) -> tuple[GatePolicy, str]:
    own = paths.config / FILE_NAME
    file = options.policy or (own if own.exists() else shipped("config", FILE_NAME))
    policy = read_gate_policy(file)
    origin = str(file) if options.policy or own.exists() else "the policy that ships"
    if not options.query:
        return policy, origin
    rule = GateRule(_QUERY_RULE, f"No finding matches: {options.query}", options.query)
    return GatePolicy((rule,), policy.scans), _QUERY_RULE


def _compiled(ctx: Context, rule: GateRule, now: datetime, origin: str) -> _Rule:
    try:
        return _Rule(rule, compile_query(parse_query(rule.query, views_in_force(ctx)), now))
    except QueryError as error:
        if origin == _QUERY_RULE:
            raise
        raise QueryError(
            f"cannot use the rule {rule.id} of {origin}: {error.message}",
            position=error.position,
            text=error.text,
            hint=error.hint,
        ) from error


def _baseline(options: GateOptions) -> tuple[Change | None, tuple[Path, ...]]:
    """Return the change, or the reports of the base: what is there as a file is a report."""
    given = [(text, Path(text)) for text in options.baseline]
    if not given:
        return None, ()
    if not all(text.strip() for text, _ in given):  # or the working directory would be the base
        raise InputError(
            "--baseline is empty", hint="is the variable set that it is from? Else leave it out"
        )
    there = [path for _, path in given if path.exists()]
    if len(there) == len(given):
        _refuse_itself(options.reports, there)
        return None, tuple(there)
    if len(given) > 1:
        missing = next(text for text, path in given if not path.exists())
        raise InputError(
            f"{missing} does not exist", hint="--baseline is reports, or one revision of git"
        )
    return change_since(given[0][0], Path.cwd()), ()


def _refuse_itself(reports: Sequence[Path], base: Sequence[Path]) -> None:
    """Refuse a baseline that holds all that is judged: nothing of it could be new."""
    judged = {source.path.resolve() for source in find(reports) if source.path is not None}
    known = {source.path.resolve() for source in find(base) if source.path is not None}
    if judged and judged <= known:
        raise InputError(
            "the reports of the base are those that are judged: nothing in them can be new",
            hint="name the reports that were made of the base, or a revision as origin/main",
        )


def _words(options: GateOptions, change: Change | None) -> str:
    if change is not None:
        return f"the lines added since {options.baseline[0]}"
    return ", ".join(options.baseline)
