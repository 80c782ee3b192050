"""By what OSV-Scanner's own JSON is known from outside."""

from __future__ import annotations

from riskcockpit.formats.shape import Shape

_BESIDE = frozenset({"experimental_config", "image_metadata", "license_summary"})


def is_osv_scanner(shape: Shape) -> bool:
    """Whether the visible members are those of an OSV-Scanner report; it may have no results."""
    if shape.kind != "object" or "results" not in shape.members:
        return False
    return bool(_BESIDE & shape.members.keys()) or {"source", "packages"} <= shape.inner
