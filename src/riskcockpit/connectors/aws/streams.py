"""The lists of findings: what is asked of each service, and what identifies a finding. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from riskcockpit.connectors.amazon.operations import Operation
from riskcockpit.connectors.aws import wire
from riskcockpit.connectors.aws.cursor import moment_text
from riskcockpit.domain.clock import parse_utc

PAGE = 100
"""Findings asked for in one page: the most there are."""
INSPECTOR = "Inspector"
"""What Security Hub calls the product."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which finding a record is, and when it changed."""

    key: str
    at: datetime


class Stream:
    """One kind of list of findings."""

    name: str
    """The service, as the options name it."""
    member: str
    """Where in a document its findings stand."""
    operation: Operation
    page_type: Any

    def question(self, since: datetime | None, until: datetime) -> dict[str, Any]:
        """Return what to ask for: all that is open, or what of it changed since."""
        raise NotImplementedError

    def stamp(self, raw: bytes) -> Stamp:
        """Return which finding a record is.

        Raises:
            msgspec.DecodeError: it is none.
        """
        raise NotImplementedError


class HubStream(Stream):
    """Security Hub, in AWS's own format.

    What is archived or resolved is not asked for; a check that passes is resolved by itself.
    """

    def __init__(self, *, has_inspector: bool) -> None:
        """`has_inspector`: its findings are read from itself, and left out here."""
        self._has_inspector = has_inspector

    name = "securityhub"
    member = "Findings"
    operation = wire.GET_FINDINGS
    page_type = wire.FindingPage

    def question(self, since: datetime | None, until: datetime) -> dict[str, Any]:
        """See `Stream.question`."""
        filters: dict[str, Any] = {
            "RecordState": equals("ACTIVE"),
            "WorkflowStatus": equals("NEW", "NOTIFIED", "SUPPRESSED"),
        }
        if self._has_inspector:
            filters["ProductName"] = [{"Value": INSPECTOR, "Comparison": "NOT_EQUALS"}]
        if since is not None:
            filters["UpdatedAt"] = [{"Start": moment_text(since), "End": moment_text(until)}]
        # By what never changes: what is changed meanwhile neither comes twice nor is passed over.
        order = [{"Field": "CreatedAt", "SortOrder": "asc"}]
        return {"Filters": filters, "SortCriteria": order, "MaxResults": PAGE}

    def stamp(self, raw: bytes) -> Stamp:
        """See `Stream.stamp`."""
        found = msgspec.json.decode(raw, type=wire.HubFinding)
        return Stamp(f"{found.product_arn} {found.id}", moment(found.updated_at))


class HubV2Stream(Stream):
    """Security Hub's second API, in OCSF."""

    name = "securityhub_v2"
    member = "Findings"
    operation = wire.GET_FINDINGS_V2
    page_type = wire.FindingPage

    def question(self, since: datetime | None, until: datetime) -> dict[str, Any]:
        """See `Stream.question`."""
        open_ = {
            "StringFilters": [_ocsf("status", s) for s in ("New", "In Progress", "Suppressed")]
        }
        filters = [{**open_, "Operator": "OR"}]
        if since is not None:
            span = {"Start": moment_text(since), "End": moment_text(until)}
            changed = {"FieldName": "finding_info.modified_time_dt", "Filter": span}
            filters.append({"DateFilters": [changed], "Operator": "AND"})
        order = [{"Field": "finding_info.created_time_dt", "SortOrder": "asc"}]
        return {
            "Filters": {"CompositeFilters": filters, "CompositeOperator": "AND"},
            "SortCriteria": order,
            "MaxResults": PAGE,
        }

    def stamp(self, raw: bytes) -> Stamp:
        """See `Stream.stamp`."""
        found = msgspec.json.decode(raw, type=wire.OcsfFinding)
        key = found.metadata.uid or found.finding_info.uid
        if not key:
            raise msgspec.ValidationError("a finding without metadata.uid")
        return Stamp(key, moment(found.finding_info.modified_time_dt))


class InspectorStream(Stream):
    """Inspector, as it lists its own findings."""

    name = "inspector"
    member = "findings"
    operation = wire.LIST_INSPECTOR
    page_type = wire.InspectorPage

    def question(self, since: datetime | None, until: datetime) -> dict[str, Any]:
        """See `Stream.question`."""
        states = [{"comparison": "EQUALS", "value": s} for s in ("ACTIVE", "SUPPRESSED")]
        criteria: dict[str, Any] = {"findingStatus": states}
        if since is not None:
            span = {"startInclusive": since.timestamp(), "endInclusive": until.timestamp()}
            criteria["updatedAt"] = [span]
        order = {"field": "FIRST_OBSERVED_AT", "sortOrder": "ASC"}
        return {"filterCriteria": criteria, "sortCriteria": order, "maxResults": PAGE}

    def stamp(self, raw: bytes) -> Stamp:
        """See `Stream.stamp`."""
        found = msgspec.json.decode(raw, type=wire.InspectorFinding)
        return Stamp(found.finding_arn, moment(found.updated_at))


def streams(services: Collection[str]) -> dict[str, Stream]:
    """Return the lists of findings among `services`, by their names."""
    known = (HubStream(has_inspector="inspector" in services), HubV2Stream(), InspectorStream())
    return {stream.name: stream for stream in known if stream.name in services}


def moment(value: float | str) -> datetime:
    """Return a moment of AWS, a number or a text, as aware UTC; the epoch when it is neither."""
    try:
        if isinstance(value, str):
            return parse_utc(value)
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return _EPOCH


def equals(*values: str) -> list[dict[str, str]]:
    """Return a filter of Security Hub that one of `values` passes."""
    return [{"Value": value, "Comparison": "EQUALS"} for value in values]


def _ocsf(field: str, value: str) -> dict[str, Any]:
    return {"FieldName": field, "Filter": {"Value": value, "Comparison": "EQUALS"}}
