"""What the services of the simulated AWS hold, with the members their API models require."""

from __future__ import annotations

from datetime import datetime
from typing import Any

ACCOUNT = "123456789012"


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def hub_finding(number: int, region: str, at: datetime, **changes: Any) -> dict[str, Any]:
    """A failed control of Security Hub, in AWS's format."""
    arn = f"arn:aws:securityhub:{region}:{ACCOUNT}:security-control/S3.{number}/finding"
    made = {
        "SchemaVersion": "2018-10-08",
        "Id": f"{arn}/0000-{number:04d}",
        "ProductArn": f"arn:aws:securityhub:{region}::product/aws/securityhub",
        "ProductName": "Security Hub",
        "CompanyName": "AWS",
        "Region": region,
        "GeneratorId": f"security-control/S3.{number}",
        "AwsAccountId": ACCOUNT,
        "Types": ["Software and Configuration Checks/Industry and Regulatory Standards"],
        "CreatedAt": stamp(at),
        "UpdatedAt": stamp(at),
        "Severity": {"Label": "MEDIUM", "Normalized": 40, "Original": "MEDIUM"},
        "Title": f"S3 buckets should keep rule {number}",
        "Description": "This control checks a bucket.",
        "Resources": [
            {
                "Type": "AwsS3Bucket",
                "Id": f"arn:aws:s3:::bank-{number}",
                "Partition": "aws",
                "Region": region,
            }
        ],
        "Compliance": {"Status": "FAILED", "SecurityControlId": f"S3.{number}"},
        "WorkflowState": "NEW",
        "Workflow": {"Status": "NEW"},
        "RecordState": "ACTIVE",
    }
    return made | changes


def ocsf_finding(number: int, region: str, at: datetime, **changes: Any) -> dict[str, Any]:
    """A failed control of Security Hub's second API, in OCSF."""
    made = {
        "activity_id": 1,
        "category_uid": 2,
        "class_name": "Compliance Finding",
        "class_uid": 2003,
        "cloud": {"account": {"uid": ACCOUNT}, "provider": "AWS", "region": region},
        "compliance": {"control": f"S3.{number}", "status": "FAIL", "status_id": 3},
        "finding_info": {
            "uid": f"arn:aws:securityhub:{region}:{ACCOUNT}:finding/{number:04d}",
            "title": f"S3 buckets should keep rule {number}",
            "desc": "This control checks a bucket.",
            "created_time_dt": stamp(at),
            "modified_time_dt": stamp(at),
        },
        "metadata": {
            "uid": f"{number:064x}",
            "product": {"name": "Security Hub", "vendor_name": "AWS"},
            "version": "1.6.0",
        },
        "resources": [
            {"uid": f"arn:aws:s3:::bank-{number}", "type": "AwsS3Bucket", "region": region}
        ],
        "severity": "Medium",
        "severity_id": 3,
        "status": "New",
        "status_id": 1,
        "type_uid": 200301,
    }
    return made | changes


def inspector_finding(number: int, region: str, at: datetime, **changes: Any) -> dict[str, Any]:
    """A vulnerable package in an image, as Inspector lists it."""
    image = f"arn:aws:ecr:{region}:{ACCOUNT}:repository/payments/sha256:{number:064x}"
    made = {
        "awsAccountId": ACCOUNT,
        "description": "A flaw in a library.",
        "findingArn": f"arn:aws:inspector2:{region}:{ACCOUNT}:finding/{number:032x}",
        "firstObservedAt": at.timestamp(),
        "lastObservedAt": at.timestamp(),
        "updatedAt": at.timestamp(),
        "fixAvailable": "YES",
        "inspectorScore": 5.5,
        "packageVulnerabilityDetails": {
            "vulnerabilityId": f"CVE-2026-{number:05d}",
            "source": "NVD",
            "sourceUrl": "https://nvd.example/x",
            "vulnerablePackages": [
                {
                    "name": "openssl",
                    "version": "3.0.1",
                    "packageManager": "OS",
                    "fixedInVersion": "3.0.2",
                }
            ],
        },
        "remediation": {"recommendation": {"text": "None Provided"}},
        "resources": [
            {
                "id": image,
                "type": "AWS_ECR_CONTAINER_IMAGE",
                "region": region,
                "partition": "aws",
                "details": {},
            }
        ],
        "severity": "MEDIUM",
        "status": "ACTIVE",
        "title": f"CVE-2026-{number:05d} - openssl",
        "type": "PACKAGE_VULNERABILITY",
    }
    return made | changes


def evaluation(rule: str, type_: str, id_: str, at: datetime) -> dict[str, Any]:
    """That a resource does not keep a rule."""
    qualifier = {"ConfigRuleName": rule, "ResourceType": type_, "ResourceId": id_}
    return {
        "EvaluationResultIdentifier": {
            "EvaluationResultQualifier": qualifier,
            "OrderingTimestamp": at.timestamp(),
        },
        "ComplianceType": "NON_COMPLIANT",
        "ResultRecordedTime": at.timestamp(),
        "ConfigRuleInvokedTime": at.timestamp(),
        "Annotation": "It is open to the world.",
    }


def arn(region: str, what: str, service: str = "sagemaker") -> str:
    """An ARN of the one account."""
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{what}"
