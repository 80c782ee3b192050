"""Which results of a scan are which stored findings: keys in SQL, the rest by passes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from riskcockpit.domain.finding import FindingClass
from riskcockpit.domain.ids import digest
from riskcockpit.domain.sheet import Sheet
from riskcockpit.ingest.identity import VERSION, evidence
from riskcockpit.ingest.matching import Trace, match
from riskcockpit.ingest.policy import IngestPolicy, ScopeSpec
from riskcockpit.ingest.prefixes import PrefixChange, find
from riskcockpit.ingest.runs import Run
from riskcockpit.ingest.staging import TABLES, stored_trace, trace
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql


def without_foreign_claims(tx: Writer, sheet: Sheet, asset: str) -> Sheet:
    """Return `sheet` without claims on findings of other assets than their own."""
    ids = [kind.claimed_id for kind in sheet.kinds if kind.claimed_id]
    if not ids:
        return sheet
    owners: dict[str, set[str]] = {}
    for id_, owner in tx.rows(sql("ingest", "claimed_assets"), ids=ids):
        owners.setdefault(id_, set()).add(owner)
    return Sheet.of(
        tuple(
            replace(seen, claimed_id="")
            if owners.get(seen.claimed_id, set()) - {seen.asset or asset}
            else seen
            for seen in sheet
        )
    )


def recognise(tx: Writer, runs: Sequence[Run], policy: IngestPolicy) -> dict[int, PrefixChange]:
    """Fill `matched`, `fresh`, `hint` and `assigned` for the staged results of `runs`.

    Returns the checkout prefix by which all paths of a run changed, by the run's number, where
    that is what happened.
    """
    keys = ["match_alias", "match_id"]
    if any(kind.claimed_id for run in runs for kind in run.sheet.kinds):
        keys.reverse()  # a claim is an id, and whoever has the id now is meant
    for statement in keys:
        tx.execute(sql("ingest", statement))
    if any(
        run.identities.other_keys or run.sheet.has_class(FindingClass.DEPENDENCY) for run in runs
    ):
        tx.execute(sql("ingest", "match_vulnerability"))
    tx.execute(sql("ingest", "fresh_fill"))
    changes = _compare_leftovers(tx, runs, policy)
    _assign_ids(tx)
    return changes


def _compare_leftovers(
    tx: Writer, runs: Sequence[Run], policy: IngestPolicy
) -> dict[int, PrefixChange]:
    """Recognise by likeness, scope by scope, where both sides have something left."""
    forms = tx.rows(sql("ingest", "other_forms"))
    tx.stage("form", TABLES["form"], forms)
    comparable = {run.number for run in runs if run.live} | {row[0] for row in forms}
    if not comparable:
        return {}
    unseen: defaultdict[int, list[int]] = defaultdict(list)
    for scan, n in tx.rows(sql("ingest", "unmatched_seen")):
        if scan in comparable:
            unseen[scan].append(n)
    if not unseen:
        return {}
    known: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
    query = sql("ingest", "unmatched_known")
    for scan, *row in tx.rows(query, scans=list(unseen), rev=tx.generation):
        known[scan].append(tuple(row))
    compared = [
        _compare(tx, runs[scan], unseen[scan], rows, policy) for scan, rows in known.items()
    ]
    found = [row for one in compared for row in one.found]
    tx.stage("found", TABLES["found"], found)
    tx.execute(sql("ingest", "match_found"))
    tx.execute(sql("ingest", "fresh_found"))
    tx.stage("hint", TABLES["hint"], [row for one in compared for row in one.hints])
    return {one.scan: one.change for one in compared if one.change}


@dataclass(frozen=True, slots=True)
class _Compared:
    """What likeness says of one run."""

    scan: int
    found: list[tuple[Any, ...]]
    """Rows of `found`."""
    hints: list[tuple[Any, ...]]
    """Rows of `hint`."""
    change: PrefixChange | None


def _compare(
    tx: Writer,
    run: Run,
    numbers: Sequence[int],
    known: Sequence[tuple[Any, ...]],
    policy: IngestPolicy,
) -> _Compared:
    own = [n - run.first for n in numbers]
    sheet = run.sheet
    of_scope = sum(row[-1] for row in known)
    stored = [stored_trace(row[:-1]) for row in known[:of_scope]]
    change = find(
        (sheet.paths[n] for n in own),
        (one.path for one in stored),
        all_seen=sheet.paths,
        all_known=_live_paths(tx, run.spec),
    )
    seen = [
        trace(
            sheet,
            n,
            run.identities.assets[n],
            run.identities.fingerprints[n],
            change.stored_path(sheet.paths[n]) if change else None,
        )
        for n in own
    ]
    matches, hints = match(
        seen,
        stored,
        shared=_shared(run, own, stored),
        rule_names=policy.rule_aliases.get(run.spec.tool.lower(), {}),
        forms=[stored_trace(row[:-1]) for row in known[of_scope:]],
    )
    found = [
        (numbers[one.seen], run.number, *known[one.known][:2], one.how.value) for one in matches
    ]
    likely = [(numbers[s], known[k][0]) for s, k in hints.items()]
    return _Compared(run.number, found, likely, change)


def _live_paths(tx: Writer, spec: ScopeSpec) -> Iterator[str]:
    """Yield the paths of all live findings of a scope; asked for only when somebody wants one."""
    for row in tx.rows(sql("ingest", "live_paths"), scope=spec.id):
        yield row[0]


def _shared(run: Run, numbers: Sequence[int], stored: Sequence[Trace]) -> frozenset[str]:
    """Return the evidence that unmatched results have in common with stored findings, and which
    several places of the run carry."""
    theirs = {evidence(one.fingerprint, one.snippet) for one in stored}
    wanted = theirs.intersection(_evidence(run, n) for n in numbers) - {""}
    if not wanted:
        return frozenset()
    values = {run.identities.fingerprints[n][1] for n in numbers}
    places: dict[str, tuple[str, str]] = {}
    shared: set[str] = set()
    for n, (_, value) in enumerate(run.identities.fingerprints):
        if value in values and (what := _evidence(run, n)) in wanted:
            sheet = run.sheet
            place = (sheet.kinds[sheet.kind[n]].rule, sheet.paths[n])
            if places.setdefault(what, place) != place:
                shared.add(what)
    return frozenset(shared)


def _evidence(run: Run, n: int) -> str:
    return evidence(run.identities.fingerprints[n], run.sheet.snippets[n])


def _assign_ids(tx: Writer) -> None:
    """Give new findings an id of their own where their key is taken.

    It is taken when a finding moved away and kept its id, and something else is there now.
    """
    repeats: Counter[str] = Counter()
    assigned = []
    for n, key in tx.rows(sql("ingest", "taken_ids")):
        candidate = key
        while tx.one(sql("ingest", "id_exists"), id=candidate):
            repeats[key] += 1
            candidate = digest((VERSION, "again", key, str(repeats[key])))
        assigned.append((n, candidate))
    tx.stage("assigned", TABLES["assigned"], assigned)
