"""What connectors share that read as one account, write as another, and change single things."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.acting import Change, Performer
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.dialect import Dialect
from riskcockpit.connectors.http import HttpClient
from riskcockpit.connectors.waiving import why_not
from riskcockpit.domain.action import Action, Preview, Receipt
from riskcockpit.domain.clock import Clock


class Closes(Protocol):
    """A client with connections."""

    def close(self) -> None:
        """Give back the connections."""
        ...


class Allows(Protocol):
    """Options of a source that can act."""

    @property
    def write(self) -> bool:
        """Whether it may."""
        ...


C = TypeVar("C", bound=Closes)
O = TypeVar("O", bound=Allows)  # noqa: E741 - options


def clients_of(
    spec: SourceSpec, clock: Clock, dialect: Dialect, type_: Callable[[HttpClient], C]
) -> tuple[C, C | None]:
    """Return the client that reads and the one that writes; None without a credential for it.

    Raises:
        ConfigError: the url or a credential cannot be used.
    """

    def client(credential: Credential | None) -> C:
        return type_(HttpClient.of(spec, clock, credential, dialect))

    return client(spec.read), client(spec.write) if spec.write else None


class ActingSource(Generic[C, O]):
    """One source that can act; a connector says what an action changes (`change`)."""

    def __init__(self, name: str, options: O, clients: tuple[C, C | None], clock: Clock) -> None:
        """`clients` are the reader's and the writer's."""
        self.name = name
        self.settings = options
        self.clock = clock
        self.reader, self.writer = clients
        self._performer = Performer(clock, self.why_not())

    def change(self, action: Action) -> Change[Any]:
        """Return what `action` changes; no I/O.

        Raises:
            SourceError: there is no such change.
        """
        raise NotImplementedError

    def why_not(self) -> str:
        """See `connectors.api.Dismisses.why_not`."""
        has_credential = self.writer is not None
        return why_not(self.name, may_write=self.settings.write, has_credential=has_credential)

    def preview(self, action: Action) -> Preview:
        """See `connectors.api.Acts.preview`."""
        return self._performer.preview(self.change(action))

    def apply(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.apply`."""
        return self._performer.apply(action, self.change(action))

    def observe(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.observe`."""
        return self._performer.observe(action, self.change(action))

    def close(self) -> None:
        """See `connectors.api.Connector.close`."""
        self.reader.close()
        if self.writer is not None:
            self.writer.close()
