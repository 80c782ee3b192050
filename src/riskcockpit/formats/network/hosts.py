"""What findings of network scanners share: a plugin's verdict on a port of a host."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from riskcockpit.domain.finding import FindingClass, Location, Observation
from riskcockpit.formats import wording
from riskcockpit.formats.addresses import bracketed, host_of, service
from riskcockpit.formats.grading import Grade
from riskcockpit.formats.paths import normalise

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


def hosts_in(found: Iterable[Observation], *others: str) -> frozenset[str]:
    """Return the hosts that a scan looked at: those with findings, and `others` by their names.

    A scan of one host says nothing of another, also where both are scanned by one tool.
    """
    return frozenset({seen.asset for seen in found} | {Place(name).asset for name in others})


def host_observation(
    tool: str, rule: str, title: str, grade: Grade, place: Place, *, record: str
) -> Observation:
    """Return a finding at `place`; the reader fills in the rest."""
    return Observation(
        finding_class=FindingClass.DAST,
        tool=tool,
        rule=wording.name(rule),
        title=wording.title(title, rule),
        severity=grade.severity,
        record=record,
        severity_raw=grade.raw,
        severity_source=grade.source,
        resource=place.resource,
        asset=place.asset,
    )


def at_address(seen: Observation, text: str, parameter: str) -> Observation:
    """Return a finding of a web application with the first address in `text` that is on its host.

    A scanner of web applications names the page in the output of its check.
    """
    urls = (url.rstrip(".,;") for url in _URL.findall(text))
    url = next((url for url in urls if host_of(url) == seen.asset), "")
    parameter = wording.name(parameter)
    return replace(
        seen,
        resource=wording.name(url) or seen.resource,
        locations=(Location(normalise(url, ())),) if url else (),
        fingerprints=(("param", parameter),) if parameter else (),
    )
