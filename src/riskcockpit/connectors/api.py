"""The public seam of connectors: pull batches from an upstream system, act on it.

A connector is a class registered under the entry-point group `riskcockpit.connectors`. It is
built once per source and run, in a worker thread, and never touches the cache.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.gates import Rate
from riskcockpit.connectors.session import Session
from riskcockpit.connectors.tls import Tls
from riskcockpit.domain.action import (
    OFFERED_KINDS,
    Action,
    ActionKind,
    Offer,
    Preview,
    Receipt,
)
from riskcockpit.domain.batch import Batch
from riskcockpit.domain.clock import Clock
from riskcockpit.domain.decision import WaiverReason


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
    rates: Mapping[str, tuple[Rate, ...]] = field(default_factory=dict)
    """Limits of the settings by endpoint class; they stand in for those of the dialect."""
    tls: Tls = field(default_factory=Tls)
    """CAs and certificate of the settings."""
    session: Session = field(default_factory=Session, compare=False, repr=False)
    """What all clients of one run share; hand it to each with `HttpClient.of(spec, …)`."""


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

        All batches and the last cursor are kept in one publish, or none of them. `connectors.
        windows` helps with watermarks. A pass that hit a cap or lacks a page says so in its
        coverage; then, and when it is not `is_whole`, nothing is closed by what is missing.

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
class Declares(Protocol):
    """The capability of saying what can be changed, so that nobody is offered anything else."""

    acts: ClassVar[frozenset[ActionKind]]
    """The kinds of actions that `Acts` takes."""


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """What the cache kept of the record behind a finding."""

    format: str
    """Name of the format that read it."""
    content: bytes = field(repr=False)
    """Its JSON, redacted."""


@dataclass(frozen=True, slots=True)
class WaiverWords:
    """What is told upstream of a waiver."""

    reason: WaiverReason
    justification: str
    expires_at: datetime
    """Aware UTC."""


@runtime_checkable
class Refrains(Protocol):
    """The capability of saying why nothing may be changed upstream."""

    def why_not(self) -> str:
        """Return why nothing may be changed there; empty when it may. No I/O."""
        ...


@runtime_checkable
class Dismisses(Refrains, Protocol):
    """The capability of closing upstream what a waiver covers, for as long as it runs."""

    def dismissal(self, record: KeptRecord, waiver: WaiverWords) -> Action | None:
        """Return the action, with no id yet, that closes the record there; None when none can.

        No I/O. `Acts` previews and applies it.
        """
        ...


@runtime_checkable
class Deploys(Protocol):
    """The capability of saying what can be decided about deployments now.

    A connector that has it acts as well (`Acts`): `riskcockpit approve`, `reject` and `rollback`
    find its offers by the target of their actions, and need nothing else of it.
    """

    def deployments(self, kinds: Collection[ActionKind] = OFFERED_KINDS) -> Iterator[Offer]:
        """Yield every deployment that waits for an approval: an offer to approve and one to reject
        it; of a version of a model that waits for its promotion, one to promote it and one to
        reject that. Then, for each place that is deployed to, an offer to roll back for every
        earlier deployment, the newest first, with what serves as `from`. Only offers of `kinds`
        are wanted: what the others take need not be asked. Asks upstream, changes nothing.

        Raises:
            RetryableError, SourceError: as `pull`; what was yielded before stands.
        """
        ...


@runtime_checkable
class Reconciles(Protocol):
    """The capability of incremental passes that miss something: some changes move no cursor.

    Now and then the engine then gives an empty cursor, and the connector a whole pass.
    """

    full_every: ClassVar[timedelta]
    """How long changes may be missed."""


@runtime_checkable
class Checks(Protocol):
    """The capability of a health check for `doctor`."""

    def check(self) -> str:
        """Return one line about the reachable server (product and version).

        Raises:
            RiskcockpitError: it is not reachable or refuses us.
        """
        ...
