"""Findings of Veracode's REST API, in the answer's envelope or taken out of it."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from riskcockpit.domain.finding import FindingClass, Observation, Scan
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.forms import Form, forms, whole
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.hypertext import plain_text
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.observing import observed
from riskcockpit.formats.paths import location
from riskcockpit.formats.prose import labelled, paragraphs
from riskcockpit.formats.titles import first_sentence
from riskcockpit.formats.unlisting import refuse_documents
from riskcockpit.formats.veracode.scale import TOOL, component, grade, weaknesses
from riskcockpit.formats.vulnerabilities import canonical_id

TITLE = "Veracode findings"
_CLOSED = "CLOSED"
_UNREVIEWED = ("", "NONE", "PROPOSED", "REJECTED")
"""States of the review of a mitigation in which nobody accepted it."""
_UNRESOLVED = ("", "UNRESOLVED", "FIXED")


def read(content: bytes, options: ReadOptions) -> Report:
    """Read `findings`, `_embedded.findings` or a bare list; each type of scan is one of its own.

    Raises:
        FormatError: not Veracode's, not JSON, or beyond a limit.
    """
    found, documents = forms(content, TITLE)
    refuse_documents([list(form.items) for form in found], TITLE, "_embedded", "findings")
    scans = [scan for form in found for scan in _scans(form, options)]
    return whole("veracode-findings", scans, documents)


def _scans(form: Form, options: ReadOptions) -> tuple[Scan, ...]:
    groups = Groups(Group(TOOL))
    if form.is_list:
        groups.take_all("", form.items, partial(_grouped, options))
        return groups.scans()
    embedded = form.inner("_embedded") if "_embedded" in form.members else form
    groups.take_all("findings", embedded.records("findings"), partial(_grouped, options))
    pages = form.head("page").integer("page", "total_pages")
    return groups.scans(is_partial=pages is not None and pages > 1)


def _grouped(options: ReadOptions, raw: bytes, place: str) -> tuple[Group, Observation | None]:
    entry = record_of(raw, options)
    group = Group(TOOL, category=wording.name(entry.text("scan_type").lower()))
    return group, _finding(options, entry, place)


def _finding(options: ReadOptions, entry: Members, place: str) -> Observation | None:
    status = entry.member("finding_status")
    accepted = (
        status.word("resolution_status").upper() not in _UNREVIEWED
        and status.text("resolution").upper() not in _UNRESOLVED
    )
    if status.word("status").upper() == _CLOSED and not accepted:
        return None
    kind = entry.text("scan_type").upper()
    reader = _READERS.get(kind)
    if reader is None:
        raise SkipRecordError(f"unknown type of scan {kind[:40]}" if kind else "no type of scan")
    told = reader(options, entry)
    details = entry.member("finding_details")
    cwes = weaknesses(" ".join(cwe.text("id") for cwe in details.members("cwe")))
    category = details.text("finding_category", "name")
    about = plain_text(entry.text("description"))
    rule = told.rule or (f"CWE-{cwes[0]}" if cwes else category or first_sentence(about))
    return observed(
        TOOL,
        rule,
        grade(details.word("severity"), rule, "finding_details.severity", options),
        told.title or category or details.text("cwe", "name") or rule,
        record=place,
        raw=entry.raw,
        about=paragraphs(about, told.about),
        is_suppressed=accepted,
        cwes=cwes,
        **told.more,
    )


class _Told(NamedTuple):
    """What only one type of scan tells."""

    more: dict[str, Any]
    """Further fields of the observation."""
    rule: str = ""
    """Empty when the weakness is the rule."""
    title: str = ""
    about: str = ""


def _static(options: ReadOptions, entry: Members) -> _Told:
    details = entry.member("finding_details")
    issue = entry.name("issue_id")
    more = {
        "locations": location(
            details.first("file_path", "file_name"),
            options,
            line=details.line("file_line_number"),
        ),
        "fingerprints": (("issueid", issue),) if issue else (),
    }
    return _Told(more, about=labelled("Module", details.text("module")))


def _dynamic(options: ReadOptions, entry: Members) -> _Told:
    details = entry.member("finding_details")
    parameter = options.redact(details.text("vulnerable_parameter"))
    issue = entry.name("issue_id")
    claims = (("parameter", wording.name(parameter)), ("issueid", issue))
    more = {
        "finding_class": FindingClass.DAST,
        "resource": wording.name(details.text("url") or _address(details)),
        "fingerprints": tuple(claim for claim in claims if claim[1]),
    }
    return _Told(more, about=labelled("Plugin", details.text("plugin")))


def _address(details: Members) -> str:
    """Return the address of a finding that gives its parts only."""
    host, port, path = (details.text(name) for name in ("hostname", "port", "path"))
    return f"{host}{f':{port}' if port else ''}/{path.lstrip('/')}" if host else ""


def _manual(options: ReadOptions, entry: Members) -> _Told:
    details = entry.member("finding_details")
    if details.text("url") or details.text("hostname"):
        return _dynamic(options, entry)
    issue = entry.name("issue_id")
    more = {
        "locations": location(details.first("location", "module"), options),
        "fingerprints": (("issueid", issue),) if issue else (),
    }
    return _Told(more)


def _sca(options: ReadOptions, entry: Members) -> _Told:
    details = entry.member("finding_details")
    rule = canonical_id(details.text("cve", "name"))
    package = component(
        details.text("component_filename"), details.text("version"), details.text("language")
    )
    paths = [path.text("path") for path in details.members("component_path")]
    flaw = details.member("cve")
    more = {
        "finding_class": FindingClass.DEPENDENCY,
        "locations": tuple(spot for path in paths for spot in location(path, options)),
        "vulnerability_ids": (rule,) if rule else (),
        "package": package,
        "cvss": flaw.member("cvss3").score("score") or flaw.score("cvss"),
        "epss": flaw.probability("exploitability", "epss_score"),
        "help_url": details.text("cve", "href"),
    }
    return _Told(
        more, rule, f"{rule or 'A vulnerability'} in {package.name} {package.version}".strip()
    )


_READERS = {"STATIC": _static, "DYNAMIC": _dynamic, "MANUAL": _manual, "SCA": _sca}
