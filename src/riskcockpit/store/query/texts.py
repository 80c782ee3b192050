"""Searching the kept texts in place of those of every finding: when that comes to the same.

A kept text is in lower case, and every number in it that does not follow on a letter is one
character (`store/sql/listing_wording_pending.sql`). What is searched for and holds no such number
is in a kept text exactly if it is in the text itself.
"""

from __future__ import annotations

import re

_NUMBER = re.compile(r"(?<![A-Za-z0-9])[0-9]")
_STANDS_FOR_NUMBER = "\x1f"


def is_kept_alike(wanted: str) -> bool:
    """Whether `wanted`, which may be a glob, finds the same in the kept texts."""
    return _STANDS_FOR_NUMBER not in wanted and _NUMBER.search(wanted) is None


def among(texts: str, condition: str) -> str:
    """Return the condition that the kept `texts` of a finding meet `condition`."""
    return f"{texts}_id IN (SELECT id FROM text_{texts} WHERE {condition})"  # noqa: S608 - constants
