"""Approving or rejecting a version of a model that waits for it in SageMaker's registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from riskcockpit.connectors.aws import sagemaker_wire as wire
from riskcockpit.connectors.aws.acting import Standing
from riskcockpit.connectors.aws.mapping import WAITING, package_name
from riskcockpit.connectors.aws.registry import Registry
from riskcockpit.connectors.waiving import shortened
from riskcockpit.domain.action import Action, ActionKind
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import SourceError

LONGEST = 1024
"""Characters of a description that SageMaker takes with an approval."""
_STATES = {ActionKind.DEPLOYMENT_APPROVE: "Approved", ActionKind.DEPLOYMENT_REJECT: "Rejected"}


class PackageApproval:
    """The approval of one version of a model."""

    def __init__(self, action: Action, regions: Callable[[], Sequence[Registry]]) -> None:
        """Read the approval out of an action with a target MODEL@REGION and a param `version`.

        Raises:
            SourceError: they name no version.
        """
        self._group, _, self._region = action.target.rpartition("@")
        named = f"{self._group}/{action.params.get('version', '')}"
        group, version = package_name(named)
        if not group or group != self._group or version is None or action.kind not in _STATES:
            raise SourceError(
                f'action on "{clean_line(action.target)}" is no approval of a model',
                hint='its target is MODEL@REGION, and its param "version" a number',
            )
        self._version = version
        self._state = _STATES[action.kind]
        said = action.params.get("comment", "") or f"{self._state} with riskcockpit"
        self._comment = shortened(said, LONGEST)
        self._regions = regions
        self._found: tuple[Registry, wire.PackageSummary] | None = None

    @property
    def name(self) -> str:
        """The version in words."""
        return f"version {self._version} of {self._group}"

    @property
    def before(self) -> str:
        """It must wait."""
        return WAITING

    @property
    def after(self) -> str:
        """What it shall be."""
        return self._state

    @property
    def inverse(self) -> str:
        """What an approval starts is not taken back with it."""
        return ""

    def read(self) -> Standing:
        """See `acting.Change.read`."""
        self._found = None
        _, found = self._place()
        return Standing(found.model_approval_status, evidence={"package": found.model_package_arn})

    def faults(self, _standing: Standing) -> Iterator[str]:
        """See `acting.Change.faults`."""
        _, found = self._place()
        if found.model_package_status != "Completed":
            yield f"{self.name} is {clean_line(found.model_package_status)}, not Completed"

    def calls(self) -> Iterator[str]:
        """See `acting.Change.calls`."""
        call = self._place()[0].service.call
        looked = {"ModelPackageGroupName": self._group}
        yield call(wire.LIST_PACKAGES, looked)
        yield call(wire.UPDATE_PACKAGE, self._wish)
        yield call(wire.LIST_PACKAGES, looked)

    def send(self) -> str:
        """See `acting.Change.send`."""
        self._place()[0].service.act(wire.UPDATE_PACKAGE, self._wish, dict[str, Any])
        return ""

    @property
    def _wish(self) -> Mapping[str, str]:
        return {
            "ModelPackageArn": self._place()[1].model_package_arn,
            "ModelApprovalStatus": self._state,
            "ApprovalDescription": self._comment,
        }

    def _place(self) -> tuple[Registry, wire.PackageSummary]:
        """Return the version and the registry it is in.

        Raises:
            SourceError: the source does not ask that region, or the version is not there.
        """
        if self._found is None:
            self._found = next(
                (
                    (registry, package)
                    for registry in self._regions()
                    if registry.region == self._region
                    for package in registry.packages(self._group)
                    if package.model_package_version == self._version
                ),
                None,
            )
        if self._found is None:
            where = clean_line(self._region)
            raise SourceError(f"there is no {self.name} in {where} that the source asks for")
        return self._found
