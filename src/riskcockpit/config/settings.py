"""Typed settings. Unknown keys and bad values are refused with file, line and the nearest key.

The structs are the schema: `docs/` and the JSON Schema for editors are made from them. Loading
and the origin of each value are in `config.loading`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec


class Struct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all settings: immutable, named, closed."""


class CredentialRef(Struct, frozen=True):
    """Where a credential is found; exactly one of `env`, `exec`, `file`, `keyring` is given."""

    env: str | None = None
    exec: tuple[str, ...] | None = None
    ttl: str = "15m"
    file: str | None = None
    keyring: str | None = None
    username: str = ""


class ContextSettings(Struct, frozen=True):
    """Which world this is; shown in the header and in every dialog."""

    name: str = "local"
    production: bool = False
    colour: Literal["", "red", "yellow", "green", "blue", "magenta", "cyan"] = ""
    """Behind the name in the cockpit's header; empty: red in production, else none."""
    unlock_for: str = "15m"
    """How long decisions in production stay unlocked."""


class IdentitySettings(Struct, frozen=True):
    """Who signs, and with what."""

    principal: str = ""
    """As in `allowed_signers`; empty: found by the key."""
    key: str = ""
    """Path of an OpenSSH key, relative to the config directory; empty: `signing_key` there."""


class LedgerSettings(Struct, frozen=True):
    """Where the ledger lies, and how it travels."""

    directory: str = ""
    """A directory that colleagues on this computer share; empty: in this home."""
    remote: str = ""
    """A git remote for `ledger sync`: a path, `ssh://…`, `user@host:path` or `https://…`."""
    branch: str = "main"


class TlsSettings(Struct, frozen=True):
    """Files a source needs below HTTP; absolute paths, or from `~`."""

    ca: str = ""
    """PEM file with a CA to trust beside those of the operating system."""
    certificate: str = ""
    """PEM file with our client certificate."""
    key: str = ""
    """PEM file with its private key; empty: it is in the file of the certificate."""
    password: CredentialRef | None = None
    """Opens an encrypted key."""


class RateSettings(Struct, frozen=True):
    """What may be asked: in `s` seconds at most `burst + s * per_second` requests."""

    at_once: Annotated[int, msgspec.Meta(ge=1, le=64)] = 8
    burst: Annotated[int, msgspec.Meta(ge=1)] = 100
    per_second: Annotated[float, msgspec.Meta(gt=0)] = 50.0


class SourceSettings(Struct, frozen=True):
    """One upstream system."""

    name: str
    kind: str
    url: str = ""
    credential: CredentialRef | None = None
    write_credential: CredentialRef | None = None
    tls: TlsSettings = TlsSettings()
    rates: dict[str, RateSettings] = {}
    """By endpoint class (`read`, `write`, …), in place of what the connector knows."""
    options: dict[str, Any] = {}
    enabled: bool = True
    stale_after: str = "24h"


class AssetSettings(Struct, frozen=True):
    """An asset that upstream systems name but do not describe."""

    name: str
    kind: str = "repository"
    domain: str = ""
    owner: str = ""
    environment: str = ""
    tier: Literal[1, 2, 3] = 3


class SlaSettings(Struct, frozen=True):
    """Days to fix, by severity; 0 means no deadline."""

    critical_days: int = 7
    high_days: int = 30
    medium_days: int = 90
    low_days: int = 120
    kev_days: int = 14


class ClosureSettings(Struct, frozen=True):
    """When an import is held instead of closing findings (facts: 20, or 30 % of the open ones)."""

    max_count: int = 20
    max_share: float = 0.30


class ImportSettings(Struct, frozen=True):
    """How reports are read."""

    checkout_prefixes: tuple[str, ...] = ()
    severity_overrides: dict[str, dict[str, str]] = {}
    """tool → rule glob or `*` → severity word."""
    max_file_bytes: int = 1_073_741_824
    max_depth: int = 200


class WaiverSettings(Struct, frozen=True):
    """Longest life of a waiver in days, by severity, and shortest justification in characters.

    None: what the policy says (`waivers` in `policy/roles.yaml`), which nothing here loosens.
    """

    critical_days: int | None = None
    high_days: int | None = None
    medium_days: int | None = None
    low_days: int | None = None
    info_days: int | None = None
    min_justification: int | None = None
    notice_days: int = 7


class RollbackSettings(Struct, frozen=True):
    """Guards of model rollbacks."""

    cooldown: str = "4h"
    max_reading_age: str = "15m"


class ActionSettings(Struct, frozen=True):
    """Sending decisions upstream."""

    grace: str = "0s"
    """How long what closes alerts or answers deployments waits, so that `undo` can stop it; moves
    of models never wait."""


class ListSettings(Struct, frozen=True):
    """How one list of the cockpit is shown."""

    columns: tuple[str, ...] = ()
    """In this order; where there is no room for all, the last go first. Empty: all there are."""
    sort: str = ""
    """A column, `-` in front for the greatest first; empty: the order of the list itself."""


class CockpitSettings(Struct, frozen=True):
    """The look and feel of the cockpit."""

    theme: str = "dark"
    """`dark`, `light`, `high-contrast`, `colour-blind` or `ansi`."""
    keys: dict[str, str] = {}
    clipboard: Literal["auto", "osc52", "tmux", "off"] = "auto"
    hyperlinks: Literal["auto", "off"] = "auto"
    """Whether addresses on the screen can be clicked, where the terminal has links (OSC 8)."""
    views: dict[str, str] = {}
    """Saved views of the findings screen: name → query."""
    contexts: dict[str, str] = {}
    """Other homes the cockpit can switch to: name → directory."""
    checkouts: dict[str, str] = {}
    """Where the sources of assets lie, for an editor: asset → directory; `*` is a directory that
    holds one for each."""
    lists: dict[str, ListSettings] = {}
    """Columns and order of lists: `findings`, `models`, `ledger`, …"""


class Settings(Struct, frozen=True):
    """Everything that can be set."""

    context: ContextSettings = ContextSettings()
    identity: IdentitySettings = IdentitySettings()
    ledger: LedgerSettings = LedgerSettings()
    currency: str = "EUR"
    appetite: str = "15000000"
    sources: tuple[SourceSettings, ...] = ()
    assets: tuple[AssetSettings, ...] = ()
    sla: SlaSettings = SlaSettings()
    closure: ClosureSettings = ClosureSettings()
    imports: ImportSettings = ImportSettings()
    waivers: WaiverSettings = WaiverSettings()
    rollback: RollbackSettings = RollbackSettings()
    actions: ActionSettings = ActionSettings()
    cockpit: CockpitSettings = CockpitSettings()
