"""Nuclei's JSON and JSON Lines, all versions: one finding for each match of a template."""

from __future__ import annotations

from functools import partial
from typing import Any

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
from riskcockpit.formats.moments import moment
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.picking import (
    Record,
    cvss,
    first_text,
    is_set,
    member,
    number,
    opened,
    probability,
    text,
    texts,
)
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
_TEMPLATE_IDS = ("template-id", "templateID", "template_id")


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a list of matches, or a match in each line.

    Raises:
        FormatError: not JSON of this shape, or beyond a limit.
    """
    with without_collection():
        found, documents = json_records(content, "Nuclei's JSON")
        gathering = Gathering()
        stamps: list[str] = []
        for place, raw in found:
            gathering.take(place, partial(_outcome, raw, place, stamps, options))
        for why in documents.unreadable:
            gathering.trouble("report", why)
    at = max((when for stamp in stamps if (when := moment(stamp))), default=None)
    return Report("nuclei", (gathering.scan(TOOL, scanned_at=at),), documents.notes)


def _outcome(raw: bytes, place: str, stamps: list[str], options: ReadOptions) -> Outcome:
    raw, record = opened(raw, options, DROPPED)
    template = first_text(record, *_TEMPLATE_IDS)
    if not template:
        raise SkipRecordError("a match without template-id")
    stamps.append(text(record, "timestamp"))
    matcher = first_text(record, "matcher-name", "matcher_name", "extractor-name")
    rule = wording.name(f"{template}:{matcher}" if matcher else template)
    url = first_text(record, "matched-at", "matched", "matched_at", "url", "host")
    if member(record, "matcher-status") is False:
        return ControlEvidence(TOOL, rule, "pass", wording.name(url), place)
    return _observation(raw, record, rule, url, place=place, options=options)


def _observation(
    raw: bytes, record: dict[str, Any], rule: str, url: str, *, place: str, options: ReadOptions
) -> Observation:
    info = record.get("info")
    about = member(info, "classification")
    grade = graded(TOOL, rule, text(info, "severity"), "info.severity", options)
    ids = [canonical_id(item) for item in _listed(about, "cve-id") if item.upper() != "N/A"]
    template = first_text(record, *_TEMPLATE_IDS)
    if not ids and template.upper().startswith("CVE-"):
        ids = [canonical_id(template)]
    parameter = wording.name(first_text(record, "fuzzing_parameter", "fuzzing-parameter"))
    name = text(info, "name") or template
    matcher = rule.removeprefix(template).lstrip(":")
    has_secret = bool(_SECRET_TAGS & set(_listed(info, "tags")))
    if has_secret:
        kept = {key: item for key, item in record.items() if not key.startswith("extracted")}
        raw = msgspec.json.encode(kept)
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
        cvss=cvss(number(about, "cvss-score")),
        epss=probability(number(about, "epss-score")),
        is_kev=is_set(info, "metadata", "kev") or "kev" in _listed(info, "tags"),
        help_url=wording.name(first_link(" ".join(_listed(info, "reference")))),
        raw=raw,
    )


def _listed(record: Any, name: str) -> list[str]:
    """Return a list, or the parts of a text with commas: the type changed between versions."""
    found = texts(record, name)
    return [part.strip() for item in found for part in item.split(",") if part.strip()]


def _description(record: Record, info: Any, *, has_secret: bool) -> str:
    extracted = texts(record, "extracted-results") or texts(record, "extracted_results")
    remedy = text(info, "remediation")
    impact = text(info, "impact")
    return paragraphs(
        text(info, "description"),
        f"Impact: {impact}" if impact else "",
        f"Extracted: {', '.join(extracted)}" if extracted and not has_secret else "",
        f"Remediation: {remedy}" if remedy else "",
        "\n".join(_listed(info, "reference")),
    )
