"""A known vulnerability of a package: the one way from a scanner's record to an observation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from riskcockpit.domain.finding import FindingClass, Location, Observation, Package
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.cvss import valid_score
from riskcockpit.formats.grading import Grade
from riskcockpit.formats.package_types import OS_TYPES
from riskcockpit.formats.vulnerabilities import canonical_id

_WEB = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class Advisory:
    """What a scanner says of a vulnerability, as it says it; cleaned on the way out."""

    rule: str
    """The scanner's own id of it."""
    grade: Grade
    aliases: tuple[str, ...] = ()
    """All other ids it is known by."""
    summary: str = ""
    about: tuple[str, ...] = ()
    """Paragraphs of the description; empty ones are left out."""
    cvss: float | None = None
    epss: float | None = None
    is_kev: bool = False
    cwes: tuple[int, ...] = ()
    links: tuple[str, ...] = ()
    """Addresses, the best first; the first of the web is kept."""
    needs_triage: bool = False
    is_suppressed: bool = False


def vulnerable(
    tool: str,
    package: Package | None,
    advisory: Advisory,
    place: str,
    raw: bytes,
    *,
    paths: Iterable[str] = (),
    more_places: Iterable[Location] = (),
) -> Observation:
    """Return the observation of a vulnerable package; `paths` are normalised already.

    Raises:
        SkipRecordError: the vulnerability has no id.
    """
    rule = canonical_id(advisory.rule)
    if not rule:
        raise SkipRecordError("a vulnerability without an id")
    ids = dict.fromkeys(canonical_id(text) for text in (rule, *advisory.aliases) if text.strip())
    where = f" in {shown(package)}" if package else ""
    heading = wording.title(advisory.summary)
    locations = (*(Location(path) for path in dict.fromkeys(paths) if path), *more_places)
    return Observation(
        finding_class=FindingClass.DEPENDENCY,
        tool=tool,
        rule=rule,
        title=wording.title(f"{rule}{where}{f': {heading}' if heading else ''}"),
        severity=advisory.grade.severity,
        record=place,
        description=wording.description("\n\n".join(filter(None, map(str.strip, advisory.about)))),
        severity_raw=advisory.grade.raw,
        severity_source=advisory.grade.source,
        needs_triage=advisory.needs_triage,
        is_suppressed=advisory.is_suppressed,
        locations=locations,
        vulnerability_ids=tuple(ids),
        package=package,
        cwes=tuple(dict.fromkeys(advisory.cwes)),
        cvss=valid_score(advisory.cvss),
        epss=_probability(advisory.epss),
        is_kev=advisory.is_kev,
        help_url=first_link(advisory.links),
        raw=raw,
    )


def shown(package: Package) -> str:
    """Return a package as people write it: with its namespace unless that is a distribution."""
    has_scope = package.namespace and package.type not in OS_TYPES
    name = f"{package.namespace}/{package.name}" if has_scope else package.name
    return f"{name} {package.version}".strip()


def first_link(links: Iterable[Any]) -> str:
    """Return the first of `links` that is a web address, cleaned; empty when there is none."""
    texts = (wording.scalar(link).strip() for link in links)
    return wording.name(next((text for text in texts if text.lower().startswith(_WEB)), ""))


def _probability(value: float | None) -> float | None:
    return value if value is not None and 0 <= value <= 1 else None
