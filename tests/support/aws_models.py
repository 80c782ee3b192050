"""What the simulated SageMaker answers to each operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support import aws_objects as objects
from support.aws_routes import Call, RefusedError
from support.aws_state import Endpoint


def _absent(what: str) -> RefusedError:
    return RefusedError("ValidationException", f"Could not find {what}.")


def _groups(call: Call) -> Any:
    rows = [
        {
            "ModelPackageGroupName": name,
            "ModelPackageGroupArn": objects.arn(call.region.name, f"model-package-group/{name}"),
            "CreationTime": call.region.at.timestamp(),
            "ModelPackageGroupStatus": "Completed",
        }
        for name in sorted(call.region.groups)
    ]
    page, more = call.page(rows, 2)
    return {"ModelPackageGroupSummaryList": page, **more}


_SUMMARY = (
    "ModelPackageGroupName", "ModelPackageVersion", "ModelPackageArn", "ModelPackageDescription",
    "CreationTime", "ModelPackageStatus", "ModelApprovalStatus",
)  # fmt: skip


def _packages(call: Call) -> Any:
    groups = call.region.groups
    if name := call.body.get("ModelPackageGroupName"):
        if name not in groups:
            raise RefusedError("ValidationException", "Model Package Group does not exist")
        groups = {name: groups[name]}
    elif call.body.get("ModelPackageType", "Unversioned") == "Unversioned":
        groups = {}
    state = call.body.get("ModelApprovalStatus")
    found = [
        one
        for group in groups.values()
        for one in group.values()
        if state in (None, one["ModelApprovalStatus"])
    ]
    found.sort(key=lambda one: one["CreationTime"])
    rows = [{name: one[name] for name in _SUMMARY} for one in found]
    page, more = call.page(reversed(rows), 3)
    return {"ModelPackageSummaryList": page, **more}


def _package_of(call: Call, arn: str) -> dict[str, Any]:
    for group in call.region.groups.values():
        for one in group.values():
            if one["ModelPackageArn"] == arn:
                return one
    raise RefusedError("ValidationException", "ModelPackage does not exist")


def _package(call: Call) -> Any:
    return _package_of(call, call.body["ModelPackageName"])


def _update_package(call: Call) -> Any:
    found = _package_of(call, call.body["ModelPackageArn"])
    for name in ("ModelApprovalStatus", "ApprovalDescription"):
        if name in call.body:
            found[name] = call.body[name]
    kept = found["CustomerMetadataProperties"] | call.body.get("CustomerMetadataProperties", {})
    gone = call.body.get("CustomerMetadataPropertiesToRemove", ())
    found["CustomerMetadataProperties"] = {k: v for k, v in kept.items() if k not in gone}
    call.wrote()
    return {"ModelPackageArn": found["ModelPackageArn"]}


def _tags(call: Call) -> Any:
    tags = call.region.tags.get(call.body["ResourceArn"], {})
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _endpoints(call: Call) -> Any:
    at = call.region.at.timestamp()
    rows = [
        {
            "EndpointName": one.name,
            "EndpointArn": objects.arn(call.region.name, f"endpoint/{one.name}"),
            "CreationTime": at,
            "LastModifiedTime": at,
            "EndpointStatus": one.status,
        }
        for one in call.region.endpoints.values()
    ]
    page, more = call.page(rows, 2)
    return {"Endpoints": page, **more}


def _endpoint_of(call: Call) -> Endpoint:
    found = call.region.endpoints.get(call.body["EndpointName"])
    if found is None:
        raise _absent(f'endpoint "{call.body["EndpointName"]}"')
    return found


def _endpoint(call: Call) -> Any:
    one, at = _endpoint_of(call), call.region.at.timestamp()
    variants = [
        {
            "VariantName": name,
            "CurrentWeight": weight,
            "DesiredWeight": one.wanted.get(name, weight),
        }
        for name, weight in one.weights.items()
    ]
    made = {
        "EndpointName": one.name,
        "EndpointArn": objects.arn(call.region.name, f"endpoint/{one.name}"),
        "EndpointConfigName": one.config,
        "ProductionVariants": variants,
        "EndpointStatus": one.status,
        "CreationTime": at,
        "LastModifiedTime": at,
    }
    if one.sampling:
        made["DataCaptureConfig"] = {
            "EnableCapture": True,
            "CaptureStatus": "Started",
            "CurrentSamplingPercentage": one.sampling,
            "DestinationS3Uri": "s3://bank-capture/fraud",
            "KmsKeyId": "",
        }
    if one.pending:
        made["PendingDeploymentSummary"] = {"EndpointConfigName": one.pending}
    if one.fault:
        made["FailureReason"] = one.fault
    return made


def _config(call: Call) -> Any:
    name = call.body["EndpointConfigName"]
    if name not in call.region.configs:
        raise _absent(f'endpoint configuration "{name}"')
    return call.region.configs[name]


def _configs(call: Call) -> Any:
    names = ("EndpointConfigName", "EndpointConfigArn", "CreationTime")
    rows = [{name: one[name] for name in names} for one in call.region.configs.values()]
    page, more = call.page(reversed(rows), call.body["MaxResults"])
    return {"EndpointConfigs": page, **more}


def _model(call: Call) -> Any:
    name = call.body["ModelName"]
    if name not in call.region.models:
        raise _absent(f'model "{name}"')
    package = call.region.models[name]
    container = {"ModelPackageName": package} if package else {"Image": "x"}
    return {
        "ModelName": name,
        "PrimaryContainer": container,
        "CreationTime": call.region.at.timestamp(),
        "ModelArn": objects.arn(call.region.name, f"model/{name}"),
    }


def _busy(call: Call) -> Endpoint:
    one = _endpoint_of(call)
    if one.status != "InService":
        raise RefusedError("ValidationException", f"Cannot update in-progress endpoint {one.name}")
    return one


def _update_endpoint(call: Call) -> Any:
    one, config = _busy(call), call.body["EndpointConfigName"]
    if config not in call.region.configs:
        raise _absent(f'endpoint configuration "{config}"')
    one.status, one.pending = "Updating", config
    return _taken(call, one)


def _update_weights(call: Call) -> Any:
    one = _busy(call)
    wanted = {
        w["VariantName"]: w["DesiredWeight"] for w in call.body["DesiredWeightsAndCapacities"]
    }
    if not wanted.keys() <= one.weights.keys():
        raise RefusedError("ValidationException", "There is no such variant")
    one.status, one.wanted = "Updating", one.weights | wanted
    return _taken(call, one)


def _taken(call: Call, one: Endpoint) -> Any:
    call.wrote()
    if not call.region.is_slow:
        call.region.settle()
    return {"EndpointArn": objects.arn(call.region.name, f"endpoint/{one.name}")}


OPERATIONS: dict[tuple[str, str], Callable[[Call], Any]] = {
    ("sagemaker", "ListModelPackageGroups"): _groups,
    ("sagemaker", "ListModelPackages"): _packages,
    ("sagemaker", "DescribeModelPackage"): _package,
    ("sagemaker", "UpdateModelPackage"): _update_package,
    ("sagemaker", "ListTags"): _tags,
    ("sagemaker", "ListEndpoints"): _endpoints,
    ("sagemaker", "DescribeEndpoint"): _endpoint,
    ("sagemaker", "DescribeEndpointConfig"): _config,
    ("sagemaker", "ListEndpointConfigs"): _configs,
    ("sagemaker", "DescribeModel"): _model,
    ("sagemaker", "UpdateEndpoint"): _update_endpoint,
    ("sagemaker", "UpdateEndpointWeightsAndCapacities"): _update_weights,
}
