"""What riskcockpit itself judges to be wrong: findings while it is so, ended when it is not.

Each tool of our own has one complete report about each asset, made anew at every publish; what is
in none any more ends, and one that says what the last said writes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from riskcockpit.domain.finding import Observation, Scan
from riskcockpit.domain.ids import digest
from riskcockpit.ingest.pipeline import ingest_all
from riskcockpit.ingest.policy import IngestPolicy, ScopeSpec
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql

Place = tuple[str, str]
"""The tool that judges and the asset it is about."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Something that is wrong as it stands."""

    source_id: str
    """Where what it rests on came from."""
    seen: Observation

    @property
    def place(self) -> Place:
        """The scope of its finding."""
        return self.seen.tool, self.seen.asset


def settle_judged(
    tx: Writer,
    watched: Mapping[str, str],
    judged: Iterable[Judged],
    now: datetime,
    policy: IngestPolicy,
    *,
    is_whole: bool = True,
) -> None:
    """Make findings of all that is `judged`, and end the others of the tools in `watched`.

    `watched` says of each tool what it looks at, in words. Nothing ends while `is_whole` is false:
    not all could be looked at.
    """
    found: dict[Place, list[Judged]] = defaultdict(list)
    for one in judged:
        found[one.place].append(one)
    live = {
        (tool, row[0])
        for tool in watched
        for row in tx.rows(sql("ingest", "monitored_live"), tool=tool)
    }
    scans = [
        _scan(place, watched[place[0]], found.get(place, ()), now, is_whole=is_whole)
        for place in sorted(live | found.keys())
    ]
    if scans:
        ingest_all(tx, scans, policy, now)


def _scan(
    place: Place, what: str, judged: Sequence[Judged], now: datetime, *, is_whole: bool
) -> tuple[Scan, ScopeSpec]:
    tool, asset = place
    seen = tuple(one.seen for one in judged)
    spec = ScopeSpec(
        asset=asset,
        tool=tool,
        source_id=judged[0].source_id if judged else "",
        document=f"{what} of {asset}",
        format="readings",
        content_hash=digest((asset, *(f"{one.title} {one.onset_at}" for one in seen))),
        modified_at=now,
        is_complete=is_whole,
        accepts_held=True,
    )
    return Scan(tool, seen, is_successful=True), spec
