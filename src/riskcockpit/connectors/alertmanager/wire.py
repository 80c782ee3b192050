"""The shapes of the Alertmanager API (v2) that we read and write. No behaviour."""

from __future__ import annotations

import msgspec


class AlertStatus(msgspec.Struct, frozen=True):
    """Whether an alert is held back, and by what."""

    state: str
    silencedBy: list[str] = []  # noqa: N815 - the name in the API
    inhibitedBy: list[str] = []  # noqa: N815 - as above


class Alert(msgspec.Struct, frozen=True):
    """A firing alert."""

    labels: dict[str, str]
    status: AlertStatus
    fingerprint: str
    startsAt: str  # noqa: N815 - the name in the API
    annotations: dict[str, str] = {}
    generatorURL: str = ""  # noqa: N815 - as above


class Matcher(msgspec.Struct, frozen=True):
    """One condition of a silence."""

    name: str
    value: str
    isRegex: bool = False  # noqa: N815 - the name in the API
    isEqual: bool = True  # noqa: N815 - as above


class SilenceStatus(msgspec.Struct, frozen=True):
    """`active`, `pending` or `expired`."""

    state: str


class Silence(msgspec.Struct, frozen=True):
    """A silence as it stands."""

    id: str
    status: SilenceStatus
    matchers: list[Matcher]
    endsAt: str  # noqa: N815 - the name in the API
    comment: str = ""
    createdBy: str = ""  # noqa: N815 - as above


class SilenceId(msgspec.Struct, frozen=True):
    """The answer to a new silence."""

    silenceID: str  # noqa: N815 - the name in the API


class VersionInfo(msgspec.Struct, frozen=True):
    """What the server is."""

    version: str = ""


class ServerStatus(msgspec.Struct, frozen=True):
    """`GET /status`, as far as we read it."""

    versionInfo: VersionInfo  # noqa: N815 - the name in the API
