"""`npm audit --json` (versions 6 and 7+), `pnpm audit`, `yarn audit` (1 and berry) → one scan.

npm 6, pnpm and yarn give advisories. npm 7 gives packages, which are vulnerable by advisories
(objects under `via`) or because of a dependency (names); only the first are findings of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import Observation, Scan
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents, decode_json, decode_record
from riskcockpit.formats.gathering import Gathering, unread
from riskcockpit.formats.members import NOTHING, Members, record_of, viewed
from riskcockpit.formats.npm_audit.records import NPM, YARN, berry_line, old_advisory, via


class Document(msgspec.Struct, gc=False, rename="camel"):
    """A document, or a line of yarn's, of any version: the records still raw."""

    audit_report_version: Members = NOTHING
    advisories: dict[str, Raw] | list[Raw] | None = None
    vulnerabilities: dict[str, Raw] | None = None
    error: Members = NOTHING
    message: Members = NOTHING
    status_code: Members = NOTHING
    metadata: Members = NOTHING
    type: Members = NOTHING
    data: Raw = Raw(b"null")
    value: Members = NOTHING
    children: Raw = Raw()


class Line(msgspec.Struct, gc=False):
    """The data of a line of yarn 1."""

    resolution: Members = NOTHING
    advisory: Raw = Raw()


_DOCUMENT = msgspec.json.Decoder(Document, dec_hook=viewed)
_LINE = msgspec.json.Decoder(Line, dec_hook=viewed)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read an audit of npm packages of any manager.

    Raises:
        FormatError: none of theirs, not JSON, or beyond a limit.
    """
    with without_collection():
        forms, documents = decode_documents(content, _DOCUMENT.decode, "npm audit JSON")
        reader = _Reader(options)
        for number, form in enumerate(forms, start=1):
            reader.take(form, f"line {number}: " if len(forms) > 1 else "")
        scan = reader.scan()
    return Report("npm-audit", (scan, *unread(scan.tool, documents)), documents.notes)


class _Reader:
    """Gathers the records of all documents of a file."""

    def __init__(self, options: ReadOptions) -> None:
        self._options = options
        self._gathering = Gathering()
        self._tool = NPM
        self._errors: list[str] = []
        self._is_covered = False

    def take(self, form: Document, where: str) -> None:
        """Read one document, or one line of yarn's."""
        if form.error.value is not None:
            self._fail(form.error)
        elif form.status_code.value is not None:
            self._fail(form.message)
        elif form.audit_report_version.value is not None or form.vulnerabilities is not None:
            self._packages(form.vulnerabilities or {}, where)
        elif form.advisories is not None:
            self._advisories(form.advisories, where)
        elif bytes(form.children):
            self._berry(form, where)
        else:
            self._yarn(form, where)
        self._is_covered = self._is_covered or form.metadata.value is not None

    def scan(self) -> Scan:
        """Return what was gathered; an audit that counted dependencies and no error succeeded."""
        return self._gathering.scan(
            self._tool,
            is_successful=False if self._errors else True if self._is_covered else None,
            tool_errors=tuple(self._errors),
        )

    def _fail(self, error: Members) -> None:
        why = error.first("summary", "detail", "message", "code") or error.text()
        self._errors.append(wording.title(self._options.redact(why or "the audit failed")))

    def _advisories(self, found: dict[str, Raw] | list[Raw], where: str) -> None:
        named = found.items() if isinstance(found, dict) else enumerate(found)
        for key, raw in named:
            place = wording.name(f"{where}advisories[{key}]")
            self._keep(place, partial(old_advisory, self._tool, bytes(raw), place, self._options))

    def _packages(self, found: dict[str, Raw], where: str) -> None:
        for name, raw in found.items():
            place = wording.name(f"{where}vulnerabilities[{name}]")
            try:
                entry = record_of(bytes(raw), self._options)
            except SkipRecordError as fault:
                self._gathering.trouble(place, fault.message)
                continue
            for number, each in enumerate(entry.items("via")):
                if isinstance(each.value, dict):
                    spot = f"{place}.via[{number}]"
                    content = each.encoded()
                    self._keep(spot, partial(via, content, entry, spot, self._options))

    def _yarn(self, form: Document, where: str) -> None:
        """Read a line of yarn 1: an advisory for one way to a package, or the summary."""
        kind = form.type.text()
        place = f"{where}data"
        self._tool = YARN
        if kind == "auditSummary":
            self._is_covered = True
        elif kind == "error":
            self._fail(Members(decode_json(bytes(form.data))))
        elif kind == "auditAdvisory":
            self._keep(place, partial(self._yarn_advisory, bytes(form.data), place))

    def _yarn_advisory(self, raw: bytes, place: str) -> Observation:
        line = decode_record(raw, _LINE)
        if not bytes(line.advisory):
            raise SkipRecordError("a line without an advisory")
        return old_advisory(YARN, bytes(line.advisory), f"{place}.advisory", self._options)

    def _berry(self, form: Document, where: str) -> None:
        self._tool = YARN
        place, name = f"{where}children", form.value.text()
        raw = bytes(form.children)
        self._keep(place, partial(berry_line, raw, name, place, self._options))

    def _keep(self, place: str, read: Callable[[], Observation]) -> None:
        self._gathering.take(place, read)
