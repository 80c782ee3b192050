"""A small bank for tests of ingest: observations, scans and a cache to put them in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.finding import FindingClass, Location, Observation, Package, Scan
from riskcockpit.domain.ids import digest
from riskcockpit.domain.severity import Severity
from riskcockpit.domain.sheet import Sheet
from riskcockpit.ingest.pipeline import ingest
from riskcockpit.ingest.policy import IngestPolicy, ScanReport, ScopeSpec
from riskcockpit.store.database import Writer
from riskcockpit.store.snapshots import Store
from riskcockpit.store.sql import Sql

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
_OF_SCOPE = (
    "asset", "category", "branch", "is_complete", "may_close", "accepts_held", "content_hash",
    "modified_at", "source_id", "format",
)  # fmt: skip


def code(
    rule: str = "sql-injection",
    path: str = "src/pay.py",
    line: int | None = 10,
    **more: Any,
) -> Observation:
    """Return a code finding; `fingerprint` and `snippet` are short for the real fields."""
    fingerprint = more.pop("fingerprint", "")
    place = Location(path, line, more.pop("column", 1), snippet=more.pop("snippet", ""))
    given: dict[str, Any] = {
        "finding_class": FindingClass.CODE,
        "tool": "scanner",
        "rule": rule,
        "title": f"{rule} in {path}",
        "severity": Severity.HIGH,
        "record": "runs[0].results[0]",
        "locations": (place,),
        "fingerprints": (("contextHash/v1", fingerprint),) if fingerprint else (),
    }
    return Observation(**(given | more))


def dependency(
    *ids: str, name: str = "requests", version: str = "2.0", path: str = "requirements.txt",
    **more: Any,
) -> Observation:  # fmt: skip
    """Return a vulnerable package."""
    package = Package("pypi", name, version=version, layer=more.pop("layer", ""))
    given: dict[str, Any] = {
        "finding_class": FindingClass.DEPENDENCY,
        "tool": "scanner",
        "rule": ids[0],
        "title": f"{ids[0]} in {name}",
        "severity": Severity.HIGH,
        "record": "Results[0]",
        "vulnerability_ids": ids,
        "package": package,
        "locations": (Location(path),) if path else (),
    }
    return Observation(**(given | more))


@dataclass
class Bank:
    """A cache that is filled scan by scan, a day apart."""

    store: Store
    policy: IngestPolicy = field(default_factory=IngestPolicy)
    scans: int = 0
    now: datetime = START

    def scan(self, observations: Iterable[Observation], **more: Any) -> ScanReport:
        """Ingest one scan; keywords of `Scan` and `ScopeSpec` are told apart here."""
        self.scans += 1
        self.now = START + timedelta(days=self.scans)
        seen = observations if isinstance(observations, Sheet) else tuple(observations)
        of_scope = {key: more.pop(key) for key in _OF_SCOPE if key in more}
        given: dict[str, Any] = {
            "asset": "payments", "tool": more.pop("tool", "scanner"), "source_id": "import",
            "document": "r.sarif", "format": "sarif",
            "content_hash": digest(("scan", str(self.scans))),
        }  # fmt: skip
        scope = ScopeSpec(**(given | of_scope))
        known: dict[str, Any] = {"observations": seen, "is_successful": True}
        scan = Scan(scope.tool, **(known | more))
        with self.store.writer() as tx:
            return ingest(tx, scan, scope, self.policy, self.now)

    def rows(self, text: str, **params: Any) -> list[tuple[Any, ...]]:
        """Ask the published cache."""
        with self.store.reader() as reader:
            names = tuple((name, "VARCHAR") for name in params)
            return reader.rows(Sql("test", text, names), **params)

    def states(self) -> dict[str, int]:
        """Return how many findings are in which state."""
        return dict(self.rows("SELECT state, count(*) FROM finding GROUP BY state"))

    def events(self, kind: str = "") -> list[tuple[str, str]]:
        """Return (kind, detail) of all events, or of one kind."""
        text = 'SELECT kind, detail FROM finding_event ORDER BY "at", kind, detail'
        return [row for row in self.rows(text) if not kind or row[0] == kind]

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """Open a writer, to do what another part of the program would."""
        with self.store.writer() as tx:
            yield tx

    def decide(self, state: str, **columns: str) -> None:
        """Put every finding into `state`, as the projection of a decision would."""
        sets = ", ".join([f"state = '{state}'", *(f"{k} = '{v}'" for k, v in columns.items())])
        with self.writing() as tx:
            tx.execute(Sql("test", f"UPDATE finding SET {sets}"))


def open_bank(directory: Path, policy: IngestPolicy | None = None) -> Bank:
    """Return a bank without a cache yet."""
    return Bank(Store(directory / "cache", FrozenClock(START)), policy or IngestPolicy())


def at_line(seen: Observation, line: int) -> Observation:
    """Return the same result on another line."""
    return replace(seen, locations=(replace(seen.locations[0], line=line), *seen.locations[1:]))


def at_path(seen: Observation, path: str) -> Observation:
    """Return the same result in another file."""
    return replace(seen, locations=(replace(seen.locations[0], path=path), *seen.locations[1:]))
