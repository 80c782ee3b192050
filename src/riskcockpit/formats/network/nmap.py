"""Nmap's XML: every open port is a finding, with what the vulners script knows of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import NamedTuple
from xml.etree.ElementTree import Element

from riskcockpit.domain.finding import Observation, Scan
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.cvss import valid_score
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import Grade, graded
from riskcockpit.formats.markup import parsed
from riskcockpit.formats.markup import record as markup_record
from riskcockpit.formats.moments import moment
from riskcockpit.formats.network.hosts import Place, host_observation, hosts_in
from riskcockpit.formats.prose import paragraphs
from riskcockpit.formats.suspicion import checked
from riskcockpit.formats.vulnerabilities import vulnerability_ids

TOOL = "Nmap"
RULE = "open-port"
MAX_SCRIPT_OUTPUT = 2_000


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a scan; it is complete when Nmap says that it finished.

    Raises:
        FormatError: not Nmap's, not well-formed, or beyond a limit.
    """
    root = parsed(content, "Nmap's XML", options)
    if root.tag != "nmaprun":
        raise FormatError(f"not an Nmap report: its root element is {wording.name(root.tag)}")
    gathering = Gathering()
    names: list[str] = []
    for number, host in enumerate(root.findall("host")):
        name = _host_name(host)
        names.append(name)
        for index, port in enumerate(host.findall("ports/port")):
            if _state(port) == "open":
                place = f"host[{number}].port[{index}]"
                gathering.take(place, partial(_observation, port, name, place, options))
    scan = _scan(root, gathering)
    return Report("nmap", (replace(scan, assets=hosts_in(scan.observations, *names)),))


def _scan(root: Element, gathering: Gathering) -> Scan:
    finished = root.find("runstats/finished")
    end = finished.get("exit") if finished is not None else None
    error = (finished.get("errormsg") or "") if finished is not None else ""
    at = (finished.get("time") if finished is not None else "") or root.get("start") or ""
    return gathering.scan(
        TOOL,
        tool_version=wording.name(root.get("version") or ""),
        scanned_at=moment(at),
        is_successful=end == "success" if end else None if finished is not None else False,
        tool_errors=(wording.title(error),) if error else (),
        is_partial=finished is None,
    )


def _host_name(host: Element) -> str:
    """Return the name the user gave the host, else its address: looked-up names change."""
    for name in host.findall("hostnames/hostname"):
        if name.get("type") == "user" and name.get("name"):
            return name.get("name") or ""
    addresses = {item.get("addrtype"): item.get("addr") or "" for item in host.findall("address")}
    return addresses.get("ipv4") or addresses.get("ipv6") or next(iter(addresses.values()), "")


def _state(port: Element) -> str:
    state = port.find("state")
    return (state.get("state") or "") if state is not None else ""


def _observation(port: Element, host: str, place: str, options: ReadOptions) -> Observation:
    raw = checked(markup_record(port, options), options)
    number, protocol = port.get("portid") or "", port.get("protocol") or "tcp"
    if not host or not number:
        raise SkipRecordError("a port without number, or of no host")
    flaws = tuple(_flaws(port))
    scores = [score for flaw in flaws if (score := valid_score(flaw.score)) is not None]
    grade = _grade(max(scores, default=None), options)
    seen = host_observation(
        TOOL, RULE, f"Open port {number}/{protocol}{_service(port)}", grade,
        Place(host, number, protocol), record=place,
    )  # fmt: skip
    ids = dict.fromkeys(found for flaw in flaws for found in vulnerability_ids(flaw.id))
    return replace(
        seen,
        description=wording.description(_description(port, flaws)),
        vulnerability_ids=tuple(ids),
        cvss=max(scores, default=None),
        raw=raw,
    )


def _grade(score: float | None, options: ReadOptions) -> Grade:
    if score is not None:
        return graded(TOOL, RULE, score, "script vulners: cvss", options)
    return graded(TOOL, RULE, "info", "an open port alone", options)


def _service(port: Element) -> str:
    found = port.find("service")
    if found is None:
        return ""
    product = " ".join(filter(None, (found.get("product"), found.get("version"))))
    name = found.get("name") or "unknown"
    return f": {name} ({product})" if product else f": {name}"


class _Flaw(NamedTuple):
    id: str
    score: float | None


def _flaws(port: Element) -> Iterator[_Flaw]:
    """Yield what the vulners script knows, from its table or, in old versions, from its text."""
    for script in port.findall("script"):
        if script.get("id") != "vulners":
            continue
        rows = [row for row in script.iter("table") if row.find("elem") is not None]
        for row in rows:
            cells = {
                cell.get("key") or "": (cell.text or "").strip() for cell in row.findall("elem")
            }
            yield _Flaw(cells.get("id", ""), _score(cells.get("cvss", "")))
        if not rows:
            for line in (script.get("output") or "").splitlines():
                words = line.split()
                if len(words) > 1 and (score := _score(words[1])) is not None:
                    yield _Flaw(words[0], score)


def _score(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _description(port: Element, flaws: tuple[_Flaw, ...]) -> str:
    outputs = (
        f"{script.get('id')}: {(script.get('output') or '').strip()[:MAX_SCRIPT_OUTPUT]}"
        for script in port.findall("script")
        if script.get("id") != "vulners"
    )
    known = ", ".join(flaw.id for flaw in flaws if flaw.id)
    service = port.find("service")
    extra = (service.get("extrainfo") or "") if service is not None else ""
    return paragraphs(extra, f"Known of this version: {known}" if known else "", *outputs)
