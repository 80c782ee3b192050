"""By what the reports of `npm audit`, `pnpm audit` and `yarn audit` are known from outside."""

from __future__ import annotations

from riskcockpit.formats.shape import Shape

_FAILURE = frozenset({"code", "detail"})
_BESIDE = frozenset({"actions", "metadata", "muted"})
_REFUSED = frozenset({"message", "method", "uri", "statusCode"})
"""What npm writes of a registry that does not audit."""
_YARN_LOG = ("info", "warning", "error")
_YARN_TYPES = ("auditAdvisory", "auditSummary", "auditAction")
_BERRY = frozenset({"ID", "Issue", "Severity"})


def is_npm_audit(shape: Shape) -> bool:
    """Whether the visible members are those of an audit of npm packages, or of one that failed."""
    if shape.kind != "object":
        return False
    members = shape.members.keys()
    if "auditReportVersion" in members:
        return True
    if "advisories" in members and (_BESIDE & members or _are_numbers(shape.inner)):
        return True
    if members <= {"error", "message"} and "error" in members:
        return "summary" in shape.inner and bool(_FAILURE & shape.inner)
    if members >= _REFUSED:
        return "audit" in shape.members["uri"]
    return _is_yarn(shape) or _is_berry(shape)


def _are_numbers(names: frozenset[str]) -> bool:
    """Whether there is nothing but numbers of advisories in an object."""
    return bool(names) and all(name.isdigit() for name in names)


def _is_yarn(shape: Shape) -> bool:
    """Whether it is a line of yarn 1 of an audit, or one of its log before them."""
    kind = shape.members.get("type")
    if kind in _YARN_TYPES:
        return True
    return kind in _YARN_LOG and '"audit' in shape.start and "data" in shape.members


def _is_berry(shape: Shape) -> bool:
    return {"value", "children"} <= shape.members.keys() and shape.inner >= _BERRY
