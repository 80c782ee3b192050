"""By what Snyk's own JSON is known from outside."""

from __future__ import annotations

from riskcockpit.formats.shape import Shape

_PROJECT = frozenset(
    {
        "packageManager", "projectName", "displayTargetFile", "dependencyCount", "licensesPolicy",
        "ignoreSettings", "uniqueCount", "org",
    }
)  # fmt: skip
_RECORD = frozenset({"packageName", "moduleName", "upgradePath", "semver", "isUpgradable", "from"})
_ENOUGH = 2


def is_snyk(shape: Shape) -> bool:
    """Whether it is the start of a result of `snyk test`, of one project or a list of them."""
    members = shape.members.keys()
    if "infrastructureAsCodeIssues" in members:
        return True
    if "vulnerabilities" in members and {"ok", "summary"} <= members and not shape.inner:
        return True
    if "vulnerabilities" in members:
        return len(_PROJECT & members) + len(_RECORD & shape.inner) >= _ENOUGH
    return {"ok", "error", "path"} <= members and len(members) <= len(_PROJECT)
