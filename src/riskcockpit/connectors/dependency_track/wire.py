"""The shapes of Dependency-Track's API that we read, as far as we use them. No behaviour."""

from __future__ import annotations

import msgspec


class Project(msgspec.Struct, frozen=True, rename="camel"):
    """One version of a project; each is a project of its own there."""

    uuid: str
    name: str
    version: str | None = None
    is_latest: bool = False
    last_bom_import: int | None = None
    """Milliseconds since 1970; None: it never had a bill of materials."""
    last_vulnerability_analysis: int | None = None
    """As above; None also on servers that do not tell."""


class Component(msgspec.Struct, frozen=True):
    """A part of a project."""

    uuid: str
    name: str = ""
    version: str | None = None
    project: str = ""
    """The uuid of the project it is a part of."""


class Vulnerability(msgspec.Struct, frozen=True, rename="camel"):
    """A vulnerability, of whatever source."""

    uuid: str
    vuln_id: str = ""


class Judged(msgspec.Struct, frozen=True, rename="camel"):
    """How a finding is judged, as far as a list says it."""

    state: str | None = None
    is_suppressed: bool = False


class Finding(msgspec.Struct, frozen=True):
    """A vulnerability in a part of a project."""

    component: Component
    vulnerability: Vulnerability
    analysis: Judged = Judged()


class Analysis(msgspec.Struct, frozen=True, rename="camel"):
    """How a finding is judged, in full."""

    analysis_state: str | None = None
    analysis_justification: str | None = None
    analysis_response: str | None = None
    analysis_details: str | None = None
    is_suppressed: bool = False


class About(msgspec.Struct, frozen=True):
    """Which server answers."""

    application: str = ""
    version: str = ""
