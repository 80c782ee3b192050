"""The part of SARIF 2.1.0 that is read, as typed structs. Null and absent are equal everywhere.

`codeFlows`, `fixes`, `relatedLocations` and whatever else is not here stays in the raw record.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Raw


class Struct(msgspec.Struct, gc=False, rename="camel", omit_defaults=True):
    """Parent of all: names in camel case, unknown fields skipped, no cycles so no tracking."""


class Value(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """Parent of those that are compared, or looked up by."""


class Text(Struct):
    """`message` and `multiformatMessageString`."""

    text: str | None = None
    markdown: str | None = None
    id: str | None = None
    arguments: list[str] | None = None


class Snippet(Struct):
    """`artifactContent`."""

    text: str | None = None


class Region(Struct):
    """`region`; one that has only character or byte offsets has no line."""

    start_line: int | None = None
    start_column: int | None = None
    end_line: int | None = None
    snippet: Snippet | None = None


class ArtifactLocation(Struct):
    """`artifactLocation`: a URI, or the index of an artefact of the run."""

    uri: str | None = None
    uri_base_id: str | None = None
    index: int | None = None


class PhysicalLocation(Struct):
    """`physicalLocation`."""

    artifact_location: ArtifactLocation | None = None
    region: Region | None = None
    context_region: Region | None = None


class LogicalLocation(Struct):
    """`logicalLocation`: a name, or the index of one that the run lists."""

    fully_qualified_name: str | None = None
    name: str | None = None
    index: int | None = None


class Place(Struct):
    """`location`."""

    physical_location: PhysicalLocation | None = None
    logical_locations: list[LogicalLocation] | None = None


class Suppression(Value, frozen=True):
    """`suppression`; without a status it counts as accepted."""

    status: str | None = None


class ComponentReference(Value, frozen=True):
    """`toolComponentReference`."""

    name: str | None = None
    index: int | None = None
    guid: str | None = None


class RuleReference(Value, frozen=True):
    """`reportingDescriptorReference`."""

    id: str | None = None
    index: int | None = None
    guid: str | None = None
    tool_component: ComponentReference | None = None


class Result(Struct):
    """`result`."""

    rule_id: str | None = None
    rule_index: int | None = None
    rule: RuleReference | None = None
    kind: str | None = None
    level: str | None = None
    message: Text | None = None
    locations: Sequence[Place] | None = None
    fingerprints: dict[str, Any] | None = None
    partial_fingerprints: dict[str, Any] | None = None
    suppressions: tuple[Suppression, ...] | None = None
    baseline_state: str | None = None
    taxa: list[RuleReference] | None = None
    properties: Raw = Raw()


class UsualText(Text, kw_only=True):
    """A `message` with a text of its own, in which nothing is to be put."""

    text: Annotated[str, msgspec.Meta(min_length=1)]
    arguments: None = None


class UsualPhysicalLocation(PhysicalLocation, kw_only=True):
    """A `physicalLocation` that says where."""

    artifact_location: ArtifactLocation
    region: Region


class UsualPlace(Place, kw_only=True):
    """A `location` in a file."""

    physical_location: UsualPhysicalLocation


class UsualResult(Result, kw_only=True):
    """A `result` with a text and places, all of them in files; what is none is a `Result` still."""

    message: UsualText
    locations: Annotated[Sequence[UsualPlace], msgspec.Meta(min_length=1)]
    taxa: None = None


class RuleConfiguration(Struct):
    """`reportingConfiguration`."""

    level: str | None = None
    enabled: bool | None = None


class Relationship(Struct):
    """`reportingDescriptorRelationship`."""

    target: RuleReference | None = None


class Rule(Struct):
    """`reportingDescriptor`."""

    id: str | None = None
    guid: str | None = None
    name: str | None = None
    short_description: Text | None = None
    full_description: Text | None = None
    help: Text | None = None
    help_uri: str | None = None
    message_strings: dict[str, Text] | None = None
    default_configuration: RuleConfiguration | None = None
    relationships: list[Relationship] | None = None
    properties: dict[str, Any] | None = None


class Component(Struct):
    """`toolComponent`."""

    name: str | None = None
    guid: str | None = None
    version: str | None = None
    semantic_version: str | None = None
    rules: list[Raw] | None = None
    global_message_strings: dict[str, Text] | None = None


class Tool(Struct):
    """`tool`."""

    driver: Component | None = None
    extensions: list[Component] | None = None


class Override(Struct):
    """`configurationOverride`."""

    descriptor: RuleReference | None = None
    configuration: RuleConfiguration | None = None


class Notification(Struct):
    """`notification`."""

    level: str | None = None
    message: Text | None = None


class Invocation(Struct):
    """`invocation`."""

    execution_successful: bool | None = None
    exit_code: int | None = None
    exit_signal_name: str | None = None
    process_start_failure_message: str | None = None
    start_time_utc: str | None = None
    end_time_utc: str | None = None
    working_directory: ArtifactLocation | None = None
    rule_configuration_overrides: list[Override] | None = None
    tool_execution_notifications: list[Notification] | None = None
    tool_configuration_notifications: list[Notification] | None = None


class Artifact(Struct):
    """`artifact`."""

    location: ArtifactLocation | None = None


class AutomationDetails(Struct):
    """`runAutomationDetails`."""

    id: str | None = None


class Provenance(Struct):
    """`versionControlDetails`."""

    repository_uri: str | None = None
    branch: str | None = None


class Run(Struct):
    """`run`, with its results still raw."""

    tool: Tool | None = None
    results: list[Raw] | None = None
    artifacts: list[Raw] | None = None
    logical_locations: list[LogicalLocation] | None = None
    invocations: list[Invocation] | None = None
    automation_details: AutomationDetails | None = None
    version_control_provenance: list[Provenance] | None = None
    original_uri_base_ids: dict[str, ArtifactLocation] | None = None
    properties: Raw = Raw()


class LoneLog(Struct):
    """A log in which the one run stands bare, as converters from XML write lists of one."""

    runs: dict[str, Raw]
    version: Any = None


class Log(Struct):
    """`sarifLog`, with its runs still raw."""

    runs: list[Raw] | None
    version: Any = None


class WholeLog(Struct):
    """`sarifLog`, with its runs decoded."""

    runs: list[Run] | None
    version: Any = None
