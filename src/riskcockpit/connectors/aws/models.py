"""Reading models of SageMaker: each group of the registry with what serves it, and readings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from riskcockpit.connectors.aws import sagemaker_wire as wire
from riskcockpit.connectors.aws.findings import Pass
from riskcockpit.connectors.aws.mapping import (
    WAITING,
    Serving,
    endpoint_deployment,
    endpoint_readings,
    endpoint_setting,
    registered_model,
    unregistered_model,
    waiting_reading,
)
from riskcockpit.connectors.aws.registry import Registry
from riskcockpit.connectors.reply import StatusError
from riskcockpit.domain.batch import Fact
from riskcockpit.domain.model import RegisteredModel
from riskcockpit.domain.reading import Reading
from riskcockpit.errors import ForbiddenError

NEWEST = 5
"""How many versions of a model are read with all that is said of them, beside the served ones."""


def read_models(registry: Registry, patterns: Sequence[str], done: Pass) -> Iterator[Fact]:
    """Yield the models of a region, readings of its endpoints and what these are set to.

    `patterns` are those of the names of endpoints that serve production.

    Raises:
        RetryableError: no answer. SourceError: a refusal that nothing else escapes.
    """
    try:
        endpoints = registry.endpoints(patterns)
        for group in registry.groups():
            yield from _model(registry, group, endpoints, done)
    except (ForbiddenError, StatusError) as error:
        done.refuse(f"sagemaker {registry.region}", error)
        return
    finally:
        done.pages += registry.calls
    done.read += 1
    for endpoint in endpoints:
        if not any(one.group for one in endpoint.variants):
            yield unregistered_model(endpoint)
        yield from endpoint_readings(endpoint, done.until)
        yield endpoint_setting(endpoint)
        if (deployment := endpoint_deployment(endpoint)) is not None:
            yield deployment


def _model(
    registry: Registry, group: wire.Group, endpoints: Sequence[Serving], done: Pass
) -> Iterator[RegisteredModel | Reading]:
    name = group.model_package_group_name
    packages = registry.packages(name)
    served = {v.version for e in endpoints for v in e.variants if v.group == name}
    wanted = [
        package
        for place, package in enumerate(packages)
        if place < NEWEST or package.model_package_version in served
    ]
    details = {
        package.model_package_arn: found
        for package in wanted
        if (found := registry.package(package.model_package_arn)) is not None
    }
    yield registered_model(
        group, packages, details, registry.tags(group.model_package_group_arn), endpoints
    )
    if len({one for e in endpoints if (one := e.serves(name)) is not None}) > 1:
        done.notes.append(
            f"{name}: its endpoints serve different versions, so that none is its champion; say in"
            " `production` which of them serve it"
        )
    for package in packages:
        if package.model_approval_status == WAITING:
            yield waiting_reading(name, package, done.until)
