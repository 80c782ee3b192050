"""ZAP's reports in XML and JSON, all versions: one finding for each alert of a site.

An alert has any number of instances. They are places of one finding; the one with the shortest
address names it, because their order in the report is the order of the spider.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import FindingClass, Location, Observation, Scan
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.addresses import host_of, request, site_category
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents, decode_json
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import Grade, graded
from riskcockpit.formats.hypertext import plain_text
from riskcockpit.formats.markup import parsed, without
from riskcockpit.formats.markup import record as markup_record
from riskcockpit.formats.members import NOTHING, Members, record_of, viewed
from riskcockpit.formats.moments import moment
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.prose import first_link, paragraphs
from riskcockpit.formats.vulnerabilities import cwe_number
from riskcockpit.formats.web.zap_alerts import sites_of

TOOL = "ZAP"
TRAFFIC = frozenset({
    "requestheader", "requestbody", "responseheader", "responsebody", "requestresponse",
    "request-header", "request-body", "response-header", "response-body",
})  # fmt: skip
"""Recorded traffic: large, full of session ids, and not needed to know the finding."""
MAX_PLACES = 1_000
_RISKS = {"0": "informational", "1": "low", "2": "medium", "3": "high"}
_FALSE_POSITIVE = "0"


class Document(msgspec.Struct, gc=False):
    """A report in JSON; sites are still raw."""

    site: Raw = Raw(b"[]")
    """The sites; some writers leave out the list around a single one."""
    alerts: list[Raw] | None = None
    """An answer of the API, which knows no sites."""
    version: Members = msgspec.field(name="@version", default=NOTHING)
    generated: Members = msgspec.field(name="@generated", default=NOTHING)
    created: Members = NOTHING
    plan_errors: Members = msgspec.field(name="afPlanErrors", default=NOTHING)
    """What went wrong in the plan of ZAP's automation framework."""


class _Site(NamedTuple):
    name: str
    alerts: Iterator[tuple[str, bytes]]
    """Place and record of each alert."""


