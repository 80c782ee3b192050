"""Taking an endpoint of SageMaker back, whatever runs in it: to an earlier configuration, or to one
of the variants that share its requests now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from riskcockpit.connectors.aws import sagemaker_wire as wire
from riskcockpit.connectors.aws.acting import Standing
from riskcockpit.connectors.aws.mapping import (
    IN_SERVICE,
    REJECTED,
    Serving,
    is_rolled_back,
    shares,
)
from riskcockpit.connectors.aws.registry import Registry
from riskcockpit.connectors.aws.shifting import BROKEN, MOVING, Step, plain, weighed
from riskcockpit.domain.action import Action, ActionKind
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import SourceError

VARIANT = "variant/"
"""Begins the name of a variant where a configuration could stand, too; none of these has a `/`."""


def revert_of(action: Action, regions: Callable[[], Sequence[Registry]]) -> Revert:
    """Return what an action on ENDPOINT@REGION takes back.

    Raises:
        SourceError: its target or params say of no endpoint from what to what.
    """
    name, at, region = action.target.rpartition("@")
    before, after = (action.params.get(key, "") for key in ("from", "to"))
    if action.kind is not ActionKind.DEPLOYMENT_ROLLBACK or not (at and name and before and after):
        raise SourceError(
            f'action on "{clean_line(action.target)}" is no return of an endpoint',
            hint='it needs a target ENDPOINT@REGION and params "from" and "to"',
        )
    type_ = VariantRevert if after.startswith(VARIANT) else ConfigRevert
    return type_(name, region, before, after, regions)


class Revert:
    """What an endpoint serves: from what it is now to what it was."""

    def __init__(
        self,
        endpoint: str,
        region: str,
        before: str,
        after: str,
        regions: Callable[[], Sequence[Registry]],
    ) -> None:
        self._endpoint = endpoint
        self._region = region
        self._before = before
        self._after = after
        self._regions = regions
        self._found: tuple[Registry, Serving] | None = None

    @property
    def name(self) -> str:
        """What is changed, in words."""
        raise NotImplementedError

    @property
    def before(self) -> str:
        """How it must be."""
        return self._before

    @property
    def after(self) -> str:
        """How it shall be."""
        return self._after

    @property
    def inverse(self) -> str:
        """The call that takes it back."""
        step = self._step()
        return self._place()[0].service.call(step.operation, step.back)

    def read(self) -> Standing:
        """See `acting.Change.read`."""
        raise NotImplementedError

    def faults(self, _standing: Standing) -> Iterator[str]:
        """See `acting.Change.faults`."""
        registry, endpoint = self._place()
        if endpoint.status != IN_SERVICE:
            yield f"{endpoint.name} is {clean_line(endpoint.status)}, not {IN_SERVICE}"
        for model in self._models():
            yield from _version_faults(registry, *registry.version_of(model))

    def calls(self) -> Iterator[str]:
        """See `acting.Change.calls`."""
        call = self._place()[0].service.call
        looked = {"EndpointName": self._endpoint}
        step = self._step()
        yield call(wire.DESCRIBE_ENDPOINT, looked)
        yield call(step.operation, step.wish)
        yield call(wire.DESCRIBE_ENDPOINT, looked)

    def send(self) -> str:
        """See `acting.Change.send`."""
        step = self._step()
        self._place()[0].service.act(step.operation, step.wish, dict[str, Any])
        return ""

    def _step(self) -> Step:
        """Return the call that changes it."""
        raise NotImplementedError

    def _models(self) -> Iterator[str]:
        """Yield the models that get requests afterwards."""
        raise NotImplementedError

    def _place(self) -> tuple[Registry, Serving]:
        """Return the endpoint and its region.

        Raises:
            SourceError: the source does not ask that region, or the endpoint is not there.
        """
        if self._found is None:
            for registry in self._regions():
                if registry.region != self._region:
                    continue
                if (endpoint := registry.endpoint(self._endpoint)) is not None:
                    self._found = (registry, endpoint)
                    return self._found
            where = f"{clean_line(self._endpoint)} in {clean_line(self._region)}"
            raise SourceError(f"there is no endpoint {where} that the source asks for")
        return self._found


class ConfigRevert(Revert):
    """From one configuration to another."""

    @property
    def name(self) -> str:
        """The configuration in words."""
        return f"the configuration of {self._endpoint}"

    def read(self) -> Standing:
        """See `acting.Change.read`; what is not in service yet does not serve."""
        self._found = None
        _, endpoint = self._place()
        is_up = endpoint.status == IN_SERVICE
        is_ours = self.after in (endpoint.pending, endpoint.config)
        word = endpoint.config if is_up or not is_ours else self.before
        is_moving = not is_up and endpoint.status not in BROKEN and is_ours
        return Standing(word, is_moving, _fault(endpoint), _evidence(endpoint))

    def faults(self, standing: Standing) -> Iterator[str]:
        """See `acting.Change.faults`."""
        yield from super().faults(standing)
        if self._place()[0].config(self.after) is None:
            yield f"there is no endpoint configuration {clean_line(self.after)}"

    def _step(self) -> Step:
        return Step(
            wire.UPDATE_ENDPOINT,
            plain(self._endpoint, self.after),
            plain(self._endpoint, self.before),
        )

    def _models(self) -> Iterator[str]:
        config = self._place()[0].config(self.after)
        variants = config.production_variants if config else ()
        yield from (v.model_name for v in variants if v.initial_variant_weight > 0)


class VariantRevert(Revert):
    """From the weights its variants have to one of them alone."""

    @property
    def name(self) -> str:
        """The weights in words."""
        return f"the requests to {self._endpoint}"

    @property
    def after(self) -> str:
        """All to one variant."""
        _, endpoint = self._place()
        return shares({one.name: float(one.name == self._variant) for one in endpoint.variants})

    def read(self) -> Standing:
        """See `acting.Change.read`."""
        self._found = None
        _, endpoint = self._place()
        word = shares({one.name: one.weight for one in endpoint.variants})
        wanted = shares({one.name: one.wanted for one in endpoint.variants})
        is_moving = endpoint.status in MOVING and wanted == self.after != word
        return Standing(word, is_moving, _fault(endpoint), _evidence(endpoint))

    def faults(self, standing: Standing) -> Iterator[str]:
        """See `acting.Change.faults`."""
        yield from super().faults(standing)
        _, endpoint = self._place()
        if all(one.name != self._variant for one in endpoint.variants):
            yield f"{endpoint.name} has no variant {clean_line(self._variant)}"

    @property
    def _variant(self) -> str:
        return self._after.removeprefix(VARIANT)

    def _step(self) -> Step:
        _, endpoint = self._place()
        alone = {one.name: float(one.name == self._variant) for one in endpoint.variants}
        before = {one.name: one.weight for one in endpoint.variants}
        return Step(
            wire.UPDATE_WEIGHTS, weighed(endpoint.name, alone), weighed(endpoint.name, before)
        )

    def _models(self) -> Iterator[str]:
        _, endpoint = self._place()
        yield from (one.model for one in endpoint.variants if one.name == self._variant)


def _fault(endpoint: Serving) -> str:
    """Return why an endpoint does not get where it should; empty while it may."""
    if endpoint.status in BROKEN:
        return clean_line(f"it is {endpoint.status}: {endpoint.fault}")
    if endpoint.status == IN_SERVICE and endpoint.fault:
        return clean_line(f"SageMaker took the last change back: {endpoint.fault}")
    return ""


def _evidence(endpoint: Serving) -> dict[str, str]:
    return {"endpoint": endpoint.name, "status": endpoint.status, "config": endpoint.config}


def _version_faults(registry: Registry, group: str, version: int | None) -> Iterator[str]:
    """Yield why a version of the registry must not serve again; what is in none is not judged."""
    if not group or version is None:
        return
    packages = registry.packages(group)
    found = next((one for one in packages if one.model_package_version == version), None)
    name = f"version {version} of {clean_line(group)}"
    if found is None:
        yield f"{name} is no longer in the registry"
        return
    if found.model_approval_status == REJECTED:
        yield f"{name} was rejected by validation"
    detail = registry.package(found.model_package_arn)
    if detail is not None and is_rolled_back(detail):
        yield f"{name} was rolled back itself"
