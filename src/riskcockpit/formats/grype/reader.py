"""Grype's own JSON → one scan. Matches that the user told Grype to ignore are suppressed ones."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import Scan
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.gathering import Gathering, unread
from riskcockpit.formats.grype.records import TOOL, Context, match
from riskcockpit.formats.images import image_name
from riskcockpit.formats.members import NOTHING, Members, each, viewed
from riskcockpit.formats.unlisting import refuse_documents

CATEGORY = "vulnerabilities"


class Document(msgspec.Struct, gc=False, rename="camel"):
    """A report: the matches still raw, and what was scanned."""

    matches: list[Raw] | None = None
    ignored_matches: list[Raw] | None = None
    source: Members = NOTHING
    distro: Members = NOTHING
    descriptor: Members = NOTHING


_FORMS = msgspec.json.Decoder(Document | list[Raw], dec_hook=viewed)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a Grype report.

    Raises:
        FormatError: not Grype's, not JSON, or beyond a limit.
    """
    with without_collection():
        forms, documents = decode_documents(content, _FORMS.decode, "Grype JSON")
        refuse_documents(forms, "Grype JSON", "matches")
        scans = [_scan(_document(form), options) for form in forms]
    return Report("grype", (*scans, *unread(TOOL, documents, CATEGORY)), documents.notes)


def _document(form: Document | list[Raw]) -> Document:
    """Return a document; the first versions wrote the bare list of matches."""
    return Document(matches=form) if isinstance(form, list) else form


def _scan(document: Document, options: ReadOptions) -> Scan:
    context = Context(
        is_image=document.source.text("type") == "image",
        distro=document.distro.name("name").lower(),
        options=options,
    )
    gathering = Gathering()
    _take(gathering, document.matches or (), "matches", context, is_ignored=False)
    _take(gathering, document.ignored_matches or (), "ignoredMatches", context, is_ignored=True)
    return gathering.scan(
        TOOL,
        tool_version=document.descriptor.name("version"),
        category=CATEGORY,
        asset=_asset(document.source),
        scanned_at=document.descriptor.moment("timestamp"),
        is_partial=document.matches is None,
    )


def _take(
    gathering: Gathering, raws: Iterable[Raw], member: str, context: Context, *, is_ignored: bool
) -> None:
    for place, raw in each(raws, member):
        gathering.take(place, partial(match, raw, place, context, is_ignored=is_ignored))


def _asset(source: Members) -> str:
    """Return the name of the image without tag and digest; empty for a directory or a file."""
    if source.text("type") != "image":
        return ""
    name = source.text("target", "userInput") or source.text("target")
    return image_name(name)
