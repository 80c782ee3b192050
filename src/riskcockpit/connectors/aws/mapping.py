"""The words of AWS Config and SageMaker into ours. Pure: all foreign text is cleaned here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from riskcockpit.connectors.aws import sagemaker_wire, wire
from riskcockpit.connectors.aws.streams import moment
from riskcockpit.domain.batch import Document
from riskcockpit.domain.configuration import Setting, SettingKind
from riskcockpit.domain.deployment import Deployment, DeploymentStatus
from riskcockpit.domain.model import (
    APPROVED,
    CHAMPION,
    ROLLED_BACK_TAG,
    ModelVersion,
    RegisteredModel,
)
from riskcockpit.domain.reading import Direction, MetricClass, Reading, SubjectKind
from riskcockpit.domain.untrusted import clean_line, clean_text

CONFIG_TOOL = "AWS Config"
SEVERITY = "medium"
"""AWS Config grades nothing; the settings' overrides do."""
IN_SERVICE = "InService"
WAITING = "PendingManualApproval"
REJECTED = "Rejected"
_VALIDATION = {"Approved": APPROVED, REJECTED: "rejected", WAITING: "pending"}
_STATUSES = {"Completed": "READY"}


# Config ------------------------------------------------------------------------------------------


class KeptEvaluation(msgspec.Struct, frozen=True, kw_only=True):
    """A resource that does not keep a rule, as a record of the generic format."""

    title: str = ""
    severity: str = SEVERITY
    finding_class: str = msgspec.field(default="cloud", name="class")
    rule: str = ""
    resource: str = ""
    unique_id: str = ""
    description: str = ""
    source: str = ""
    region: str = ""
    account: str = ""
    resource_type: str = ""
    resource_id: str = ""


def rules_document(
    url: str, region: str, account: str, broken: Iterable[tuple[wire.Rule, wire.Evaluation]]
) -> Document:
    """Return all that breaks a rule in a region, as one whole report."""
    records = [_evaluation(rule, found, region, account) for rule, found in broken]
    report = {
        "tool": CONFIG_TOOL,
        "asset": account,
        "category": region,
        "complete": True,
        "findings": sorted(records, key=lambda record: record.unique_id),
    }
    return Document(name=f"{url} {region}", content=msgspec.json.encode(report), is_complete=True)


def _evaluation(
    rule: wire.Rule, found: wire.Evaluation, region: str, account: str
) -> KeptEvaluation:
    what = found.evaluation_result_identifier.evaluation_result_qualifier
    return KeptEvaluation(
        title=f"{rule.config_rule_name}: {what.resource_type} {what.resource_id}",
        rule=rule.config_rule_name,
        resource=f"{region}/{what.resource_type}/{what.resource_id}",
        unique_id=f"{rule.config_rule_arn}/{what.resource_type}/{what.resource_id}",
        description="\n\n".join(filter(None, (found.annotation, rule.description))),
        source=CONFIG_TOOL,
        region=region,
        account=account,
        resource_type=what.resource_type,
        resource_id=what.resource_id,
    )


# SageMaker ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Variant:
    """A variant of an endpoint, with the version of the registry that it runs."""

    name: str
    weight: float
    """Its part of the requests now, relative to the others."""
    wanted: float
    """The weight it is on its way to."""
    model: str
    group: str = ""
    """Empty: what it runs comes from no registry."""
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Serving:
    """An endpoint as it serves now."""

    name: str
    region: str
    status: str
    config: str
    variants: tuple[Variant, ...]
    pending: str = ""
    """The configuration it is on its way to."""
    sampling: float | None = None
    """Share of the requests that are kept; None: none is."""
    fault: str = ""
    changed_at: datetime | None = None
    """When it was changed last; None: nobody says."""

    @property
    def main(self) -> Variant | None:
        """The variant that most requests go to; None when none is served."""
        best = max(self.variants, key=lambda one: one.weight, default=None)
        return best if best is not None and best.weight > 0 else None

    def serves(self, group: str) -> int | None:
        """Return the version of `group` that most requests go to, or None."""
        main = self.main
        return main.version if main is not None and main.group == group else None


