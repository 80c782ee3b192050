"""Dependabot alerts of GitHub's REST API."""

from __future__ import annotations

from riskcockpit.domain.finding import FindingClass, Location, Observation, Package
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.cvss import base_score
from riskcockpit.formats.gathering import Gone, Record
from riskcockpit.formats.github.rest import PEOPLE, dismissal, read_alerts, repository_of
from riskcockpit.formats.grading import graded
from riskcockpit.formats.grouping import Group
from riskcockpit.formats.manifests import type_of_manifest
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.package_types import GENERIC, purl_type
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.prose import labelled, paragraphs, web_address
from riskcockpit.formats.vulnerabilities import canonical_id, cwe_numbers, split_name

TOOL = "Dependabot"


def read(content: bytes, options: ReadOptions) -> Report:
    """Read alerts: a scan for each repository.

    Raises:
        FormatError: not JSON, or no list of alerts.
    """
    title = "Dependabot alerts of GitHub"
    return read_alerts(
        content, options, name="github-dependabot", title=title, tool=TOOL, read=_alert
    )


def _alert(raw: bytes, place: str, options: ReadOptions) -> tuple[Group, Record]:
    alert = record_of(raw, options, without=PEOPLE)
    kept = alert.raw
    group = Group(TOOL, repository_of(alert))
    dependency = alert.member("dependency")
    vulnerability = alert.member("security_vulnerability")
    advisory = alert.member("security_advisory")
    package = vulnerability.member("package") or dependency.member("package")
    ids = _ids(advisory)
    if not package.text("name") or not ids:
        raise SkipRecordError("an alert without package or advisory")
    state = alert.text("state").lower()
    rule = ids[0]
    word = vulnerability.text("severity") or advisory.text("severity")
    severity, word, source = graded(TOOL, rule, word, "severity", options)
    manifest = normalise(dependency.text("manifest_path"), options.checkout_prefixes)
    summary = advisory.text("summary")
    seen = Observation(
        finding_class=FindingClass.DEPENDENCY,
        tool=TOOL,
        rule=rule,
        title=wording.title(summary or f"{rule} in {package.text('name')}"),
        severity=severity,
        record=place,
        description=paragraphs(
            advisory.text("description"),
            labelled("Vulnerable", vulnerability.text("vulnerable_version_range")),
            labelled("Scope", dependency.text("scope")),
            dismissal(alert.text("dismissed_reason"), alert.text("dismissed_comment")),
        ),
        severity_raw=word,
        severity_source=source,
        is_suppressed=state in ("dismissed", "auto_dismissed"),
        locations=(Location(manifest),) if manifest else (),
        vulnerability_ids=ids,
        package=package_in(
            package.text("ecosystem"),
            package.text("name"),
            manifest,
            fixed=vulnerability.member("first_patched_version").text("identifier"),
        ),
        cwes=cwe_numbers(item.text("cwe_id") for item in advisory.members("cwes")),
        cvss=_score(advisory),
        epss=_epss(advisory),
        help_url=web_address([alert.text("html_url")]),
        raw=kept,
    )
    return group, Gone(seen) if state == "fixed" else seen


def package_in(
    ecosystem: str, full: str, manifest: str, *, version: str = "", fixed: str = ""
) -> Package:
    """Return the package `full` of an ecosystem as GitHub calls it, or as its manifest tells."""
    type_ = purl_type(ecosystem)
    if type_ == GENERIC:
        type_ = type_of_manifest(manifest)
    if type_ == GENERIC and full.count(":") == 1:
        type_ = "maven"
    namespace, name = split_name(type_, full)
    return Package(type_, name, namespace, wording.name(version), wording.name(fixed))


def _ids(advisory: Members) -> tuple[str, ...]:
    found = [advisory.text("cve_id"), advisory.text("ghsa_id")]
    found += [item.text("value") for item in advisory.members("identifiers")]
    return tuple(dict.fromkeys(canonical_id(text) for text in found if text))


def _score(advisory: Members) -> float | None:
    scores = advisory.member("cvss_severities")
    options = (scores.member("cvss_v4"), scores.member("cvss_v3"), advisory.member("cvss"))
    found = next((score for item in options if (score := item.score("score"))), None)
    return found or next(
        (score for item in options if (score := base_score(item.text("vector_string")))), None
    )


def _epss(advisory: Members) -> float | None:
    """Return the probability; GitHub gives one object, older answers a list of them."""
    one = advisory.member("epss") or next(iter(advisory.members("epss")), Members(None))
    return one.probability("percentage")
