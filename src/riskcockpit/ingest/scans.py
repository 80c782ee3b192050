"""Several runs of one tool over one scope in one document are one scan. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from riskcockpit.domain.finding import Scan
from riskcockpit.domain.sheet import Sheet

ScopeName = tuple[str, str, str, str]
"""(asset, tool, category, branch)."""


def merged(scans: Iterable[Scan]) -> tuple[Scan, ...]:
    """Return one scan for each (asset, tool, category, branch), in the order of first use.

    Applied one after the other, the second run would close what the first one found.
    """
    groups: dict[ScopeName, list[Scan]] = {}
    for scan in scans:
        groups.setdefault((scan.asset, scan.tool, scan.category, scan.branch), []).append(scan)
    return tuple(map(one_of, groups.values()))


def one_of(scans: Sequence[Scan]) -> Scan:
    """Return scans of one scope as one: it is as complete as the least complete of them."""
    if len(scans) == 1:
        return scans[0]
    times = [scan.scanned_at for scan in scans if scan.scanned_at is not None]
    listed = [scan.rules for scan in scans if scan.rules is not None]
    covered = [scan.assets for scan in scans if scan.assets is not None]
    versions = {scan.tool_version for scan in scans}
    return Scan(
        tool=scans[0].tool,
        asset=scans[0].asset,
        category=scans[0].category,
        branch=scans[0].branch,
        observations=Sheet.joined(scan.observations for scan in scans),
        evidence=tuple(proof for scan in scans for proof in scan.evidence),
        problems=tuple(problem for scan in scans for problem in scan.problems),
        statements=tuple(said for scan in scans for said in scan.statements),
        is_vex=all(scan.is_vex for scan in scans),
        absent=sum(scan.absent for scan in scans),
        gone=tuple(one for scan in scans for one in scan.gone),
        tool_version=versions.pop() if len(versions) == 1 else "",
        scanned_at=max(times, default=None),
        is_successful=_worst([scan.is_successful for scan in scans]),
        tool_errors=tuple(error for scan in scans for error in scan.tool_errors),
        is_partial=any(scan.is_partial for scan in scans),
        rules=frozenset().union(*listed) if len(listed) == len(scans) else None,
        assets=frozenset().union(*covered) if len(covered) == len(scans) else None,
        distrusted=tuple(dict.fromkeys(why for scan in scans for why in scan.distrusted)),
    )


def _worst(outcomes: Sequence[bool | None]) -> bool | None:
    if False in outcomes:
        return False
    return None if None in outcomes else True
