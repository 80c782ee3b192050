"""Names of cloud resources as they take part in identity."""

from __future__ import annotations

import re

from riskcockpit.formats import wording

_PLACEHOLDER = re.compile(r"<[a-z][a-z_ ]{0,40}>", re.IGNORECASE)
_GLOBAL = ("arn:", "/subscriptions/", "//", "projects/", "https://")
"""Beginnings of ids that hold their region, or need none."""


def real(text: str) -> str:
    """Return `text`, or nothing when a template was not filled in, as in `<resource_uid>`."""
    return "" if _PLACEHOLDER.search(text) else text


def resource_uid(uid: str, region: str) -> str:
    """Return the id of a resource, with its region where the id alone would be ambiguous.

    One account is checked in many regions, and often the account itself is the resource.
    """
    uid, region = real(uid.strip()), real(region.strip())
    if not uid or not region or region in uid or uid.lower().startswith(_GLOBAL):
        return wording.name(uid)
    return wording.name(f"{region}/{uid}")
