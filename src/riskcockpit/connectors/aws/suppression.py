"""Taking waivers to AWS and back: one change for each service that has findings."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from riskcockpit.connectors.amazon.calls import Service
from riskcockpit.connectors.amazon.operations import Operation
from riskcockpit.connectors.aws import wire
from riskcockpit.connectors.aws.acting import Change, Standing
from riskcockpit.connectors.aws.streams import equals
from riskcockpit.connectors.aws.targets import FindingRef
from riskcockpit.connectors.waiving import SIGNATURE
from riskcockpit.domain.action import Action, ActionKind
from riskcockpit.domain.clock import parse_utc, rfc3339
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import SourceError

OPEN = "open"
SUPPRESSED = "suppressed"
EXCEPTED = "excepted"
"""Left out of the remediation of its rule: all that AWS Config offers."""
US = "riskcockpit"
LONGEST_REMARK = 512
"""Characters that the services take with a change; AWS Config takes twice as many."""
_AGAIN = f"its waiver ended (opened again{SIGNATURE}"
_OPEN_STATES = frozenset({"NEW", "NOTIFIED"})
_STATUS_IDS = {"New": 1, "In Progress": 2, "Suppressed": 3}
_WORDS_V2 = {"New": OPEN, "In Progress": OPEN, "Suppressed": SUPPRESSED}
Wish = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done to one finding."""

    ref: FindingRef
    is_dismissal: bool
    service: Service
    restored: str
    """The state an opened finding gets: the one it had."""
    remark: str
    expires_at: datetime | None

    @property
    def name(self) -> str:
        """The finding in words."""
        return clean_line(f"{self.ref.service} {self.ref.region} {self.ref.name}")

    @property
    def closed(self) -> str:
        """The word for a finding that was taken care of."""
        return EXCEPTED if self.ref.service == "config" else SUPPRESSED

    @property
    def before(self) -> str:
        """The state it must be in."""
        return OPEN if self.is_dismissal else self.closed

    @property
    def after(self) -> str:
        """The state it shall be in."""
        return self.closed if self.is_dismissal else OPEN

    @property
    def inverse(self) -> str:
        """How it is undone."""
        return "open it again when the waiver ends" if self.is_dismissal else ""


def order_of(action: Action, service_of: Callable[[FindingRef], Service]) -> Order:
    """Read the order out of an action.

    Raises:
        SourceError: its target is no finding, or its params are not those of a waiver.
    """
    ref = FindingRef.of(action.target)
    is_dismissal = action.kind is ActionKind.ALERT_DISMISS
    params = action.params
    remark = params.get("comment", "")
    if is_dismissal and not remark:
        raise SourceError(f'action on "{clean_line(action.target)}" says nothing of its waiver')
    try:
        expires_at = parse_utc(params["expires"]) if "expires" in params else None
    except ValueError as error:
        raise SourceError(f'"{params["expires"]}" is no moment') from error
    restored = "" if is_dismissal else params.get("to", "")
    return Order(ref, is_dismissal, service_of(ref), restored, remark, expires_at)


def change_of(order: Order) -> Change:
    """Return the change that carries out an order."""
    return _CHANGES[order.ref.service](order)


@dataclass(frozen=True, slots=True)
class _Base:
    order: Order

    @property
    def name(self) -> str:
        return self.order.name

    @property
    def before(self) -> str:
        return self.order.before

    @property
    def after(self) -> str:
        return self.order.after

    @property
    def inverse(self) -> str:
        return self.order.inverse

    @property
    def service(self) -> Service:
        return self.order.service

    def _not_ours(self, standing: Standing) -> Iterator[str]:
        """Yield that somebody else took care of the finding, which is theirs to take back."""
        is_ours = standing.evidence.get("by") == US
        if not self.order.is_dismissal and standing.word == self.order.closed and not is_ours:
            yield f"{self.name} was {self.order.closed} by somebody else"

    def faults(self, standing: Standing) -> Iterator[str]:
        yield from self._not_ours(standing)


def _by(text: str) -> dict[str, str]:
    return {"by": US if text.endswith(SIGNATURE) else "somebody else"}


# Security Hub ------------------------------------------------------------------------------------


