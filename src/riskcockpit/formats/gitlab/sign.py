"""By what GitLab's security reports are known from outside."""

from __future__ import annotations

from riskcockpit.formats.shape import Shape

_FOREIGN = frozenset(
    {
        "affected_packages", "auditReportVersion", "bomFormat", "dependencyCount", "report_meta",
        "runs", "scanned_packages", "specVersion",
    }
)  # fmt: skip
"""Members of CycloneDX, npm audit, Safety, SARIF and Snyk, which also list vulnerabilities."""
_HEADER = frozenset({"scan", "version", "remediations"})
_RECORD = frozenset({"identifiers", "location", "scanner", "cve"})
"""Members of a vulnerability, of which some are in all versions."""
_BARE = frozenset({"vulnerabilities", "version", "__comment__", "schema", "$schema"})


def is_gitlab(shape: Shape) -> bool:
    """Whether it is the start of a security report: `vulnerabilities`, and what goes with them."""
    members = shape.members.keys()
    if shape.kind != "object" or _FOREIGN & members:
        return False
    if "vulnerabilities" not in members:  # not in sight: the DAST report of ZAP puts them last
        return {"scan", "site", "spider"} <= members
    if members <= _BARE:
        return not shape.inner or len(_RECORD & shape.inner) > 1
    if "remediations" in members or len(_HEADER & members) == len(_HEADER):
        return True
    if {"scan", "version"} <= members and {"type", "status"} <= shape.inner:
        return True
    if "scan" in members and ("scanner" in shape.inner or "analyzer" in shape.inner):
        return True
    return len(_RECORD & shape.inner) > 1
