"""Reports of the Trivy Operator: Kubernetes resources, one by one, in lists, or a dump of all.

The records are Trivy's with other names, so Trivy's own readers read them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
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
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.kubernetes.compliance import take_compliance
from riskcockpit.formats.kubernetes.names import workload
from riskcockpit.formats.members import Members, each, record_of
from riskcockpit.formats.prose import paragraphs
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
_BY_RECORDS = {
    "vulnerabilities": "vulnerabilities",
    "secrets": "secrets",
    "checks": "misconfigurations",
}
"""What a report of a kind that is not told, or not known, holds → category of its scan."""
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
        reader.groups.unread(documents.unreadable)
        notes = (*documents.notes, *reader.notes())
        return Report("trivy-operator", reader.groups.scans(reader.about), notes)


class _Reader:
    """Reads reports into scans: one for each kind and namespace, because clusters are dumped so.

    A report that stands alone is a scan of its own workload.
    """

    def __init__(self, options: ReadOptions) -> None:
        self.groups = Groups(Group(TOOL))
        self._options = options
        self._versions: dict[Group, set[str]] = {}
        self._moments: dict[Group, datetime | None] = {}
        self._unread: Counter[str] = Counter()

    def take_form(self, form: list[Raw] | dict[str, Raw], part: bytes, *, is_alone: bool) -> None:
        """Read all reports of a document."""
        if isinstance(form, list):
            self._take_all(form, "")
        elif any(name.endswith(GROUP) for name in form):
            for name, raw in form.items():
                self._take_list(raw, name)
        else:
            self._take(part, "report", is_alone=is_alone)

    def about(self, group: Group) -> dict[str, Any]:
        """Return what the reports of a scan say of it: that they are there proves the scan.

        Only of a report alone the moment is that of the scan; others are as old as each workload.
        """
        versions = self._versions.get(group, set())
        return {
            "tool_version": next(iter(versions)) if len(versions) == 1 else "",
            "scanned_at": self._moments.get(group),
            "is_successful": True if versions else None,
        }

    def notes(self) -> Iterator[str]:
        """Yield a sentence for each kind of resource in which no findings are looked for."""
        for kind, count in self._unread.items():
            yield f"{count} resource(s) of the kind {kind or 'that is not told'}: no findings there"

    def _take_list(self, raw: Raw, place: str) -> None:
        try:
            found = _LIST.decode(raw)
        except msgspec.DecodeError:
            self._take(bytes(raw), place, is_alone=False)
            return
        self._take_all(found or (), place)

    def _take_all(self, raws: Iterable[Raw], place: str) -> None:
        for where, raw in each(raws, place):
            self._take(raw, where, is_alone=False)

    def _take(self, raw: bytes, place: str, *, is_alone: bool) -> None:
        try:
            record = record_of(raw, self._options, without=_PERSONAL)
        except SkipRecordError as fault:
            self.groups.trouble(place, fault.message)
            return
        if "items" in record:
            kind = {"kind": record.word("kind").removesuffix("List")}
            for index, item in enumerate(record.items("items")):
                whole = Members(kind | item.object()) if item else item
                self._take(whole.encoded(), f"{place}.items[{index}]", is_alone=False)
            return
        category = _category(record, place)
        if category:
            self._take_report(record, category, place, is_alone=is_alone)
        else:
            self._unread[wording.name(record.word("kind"))] += 1

    def _take_report(self, record: Members, category: str, place: str, *, is_alone: bool) -> None:
        labels = record.member("metadata", "labels")
        namespace = labels.text(f"{_LABEL}namespace") or record.text("metadata", "namespace")
        where = workload(
            namespace,
            labels.text(f"{_LABEL}kind"),
            labels.text(f"{_LABEL}name") or record.text("metadata", "name"),
        )
        container = labels.text("trivy-operator.container.name")
        of_what = (where, container) if is_alone else (namespace,)
        group = Group(TOOL, "", wording.name(" ".join(filter(None, (category, *of_what)))))
        gathering = self.groups.of(group)
        report = record.member("report")
        version = report.name("scanner", "version")
        self._versions.setdefault(group, set()).add(version)
        if is_alone:
            self._moments[group] = report.moment("updateTimestamp") or record.moment(
                "status", "updateTimestamp"
            )
        if category == "compliance":
            take_compliance(record, place, gathering, self._options)
        else:
            _take_records(report, place, where, gathering, self._options)


def _category(record: Members, place: str) -> str:
    """Return the category of a report by its kind, by the list it stands in, or by its records."""
    listed = place.partition(f"s.{GROUP}")[0]
    named = CATEGORIES.get(record.word("kind").lower()) or CATEGORIES.get(listed)
    held = (category for name, category in _BY_RECORDS.items() if name in record.member("report"))
    return named or next(held, "")


def _take_records(
    report: Members, place: str, where: str, gathering: Gathering, options: ReadOptions
) -> None:
    if report.value is None:
        gathering.trouble(place, "a report without `report`")
        return
    subject = _Subject(where, _image(report), report.text("os", "family"), options)
    for name, read_record in _RECORDS.items():
        for index, item in enumerate(report.items(name)):
            at = f"{place}.report.{name}[{index}]"
            gathering.take(at, partial(read_record, item, at, subject))


class _Subject(NamedTuple):
    """What all records of one report share."""

    where: str
    image: str
    family: str
    """Family of the image's operating system; empty when the report does not say."""
    options: ReadOptions


