"""Reports of the Trivy Operator: Kubernetes resources, one by one, in lists, or a dump of all.

The records are Trivy's with other names, so Trivy's own readers read them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import ControlEvidence, Observation
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.kubernetes.compliance import take_compliance
from riskcockpit.formats.kubernetes.names import workload
from riskcockpit.formats.moments import moment
from riskcockpit.formats.picking import (
    Record,
    cvss,
    first_text,
    items,
    member,
    number,
    text,
    texts,
)
from riskcockpit.formats.picking import opened as opened_record
from riskcockpit.formats.prose import paragraphs
from riskcockpit.formats.scopes import Scope, Scopes
from riskcockpit.formats.secrets import without_secret
from riskcockpit.formats.trivy import records
from riskcockpit.formats.trivy.records import TOOL, Context

CATEGORIES = {
    "vulnerabilityreport": "vulnerabilities",
    "clustervulnerabilityreport": "vulnerabilities",
    "configauditreport": "misconfigurations",
    "clusterconfigauditreport": "misconfigurations",
    "exposedsecretreport": "secrets",
    "rbacassessmentreport": "rbac",
    "clusterrbacassessmentreport": "rbac",
    "infraassessmentreport": "infrastructure",
    "clusterinfraassessmentreport": "infrastructure",
    "clustercompliancereport": "compliance",
}
"""Kind of a report → category of its scan. Other kinds, as SBOMs, hold no findings."""
GROUP = "aquasecurity.github.io"
"""API group of the operator; in a dump of all kinds each name ends in it."""
_LABEL = "trivy-operator.resource."
_PERSONAL = frozenset({"managedfields", "annotations"})
_DOCKER_HUB = ("index.docker.io", "docker.io", "registry-1.docker.io")


_FORMS = msgspec.json.Decoder(list[Raw] | dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw] | None)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read one report, a list of reports, or an object with a list for each kind.

    Raises:
        FormatError: not JSON, or beyond a limit.
    """
    with without_collection():
        forms, documents = decode_documents(content, _FORMS.decode, "Trivy Operator's JSON")
        reader = _Reader(options)
        for form, part in zip(forms, documents.parts, strict=True):
            reader.take_form(form, part, is_alone=len(forms) == 1)
        for why in documents.unreadable:
            reader.scopes.trouble("report", why)
        return Report("trivy-operator", reader.scopes.scans(reader.about), documents.notes)


class _Reader:
    """Reads reports into scans: one for each kind and namespace, because clusters are dumped so.

    A report that stands alone is a scan of its own workload.
    """

    def __init__(self, options: ReadOptions) -> None:
        self.scopes = Scopes(TOOL)
        self._options = options
        self._versions: dict[Scope, set[str]] = {}
        self._moments: dict[Scope, datetime | None] = {}

    def take_form(self, form: list[Raw] | dict[str, Raw], part: bytes, *, is_alone: bool) -> None:
        """Read all reports of a document."""
        if isinstance(form, list):
            self._take_all(form, "")
        elif any(name.endswith(GROUP) for name in form):
            for name, raw in form.items():
                self._take_list(raw, name)
        else:
            self._take(part, "report", is_alone=is_alone)

    def about(self, scope: Scope) -> dict[str, Any]:
        """Return what the reports of a scan say of it: that they are there proves the scan.

        Only of a report alone the moment is that of the scan; others are as old as each workload.
        """
        versions = self._versions.get(scope, set())
        return {
            "tool_version": next(iter(versions)) if len(versions) == 1 else "",
            "scanned_at": self._moments.get(scope),
            "is_successful": True if versions else None,
        }

    def _take_list(self, raw: Raw, place: str) -> None:
        try:
            found = _LIST.decode(raw)
        except msgspec.DecodeError:
            self._take(bytes(raw), place, is_alone=False)
            return
        self._take_all(found or (), place)

    def _take_all(self, raws: Iterable[Raw], place: str) -> None:
        for index, raw in enumerate(raws):
            self._take(bytes(raw), f"{place}[{index}]", is_alone=False)

    def _take(self, raw: bytes, place: str, *, is_alone: bool) -> None:
        try:
            _, record = opened_record(raw, self._options, _PERSONAL)
        except SkipRecordError as fault:
            self.scopes.trouble(place, fault.message)
            return
        if "items" in record:
            for index, item in enumerate(items(record, "items")):
                self._take(msgspec.json.encode(item), f"{place}.items[{index}]", is_alone=False)
            return
        category = CATEGORIES.get(text(record, "kind").lower())
        if category is not None:
            self._take_report(record, category, place, is_alone=is_alone)

    def _take_report(self, record: Record, category: str, place: str, *, is_alone: bool) -> None:
        labels = member(record, "metadata", "labels")
        namespace = text(labels, f"{_LABEL}namespace") or text(record, "metadata", "namespace")
        where = workload(
            namespace,
            text(labels, f"{_LABEL}kind"),
            text(labels, f"{_LABEL}name") or text(record, "metadata", "name"),
        )
        container = text(labels, "trivy-operator.container.name")
        of_what = (where, container) if is_alone else (namespace,)
        scope = Scope(TOOL, "", wording.name(" ".join(filter(None, (category, *of_what)))))
        gathering = self.scopes.of(scope)
        report = member(record, "report")
        version = wording.name(text(report, "scanner", "version"))
        self._versions.setdefault(scope, set()).add(version)
        if is_alone:
            stamp = text(report, "updateTimestamp") or text(record, "status", "updateTimestamp")
            self._moments[scope] = moment(stamp)
        if category == "compliance":
            take_compliance(record, place, gathering, self._options)
        else:
            _take_records(report, place, where, gathering, self._options)


