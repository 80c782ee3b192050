"""SARIF of scanners of running applications: what they call artefacts are addresses."""

from __future__ import annotations

from dataclasses import replace

from riskcockpit.domain.finding import FindingClass, Observation
from riskcockpit.formats import wording

SCANNERS = frozenset({
    "acunetix", "arachni", "burp suite", "burp suite professional", "dastardly", "hawkscan",
    "invicti", "netsparker", "nikto", "nuclei", "owasp zap", "stackhawk", "wapiti", "webinspect",
    "zap", "zed attack proxy",
})  # fmt: skip
"""Names of tools, lower-case. An address alone does not tell: it may be of a file at a forge."""


def is_scanner(tool: str) -> bool:
    """Whether `tool` looks at running applications from outside."""
    return tool.lower() in SCANNERS


def at_address(seen: Observation) -> Observation:
    """Return what was seen in a file as seen at the address that the file stands for."""
    address = wording.name(seen.locations[0].path)
    return replace(seen, finding_class=FindingClass.DAST, resource=address, locations=())
