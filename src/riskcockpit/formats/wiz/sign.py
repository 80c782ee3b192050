"""By what Wiz's exports are known from outside."""

from __future__ import annotations

from riskcockpit.formats.shape import Shape

ISSUES = frozenset({"title", "severity", "status", "issueid"})
OF_WIZ = frozenset({"wizurl", "controlid", "resourcevertexid"})
"""Columns of an export of issues, without blanks: all of the first, some of the second."""
VULNERABILITIES = frozenset({"findingstatus", "detailedname", "version", "assetid", "wizurl"})
"""Columns of an export of vulnerability findings, without blanks."""


def is_wiz_table(shape: Shape) -> bool:
    """Whether the first line is the header of an export of issues or vulnerabilities."""
    if shape.kind != "text":
        return False
    bare = {name.replace(" ", "").replace("_", "") for name in shape.columns}
    is_issues = bare >= ISSUES and bool(bare & OF_WIZ)
    return is_issues or bare >= VULNERABILITIES
