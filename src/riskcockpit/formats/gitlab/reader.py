"""GitLab's security reports, schema versions 2 to 15, of all scan types.

A report may hold the findings of several scanners (a merged one of version 14 does); each scanner
and kind of check is a scan of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import Scan
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.gitlab import records
from riskcockpit.formats.gitlab.identifiers import rule_of
from riskcockpit.formats.gitlab.records import Context
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.members import Members, each
from riskcockpit.formats.moments import moment

TITLE = "a security report of GitLab"
DEFAULT_TOOL = "GitLab"
FATAL = frozenset({"fatal", "error"})
"""Levels of messages by which a scanner says that it did not see all."""


class Document(msgspec.Struct, gc=False):
    """A report; its vulnerabilities are still raw."""

    vulnerabilities: list[Raw] | None = None
    scan: Any = None
    dependency_files: Any = None


_DOCUMENT = msgspec.json.Decoder(Document)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a report.

    Raises:
        FormatError: not JSON, or of another shape.
    """
    with without_collection():
        documents, source = decode_documents(content, _DOCUMENT.decode, TITLE)
        scans: list[Scan] = []
        for number, document in enumerate(documents):
            place = f"document{number}.vulnerabilities" if number else "vulnerabilities"
            scans += _Reader(document, options).scans(
                place, source.unreadable if not number else ()
            )
    return Report("gitlab", tuple(scans), source.notes)


class _Reader:
    """Reads one document."""

    def __init__(self, document: Document, options: ReadOptions) -> None:
        self._document = document
        self._scan = Members(document.scan)
        self._scanner = self._scan.member("scanner") or self._scan.member("analyzer")
        self._options = options
        self._managers = dict(_managers(Members({"files": document.dependency_files})))

    def scans(self, place: str, unread: Sequence[str]) -> tuple[Scan, ...]:
        """Return the scans of the document."""
        kind = self._scan.text("type").lower()
        tool = wording.name(self._scanner.first("name", "id")) or DEFAULT_TOOL
        groups = Groups(Group(tool, category=kind))
        groups.unread(unread)
        context = Context(tool, self._scanner.text("id"), kind, self._managers, self._options)
        found: list[records.Record] = []
        for where, raw in each(self._document.vulnerabilities, place):
            try:
                found.append(records.vulnerability(raw, where, context))
            except SkipRecordError as fault:
                groups.trouble(where, fault.message)
        image = next((record.image for record in found if record.image), "")
        for record in found:
            group = Group(record.seen.tool, record.image or image, record.kind)
            groups.of(group).observations.append(record.seen)
        status = self._scan.text("status").lower()
        return groups.scans(
            tool_version=self._scanner.name("version"),
            scanned_at=moment(self._scan.at("end_time") or self._scan.at("start_time")),
            is_successful=None if not status else status == "success",
            tool_errors=tuple(self._errors()),
            is_partial=self._document.vulnerabilities is None,
            rules=self._rules(),
        )

    def _errors(self) -> Iterator[str]:
        for message in self._scan.members("messages"):
            if message.text("level").lower() in FATAL:
                yield wording.title(self._options.redact(message.text("value")))

    def _rules(self) -> frozenset[str] | None:
        """Return the rules that were enabled: the identifiers a scanner may report as first."""
        found = self._scan.members("primary_identifiers")
        rules = {rule_of([identifier]) for identifier in found} - {""}
        return frozenset(rules) or None


def _managers(document: Members) -> Iterator[tuple[str, str]]:
    """Yield path and package manager of the files in which packages are listed."""
    for file in document.members("files"):
        yield file.text("path"), file.text("package_manager")
