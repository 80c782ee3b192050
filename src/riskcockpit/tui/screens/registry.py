"""Which screen shows which kind of place; each is imported when first seen."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from riskcockpit.tui.screens.place import PlaceScreen

_SCREENS = {
    "overview": ("overview", "OverviewScreen"),
    "findings": ("findings", "FindingsScreen"),
    "pillar": ("pillar", "PillarScreen"),
    "finding": ("finding", "FindingScreen"),
    "models": ("models", "ModelsScreen"),
    "model": ("model", "ModelScreen"),
    "compliance": ("compliance", "ComplianceScreen"),
    "control": ("control", "ControlScreen"),
    "deployments": ("deployments", "DeploymentsScreen"),
    "deployment": ("deployment", "DeploymentScreen"),
    "exposure": ("exposure", "ExposureScreen"),
    "incidents": ("incidents", "IncidentsScreen"),
    "incident": ("incident", "IncidentScreen"),
    "waivers": ("waivers", "WaiversScreen"),
    "waiver": ("waiver", "WaiverScreen"),
    "requests": ("requests", "RequestsScreen"),
    "alerts": ("alerts", "AlertsScreen"),
    "alert": ("alert", "AlertScreen"),
    "ledger": ("ledger", "LedgerScreen"),
    "actions": ("actions", "ActionsScreen"),
    "settings": ("settings", "SettingsScreen"),
    "sources": ("sources", "SourcesScreen"),
}
KINDS = tuple(_SCREENS)


def make_screen(kind: str) -> PlaceScreen:
    """Return a new screen for places of `kind`; an unknown kind is a KeyError."""
    module, name = _SCREENS[kind]
    screen = getattr(import_module(f"riskcockpit.tui.screens.{module}"), name)
    return cast("PlaceScreen", screen())
