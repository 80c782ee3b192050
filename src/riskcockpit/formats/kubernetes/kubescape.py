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
from riskcockpit.formats.documents import decode_documents, decode_json
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.gathering import Record as Outcome
from riskcockpit.formats.grading import Grade, graded
from riskcockpit.formats.kubernetes.names import kubescape_id
from riskcockpit.formats.kubernetes.older_kubescape import FrameworkReport, older_records
from riskcockpit.formats.moments import moment
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.picking import (
    Record,
    items,
    member,
    number,
    objects,
    opened,
    text,
    texts,
)
from riskcockpit.formats.prose import paragraphs

TOOL = "Kubescape"
PERSONAL = frozenset({"committername", "committeremail", "lastcommit"})
_PASSED = {
    "passed": "pass",
    "success": "pass",
    "skipped": "not_applicable",
    "irrelevant": "not_applicable",
}
_ACCEPTED = "w/exceptions"


class Document(msgspec.Struct, gc=False):
    """A report; results and resources are still raw."""

    results: list[Raw] | None = None
    resources: list[Raw] | None = None
    summary: Raw = msgspec.field(name="summaryDetails", default=Raw(b"null"))
    metadata: Raw = Raw(b"null")
    cluster_name: Any = msgspec.field(name="clusterName", default=None)
    generation_time: Any = msgspec.field(name="generationTime", default=None)
    frameworks: list[FrameworkReport] | None = None
    control_reports: list[Raw] | None = msgspec.field(name="controlReports", default=None)
    name: Any = None


_FORMS = msgspec.json.Decoder(Document | list[FrameworkReport])


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
    for why in unreadable:
        gathering.trouble("report", why)
    if isinstance(form, list):
        form = Document(frameworks=form)
    elif form.control_reports is not None:
        form.frameworks = [FrameworkReport(form.name, form.control_reports)]
    if form.frameworks is not None:
        return _older_scan(form, gathering, options)
    summary, about = _value(form.summary, options), _value(form.metadata, options)
    controls = member(summary, "controls")
    known: Mapping[str, Any] = controls if isinstance(controls, dict) else {}
    places = dict(_places(form.resources or (), gathering, options))
    for index, raw in enumerate(form.results or ()):
        _result(bytes(raw), f"results[{index}]", _Context(known, places, options), gathering)
    scanned = member(about, "scanMetadata")
    version = text(scanned, "kubescapeVersion") or text(scanned, "version")
    return gathering.scan(
        TOOL,
        tool_version=wording.name(version),
        asset=_asset(form, about),
        branch=_branch(about),
        scanned_at=moment(form.generation_time),
        rules=frozenset(map(wording.name, known)) if known else None,
        is_partial=form.results is None,
    )


def _older_scan(form: Document, gathering: Gathering, options: ReadOptions) -> Scan:
    names: set[str] = set()
    for place, control, objects_ in older_records(form.frameworks or (), gathering, options):
        names.add(wording.name(text(control, "controlID")))
        for resource, record in objects_:
            gathering.take(
                place, partial(_older_observation, control, resource, record, place, options)
            )
    return gathering.scan(
        TOOL,
        asset=wording.name(wording.scalar(form.cluster_name)),
        scanned_at=moment(form.generation_time),
        rules=frozenset(names),
    )


class _Context:
    """What all results of a report share."""

    def __init__(
        self, controls: Mapping[str, Any], places: Mapping[str, Location], options: ReadOptions
    ) -> None:
        self.controls = controls
        self.places = places
        self.options = options


def _value(raw: Raw, options: ReadOptions) -> Any:
    try:
        return opened(bytes(raw), options, PERSONAL)[1]
    except SkipRecordError:
        return None


def _places(
    raws: Iterable[Raw], gathering: Gathering, options: ReadOptions
) -> Iterator[tuple[str, Location]]:
    """Yield resource id → the file it was read from; nothing for resources of a cluster."""
    for index, raw in enumerate(raws):
        try:
            record = decode_json(bytes(raw))
        except SkipRecordError as fault:
            gathering.trouble(f"resources[{index}]", fault.message)
            continue
        path = text(record, "source", "relativePath") or text(record, "source", "path")
        path = options.redact(path)
        if path:
            yield text(record, "resourceID"), Location(normalise(path, options.checkout_prefixes))


def _result(raw: bytes, place: str, context: _Context, gathering: Gathering) -> None:
    """Read what one resource says to all controls."""
    try:
        _, record = opened(raw, context.options, PERSONAL)
    except SkipRecordError as fault:
        gathering.trouble(place, fault.message)
        return
    resource = text(record, "resourceID")
    for index, control in enumerate(items(record, "controls")):
        where = f"{place}.controls[{index}]"
        gathering.take(where, partial(_outcome, control, resource, where, context))