def package_name(arn: str) -> tuple[str, int | None]:
    """Return group and version of a package's ARN or name; no group for one without a version."""
    name = arn.rpartition(":")[2].removeprefix("model-package/")
    group, _, number = name.partition("/")
    is_version = number.isascii() and number.isdigit() and len(number) <= 9  # noqa: PLR2004 - fits
    return (group, int(number)) if is_version else ("", None)


def shares(weights: Mapping[str, float]) -> str:
    """Return how requests are shared out among variants, as `blue 0.9, green 0.1`."""
    total = sum(weights.values()) or 1.0
    return ", ".join(f"{name} {weights[name] / total:.4g}" for name in sorted(weights))


def registered_model(
    group: sagemaker_wire.Group,
    packages: Sequence[sagemaker_wire.PackageSummary],
    details: Mapping[str, sagemaker_wire.Package],
    tags: Iterable[sagemaker_wire.Tag],
    endpoints: Sequence[Serving],
) -> RegisteredModel:
    """Return a group as a model; `endpoints` are those that serve production in its region.

    Its champion is what they serve, when they agree; each is an alias of its own besides.
    """
    name = group.model_package_group_name
    served = {e.name: version for e in endpoints if (version := e.serves(name)) is not None}
    aliases = {clean_line(endpoint): version for endpoint, version in served.items()}
    if len(set(served.values())) == 1:
        aliases[CHAMPION] = next(iter(served.values()))
    versions = [_version(name, p, details.get(p.model_package_arn)) for p in packages]
    told = [e for e in endpoints if any(v.group == name for v in e.variants)]
    return RegisteredModel(
        name=clean_line(name),
        versions=tuple(sorted(filter(None, versions), key=lambda v: v.version, reverse=True)),
        aliases=aliases,
        tags={
            **{clean_line(tag.key): clean_line(tag.value) for tag in tags},
            **_endpoint_tags(told),
        },
        description=clean_text(group.model_package_group_description),
    )


def unregistered_model(endpoint: Serving) -> RegisteredModel:
    """Return an endpoint that runs something no registry knows as a model without versions."""
    return RegisteredModel(
        name=clean_line(endpoint.name),
        tags=_endpoint_tags([endpoint]),
        description="serves a model that is in no registry",
    )


def _endpoint_tags(endpoints: Sequence[Serving]) -> dict[str, str]:
    if not endpoints:
        return {}
    capture = [
        "off" if e.sampling is None else f"{e.sampling:.0%}" for e in endpoints
    ]  # fmt: skip
    return {
        "sagemaker.endpoint": ", ".join(clean_line(e.name) for e in endpoints),
        "sagemaker.region": ", ".join(dict.fromkeys(e.region for e in endpoints)),
        "sagemaker.status": ", ".join(clean_line(e.status) for e in endpoints),
        "sagemaker.variants": ", ".join(_words(v) for e in endpoints for v in e.variants),
        "sagemaker.data_capture": ", ".join(capture),
    }


def _words(variant: Variant) -> str:
    what = f"version {variant.version}" if variant.group else variant.model
    return clean_line(f"{variant.name} {variant.weight:g} ({what})")


def _version(
    model: str, package: sagemaker_wire.PackageSummary, detail: sagemaker_wire.Package | None
) -> ModelVersion | None:
    number = package.model_package_version
    if number is None:
        return None
    state = package.model_approval_status
    told = detail.customer_metadata_properties if detail else {}
    tags = {clean_line(key): clean_line(value) for key, value in told.items()}
    # What the registry says of the approval itself is not for whoever trains to overwrite.
    tags["validation_status"] = _VALIDATION.get(state, clean_line(state).lower() or "none")
    if detail is not None:
        _add_people(tags, detail)
    return ModelVersion(
        model=clean_line(model),
        version=number,
        status=_STATUSES.get(
            package.model_package_status, clean_line(package.model_package_status).upper()
        ),
        created_at=moment(package.creation_time),
        run_user=clean_line(detail.created_by.name) if detail else "",
        description=clean_text(package.model_package_description),
        tags=tags,
    )


