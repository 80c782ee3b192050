"""Names of container images as assets have them: without what changes with every build."""

from __future__ import annotations

from riskcockpit.formats import wording


def image_name(reference: str) -> str:
    """Return an image reference without tag and digest; a registry's port stays."""
    path, slash, last = wording.name(reference).partition("@")[0].rpartition("/")
    return f"{path}{slash}{last.partition(':')[0]}"
