"""Vulnerabilities of GitLab's GraphQL API, whatever query they were asked for with.

Each becomes a record as GitLab's reports have them and is read as one, so that a finding of a
report and the vulnerability GitLab made of it are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec

from riskcockpit.errors import FormatError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import Json, decode_documents
from riskcockpit.formats.gathering import Record
from riskcockpit.formats.gitlab.reader import DEFAULT_TOOL
from riskcockpit.formats.gitlab.records import CLASSES, Context, vulnerability
from riskcockpit.formats.graphql import Lists, errors_of
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.members import Members
from riskcockpit.formats.prose import labelled, paragraphs

TITLE = "vulnerabilities of GitLab's API"
_CONNECTION = "vulnerabilities"
_DECODER = msgspec.json.Decoder()
_LISTS = Lists(_CONNECTION, lambda node: "reportType" in node, lambda owner: owner.name("fullPath"))
_DISMISSED = "DISMISSED"
_RESOLVED = "RESOLVED"
_GID = "gid://gitlab/Vulnerability/"
_KEPT = (
    "project", "state", "dismissalReason", "stateComment", "detectedAt", "resolvedOnDefaultBranch",
    "severity", "description", "solution", "links",
)  # fmt: skip
"""Members that a record keeps as they are."""
_LOCATION = {
    "file": "file",
    "startLine": "start_line",
    "endLine": "end_line",
    "vulnerableClass": "class",
    "vulnerableMethod": "method",
    "image": "image",
    "operatingSystem": "operating_system",
    "dependency": "dependency",
    "hostname": "hostname",
    "path": "path",
    "requestMethod": "method",
    "param": "param",
    "crashType": "crash_type",
    "crashState": "crash_state",
    "stacktraceSnippet": "stacktrace_snippet",
}
"""A place in the API → in a report."""
_LIKELY_FALSE = {"type": "flagged-as-likely-false-positive"}


def read(content: bytes, options: ReadOptions) -> Report:
    """Read an answer, or a bare list of its nodes: a scan for each project, scanner and kind.

    Raises:
        FormatError: not JSON, or there are no vulnerabilities in it.
    """
    with without_collection():
        answers, documents = decode_documents(content, _DECODER.decode, TITLE)
        found = [item for answer in answers for item in _LISTS.of(answer)]
        errors = tuple(text for answer in answers for text in errors_of(answer, options))
        if not found and not errors:
            raise FormatError(f"not {TITLE}: there are no `{_CONNECTION}` in it")
        groups = Groups(Group(DEFAULT_TOOL))
        groups.unread(documents.unreadable)
        for connection in found:
            for number, node in enumerate(connection.nodes):
                place = f"{connection.place}[{number}]"
                groups.take(place, partial(_record, node, connection.owner, place, options))
        has_more = any(connection.has_more for connection in found)
        notes = list(documents.notes)
        if has_more:
            notes.append("the answer says that there are more vulnerabilities; get all pages")
        scans = groups.scans(is_partial=has_more, tool_errors=errors)
        return Report("gitlab-vulnerabilities", scans, tuple(notes))


def _record(node: Json, project: str, place: str, options: ReadOptions) -> tuple[Group, Record]:
    found = Members(node)
    scanner = found.member("scanner")
    tool = wording.name(scanner.first("name", "externalId")) or DEFAULT_TOOL
    kind = found.text("reportType").lower()
    context = Context(
        tool, scanner.text("externalId"), kind if kind in CLASSES else "", {}, options
    )
    record = vulnerability(msgspec.json.encode(_as_reported(found)), place, context)
    asset = found.member("project").name("fullPath") or project
    group = Group(tool, asset or record.image, record.kind)
    state = found.text("state").upper()
    if state == _RESOLVED or found.flag("resolvedOnDefaultBranch"):
        return group, None
    number = number_of(found.text("id"))
    seen = record.seen
    return group, replace(
        seen,
        is_suppressed=state == _DISMISSED,
        description=paragraphs(seen.description, _dismissal(found, options)),
        fingerprints=seen.fingerprints or ((("vulnerability", number),) if number else ()),
    )


def number_of(gid: str) -> str:
    """Return the number in GitLab's global id of a vulnerability; empty when it is none."""
    number = gid.removeprefix(_GID)
    return number if number.isascii() and number.isdigit() and number != gid else ""


def _as_reported(found: Members) -> Mapping[str, Any]:
    """Return a vulnerability as a report has it, with what only the API knows beside it."""
    scanner = found.member("scanner")
    kept = {name: found.at(name) for name in _KEPT if found.at(name) is not None}
    return kept | {
        "gid": found.text("id"),
        "name": found.text("title"),
        "identifiers": [_identifier(item) for item in _identifiers(found)],
        "scanner": {"id": scanner.text("externalId"), "name": scanner.text("name")},
        "location": _location(found.member("location")),
        "cvss_vectors": [{"vector": item.text("vector")} for item in found.members("cvss")],
        "flags": [_LIKELY_FALSE] if found.flag("falsePositive") else [],
    }


def _location(where: Members) -> Mapping[str, Any]:
    workload = where.member("kubernetesResource")
    named = {
        ours: workload.text(theirs)
        for theirs, ours in (
            ("namespace", "namespace"),
            ("kind", "kind"),
            ("name", "name"),
            ("containerName", "container_name"),
        )
    }
    place = {
        ours: value for theirs, ours in _LOCATION.items() if (value := where.at(theirs)) is not None
    }
    return place | ({"kubernetes_resource": named} if workload else {})


def _identifiers(found: Members) -> Iterator[Members]:
    """Yield the identifiers, the one the scanner put first before all others."""
    first = found.member("primaryIdentifier")
    if first:
        yield first
    for item in found.members("identifiers"):
        if item.text("externalId") != first.text("externalId"):
            yield item


def _identifier(item: Members) -> Mapping[str, str]:
    return {
        "type": item.text("externalType"),
        "name": item.text("name"),
        "value": item.text("externalId"),
        "url": item.text("url"),
    }


def _dismissal(found: Members, options: ReadOptions) -> str:
    """Return in words why a vulnerability was dismissed; empty when it was not."""
    if found.text("state").upper() != _DISMISSED:
        return ""
    reason = found.text("dismissalReason").replace("_", " ").lower()
    comment = options.redact(found.text("stateComment"))
    return labelled("Dismissed on GitLab", ": ".join(filter(None, (reason, comment))))
