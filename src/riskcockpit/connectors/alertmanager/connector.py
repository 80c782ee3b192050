"""Alertmanager as a source: firing alerts as findings, and silences for waived ones.

There is no cursor: the alerts that fire are all there is, and what no longer fires is fixed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Self

import msgspec

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.alertmanager.client import AlertmanagerClient
from riskcockpit.connectors.alertmanager.mapping import AlertmanagerOptions, report
from riskcockpit.connectors.alertmanager.silencing import Silencer
from riskcockpit.connectors.api import KeptRecord, SourceSpec, WaiverWords
from riskcockpit.connectors.http import HttpClient
from riskcockpit.connectors.options import read_options
from riskcockpit.domain.action import (
    ALERT_KINDS,
    WAIVER_KINDS,
    Action,
    ActionKind,
    Preview,
    Receipt,
)
from riskcockpit.domain.batch import Batch, Coverage, Document
from riskcockpit.domain.clock import Clock, rfc3339
from riskcockpit.domain.severity import Severity
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ConfigError


class _Kept(msgspec.Struct, frozen=True):
    """The kept record of an alert, as `mapping.record` made it."""

    rule: str = ""
    unique_id_from_tool: str = ""
    labels: dict[str, str] = {}


class AlertmanagerConnector:
    """The alerts of one server."""

    kind: ClassVar[str] = "alertmanager"
    acts: ClassVar[frozenset[ActionKind]] = WAIVER_KINDS - ALERT_KINDS
    options: ClassVar[type[AlertmanagerOptions]] = AlertmanagerOptions

    def __init__(  # noqa: PLR0913 - what a connector is made of
        self,
        name: str,
        reader: AlertmanagerClient,
        writer: AlertmanagerClient | None,
        options: AlertmanagerOptions,
        clock: Clock,
    ) -> None:
        self._name = name
        self._reader = reader
        self._writer = writer
        self._options = options
        self._silencer = Silencer(reader, writer, clock, self.why_not())

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:
        """See `connectors.api.Connector.build`."""
        options = read_options(spec, AlertmanagerOptions)
        words = {"default_severity": options.default_severity}
        words |= {f"severities.{key}": word for key, word in options.severities.items()}
        for place, word in words.items():
            if Severity.from_word(word) is None:
                raise ConfigError(
                    f'source "{spec.name}": options.{place}: "{word}" is no severity',
                    hint="critical, high, medium, low or info",
                )

        def client(credential: Credential | None) -> AlertmanagerClient:
            return AlertmanagerClient(HttpClient.of(spec, clock, credential))

        writer = client(spec.write) if spec.write else None
        return cls(spec.name, client(spec.read), writer, options, clock)

    def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:  # noqa: ARG002 - the protocol
        """Yield one report of all alerts that fire now. See `connectors.api`."""
        alerts = self._reader.alerts(self._options.filters, self._options.receiver)
        document = Document(
            name=f"{self._reader.http.endpoint.origin}/alerts",
            content=report(alerts, self._options),
            asset=self._options.asset,
            modified_at=until,
        )
        coverage = Coverage(pages=1, rows=1)
        yield Batch((document,), is_complete=True, coverage=coverage)

    def check(self) -> str:
        """See `connectors.api.Checks.check`."""
        return f"Alertmanager {clean_line(self._reader.server_version())}"

    def why_not(self) -> str:
        """See `connectors.api.Dismisses.why_not`."""
        return "" if self._writer else f'the source "{self._name}" has no write credential'

    def dismissal(self, record: KeptRecord, waiver: WaiverWords) -> Action | None:
        """See `connectors.api.Dismisses.dismissal`: a silence that ends with the waiver."""
        try:
            kept = msgspec.json.decode(record.content, type=_Kept)
        except (msgspec.DecodeError, UnicodeError):
            return None
        if not kept.labels or not kept.unique_id_from_tool:
            return None
        return Action(
            id="",
            kind=ActionKind.ALERT_SILENCE,
            source=self._name,
            target=f"{clean_line(kept.rule)}/{clean_line(kept.unique_id_from_tool)}",
            params={
                "labels": msgspec.json.encode(kept.labels, order="deterministic").decode(),
                "until": rfc3339(waiver.expires_at),
                "comment": clean_line(waiver.justification),
            },
        )

    def preview(self, action: Action) -> Preview:
        """See `connectors.api.Acts.preview`."""
        return self._silencer.preview(action)

    def apply(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.apply`."""
        return self._silencer.apply(action)

    def observe(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.observe`."""
        return self._silencer.observe(action)

    def close(self) -> None:
        """See `connectors.api.Connector.close`."""
        self._reader.http.close()
        if self._writer is not None:
            self._writer.http.close()
