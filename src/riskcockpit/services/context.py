"""The composition root: the one place that knows which concrete things work together."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from riskcockpit.config.loading import load_settings
from riskcockpit.config.paths import Paths
from riskcockpit.config.settings import CredentialRef, Settings, SourceSettings
from riskcockpit.domain.clock import Clock
from riskcockpit.ledger.memory import Memory

if TYPE_CHECKING:  # heavy packages are imported when first used
    from riskcockpit.config.credentials import Credential
    from riskcockpit.connectors.api import Connector
    from riskcockpit.connectors.session import Session
    from riskcockpit.ledger.journal import Journal
    from riskcockpit.ledger.signing import Signer
    from riskcockpit.store.database import Reader
    from riskcockpit.store.snapshots import Store

KEY_NAME = "signing_key"
"""The key `init` makes, inside the config directory, when the settings name no other."""


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The clock on the wall, in UTC."""

    def now(self) -> datetime:
        """Return the present."""
        return datetime.now(UTC)  # noqa: TID251 - the one clock everything else is given


@dataclass(frozen=True, slots=True)
class Context:
    """What every use case is given: settings, places, time, the cache and the ways to the rest."""

    settings: Settings
    paths: Paths
    clock: Clock
    store: Store
    host: str
    """This computer's name, as it stands in chain file names."""
    memory: Memory | None = field(default=None, compare=False, repr=False)
    """What this process knows of the ledger, so that it is not read from the start each time."""

    @classmethod
    def open(cls, paths: Paths | None = None, clock: Clock | None = None) -> Context:
        """Build the context of a home; reads the settings, opens nothing else.

        Raises:
            ConfigError: the settings cannot be used; the message names the place.
        """
        places = paths or Paths.from_environment()
        return cls.under(load_settings(places).settings, places, clock)

    @classmethod
    def under(cls, settings: Settings, paths: Paths, clock: Clock | None = None) -> Context:
        """Build the context of a home under settings that were read already; opens nothing."""
        from riskcockpit.store.snapshots import Store  # noqa: PLC0415 - not needed for `--help`

        places, ticking = paths, clock or SystemClock()
        if settings.ledger.directory:
            shared = (places.config / Path(settings.ledger.directory).expanduser()).resolve()
            places = replace(places, ledger=shared)
        store = Store(places.cache, ticking, summarise=_summarise(settings))
        return cls(settings, places, ticking, store, host_name(), Memory())

    @property
    def key(self) -> Path:
        """The key that signs, existing or not."""
        name = self.settings.identity.key or KEY_NAME
        return (self.paths.config / Path(name).expanduser()).resolve()

    def signer(self) -> Signer:
        """Return who signs here.

        Raises:
            LedgerError: there is no key, or no principal in `allowed_signers` for it.
        """
        from riskcockpit.ledger.signing import Signer  # noqa: PLC0415 - only deciding needs it

        return Signer.open(
            self.key, self.paths.ledger / "allowed_signers", self.settings.identity.principal
        )

    def journal(self) -> Journal:
        """Open the ledger for appending, signed by `signer()`."""
        from riskcockpit.ledger.journal import Journal  # noqa: PLC0415 - only deciding needs it

        return Journal(self.paths.ledger, self.clock, self.signer(), self.host)

    def reading_journal(self) -> Journal:
        """Open the ledger for reading only; needs no key."""
        from riskcockpit.ledger.journal import Journal  # noqa: PLC0415 - only deciding needs it

        return Journal(self.paths.ledger, self.clock, None, self.host)

    def source(self, name: str) -> SourceSettings | None:
        """Return the settings of the source called `name`, or None."""
        return next((source for source in self.settings.sources if source.name == name), None)

    def connector(self, source: SourceSettings, session: Session | None = None) -> Connector:
        """Build the connector of `source` with its credentials resolved, for one run.

        Raises:
            ConfigError: unknown kind, bad options, or a credential that cannot be had.
        """
        from riskcockpit.config.credentials import resolve  # noqa: PLC0415 - only sources need it
        from riskcockpit.connectors.api import SourceSpec  # noqa: PLC0415 - as above
        from riskcockpit.connectors.gates import Rate  # noqa: PLC0415 - as above
        from riskcockpit.connectors.registry import load  # noqa: PLC0415 - as above
        from riskcockpit.connectors.session import Session  # noqa: PLC0415 - as above
        from riskcockpit.connectors.tls import Tls  # noqa: PLC0415 - as above

        def resolved(ref: CredentialRef | None) -> Credential | None:
            return resolve(ref, self.clock) if ref else None

        tls = source.tls
        spec = SourceSpec(
            name=source.name,
            url=source.url,
            options=source.options,
            read=resolved(source.credential),
            write=resolved(source.write_credential),
            tls=Tls(tls.ca, tls.certificate, tls.key, resolved(tls.password)),
            rates={
                kind: (Rate(rate.at_once, rate.burst, rate.per_second),)
                for kind, rate in source.rates.items()
            },
            session=session or Session(),
        )
        return load(source.kind).build(spec, self.clock)


def _summarise(settings: Settings) -> Callable[[Reader, datetime], bytes]:
    """Return what a store keeps beside each generation, under these settings."""

    def summarise(reader: Reader, now: datetime) -> bytes:
        from riskcockpit.services.gathering import gather  # noqa: PLC0415 - only publishing does

        return gather(reader, now, timedelta(days=settings.waivers.notice_days)).encoded()

    return summarise


def host_name() -> str:
    """Return this computer's short name, with only letters, digits, `-` and `_`."""
    name = os.uname().nodename.partition(".")[0]
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in name) or "localhost"