def _take_records(
    report: Any, place: str, where: str, gathering: Gathering, options: ReadOptions
) -> None:
    if report is None:
        gathering.trouble(place, "a report without `report`")
        return
    subject = _Subject(where, _image(report), text(report, "os", "family"), options)
    for name, read_record in _RECORDS.items():
        for index, item in enumerate(items(report, name)):
            at = f"{place}.report.{name}[{index}]"
            gathering.take(at, partial(read_record, item, at, subject))


class _Subject(NamedTuple):
    """What all records of one report share."""

    where: str
    image: str
    family: str
    """Family of the image's operating system; empty when the report does not say."""
    options: ReadOptions


def _image(report: Any) -> str:
    """Return the image without its tag, as other scanners call it; empty for a configuration."""
    server, repository = text(report, "registry", "server"), text(report, "artifact", "repository")
    if not repository or server in ("", *_DOCKER_HUB):
        return wording.name(repository.removeprefix("library/"))
    return wording.name(f"{server}/{repository}")


def _vulnerability(item: Record, place: str, subject: _Subject) -> Observation:
    class_ = text(item, "class")
    family = subject.family if class_ in ("", "os-pkgs") else ""
    context = Context(
        text(item, "target"),
        class_,
        text(item, "packageType") or family,
        subject.where,
        subject.options,
    )
    score = number(item, "score")
    translated = {
        "VulnerabilityID": text(item, "vulnerabilityID"),
        "PkgName": text(item, "resource"),
        "PkgPath": first_text(item, "packagePath", "pkgPath") or None,
        "PkgIdentifier": {"PURL": first_text(item, "packagePURL", "pkgPURL", "purl")},
        "InstalledVersion": text(item, "installedVersion"),
        "FixedVersion": text(item, "fixedVersion"),
        "Severity": text(item, "severity"),
        "Title": text(item, "title"),
        "Description": text(item, "description"),
        "PrimaryURL": text(item, "primaryLink"),
    }
    seen = records.vulnerability(msgspec.json.encode(translated), place, context)
    locations = seen.locations if class_ else ()
    return replace(
        seen,
        asset=subject.image,
        cvss=cvss(score),
        locations=locations,
        raw=msgspec.json.encode(item),
    )


def _check(item: Record, place: str, subject: _Subject) -> Observation | ControlEvidence:
    rule = first_text(item, "checkID", "id", "title")
    if not rule:
        raise SkipRecordError("a check without checkID and title")
    messages = texts(item, "messages")
    translated = {
        "ID": rule,
        "Title": text(item, "title"),
        "Description": text(item, "description"),
        "Message": "\n".join(messages),
        "Resolution": text(item, "remediation"),
        "Severity": text(item, "severity"),
        "Status": "PASS" if member(item, "success") is True else "FAIL",
    }
    context = Context(subject.where, "config", "kubernetes", subject.where, subject.options)
    seen = records.misconfiguration(msgspec.json.encode(translated), place, context)
    if isinstance(seen, ControlEvidence):
        return seen
    about = paragraphs(*messages, text(item, "description"), text(item, "remediation"))
    return replace(
        seen,
        locations=(),
        description=wording.description(about),
        raw=msgspec.json.encode(item),
    )


def _secret(item: Record, place: str, subject: _Subject) -> Observation:
    translated = {
        "RuleID": first_text(item, "ruleID", "title"),
        "Category": text(item, "category"),
        "Severity": text(item, "severity"),
        "Title": text(item, "title"),
        "Match": text(item, "match"),
    }
    if not translated["RuleID"]:
        raise SkipRecordError("a secret without ruleID")
    context = Context(text(item, "target"), "secret", "", subject.where, subject.options)
    seen = records.secret(msgspec.json.encode(translated), place, context)
    kept = without_secret(msgspec.json.encode(item), subject.options).record
    return replace(seen, asset=subject.image, raw=kept)


_RECORDS: dict[str, Callable[..., Observation | ControlEvidence]] = {
    "vulnerabilities": _vulnerability,
    "checks": _check,
    "secrets": _secret,
}
