"""By what govulncheck's JSON is known from outside."""

from __future__ import annotations

from riskcockpit.formats.shape import Shape

_MESSAGES = {
    "osv": {"id", "modified", "affected"},
    "finding": {"osv", "trace"},
    "progress": {"message"},
    "vulnerability": {"osv", "modules"},
    "Vulns": {"OSV"},
}
"""Messages a stream may begin with, when its first lines were lost → names in them."""


def is_govulncheck(shape: Shape) -> bool:
    """Whether it is a stream (or list) of messages, or the one object of before version 1."""
    members = shape.members.keys()
    if "config" in members and {"protocol_version", "scanner_name"} & shape.inner:
        return True
    if any(members == {name} and shape.inner >= inner for name, inner in _MESSAGES.items()):
        return True
    if "Vulns" in members and {"Calls", "Imports", "Requires", "Modules"} & members:
        return True
    return (
        shape.kind == "object"
        and "Calls" in members
        and {"Functions", "Entries"} & shape.inner != set()
    )
