"""DefectDojo as a source: the findings of its products; risk acceptances and closures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import ClassVar, Self

import msgspec

from riskcockpit.connectors.acting_source import ActingSource, clients_of
from riskcockpit.connectors.api import KeptRecord, SourceSpec, WaiverWords
from riskcockpit.connectors.defectdojo.accepting import LONGEST_COMMENT, FindingChange
from riskcockpit.connectors.defectdojo.client import DojoClient
from riskcockpit.connectors.defectdojo.listing import FindingReader, Place, Wanted
from riskcockpit.connectors.defectdojo.mapping import ACCEPTED, ACTIVE, DECISIONS, FALSE_POSITIVE
from riskcockpit.connectors.defectdojo.wire import KeptFinding
from riskcockpit.connectors.dialect import Dialect
from riskcockpit.connectors.options import read_options, refuse_path
from riskcockpit.connectors.passes import Pass
from riskcockpit.connectors.waiving import signed_comment
from riskcockpit.connectors.windows import Window
from riskcockpit.domain.action import ALERT_KINDS, Action, ActionKind
from riskcockpit.domain.batch import Batch, Coverage
from riskcockpit.domain.clock import Clock, rfc3339
from riskcockpit.domain.ids import digest
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ConfigError

FORMAT = "defectdojo"
SCHEME = "Token"


class DojoOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `options` of a source of kind `defectdojo`."""

    products: tuple[str, ...] = ("*",)
    """Patterns of the names of products whose findings are read."""
    duplicates: bool = False
    """Findings that are marked as duplicates of others are read too."""
    write: bool = False
    """Waivers may be carried out on DefectDojo."""


class DefectDojoConnector(ActingSource[DojoClient, DojoOptions]):
    """The products of one DefectDojo."""

    kind: ClassVar[str] = "defectdojo"
    acts: ClassVar[frozenset[ActionKind]] = ALERT_KINDS
    options: ClassVar[type[DojoOptions]] = DojoOptions
    full_every: ClassVar[timedelta] = timedelta(hours=24)
    """See `connectors.api.Reconciles`."""

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:
        """See `connectors.api.Connector.build`."""
        options = read_options(spec, DojoOptions)
        if not options.products:
            raise ConfigError(
                f'source "{spec.name}": options.products is empty', hint='["*"] is all of them'
            )
        refuse_path(spec, "/api/v2", "/api")
        dialect = Dialect(token_scheme=SCHEME)
        clients = clients_of(spec, clock, dialect, DojoClient)
        return cls(spec.name, options, clients, clock)

    def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:
        """Yield a document for each product with news. See `api`."""
        url = self.reader.http.endpoint.url("")
        options = self.settings
        asked = digest((url, str(options.duplicates), *options.products))[:16]
        before = Place.read(cursor, asked)
        window = Window.resume(before.window, until)
        wanted = Wanted(options.products, options.duplicates)
        done = Pass()
        products: list[int] = []
        for item in FindingReader(self.reader, done).read(wanted, window, before.products):
            if isinstance(item, int):
                products.append(item)
            else:
                yield Batch((item,), coverage=Coverage(rows=1))
        after = Place(asked, window.cursor(), tuple(products))
        yield done.end(after.written())

    def check(self) -> str:
        """See `connectors.api.Checks.check`."""
        who = clean_line(self.reader.account().username)
        _, count = next(self.reader.products())
        return f"DefectDojo as {who}, {count} products for us"

    def dismissal(self, record: KeptRecord, waiver: WaiverWords) -> Action | None:
        """See `connectors.api.Dismisses.dismissal`."""
        if record.format != FORMAT:
            return None
        try:
            number = msgspec.json.decode(record.content, type=KeptFinding).id
        except (msgspec.DecodeError, UnicodeError):
            return None
        if number < 1:
            return None
        params = {"from": ACTIVE, "comment": signed_comment(waiver, LONGEST_COMMENT)}
        if waiver.reason in DECISIONS:
            params |= {
                "to": ACCEPTED,
                "decision": DECISIONS[waiver.reason],
                "until": rfc3339(waiver.expires_at),
            }
        else:
            params |= {"to": FALSE_POSITIVE}
        return Action("", ActionKind.ALERT_DISMISS, self.name, f"finding/{number}", params)

    def change(self, action: Action) -> FindingChange:
        """See `connectors.acting_source.ActingSource.change`."""
        return FindingChange.of(action, self.reader, self.writer)
