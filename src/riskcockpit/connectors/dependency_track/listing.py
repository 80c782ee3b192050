"""Reading the findings of projects, and giving those in which something changed.

Dependency-Track keeps no "changed since" for judgements, so the findings of each project are read
with every pass; what people wrote about them only where something changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase

import msgspec

from riskcockpit.connectors.counted import Counted, read_counted
from riskcockpit.connectors.dependency_track.client import TrackClient
from riskcockpit.connectors.dependency_track.mapping import (
    Matrix,
    Row,
    findings_document,
    is_settled,
    is_uuid,
    wants_analysis,
)
from riskcockpit.connectors.dependency_track.wire import Finding, Project
from riskcockpit.connectors.passes import Pass
from riskcockpit.connectors.reply import StatusError
from riskcockpit.domain.batch import Document
from riskcockpit.domain.ids import digest
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ForbiddenError, ProtocolError

MOST_ANALYSES = 500
"""Judged findings of one project whose justification and details are read."""
_GONE = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which projects are read."""

    names: Sequence[str]
    """Patterns of their names."""
    is_latest_only: bool
    """Of a project with a version marked as the latest, no other is read."""

    def of(self, projects: Sequence[Project]) -> dict[str, list[Project]]:
        """Return the wanted versions by the name, cleaned, of their project."""
        found: defaultdict[str, list[Project]] = defaultdict(list)
        for project in projects:
            if any(fnmatchcase(project.name, pattern) for pattern in self.names):
                found[clean_line(project.name.strip())].append(project)
        for name, versions in found.items():
            latest = [version for version in versions if version.is_latest]
            if self.is_latest_only and latest:
                found[name] = latest
        return found


@dataclass(slots=True)
class _Found:
    """The findings of all wanted versions of a project."""

    rows: list[Row] = field(default_factory=list)
    is_whole: bool = True
    """All rows that the server counts came."""
    is_settled: bool = True
    """It has looked for vulnerabilities since it knows what there is."""

    @property
    def state(self) -> str:
        """A digest that changes with what is given."""
        texts = (row.raw.decode("utf-8", "replace") for row in self.rows)
        return digest((str(self.is_settled), *texts))


class FindingReader:
    """Reads projects and their findings through one client."""

    def __init__(self, client: TrackClient, until: datetime, done: Pass) -> None:
        self._client = client
        self._until = until
        self._done = done

    def read(
        self, wanted: Wanted, before: Mapping[str, str]
    ) -> Iterator[Document | dict[str, str]]:
        """Yield a document for each project that is not as `before`, then what was given.

        A project that cannot be read is noted, and nothing comes of it.

        Raises:
            RetryableError: no answer. SourceError: a refusal that no other project escapes.
        """
        listed = wanted.of(self._projects())
        given: dict[str, str] = {}
        for name in sorted(listed):
            try:
                found = self._of_all(listed[name])
            except (ForbiddenError, StatusError) as error:
                self._refused(name, error)
                given |= {name: before[name]} if name in before else {}
                continue
            self._done.read += 1
            if not found.is_settled and name in before:
                self._done.notes.append(
                    f"{name} was not analysed since its last bill of materials came:"
                    " nothing of it is closed"
                )
            if before.get(name) != found.state or not found.is_whole:
                yield self._document(name, found)
            given |= {name: found.state} if found.is_whole else {}
        for name in sorted(before.keys() - listed.keys()):
            self._done.notes.append(f"{name} is not listed any more: its findings stay as they are")
        yield given

    def _projects(self) -> list[Project]:
        ask = self._client.projects
        return list(read_counted(ask, lambda one: one.uuid, self._done, "projects").rows.values())

    def _of_all(self, versions: Sequence[Project]) -> _Found:
        """Return the findings of some versions in an order of their own."""
        found = _Found()
        for version in versions:
            rows = self._rows(version)
            found.is_whole = found.is_whole and rows.is_whole
            found.rows += rows.rows.values()
            found.is_settled = found.is_settled and is_settled(version, self._until)
        found.rows.sort(key=lambda row: row.matrix)
        return found

    def _rows(self, project: Project) -> Counted[Matrix, Row]:
        if not is_uuid(project.uuid):
            raise ProtocolError(f'project "{clean_line(project.name)}" has no uuid')
        version = clean_line(project.version or "")
        what = f"findings of {clean_line(project.name)} {version}".strip()

        def ask() -> Iterator[tuple[list[Row], int]]:
            for rows, total in self._client.findings(project.uuid):
                yield [_row(project, raw) for raw in rows], total

        return read_counted(ask, lambda row: row.matrix, self._done, what)

    def _document(self, name: str, found: _Found) -> Document:
        judged = [row for row in found.rows if wants_analysis(row.finding)]
        if len(judged) > MOST_ANALYSES:
            self._done.notes.append(
                f"of {name} the details of {MOST_ANALYSES} of {len(judged)} judged"
                " findings are read"
            )
        analyses = {}
        for row in judged[:MOST_ANALYSES]:
            self._done.pages += 1
            analyses[row.matrix] = self._client.analysis(*row.matrix)
        web = self._client.http.endpoint.url("")
        is_complete = found.is_whole and found.is_settled
        return findings_document(name, found.rows, analyses, web, is_complete=is_complete)

    def _refused(self, name: str, error: ForbiddenError | StatusError) -> None:
        if isinstance(error, StatusError) and error.status not in _GONE:
            raise error
        self._done.refuse(
            f"findings of {name}: not readable ({error.message}); the key's team lacks"
            " VIEW_VULNERABILITY, or access to the project",
            error,
        )


def _row(project: Project, raw: msgspec.Raw) -> Row:
    try:
        finding = msgspec.json.decode(raw, type=Finding)
    except msgspec.ValidationError as error:
        raise ProtocolError(f"a finding of {clean_line(project.name)} is none: {error}") from error
    matrix = (project.uuid, finding.component.uuid, finding.vulnerability.uuid)
    if not all(map(is_uuid, matrix)):
        raise ProtocolError(f"a finding of {clean_line(project.name)} has no uuids")
    return Row(matrix, finding, bytes(raw))
