"""What one region of the simulated AWS knows. No HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from support import aws_objects as objects

START = datetime(2026, 2, 27, tzinfo=UTC)


@dataclass
class Endpoint:
    """An endpoint of SageMaker."""

    name: str
    config: str
    weights: dict[str, float]
    status: str = "InService"
    pending: str = ""
    wanted: dict[str, float] = field(default_factory=dict)
    sampling: int = 0
    fault: str = ""


class Region:
    """One region, with a clock that each change moves by a minute."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.at = START
        self.off: dict[str, int] = {}
        """Service → the status it is refused with."""
        self.findings: dict[str, dict[str, Any]] = {}
        self.ocsf: dict[str, dict[str, Any]] = {}
        self.inspector: dict[str, dict[str, Any]] = {}
        self.filters: dict[str, dict[str, Any]] = {}
        self.rules: dict[str, dict[str, Any]] = {}
        self.broken: dict[str, list[dict[str, Any]]] = {}
        self.exceptions: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.groups: dict[str, dict[int, dict[str, Any]]] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.models: dict[str, str] = {}
        self.configs: dict[str, dict[str, Any]] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self.writes: list[tuple[str, Any]] = []
        """Every change that took effect, or was taken: operation, body."""
        self.refusals: dict[str, tuple[str, str]] = {}
        """Id of a finding → why a change of it, in a call that succeeds, does not."""
        self.is_slow = False
        """Changes show only after `settle`."""
        self.is_failing = False
        """A deployment that settles is rolled back by SageMaker itself."""
        self._later: list[tuple[dict[str, Any], dict[str, Any]]] = []

    def tick(self) -> datetime:
        """Let time pass and return it."""
        self.at += timedelta(minutes=1)
        return self.at

    def change(self, record: dict[str, Any], changes: dict[str, Any]) -> None:
        """Change a record, now or when everything settles."""
        if self.is_slow:
            self._later.append((record, changes))
        else:
            record.update(changes)

    def settle(self) -> None:
        """Show what was taken."""
        for record, changes in self._later:
            record.update(changes)
        self._later.clear()
        for endpoint in self.endpoints.values():
            if endpoint.status == "Updating":
                self._deployed(endpoint)

    def _deployed(self, endpoint: Endpoint) -> None:
        endpoint.status = "InService"
        if self.is_failing:
            endpoint.fault = "an alarm went off: rolled back"
        elif endpoint.pending:
            endpoint.config = endpoint.pending
            endpoint.weights = self.initial_weights(endpoint.config)
        else:
            endpoint.weights = dict(endpoint.wanted)
        endpoint.pending, endpoint.wanted = "", {}

    # What there is --------------------------------------------------------------------------------

    def hub(self, number: int, **changes: Any) -> dict[str, Any]:
        """Find something with Security Hub, a minute later."""
        made = objects.hub_finding(number, self.name, self.tick(), **changes)
        self.findings[made["Id"]] = made
        self.ocsf_of(number)
        return made

    def ocsf_of(self, number: int, **changes: Any) -> dict[str, Any]:
        """Find something with its second API."""
        made = objects.ocsf_finding(number, self.name, self.at, **changes)
        self.ocsf[made["metadata"]["uid"]] = made
        return made

    def update(self, finding: dict[str, Any], **changes: Any) -> None:
        """Change a finding as its product does: its time moves."""
        finding.update(changes, UpdatedAt=objects.stamp(self.tick()))

    def inspect(self, number: int, **changes: Any) -> dict[str, Any]:
        """Find something with Inspector, a minute later."""
        made = objects.inspector_finding(number, self.name, self.tick(), **changes)
        self.inspector[made["findingArn"]] = made
        return made

    def rule(self, name: str, *resources: str, created_by: str = "") -> None:
        """Make a rule that some buckets do not keep."""
        at = self.tick()
        self.rules[name] = {
            "ConfigRuleName": name,
            "ConfigRuleArn": objects.arn(self.name, f"config-rule/{name}", "config"),
            "ConfigRuleId": f"config-rule-{len(self.rules)}",
            "Description": "Buckets are closed.",
            "Source": {"Owner": "AWS", "SourceIdentifier": "S3_BUCKET_PUBLIC_READ_PROHIBITED"},
            "ConfigRuleState": "ACTIVE",
            **({"CreatedBy": created_by} if created_by else {}),
        }
        self.broken[name] = [
            objects.evaluation(name, "AWS::S3::Bucket", id_, at) for id_ in resources
        ]

    def package(self, group: str, version: int, state: str = "Approved", **changes: Any) -> str:
        """Register a version of a model, and a model of endpoints that runs it."""
        arn = objects.arn(self.name, f"model-package/{group}/{version}")
        person = {"UserProfileName": "trainer", "DomainId": "d-1"}
        self.groups.setdefault(group, {})[version] = {
            "ModelPackageName": f"{group}-{version}",
            "ModelPackageGroupName": group,
            "ModelPackageVersion": version,
            "ModelPackageArn": arn,
            "ModelPackageDescription": f"version {version}",
            "CreationTime": self.tick().timestamp(),
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": []},
            "ModelApprovalStatus": state,
            "CreatedBy": person,
            "LastModifiedBy": {"UserProfileName": "validator", "DomainId": "d-1"},
            "CustomerMetadataProperties": {},
            **changes,
        }
        self.models[f"{group}-v{version}"] = arn
        return arn

    def config(self, name: str, **models: str | tuple[str, float]) -> None:
        """Make a configuration: variant → model, or model and weight."""
        given = {v: m if isinstance(m, tuple) else (m, 1.0) for v, m in models.items()}
        self.configs[name] = {
            "EndpointConfigName": name,
            "EndpointConfigArn": objects.arn(self.name, f"endpoint-config/{name}"),
            "CreationTime": self.tick().timestamp(),
            "ProductionVariants": [
                {"VariantName": variant, "ModelName": model, "InitialVariantWeight": weight}
                for variant, (model, weight) in given.items()
            ],
        }

    def initial_weights(self, config: str) -> dict[str, float]:
        """Return the weights a configuration begins with."""
        variants = self.configs[config]["ProductionVariants"]
        return {one["VariantName"]: one["InitialVariantWeight"] for one in variants}

    def endpoint(self, name: str, config: str, sampling: int = 0) -> Endpoint:
        """Serve a configuration."""
        made = Endpoint(name, config, self.initial_weights(config), sampling=sampling)
        self.endpoints[name] = made
        return made


def bank_models(region: Region) -> None:
    """Fill a region with a model of three versions, the newest of which serves."""
    for version in (1, 2, 3):
        region.package("fraud-scoring", version)
        region.config(f"fraud-v{version}", main=f"fraud-scoring-v{version}")
    region.package("fraud-scoring", 4, "PendingManualApproval")
    region.tags[objects.arn(region.name, "model-package-group/fraud-scoring")] = {
        "owner": "risk-models",
        "risk_tier": "1",
    }
    region.endpoint("fraud-prod", "fraud-v3", sampling=20)
