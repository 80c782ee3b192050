"""Veracode's detailed report (XML): flaws found by static, dynamic and manual analysis, and SCA."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from xml.etree.ElementTree import Element

from riskcockpit.domain.finding import FindingClass, Location, Observation, Scan
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import markup, wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.members import line_number
from riskcockpit.formats.moments import moment
from riskcockpit.formats.observing import observed
from riskcockpit.formats.paths import location
from riskcockpit.formats.prose import labelled, paragraphs
from riskcockpit.formats.veracode.scale import TOOL, component, grade, weaknesses
from riskcockpit.formats.vulnerabilities import canonical_id

_KINDS = {"staticflaws": "static", "dynamicflaws": "dynamic", "manualflaws": "manual"}
_ANALYSES = {
    "static": "static-analysis",
    "dynamic": "dynamic-analysis",
    "manual": "manual-analysis",
}
_SCA = "software_composition_analysis"
_GONE = frozenset({"fixed", "cannot reproduce"})


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a detailed report; each kind of analysis is a scan of its own.

    Raises:
        FormatError: not a detailed report, not XML, or beyond a limit.
    """
    root = markup.parsed(content, "a Veracode detailed report", options)
    if root.tag != "detailedreport":
        raise FormatError(f"not a Veracode detailed report: its root is {root.tag[:40]}")
    scans = [
        _flaws(root, tag, kind, options)
        for tag, kind in _KINDS.items()
        if root.find(_ANALYSES[kind]) is not None or root.find(f".//{tag}/flaw") is not None
    ]
    if root.find(f"{_SCA}//vulnerability") is not None or not scans:
        scans.append(_components(root, options))
    return Report("veracode-detailed", tuple(scans))


def _flaws(root: Element, tag: str, kind: str, options: ReadOptions) -> Scan:
    gathering = Gathering()
    for number, flaw in enumerate(root.iterfind(f".//{tag}/flaw")):
        place = f"{tag}[{number}]"
        gathering.take(place, partial(_flaw, flaw, place, options))
    analysis = root.find(_ANALYSES[kind])
    published = analysis.get("published_date", "") if analysis is not None else ""
    version = analysis.get("engine_version", "") if analysis is not None else ""
    return _scan(root, gathering, kind, published, version)


def _scan(
    root: Element, gathering: Gathering, kind: str, published: str, version: str = ""
) -> Scan:
    return gathering.scan(
        TOOL,
        category=kind,
        tool_version=wording.name(version),
        asset=wording.name(root.get("app_name", "")),
        branch=wording.name(root.get("sandbox_name", "")),
        scanned_at=moment(published) or moment(root.get("last_update_time", "")),
        is_successful=True if published else None,
    )


def _flaw(flaw: Element, place: str, options: ReadOptions) -> Observation | None:
    if flaw.get("remediation_status", "").lower() in _GONE:
        return None
    _forget_people(flaw.iter("mitigation"))
    raw = markup.record(flaw, options)
    cwes = weaknesses(flaw.get("cweid", ""))
    rule = f"CWE-{cwes[0]}" if cwes else flaw.get("categoryname", "")
    url = wording.name(flaw.get("url", ""))
    parameter = wording.name(flaw.get("vuln_parameter", ""))
    issue = wording.name(flaw.get("issueid", ""))
    name, called = flaw.get("categoryname", ""), flaw.get("type", "")
    claims = (("parameter", parameter), ("issueid", issue))
    return observed(
        TOOL,
        rule,
        grade(flaw.get("severity", ""), rule, "severity", options),
        f"{name} ({called})" if name and called else name or called,
        record=place,
        raw=raw,
        label=name,
        about=paragraphs(
            flaw.get("description", ""),
            labelled("Module", flaw.get("module", "")),
            labelled("Function", flaw.get("functionprototype", "")),
        ),
        finding_class=FindingClass.DAST if url else FindingClass.CODE,
        is_suppressed=flaw.get("mitigation_status", "").lower() == "accepted",
        locations=() if url else _place(flaw, options),
        resource=url,
        fingerprints=tuple(claim for claim in claims if claim[1]),
        cwes=cwes,
    )


def _place(flaw: Element, options: ReadOptions) -> tuple[Location, ...]:
    folder, file = flaw.get("sourcefilepath", ""), flaw.get("sourcefile", "")
    path = f"{folder.rstrip('/')}/{file}" if folder and file else folder or file
    return location(path, options, line=line_number(flaw.get("line", "")))


def _components(root: Element, options: ReadOptions) -> Scan:
    gathering = Gathering()
    count = 0
    for part in root.iterfind(f"{_SCA}/vulnerable_components/component"):
        for found in part.iterfind("vulnerabilities/vulnerability"):
            place = f"vulnerabilities[{count}]"
            gathering.take(place, partial(_vulnerability, part, found, place, options))
            count += 1
    return _scan(root, gathering, "sca", root.get("last_update_time", "") if count else "")


def _vulnerability(part: Element, found: Element, place: str, options: ReadOptions) -> Observation:
    _forget_people(found.iter("mitigation"))
    raw = markup.record(found, options)
    rule = canonical_id(found.get("cve_id", ""))
    if not rule:
        raise SkipRecordError("a vulnerability without an id")
    version = part.get("version", "")
    package = component(part.get("file_name", ""), version, full=_full_name(part))
    paths = [path.get("value", "") for path in part.iterfind("file_paths/file_path")]
    score = _score(found.get("cvss_score", ""))
    return observed(
        TOOL,
        rule,
        grade(found.get("severity", ""), rule, "severity", options),
        f"{rule} in {package.name} {version}".strip(),
        record=place,
        raw=raw,
        about=options.redact(found.get("cve_summary", "")),
        finding_class=FindingClass.DEPENDENCY,
        is_suppressed=found.get("mitigation", "").lower() == "true",
        locations=tuple(spot for path in paths for spot in location(path, options)),
        vulnerability_ids=(rule,),
        package=package,
        cvss=score,
        cwes=weaknesses(found.get("cwe_id", "")),
    )


def _full_name(part: Element) -> str:
    """Return the name of a component as its ecosystem has it, where the report says it."""
    steps = [step for step in part.get("library_id", "").split(":") if step]
    if len(steps) > 3 and steps[0] == "maven":  # noqa: PLR2004 - maven:group:artifact:version
        return f"{steps[1]}:{steps[2]}"
    vendor, library = part.get("vendor", ""), part.get("library", "")
    return f"{vendor}:{library}" if _is_java(part) and vendor and library else ""


def _is_java(part: Element) -> bool:
    return part.get("file_name", "").endswith(".jar")


def _score(text: str) -> float | None:
    try:
        score = float(text)
    except ValueError:
        return None
    return score if 0 < score <= 10 else None  # noqa: PLR2004 - CVSS


def _forget_people(mitigations: Iterable[Element]) -> None:
    for mitigation in mitigations:
        mitigation.attrib.pop("user", None)
