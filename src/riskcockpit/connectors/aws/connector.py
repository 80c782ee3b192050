"""AWS as a source: findings, broken rules and models, region by region; waivers and rollbacks."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product
from typing import ClassVar, Literal, Self

import msgspec

from riskcockpit.config.credentials import Credential
from riskcockpit.config.durations import parse_duration
from riskcockpit.connectors.amazon.caller import caller
from riskcockpit.connectors.amazon.calls import Service
from riskcockpit.connectors.amazon.endpoints import address, is_region
from riskcockpit.connectors.amazon.keys import check_installed, check_people, found_by_tools
from riskcockpit.connectors.amazon.signing import dialect
from riskcockpit.connectors.api import KeptRecord, SourceSpec, WaiverWords
from riskcockpit.connectors.aws.acting import Change, Mover
from riskcockpit.connectors.aws.approval import PackageApproval
from riskcockpit.connectors.aws.cursor import Cursor
from riskcockpit.connectors.aws.findings import Pass, read_stream
from riskcockpit.connectors.aws.models import read_models
from riskcockpit.connectors.aws.offers import approvals, returns
from riskcockpit.connectors.aws.registry import Registry
from riskcockpit.connectors.aws.reverting import revert_of
from riskcockpit.connectors.aws.rules import read_rules
from riskcockpit.connectors.aws.shifting import VersionShift
from riskcockpit.connectors.aws.streams import streams
from riskcockpit.connectors.aws.suppression import (
    EXCEPTED,
    LONGEST_REMARK,
    SUPPRESSED,
    change_of,
    order_of,
)
from riskcockpit.connectors.aws.targets import FindingRef, located
from riskcockpit.connectors.dialect import READ, WRITE
from riskcockpit.connectors.endpoint import parse_endpoint
from riskcockpit.connectors.gates import Rate
from riskcockpit.connectors.http import HttpClient
from riskcockpit.connectors.options import read_options
from riskcockpit.connectors.waiving import signed_comment
from riskcockpit.domain.action import (
    ALERT_KINDS,
    DEPLOYMENT_KINDS,
    MODEL_KINDS,
    OFFERED_KINDS,
    Action,
    ActionKind,
    Offer,
    Preview,
    Receipt,
)
from riskcockpit.domain.batch import Batch, Coverage, Fact, Item
from riskcockpit.domain.clock import Clock, rfc3339
from riskcockpit.domain.ids import digest
from riskcockpit.domain.model import RegisteredModel
from riskcockpit.errors import ConfigError, SourceError

_SERVICE = Literal["securityhub", "securityhub_v2", "inspector", "config", "sagemaker"]
_CLIENTS = {"securityhub_v2": "securityhub", "inspector": "inspector2"}
"""Services whose client is called otherwise."""
_STEADY = {READ: (Rate(at_once=2, burst=10, per_second=5.0),),
           WRITE: (Rate(at_once=1, burst=5, per_second=1.0),)}  # fmt: skip
RATES = {
    "securityhub": {
        READ: (Rate(at_once=2, burst=5, per_second=2.5),),
        WRITE: (Rate(at_once=1, burst=20, per_second=8.0),),
    }
}
"""Below the published limits, which others of the account use up too: 3 a second in bursts of 6 for
`GetFindings`, 10 in bursts of 30 for changes. The other services publish none."""
LONGEST_CONFIG_REMARK = 1024


class AwsOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The `options` of a source of kind `aws`."""

    regions: tuple[str, ...]
    """As eu-central-1; of an aggregation of Security Hub the home region alone."""
    services: tuple[_SERVICE, ...]
    """What is read."""
    profile: str = ""
    """The profile of the AWS tools that reads; empty and without `credential`: what they find."""
    write_profile: str = ""
    """The profile that changes things, in place of `write_credential`."""
    production: tuple[str, ...] = ("*",)
    """Patterns of the names of SageMaker's endpoints that serve production."""
    reconcile_after: str = "24h"
    """Large lists of findings are read from the start again after so long."""
    write: bool = False
    """Waivers, approvals and rollbacks may be carried out on AWS."""


@dataclass(frozen=True, slots=True)
class _People:
    """Who reads, and who writes when somebody may."""

    reader: Credential
    writer: Credential | None


