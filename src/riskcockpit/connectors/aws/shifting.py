"""Changing what an endpoint of SageMaker serves: by the weights of its variants where both versions
run there, else by the newest earlier configuration that serves the version alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from riskcockpit.connectors.amazon.operations import Operation
from riskcockpit.connectors.aws import sagemaker_wire as wire
from riskcockpit.connectors.aws.acting import Standing
from riskcockpit.connectors.aws.mapping import IN_SERVICE, Serving, is_rolled_back
from riskcockpit.connectors.aws.registry import Registry
from riskcockpit.domain.action import Action, ActionKind
from riskcockpit.domain.clock import Clock, rfc3339
from riskcockpit.domain.model import ROLLED_BACK_TAG
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import RetryableError, SourceError

MOVING = frozenset({"Updating", "SystemUpdating", "RollingBack", "Creating"})
BROKEN = frozenset({"Failed", "UpdateRollbackFailed", "OutOfService"})
Wish = Mapping[str, Any]


def plain(endpoint: str, config: str) -> Wish:
    """Return what makes an endpoint serve a configuration exactly as that says."""
    return {
        "EndpointName": endpoint,
        "EndpointConfigName": config,
        "RetainAllVariantProperties": False,
    }


def weighed(endpoint: str, weights: Mapping[str, float]) -> Wish:
    """Return what shares the requests to an endpoint out among its variants."""
    wanted = [{"VariantName": name, "DesiredWeight": w} for name, w in weights.items()]
    return {"EndpointName": endpoint, "DesiredWeightsAndCapacities": wanted}


@dataclass(frozen=True, slots=True)
class Step:
    """The one call that changes an endpoint, and the one that takes it back."""

    operation: Operation
    wish: Wish
    back: Wish


class VersionShift:
    """What serves a model: from one version of the registry to another."""

    def __init__(self, action: Action, regions: Callable[[], Sequence[Registry]],
                 patterns: Sequence[str], clock: Clock) -> None:  # fmt: skip
        """Read the shift out of an action with a target MODEL@champion.

        Raises:
            SourceError: its target or params are not those of a shift.
        """
        model, at, _ = action.target.rpartition("@")
        numbers = [action.params.get(key, "") for key in ("from", "to")]
        if not at or not model or not all(n.isascii() and n.isdigit() for n in numbers):
            raise SourceError(
                f'action on "{clean_line(action.target)}" is no move of a model',
                hint='it needs a target MODEL@champion and params "from" and "to"',
            )
        self._action = action
        self._model = model
        self._regions = regions
        self._patterns = patterns
        self._clock = clock
        self._found: tuple[Registry, Serving] | None = None

    @property
    def name(self) -> str:
        """What is served, in words."""
        return self._action.target

    @property
    def before(self) -> str:
        """The version that must be served."""
        return self._action.params["from"]

    @property
    def after(self) -> str:
        """The version that shall be served."""
        return self._action.params["to"]

    @property
    def inverse(self) -> str:
        """The call that takes it back."""
        step = self._step()
        if step is None:
            return ""
        return self._place()[0].service.call(step.operation, step.back)

    def read(self) -> Standing:
        """See `acting.Change.read`."""
        self._found = None
        _, endpoint = self._place()
        present = endpoint.serves(self._model)
        word = "" if present is None else str(present)
        ahead = max(endpoint.variants, key=lambda one: one.wanted, default=None)
        is_weighed = ahead is not None and str(ahead.version) == self.after != word
        is_moving = endpoint.status in MOVING and (is_weighed or self._is_pending(endpoint))
        fault = ""
        if endpoint.status in BROKEN:
            fault = clean_line(f"{endpoint.name} is {endpoint.status}: {endpoint.fault}")
        elif endpoint.status == IN_SERVICE and endpoint.fault:
            fault = clean_line(f"SageMaker took the last change back: {endpoint.fault}")
        evidence = {"endpoint": endpoint.name, "status": endpoint.status, "config": endpoint.config}
        return Standing(word, is_moving, fault, evidence)

    def faults(self, standing: Standing) -> Iterator[str]:
        """See `acting.Change.faults`."""
        registry, endpoint = self._place()
        if endpoint.status != IN_SERVICE:
            yield f"the endpoint {endpoint.name} is {clean_line(endpoint.status)}, not {IN_SERVICE}"
        is_rollback = self._action.kind is ActionKind.MODEL_ROLLBACK
        if self.before == self.after:
            yield f"version {self.after} is where it is already"
        elif is_rollback is (int(self.after) > int(self.before)):
            side = "older" if is_rollback else "newer"
            yield f"version {self.after} is not {side} than {self.before}"
        yield from self._version_faults(registry, is_rollback=is_rollback)
        if standing.word == self.before and self._step() is None:
            yield (
                f"no variant of {endpoint.name} and none of the newest endpoint configurations"
                f" serves version {self.after} alone"
            )

    def calls(self) -> Iterator[str]:
        """See `acting.Change.calls`."""
        registry, endpoint = self._place()
        call = registry.service.call
        looked = {"EndpointName": endpoint.name}
        yield call(wire.DESCRIBE_ENDPOINT, looked)
        if (step := self._step()) is not None:
            yield call(step.operation, step.wish)
        yield call(wire.DESCRIBE_ENDPOINT, looked)
        if (marking := self._marking(registry)) is not None:
            yield call(wire.UPDATE_PACKAGE, marking)

    def send(self) -> str:
        """See `acting.Change.send`; marks the version that lost or regained its place, besides."""
        registry, _ = self._place()
        step = self._step()
        if step is None:
            return f"nothing serves version {self.after}"
        registry.service.act(step.operation, step.wish, dict[str, Any])
        try:
            if (marking := self._marking(registry)) is not None:
                registry.service.act(wire.UPDATE_PACKAGE, marking, dict[str, Any])
        except (RetryableError, SourceError):
            return ""  # a failed mark undoes nothing, and the ledger has the rollback
        return ""

    def _place(self) -> tuple[Registry, Serving]:
        """Return the one endpoint that serves the model in production, and its region.

        Raises:
            SourceError: there is none, or more than one.
        """
        if self._found is None:
            found = [
                (registry, endpoint)
                for registry in self._regions()
                for endpoint in registry.endpoints(self._patterns)
                if any(one.group == self._model for one in endpoint.variants)
            ]
            if len(found) != 1:
                names = ", ".join(clean_line(e.name) for _, e in found) or "none"
                raise SourceError(
                    f"{self._model} is moved at the one endpoint that serves it; there is {names}",
                    hint="say in `production` which endpoints serve production",
                )
            self._found = found[0]
        return self._found

    def _is_pending(self, endpoint: Serving) -> bool:
        """Whether an endpoint that is updating is on its way to a configuration of our version."""
        registry = self._place()[0]
        name = endpoint.pending or endpoint.config
        config = registry.config(name)
        return config is not None and registry.serves_only(config, self._model, int(self.after))

    def _step(self) -> Step | None:
        registry, endpoint = self._place()
        fit = [v for v in endpoint.variants
               if (v.group, str(v.version)) == (self._model, self.after)]  # fmt: skip
        if fit:
            weights = {v.name: float(v.name == fit[0].name) for v in endpoint.variants}
            before = {v.name: v.weight for v in endpoint.variants}
            return Step(
                wire.UPDATE_WEIGHTS,
                weighed(endpoint.name, weights),
                weighed(endpoint.name, before),
            )
        for config in registry.configs():
            if registry.serves_only(config, self._model, int(self.after)):
                return Step(
                    wire.UPDATE_ENDPOINT,
                    plain(endpoint.name, config.endpoint_config_name),
                    plain(endpoint.name, endpoint.config),
                )
        return None

    def _version_faults(self, registry: Registry, *, is_rollback: bool) -> Iterator[str]:
        found = self._package(registry, self.after)
        if found is None:
            yield f"{self._model} has no version {self.after}"
            return
        if found.model_package_status != "Completed":
            yield f"version {self.after} is {clean_line(found.model_package_status)}, not Completed"
        if found.model_approval_status != "Approved":
            yield f"version {self.after} is not approved by validation"
        detail = registry.package(found.model_package_arn)
        if is_rollback and detail is not None and is_rolled_back(detail):
            yield f"version {self.after} was rolled back itself"

    def _package(self, registry: Registry, version: str) -> wire.PackageSummary | None:
        packages = registry.packages(self._model)
        return next((p for p in packages if str(p.model_package_version) == version), None)

    def _marking(self, registry: Registry) -> Wish | None:
        """Return the change of the mark on the version that lost or regains its place."""
        if self._action.kind is ActionKind.MODEL_ROLLBACK:
            lost = self._package(registry, self.before)
            value = f"{rfc3339(self._clock.now())} {self._action.id}".strip()
            mark: Wish = {"CustomerMetadataProperties": {ROLLED_BACK_TAG: value}}
            return None if lost is None else {"ModelPackageArn": lost.model_package_arn, **mark}
        regained = self._package(registry, self.after)
        detail = registry.package(regained.model_package_arn) if regained else None
        if detail is None or not is_rolled_back(detail):
            return None
        gone = {"CustomerMetadataPropertiesToRemove": [ROLLED_BACK_TAG]}
        return {"ModelPackageArn": detail.model_package_arn, **gone}
