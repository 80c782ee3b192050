"""By what the forms of JFrog Xray's JSON are known from outside."""

from __future__ import annotations

from riskcockpit.formats.shape import Shape

_ROW = frozenset({"impacted_artifact", "vulnerable_component", "issue_id", "cves", "impact_path"})
_VIOLATION = frozenset({"source_comp_id", "component_versions", "issue_type", "source_id"})
_ERROR = frozenset({"identifier", "error"})
_SCAN = frozenset({"scan_id", "component_id", "scanned_status", "package_type", "xray_data_url"})


def is_unified(shape: Shape) -> bool:
    """Whether it is the start of a vulnerabilities report (`rows`)."""
    if "rows" not in shape.members or shape.kind != "object":
        return False
    return bool(_ROW & shape.inner) or "total_rows" in shape.members


def is_violations(shape: Shape) -> bool:
    """Whether it is the start of exported violations (`data`)."""
    members = shape.members.keys()
    if members >= {"violations", "total_violations"}:
        return True
    if members == {"data", "total_count"} and not shape.inner:
        return True
    return "data" in members and bool(_VIOLATION & shape.inner)


def is_summary(shape: Shape) -> bool:
    """Whether it is the start of artefact summaries (`artifacts`)."""
    is_one = "general" in shape.inner or {"issues", "licenses"} <= shape.inner
    is_empty = shape.members.keys() == {"artifacts", "errors"} and shape.inner <= _ERROR
    return "artifacts" in shape.members and (is_one or is_empty)


def is_scan(shape: Shape) -> bool:
    """Whether it is the start of what an on-demand scan found."""
    members = shape.members.keys()
    if "vulnerabilities" in members and {"securityViolations", "licensesViolations"} & members:
        return True  # of the command line, `--format simple-json`
    has_result = bool({"vulnerabilities", "licenses", "violations"} & members)
    return has_result and "scan_id" in members and len(_SCAN & members) > 1
