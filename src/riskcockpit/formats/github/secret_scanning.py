"""Secret-scanning alerts of GitHub's REST API."""

from __future__ import annotations

import msgspec

from riskcockpit.domain.finding import FindingClass, Location, Observation
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.documents import check_depth, decode_json, without_members
from riskcockpit.formats.gathering import Gone, Record
from riskcockpit.formats.github.rest import PEOPLE, dismissal, read_alerts, repository_of
from riskcockpit.formats.grading import graded
from riskcockpit.formats.grouping import Group
from riskcockpit.formats.members import Members
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.prose import labelled, paragraphs, web_address
from riskcockpit.formats.secrets import secret_record_of

TOOL = "GitHub secret scanning"
GONE = frozenset({"revoked", "pattern_deleted", "pattern_edited"})
"""Resolutions after which there is nothing left to do."""
BY_VALIDITY = {
    "active": Severity.CRITICAL,
    "inactive": Severity.MEDIUM,
    "unknown": Severity.HIGH,
    "": Severity.HIGH,
}
"""What GitHub found when it tried the secret → how bad that is."""


def read(content: bytes, options: ReadOptions) -> Report:
    """Read alerts: a scan for each repository.

    Raises:
        FormatError: not JSON, or no list of alerts.
    """
    title = "secret-scanning alerts of GitHub"
    return read_alerts(
        content, options, name="github-secret-scanning", title=title, tool=TOOL, read=_alert
    )


def _alert(raw: bytes, place: str, options: ReadOptions) -> tuple[Group, Record]:
    check_depth(raw, options.max_depth)
    kept = msgspec.json.encode(without_members(decode_json(raw), PEOPLE))
    alert, digest = secret_record_of(kept, options)
    group = Group(TOOL, repository_of(alert))
    rule = alert.name("secret_type")
    if not rule:
        raise SkipRecordError("an alert without the type of its secret")
    is_resolved = alert.text("state").lower() == "resolved"
    resolution = alert.text("resolution")
    validity = alert.text("validity")
    severity, word, source = graded(TOOL, rule, validity, "validity", options, words=BY_VALIDITY)
    seen = Observation(
        finding_class=FindingClass.SECRET,
        tool=TOOL,
        rule=rule,
        title=wording.title(alert.text("secret_type_display_name"), rule),
        severity=severity,
        record=place,
        description=paragraphs(
            labelled("Validity", validity),
            "Publicly leaked" if alert.flag("publicly_leaked") else "",
            dismissal(resolution, alert.text("resolution_comment")) if is_resolved else "",
        ),
        severity_raw=word,
        severity_source=source,
        is_suppressed=is_resolved,
        locations=_locations(alert.member("first_location_detected"), options),
        secret_digest=digest,
        help_url=web_address([alert.text("html_url")]),
        raw=alert.raw,
    )
    return group, Gone(seen) if is_resolved and resolution in GONE else seen


def _locations(place: Members, options: ReadOptions) -> tuple[Location, ...]:
    path = normalise(place.text("path").lstrip("/"), options.checkout_prefixes)
    if not path:
        return ()
    return (Location(path, place.line("start_line"), None, place.line("end_line")),)