class HubChange(_Base):
    """The workflow of a finding of Security Hub, with a note."""

    __slots__ = ()

    def read(self) -> Standing:
        """See `acting.Change.read`."""
        page = self.service.ask(wire.GET_FINDINGS, self._question, wire.FindingPage)
        if not page.findings:
            return Standing("gone")
        found = msgspec.json.decode(page.findings[0], type=wire.HubFinding)
        status = found.workflow.status
        if found.record_state == "ARCHIVED":
            return Standing("archived")
        note = found.note.updated_by if found.note else ""
        word = OPEN if status in _OPEN_STATES else status.lower()
        return Standing(word, evidence={"workflow": status, "by": clean_line(note)})

    def calls(self) -> Iterator[str]:
        """See `acting.Change.calls`."""
        yield self.service.call(wire.GET_FINDINGS, self._question)
        yield self.service.call(wire.UPDATE_FINDINGS, self._wish)
        yield self.service.call(wire.GET_FINDINGS, self._question)

    def send(self) -> str:
        """See `acting.Change.send`."""
        return _refused(self.service.act(wire.UPDATE_FINDINGS, self._wish, wire.UpdateReply))

    @property
    def _question(self) -> Wish:
        product, id_ = self.order.ref.parts
        filters = {"Id": equals(id_), "ProductArn": equals(product)}
        return {"Filters": filters, "MaxResults": 1}

    @property
    def _wish(self) -> Wish:
        product, id_ = self.order.ref.parts
        restored = self.order.restored if self.order.restored in _OPEN_STATES else "NEW"
        return {
            "FindingIdentifiers": [{"Id": id_, "ProductArn": product}],
            "Note": {"Text": self.order.remark or _AGAIN, "UpdatedBy": US},
            "Workflow": {"Status": "SUPPRESSED" if self.order.is_dismissal else restored},
        }


class HubV2Change(_Base):
    """The status of a finding of Security Hub's second API, with a comment."""

    __slots__ = ()

    def read(self) -> Standing:
        """See `acting.Change.read`."""
        page = self.service.ask(wire.GET_FINDINGS_V2, self._question, wire.FindingPage)
        if not page.findings:
            return Standing("gone")
        found = msgspec.json.decode(page.findings[0], type=wire.OcsfFinding)
        word = _WORDS_V2.get(found.status, found.status.lower())
        return Standing(word, evidence={"status": clean_line(found.status), **_by(found.comment)})

    def calls(self) -> Iterator[str]:
        """See `acting.Change.calls`."""
        yield self.service.call(wire.GET_FINDINGS_V2, self._question)
        yield self.service.call(wire.UPDATE_FINDINGS_V2, self._wish)
        yield self.service.call(wire.GET_FINDINGS_V2, self._question)

    def send(self) -> str:
        """See `acting.Change.send`."""
        return _refused(self.service.act(wire.UPDATE_FINDINGS_V2, self._wish, wire.UpdateReply))

    @property
    def _question(self) -> Wish:
        wanted = {"Value": self.order.ref.parts[0], "Comparison": "EQUALS"}
        named = {"FieldName": "metadata.uid", "Filter": wanted}
        return {
            "Filters": {"CompositeFilters": [{"StringFilters": [named]}]},
            "MaxResults": 1,
        }

    @property
    def _wish(self) -> Wish:
        restored = _STATUS_IDS.get(self.order.restored, _STATUS_IDS["New"])
        return {
            "MetadataUids": [self.order.ref.parts[0]],
            "Comment": self.order.remark or _AGAIN,
            "StatusId": _STATUS_IDS["Suppressed"] if self.order.is_dismissal else restored,
        }


def _refused(reply: wire.UpdateReply) -> str:
    """Return why the one finding was not changed: the call itself succeeds either way."""
    if reply.unprocessed_findings:
        first = reply.unprocessed_findings[0]
        return clean_line(f"{first.error_code}: {first.error_message}")
    return "" if reply.processed_findings else "AWS says nothing of this finding"


# Inspector ---------------------------------------------------------------------------------------


