"""SageMaker's registry and endpoints in one region: packages, what serves, and with what weight."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TypeVar

from riskcockpit.connectors.amazon.calls import Service
from riskcockpit.connectors.amazon.faults import is_absent
from riskcockpit.connectors.amazon.operations import Operation
from riskcockpit.connectors.aws import sagemaker_wire as wire
from riskcockpit.connectors.aws.mapping import WAITING, Serving, Variant, package_name
from riskcockpit.connectors.aws.streams import moment
from riskcockpit.connectors.reply import StatusError

T = TypeVar("T")

PAGE = 100
MOST_CONFIGS = 50
"""Endpoint configurations that are looked at, the newest first, to find an earlier one."""


class Registry:
    """Reads one region; what it read of a model or a configuration it knows until the end."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.calls = 0
        self._models: dict[str, tuple[str, int | None]] = {}
        self._configs: dict[str, wire.EndpointConfig | None] = {}

    @property
    def region(self) -> str:
        """Which region it is."""
        return self.service.region

    def groups(self) -> Iterator[wire.Group]:
        """Yield every group of packages."""
        asked = {"SortBy": "Name", "SortOrder": "Ascending", "MaxResults": PAGE}
        for page in self.service.pages(wire.LIST_GROUPS, asked, wire.GroupPage):
            self.calls += 1
            yield from page.model_package_group_summary_list

    def packages(self, group: str) -> list[wire.PackageSummary]:
        """Return the versions of a group, the newest first; none when there is no such group."""
        asked = {
            "ModelPackageGroupName": group,
            "SortBy": "CreationTime",
            "SortOrder": "Descending",
            "MaxResults": PAGE,
        }
        found: dict[str, wire.PackageSummary] = {}
        try:
            for page in self.service.pages(wire.LIST_PACKAGES, asked, wire.PackagePage):
                self.calls += 1
                for one in page.model_package_summary_list:
                    found[one.model_package_arn] = one
        except StatusError as error:
            if not is_absent(error):
                raise
            return []
        return sorted(found.values(), key=lambda p: p.model_package_version or 0, reverse=True)

    def waiting(self) -> Iterator[wire.PackageSummary]:
        """Yield the versions of all groups that wait for an approval, the newest first."""
        asked = {
            "ModelApprovalStatus": WAITING,
            "ModelPackageType": "Versioned",
            "SortBy": "CreationTime",
            "SortOrder": "Descending",
            "MaxResults": PAGE,
        }
        for page in self.service.pages(wire.LIST_PACKAGES, asked, wire.PackagePage):
            self.calls += 1
            yield from (
                one
                for one in page.model_package_summary_list
                if one.model_approval_status == WAITING
            )

    def package(self, arn: str) -> wire.Package | None:
        """Return all that is said of a version, or None when it was deleted."""
        asked = {"ModelPackageName": arn}
        return self._unless_absent(wire.DESCRIBE_PACKAGE, asked, wire.Package)

    def tags(self, arn: str) -> list[wire.Tag]:
        """Return the tags of a thing."""
        found: list[wire.Tag] = []
        for page in self.service.pages(wire.LIST_TAGS, {"ResourceArn": arn}, wire.TagPage):
            self.calls += 1
            found += page.tags
        return found

    def endpoints(self, patterns: Sequence[str] = ("*",)) -> list[Serving]:
        """Return the endpoints whose names are as one of `patterns`, as they serve now."""
        asked = {"SortBy": "Name", "SortOrder": "Ascending", "MaxResults": PAGE}
        names: list[str] = []
        for page in self.service.pages(wire.LIST_ENDPOINTS, asked, wire.EndpointPage):
            self.calls += 1
            names += [one.endpoint_name for one in page.endpoints]
        wanted = [n for n in dict.fromkeys(names) if any(fnmatchcase(n, p) for p in patterns)]
        return [found for name in wanted if (found := self.endpoint(name)) is not None]

    def endpoint(self, name: str) -> Serving | None:
        """Return an endpoint as it serves now, or None when there is no such."""
        asked = {"EndpointName": name}
        found = self._unless_absent(wire.DESCRIBE_ENDPOINT, asked, wire.Endpoint)
        if found is None:
            return None
        config = self.config(found.endpoint_config_name) if found.endpoint_config_name else None
        models = (
            {v.variant_name: v.model_name for v in config.production_variants} if config else {}
        )
        capture = found.data_capture_config
        is_captured = capture is not None and capture.capture_status == "Started"
        pending = found.pending_deployment_summary
        return Serving(
            name=found.endpoint_name,
            region=self.region,
            status=found.endpoint_status,
            config=found.endpoint_config_name,
            variants=tuple(
                self._variant(v, models.get(v.variant_name, "")) for v in found.production_variants
            ),
            pending=pending.endpoint_config_name if pending else "",
            sampling=capture.current_sampling_percentage / 100 if capture and is_captured else None,
            fault=found.failure_reason,
            changed_at=moment(found.last_modified_time) if found.last_modified_time else None,
        )

    def config(self, name: str) -> wire.EndpointConfig | None:
        """Return a configuration, or None when it was deleted."""
        if name not in self._configs:
            asked = {"EndpointConfigName": name}
            found = self._unless_absent(wire.DESCRIBE_CONFIG, asked, wire.EndpointConfig)
            self._configs[name] = found
        return self._configs[name]

    def configs(self) -> Iterator[wire.EndpointConfig]:
        """Yield the newest configurations, at most `MOST_CONFIGS`."""
        asked = {"SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": MOST_CONFIGS}
        page = self.service.ask(wire.LIST_CONFIGS, asked, wire.ConfigPage)
        self.calls += 1
        for one in page.endpoint_configs:
            if (found := self.config(one.endpoint_config_name)) is not None:
                yield found

    def serves_only(self, config: wire.EndpointConfig, group: str, version: int) -> bool:
        """Whether every variant of a configuration that gets requests runs that version."""
        weighty = [v for v in config.production_variants if v.initial_variant_weight > 0]
        served = {self.version_of(variant.model_name) for variant in weighty}
        return served == {(group, version)}

    def version_of(self, model: str) -> tuple[str, int | None]:
        """Return group and version of the registry that a model of an endpoint is."""
        if not model:
            return "", None
        if model not in self._models:
            asked = {"ModelName": model}
            found = self._unless_absent(wire.DESCRIBE_MODEL, asked, wire.Model)
            containers = [found.primary_container, *found.containers] if found else []
            names = [c.model_package_name for c in containers if c and c.model_package_name]
            self._models[model] = package_name(names[0]) if names else ("", None)
        return self._models[model]

    def _variant(self, live: wire.LiveVariant, model: str) -> Variant:
        group, version = self.version_of(model)
        wanted = live.current_weight if live.desired_weight is None else live.desired_weight
        return Variant(live.variant_name, live.current_weight, wanted, model, group, version)

    def _unless_absent(self, what: Operation, asked: Mapping[str, str], type_: type[T]) -> T | None:
        self.calls += 1
        try:
            return self.service.ask(what, asked, type_)
        except StatusError as error:
            if not is_absent(error):
                raise
            return None