def _add_people(tags: dict[str, str], detail: sagemaker_wire.Package) -> None:
    if detail.approval_description:
        tags["approval"] = clean_line(detail.approval_description)
    if detail.model_approval_status in ("Approved", REJECTED) and detail.last_modified_by.name:
        tags["validated_by"] = clean_line(detail.last_modified_by.name)


def is_rolled_back(detail: sagemaker_wire.Package) -> bool:
    """Whether a version carries our mark of a rollback."""
    return ROLLED_BACK_TAG in detail.customer_metadata_properties


# Readings ----------------------------------------------------------------------------------------


def endpoint_readings(endpoint: Serving, until: datetime) -> Iterator[Reading]:
    """Yield how an endpoint stands: in service or not, its shares of traffic, what is captured."""
    name = clean_line(endpoint.name)
    is_up = endpoint.status in (IN_SERVICE, "Updating", "SystemUpdating")
    yield Reading(
        SubjectKind.SERVICE, name, "endpoint_in_service", MetricClass.OTHER, float(is_up), until,
        segment=endpoint.region, threshold=1.0,
    )  # fmt: skip
    total = sum(v.weight for v in endpoint.variants)
    for one in endpoint.variants:
        if one.version is None or total <= 0:
            continue
        yield Reading(
            SubjectKind.MODEL, clean_line(one.group), "traffic_share", MetricClass.OTHER,
            one.weight / total, until, version=one.version,
            segment=clean_line(f"{endpoint.name}/{one.name}"),
        )  # fmt: skip
    for group in dict.fromkeys(v.group for v in endpoint.variants if v.group):
        yield Reading(
            SubjectKind.MODEL, clean_line(group), "data_capture", MetricClass.OTHER,
            endpoint.sampling or 0.0, until, segment=name,
        )  # fmt: skip


def endpoint_deployment(endpoint: Serving) -> Deployment | None:
    """Return how an endpoint came to serve what it does; None while it does not, or nobody says.

    Of an earlier configuration nothing is told; SageMaker knows neither commit nor run.
    """
    main = endpoint.main
    if endpoint.status != IN_SERVICE or endpoint.changed_at is None or main is None:
        return None
    name = clean_line(endpoint.name)
    return Deployment(
        upstream_id=clean_line(f"{endpoint.region}/{name}#{endpoint.config}"),
        asset=name,
        environment=endpoint.region,
        status=DeploymentStatus.SUCCEEDED,
        observed_at=endpoint.changed_at,
        is_production=True,
        ref=clean_line(endpoint.config),
        model=clean_line(main.group),
        model_version=main.version,
        finished_at=endpoint.changed_at,
    )


def endpoint_setting(endpoint: Serving) -> Setting:
    """Return which configuration an endpoint serves."""
    return Setting(
        SettingKind.SERVING,
        clean_line(endpoint.name),
        f"endpoint configuration in {endpoint.region}",
        clean_line(endpoint.config) or None,
    )


def waiting_reading(group: str, package: sagemaker_wire.PackageSummary, until: datetime) -> Reading:
    """Return for how long a version has waited for an approval."""
    seconds = max((until - moment(package.creation_time)).total_seconds(), 0.0)
    return Reading(
        SubjectKind.MODEL, clean_line(group), "approval_waiting", MetricClass.OTHER, seconds, until,
        unit="seconds", version=package.model_package_version,
        segment=f"version {package.model_package_version}", direction=Direction.AT_MOST,
    )  # fmt: skip