_SITES = msgspec.json.Decoder(list[Raw])
_DOCUMENT = msgspec.json.Decoder(Document, dec_hook=viewed)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a report.

    Raises:
        FormatError: not ZAP's, not well-formed, or beyond a limit.
    """
    with without_collection():
        if content.lstrip().startswith(b"<"):
            return _read_xml(content, options)
        return _read_json(content, options)


def _read_xml(content: bytes, options: ReadOptions) -> Report:
    root = parsed(content, "ZAP's XML", options)
    if root.tag != "OWASPZAPReport":
        raise FormatError(f"not a ZAP report: its root element is {wording.name(root.tag)}")
    about = {
        "tool_version": wording.name(root.get("version") or ""),
        "scanned_at": moment(root.get("created") or "") or moment(root.get("generated") or ""),
    }
    scans = [
        _scan(_Site(_site_name(site), _xml_alerts(site, number, options)), about, options)
        for number, site in enumerate(root.iter("site"))
    ]
    return Report("zap", tuple(scans) or (Scan(tool=TOOL, is_partial=True),))


def _site_name(site: Element) -> str:
    return site.get("name") or site.get("host") or ""


def _xml_alerts(site: Element, number: int, options: ReadOptions) -> Iterator[tuple[str, bytes]]:
    for index, alert in enumerate(site.iter("alertitem")):
        without(alert, TRAFFIC)
        yield f"site[{number}].alertitem[{index}]", markup_record(alert, options)


def _read_json(content: bytes, options: ReadOptions) -> Report:
    forms, documents = decode_documents(content, _DOCUMENT.decode, "ZAP's JSON")
    scans: list[Scan] = []
    for form in forms:
        about = {
            "tool_version": form.version.name(),
            "scanned_at": form.created.moment() or form.generated.moment(),
            "tool_errors": tuple(
                wording.title(options.redact(error)) for error in form.plan_errors.texts()
            ),
        }
        listed = sites_of(form.alerts or ())
        for site, alerts in listed.items():
            whole = {"is_partial": "" in listed}  # what has no site may be of any
            scans.append(_scan(_Site(site, iter(alerts)), about | whole, options))
        for number, raw in enumerate(_sites(bytes(form.site))):
            scans.append(_json_scan(bytes(raw), number, about, options))
    if documents.unreadable or not scans:
        scans.append(Scan(tool=TOOL, is_partial=True))
    return Report("zap", tuple(scans), documents.notes)


def _sites(raw: bytes) -> list[Raw]:
    if raw.lstrip().startswith(b"["):
        return _SITES.decode(raw)
    return [] if raw.strip() == b"null" else [Raw(raw)]


def _json_scan(raw: bytes, number: int, about: dict[str, Any], options: ReadOptions) -> Scan:
    try:
        site = Members(decode_json(raw))
    except SkipRecordError as fault:
        gathering = Gathering()
        gathering.trouble(f"site[{number}]", fault.message)
        return gathering.scan(TOOL, is_partial=True, **about)
    name = site.first("@name", "@host")
    alerts = (
        (f"site[{number}].alerts[{index}]", alert.encoded())
        for index, alert in enumerate(site.items("alerts"))
    )
    return _scan(_Site(name, alerts), about, options)


def _scan(site: _Site, about: dict[str, Any], options: ReadOptions) -> Scan:
    name = options.redact(site.name)
    gathering = Gathering()
    for place, raw in site.alerts:
        gathering.take(place, partial(_observation, raw, name, place, options))
    return gathering.scan(TOOL, asset=host_of(name), category=site_category(name), **about)


def _observation(raw: bytes, site: str, place: str, options: ReadOptions) -> Observation:
    alert = record_of(raw, options, without=TRAFFIC)
    rule = wording.name(alert.first("alertRef", "pluginid"))
    plugin = alert.name("pluginid")
    title = alert.first("name", "alert")
    if not rule and not title:
        raise SkipRecordError("an alert without pluginid and name")
    rule = rule or wording.name(title)
    grade = _grade(alert, rule, options)
    instances = sorted(_instances(alert), key=_rank)
    first = instances[0] if instances else NOTHING
    parameter = first.name("param")
    urls = dict.fromkeys(normalise(item.text("uri"), ()) for item in instances)
    cwe = cwe_number(alert.text("cweid"))
    seen = Observation(
        finding_class=FindingClass.DAST,
        tool=TOOL,
        rule=rule,
        former_rule=plugin if rule.startswith(f"{plugin}-") else "",
        title=wording.title(plain_text(title), rule),
        severity=grade.severity,
        record=place,
        description=wording.description(_description(alert)),
        severity_raw=grade.raw,
        severity_source=grade.source,
        is_suppressed=alert.word("confidence") == _FALSE_POSITIVE,
        locations=tuple(Location(url) for url in list(urls)[:MAX_PLACES] if url),
        fingerprints=(("param", parameter),) if parameter else (),
        resource=request(first.text("method"), first.text("uri") or site),
        cwes=(cwe,) if cwe else (),
        help_url=wording.name(first_link(alert.text("reference"))),
    )
    return replace(seen, raw=alert.raw)


def _grade(alert: Members, rule: str, options: ReadOptions) -> Grade:
    code = alert.word("riskcode")
    words = alert.word("riskdesc")
    word = _RISKS.get(code) or words.partition(" ")[0]
    grade = graded(TOOL, rule, word, "riskcode", options)
    return grade._replace(raw=wording.name(words or code)) if words or code else grade


def _instances(alert: Members) -> list[Members]:
    """Return the instances; the oldest reports have one alert for each place, without a list."""
    found = alert.members("instances", "instance") or alert.members("instances")
    found = [item for item in found if item.text("uri")]
    return found or ([alert] if alert.text("uri") else [])


def _rank(instance: Members) -> tuple[int, str, str, str]:
    url = instance.text("uri")
    return len(url), url, instance.text("method"), instance.text("param")


def _description(alert: Members) -> str:
    solution = plain_text(alert.text("solution"))
    return paragraphs(
        plain_text(alert.text("desc")),
        f"Solution: {solution}" if solution else "",
        plain_text(alert.text("otherinfo")),
        plain_text(alert.text("reference")),
    )
