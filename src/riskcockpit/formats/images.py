"""Names of container images as reports write them."""

from __future__ import annotations


def without_tag(image: str) -> str:
    """Return the name of an image without scheme, tag and digest: a new tag is the same asset."""
    name = image.partition("://")[2] or image
    name = name.removeprefix("docker:").removeprefix("registry:").partition("@")[0]
    path, slash, last = name.rpartition("/")
    return path + slash + last.partition(":")[0]
