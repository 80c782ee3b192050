"""Grype's own JSON → one scan. Matches that the user told Grype to ignore are suppressed ones."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import Scan
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.gathering import Gathering, unread
from riskcockpit.formats.grype.records import TOOL, Context, match
from riskcockpit.formats.images import image_name
from riskcockpit.formats.loose import text
from riskcockpit.formats.moments import moment

CATEGORY = "vulnerabilities"


class Document(msgspec.Struct, gc=False, rename="camel"):
    """A report: the matches still raw, and what was scanned."""

    matches: list[Raw] | None = None
    ignored_matches: list[Raw] | None = None
    source: Any = None
    distro: Any = None
    descriptor: Any = None


_DOCUMENT = msgspec.json.Decoder(Document)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a Grype report.

    Raises:
        FormatError: not Grype's, not JSON, or beyond a limit.
    """
    with without_collection():
        forms, documents = decode_documents(content, _DOCUMENT.decode, "Grype JSON")
        scans = [_scan(form, options) for form in forms]
    return Report("grype", (*scans, *unread(TOOL, documents, CATEGORY)), documents.notes)


def _scan(document: Document, options: ReadOptions) -> Scan:
    context = Context(
        is_image=text(document.source, "type") == "image",
        distro=wording.name(text(document.distro, "name")).lower(),
        options=options,
    )
    gathering = Gathering()
    _take(gathering, document.matches or (), "matches", context, is_ignored=False)
    _take(gathering, document.ignored_matches or (), "ignoredMatches", context, is_ignored=True)
    return gathering.scan(
        TOOL,
        tool_version=wording.name(text(document.descriptor, "version")),
        category=CATEGORY,
        asset=_asset(document.source),
        scanned_at=moment(text(document.descriptor, "timestamp")),
        is_partial=document.matches is None,
    )


def _take(
    gathering: Gathering, raws: Iterable[Raw], member: str, context: Context, *, is_ignored: bool
) -> None:
    for number, raw in enumerate(raws):
        place = f"{member}[{number}]"
        gathering.take(place, partial(match, bytes(raw), place, context, is_ignored=is_ignored))


def _asset(source: Any) -> str:
    """Return the name of the image without tag and digest; empty for a directory or a file."""
    if text(source, "type") != "image":
        return ""
    name = text(source, "target", "userInput") or text(source, "target")
    return image_name(name)