def _outcome(control: Record, resource: str, place: str, context: _Context) -> Outcome:
    rule = wording.name(text(control, "controlID"))
    if not rule or not resource:
        raise SkipRecordError("a control without controlID, or of no resource")
    status, is_accepted = _status(control)
    uid = kubescape_id(resource)
    if status in _PASSED and not is_accepted:
        return ControlEvidence(TOOL, rule, _PASSED[status], uid, place)
    summary = context.controls.get(text(control, "controlID"))
    grade = _grade(rule, member(summary, "scoreFactor"), context.options)
    name = text(control, "name") or text(summary, "name") or rule
    where = context.places.get(resource)
    category = " > ".join(
        filter(None, (text(summary, "category", "name"),
                      text(summary, "category", "subCategory", "name")))
    )  # fmt: skip
    return Observation(
        finding_class=FindingClass.CODE if where else FindingClass.CLOUD,
        tool=TOOL,
        rule=rule,
        title=wording.title(f"{name} ({_short(uid)})"),
        severity=grade.severity,
        record=place,
        description=wording.description(
            paragraphs(
                text(summary, "description"),
                f"Category: {category}" if category else "",
                "\n".join(_fixes(control)),
                text(summary, "remediation") or text(summary, "mitigation"),
            )
        ),
        severity_raw=grade.raw,
        severity_source=grade.source,
        is_suppressed=is_accepted,
        locations=(where,) if where else (),
        fingerprints=(("resourceID", uid),) if where else (),
        resource=uid,
        raw=msgspec.json.encode({"resourceID": resource, **control}),
    )


def _status(control: Record) -> tuple[str, bool]:
    """Return the status of a control, and whether all that failed in it is accepted.

    Older versions give a status to rules only.
    """
    own = member(control, "status")
    status = text(own, "status") or text(control, "status")
    rules = objects(control, "rules")
    failed = [rule for rule in rules if text(rule, "status").lower() == "failed"]
    status = status or ("failed" if failed else text(rules[0], "status") if rules else "passed")
    status = status.lower()
    sub = text(own, "subStatus") or text(control, "subStatus")
    if sub == _ACCEPTED and status in _PASSED:
        return status, True
    accepted = [rule for rule in failed if _is_accepted(rule)]
    return status, status not in _PASSED and bool(failed) and len(accepted) == len(failed)


def _is_accepted(rule: Record) -> bool:
    actions = [action for item in objects(rule, "exception") for action in texts(item, "actions")]
    return text(rule, "subStatus") == _ACCEPTED or "alertOnly" in actions


def _fixes(control: Record) -> Iterator[str]:
    for rule in objects(control, "rules"):
        for item in objects(rule, "paths"):
            path, value = text(item, "fixPath", "path"), text(item, "fixPath", "value")
            if path:
                yield f"Set {path} to {value}" if value else f"Set {path}"
            elif failed := text(item, "failedPath") or text(item, "reviewPath"):
                yield f"See {failed}"


def _grade(rule: str, score: Any, options: ReadOptions) -> Grade:
    known = isinstance(score, int | float) and not isinstance(score, bool) and score > 0
    return graded(TOOL, rule, score if known else None, "scoreFactor", options)


def _older_observation(
    control: Record, resource: str, record: Record, place: str, options: ReadOptions
) -> Observation:
    rule = wording.name(text(control, "controlID") or text(control, "id"))
    if not rule:
        raise SkipRecordError("a control without controlID")
    grade = _grade(rule, number(control, "baseScore"), options)
    return Observation(
        finding_class=FindingClass.CLOUD,
        tool=TOOL,
        rule=rule,
        title=wording.title(f"{text(control, 'name') or rule} ({_short(resource)})"),
        severity=grade.severity,
        record=place,
        description=wording.description(
            paragraphs(
                text(control, "description"),
                text(record, "alertMessage"),
                text(control, "remediation"),
            )
        ),
        severity_raw=grade.raw,
        severity_source=grade.source,
        resource=resource,
        raw=msgspec.json.encode({"controlID": rule, "resource": resource, **record}),
    )


def _short(uid: str) -> str:
    return "/".join(uid.split("/")[-2:])


def _asset(form: Document, about: Any) -> str:
    """Return the cluster, or the repository that was scanned."""
    cluster = wording.scalar(form.cluster_name)
    target = member(about, "targetMetadata") or member(about, "contextMetadata")
    context = text(target, "clusterContextMetadata", "contextName")
    if cluster or context:
        return wording.name(cluster or context)
    repository = member(target, "gitRepoContextMetadata") or member(target, "repoContextMetadata")
    if text(repository, "provider") in ("", "none"):
        return ""
    parts = (text(repository, "owner"), text(repository, "repo"))
    return wording.name("/".join(filter(None, parts)))


def _branch(about: Any) -> str:
    target = member(about, "targetMetadata") or member(about, "contextMetadata")
    branch = text(target, "gitRepoContextMetadata", "branch")
    return "" if branch == "none" else wording.name(branch)
