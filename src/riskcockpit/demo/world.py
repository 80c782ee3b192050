"""The demo's ninety days as dated report documents: pure, seeded, the same bytes for the same seed.

Nothing here is written into the cache: every document is read by the formats and the ingest that
read anybody's reports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from riskcockpit.demo.bank import (
    ACCOUNTS,
    APPLICATION,
    LANDING_ZONE,
    REPOSITORIES,
    Account,
    Repository,
)
from riskcockpit.demo.dice import Dice
from riskcockpit.demo.history import Lifespan, Rhythm, Scope, lifespan, scope
from riskcockpit.demo.reports import (
    Vulnerability,
    cloud_checks,
    generic,
    penetration_test,
    sarif,
    template,
    trivy,
    vulnerabilities,
)
from riskcockpit.domain.batch import Document
from riskcockpit.domain.severity import Severity

F = TypeVar("F")
CLOUD_TOOL = "cloud-posture"
PENTEST_TOOL = "penetration-test"
_PRESENCE = {
    Severity.CRITICAL: 0.22,
    Severity.HIGH: 0.7,
    Severity.MEDIUM: 0.98,
    Severity.LOW: 0.98,
    Severity.INFO: 0.98,
}
"""Share of the faults a scanner could report that an asset of the bank ever has."""
_REGION = "eu-central-1"


@dataclass(frozen=True, slots=True)
class DatedDocument:
    """A report and the moment a pipeline handed it over, aware UTC."""

    at: datetime
    document: Document


@dataclass(frozen=True, slots=True)
class World:
    """Everything that was reported before the demo started."""

    dice: Dice
    start: datetime

    def documents(self) -> tuple[DatedDocument, ...]:
        """Return all documents, oldest first."""
        found: list[DatedDocument] = []
        for repository in REPOSITORIES:
            found += self._code(repository)
            if repository.packages:
                found += self._image(repository)
        found += self._cloud()
        found.append(self._penetration_test())
        return tuple(sorted(found, key=lambda dated: (dated.at, dated.document.name)))

    def _code(self, repository: Repository) -> Iterator[DatedDocument]:
        scanner = repository.scanner
        where = scope(self.dice, repository.name, scanner, self.start, repository.rhythm)
        of = template(scanner)
        tool = scanner.partition(".")[2]
        faults = [
            ((index, part), severity)
            for part in repository.parts
            for index, severity in enumerate(of.severities)
            if self._is_present(severity, repository.name, scanner, part, index)
        ]
        lives = self._lives(where, faults)
        category = f"ci/{repository.name}/{tool}"

        def write(found: Sequence[tuple[int, str]], at: datetime) -> bytes:
            return sarif(of, found, category=category, scanned_at=at)

        yield from _visited(where, lives, f"{tool}.sarif", write)

    def _image(self, repository: Repository) -> Iterator[DatedDocument]:
        where = scope(self.dice, repository.image, "trivy", self.start, Rhythm.REBUILT)
        faults = [
            (row, row.level)
            for row in vulnerabilities()
            if row.type in repository.packages
            and self._is_present(row.level, repository.image, row.id, row.package)
        ]
        write = partial(self._write_trivy, repository.image)
        yield from _visited(where, self._lives(where, faults), "trivy.json", write)

    def _write_trivy(self, image: str, found: Sequence[Vulnerability], at: datetime) -> bytes:
        days = (self.start - at).days
        name = f"registry.bank.example/{image.removesuffix('-image')}"
        digest = self.dice.hexes(64, image, days)
        return trivy(name, f"1.{120 - days}", digest, found, scanned_at=at)

    def _cloud(self) -> Iterator[DatedDocument]:
        """Yield the reports of the tool that looks at all accounts at once."""
        where = scope(self.dice, LANDING_ZONE, CLOUD_TOOL, self.start, Rhythm.STEADY)
        faults = [
            (_resource_row(account, row, number), severity)
            for account in ACCOUNTS
            for row in cloud_checks()
            for severity in (Severity.from_word(row["severity"]) or Severity.INFO,)
            for number in range(1, account.resources + 1)
            if self._is_present(severity, account.name, row["check"], number)
        ]
        yield from _visited(where, self._lives(where, faults), f"{CLOUD_TOOL}.json", _write_cloud)

    def _penetration_test(self) -> DatedDocument:
        at = self.start - timedelta(days=27, hours=3)
        rows = [
            {
                "title": row["title"],
                "severity": row["severity"],
                "description": row["description"],
                "url": f"https://app.bank.example{row['file_path']}",
                "class": "dast",
                "cwe": int(row["cwe"]),
                "unique_id_from_tool": f"PT-{number:02}",
            }
            for number, row in enumerate(penetration_test(), 1)
        ]
        content = generic(PENTEST_TOOL, rows, scanned_at=at)
        name = f"{APPLICATION}/{PENTEST_TOOL}.json"
        return DatedDocument(at, Document(name, content, APPLICATION, modified_at=at))

    def _is_present(self, severity: Severity, *names: object) -> bool:
        return self.dice.share(*names, "presence") < _PRESENCE[severity]

    def _lives(
        self, where: Scope, faults: Sequence[tuple[F, Severity]]
    ) -> list[tuple[F, Lifespan]]:
        return [(fault, lifespan(self.dice, where, fault, severity)) for fault, severity in faults]


def _visited(
    where: Scope,
    lives: Sequence[tuple[F, Lifespan]],
    name: str,
    write: Callable[[Sequence[F], datetime], bytes],
) -> Iterator[DatedDocument]:
    """Yield the report of each visit, with the faults that were there."""
    for visit, at in enumerate(where.visits):
        found = [fault for fault, life in lives if life.is_there(visit)]
        document = Document(
            name=f"{where.asset}/{at:%Y-%m-%d}/{name}",
            content=write(found, at),
            asset=where.asset,
            modified_at=at,
        )
        yield DatedDocument(at, document)


def _write_cloud(found: Sequence[Mapping[str, object]], at: datetime) -> bytes:
    return generic(CLOUD_TOOL, found, scanned_at=at)


def _resource_row(account: Account, check: Mapping[str, str], number: int) -> dict[str, object]:
    service, _, kind = check["resource"].partition("/")
    resource = f"arn:aws:{service}:{_REGION}:{account.number}:{kind}/{service}-{kind}-{number}"
    return {
        "title": check["title"],
        "severity": check["severity"].title(),
        "description": f"{check['check']} on {resource}",
        "vuln_id_from_tool": check["check"],
        "unique_id_from_tool": f"{check['check']}/{resource}",
        "resource": resource,
        "class": "cloud",
        "asset": account.name,
    }
