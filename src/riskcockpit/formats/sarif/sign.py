"""By what SARIF is known from outside."""

from __future__ import annotations

from riskcockpit.formats.shape import Shape


def is_sarif(shape: Shape) -> bool:
    """Whether the top-level members are those of a SARIF log, in whatever order they come."""
    if shape.kind != "object":
        return False
    if "sarif" in shape.members.get("$schema", "").lower():
        return True
    if "runs" not in shape.members:
        return False
    return shape.members.get("version", "").startswith("2.1") or {"tool", "results"} <= shape.inner
