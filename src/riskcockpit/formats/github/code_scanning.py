"""Code-scanning alerts of GitHub's REST API."""

from __future__ import annotations

from functools import partial

from riskcockpit.domain.finding import FindingClass, Location, Observation
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.gathering import Record, gone
from riskcockpit.formats.github.rest import (
    PEOPLE,
    branch_of,
    dismissal,
    read_alerts,
    repository_of,
)
from riskcockpit.formats.grading import Grade, graded
from riskcockpit.formats.grouping import Group
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.prose import paragraphs, web_address
from riskcockpit.formats.vulnerabilities import cwe_numbers

TOOL = "GitHub code scanning"
"""Of a report without alerts; else each alert names the tool that found it."""
CATEGORY = "code-scanning"


def read(content: bytes, options: ReadOptions) -> Report:
    """Read alerts: a scan for each repository, tool, category and branch.

    Raises:
        FormatError: not JSON, or no list of alerts.
    """
    title = "code-scanning alerts of GitHub"
    return read_alerts(
        content, options, name="github-code-scanning", title=title, tool=TOOL, read=_alert
    )


def _alert(raw: bytes, place: str, options: ReadOptions) -> tuple[Group, Record]:
    alert = record_of(raw, options, without=PEOPLE)
    kept = alert.raw
    rule = wording.name(_rule(alert))
    if not rule:
        raise SkipRecordError("an alert without a rule")
    instance = alert.member("most_recent_instance")
    tool = alert.member("tool").name("name") or TOOL
    category = instance.name("category")
    group = Group(
        tool,
        repository_of(alert),
        f"{CATEGORY}:{category}" if category else CATEGORY,
        branch_of(instance.text("ref")),
    )
    seen = partial(_observation, alert, tool, place, kept, options)
    return group, gone(seen) if alert.text("state").lower() == "fixed" else seen()


def _observation(
    alert: Members, tool: str, place: str, raw: bytes, options: ReadOptions
) -> Observation:
    about = alert.member("rule")
    rule = wording.name(_rule(alert))
    instance = alert.member("most_recent_instance")
    message = instance.member("message").text("text")
    is_dismissed = alert.text("state").lower() == "dismissed"
    why = dismissal(alert.text("dismissed_reason"), alert.text("dismissed_comment"))
    severity, word, source = _grade(about, tool, rule, options)
    number = alert.name("number")
    return Observation(
        finding_class=FindingClass.CODE,
        tool=tool,
        rule=rule,
        title=wording.title(about.text("description") or message or rule),
        severity=severity,
        record=place,
        description=paragraphs(message, about.text("full_description"), why),
        severity_raw=word,
        severity_source=source,
        is_suppressed=is_dismissed,
        locations=_locations(instance.member("location"), options),
        fingerprints=(("alert_number", number),) if number else (),
        cwes=cwe_numbers(about.texts("tags")),
        help_url=web_address([about.text("help_uri"), alert.text("html_url")]),
        raw=raw,
    )


def _rule(alert: Members) -> str:
    """Return what the rule is called; its id and its name may be null, never its description."""
    return alert.member("rule").first("id", "name", "description")


def _grade(rule_: Members, tool: str, rule: str, options: ReadOptions) -> Grade:
    for field in ("security_severity_level", "severity"):
        if word := rule_.text(field):
            return graded(tool, rule, word, f"rule.{field}", options)
    return graded(tool, rule, None, "rule.severity", options)


def _locations(place: Members, options: ReadOptions) -> tuple[Location, ...]:
    path = normalise(place.text("path"), options.checkout_prefixes)
    if not path:
        return ()
    line, end = place.line("start_line"), place.line("end_line")
    return (Location(path, line, place.line("start_column"), end),)
