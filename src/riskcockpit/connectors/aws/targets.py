"""What an action is about, as the text of its target and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import msgspec

from riskcockpit.connectors.amazon.endpoints import is_region
from riskcockpit.connectors.api import KeptRecord
from riskcockpit.connectors.aws import wire
from riskcockpit.connectors.aws.mapping import CONFIG_TOOL, KeptEvaluation
from riskcockpit.errors import SourceError

SERVICES: Mapping[str, int] = {"securityhub": 2, "securityhub_v2": 1, "inspector": 1, "config": 3}
"""Service → how many parts name a finding of it; only the last may hold spaces."""
BY_FORMAT: Mapping[str, str] = {
    "asff": "securityhub",
    "ocsf": "securityhub_v2",
    "aws-inspector": "inspector",
    "generic-json": "config",
}
"""The format that read a record → the service it is of."""


@dataclass(frozen=True, slots=True)
class FindingRef:
    """One finding of one service, as `securityhub/eu-central-1 PRODUCT-ARN ID`."""

    service: str
    region: str
    parts: tuple[str, ...]
    """Security Hub: product ARN and id; its second API: metadata uid; Inspector: ARN; Config:
    rule, type and id of the resource."""

    @classmethod
    def of(cls, target: str) -> Self:
        """Read the target of an action.

        Raises:
            SourceError: it names no finding.
        """
        head, _, rest = target.partition(" ")
        service, _, region = head.partition("/")
        parts = tuple(rest.split(" ", SERVICES.get(service, 1) - 1))
        is_named = len(parts) == SERVICES.get(service) and all(parts)
        if not is_named or not is_region(region):
            raise SourceError(
                f'"{target}" is no finding of AWS', hint="it is called SERVICE/REGION ID"
            )
        return cls(service, region, parts)

    @property
    def target(self) -> str:
        """The finding as the target of an action."""
        return f"{self.service}/{self.region} {' '.join(self.parts)}"

    @property
    def name(self) -> str:
        """The finding in words: the last part, which tells most."""
        return self.parts[-1]


@dataclass(frozen=True, slots=True)
class Located:
    """A finding of ours and how it stood when it was read."""

    ref: FindingRef
    state: str


def located(record: KeptRecord, regions: tuple[str, ...]) -> Located | None:
    """Return which finding a kept record is of; None when it is none of AWS.

    What was read through the home region of an aggregation is changed there: where its own region
    is none of `regions`, in the first of them.
    """
    find = _FINDERS.get(BY_FORMAT.get(record.format, ""))
    try:
        found = find(record.content) if find else None
    except (msgspec.DecodeError, UnicodeError):
        return None
    if found is None:
        return None
    service, region, parts, state = found
    place = region if region in regions else regions[0]
    ref = FindingRef(service, place, parts)
    try:
        return Located(ref, state) if FindingRef.of(ref.target) == ref else None
    except SourceError:
        return None


_Found = tuple[str, str, tuple[str, ...], str]


def _hub(content: bytes) -> _Found:
    found = msgspec.json.decode(content, type=wire.HubFinding)
    region = found.region or _region(found.product_arn)
    return "securityhub", region, (found.product_arn, found.id), found.workflow.status


def _hub_v2(content: bytes) -> _Found:
    found = msgspec.json.decode(content, type=wire.OcsfFinding)
    return "securityhub_v2", found.cloud.region, (found.metadata.uid,), found.status


def _inspector(content: bytes) -> _Found:
    found = msgspec.json.decode(content, type=wire.InspectorFinding)
    return "inspector", _region(found.finding_arn), (found.finding_arn,), found.status


def _config(content: bytes) -> _Found | None:
    found = msgspec.json.decode(content, type=KeptEvaluation)
    if found.source != CONFIG_TOOL:
        return None
    parts = (found.rule, found.resource_type, found.resource_id)
    return "config", found.region, parts, ""


_FINDERS = {"securityhub": _hub, "securityhub_v2": _hub_v2, "inspector": _inspector,
            "config": _config}  # fmt: skip


def _region(arn: str) -> str:
    """Return the region an ARN names; empty when it names none."""
    return (arn.split(":") + [""] * 4)[3]
