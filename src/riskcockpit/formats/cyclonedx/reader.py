"""CycloneDX 1.0 to 1.7, JSON and XML → one scan for each document.

A vulnerability in a component is a record. A document with components says what was found in
them; one with nothing but analyses of components of other documents is VEX, a word about findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from riskcockpit.domain.finding import Scan
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import people, wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.cyclonedx import from_json, from_xml
from riskcockpit.formats.cyclonedx.bom import TOOL, Bom
from riskcockpit.formats.cyclonedx.records import Vulnerability, observation
from riskcockpit.formats.cyclonedx.statements import statement
from riskcockpit.formats.documents import Documents
from riskcockpit.formats.gathering import Gathering, Record, unread
from riskcockpit.formats.members import NOTHING, Members, each, record_of

CATEGORY = "sbom"
Placed = tuple[str, Vulnerability]
ReadOne = Callable[[Vulnerability, Members, str], Record]


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a document of either syntax.

    Raises:
        FormatError: not CycloneDX, or beyond a limit.
    """
    with without_collection():
        if content.lstrip()[:1] == b"<":
            boms, documents = [from_xml.bom(content, options)], Documents(())
        else:
            boms, documents = from_json.boms(content)
        scans = [_scan(bom, options) for bom in boms]
    notes = [*documents.notes]
    if any(bom.vulnerabilities is None for bom in boms):
        notes.append("the SBOM has no vulnerabilities: it is a list of components, not a scan")
    return Report("cyclonedx", (*scans, *unread(TOOL, documents, CATEGORY)), tuple(notes))


def _scan(bom: Bom, options: ReadOptions) -> Scan:
    gathering = Gathering()
    found = list(_vulnerabilities(bom, gathering, options))
    if _is_vex(bom, found):
        _take_all(gathering, found, statement)
        return gathering.scan(
            TOOL, is_vex=True, category=wording.name(bom.serial), scanned_at=bom.made_at
        )
    tool = bom.tool
    _take_all(gathering, found, partial(_observation, tool))
    return gathering.scan(
        tool,
        tool_version=bom.tool_version,
        category=CATEGORY,
        asset=bom.asset,
        scanned_at=bom.made_at,
        is_partial=bom.vulnerabilities is None,
    )


def _is_vex(bom: Bom, found: Sequence[Placed]) -> bool:
    """Whether a document has no components of its own, and an analysis of everything it names."""
    has_own = any(component.value is not bom.subject.value for component in bom.components.values())
    return bool(found) and not has_own and all(one.state for _, one in found)


def _vulnerabilities(bom: Bom, gathering: Gathering, options: ReadOptions) -> Iterator[Placed]:
    for place, raw in each(bom.vulnerabilities, "vulnerabilities"):
        try:
            record = record_of(raw, options, without=people.FIELDS)
        except SkipRecordError as fault:
            gathering.trouble(place, fault.message)
            continue
        yield place, Vulnerability(record, bom, options)


def _take_all(gathering: Gathering, found: Sequence[Placed], read_one: ReadOne) -> None:
    """Read every vulnerability once for each component it affects, at least once."""
    for place, known in found:
        affected = known.record.members("affects")
        for number, one in enumerate(affected):
            spot = f"{place}.affects[{number}]"
            gathering.take(spot, partial(read_one, known, one, spot))
        if not affected:
            gathering.take(place, partial(read_one, known, NOTHING, place))


def _observation(tool: str, found: Vulnerability, affected: Members, place: str) -> Record:
    return observation(found, affected, tool, place)
