"""The files about incidents: which rules and runbooks a home has, and whether they can be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from riskcockpit.config.paths import Paths, shipped
from riskcockpit.errors import ConfigError

if TYPE_CHECKING:  # yaml is loaded when there is a file to read
    from riskcockpit.config.incidents import IncidentRule, Runbook

FILE_NAME = "incidents.yaml"
FOLDER = "runbooks"


def rules_in_force(paths: Paths) -> tuple[IncidentRule, ...]:
    """Return the rules of incidents: those of the home, else those that ship.

    Raises:
        ConfigError: they cannot be used.
    """
    from riskcockpit.config.incidents import read_incidents  # noqa: PLC0415 - yaml loads

    own = paths.config / FILE_NAME
    return read_incidents(own if own.exists() else shipped("config", FILE_NAME)).rules


def runbooks(paths: Paths) -> Mapping[str, Runbook]:
    """Return all runbooks: those that ship, and those of the home in their place.

    Raises:
        ConfigError: one cannot be used.
    """
    from riskcockpit.config.incidents import read_runbooks  # noqa: PLC0415 - yaml loads

    return read_runbooks(shipped("config", FOLDER), paths.config / FOLDER)


def unusable(paths: Paths) -> str:
    """Return why the home's own rules of incidents cannot be used; empty when they can."""
    own = paths.config / FILE_NAME
    if not own.exists():
        return ""
    from riskcockpit.config.incidents import read_incidents  # noqa: PLC0415 - yaml loads

    try:
        read_incidents(own)
    except ConfigError as error:
        return f"incidents are not kept: {error.message}"
    return ""
