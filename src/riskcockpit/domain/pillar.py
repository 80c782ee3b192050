"""The five pillars of the cockpit."""

from __future__ import annotations

from enum import StrEnum


class Pillar(StrEnum):
    """A pillar's id, as it stands in config, queries and JSON. Order is the order on screen."""

    DATA_INTEGRITY = "data_integrity"
    MODEL_VALIDATION = "model_validation"
    INFRASTRUCTURE_HARDENING = "infrastructure_hardening"
    COMPLIANCE_AUTOMATION = "compliance_automation"
    INCIDENT_RESPONSE = "incident_response"

    @property
    def label(self) -> str:
        """The pillar's name in words."""
        return _TITLES[self]

    @property
    def number(self) -> int:
        """Its key on the keyboard: 1 to 5."""
        return list(Pillar).index(self) + 1


_TITLES = {
    Pillar.DATA_INTEGRITY: "Data integrity",
    Pillar.MODEL_VALIDATION: "Model validation",
    Pillar.INFRASTRUCTURE_HARDENING: "Infrastructure hardening",
    Pillar.COMPLIANCE_AUTOMATION: "Compliance automation",
    Pillar.INCIDENT_RESPONSE: "Incident response",
}
