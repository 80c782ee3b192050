"""Names of container images as assets have them: without what changes with every build."""

from __future__ import annotations

from riskcockpit.formats import wording


def image_name(reference: str) -> str:
    """Return an image reference without scheme, tag and digest; a registry's port stays."""
    name = wording.name(reference)
    name = name.partition("://")[2] or name
    name = name.removeprefix("docker:").removeprefix("registry:").partition("@")[0]
    path, slash, last = name.rpartition("/")
    return f"{path}{slash}{last.partition(':')[0]}"
