"""The fields of the generic format, and every spelling of their names we take."""

from __future__ import annotations

import re

TEXTS = (
    "title", "severity", "description", "mitigation", "impact", "references", "date", "file_path",
    "component_name", "component_version", "fix_version", "purl", "unique_id_from_tool",
    "vuln_id_from_tool", "cve", "url", "class", "model", "metric", "segment", "monitor",
    "onset_at", "resource", "asset",
)  # fmt: skip
NUMBERS = ("line", "cwe", "epss_score", "cvssv3_score")
FLAGS = (
    "active", "verified", "false_p", "duplicate", "out_of_scope", "risk_accepted", "is_mitigated",
    "known_exploited", "dynamic_finding",
)  # fmt: skip
LISTS = ("cwes", "vulnerability_ids", "endpoints")

_ALIASES = {
    "cweid": "cwe",
    "cveid": "cve",
    "falsepositive": "false_p",
    "falsep": "false_p",
    "mitigated": "is_mitigated",
    "path": "file_path",
    "file": "file_path",
    "filename": "file_path",
    "linenumber": "line",
    "component": "component_name",
    "version": "component_version",
    "fixedversion": "fix_version",
    "rule": "vuln_id_from_tool",
    "ruleid": "vuln_id_from_tool",
    "uniqueid": "unique_id_from_tool",
    "vulnid": "vuln_id_from_tool",
    "vulnerabilityid": "cve",
    "knownexploitedvulnerability": "known_exploited",
    "kev": "known_exploited",
    "epss": "epss_score",
    "cvssscore": "cvssv3_score",
    "cvssv3": "",  # the vector; the score has a field of its own
    "endpoint": "url",
    "findingclass": "class",
}
_SQUASHED = {re.sub(r"[^a-z0-9]", "", field): field for field in (*TEXTS, *NUMBERS, *FLAGS, *LISTS)}
REQUIRED = frozenset({"title", "severity"})


def field_named(name: str) -> str:
    """Return the field a column or member called `name` is, in any spelling; empty when none."""
    squashed = re.sub(r"[^a-z0-9]", "", name.lower())
    return _ALIASES.get(squashed, _SQUASHED.get(squashed, ""))
