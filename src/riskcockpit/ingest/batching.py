"""Which scans may be ingested together: those that cannot touch the same finding.

Together they cost hardly more statements than one of them. Scans that may meet keep their order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from riskcockpit.domain.finding import Scan
from riskcockpit.domain.sheet import Sheet
from riskcockpit.ingest.policy import ScopeSpec
from riskcockpit.ingest.vulnerabilities import without_tag
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql

MOST_RESULTS = 50_000
"""Results that are staged together, so that memory does not grow with the number of scans."""


def batches(tx: Writer, scans: Sequence[tuple[Scan, ScopeSpec]]) -> Iterator[list[int]]:
    """Yield the indices of scans that may be ingested together.

    Ingesting the batches one after the other comes to the same as ingesting scan by scan: a scan
    touches only findings of its scope, and of the assets and tools that it, or a finding its scope
    knows, is about. What may touch any finding stands alone.
    """
    if len(scans) == 1:
        yield [0]
        return
    known: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    scopes = list({spec.id for _, spec in scans})
    for scope, asset, tool in tx.rows(sql("ingest", "scope_subjects"), scopes=scopes):
        known[scope].add((asset, tool))
    for wave in _waves(scans, known):
        yield from _limited(wave, scans)


def _waves(
    scans: Sequence[tuple[Scan, ScopeSpec]], known: dict[str, set[tuple[str, str]]]
) -> list[list[int]]:
    """Return the scans in waves: each after all earlier ones that it may meet."""
    waves: list[list[int]] = []
    next_wave: dict[tuple[str, ...], int] = {}
    first = 0
    for index, (scan, spec) in enumerate(scans):
        if _meets_all(scan):
            waves.append([index])
            first = len(waves)
            continue
        touched = {(spec.id,), *known.get(spec.id, ()), *_subjects(scan, spec)}
        wave = max((next_wave.get(one, first) for one in touched), default=first)
        wave = max(wave, first)
        if wave == len(waves):
            waves.append([])
        waves[wave].append(index)
        next_wave |= dict.fromkeys(touched, wave + 1)
    return waves


def _meets_all(scan: Scan) -> bool:
    """Whether it may be about any finding: statements are, and claims name what they like."""
    return scan.is_vex or any(kind.claimed_id for kind in Sheet.of(scan.observations).kinds)


def _subjects(scan: Scan, spec: ScopeSpec) -> Iterator[tuple[str, str]]:
    seen = (*Sheet.of(scan.observations).kinds, *scan.gone)
    for asset, tool in {(one.asset, one.tool) for one in seen}:
        yield (without_tag(asset) if asset else spec.asset), tool


def _limited(wave: Sequence[int], scans: Sequence[tuple[Scan, ScopeSpec]]) -> Iterator[list[int]]:
    batch: list[int] = []
    results = 0
    for index in wave:
        count = len(scans[index][0].observations)
        if batch and results + count > MOST_RESULTS:
            yield batch
            batch, results = [], 0
        batch.append(index)
        results += count
    if batch:
        yield batch
