"""Qualys' XML: asset data reports, scan results, web applications, the detection API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache, partial
from xml.etree.ElementTree import Element

from riskcockpit.domain.finding import Observation
from riskcockpit.errors import FormatError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.hypertext import plain_text
from riskcockpit.formats.markup import parsed, text
from riskcockpit.formats.markup import record as markup_record
from riskcockpit.formats.moments import moment
from riskcockpit.formats.network import qualys_was
from riskcockpit.formats.network.hosts import Place, hosts_in
from riskcockpit.formats.network.qualys import TOOL, Detection, observation
from riskcockpit.formats.suspicion import checked

ROOTS = (
    "ASSET_DATA_REPORT", "QUALYS_REPORT", "SCAN", "HOST_LIST_VM_DETECTION_OUTPUT",
    "ASSET_RANGE_INFO", "ASSET_SEARCH_REPORT", *qualys_was.ROOTS,
)  # fmt: skip
_DESCRIBED = 4096
"""Texts of vulnerabilities that are kept plain; a report describes each of them once."""
_DETECTIONS = ("VULN_INFO", "DETECTION")
_SCANNED = {"VULNS": "Vuln", "PRACTICES": "Practice", "INFOS": "Ig", "SERVICES": "Ig"}
"""Section of a scan → type of what stands in it."""
_SCORES = ("CVSS4_FINAL", "CVSS3_FINAL", "CVSS31_FINAL", "CVSS_FINAL")
_BASE_SCORES = ("CVSS3_SCORE/CVSS3_BASE", "CVSS3_BASE", "CVSS_SCORE/CVSS_BASE", "CVSS_BASE")


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the detections of all hosts.

    Raises:
        FormatError: not Qualys', not well-formed, or beyond a limit.
    """
    with without_collection():
        root = parsed(content, "Qualys' XML", options)
        if root.tag not in ROOTS:
            raise FormatError(f"not a Qualys report: its root element is {wording.name(root.tag)}")
        gathering = Gathering()
        told = lru_cache(_DESCRIBED)(lambda words: plain_text(options.redact(words)))
        for place, element, detection in _found(root):
            raw = checked(markup_record(element, options), options)
            gathering.take(place, partial(_outcome, detection, place, raw, told, options))
    stamp = text(root, "HEADER/GENERATION_DATETIME") or text(root, "RESPONSE/DATETIME")
    error = text(root, "ERROR") or text(root, "HEADER/ERROR")
    scan = gathering.scan(
        TOOL,
        category=wording.name(text(root, "HEADER/TEMPLATE")),
        scanned_at=moment(stamp) or moment(_key(root, "DATE")),
        tool_errors=(wording.title(error),) if error else (),
    )
    return Report("qualys-xml", (replace(scan, assets=hosts_in(scan.observations, *_hosts(root))),))


def _found(root: Element) -> Iterator[qualys_was.Found]:
    if root.tag in qualys_was.ROOTS:
        return qualys_was.detections(root)
    return _scanned(root) if root.tag == "SCAN" else _reported(root)


def _outcome(
    found: Detection, record: str, raw: bytes, told: Callable[[str], str], options: ReadOptions
) -> Observation | None:
    """Return the finding; `told` makes texts plain, those that many hosts share once."""
    for name in ("qid", "title", "level", "parameter"):
        setattr(found, name, options.redact(getattr(found, name)))
    place = found.place
    found.place = Place(*map(options.redact, (place.host, place.port, place.protocol)))
    found.threat, found.impact = told(found.threat), told(found.impact)
    found.solution = told(found.solution)
    found.result = plain_text(options.redact(found.result))
    return observation(found, record, raw, options)


def _hosts(root: Element) -> Iterator[str]:
    """Yield the names of all hosts, also of those without a detection."""
    for host in root.iter("HOST"):
        yield _host_name(host)
    for ip in root.iter("IP"):
        if ip.get("value"):
            yield ip.get("value") or ""
    for path in ("RESULTS/WEB_APPLICATION/URL", "APPENDIX/WEBAPP/URL"):
        yield from (address for item in root.findall(path) if (address := text(item)))


def _host_name(host: Element) -> str:
    return text(host, "IP") or text(host, "DNS") or text(host, "NETBIOS")


def _key(root: Element, name: str) -> str:
    """Return one of the `KEY` elements in which a scan describes itself."""
    keys = (item for item in root.iter("KEY") if item.get("value") == name)
    return next((item.text or "" for item in keys), "")


def _reported(root: Element) -> Iterator[qualys_was.Found]:
    """Yield the detections of a report, which describes each vulnerability once, at its end."""
    known = {_qid(item.get("id") or text(item, "QID")): item for item in root.iter("VULN_DETAILS")}
    for number, host in enumerate(root.iter("HOST")):
        name = _host_name(host)
        elements = (item for item in host.iter() if item.tag in _DETECTIONS)
        for index, element in enumerate(elements):
            place = f"HOST[{number}].{element.tag}[{index}]"
            qid = element.find("QID")
            identifier = _qid((qid.get("id") or qid.text or "") if qid is not None else "")
            yield place, element, _detection(element, identifier, name, known)


def _qid(text: str) -> str:
    return text.strip().removeprefix("qid_")


def _detection(element: Element, qid: str, host: str, known: dict[str, Element]) -> Detection:
    about = known.get(qid)
    cves = () if about is None else about.findall("CVE_ID_LIST/CVE_ID")
    links = [text(cve, "URL") for cve in cves]
    scores = [text(element, name) for name in _SCORES]
    scores += [text(about, name) for name in _BASE_SCORES]
    return Detection(
        qid=qid,
        title=text(about, "TITLE") or text(element, "TITLE"),
        place=Place(host, text(element, "PORT"), text(element, "PROTOCOL")),
        type=text(element, "TYPE"),
        level=text(element, "SEVERITY") or text(about, "SEVERITY"),
        status=text(element, "VULN_STATUS") or text(element, "STATUS"),
        threat=text(about, "THREAT") or text(about, "DIAGNOSIS"),
        impact=text(about, "IMPACT") or text(about, "CONSEQUENCE"),
        solution=text(about, "SOLUTION"),
        result=text(element, "RESULT") or text(element, "RESULTS"),
        cves=" ".join(text(cve, "ID") for cve in cves),
        scores=tuple(scores),
        help_url=next((link for link in links if link.startswith("https://")), ""),
        is_ignored=text(element, "IS_IGNORED") == "1",
    )


def _scanned(root: Element) -> Iterator[qualys_was.Found]:
    """Yield what a scan found: hosts with sections, sections with categories."""
    for number, host in enumerate(root.iter("IP")):
        name = host.get("value") or host.get("name") or ""
        for section, kind in _SCANNED.items():
            for category in host.findall(f"{section}/CAT"):
                for index, element in enumerate(category):
                    place = f"IP[{number}].{section}.{element.tag}[{index}]"
                    yield place, element, _of_scan(element, category, name, kind)


def _of_scan(element: Element, category: Element, host: str, kind: str) -> Detection:
    return Detection(
        qid=element.get("number") or "",
        title=text(element, "TITLE"),
        place=Place(host, category.get("port") or "", category.get("protocol") or ""),
        type=kind,
        level=element.get("severity") or "",
        threat=text(element, "DIAGNOSIS"),
        impact=text(element, "CONSEQUENCE"),
        solution=text(element, "SOLUTION"),
        result=text(element, "RESULT"),
        cves=element.get("cveid") or " ".join(text(item, "ID") for item in element.iter("CVE_ID")),
        scores=(text(element, "CVSS3_BASE"), text(element, "CVSS_BASE")),
    )
