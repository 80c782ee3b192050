"""What findings of network scanners share: a plugin's verdict on a port of a host."""

from __future__ import annotations

import re
from dataclasses import dataclass

from riskcockpit.domain.finding import FindingClass, Location, Observation
from riskcockpit.formats import wording
from riskcockpit.formats.addresses import bracketed, host_of, service
from riskcockpit.formats.grading import Grade

_URL = re.compile(r"https?://[^\s'\"<>]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scanner found something."""

    host: str
    """Name or address, or the URL of a web application."""
    port: str = ""
    protocol: str = ""

    @property
    def asset(self) -> str:
        """The host, without a port."""
        if "://" in self.host:
            return host_of(self.host)
        return wording.name(bracketed(self.host.strip().lower()))

    @property
    def resource(self) -> str:
        """What the finding is about: a URL, a port of a host, or the host."""
        if "://" in self.host:
            return wording.name(self.host)
        return service(self.host.lower(), self.port, self.protocol)


def host_observation(
    tool: str, rule: str, title: str, grade: Grade, place: Place, *, record: str
) -> Observation:
    """Return a finding at `place`; the reader fills in the rest."""
    return Observation(
        finding_class=FindingClass.DAST,
        tool=tool,
        rule=wording.name(rule),
        title=wording.title(title or rule),
        severity=grade.severity,
        record=record,
        severity_raw=grade.raw,
        severity_source=grade.source,
        resource=place.resource,
        asset=place.asset,
    )


def web_locations(output: str) -> tuple[Location, ...]:
    """Return the first address in the output of a check of a web application."""
    match = _URL.search(output)
    return (Location(wording.cut(match[0].rstrip(".,;"), wording.MAX_PATH)),) if match else ()
