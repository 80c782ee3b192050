"""The name of a repository as assets have it, from its address."""

from __future__ import annotations

from urllib.parse import urlsplit

from riskcockpit.formats import wording
from riskcockpit.formats.addresses import sound


def repository(uri: str) -> str:
    """Return the slug in a repository's address: `bank/core` of `https://host/bank/core.git`."""
    path = urlsplit(sound(uri)).path if "://" in uri else uri.rpartition(":")[2]
    return wording.name(path.strip("/").removesuffix(".git"))
