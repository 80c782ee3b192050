"""Dependency-Track as a source: the findings of its projects, and how they are judged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import ClassVar, Literal, Self

import msgspec

from riskcockpit.connectors.acting_source import ActingSource, clients_of
from riskcockpit.connectors.api import KeptRecord, SourceSpec, WaiverWords
from riskcockpit.connectors.cursors import Cursor
from riskcockpit.connectors.dependency_track.client import TrackClient
from riskcockpit.connectors.dependency_track.judging import LONGEST_COMMENT, SUPPRESSED, Judgement
from riskcockpit.connectors.dependency_track.listing import FindingReader, Wanted
from riskcockpit.connectors.dependency_track.mapping import NOT_SET, STATES, VERDICTS, is_uuid
from riskcockpit.connectors.dependency_track.wire import Finding
from riskcockpit.connectors.dialect import Dialect
from riskcockpit.connectors.options import read_options, refuse_path
from riskcockpit.connectors.passes import Pass
from riskcockpit.connectors.waiving import signed_comment
from riskcockpit.domain.action import ALERT_KINDS, Action, ActionKind
from riskcockpit.domain.batch import Batch, Coverage
from riskcockpit.domain.clock import Clock
from riskcockpit.domain.ids import digest
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ConfigError

FORMAT = "dependency-track"
KEY_HEADER = "X-Api-Key"


class TrackOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `options` of a source of kind `dependency_track`."""

    projects: tuple[str, ...] = ("*",)
    """Patterns of the names of projects whose findings are read."""
    versions: Literal["latest", "active"] = "latest"
    """Which versions of a project: the one marked as latest, else all active ones; or all."""
    write: bool = False
    """Waivers may be carried out on Dependency-Track."""


class TrackCursor(Cursor, frozen=True):
    """The cursor of a source."""

    given: dict[str, str] = msgspec.field(default_factory=dict)
    """Project → digest of the findings that were given."""


class DependencyTrackConnector(ActingSource[TrackClient, TrackOptions]):
    """The projects of one Dependency-Track."""

    kind: ClassVar[str] = "dependency_track"
    acts: ClassVar[frozenset[ActionKind]] = ALERT_KINDS
    options: ClassVar[type[TrackOptions]] = TrackOptions
    full_every: ClassVar[timedelta] = timedelta(hours=24)
    """See `connectors.api.Reconciles`."""

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:
        """See `connectors.api.Connector.build`."""
        options = read_options(spec, TrackOptions)
        if not options.projects:
            raise ConfigError(
                f'source "{spec.name}": options.projects is empty', hint='["*"] is all of them'
            )
        refuse_path(spec, "/api/v1", "/api")
        dialect = Dialect(token_header=KEY_HEADER)
        clients = clients_of(spec, clock, dialect, TrackClient)
        return cls(spec.name, options, clients, clock)

    def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:
        """Yield a document for each project with news. See `api`."""
        asked = digest((self.reader.http.endpoint.url(""), self.settings.versions,
                        *self.settings.projects))[:16]  # fmt: skip
        before = TrackCursor.read(cursor, asked)
        after = before
        done = Pass()
        wanted = Wanted(self.settings.projects, self.settings.versions == "latest")
        for item in FindingReader(self.reader, until, done).read(wanted, before.given):
            if isinstance(item, dict):
                after = TrackCursor(asked, item)
            else:
                yield Batch((item,), coverage=Coverage(rows=1))
        yield done.end(after.written())

    def check(self) -> str:
        """See `connectors.api.Checks.check`."""
        about = self.reader.about()
        _, count = next(self.reader.projects())
        return f"Dependency-Track {clean_line(about.version)}, {count} active projects for us"

    def dismissal(self, record: KeptRecord, waiver: WaiverWords) -> Action | None:
        """See `connectors.api.Dismisses.dismissal`."""
        if record.format != FORMAT:
            return None
        try:
            found = msgspec.json.decode(record.content, type=Finding)
        except (msgspec.DecodeError, UnicodeError):
            return None
        matrix = (found.component.project, found.component.uuid, found.vulnerability.uuid)
        if not all(map(is_uuid, matrix)):
            return None
        verdict, before = VERDICTS[waiver.reason], found.analysis.state or NOT_SET
        what = f"{found.vulnerability.vuln_id} in {found.component.name}"
        return Action(
            id="",
            kind=ActionKind.ALERT_DISMISS,
            source=self.name,
            target="/".join(matrix),
            params={
                "from": before if before in STATES else NOT_SET,
                "to": SUPPRESSED,
                "analysis": verdict.state,
                "justification": verdict.justification,
                "response": verdict.response,
                "comment": signed_comment(waiver, LONGEST_COMMENT),
                "what": clean_line(f"{what} {found.component.version or ''}".strip()),
            },
        )

    def change(self, action: Action) -> Judgement:
        """See `connectors.acting_source.ActingSource.change`."""
        return Judgement.of(action, self.reader, self.writer)
