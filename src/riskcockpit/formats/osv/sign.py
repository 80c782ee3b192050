"""By what OSV-Scanner's own JSON is known from outside."""

from __future__ import annotations

import re

from riskcockpit.formats.shape import Shape

_NOTHING = re.compile(r"\{\s*\"results\"\s*:\s*\[\s*\]\s*\}\s*$")
"""What it writes when it found nothing; tfsec writes null there, Semgrep more members."""
_BESIDE = frozenset({"experimental_config", "image_metadata", "license_summary"})


def is_osv_scanner(shape: Shape) -> bool:
    """Whether the visible members are those of an OSV-Scanner report; it may have no results."""
    if shape.kind != "object" or "results" not in shape.members:
        return False
    if _NOTHING.match(shape.start):
        return True
    return bool(_BESIDE & shape.members.keys()) or {"source", "packages"} <= shape.inner
