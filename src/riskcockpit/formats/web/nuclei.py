"""Nuclei's JSON and JSON Lines, all versions: one finding for each match of a template."""

from __future__ import annotations

from functools import partial

import msgspec

from riskcockpit.domain.finding import ControlEvidence, FindingClass, Location, Observation
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.addresses import host_of, request
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.gathering import Record as Outcome
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.moments import moment
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.prose import first_link, paragraphs
from riskcockpit.formats.record_lists import json_records
from riskcockpit.formats.vulnerabilities import canonical_id, cwe_numbers

TOOL = "Nuclei"
DROPPED = frozenset({
    "request", "response", "curl-command", "interaction", "meta", "author", "template-encoded",
    "issue-trackers", "issue_trackers",
})  # fmt: skip
"""Recorded traffic, the credentials that were tried, and the people who wrote the template."""
_SECRET_TAGS = frozenset({"token", "tokens", "token-spray", "keys", "default-login"})
_TEMPLATE_IDS = ("template-id", "templateID", "template_id", "template")
"""The last is the id in the first versions, later the path of the template."""
_INFO = ("name", "severity", "description", "tags", "reference")
"""Members of `info`; the first versions have them beside the template."""


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a list of matches, or a match in each line.

    Raises:
        FormatError: not JSON of this shape, or beyond a limit.
    """
    with without_collection():
        found, documents = json_records(content, "Nuclei's JSON")
        gathering = Gathering()
        stamps: list[str] = []
        errors: list[str] = []
        for place, raw in found:
            gathering.take(place, partial(_outcome, raw, place, (stamps, errors), options))
        gathering.unread(documents.unreadable)
    about = {
        "scanned_at": max((when for stamp in stamps if (when := moment(stamp))), default=None),
        "tool_errors": tuple(dict.fromkeys(errors)),
    }
    return Report("nuclei", (gathering.scan(TOOL, **about),), documents.notes)


def _outcome(
    raw: bytes, place: str, noted: tuple[list[str], list[str]], options: ReadOptions
) -> Outcome:
    """Return a match, or evidence of none; moments and errors are noted."""
    stamps, errors = noted
    record = record_of(raw, options, without=DROPPED)
    template = record.first(*_TEMPLATE_IDS)
    if not template:
        raise SkipRecordError("a match without template-id")
    stamps.append(record.text("timestamp"))
    matcher = record.first("matcher-name", "matcher_name", "extractor-name")
    rule = wording.name(f"{template}:{matcher}" if matcher else template)
    url = record.first("matched-at", "matched", "matched_at", "url", "host")
    if record.at("matcher-status") is False:
        why = record.text("error")  # then nobody knows whether it would have matched
        errors += [wording.title(f"{rule} could not be tried: {why}")] if why else []
        status = "not_applicable" if why else "pass"
        return ControlEvidence(TOOL, rule, status, wording.name(url), place)
    return _observation(record, rule, url, place=place, options=options)


def _observation(
    record: Members, rule: str, url: str, *, place: str, options: ReadOptions
) -> Observation:
    info = record.member("info") or Members({name: record.at(name) for name in _INFO})
    about = info.member("classification")
    grade = graded(TOOL, rule, info.word("severity"), "info.severity", options)
    ids = [canonical_id(item) for item in _listed(about, "cve-id")]
    template = record.first(*_TEMPLATE_IDS)
    if not ids and template.upper().startswith("CVE-"):
        ids = [canonical_id(template)]
    parameter = wording.name(record.first("fuzzing_parameter", "fuzzing-parameter"))
    name = info.text("name") or template
    matcher = rule.removeprefix(template).lstrip(":")
    has_secret = bool(_SECRET_TAGS & set(_listed(info, "tags")))
    kept = record.raw
    if has_secret:
        fields = record.object().items()
        kept = msgspec.json.encode({k: v for k, v in fields if not k.startswith("extracted")})
    return Observation(
        finding_class=FindingClass.DAST,
        tool=TOOL,
        rule=rule,
        title=wording.title(f"{name} ({matcher})" if matcher else name),
        severity=grade.severity,
        record=place,
        description=wording.description(_description(record, info, has_secret=has_secret)),
        severity_raw=grade.raw,
        severity_source=grade.source,
        locations=(Location(normalise(url, ())),) if url else (),
        fingerprints=(("param", parameter),) if parameter else (),
        vulnerability_ids=tuple(dict.fromkeys(ids)),
        resource=request("", url),  # the template decides the method, and often it is not told
        asset=host_of(url),
        cwes=cwe_numbers(_listed(about, "cwe-id")),
        cvss=about.score("cvss-score"),
        epss=about.probability("epss-score"),
        is_kev=info.flag("metadata", "kev") or "kev" in _listed(info, "tags"),
        help_url=wording.name(first_link(" ".join(_listed(info, "reference")))),
        raw=kept,
    )


def _listed(record: Members, name: str) -> list[str]:
    """Return a list, or the parts of a text with commas: the type changed between versions."""
    found = record.texts(name)
    return [part.strip() for item in found for part in item.split(",") if part.strip()]


def _description(record: Members, info: Members, *, has_secret: bool) -> str:
    extracted = record.texts("extracted-results") or record.texts("extracted_results")
    remedy = info.text("remediation")
    impact = info.word("impact")
    return paragraphs(
        info.text("description"),
        f"Impact: {impact}" if impact else "",
        f"Extracted: {', '.join(extracted)}" if extracted and not has_secret else "",
        f"Remediation: {remedy}" if remedy else "",
        "\n".join(_listed(info, "reference")),
    )
