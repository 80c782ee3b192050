"""The public seam of connectors: pull batches from an upstream system, act on it.

A connector is a class registered under the entry-point group `riskcockpit.connectors`. It is
built once per source and run, in a worker thread, and never touches the cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

from riskcockpit.config.credentials import Credential
from riskcockpit.domain.action import Action, Preview, Receipt
from riskcockpit.domain.batch import Batch
from riskcockpit.domain.clock import Clock


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """What a connector is built from: one source of the settings, references resolved."""

    name: str
    url: str
    options: Mapping[str, Any] = field(default_factory=dict)
    """The source's `options` from the settings, still untyped; the connector decodes them."""
    read: Credential | None = None
    write: Credential | None = None
    """None: the connector may not act."""


class Connector(Protocol):
    """One kind of upstream system.

    A class attribute `options` with the msgspec struct that the source's options decode to lets
    `sources add` ask for them, with the texts under its fields; a connector may go without.
    """

    kind: ClassVar[str]
    """The word in `sources[].kind`."""

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:
        """Build the connector of one source; no I/O.

        Raises:
            ConfigError: `spec.options` has an unknown key or a bad value; names the place.
        """
        ...

    def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:
        """Yield what is new since `cursor` (empty: everything), up to the frozen bound `until`.

        Raises:
            RetryableError: the source did not answer or asked to wait, retries used up.
            SourceError: the source refused or answered nonsense.
        """
        ...

    def close(self) -> None:
        """Give back connections; the connector is not used afterwards."""
        ...


@runtime_checkable
class Acts(Protocol):
    """The capability of changing the upstream system."""

    def preview(self, action: Action) -> Preview:
        """Say what `action` would do, reading the present state; changes nothing."""
        ...

    def apply(self, action: Action) -> Receipt:
        """Check the precondition, apply, read back. Never repeats a write blindly.

        A timeout after sending is resolved by reading back; if that fails too the outcome is
        `unknown`. Never raises for an upstream refusal: that is a receipt.
        """
        ...

    def observe(self, action: Action) -> Receipt:
        """Read the state `action` is about and say whether it is done; changes nothing."""
        ...


@runtime_checkable
class Checks(Protocol):
    """The capability of a health check for `doctor`."""

    def check(self) -> str:
        """Return one line about the reachable server (product and version).

        Raises:
            RiskcockpitError: it is not reachable or refuses us.
        """
        ...
