"""Which results of a scan are which stored findings: keys in SQL, the rest by passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from riskcockpit.domain.finding import FindingClass, Observation
from riskcockpit.domain.ids import digest
from riskcockpit.ingest.fingerprints import NONE
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
    observations: Sequence[Observation]
    identities: Identities


def without_foreign_claims(
    tx: Writer, observations: tuple[Observation, ...], asset: str
) -> tuple[Observation, ...]:
    """Return `observations` without claims on findings of other assets than their own."""
    ids = [seen.claimed_id for seen in observations if seen.claimed_id]
    if not ids:
        return observations
    owners: dict[str, set[str]] = {}
    for id_, owner in tx.rows(sql("ingest", "claimed_assets"), ids=ids):
        owners.setdefault(id_, set()).add(owner)
    return tuple(
        replace(seen, claimed_id="")
        if owners.get(seen.claimed_id, set()) - {seen.asset or asset}
        else seen
        for seen in observations
    )


def recognise(tx: Writer, run: Run, policy: IngestPolicy, live: int) -> PrefixChange | None:
    """Fill `matched`, `fresh`, `hint` and `assigned` for the staged results of `run`.

    `live` is how many live findings the scope has. Returns the checkout prefix by which all
    paths changed, when that is what happened.
    """
    keys = ["match_alias", "match_id"]
    if any(seen.claimed_id for seen in run.observations):
        keys.reverse()  # a claim is an id, and whoever has the id now is meant
    for statement in keys:
        tx.execute(sql("ingest", statement))
    is_dependency = (seen.finding_class is FindingClass.DEPENDENCY for seen in run.observations)
    if run.identities.other_keys or any(is_dependency):
        tx.execute(sql("ingest", "match_vulnerability"))
    change = _compare_leftovers(tx, run, policy, live)
    tx.execute(sql("ingest", "fresh_fill"))
    _assign_ids(tx)
    return change


def _compare_leftovers(
    tx: Writer, run: Run, policy: IngestPolicy, live: int
) -> PrefixChange | None:
    forms = _other_forms(tx, run.spec)
    numbers = [row[0] for row in tx.rows(sql("ingest", "unmatched_seen"))] if live or forms else []
    if not numbers:
        return None
    known = tx.rows(
        sql("ingest", "unmatched_known"),
        scope=run.spec.id,
        forms=forms,
        is_group=run.spec.parts is not None,
        rev=tx.generation,
    )
    if not known:
        return None
    own = sum(row[-1] for row in known)
    stored = [stored_trace(row[:-1]) for row in known[:own]]
    change = find(
        (_path(run.observations[n]) for n in numbers),
        (one.path for one in stored),
        all_seen=map(_path, run.observations),
        all_known=_live_paths(tx, run.spec),
    )
    seen = [
        trace(
            run.observations[n],
            run.identities.assets[n],
            run.identities.fingerprints[n],
            change.stored_path(_path(run.observations[n])) if change else None,
        )
        for n in numbers
    ]
    matches, hints = match(
        seen,
        stored,
        shared=_shared(run, numbers, stored),
        rule_names=policy.rule_aliases.get(run.spec.tool.lower(), {}),
        forms=[stored_trace(row[:-1]) for row in known[own:]],
    )
    found = [(numbers[one.seen], *known[one.known][:2], one.how.value) for one in matches]
    tx.stage("found", TABLES["found"], found)
    tx.execute(sql("ingest", "match_found"))
    tx.stage("hint", TABLES["hint"], [(numbers[s], known[k][0]) for s, k in hints.items()])
    return change


def _other_forms(tx: Writer, spec: ScopeSpec) -> list[str]:
    """Return the scopes that the same scan of the same tool has in other formats."""
    rows = tx.rows(
        sql("ingest", "other_forms"),
        scope=spec.id,
        asset=spec.asset,
        tool=spec.tool,
        branch=spec.branch,
        format=spec.format,
    )
    return [row[0] for row in rows]


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
            seen = run.observations[n]
            place = (seen.rule, _path(seen))
            if places.setdefault(what, place) != place:
                shared.add(what)
    return frozenset(shared)


def _evidence(run: Run, n: int) -> str:
    seen = run.observations[n]
    fingerprint = run.identities.fingerprints[n]
    if fingerprint == NONE and not seen.locations:
        return ""
    return evidence(fingerprint, seen.locations[0].snippet if seen.locations else "")


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


def _path(seen: Observation) -> str:
    return seen.locations[0].path if seen.locations else ""
