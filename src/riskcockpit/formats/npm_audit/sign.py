"""By what the reports of `npm audit`, `pnpm audit` and `yarn audit` are known from outside."""

from __future__ import annotations

from riskcockpit.formats.shape import Shape

_FAILURE = frozenset({"code", "summary"})
_YARN_TYPES = ("auditAdvisory", "auditSummary", "auditAction")
_BERRY = frozenset({"ID", "Issue", "Severity"})


def is_npm_audit(shape: Shape) -> bool:
    """Whether the visible members are those of an audit of npm packages, or of one that failed."""
    if shape.kind != "object":
        return False
    members = shape.members.keys()
    if "auditReportVersion" in members:
        return True
    if "advisories" in members and ("muted" in members or "metadata" in members):
        return True
    if members == {"error"}:
        return shape.inner >= _FAILURE
    return shape.members.get("type") in _YARN_TYPES or _is_berry(shape)


def _is_berry(shape: Shape) -> bool:
    return {"value", "children"} <= shape.members.keys() and shape.inner >= _BERRY
