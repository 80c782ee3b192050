"""Which results of a scan are which stored findings: keys in SQL, the rest by passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from riskcockpit.domain.finding import FindingClass
from riskcockpit.domain.ids import digest
from riskcockpit.domain.sheet import Sheet
from riskcockpit.ingest.identity import VERSION, Identities, evidence
from riskcockpit.ingest.matching import Trace, match
from riskcockpit.ingest.policy import IngestPolicy, ScopeSpec
from riskcockpit.ingest.prefixes import PrefixChange, find
from riskcockpit.ingest.staging import TABLES, stored_trace, trace
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql


@dataclass(frozen=True, slots=True)
class Run:
    """The results of one scan and who they are."""

    spec: ScopeSpec
    observations: Sheet
    identities: Identities


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


def recognise(tx: Writer, run: Run, policy: IngestPolicy, live: int) -> PrefixChange | None:
    """Fill `matched`, `fresh`, `hint` and `assigned` for the staged results of `run`.

    `live` is how many live findings the scope has. Returns the checkout prefix by which all
    paths changed, when that is what happened.
    """
    keys = ["match_alias", "match_id"]
    if any(kind.claimed_id for kind in run.observations.kinds):
        keys.reverse()  # a claim is an id, and whoever has the id now is meant
    for statement in keys:
        tx.execute(sql("ingest", statement))
    if run.observations.has_class(FindingClass.DEPENDENCY):
        tx.execute(sql("ingest", "match_vulnerability"))
    change = _compare_leftovers(tx, run, policy, live)
    tx.execute(sql("ingest", "fresh_fill"))
    _assign_ids(tx)
    return change


def _compare_leftovers(
    tx: Writer, run: Run, policy: IngestPolicy, live: int
) -> PrefixChange | None:
    numbers = [row[0] for row in tx.rows(sql("ingest", "unmatched_seen"))] if live else []
    if not numbers:
        return None
    known = tx.rows(
        sql("ingest", "unmatched_known"),
        scope=run.spec.id,
        is_group=run.spec.parts is not None,
        rev=tx.generation,
    )
    if not known:
        return None
    stored = [stored_trace(row) for row in known]
    paths = run.observations.paths
    change = find(
        (paths[n] for n in numbers),
        (one.path for one in stored),
        all_seen=paths,
        all_known=_live_paths(tx, run.spec),
    )
    seen = [
        trace(
            run.observations[n],
            run.identities.assets[n],
            run.identities.fingerprints[n],
            change.stored_path(paths[n]) if change else None,
        )
        for n in numbers
    ]
    matches, hints = match(
        seen,
        stored,
        shared=_shared(run, numbers, stored),
        rule_names=policy.rule_aliases.get(run.spec.tool.lower(), {}),
    )
    found = [(numbers[one.seen], *known[one.known][:2], one.how.value) for one in matches]
    tx.stage("found", TABLES["found"], found)
    tx.execute(sql("ingest", "match_found"))
    tx.stage("hint", TABLES["hint"], [(numbers[s], known[k][0]) for s, k in hints.items()])
    return change


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
            sheet = run.observations
            place = (sheet.kinds[sheet.kind[n]].rule, sheet.paths[n])
            if places.setdefault(what, place) != place:
                shared.add(what)
    return frozenset(shared)


def _evidence(run: Run, n: int) -> str:
    return evidence(run.identities.fingerprints[n], run.observations.snippets[n])


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
