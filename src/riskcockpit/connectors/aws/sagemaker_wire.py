"""The operations of SageMaker that we call, and the shapes we read. No behaviour.

As in `wire`, a list that is missing is never taken for an empty one.
"""

from __future__ import annotations

from typing import Any

import msgspec

from riskcockpit.connectors.amazon.operations import operation
from riskcockpit.connectors.aws.wire import PascalStruct

_SAGEMAKER = "SageMaker"
LIST_GROUPS = operation(_SAGEMAKER, "ListModelPackageGroups")
LIST_PACKAGES = operation(_SAGEMAKER, "ListModelPackages")
DESCRIBE_PACKAGE = operation(_SAGEMAKER, "DescribeModelPackage")
UPDATE_PACKAGE = operation(_SAGEMAKER, "UpdateModelPackage")
LIST_TAGS = operation(_SAGEMAKER, "ListTags")
LIST_ENDPOINTS = operation(_SAGEMAKER, "ListEndpoints")
DESCRIBE_ENDPOINT = operation(_SAGEMAKER, "DescribeEndpoint")
LIST_CONFIGS = operation(_SAGEMAKER, "ListEndpointConfigs")
DESCRIBE_CONFIG = operation(_SAGEMAKER, "DescribeEndpointConfig")
DESCRIBE_MODEL = operation(_SAGEMAKER, "DescribeModel")
UPDATE_ENDPOINT = operation(_SAGEMAKER, "UpdateEndpoint")
UPDATE_WEIGHTS = operation(_SAGEMAKER, "UpdateEndpointWeightsAndCapacities")


class Group(PascalStruct, frozen=True):
    """A group of model packages: a model of the registry."""

    model_package_group_name: str
    model_package_group_arn: str = ""
    model_package_group_description: str = ""


class GroupPage(PascalStruct, frozen=True):
    """A page of groups."""

    model_package_group_summary_list: list[Group]
    next_token: str | None = None


class PackageSummary(PascalStruct, frozen=True):
    """A version of a model, as it is listed."""

    model_package_arn: str
    model_package_version: int | None = None
    model_package_description: str = ""
    creation_time: float | str = 0.0
    model_package_status: str = ""
    model_approval_status: str = ""


class PackagePage(PascalStruct, frozen=True):
    """A page of versions."""

    model_package_summary_list: list[PackageSummary]
    next_token: str | None = None


class Person(PascalStruct, frozen=True):
    """Who did something."""

    user_profile_name: str = ""
    iam_identity: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        """Their profile, else their identity; empty when neither is said."""
        identity = self.iam_identity or {}
        return self.user_profile_name or str(identity.get("Arn", ""))


class Package(PascalStruct, frozen=True):
    """A version of a model with all that is said of it."""

    model_package_arn: str
    model_approval_status: str = ""
    approval_description: str = ""
    created_by: Person = Person()
    last_modified_by: Person = Person()
    customer_metadata_properties: dict[str, str] = msgspec.field(default_factory=dict)


class Tag(PascalStruct, frozen=True):
    """A tag."""

    key: str
    value: str = ""


class TagPage(PascalStruct, frozen=True):
    """A page of tags."""

    tags: tuple[Tag, ...] = ()
    next_token: str | None = None


class EndpointSummary(PascalStruct, frozen=True):
    """An endpoint, as it is listed."""

    endpoint_name: str


class EndpointPage(PascalStruct, frozen=True):
    """A page of endpoints."""

    endpoints: list[EndpointSummary]
    next_token: str | None = None


class LiveVariant(PascalStruct, frozen=True):
    """A variant that takes its share of the requests."""

    variant_name: str
    current_weight: float = 0.0
    desired_weight: float | None = None


class DataCapture(PascalStruct, frozen=True):
    """Whether requests and answers are kept, and of how many."""

    capture_status: str = ""
    current_sampling_percentage: int = 0


class Pending(PascalStruct, frozen=True):
    """Where an endpoint is on its way to."""

    endpoint_config_name: str = ""


class Endpoint(PascalStruct, frozen=True):
    """An endpoint as it serves now."""

    endpoint_name: str
    endpoint_status: str
    endpoint_config_name: str = ""
    production_variants: tuple[LiveVariant, ...] = ()
    data_capture_config: DataCapture | None = None
    pending_deployment_summary: Pending | None = None
    failure_reason: str = ""
    last_modified_time: float | str = ""


class ConfigSummary(PascalStruct, frozen=True):
    """A configuration of endpoints, as it is listed."""

    endpoint_config_name: str


class ConfigPage(PascalStruct, frozen=True):
    """A page of configurations."""

    endpoint_configs: list[ConfigSummary]
    next_token: str | None = None


class ConfigVariant(PascalStruct, frozen=True):
    """A variant and the model it runs."""

    variant_name: str
    model_name: str = ""
    initial_variant_weight: float = 1.0


class EndpointConfig(PascalStruct, frozen=True):
    """A configuration of endpoints."""

    endpoint_config_name: str
    production_variants: tuple[ConfigVariant, ...] = ()
    creation_time: float | str = 0.0


class Container(PascalStruct, frozen=True):
    """A container of a model; one from the registry names its package."""

    model_package_name: str = ""


class Model(PascalStruct, frozen=True):
    """A model as endpoints run it."""

    model_name: str
    primary_container: Container | None = None
    containers: tuple[Container, ...] = ()
