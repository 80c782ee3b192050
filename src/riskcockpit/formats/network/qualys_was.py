"""Reports of Qualys' scanner of web applications (WAS): of a scan, and of web applications.

They describe each check once, in a glossary at their end. Requests and answers are not kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from riskcockpit.formats.markup import text, without
from riskcockpit.formats.network.hosts import Place
from riskcockpit.formats.network.qualys import Detection

ROOTS = ("WAS_SCAN_REPORT", "WAS_WEBAPP_REPORT")
TRAFFIC = frozenset({"PAYLOADS", "REQUEST", "RESPONSE", "ACCESS_PATH"})
_KINDS = {
    "VULNERABILITY": "vulnerability",
    "SENSITIVE_CONTENT": "vulnerability",
    "INFORMATION_GATHERED": "information gathered",
}
"""Element of a detection → its kind, where the glossary has none."""
_SCORES = ("CVSS_V3/BASE", "CVSS_BASE")

Found = tuple[str, Element, Detection]
"""Place, element and detection."""


def detections(root: Element) -> Iterator[Found]:
    """Yield what was detected, of each web application in turn; `root` loses recorded traffic."""
    without(root, TRAFFIC)
    known = {text(item, "QID"): item for item in root.findall("GLOSSARY/QID_LIST/QID")}
    applications = root.findall("RESULTS/WEB_APPLICATION") or root.findall("RESULTS")
    for number, application in enumerate(applications):
        address = text(application, "URL") or text(root, "APPENDIX/WEBAPP/URL")
        site = address or text(application, "NAME") or text(root, "APPENDIX/WEBAPP/NAME")
        found = (element for element in application.findall("*/*") if element.tag in _KINDS)
        for index, element in enumerate(found):
            place = f"WEB_APPLICATION[{number}].{element.tag}[{index}]"
            yield place, element, _detection(element, known.get(text(element, "QID")), site)


def _detection(element: Element, about: Element | None, site: str) -> Detection:
    return Detection(
        qid=text(element, "QID"),
        title=text(about, "TITLE") or text(element, "TITLE"),
        place=Place(text(element, "URL") or site),
        type=text(about, "CATEGORY") or _KINDS[element.tag],
        level=text(element, "SEVERITY") or text(about, "SEVERITY"),
        status=text(element, "STATUS"),
        threat=text(about, "DESCRIPTION"),
        impact=text(about, "IMPACT"),
        solution=text(about, "SOLUTION"),
        scores=tuple(text(about, name) for name in _SCORES),
        is_ignored=text(element, "IGNORED").lower() in ("true", "yes", "1"),
        parameter=text(element, "PARAM"),
        cwes=text(about, "CWE"),
    )
