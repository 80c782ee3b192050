"""Rows of the command line's `simple-json` and violations of Xray's REST API → issues."""

from __future__ import annotations

from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.gathering import Record
from riskcockpit.formats.grouping import Group
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.xray.components import artifact_name
from riskcockpit.formats.xray.findings import PEOPLE, Issue, observation

LICENCES = frozenset({"license", "licenses"})


def simple(raw: bytes, place: str, group: Group, options: ReadOptions) -> tuple[Group, Record]:
    """Read a row of `jf scan`, `jf audit` or `jf docker scan`: a vulnerability or a licence."""
    row = record_of(raw, options, without=PEOPLE)
    parts = (row.text("impactedPackageName"), row.text("impactedPackageVersion"))
    licence = row.name("licenseKey")
    issue = Issue(
        Members(row.object() | ({"summary": f"Licence {licence}"} if licence else {})),
        row.raw,
        place,
        licence or row.name("issueId"),
        f"{row.text('impactedPackageType') or 'generic'}://{':'.join(filter(None, parts))}",
        row.members("cves"),
        row.texts("fixedVersions"),
        is_licence=bool(licence),
    )
    return group, observation(issue, options)


def violation(raw: bytes, place: str, group: Group, options: ReadOptions) -> tuple[Group, Record]:
    """Read what a watch says of an artefact: it names the component in it, with its version."""
    found = record_of(raw, options, without=PEOPLE)
    infected = next(iter(found.texts("infected_components")), "")
    version = next(iter(found.texts("infected_versions")), "")
    if infected and version and not infected.endswith(f":{version}"):
        infected = f"{infected}:{version}"
    artefact = next(iter(found.texts("impacted_artifacts") or found.texts("impact_artifacts")), "")
    issue = Issue(
        found,
        found.raw,
        place,
        found.name("issue_id"),
        infected,
        found.members("properties"),
        found.texts("fix_versions"),
        artifact_name(artefact) if "://" in artefact else "",
        artefact,
        is_licence=found.text("type").lower() in LICENCES,
    )
    return group, observation(issue, options)
