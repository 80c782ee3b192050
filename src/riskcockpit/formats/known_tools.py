"""Reports that are recognised but not read: which tool wrote them, and what to export instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from riskcockpit.domain.untrusted import clean_line
from riskcockpit.formats.shape import Shape
from riskcockpit.formats.signs import columns, has
from riskcockpit.formats.wording import cut

_NAMES_TOLD = 6
_NAME_LENGTH = 40


@dataclass(frozen=True, slots=True)
class KnownTool:
    """A tool's own format that we know by sight."""

    title: str
    instead: str
    """What to do, as a hint."""
    is_it: Callable[[Shape], bool]


TOOLS: tuple[KnownTool, ...] = (
    KnownTool(
        "an SPDX SBOM",
        "it lists packages and no faults; scan it, as with `trivy sbom FILE --format json`",
        has("spdxVersion"),
    ),
    KnownTool(
        "Prowler's table of a benchmark",
        "it repeats what Prowler found; import its CSV of checks, or its OCSF, of the same run",
        columns("requirements_id", "checkid", "status"),
    ),
)
"""Asked only when none of our formats knows the content."""


def advice(shape: Shape) -> KnownTool | None:
    """Return the known tool whose own format this looks like, or None."""
    return next((tool for tool in TOOLS if tool.is_it(shape)), None)


def resemblance(shape: Shape, redact: Callable[[str], str]) -> str:
    """Return in words what content of this shape is; its names are foreign text."""
    if shape.kind in ("object", "list"):
        names = sorted(shape.members)[:_NAMES_TOLD]
        found = ", ".join(cut(clean_line(redact(name)), _NAME_LENGTH) for name in names)
        found = found or "nothing in it"
        return f"a JSON {shape.kind} with {found}"
    if shape.kind == "xml":
        return "an XML document"
    if shape.kind == "scalar":
        return f"the bare JSON value {shape.start.strip()}, which does not say what wrote it"
    return "text that is neither JSON nor CSV with a header of ours"
