"""DevAudit's report of packages that OSS Index knows vulnerabilities of."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import FindingClass, Observation, Package
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.cvss import base_score
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import Members, each, record_of
from riskcockpit.formats.package_types import purl_type
from riskcockpit.formats.prose import paragraphs, web_address
from riskcockpit.formats.vulnerabilities import cwe_numbers, split_name, vulnerability_ids

TOOL = "DevAudit"
TITLE = "a report of DevAudit"


class Document(msgspec.Struct, gc=False):
    """The report; its packages are still raw."""

    packages: list[Raw] | None = msgspec.field(name="Packages", default=None)
    audited: Any = msgspec.field(name="Packages Audited", default=None)


_DOCUMENT = msgspec.json.Decoder(Document)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a report.

    Raises:
        FormatError: not JSON, or of another shape.
    """
    with without_collection():
        forms, documents = decode_documents(content, _DOCUMENT.decode, TITLE)
        gathering = Gathering()
        gathering.unread(documents.unreadable)
        for form in forms:
            if form.packages is None and form.audited is None:
                raise FormatError(f"not {TITLE}: there are no `Packages` in it")
            for where, raw in each(form.packages, "Packages"):
                _package(raw, where, gathering, options)
        counts = (Members({"count": form.audited}).number("count") for form in forms)
        audited = sum(count or 0 for count in counts)
        scan = gathering.scan(TOOL, is_successful=True if audited > 0 else None)
        return Report("ossindex-devaudit", (scan,), documents.notes)


def _package(raw: bytes, place: str, gathering: Gathering, options: ReadOptions) -> None:
    try:
        found = record_of(raw, options)
    except SkipRecordError as fault:
        gathering.trouble(place, fault.message)
        return
    about = found.member("Package")
    full, group = about.text("name"), about.name("group")
    type_ = purl_type(about.text("pm"))
    namespace, name = (group, wording.name(full)) if group else split_name(type_, full)
    package = Package(type_, name, namespace, about.name("version"))
    for number, vulnerability in enumerate(found.members("Vulnerabilities")):
        where = f"{place}.Vulnerabilities[{number}]"
        gathering.take(
            where, partial(_vulnerability, vulnerability, package, where, about, options)
        )


def _vulnerability(
    found: Members, package: Package, place: str, about: Members, options: ReadOptions
) -> Observation:
    own, title = found.name("id"), found.text("title")
    ids = tuple(dict.fromkeys(filter(None, [*vulnerability_ids(title), own])))
    ids = ids or ((wording.name(title),) if title else ())
    if not ids or not package.name:
        raise SkipRecordError("a vulnerability without id and title, or without package")
    score, field = found.score("cvssScore"), "cvssScore"
    if score is None:
        score, field = base_score(found.text("cvssVector")), "cvssVector"
    severity, word, source = graded(TOOL, ids[0], score, field, options)
    return Observation(
        finding_class=FindingClass.DEPENDENCY,
        tool=TOOL,
        rule=ids[0],
        title=wording.title(title or f"{ids[0]} in {package.name}"),
        severity=severity,
        record=place,
        description=paragraphs(found.text("description")),
        severity_raw=word,
        severity_source=source,
        vulnerability_ids=ids,
        package=package,
        cwes=cwe_numbers([found.text("cwe"), title]),
        cvss=score or None,
        help_url=web_address([found.text("reference")]),
        raw=msgspec.json.encode({"Package": about.value, "Vulnerability": found.value}),
    )
