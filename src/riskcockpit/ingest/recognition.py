"""Which results of a scan are which stored findings: keys in SQL, the rest by passes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from riskcockpit.domain.finding import FindingClass
from riskcockpit.domain.ids import digest
from riskcockpit.domain.sheet import Sheet
from riskcockpit.ingest.identity import VERSION, evidence
from riskcockpit.ingest.matching import Trace, match
from riskcockpit.ingest.own_tools import is_own_tool
from riskcockpit.ingest.policy import IngestPolicy
from riskcockpit.ingest.prefixes import PrefixChange, find
from riskcockpit.ingest.runs import Run
from riskcockpit.ingest.staging import TABLES, seen_trace, stored_trace
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql


def without_foreign_claims(tx: Writer, sheet: Sheet, asset: str) -> Sheet:
    """Return `sheet` without claims on findings of other assets or other tools than their own."""
    ids = [kind.claimed_id for kind in sheet.kinds if kind.claimed_id]
    if not ids:
        return sheet
    owners: dict[str, set[tuple[str, str]]] = {}
    for id_, *owner in tx.rows(sql("ingest", "claimed_owners"), ids=ids):
        owners.setdefault(id_, set()).add((owner[0], owner[1]))
    return Sheet.of(
        tuple(
            replace(seen, claimed_id="")
            if owners.get(seen.claimed_id, set()) - {(seen.asset or asset, seen.tool)}
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
    if any(is_own_tool(run.spec.tool) for run in runs):
        tx.execute(sql("ingest", "match_drop_foreign"))
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
    unseen = {row[0] for row in tx.rows(sql("ingest", "unmatched_scans"))} & comparable
    if not unseen:
        return {}
    known = _by_scan(
        tx.rows(sql("ingest", "unmatched_known"), scans=sorted(unseen), rev=tx.generation)
    )
    seen = _by_scan(tx.rows(sql("ingest", "unmatched_seen"), scans=sorted(known)))
    compared = [_compare(tx, runs[scan], seen[scan], rows, policy) for scan, rows in known.items()]
    found = [row for one in compared for row in one.found]
    tx.stage("found", TABLES["found"], found)
    tx.execute(sql("ingest", "match_found"))
    tx.execute(sql("ingest", "fresh_found"))
    tx.stage("hint", TABLES["hint"], [row for one in compared for row in one.hints])
    return {one.scan: one.change for one in compared if one.change}


def _by_scan(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    """Return rows without their first value, by it."""
    found: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for scan, *row in rows:
        found[scan].append(tuple(row))
    return found


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
    unseen: Sequence[tuple[Any, ...]],
    known: Sequence[tuple[Any, ...]],
    policy: IngestPolicy,
) -> _Compared:
    """Compare what is left over of a run, rows of `unmatched_seen`, with what it might be."""
    numbers = [n for n, *_ in unseen]
    of_scope = sum(row[-1] for row in known)
    seen = [
        seen_trace(run.sheet.kinds[run.sheet.kind[n - run.first]], asset, row)
        for n, *row in unseen
        for asset in (run.identities.assets[n - run.first],)
    ]
    stored = [stored_trace(row[:-1]) for row in known[:of_scope]]
    shared = _shared(tx, run, seen, stored)
    change = find(
        (one.path for one in seen),
        (one.path for one in stored),
        all_seen=_paths(tx, "seen_paths", scan=run.number),
        all_known=_paths(tx, "live_paths", scope=run.spec.id),
    )
    if change:
        seen = [replace(one, path=change.stored_path(one.path)) for one in seen]
    matches, hints = match(
        seen,
        stored,
        shared=shared,
        rule_names=policy.rule_aliases.get(run.spec.tool.lower(), {}),
        forms=[stored_trace(row[:-1]) for row in known[of_scope:]],
    )
    found = [
        (numbers[one.seen], run.number, *known[one.known][:2], one.how.value) for one in matches
    ]
    likely = [(numbers[s], known[k][0]) for s, k in hints.items()]
    return _Compared(run.number, found, likely, change)


def _paths(tx: Writer, name: str, **of: Any) -> Iterator[str]:
    """Yield all paths of a scan or a scope; asked for only when somebody wants one."""
    for row in tx.rows(sql("ingest", name), **of):
        yield row[0]


def _shared(tx: Writer, run: Run, seen: Sequence[Trace], stored: Sequence[Trace]) -> frozenset[str]:
    """Return the evidence that unmatched results have in common with stored findings, and which
    several places of the run carry."""
    theirs = {evidence(one.fingerprint, one.snippet) for one in stored}
    wanted = theirs.intersection(evidence(one.fingerprint, one.snippet) for one in seen) - {""}
    if not wanted:
        return frozenset()
    places: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for rule, path, method, value, snippet in tx.rows(sql("ingest", "alike_seen"), scan=run.number):
        places[evidence((method, value), snippet)].add((rule, path))
    return frozenset(what for what in wanted if len(places[what]) > 1)


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
