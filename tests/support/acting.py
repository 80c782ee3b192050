"""A connector that may write to a simulated system, for tests of what it does there."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.api import Acts, Connector, SourceSpec
from riskcockpit.domain.clock import FrozenClock
from support.sim_server import serving
from support.simulated import Simulator

CLOCK = FrozenClock(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
ID = "feed" * 16


class ActingConnector(Connector, Acts):
    """What both capabilities are, for types."""

    def check(self) -> str:
        """See `connectors.api.Checks`."""
        raise NotImplementedError


class Desk:
    """A simulated system behind a socket, and the connectors that were opened to it."""

    def __init__(self, kind: type[Connector], url: str, options: dict[str, Any]) -> None:
        self.kind = kind
        self.url = url
        self.options = options
        self.open: list[Connector] = []

    def connector(
        self, *, may_write: bool = True, username: str = "", **options: Any
    ) -> ActingConnector:
        """Build a connector, with options besides the usual ones."""

        def credential(source: str) -> Credential:
            return Credential(secrets.token_hex(16), source, username=username)

        spec = SourceSpec(
            "under-test",
            self.url,
            {"write": True, **self.options, **options},
            read=credential("env R"),
            write=credential("env W") if may_write else None,
        )
        made: Any = self.kind.build(spec, CLOCK)
        self.open.append(made)
        found: ActingConnector = made
        return found


@contextmanager
def desk_at(sim: Simulator, kind: type[Connector], **options: Any) -> Iterator[Desk]:
    """Serve `sim`, yield a desk before it, and close all that was opened."""
    with serving(sim) as url:
        made = Desk(kind, url, options)
        yield made
        for connector in made.open:
            connector.close()
