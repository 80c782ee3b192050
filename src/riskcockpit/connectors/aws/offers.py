"""What can be decided about SageMaker now: versions that wait, and what endpoints served before.

SageMaker keeps no history of an endpoint. What it served before is told by what there is: variants
that run beside the newest, and earlier configurations of the same models.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import dropwhile, islice

from riskcockpit.connectors.aws import sagemaker_wire as wire
from riskcockpit.connectors.aws.mapping import Serving, Variant, package_name, shares
from riskcockpit.connectors.aws.registry import Registry
from riskcockpit.connectors.aws.reverting import VARIANT
from riskcockpit.connectors.aws.streams import moment
from riskcockpit.domain.action import Action, ActionKind, Offer
from riskcockpit.domain.untrusted import clean_line

_ANSWERS = (ActionKind.DEPLOYMENT_APPROVE, ActionKind.DEPLOYMENT_REJECT)


def approvals(registry: Registry, source: str) -> Iterator[Offer]:
    """Yield an offer to approve and one to reject each version that waits, the newest first."""
    for package in registry.waiting():
        group, version = package_name(package.model_package_arn)
        if version is None:
            continue
        detail = registry.package(package.model_package_arn)
        by = f" by {detail.created_by.name}" if detail and detail.created_by.name else ""
        said = f', "{package.model_package_description}"' * bool(package.model_package_description)
        for kind in _ANSWERS:
            action = Action(
                "", kind, source, f"{clean_line(group)}@{registry.region}",
                {"version": str(version)},
            )  # fmt: skip
            yield Offer(
                action,
                version=str(version),
                what=clean_line(f"version {version} of {group}{by}{said}"),
                since=moment(package.creation_time),
            )


def returns(registry: Registry, patterns: Sequence[str], source: str) -> Iterator[Offer]:
    """Yield the ways back of each endpoint whose name is as one of `patterns`: to a variant that
    runs beside the newest, then to earlier configurations, the newest first.
    """
    for endpoint in registry.endpoints(patterns):
        target = f"{clean_line(endpoint.name)}@{registry.region}"
        for variant in _older(endpoint.variants):
            params = {
                "from": shares({one.name: one.weight for one in endpoint.variants}),
                "to": f"{VARIANT}{variant.name}",
            }
            what = f"all requests to the variant {variant.name}, {_runs(variant)}"
            present = registry.config(endpoint.config)
            yield _return(source, target, params, what, present)
        for config in _earlier(registry, endpoint):
            name = config.endpoint_config_name
            params = {"from": endpoint.config, "to": name}
            what = f"configuration {name}: {_models(registry, config)}"
            yield _return(source, target, params, what, config)


def _return(
    source: str,
    target: str,
    params: Mapping[str, str],
    what: str,
    config: wire.EndpointConfig | None,
) -> Offer:
    return Offer(
        Action("", ActionKind.DEPLOYMENT_ROLLBACK, source, target, params),
        version=params["to"],
        what=clean_line(what),
        since=moment(config.creation_time) if config is not None else None,
    )


def _older(variants: Sequence[Variant]) -> Iterator[Variant]:
    """Yield the variants that could get all requests of those that share them, the newest first.

    They run an older version than the newest; where a version is unknown, the one that most
    requests go to is taken for what was there first.
    """
    sharing = [one for one in variants if one.weight > 0]
    if len(variants) < 2 or not sharing:  # noqa: PLR2004 - one alone has everything already
        return
    versions = {one.version for one in sharing}
    if None in versions or len({one.group for one in variants}) > 1:
        most = max(sharing, key=lambda one: one.weight)
        if len(sharing) > 1:
            yield most
        return
    newest = max(one.version or 0 for one in sharing)
    older = [one for one in variants if one.version is not None and one.version < newest]
    yield from sorted(older, key=lambda one: one.version or 0, reverse=True)


def _earlier(registry: Registry, endpoint: Serving) -> Iterator[wire.EndpointConfig]:
    """Yield configurations that are older than the present one and serve the same models.

    Where what is served is in no registry, its name has to begin with that of the endpoint.
    """
    groups = {one.group for one in endpoint.variants}
    newest = dropwhile(
        lambda config: config.endpoint_config_name != endpoint.config, registry.configs()
    )
    for config in islice(newest, 1, None):
        models = [v.model_name for v in config.production_variants if v.initial_variant_weight > 0]
        theirs = {registry.version_of(model)[0] for model in models}
        is_known = bool(theirs) and "" not in theirs
        is_called_so = config.endpoint_config_name.startswith(endpoint.name)
        if theirs == groups and (is_known or is_called_so):
            yield config


def _models(registry: Registry, config: wire.EndpointConfig) -> str:
    """Return what a configuration runs, in words."""
    runs = (
        Variant(v.variant_name, 0.0, 0.0, v.model_name, *registry.version_of(v.model_name))
        for v in config.production_variants
        if v.initial_variant_weight > 0
    )
    return ", ".join(dict.fromkeys(_runs(one) for one in runs))


def _runs(variant: Variant) -> str:
    return f"version {variant.version} of {variant.group}" if variant.group else variant.model
