"""By what Trivy's own JSON is known from outside."""

from __future__ import annotations

from riskcockpit.formats.shape import Shape

_LEGACY = frozenset({"Vulnerabilities", "Misconfigurations", "Secrets", "Type", "Class"})
_BESIDE = _LEGACY | {"Licenses", "Packages"}
_CLUSTER = frozenset({"Resources", "Vulnerabilities", "Misconfigurations", "Findings"})


def is_trivy(shape: Shape) -> bool:
    """Whether the visible top-level members are those of a Trivy report."""
    members = shape.members.keys()
    if shape.kind == "list":
        if {"SchemaVersion", "Results"} <= members:
            return True
        return "Target" in members and (len(members) == 1 or bool(_LEGACY & members))
    if shape.kind != "object":
        return False
    if "ClusterName" in members:
        return bool(_CLUSTER & members)
    if {"ID", "Title"} <= members:  # of a benchmark
        return "SummaryControls" in members or {"Results", "RelatedResources"} <= members
    if "SchemaVersion" in members:
        return bool({"ArtifactName", "Results"} & members)
    return "Results" in members and "Target" in shape.inner and bool(_BESIDE & shape.inner)