def _image(report: Members) -> str:
    """Return the image without its tag, as other scanners call it; empty for a configuration."""
    server, repository = report.text("registry", "server"), report.text("artifact", "repository")
    if not repository or server in ("", *_DOCKER_HUB):
        return wording.name(repository.removeprefix("library/"))
    return wording.name(f"{server}/{repository}")


def _vulnerability(item: Members, place: str, subject: _Subject) -> Observation:
    class_ = item.text("class")
    family = subject.family if class_ in ("", "os-pkgs") else ""
    context = Context(
        item.text("target"),
        class_,
        item.text("packageType") or family,
        subject.where,
        subject.options,
    )
    translated = {
        "VulnerabilityID": item.text("vulnerabilityID"),
        "PkgName": item.text("resource"),
        "PkgPath": item.first("packagePath", "pkgPath") or None,
        "PkgIdentifier": {"PURL": item.first("packagePURL", "pkgPURL", "purl")},
        "InstalledVersion": item.text("installedVersion"),
        "FixedVersion": item.text("fixedVersion"),
        "Severity": item.word("severity"),
        "Title": item.text("title"),
        "Description": item.text("description"),
        "PrimaryURL": item.text("primaryLink"),
    }
    seen = records.vulnerability(msgspec.json.encode(translated), place, context)
    locations = seen.locations if class_ else ()
    return replace(
        seen,
        asset=subject.image,
        cvss=item.score("score"),
        locations=locations,
        raw=item.encoded(),
    )


def _check(item: Members, place: str, subject: _Subject) -> Observation | ControlEvidence:
    rule = item.first("checkID", "id", "title")
    if not rule and item.at("success") is True:
        return ControlEvidence(TOOL, item.name("category") or "check", "pass", subject.where, place)
    if not rule:
        raise SkipRecordError("a check without checkID and title")
    messages = item.texts("messages")
    translated = {
        "ID": rule,
        "Title": item.text("title"),
        "Description": item.text("description"),
        "Message": "\n".join(messages),
        "Resolution": item.text("remediation"),
        "Severity": item.word("severity"),
        "Status": "PASS" if item.at("success") is True else "FAIL",
    }
    context = Context(subject.where, "config", "kubernetes", subject.where, subject.options)
    seen = records.misconfiguration(msgspec.json.encode(translated), place, context)
    if isinstance(seen, ControlEvidence):
        return seen
    about = paragraphs(*messages, item.text("description"), item.text("remediation"))
    return replace(
        seen,
        locations=(),
        description=wording.description(about),
        raw=item.encoded(),
    )


def _secret(item: Members, place: str, subject: _Subject) -> Observation:
    translated = {
        "RuleID": item.first("ruleID", "title"),
        "Category": item.text("category"),
        "Severity": item.word("severity"),
        "Title": item.text("title"),
        "Match": item.text("match"),
    }
    if not translated["RuleID"]:
        raise SkipRecordError("a secret without ruleID")
    context = Context(item.text("target"), "secret", "", subject.where, subject.options)
    seen = records.secret(msgspec.json.encode(translated), place, context)
    kept = without_secret(item.encoded(), subject.options).record
    return replace(seen, asset=subject.image, raw=kept)


_RECORDS: dict[str, Callable[..., Observation | ControlEvidence]] = {
    "vulnerabilities": _vulnerability,
    "checks": _check,
    "secrets": _secret,
}
