"""What a gate demands of scans: there, recent, complete, readable. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from riskcockpit.config.durations import parse_duration
from riskcockpit.config.gate import ScanDemands
from riskcockpit.views.gate import GateDemandView


@dataclass(frozen=True, slots=True)
class Scanned:
    """One scan that is judged."""

    tool: str
    ran_at: datetime | None
    """Aware UTC; None when nobody says."""
    is_complete: bool
    reasons: str
    """Why it is not complete; may be empty."""
    quarantined: int
    """Records of it that could not be read."""


def demands_of(
    demands: ScanDemands, scans: Sequence[Scanned], now: datetime
) -> tuple[GateDemandView, ...]:
    """Return what came of each demand that is made; `now` is aware UTC."""
    found = [
        GateDemandView(
            "scans-readable",
            f"At most {demands.quarantined} records could not be read"
            if demands.quarantined
            else "Every record of the reports could be read",
            tuple(_unreadable(scans, demands.quarantined)),
        )
    ]
    if demands.tools:
        title = f"There is a report of {', '.join(demands.tools)}"
        found.append(GateDemandView("scans-there", title, tuple(_missing(scans, demands.tools))))
    if demands.max_age:
        title = f"The newest report of each tool is at most {demands.max_age} old"
        failures = tuple(_old(scans, demands, now))
        found.append(GateDemandView("scans-recent", title, failures))
    if demands.complete:
        failures = tuple(
            f"{scan.tool}: {scan.reasons or 'nothing says that it saw all'}"
            for scan in scans
            if not scan.is_complete
        )
        found.append(GateDemandView("scans-complete", "Every scan saw all it should", failures))
    return tuple(found)


def _unreadable(scans: Sequence[Scanned], most: int) -> Iterator[str]:
    if sum(scan.quarantined for scan in scans) > most:
        for scan in scans:
            if scan.quarantined:
                yield f"{scan.tool}: {scan.quarantined} could not be read"


def _missing(scans: Sequence[Scanned], tools: Sequence[str]) -> Iterator[str]:
    there = sorted({scan.tool for scan in scans}, key=str.lower)
    others = f"; there are of {', '.join(there)}" if there else ""
    for tool in tools:
        if not any(_is_of(name, tool) for name in there):
            yield f"there is no report of {tool}{others}"


def _is_of(name: str, tool: str) -> bool:
    """Whether a scanner that calls itself `name` is `tool`: `semgrep` names Semgrep OSS as well."""
    return f"{name} ".lower().startswith(f"{tool} ".lower())


def _old(scans: Sequence[Scanned], demands: ScanDemands, now: datetime) -> Iterator[str]:
    most = parse_duration(demands.max_age)
    tools = {scan.tool.lower(): scan.tool for scan in scans}
    for key, name in sorted(tools.items()):
        times = [scan.ran_at for scan in scans if scan.tool.lower() == key and scan.ran_at]
        if not times:
            yield f"{name}: nothing says when it ran"
        elif now - max(times) > most:
            yield f"{name}: it ran at {max(times):%Y-%m-%d %H:%M} UTC"
