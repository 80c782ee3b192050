"""The operations we call and the shapes we read, each only as far as we use it. No behaviour.

A list that is missing is never taken for an empty one: what it lacks would be closed.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from riskcockpit.connectors.amazon.operations import Operation, operation

# Security Hub ------------------------------------------------------------------------------------

GET_FINDINGS = Operation("GetFindings", "/findings")
UPDATE_FINDINGS = Operation("BatchUpdateFindings", "/findings/batchupdate", "PATCH")
GET_FINDINGS_V2 = Operation("GetFindingsV2", "/findingsv2")
UPDATE_FINDINGS_V2 = Operation("BatchUpdateFindingsV2", "/findingsv2/batchupdatev2", "PATCH")


class PascalStruct(msgspec.Struct, frozen=True, rename="pascal"):
    """Members are called as AWS calls them."""


class FindingPage(PascalStruct, frozen=True):
    """A page of findings, of either API; each is kept as it came."""

    findings: list[Raw]
    next_token: str | None = None


class Workflow(PascalStruct, frozen=True):
    """Where the work on a finding stands."""

    status: str = "NEW"


class Note(PascalStruct, frozen=True):
    """What somebody said about a finding."""

    text: str = ""
    updated_by: str = ""


class HubFinding(PascalStruct, frozen=True):
    """A finding in AWS's format."""

    id: str
    product_arn: str
    updated_at: str = ""
    region: str = ""
    workflow: Workflow = Workflow()
    record_state: str = "ACTIVE"
    note: Note | None = None


class Unprocessed(PascalStruct, frozen=True):
    """A finding that was not changed, and why."""

    error_code: str = ""
    error_message: str = ""


class UpdateReply(PascalStruct, frozen=True):
    """What came of a change of findings, one by one."""

    processed_findings: list[Raw]
    unprocessed_findings: tuple[Unprocessed, ...] = ()


class OcsfMetadata(msgspec.Struct, frozen=True):
    """What identifies a finding of the second API."""

    uid: str = ""


class OcsfInfo(msgspec.Struct, frozen=True):
    """When a finding changed."""

    uid: str = ""
    modified_time_dt: str = ""


class OcsfCloud(msgspec.Struct, frozen=True):
    """Where a finding is of."""

    region: str = ""


class OcsfFinding(msgspec.Struct, frozen=True):
    """A finding in OCSF."""

    metadata: OcsfMetadata = OcsfMetadata()
    finding_info: OcsfInfo = OcsfInfo()
    cloud: OcsfCloud = OcsfCloud()
    status: str = ""
    status_id: int = 0
    comment: str = ""


# Inspector ---------------------------------------------------------------------------------------

LIST_INSPECTOR = Operation("ListFindings", "/findings/list", token="nextToken")  # noqa: S106 - a name
LIST_FILTERS = Operation("ListFilters", "/filters/list", token="nextToken")  # noqa: S106 - a name
CREATE_FILTER = Operation("CreateFilter", "/filters/create")
DELETE_FILTER = Operation("DeleteFilter", "/filters/delete")


class InspectorPage(msgspec.Struct, frozen=True, rename="camel"):
    """A page of findings of Inspector."""

    findings: list[Raw]
    next_token: str | None = None


class InspectorFinding(msgspec.Struct, frozen=True, rename="camel"):
    """A finding of Inspector; `updated_at` is a number, or a text in what a tool wrote."""

    finding_arn: str
    updated_at: float | str = 0.0
    status: str = "ACTIVE"


class Filter(msgspec.Struct, frozen=True, rename="camel"):
    """A rule that suppresses findings."""

    arn: str
    name: str = ""


class FilterPage(msgspec.Struct, frozen=True, rename="camel"):
    """A page of filters."""

    filters: list[Filter]
    next_token: str | None = None


# Config ------------------------------------------------------------------------------------------

_CONFIG = "StarlingDoveService"
DESCRIBE_RULES = operation(_CONFIG, "DescribeConfigRules")
DESCRIBE_COMPLIANCE = operation(_CONFIG, "DescribeComplianceByConfigRule")
COMPLIANCE_DETAILS = operation(_CONFIG, "GetComplianceDetailsByConfigRule")
PUT_EXCEPTIONS = operation(_CONFIG, "PutRemediationExceptions")
DESCRIBE_EXCEPTIONS = operation(_CONFIG, "DescribeRemediationExceptions")
DELETE_EXCEPTIONS = operation(_CONFIG, "DeleteRemediationExceptions")


class Rule(PascalStruct, frozen=True):
    """A rule of AWS Config."""

    config_rule_name: str
    config_rule_arn: str = ""
    description: str = ""
    created_by: str = ""


class RulePage(PascalStruct, frozen=True):
    """A page of rules."""

    config_rules: list[Rule]
    next_token: str | None = None


class RuleCompliance(PascalStruct, frozen=True):
    """That a rule is not kept."""

    config_rule_name: str


class CompliancePage(PascalStruct, frozen=True):
    """A page of rules that are not kept."""

    compliance_by_config_rules: list[RuleCompliance]
    next_token: str | None = None


class Qualifier(PascalStruct, frozen=True):
    """What was evaluated."""

    config_rule_name: str = ""
    resource_type: str = ""
    resource_id: str = ""


class EvaluationId(PascalStruct, frozen=True):
    """Which evaluation it is."""

    evaluation_result_qualifier: Qualifier = Qualifier()


class Evaluation(PascalStruct, frozen=True):
    """How one resource stands to one rule."""

    evaluation_result_identifier: EvaluationId = EvaluationId()
    compliance_type: str = ""
    annotation: str = ""


class EvaluationPage(PascalStruct, frozen=True):
    """A page of evaluations."""

    evaluation_results: list[Evaluation]
    next_token: str | None = None


class RemediationException(PascalStruct, frozen=True):
    """A resource that is left out of the remediation of a rule, until some moment."""

    resource_type: str = ""
    resource_id: str = ""
    message: str = ""
    expiration_time: float | None = None


class ExceptionPage(PascalStruct, frozen=True):
    """A page of exceptions."""

    remediation_exceptions: list[RemediationException]
    next_token: str | None = None


class FailedBatch(PascalStruct, frozen=True):
    """Resources that were refused."""

    failure_message: str = ""


class ExceptionReply(PascalStruct, frozen=True):
    """What came of a change of exceptions."""

    failed_batches: tuple[FailedBatch, ...] = ()
