"""By what riskcockpit's generic formats are known from outside."""

from __future__ import annotations

from riskcockpit.formats.generic.fields import REQUIRED, field_named
from riskcockpit.formats.known_tools import advice
from riskcockpit.formats.shape import Shape

_OF_DOCUMENT = frozenset({"findings", "name", "type", "version", "description"})
"""What a document without findings may say of the tool."""


def is_generic_json(shape: Shape) -> bool:
    """Whether it is the start of generic findings, and no known tool's own format."""
    if shape.kind not in ("object", "list") or advice(shape) is not None:
        return False
    members = shape.members.keys()
    if "findings" in members:
        is_empty = not shape.inner and len(members) > 1 and members <= _OF_DOCUMENT
        return shape.inner >= REQUIRED or "tool" in members or is_empty
    return members >= REQUIRED


def is_generic_csv(shape: Shape) -> bool:
    """Whether the first line names title and severity, and half of its columns are ours."""
    if shape.kind != "text":
        return False
    fields = [field_named(cell) for cell in shape.columns]
    return set(fields) >= REQUIRED and 2 * sum(map(bool, fields)) >= len(fields)
