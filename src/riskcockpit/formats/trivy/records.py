"""One record of a Trivy report → one observation, or evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import msgspec

from riskcockpit.domain.finding import (
    ControlEvidence,
    FindingClass,
    Location,
    Observation,
    Package,
)
from riskcockpit.domain.pillar import Pillar
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.amending import decode_amended
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.grading import Grade, graded
from riskcockpit.formats.package_types import GENERIC, layer_of, purl_type
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.secrets import without_secret
from riskcockpit.formats.suspicion import checked
from riskcockpit.formats.trivy.model import (
    Cause,
    License,
    Misconfiguration,
    Modified,
    Score,
    Secret,
    Vulnerability,
)
from riskcockpit.formats.vulnerabilities import (
    canonical_id,
    cwe_numbers,
    package_from_purl,
    split_name,
)

TOOL = "Trivy"
SUPPRESSED_STATUSES = frozenset({"not_affected"})
"""Vulnerability statuses by which the vendor says that there is no fault."""
TRIAGE_STATUSES = frozenset({"under_investigation"})
_NOT_FAILED = {"PASS": "pass", "EXCEPTION": "not_applicable"}
_OS_CLASS = "os-pkgs"

_VITAL = frozenset(
    {"VulnerabilityID", "PkgName", "Status", "ID", "RuleID", "StartLine", "Name", "Type", "Finding"}
)
_VULNERABILITY = msgspec.json.Decoder(Vulnerability)
_MISCONFIGURATION = msgspec.json.Decoder(Misconfiguration)
_SECRET = msgspec.json.Decoder(Secret)
_LICENSE = msgspec.json.Decoder(License)
_MODIFIED = msgspec.json.Decoder(Modified)


@dataclass(frozen=True, slots=True)
class Context:
    """What all records of one target share."""

    target: str
    class_: str
    type: str
    resource: str
    """`namespace/kind/name` in a cluster; empty elsewhere."""
    options: ReadOptions

    def path(self, text: str) -> str:
        """Return `text` as a path of the repository."""
        return normalise(text, self.options.checkout_prefixes)

    def severity(self, word: str | None, rule: str, source: str) -> Grade:
        """Return severity, raw word and source; an unknown word counts as medium."""
        return graded(TOOL, rule, word, source, self.options)


def vulnerability(raw: bytes, place: str, context: Context) -> Observation:
    """Read a vulnerability.

    Raises:
        SkipRecordError: it has another shape.
    """
    raw = checked(raw, context.options)
    found = decode_amended(raw, _VULNERABILITY, _VITAL)
    rule = canonical_id(found.vulnerability_id)
    package = _package(found, context)
    if not rule or not package.name:
        raise SkipRecordError("a vulnerability without id or package name")
    origin = f"Severity by {wording.name(found.severity_source)}" if found.severity_source else ""
    severity, word, source = context.severity(found.severity, rule, origin or "Severity")
    status = (found.status or "").lower()
    plain = f"{rule} in {found.pkg_name or package.name} {package.version}".strip()
    about = [found.description or "", f"Status: {status}" if status else ""]
    path = "" if package.layer == "os" else context.path(found.pkg_path or context.target)
    return Observation(
        finding_class=FindingClass.DEPENDENCY,
        tool=TOOL,
        rule=rule,
        title=wording.title(found.title or "", plain, rule),
        severity=severity,
        record=place,
        description=wording.description("\n\n".join(filter(None, about))),
        severity_raw=word,
        severity_source=source,
        needs_triage=status in TRIAGE_STATUSES,
        is_suppressed=status in SUPPRESSED_STATUSES,
        locations=(Location(path),) if path else (),
        vulnerability_ids=(rule,),
        package=package,
        resource=context.resource,
        cwes=cwe_numbers(found.cwe_ids or ()),
        cvss=_cvss(found.cvss or {}, found.severity_source or ""),
        help_url=wording.name(found.primary_url or ""),
        raw=raw,
    )


def misconfiguration(raw: bytes, place: str, context: Context) -> Observation | ControlEvidence:
    """Read a check; one that passed is evidence.

    Raises:
        SkipRecordError: it has another shape.
    """
    raw = checked(raw, context.options)
    found = decode_amended(raw, _MISCONFIGURATION, _VITAL)
    rule = wording.name(found.id or found.avd_id or "")
    if not rule:
        raise SkipRecordError("a check without an id")
    passed = _NOT_FAILED.get((found.status or "").upper())
    cause = found.cause_metadata or Cause()
    named = wording.name(cause.resource or "")
    if passed:
        return ControlEvidence(TOOL, rule, passed, context.resource or named, place)
    severity, word, source = context.severity(found.severity, rule, "Severity")
    snippet = "\n".join(_cause_lines(cause))
    location = Location(
        context.path(context.target),
        _line(cause.start_line),
        None,
        _line(cause.end_line),
        wording.snippet(snippet),
    )
    about = (found.message, found.description, found.resolution)
    return Observation(
        finding_class=FindingClass.CLOUD if context.resource else FindingClass.CODE,
        tool=TOOL,
        rule=rule,
        title=wording.title(found.title or "", found.message or "", rule),
        severity=severity,
        record=place,
        description=wording.description("\n\n".join(filter(None, about))),
        severity_raw=word,
        severity_source=source,
        locations=(location,),
        fingerprints=(("CauseMetadata.Resource", named),) if named else (),
        resource=context.resource or named,
        help_url=wording.name(found.primary_url or ""),
        raw=raw,
    )


def secret(raw: bytes, place: str, context: Context) -> Observation:
    """Read a found credential; the credential itself and the code around it are left out.

    Raises:
        SkipRecordError: it has another shape.
    """
    without = without_secret(raw, context.options)
    found = decode_amended(without.record, _SECRET, _VITAL)
    rule = wording.name(found.rule_id)
    severity, word, source = context.severity(found.severity, rule, "Severity")
    location = Location(
        context.path(context.target), _line(found.start_line), None, _line(found.end_line)
    )
    return Observation(
        finding_class=FindingClass.SECRET,
        tool=TOOL,
        rule=rule,
        title=wording.title(found.title or "", found.category or "", rule),
        severity=severity,
        record=place,
        severity_raw=word,
        severity_source=source,
        locations=(location,),
        resource=context.resource,
        secret_digest=without.digest,
        raw=without.record,
    )


def license_(raw: bytes, place: str, context: Context) -> Observation:
    """Read a licence the policy objects to: a finding of the compliance pillar.

    Raises:
        SkipRecordError: it has another shape.
    """
    raw = checked(raw, context.options)
    found = decode_amended(raw, _LICENSE, _VITAL)
    rule = wording.name(found.name)
    severity, word, source = context.severity(found.severity, rule, "Severity")
    package = wording.name(found.pkg_name or "")
    where = package or wording.name(found.file_path or context.target)
    category = f" ({found.category})" if found.category else ""
    return Observation(
        finding_class=FindingClass.CODE,
        tool=TOOL,
        rule=rule,
        title=wording.title(f"Licence {rule} of {where}{category}"),
        severity=severity,
        record=place,
        severity_raw=word,
        severity_source=source,
        locations=(Location(context.path(found.file_path or context.target)),),
        fingerprints=(("PkgName", package),) if package else (),
        resource=context.resource,
        help_url=wording.name(found.link or ""),
        pillar=Pillar.COMPLIANCE_AUTOMATION,
        raw=raw,
    )


READERS = {
    "vulnerability": vulnerability,
    "misconfiguration": misconfiguration,
    "secret": secret,
    "license": license_,
}


def suppressed(raw: bytes, place: str, context: Context) -> tuple[str, Observation]:
    """Read a finding the report itself suppresses; returns its type with it.

    Raises:
        SkipRecordError: it has another shape.
    """
    found = decode_amended(raw, _MODIFIED, _VITAL)
    read = READERS.get(found.type)
    if read is None:
        raise SkipRecordError(f"a suppressed finding of unknown type {found.type[:40]}")
    record = read(bytes(found.finding), place, context)
    if isinstance(record, ControlEvidence):
        raise SkipRecordError("a suppressed check that passed")
    why = f"Suppressed: {found.status or 'ignored'} {found.statement or ''}"
    text = wording.description(f"{record.description}\n\n{context.options.redact(why)}")
    return found.type, replace(record, is_suppressed=True, description=text)


def _package(found: Vulnerability, context: Context) -> Package:
    layer = "os" if context.class_ == _OS_CLASS else "lang" if context.class_ else ""
    purl = (found.pkg_identifier and found.pkg_identifier.purl) or ""
    package = package_from_purl(purl)
    if package is None:
        type_ = purl_type(context.type)
        namespace, name = split_name(type_, found.pkg_name)
        if layer == "os" or (not layer and layer_of(type_) == "os"):
            namespace = context.type.lower() if type_ != GENERIC else ""
        package = Package(type_, name, namespace)
    return replace(
        package,
        version=wording.name(found.installed_version or package.version),
        fixed_version=wording.name(found.fixed_version or ""),
        layer=layer or layer_of(package.type),
    )


def _cvss(scores: Mapping[str, Score], source: str) -> float | None:
    """Return the score by NVD, else by the source of the severity, else the highest."""
    for name in ("nvd", source):
        if name in scores and (score := _best(scores[name])) is not None:
            return score
    return max((score for item in scores.values() if (score := _best(item))), default=None)


def _best(score: Score) -> float | None:
    found = score.v40_score or score.v3_score or score.v2_score
    return found if found is not None and 0 < found <= 10 else None  # noqa: PLR2004 - CVSS


def _cause_lines(cause: Cause) -> Iterator[str]:
    for line in (cause.code and cause.code.lines) or ():
        if line.is_cause and line.content is not None:
            yield line.content


def _line(number: int | None) -> int | None:
    return number if number is not None and 0 < number < 2**31 else None
