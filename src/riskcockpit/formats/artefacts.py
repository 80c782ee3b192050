"""A zip archive with several reports, as pipelines keep what they made: each is read by itself."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from riskcockpit.errors import FormatError
from riskcockpit.formats.archives import (
    ZIP_MAGICS,
    content_of,
    faults_named,
    inner_name,
    opened,
    several_in,
)
from riskcockpit.formats.limits import Limit
from riskcockpit.formats.opening import plain

_NOT_REACHED = "not read: what stands before it in the archive is too large"
_HINT = "unpack it and import the reports inside"


@dataclass(frozen=True, slots=True)
class Enclosed:
    """One report of an archive."""

    name: str
    """Its path in the archive, for messages only."""
    content: bytes = b""
    """Plain, as `opening.plain` gives it."""
    fault: FormatError | None = None
    """Why it could not be taken out."""


def holds_several(content: bytes) -> bool:
    """Whether it is an archive with several reports.

    What is one report, or none, or damaged, is not: `opening.plain` opens that, or says why not.
    """
    if not content.startswith(ZIP_MAGICS):
        return False
    try:
        with opened(content) as archive:
            return bool(several_in(archive))
    except FormatError:
        return False


def enclosed_in(content: bytes, max_bytes: int) -> Iterator[Enclosed]:
    """Yield the reports of an archive in the order of their names; a bad one says so.

    What all of them unpack to is limited as what one report does.

    Raises:
        FormatError: the archive cannot be opened.
    """
    with opened(content) as archive:
        limit, total = Limit("the zip archive", len(content), max_bytes), 0
        for entry in several_in(archive):
            if limit.is_exceeded:  # each of the others would cost as much
                yield Enclosed(inner_name(entry), fault=FormatError(_NOT_REACHED, hint=_HINT))
                continue
            one = _enclosed(archive, entry, limit, total, max_bytes)
            total += len(one.content)
            yield one


def _enclosed(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: Limit, before: int, max_bytes: int
) -> Enclosed:
    name = inner_name(entry)
    try:
        with faults_named():
            packed = content_of(archive, entry, limit, before)
        content = plain(packed, max_bytes)
        limit.check(before + len(content))
    except FormatError as fault:
        return Enclosed(name, fault=fault)
    return Enclosed(name, content)
