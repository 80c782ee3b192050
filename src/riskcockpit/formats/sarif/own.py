"""What riskcockpit's own SARIF says beyond SARIF: enough to be read back as the same findings.

The run has `properties.riskcockpit` (`OwnRun`), each result too (`OwnResult`). SARIF itself knows
neither packages nor models nor the id a finding has.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

import msgspec

from riskcockpit.domain.clock import parse_utc, rfc3339
from riskcockpit.domain.finding import FindingClass, ModelSignal, Observation, Package
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.formats import wording
from riskcockpit.formats.vulnerabilities import canonical_id

SCHEMA = "riskcockpit.sarif/1"
CLAIM = "riskcockpit/v1"
"""The fingerprint by which others know our findings; we know them by their id itself."""
_ID = re.compile(r"[0-9a-f]{32}")


class OwnPackage(msgspec.Struct, gc=False, omit_defaults=True):
    """`domain.finding.Package`."""

    type: str
    name: str
    namespace: str = ""
    version: str = ""
    fixed_version: str = ""
    layer: str = ""


class OwnSignal(msgspec.Struct, gc=False, omit_defaults=True):
    """`domain.finding.ModelSignal`."""

    model: str
    monitor: str
    metric: str
    segment: str = ""


class OwnResult(msgspec.Struct, gc=False, omit_defaults=True):
    """What a result of ours says of its finding."""

    id: str
    finding_class: str = msgspec.field(name="class")
    severity: str
    title: str
    description: str = ""
    state: str = ""
    severity_raw: str = ""
    severity_source: str = ""
    package: OwnPackage | None = None
    signal: OwnSignal | None = None
    vulnerability_ids: tuple[str, ...] = ()
    resource: str = ""
    secret_digest: str = msgspec.field(name="keyed_hash", default="")
    cvss: float | None = None
    epss: float | None = None
    kev: bool = False
    pillar: str = ""
    onset_at: str = ""


class OwnRun(msgspec.Struct, gc=False):
    """What a run of ours says of its scan."""

    schema: str
    asset: str
    category: str = ""
    branch: str = ""
    complete: bool = False
    """An export holds what a query selected: what is not in it is not gone."""


class _Provenance(msgspec.Struct, gc=False, rename="camel"):
    first_detection_time_utc: str = ""


class _Dated(msgspec.Struct, gc=False):
    provenance: _Provenance | None = None


class _Bag(msgspec.Struct, gc=False):
    riskcockpit: OwnResult | None = None


class _RunBag(msgspec.Struct, gc=False):
    riskcockpit: OwnRun | None = None


_BAG = msgspec.json.Decoder(_Bag)
_DATED = msgspec.json.Decoder(_Dated)
_RUN_BAG = msgspec.json.Decoder(_RunBag)


def own_run(properties: bytes) -> OwnRun | None:
    """Return what a run of ours says of its scan; None for anybody else's."""
    try:
        own = _RUN_BAG.decode(properties).riskcockpit
    except (msgspec.DecodeError, RecursionError):
        return None
    return own if own is not None and own.schema == SCHEMA else None


def own_of(seen: Observation, state: str) -> OwnResult:
    """Return what SARIF cannot say of an observation that has a `claimed_id`."""
    return OwnResult(
        id=seen.claimed_id,
        finding_class=seen.finding_class.value,
        severity=seen.severity.word,
        title=seen.title,
        description=seen.description,
        state=state,
        severity_raw=seen.severity_raw,
        severity_source=seen.severity_source,
        package=_own_package(seen.package),
        signal=_own_signal(seen.signal),
        vulnerability_ids=seen.vulnerability_ids,
        resource=seen.resource,
        secret_digest=seen.secret_digest,
        cvss=seen.cvss,
        epss=seen.epss,
        kev=seen.is_kev,
        pillar=seen.pillar.value if seen.pillar else "",
        onset_at=rfc3339(seen.onset_at) if seen.onset_at else "",
    )


def completed(seen: Observation, properties: bytes) -> Observation:
    """Return `seen`, read as any SARIF, with what a result of ours says besides.

    A bag that is not of our shape changes nothing: the result stays what SARIF says of it.
    """
    try:
        own = _BAG.decode(properties).riskcockpit
        if own is None or not _ID.fullmatch(own.id):
            return seen
        return replace(
            seen,
            finding_class=FindingClass(own.finding_class),
            severity=Severity[own.severity.upper()],
            title=wording.title(own.title) or seen.title,
            description=wording.description(own.description),
            severity_raw=wording.name(own.severity_raw),
            severity_source=wording.name(own.severity_source),
            package=_package(own.package),
            signal=_signal(own.signal),
            vulnerability_ids=tuple(map(canonical_id, own.vulnerability_ids)),
            resource=wording.name(own.resource),
            secret_digest=wording.name(own.secret_digest),
            cvss=_within(own.cvss, 10),
            epss=_within(own.epss, 1),
            is_kev=own.kev,
            pillar=Pillar(own.pillar) if own.pillar else None,
            onset_at=_moment(own.onset_at),
            first_seen=_first_seen(seen.raw),
            fingerprints=tuple(claim for claim in seen.fingerprints if claim[0] != CLAIM),
            claimed_id=own.id,
        )
    except (msgspec.DecodeError, KeyError, ValueError, OverflowError, RecursionError):
        return seen


def _own_package(package: Package | None) -> OwnPackage | None:
    if package is None:
        return None
    return OwnPackage(
        package.type, package.name, package.namespace, package.version, package.fixed_version,
        package.layer,
    )  # fmt: skip


def _own_signal(signal: ModelSignal | None) -> OwnSignal | None:
    if signal is None:
        return None
    return OwnSignal(signal.model, signal.monitor, signal.metric, signal.segment)


def _package(own: OwnPackage | None) -> Package | None:
    if own is None:
        return None
    texts = (own.type, own.name, own.namespace, own.version, own.fixed_version, own.layer)
    return Package(*map(wording.name, texts))


def _signal(own: OwnSignal | None) -> ModelSignal | None:
    if own is None:
        return None
    return ModelSignal(*map(wording.name, (own.model, own.monitor, own.metric, own.segment)))


def _within(value: float | None, most: float) -> float | None:
    return value if value is not None and 0 <= value <= most else None


def _first_seen(result: bytes) -> datetime | None:
    provenance = _DATED.decode(result).provenance
    return _moment(provenance.first_detection_time_utc) if provenance else None


def _moment(text: str) -> datetime | None:
    return parse_utc(text) if text else None
