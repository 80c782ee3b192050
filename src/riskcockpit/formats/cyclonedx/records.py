"""One vulnerability of a CycloneDX document in one component → one observation, or none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import unquote

from riskcockpit.domain.finding import Observation, Package
from riskcockpit.formats import wording
from riskcockpit.formats.advisories import Advisory, vulnerable
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.cyclonedx.bom import Bom
from riskcockpit.formats.cyclonedx.ratings import score_of, severity_of
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import NOTHING, Members
from riskcockpit.formats.package_types import GENERIC, layer_of
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.titles import first_sentence
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

    record: Members
    bom: Bom
    options: ReadOptions

    @property
    def ids(self) -> tuple[str, ...]:
        """Its ids, those known elsewhere first; a mere reference when there is no other."""
        listed = [self.record.text("id")]
        listed += [one.text("id") for one in self.record.members("references")]
        named = sorted(filter(None, listed), key=lambda id_: not vulnerability_ids(id_))
        return tuple(named) or self._other_names

    @property
    def _other_names(self) -> tuple[str, ...]:
        """What a vulnerability may be known by that has no id, which is optional."""
        texts = [self.record.text("description"), *_links(self.record)]
        told = vulnerability_ids(" ".join(texts))
        called = self.record.text("bom-ref") or first_sentence(texts[0])
        return told or tuple(filter(None, (called,)))

    @property
    def state(self) -> str:
        """What analysis found out; empty without one."""
        return self.record.word("analysis", "state").lower()

    @property
    def analysis(self) -> str:
        """The analysis in words."""
        found = self.record.member("analysis")
        responses = ", ".join(found.texts("response"))
        parts = (self.state, found.text("justification"), found.text("detail"), responses)
        words = "; ".join(filter(None, parts))
        return f"Analysis: {words}" if words else ""


def observation(
    found: Vulnerability, affected: Members, tool: str, place: str
) -> Observation | None:
    """Read a vulnerability in one component; None when analysis says that it is gone there.

    Raises:
        SkipRecordError: the vulnerability has no id.
    """
    if found.state in GONE:
        return None
    record, bom = found.record, found.bom
    ids = found.ids or ("",)
    word, field = severity_of(record)
    reference = affected.text("ref")
    component = resolved(bom, reference)
    package = _package(component, reference, bom)
    recommendation = record.text("recommendation")
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
                record.text("description"),
                record.text("detail"),
                recommendation,
                record.text("workaround"),
                found.analysis,
            ),
            cvss=score_of(record),
            cwes=tuple(_cwes(record)),
            links=tuple(_links(record)),
            needs_triage=found.state == IN_TRIAGE,
            is_suppressed=found.state in SUPPRESSED or _is_unaffected(affected),
        ),
        place,
        record.raw,
        paths=_paths(component, package, bom, found.options),
    )


def resolved(bom: Bom, reference: str) -> Members:
    """Return the component that a reference means, which may be a link into another document."""
    component = bom.components.get(reference)
    if component is None and reference.startswith("urn:cdx:"):
        component = bom.components.get(unquote(reference.partition("#")[2]))
    return component or NOTHING


def named_package(component: Members, reference: str) -> Package | None:
    """Return the package of a component, or of a reference to one of another document."""
    package = package_from_purl(component.text("purl"))
    if package is None and not component:
        package = package_from_purl(unquote(reference))
    if package is not None:
        written = component.name("version")  # with the epoch a purl leaves out
        return replace(package, version=written or package.version)
    name = component.name("name")
    if name:
        group = component.name("group")
        return Package(GENERIC, name, group, component.name("version"))
    reference = unquote(reference.rpartition("#")[2])
    return Package(GENERIC, wording.name(reference)) if reference else None


def _package(component: Members, reference: str, bom: Bom) -> Package | None:
    package = named_package(component, reference)
    if package is None:
        return None
    layer = layer_of(package.type)
    return replace(package, layer=(layer or "lang") if bom.is_container or layer == "os" else "")


def _paths(
    component: Members, package: Package | None, bom: Bom, options: ReadOptions
) -> Iterator[str]:
    """Yield the file a component comes from, where that tells components apart."""
    if package is None or package.layer or bom.is_container:
        return
    for one in component.members("properties"):
        if one.text("name").endswith(_FILE_PROPERTIES):
            yield normalise(one.text("value"), options.checkout_prefixes)
            return
    for one in component.members("evidence", "occurrences")[:1]:
        yield normalise(one.text("location"), options.checkout_prefixes)


def _is_unaffected(affected: Members) -> bool:
    statuses = [one.word("status") for one in affected.members("versions")]
    return bool(statuses) and all(status == "unaffected" for status in statuses)


def _fix(recommendation: str) -> str:
    match = _FIX.search(recommendation)
    return wording.name(", ".join(re.findall(_VERSION, match["list"]))) if match else ""


def _cwes(record: Members) -> Iterator[int]:
    for value in record.items("cwes"):
        if (found := cwe_number(value.value)) is not None:
            yield found


def _links(record: Members) -> Iterator[str]:
    yield record.text("source", "url")
    for advisory in record.items("advisories"):
        yield advisory.text("url") or advisory.text()