class InspectorChange(_Base):
    """A suppression filter over exactly one finding of Inspector, known by its name."""

    __slots__ = ()

    def read(self) -> Standing:
        """See `acting.Change.read`."""
        page = self.service.ask(wire.LIST_INSPECTOR, self._question, wire.InspectorPage)
        status = "gone"
        if page.findings:
            status = msgspec.json.decode(page.findings[0], type=wire.InspectorFinding).status
        has_filter = self._filter() is not None
        evidence = {"status": clean_line(status), "by": US if has_filter else "somebody else"}
        is_closed = status == "SUPPRESSED" or (has_filter and not self.order.is_dismissal)
        word = SUPPRESSED if is_closed else {"ACTIVE": OPEN}.get(status, status.lower())
        is_moving = self.order.is_dismissal and has_filter and status == "ACTIVE"
        return Standing(word, is_moving, evidence=evidence)

    def calls(self) -> Iterator[str]:
        """See `acting.Change.calls`."""
        yield self.service.call(wire.LIST_INSPECTOR, self._question)
        yield self.service.call(wire.LIST_FILTERS, _SUPPRESSING)
        if self.order.is_dismissal:
            yield self.service.call(wire.CREATE_FILTER, self._wish)
        else:
            yield self.service.call(wire.DELETE_FILTER, {"arn": f"that of {self._name}"})
        yield self.service.call(wire.LIST_INSPECTOR, self._question)
        yield self.service.call(wire.LIST_FILTERS, _SUPPRESSING)

    def send(self) -> str:
        """See `acting.Change.send`."""
        if self.order.is_dismissal:
            self.service.act(wire.CREATE_FILTER, self._wish, dict[str, Any])
            return ""
        arn = self._filter()
        if arn is None:
            return f"there is no filter {self._name}"
        self.service.act(wire.DELETE_FILTER, {"arn": arn}, dict[str, Any])
        return ""

    def _filter(self) -> str | None:
        for page in self.service.pages(wire.LIST_FILTERS, _SUPPRESSING, wire.FilterPage):
            for one in page.filters:
                if one.name == self._name:
                    return one.arn
        return None

    @property
    def _name(self) -> str:
        return f"{US}-{hashlib.sha256(self.order.ref.name.encode()).hexdigest()[:32]}"

    @property
    def _question(self) -> Wish:
        return {"filterCriteria": self._criteria, "maxResults": 1}

    @property
    def _criteria(self) -> Wish:
        return {"findingArn": [{"comparison": "EQUALS", "value": self.order.ref.name}]}

    @property
    def _wish(self) -> Wish:
        return {
            "action": "SUPPRESS",
            "name": self._name,
            "filterCriteria": self._criteria,
            "reason": self.order.remark,
        }


_SUPPRESSING = {"action": "SUPPRESS", "maxResults": 100}


# Config ------------------------------------------------------------------------------------------


class ConfigChange(_Base):
    """An exception from the remediation of a rule, which ends by itself with the waiver."""

    __slots__ = ()

    def read(self) -> Standing:
        """See `acting.Change.read`."""
        for page in self.service.pages(wire.DESCRIBE_EXCEPTIONS, self._named, wire.ExceptionPage):
            for one in page.remediation_exceptions:
                if {"ResourceType": one.resource_type, "ResourceId": one.resource_id} == self._key:
                    return self._standing(one)
        return Standing(OPEN)

    def calls(self) -> Iterator[str]:
        """See `acting.Change.calls`."""
        yield self.service.call(wire.DESCRIBE_EXCEPTIONS, self._named)
        yield self.service.call(*self._wish)
        yield self.service.call(wire.DESCRIBE_EXCEPTIONS, self._named)

    def send(self) -> str:
        """See `acting.Change.send`."""
        reply = self.service.act(*self._wish, wire.ExceptionReply)
        return "; ".join(clean_line(batch.failure_message) for batch in reply.failed_batches)

    def _standing(self, found: wire.RemediationException) -> Standing:
        end, wanted = found.expiration_time, self.order.expires_at
        evidence = _by(found.message)
        if end is not None:
            evidence["until"] = rfc3339(datetime.fromtimestamp(end, UTC))
        # One of ours that ends too early is made anew: the waiver over it was prolonged.
        is_short = end is not None and wanted is not None and int(end) < int(wanted.timestamp())
        return Standing(OPEN if is_short else EXCEPTED, evidence=evidence)

    @property
    def _key(self) -> dict[str, str]:
        _, type_, id_ = self.order.ref.parts
        return {"ResourceType": type_, "ResourceId": id_}

    @property
    def _named(self) -> dict[str, Any]:
        return {"ConfigRuleName": self.order.ref.parts[0], "ResourceKeys": [self._key]}

    @property
    def _wish(self) -> tuple[Operation, Wish]:
        if not self.order.is_dismissal:
            return wire.DELETE_EXCEPTIONS, self._named
        wish = {**self._named, "Message": self.order.remark}
        if self.order.expires_at is not None:
            wish["ExpirationTime"] = int(self.order.expires_at.timestamp())
        return wire.PUT_EXCEPTIONS, wish


_CHANGES: Mapping[str, Callable[[Order], Change]] = {
    "securityhub": HubChange,
    "securityhub_v2": HubV2Change,
    "inspector": InspectorChange,
    "config": ConfigChange,
}
