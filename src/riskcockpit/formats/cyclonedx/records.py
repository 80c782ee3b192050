"""One vulnerability of a CycloneDX document in one component → one observation, or none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from riskcockpit.domain.finding import Observation, Package
from riskcockpit.formats import wording
from riskcockpit.formats.advisories import Advisory, vulnerable
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.cyclonedx.bom import Bom
from riskcockpit.formats.cyclonedx.ratings import score_of, severity_of
from riskcockpit.formats.grading import graded
from riskcockpit.formats.loose import at, items, objects, text, texts
from riskcockpit.formats.package_types import GENERIC, layer_of
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.vulnerabilities import cwe_number, package_from_purl, vulnerability_ids

SUPPRESSED = frozenset({"not_affected", "false_positive"})
GONE = frozenset({"resolved", "resolved_with_pedigree"})
IN_TRIAGE = "in_triage"
_VERSION = r"v?\d(?:[\w.+~:-]*\w)?"
_FIX = re.compile(
    rf"\b(?:to|versions?)\s+(?P<list>{_VERSION}(?:(?:, or|,| or)\s+{_VERSION})*)", re.IGNORECASE
)
_FILE_PROPERTIES = (":FilePath", ":location:0:path", ":filePath")


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """A vulnerability of a document: checked, redacted, without people."""

    record: Any
    raw: bytes
    bom: Bom
    options: ReadOptions

    @property
    def ids(self) -> tuple[str, ...]:
        """Its ids, those known elsewhere first; a mere reference when there is no other."""
        listed = [text(self.record, "id")]
        listed += [text(one, "id") for one in objects(self.record, "references")]
        named = sorted(filter(None, listed), key=lambda id_: not vulnerability_ids(id_))
        return tuple(named or filter(None, (text(self.record, "bom-ref"),)))

    @property
    def state(self) -> str:
        """What analysis found out; empty without one."""
        return text(self.record, "analysis", "state").lower()

    @property
    def analysis(self) -> str:
        """The analysis in words."""
        found = at(self.record, "analysis")
        responses = ", ".join(texts(found, "response"))
        parts = (self.state, text(found, "justification"), text(found, "detail"), responses)
        words = "; ".join(filter(None, parts))
        return f"Analysis: {words}" if words else ""


def observation(found: Vulnerability, affected: Any, tool: str, place: str) -> Observation | None:
    """Read a vulnerability in one component; None when analysis says that it is gone there.

    Raises:
        SkipRecordError: the vulnerability has no id.
    """
    if found.state in GONE:
        return None
    record, bom = found.record, found.bom
    ids = found.ids or ("",)
    word, field = severity_of(record)
    reference = text(affected, "ref")
    component = resolved(bom, reference)
    package = _package(component, reference, bom)
    recommendation = text(record, "recommendation")
    if package is not None:
        package = replace(package, fixed_version=_fix(recommendation))
    return vulnerable(
        tool,
        package,
        Advisory(
            rule=ids[0],
            grade=graded(tool, ids[0], word, field, found.options),
            aliases=ids[1:],
            summary="",
            about=(
                text(record, "description"),
                text(record, "detail"),
                recommendation,
                text(record, "workaround"),
                found.analysis,
            ),
            cvss=score_of(record),
            cwes=tuple(_cwes(record)),
            links=tuple(_links(record)),
            needs_triage=found.state == IN_TRIAGE,
            is_suppressed=found.state in SUPPRESSED or _is_unaffected(affected),
        ),
        place,
        found.raw,
        paths=_paths(component, package, bom, found.options),
    )


def resolved(bom: Bom, reference: str) -> Any:
    """Return the component that a reference means, which may be a link into another document."""
    component = bom.components.get(reference)
    if component is None and reference.startswith("urn:cdx:"):
        component = bom.components.get(unquote(reference.partition("#")[2]))
    return component


def named_package(component: Any, reference: str) -> Package | None:
    """Return the package of a component, or of a reference to one of another document."""
    package = package_from_purl(text(component, "purl"))
    if package is None and component is None:
        package = package_from_purl(unquote(reference))
    if package is not None:
        written = wording.name(text(component, "version"))  # with the epoch a purl leaves out
        return replace(package, version=written or package.version)
    name = wording.name(text(component, "name"))
    if name:
        group = wording.name(text(component, "group"))
        return Package(GENERIC, name, group, wording.name(text(component, "version")))
    reference = unquote(reference.rpartition("#")[2])
    return Package(GENERIC, wording.name(reference)) if reference else None


def _package(component: Any, reference: str, bom: Bom) -> Package | None:
    package = named_package(component, reference)
    if package is None:
        return None
    layer = layer_of(package.type)
    return replace(package, layer=(layer or "lang") if bom.is_container or layer == "os" else "")


def _paths(
    component: Any, package: Package | None, bom: Bom, options: ReadOptions
) -> Iterator[str]:
    """Yield the file a component comes from, where that tells components apart."""
    if package is None or package.layer or bom.is_container:
        return
    for one in objects(component, "properties"):
        if text(one, "name").endswith(_FILE_PROPERTIES):
            yield normalise(text(one, "value"), options.checkout_prefixes)
            return
    for one in objects(component, "evidence", "occurrences")[:1]:
        yield normalise(text(one, "location"), options.checkout_prefixes)


def _is_unaffected(affected: Any) -> bool:
    statuses = [text(one, "status") for one in objects(affected, "versions")]
    return bool(statuses) and all(status == "unaffected" for status in statuses)


def _fix(recommendation: str) -> str:
    match = _FIX.search(recommendation)
    return wording.name(", ".join(re.findall(_VERSION, match["list"]))) if match else ""


def _cwes(record: Any) -> Iterator[int]:
    for value in items(record, "cwes"):
        if (found := cwe_number(value)) is not None:
            yield found


def _links(record: Any) -> Iterator[str]:
    yield text(record, "source", "url")
    for advisory in items(record, "advisories"):
        yield text(advisory, "url") or text(advisory)
