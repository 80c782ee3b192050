"""Kubescape's own JSON: results and resources (version 2), or frameworks (version 1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import (
    ControlEvidence,
    FindingClass,
    Location,
    Observation,
    Scan,
)
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.gathering import Record as Outcome
from riskcockpit.formats.grading import Grade, graded
from riskcockpit.formats.kubernetes.names import kubescape_id
from riskcockpit.formats.kubernetes.older_kubescape import FrameworkReport, older_records
from riskcockpit.formats.members import NOTHING, Members, each, record_of, viewed
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.prose import paragraphs

TOOL = "Kubescape"
PERSONAL = frozenset({"committername", "committeremail", "lastcommit"})
_PASSED = {
    "passed": "pass",
    "success": "pass",
    "skipped": "not_applicable",
    "irrelevant": "not_applicable",
}
_ACCEPTED, _EXCLUDED = "w/exceptions", "excluded"
"""How a failure on the list of accepted ones is told; the latter by the first versions."""


class Document(msgspec.Struct, gc=False):
    """A report; results and resources are still raw."""

    results: list[Raw] | None = None
    resources: list[Raw] | None = None
    summary: Raw = msgspec.field(name="summaryDetails", default=Raw(b"null"))
    metadata: Raw = Raw(b"null")
    cluster_name: Members = msgspec.field(name="clusterName", default=NOTHING)
    generation_time: Members = msgspec.field(name="generationTime", default=NOTHING)
    frameworks: list[FrameworkReport] | None = None
    control_reports: list[Raw] | None = msgspec.field(name="controlReports", default=None)
    name: Members = NOTHING


_FORMS = msgspec.json.Decoder(Document | list[FrameworkReport], dec_hook=viewed)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a report of any version.

    Raises:
        FormatError: not Kubescape's, not JSON, or beyond a limit.
    """
    with without_collection():
        forms, documents = decode_documents(content, _FORMS.decode, "Kubescape's JSON")
        scans = [_scan(form, options, documents.unreadable) for form in forms]
    return Report("kubescape", tuple(scans), documents.notes)


def _scan(
    form: Document | list[FrameworkReport], options: ReadOptions, unreadable: Iterable[str]
) -> Scan:
    gathering = Gathering()
    gathering.unread(unreadable)
    if isinstance(form, list):
        form = Document(frameworks=form)
    elif form.control_reports is not None:
        form.frameworks = [FrameworkReport(form.name, form.control_reports)]
    if form.frameworks is not None:
        return _older_scan(form, gathering, options)
    summary, about = _value(form.summary, options), _value(form.metadata, options)
    known = dict(summary.pairs("controls"))
    places = dict(_places(form.resources or (), gathering, options))
    context = _Context(known, places, options)
    for where, raw in each(form.results, "results"):
        _result(raw, where, context, gathering)
    scanned = about.member("scanMetadata")
    version = scanned.text("kubescapeVersion") or scanned.text("version")
    return gathering.scan(
        TOOL,
        tool_version=wording.name(version),
        asset=_asset(form, about),
        branch=_branch(about),
        scanned_at=form.generation_time.moment(),
        rules=frozenset(map(wording.name, known)) if known else None,
        is_partial=form.results is None,
    )


def _older_scan(form: Document, gathering: Gathering, options: ReadOptions) -> Scan:
    names: set[str] = set()
    for place, control, objects_ in older_records(form.frameworks or (), gathering, options):
        names.add(control.name("controlID"))
        for resource, record in objects_:
            gathering.take(
                place, partial(_older_observation, control, resource, record, place, options)
            )
    return gathering.scan(
        TOOL,
        asset=form.cluster_name.name(),
        scanned_at=form.generation_time.moment(),
        rules=frozenset(names),
    )


class _Context:
    """What all results of a report share."""

    def __init__(
        self, controls: Mapping[str, Members], places: Mapping[str, Location], options: ReadOptions
    ) -> None:
        self.controls = controls
        self.places = places
        self.options = options


def _value(raw: Raw, options: ReadOptions) -> Members:
    try:
        return record_of(bytes(raw), options, without=PERSONAL)
    except SkipRecordError:
        return NOTHING


def _places(
    raws: Iterable[Raw], gathering: Gathering, options: ReadOptions
) -> Iterator[tuple[str, Location]]:
    """Yield resource id → the file it was read from; nothing for resources of a cluster."""
    for where, raw in each(raws, "resources"):
        try:
            record = record_of(raw, options, without=PERSONAL)
        except SkipRecordError as fault:
            gathering.trouble(where, fault.message)
            continue
        path = record.text("source", "relativePath") or record.text("source", "path")
        if path:
            yield record.text("resourceID"), Location(normalise(path, options.checkout_prefixes))


def _result(raw: bytes, place: str, context: _Context, gathering: Gathering) -> None:
    """Read what one resource says to all controls."""
    try:
        record = record_of(raw, context.options, without=PERSONAL)
    except SkipRecordError as fault:
        gathering.trouble(place, fault.message)
        return
    resource = record.text("resourceID")
    for index, control in enumerate(record.items("controls")):
        where = f"{place}.controls[{index}]"
        gathering.take(where, partial(_outcome, control, resource, where, context))