class AwsConnector:
    """Some services of AWS in some regions, as one account sees them."""

    kind: ClassVar[str] = "aws"
    acts: ClassVar[frozenset[ActionKind]] = ALERT_KINDS | MODEL_KINDS | DEPLOYMENT_KINDS
    options: ClassVar[type[AwsOptions]] = AwsOptions

    def __init__(
        self, spec: SourceSpec, options: AwsOptions, people: _People, clock: Clock
    ) -> None:
        self._spec = spec
        self._options = options
        self._people = people
        self._clock = clock
        self._clients: dict[tuple[str, str, bool], HttpClient] = {}

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:
        """See `connectors.api.Connector.build`; botocore is imported with the first request."""
        options = read_options(spec, AwsOptions)
        _check(spec, options)
        check_installed(spec.name)
        writer = spec.write or (
            found_by_tools(options.write_profile) if options.write_profile else None
        )
        people = _People(spec.read or found_by_tools(options.profile), writer)
        return cls(spec, options, people, clock)

    def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:
        """Yield pages of findings, reports of rules, models and readings. See `api`."""
        asked = self._asked()
        before = Cursor.read(cursor, asked)
        is_enough = before is not None and before.is_enough(until, _span(self._options))
        marks = dict(before.marks) if before is not None and is_enough else {}
        done = Pass(until, not is_enough, marks)
        for item in self._items(done):
            yield Batch((item,), coverage=Coverage(rows=1))
        if done.refused and not done.read:
            raise done.refused[0]
        after = Cursor(
            asked=asked,
            whole_at=before.whole_at if before is not None and is_enough else rfc3339(until),
            pages=before.pages if before is not None and is_enough else done.finding_pages,
            marks=done.marks,
        )
        yield Batch(
            (),
            cursor=after.written(),
            is_complete=True,
            is_whole=done.is_whole,
            coverage=Coverage(
                pages=done.pages,
                is_truncated=bool(done.refused) or done.is_short,
                note="; ".join(done.notes),
            ),
        )

    def check(self) -> str:
        """See `connectors.api.Checks.check`."""
        region = self._options.regions[0]
        who = caller(self._client("sts", region, self._people.reader))
        return f"AWS as {who}, {', '.join(self._options.regions)}"

    def why_not(self) -> str:
        """See `connectors.api.Dismisses.why_not`."""
        if not self._options.write:
            return (
                f'the source "{self._spec.name}" does not write: its options have no `write: true`'
            )
        if self._people.writer is None:
            return f'the source "{self._spec.name}" has no write credential'
        return ""

    def dismissal(self, record: KeptRecord, waiver: WaiverWords) -> Action | None:
        """See `connectors.api.Dismisses.dismissal`."""
        found = located(record, self._options.regions)
        if found is None:
            return None
        is_config = found.ref.service == "config"
        most = LONGEST_CONFIG_REMARK if is_config else LONGEST_REMARK
        why = waiver.reason.value
        params = {
            "from": found.state,
            "to": EXCEPTED if is_config else SUPPRESSED,
            "comment": f"{why}: {signed_comment(waiver, most - len(why) - 2)}",
        }
        if is_config:
            params["expires"] = rfc3339(waiver.expires_at)
        return Action("", ActionKind.ALERT_DISMISS, self._spec.name, found.ref.target, params)

    def deployments(self, kinds: Collection[ActionKind] = OFFERED_KINDS) -> Iterator[Offer]:
        """See `connectors.api.Deploys.deployments`: versions of models that wait, and endpoints."""
        if "sagemaker" not in self._options.services:
            return
        for registry in self._registries():
            if {ActionKind.DEPLOYMENT_APPROVE, ActionKind.DEPLOYMENT_REJECT} & set(kinds):
                yield from approvals(registry, self._spec.name)
            if ActionKind.DEPLOYMENT_ROLLBACK in kinds:
                yield from returns(registry, self._options.production, self._spec.name)

    def preview(self, action: Action) -> Preview:
        """See `connectors.api.Acts.preview`."""
        return self._mover.preview(action)

    def apply(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.apply`."""
        return self._mover.apply(action)

    def observe(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.observe`."""
        return self._mover.observe(action)

    def close(self) -> None:
        """See `connectors.api.Connector.close`."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    @property
    def _mover(self) -> Mover:
        return Mover(self._change, self._clock, self.why_not())

    def _change(self, action: Action) -> Change:
        match action.kind:
            case ActionKind.ALERT_DISMISS | ActionKind.ALERT_REOPEN:
                return change_of(order_of(action, self._service_of))
            case ActionKind.MODEL_ROLLBACK | ActionKind.MODEL_PROMOTE:
                return VersionShift(action, self._registries, self._options.production, self._clock)
            case ActionKind.DEPLOYMENT_APPROVE | ActionKind.DEPLOYMENT_REJECT:
                return PackageApproval(action, self._registries)
            case ActionKind.DEPLOYMENT_ROLLBACK:
                return revert_of(action, self._registries)
            case ActionKind.ALERT_SILENCE | ActionKind.ALERT_UNSILENCE:
                raise SourceError(f"AWS has no {action.kind.value}: {action.target}")

    def _items(self, done: Pass) -> Iterator[Item]:
        services = tuple(dict.fromkeys(self._options.services))
        has_hub = bool({"securityhub", "securityhub_v2"} & set(services))
        lists = streams(services)
        seen: set[str] = set()
        for region, name in product(dict.fromkeys(self._options.regions), services):
            if (stream := lists.get(name)) is not None:
                yield from read_stream(stream, self._service(name, region), done)
            elif name == "config":
                yield from read_rules(self._service(name, region), done, without_hub=has_hub)
            else:
                yield from self._models(region, seen, done)

    def _models(self, region: str, seen: set[str], done: Pass) -> Iterator[Fact]:
        """Yield the models of a region but those of a name that another region has, too."""
        registry = Registry(self._service("sagemaker", region))
        for item in read_models(registry, self._options.production, done):
            if isinstance(item, RegisteredModel):
                if item.name in seen:
                    done.leave_out(
                        f"{item.name} of {region}: another region has a model of its name"
                    )
                    continue
                seen.add(item.name)
            yield item

    def _registries(self) -> tuple[Registry, ...]:
        regions = dict.fromkeys(self._options.regions)
        return tuple(Registry(self._service("sagemaker", region)) for region in regions)

    def _service_of(self, ref: FindingRef) -> Service:
        return self._service(ref.service, ref.region)

    def _service(self, name: str, region: str) -> Service:
        service = _CLIENTS.get(name, name)
        writer = self._people.writer if self._options.write else None
        return Service(
            self._client(service, region, self._people.reader),
            region,
            self._client(service, region, writer, is_writer=True) if writer else None,
        )

    def _client(
        self, service: str, region: str, credential: Credential, *, is_writer: bool = False
    ) -> HttpClient:
        key = (service, region, is_writer)
        if key not in self._clients:
            spec = replace(self._spec, url=address(service, region, self._spec.url))
            spoken = dialect(service, region, RATES.get(service, _STEADY))
            self._clients[key] = HttpClient.of(spec, self._clock, credential, spoken)
        return self._clients[key]

    def _asked(self) -> str:
        options = self._options
        return digest((self._spec.url, *options.regions, "", *options.services))[:16]


def _check(spec: SourceSpec, options: AwsOptions) -> None:
    """Refuse options that cannot be meant."""
    label = f'source "{spec.name}"'
    for key in ("regions", "services"):
        if not getattr(options, key):
            raise ConfigError(f"{label}: options.{key} is empty")
    for region in options.regions:
        if not is_region(region):
            raise ConfigError(
                f'{label}: options.regions: "{region}" is no region', hint="as eu-central-1"
            )
    check_people(spec.read, options.profile, f"{label}: options.profile")
    check_people(spec.write, options.write_profile, f"{label}: options.write_profile")
    if spec.url:
        parse_endpoint(spec.url, spec.name)
    _span(options, label)


def _span(options: AwsOptions, label: str = "source") -> timedelta:
    try:
        return parse_duration(options.reconcile_after)
    except ValueError as error:
        raise ConfigError(f"{label}: options.reconcile_after: {error}", hint="as 24h") from error
