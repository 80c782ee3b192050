"""Trivy's own JSON → scans: one for each kind of check that was made.

`trivy config` and `trivy fs` over the same repository must not close each other's findings, so
vulnerabilities, misconfigurations, secrets and licences are scans of different categories.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import ControlEvidence, Observation, Problem, Scan
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents, decode_record
from riskcockpit.formats.images import image_name
from riskcockpit.formats.members import each
from riskcockpit.formats.moments import moment
from riskcockpit.formats.trivy import records
from riskcockpit.formats.trivy.compliance import compliance
from riskcockpit.formats.trivy.model import Document, Resource, Target
from riskcockpit.formats.trivy.records import TOOL, Context
from riskcockpit.formats.unlisting import refuse_documents

CATEGORIES = {
    "vulnerability": "vulnerabilities",
    "misconfiguration": "misconfigurations",
    "secret": "secrets",
    "license": "licences",
}
"""Kind of record → category of its scan."""
CLASSES = {
    "os-pkgs": "vulnerability",
    "lang-pkgs": "vulnerability",
    "config": "misconfiguration",
    "secret": "secret",
    "license": "license",
    "license-file": "license",
}
"""Trivy's class of a target → kind of record that was looked for in it."""
_FORMS = msgspec.json.Decoder(Document | list[Raw] | None)
_TARGET = msgspec.json.Decoder(Target)
_RESOURCE = msgspec.json.Decoder(Resource)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a Trivy report of any form.

    Raises:
        FormatError: not Trivy's, not JSON, or beyond a limit.
    """
    with without_collection():
        forms, documents = decode_documents(content, _FORMS.decode, "Trivy JSON")
        refuse_documents(forms, "Trivy JSON", "SchemaVersion", "Results", "ClusterName")
        notes = list(documents.notes)
        scans: list[Scan] = []
        for form in forms:
            if isinstance(form, Document) and form.id is not None:
                scans.append(compliance(form, options))
                continue
            reader = _DocumentReader(options)
            reader.take(form)
            scans += reader.scans()
            notes += reader.notes
    if documents.unreadable:
        unread = tuple(Problem("report", why) for why in documents.unreadable)
        scans.append(Scan(tool=TOOL, problems=unread, is_partial=True))
    return Report("trivy", tuple(scans), tuple(notes))


@dataclass(slots=True)
class _Part:
    """What was found by one kind of check."""

    observations: list[Observation] = field(default_factory=list)
    evidence: list[ControlEvidence] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    is_covered: bool = False
    """A target says that it was checked."""


class _DocumentReader:
    """Reads one document into one part for each kind of check."""

    def __init__(self, options: ReadOptions) -> None:
        self._options = options
        self._document = Document()
        self._parts: dict[str, _Part] = {}
        self._problems: list[Problem] = []
        self._errors: list[str] = []
        self.notes: list[str] = []

    def take(self, form: Document | list[Raw] | None) -> None:
        """Read everything in `form`."""
        if form is None:
            self.notes.append("the report is null: an old Trivy that found nothing, or no scan")
        elif isinstance(form, list):
            self._targets(form, "", "")
        else:
            self._take_document(form)

    def scans(self) -> Iterator[Scan]:
        """Yield the scans; one without category when the report covers nothing."""
        document = self._document
        shared = Scan(
            tool=TOOL,
            tool_version=wording.name((document.trivy and document.trivy.version) or ""),
            asset=_asset(document),
            branch=wording.name((document.metadata and document.metadata.branch) or ""),
            scanned_at=moment(document.created_at),
            tool_errors=tuple(self._errors),
        )
        for kind, part in self._parts.items():
            yield replace(
                shared,
                category=CATEGORIES[kind],
                observations=tuple(part.observations),
                evidence=tuple(part.evidence),
                problems=tuple(part.problems),
                is_successful=True if part.is_covered and not self._errors else None,
            )
        if self._problems or not self._parts:
            yield replace(shared, problems=tuple(self._problems), is_partial=True)

    def _take_document(self, document: Document) -> None:
        self._document = document
        system = document.metadata.os if document.metadata else None
        if system is not None and system.eosl:
            words = wording.name(f"{system.family or ''} {system.name or ''}")
            self.notes.append(f"{words} is beyond its end of life: fixes are no longer published")
        self._targets(document.results or (), "Results", "")
        for member, raws in (
            ("Resources", document.resources),
            ("Vulnerabilities", document.vulnerabilities),
            ("Misconfigurations", document.misconfigurations),
            ("Findings", document.findings),
        ):
            for number, raw in enumerate(raws or ()):
                self._resource(bytes(raw), f"{member}[{number}]")

    def _resource(self, raw: bytes, place: str) -> None:
        try:
            resource = decode_record(raw, _RESOURCE)
        except SkipRecordError as fault:
            self._problems.append(Problem(place, fault.message))
            return
        parts = (resource.namespace, resource.kind, resource.name)
        name = wording.name("/".join(part for part in parts if part))
        if resource.error:
            why = self._options.redact(resource.error)
            self._errors.append(wording.title(f"{name} was not scanned: {why}"))
        self._targets(resource.results or (), f"{place}.Results", name)

    def _targets(self, raws: Iterable[Raw], place: str, resource: str) -> None:
        for number, raw in enumerate(raws):
            where = f"{place}[{number}]"
            try:
                target = decode_record(bytes(raw), _TARGET)
            except SkipRecordError as fault:
                self._problems.append(Problem(where, fault.message))
                continue
            self._target(target, where, resource)

    def _target(self, target: Target, place: str, resource: str) -> None:
        context = Context(
            self._options.redact(target.target or ""),
            target.class_ or "",
            target.type or "",
            resource,
            self._options,
        )
        kind = CLASSES.get(context.class_)
        if kind is not None:
            self._part(kind).is_covered = True
        self._records("vulnerability", target.vulnerabilities, f"{place}.Vulnerabilities", context)
        self._records(
            "misconfiguration", target.misconfigurations, f"{place}.Misconfigurations", context
        )
        self._records("secret", target.secrets, f"{place}.Secrets", context)
        self._records("license", target.licenses, f"{place}.Licenses", context)
        self._suppressed(
            target.experimental_modified_findings or (),
            f"{place}.ExperimentalModifiedFindings",
            context,
        )

    def _records(self, kind: str, raws: Sequence[Raw] | None, place: str, context: Context) -> None:
        if not raws:
            return
        part = self._part(kind)
        part.is_covered = True
        read = records.READERS[kind]
        for where, raw in each(raws, place):
            try:
                record = read(raw, where, context)
            except SkipRecordError as fault:
                part.problems.append(Problem(where, fault.message))
                continue
            if isinstance(record, ControlEvidence):
                part.evidence.append(record)
            else:
                part.observations.append(record)

    def _suppressed(self, raws: Iterable[Raw], place: str, context: Context) -> None:
        for where, raw in each(raws, place):
            try:
                kind, record = records.suppressed(raw, where, context)
            except SkipRecordError as fault:
                self._problems.append(Problem(where, fault.message))
                continue
            self._part(kind).observations.append(record)

    def _part(self, kind: str) -> _Part:
        return self._parts.setdefault(kind, _Part())


def _asset(document: Document) -> str:
    """Return the name of the image without tag and digest, of the repository, or the cluster."""
    if document.cluster_name:
        return wording.name(document.cluster_name)
    name = wording.name(document.artifact_name or "")
    if document.artifact_type == "container_image":
        return image_name(name)
    if document.artifact_type == "repository" and "://" in name:
        return name.partition("://")[2].partition("/")[2].removesuffix(".git")
    return ""