def _outcome(control: Members, resource: str, place: str, context: _Context) -> Outcome:
    rule = control.name("controlID")
    if not rule or not resource:
        raise SkipRecordError("a control without controlID, or of no resource")
    status, is_accepted = _status(control)
    uid = kubescape_id(resource)
    if status in _PASSED and not is_accepted:
        return ControlEvidence(TOOL, rule, _PASSED[status], uid, place)
    summary = context.controls.get(control.text("controlID"), NOTHING)
    grade = _grade(rule, summary.at("scoreFactor"), context.options)
    name = control.text("name") or summary.text("name") or rule
    where = context.places.get(resource)
    category = " > ".join(
        filter(None, (summary.text('category', 'name'),
                      summary.text('category', 'subCategory', 'name')))
    )  # fmt: skip
    return Observation(
        finding_class=FindingClass.CODE if where else FindingClass.CLOUD,
        tool=TOOL,
        rule=rule,
        title=wording.title(f"{name} ({_short(uid)})"),
        severity=grade.severity,
        record=place,
        description=paragraphs(
            summary.text("description"),
            f"Category: {category}" if category else "",
            "\n".join(_fixes(control)),
            summary.text("remediation") or summary.text("mitigation"),
        ),
        severity_raw=grade.raw,
        severity_source=grade.source,
        is_suppressed=is_accepted,
        locations=(where,) if where else (),
        fingerprints=(("resourceID", uid),) if where else (),
        resource=uid,
        raw=msgspec.json.encode({"resourceID": resource, **control.object()}),
    )


def _status(control: Members) -> tuple[str, bool]:
    """Return the status of a control, and whether all that failed in it is accepted.

    Older versions give a status to rules only.
    """
    own = control.member("status")
    status = own.word("status") or control.word("status")
    rules = control.members("rules")
    failed = [rule for rule in rules if rule.word("status").lower() == "failed"]
    status = status or ("failed" if failed else rules[0].word("status") if rules else "passed")
    status = status.lower()
    sub = own.word("subStatus") or control.word("subStatus")
    if status == _EXCLUDED or (sub == _ACCEPTED and status in _PASSED):
        return status, True
    accepted = [rule for rule in failed if _is_accepted(rule)]
    return status, status not in _PASSED and bool(failed) and len(accepted) == len(failed)


def _is_accepted(rule: Members) -> bool:
    actions = [action for item in rule.members("exception") for action in item.texts("actions")]
    return rule.word("subStatus") == _ACCEPTED or "alertOnly" in actions


def _fixes(control: Members) -> Iterator[str]:
    for rule in control.members("rules"):
        for item in rule.members("paths"):
            path, value = item.text("fixPath", "path"), item.text("fixPath", "value")
            if path:
                yield f"Set {path} to {value}" if value else f"Set {path}"
            elif failed := item.text("failedPath") or item.text("reviewPath"):
                yield f"See {failed}"


def _grade(rule: str, score: Any, options: ReadOptions) -> Grade:
    known = isinstance(score, int | float) and not isinstance(score, bool) and score > 0
    return graded(TOOL, rule, score if known else None, "scoreFactor", options)


def _older_observation(
    control: Members, resource: str, record: Members, place: str, options: ReadOptions
) -> Observation:
    rule = wording.name(control.text("controlID") or control.text("id"))
    if not rule:
        raise SkipRecordError("a control without controlID")
    grade = _grade(rule, control.number("baseScore"), options)
    return Observation(
        finding_class=FindingClass.CLOUD,
        tool=TOOL,
        rule=rule,
        title=wording.title(f"{control.text('name') or rule} ({_short(resource)})"),
        severity=grade.severity,
        record=place,
        description=paragraphs(
            control.text("description"),
            record.text("alertMessage"),
            control.text("remediation"),
        ),
        severity_raw=grade.raw,
        severity_source=grade.source,
        resource=resource,
        raw=msgspec.json.encode({"controlID": rule, "resource": resource, **record.object()}),
    )


def _short(uid: str) -> str:
    return "/".join(uid.split("/")[-2:])


def _asset(form: Document, about: Members) -> str:
    """Return the cluster, or the repository that was scanned."""
    cluster = form.cluster_name.text()
    target = about.member("targetMetadata") or about.member("contextMetadata")
    context = target.text("clusterContextMetadata", "contextName")
    if cluster or context:
        return wording.name(cluster or context)
    repository = target.member("gitRepoContextMetadata") or target.member("repoContextMetadata")
    if repository.word("provider") in ("", "none"):
        return ""
    parts = (repository.text("owner"), repository.text("repo"))
    return wording.name("/".join(filter(None, parts)))


def _branch(about: Members) -> str:
    target = about.member("targetMetadata") or about.member("contextMetadata")
    branch = target.word("gitRepoContextMetadata", "branch")
    return "" if branch == "none" else wording.name(branch)
