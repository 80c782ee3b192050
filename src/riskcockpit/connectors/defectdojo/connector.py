"""DefectDojo as a source: the findings of its products; risk acceptances and closures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import ClassVar, Self

import msgspec

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.acting import Performer
from riskcockpit.connectors.api import KeptRecord, SourceSpec, WaiverWords
from riskcockpit.connectors.defectdojo.accepting import LONGEST_COMMENT, FindingChange
from riskcockpit.connectors.defectdojo.client import DojoClient
from riskcockpit.connectors.defectdojo.listing import FindingReader, Place, Wanted
from riskcockpit.connectors.defectdojo.mapping import ACCEPTED, ACTIVE, DECISIONS, FALSE_POSITIVE
from riskcockpit.connectors.defectdojo.wire import KeptFinding
from riskcockpit.connectors.dialect import Dialect
from riskcockpit.connectors.http import HttpClient
from riskcockpit.connectors.options import read_options
from riskcockpit.connectors.passes import Pass
from riskcockpit.connectors.waiving import signed_comment, why_not
from riskcockpit.connectors.windows import Window
from riskcockpit.domain.action import Action, ActionKind, Preview, Receipt
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


class DefectDojoConnector:
    """The products of one DefectDojo."""

    kind: ClassVar[str] = "defectdojo"
    options: ClassVar[type[DojoOptions]] = DojoOptions
    full_every: ClassVar[timedelta] = timedelta(hours=24)
    """See `connectors.api.Reconciles`."""

    def __init__(
        self,
        name: str,
        options: DojoOptions,
        clients: tuple[DojoClient, DojoClient | None],
        clock: Clock,
    ) -> None:
        """`clients` are the reader's and the writer's."""
        self._name = name
        self._options = options
        self._reader, self._writer = clients
        self._performer = Performer(clock, self.why_not())

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:
        """See `connectors.api.Connector.build`."""
        options = read_options(spec, DojoOptions)
        if not options.products:
            raise ConfigError(
                f'source "{spec.name}": options.products is empty', hint='["*"] is all of them'
            )
        if spec.url.rstrip("/").endswith(("/api", "/api/v2")):
            raise ConfigError(
                f'source "{spec.name}": url {spec.url} ends in the path of the API',
                hint="give the address of DefectDojo itself",
            )
        dialect = Dialect(token_scheme=SCHEME)

        def client(credential: Credential | None) -> DojoClient:
            return DojoClient(HttpClient.of(spec, clock, credential, dialect))

        clients = (client(spec.read), client(spec.write) if spec.write else None)
        return cls(spec.name, options, clients, clock)

    def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:
        """Yield a document for each product with news. See `api`."""
        before = self._place(cursor)
        window = Window.resume(before.window, until)
        wanted = Wanted(self._options.products, self._options.duplicates)
        done = Pass()
        products: list[int] = []
        for item in FindingReader(self._reader, done).read(wanted, window, before.products):
            if isinstance(item, int):
                products.append(item)
            else:
                yield Batch((item,), coverage=Coverage(rows=1))
        after = Place(before.asked, window.cursor(), tuple(products))
        yield done.end(after.written())

    def check(self) -> str:
        """See `connectors.api.Checks.check`."""
        who = clean_line(self._reader.account().username)
        count = next(self._reader.products()).count
        return f"DefectDojo as {who}, {count} products for us"

    def why_not(self) -> str:
        """See `connectors.api.Dismisses.why_not`."""
        return why_not(
            self._name,
            may_write=self._options.write,
            has_credential=self._writer is not None,
        )

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
        return Action("", ActionKind.ALERT_DISMISS, self._name, f"finding/{number}", params)

    def preview(self, action: Action) -> Preview:
        """See `connectors.api.Acts.preview`."""
        return self._performer.preview(self._change(action))

    def apply(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.apply`."""
        return self._performer.apply(action, self._change(action))

    def observe(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.observe`."""
        return self._performer.observe(action, self._change(action))

    def close(self) -> None:
        """See `connectors.api.Connector.close`."""
        self._reader.close()
        if self._writer is not None:
            self._writer.close()

    def _change(self, action: Action) -> FindingChange:
        return FindingChange.of(action, self._reader, self._writer)

    def _place(self, cursor: str) -> Place:
        """Return where to go on; from the start when the cursor is none, or of other options."""
        url = self._reader.http.endpoint.url("")
        asked = digest((url, str(self._options.duplicates), *self._options.products))[:16]
        try:
            found = msgspec.json.decode(cursor, type=Place) if cursor else None
        except (msgspec.DecodeError, UnicodeError):
            found = None
        return found if found is not None and found.asked == asked else Place(asked, "")
