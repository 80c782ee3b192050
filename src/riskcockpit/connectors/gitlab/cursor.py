"""What is remembered between two syncs: per project what was given, and how far it was read."""

from __future__ import annotations

import msgspec

from riskcockpit.connectors.cursors import Cursor


class DeliveryPlace(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far pipelines and deployments of one project were read: cursors of windows."""

    pipelines: str = ""
    deployments: str = ""


class GitlabCursor(Cursor, frozen=True):
    """The whole cursor of a source."""

    given: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)
    """List → project → digest of the vulnerabilities that were given."""
    deliveries: dict[str, DeliveryPlace] = msgspec.field(default_factory=dict)
