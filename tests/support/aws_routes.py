"""What the simulated AWS answers to each operation of findings and rules."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from support.aws_state import Region


class RefusedError(Exception):
    """An operation is refused."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


@dataclass(frozen=True)
class Call:
    """One request as the operations see it."""

    operation: str
    body: dict[str, Any]
    region: Region

    def page(self, rows: Iterable[Any], most: int, token: str = "NextToken") -> tuple[Any, Any]:
        """Return a page of rows and the members that lead to the next one."""
        asked = {name: value for name, value in self.body.items() if name != token}
        seal = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
        start = 0
        if given := self.body.get(token):
            own, place = base64.b64decode(given).decode().split("/")
            if own != seal:
                raise RefusedError("InvalidInputException", "Input Query has changed")
            start = int(place)
        listed = list(rows)
        end = start + most
        if end >= len(listed):
            return listed[start:end], {}
        following = base64.b64encode(f"{seal}/{end}".encode()).decode()
        return listed[start:end], {token: following}

    def wrote(self) -> None:
        """Note that a change was taken."""
        self.region.writes.append((self.operation, self.body))


def _values(filters: Any, name: str, key: str = "Value") -> set[str] | None:
    return {one[key] for one in filters[name]} if name in filters else None


def _get_findings(call: Call) -> Any:
    filters = call.body.get("Filters", {})
    rows = sorted(call.region.findings.values(), key=lambda f: (f["CreatedAt"], f["Id"]))
    told: dict[str, Callable[[Any], str]] = {
        "Id": lambda row: row["Id"],
        "ProductArn": lambda row: row["ProductArn"],
        "RecordState": lambda row: row["RecordState"],
        "WorkflowStatus": lambda row: row["Workflow"]["Status"],
    }
    for name, of in told.items():
        if (wanted := _values(filters, name)) is not None:
            rows = [row for row in rows if of(row) in wanted]
    for one in filters.get("ProductName", ()):
        assert one["Comparison"] == "NOT_EQUALS"
        rows = [row for row in rows if row["ProductName"] != one["Value"]]
    for span in filters.get("UpdatedAt", ()):
        start, end = span["Start"][:19], span["End"][:19]
        rows = [row for row in rows if start <= row["UpdatedAt"][:19] <= end]
    page, more = call.page(rows, call.body.get("MaxResults", 100))
    return {"Findings": page, **more}


def _update_findings(call: Call) -> Any:
    done, refused = [], []
    for which in call.body["FindingIdentifiers"]:
        found = call.region.findings.get(which["Id"])
        if found is None or found["ProductArn"] != which["ProductArn"]:
            code, why = "FindingNotFound", "Finding not found"
        else:
            code, why = call.region.refusals.get(which["Id"], ("", ""))
        if code or found is None:
            refused.append({"FindingIdentifier": which, "ErrorCode": code, "ErrorMessage": why})
            continue
        changes: dict[str, Any] = {
            name: call.body[name] for name in ("Workflow", "Note") if name in call.body
        }
        changes["Note"] = {**changes["Note"], "UpdatedAt": found["UpdatedAt"]}
        call.region.change(found, changes)  # `UpdatedAt` does not move
        done.append(which)
    if done:
        call.wrote()
    return {"ProcessedFindings": done, "UnprocessedFindings": refused}


def _ocsf_member(finding: dict[str, Any], path: str) -> Any:
    value: Any = finding
    for part in path.split("."):
        value = value.get(part, "")
    return value


def _passes(finding: dict[str, Any], composite: dict[str, Any]) -> bool:
    told = [
        _ocsf_member(finding, one["FieldName"]) == one["Filter"]["Value"]
        for one in composite.get("StringFilters", ())
    ]
    for one in composite.get("DateFilters", ()):
        at = _ocsf_member(finding, one["FieldName"])[:19]
        told.append(one["Filter"]["Start"][:19] <= at <= one["Filter"]["End"][:19])
    return any(told) if composite.get("Operator", "OR") == "OR" else all(told)


def _get_findings_v2(call: Call) -> Any:
    filters = call.body.get("Filters", {}).get("CompositeFilters", ())
    rows = [f for f in call.region.ocsf.values() if all(_passes(f, one) for one in filters)]
    page, more = call.page(rows, call.body.get("MaxResults", 100))
    return {"Findings": page, **more}


def _update_findings_v2(call: Call) -> Any:
    done, refused = [], []
    for uid in call.body["MetadataUids"]:
        found = call.region.ocsf.get(uid)
        code, why = call.region.refusals.get(uid, ("", ""))
        if found is None or code:
            code = code or "ResourceNotFoundException"
            refused.append({"MetadataUid": uid, "ErrorCode": code, "ErrorMessage": why or "none"})
            continue
        status = call.body["StatusId"]
        words = {1: "New", 2: "In Progress", 3: "Suppressed", 4: "Resolved"}
        changes = {"status": words[status], "status_id": status, "comment": call.body["Comment"]}
        call.region.change(found, changes)
        done.append({"MetadataUid": uid})
    if done:
        call.wrote()
    return {"ProcessedFindings": done, "UnprocessedFindings": refused}


def _inspector(call: Call) -> Any:
    criteria = call.body.get("filterCriteria", {})
    rows = sorted(call.region.inspector.values(), key=lambda f: float(f["firstObservedAt"]))
    for name, member in (("findingArn", "findingArn"), ("findingStatus", "status")):
        if (wanted := _values(criteria, name, "value")) is not None:
            rows = [row for row in rows if row[member] in wanted]
    for span in criteria.get("updatedAt", ()):
        rows = [r for r in rows if span["startInclusive"] <= r["updatedAt"] <= span["endInclusive"]]
    page, more = call.page(rows, call.body.get("maxResults", 50), "nextToken")
    return {"findings": page, **more}


def _filters(call: Call) -> Any:
    rows = [one for one in call.region.filters.values() if one["action"] == call.body["action"]]
    page, more = call.page(rows, 25, "nextToken")
    return {"filters": page, **more}


def _create_filter(call: Call) -> Any:
    body, region = call.body, call.region
    if any(one["name"] == body["name"] for one in region.filters.values()):
        raise RefusedError("BadRequestException", "A filter of this name exists already")
    arn = f"arn:aws:inspector2:{region.name}:123456789012:owner/1/filter/{len(region.filters)}"
    at = region.tick().timestamp()
    region.filters[arn] = {
        "arn": arn,
        "ownerId": "123456789012",
        "name": body["name"],
        "criteria": body["filterCriteria"],
        "action": body["action"],
        "reason": body["reason"],
        "createdAt": at,
        "updatedAt": at,
    }
    _suppress(call, body["filterCriteria"], "SUPPRESSED")
    return {"arn": arn}


def _delete_filter(call: Call) -> Any:
    gone = call.region.filters.pop(call.body["arn"], None)
    if gone is None:
        raise RefusedError("ResourceNotFoundException", "There is no such filter", 404)
    _suppress(call, gone["criteria"], "ACTIVE")
    return {"arn": gone["arn"]}


def _suppress(call: Call, criteria: Any, status: str) -> None:
    for arn in _values(criteria, "findingArn", "value") or ():
        if arn in call.region.inspector:
            call.region.change(call.region.inspector[arn], {"status": status})
    call.wrote()


def _rules(call: Call) -> Any:
    page, more = call.page(call.region.rules.values(), 25)
    return {"ConfigRules": page, **more}


def _compliance(call: Call) -> Any:
    rows = [
        {
            "ConfigRuleName": name,
            "Compliance": {
                "ComplianceType": "NON_COMPLIANT",
                "ComplianceContributorCount": {"CappedCount": len(found), "CapExceeded": False},
            },
        }
        for name, found in call.region.broken.items()
        if found
    ]
    page, more = call.page(rows, 25)
    return {"ComplianceByConfigRules": page, **more}


def _details(call: Call) -> Any:
    name = call.body["ConfigRuleName"]
    if name not in call.region.rules:
        raise RefusedError("NoSuchConfigRuleException", f"There is no rule {name}")
    page, more = call.page(call.region.broken[name], call.body.get("Limit", 10))
    return {"EvaluationResults": page, **more}


def _keys(call: Call) -> list[tuple[str, str, str]]:
    rule = call.body["ConfigRuleName"]
    return [(rule, one["ResourceType"], one["ResourceId"]) for one in call.body["ResourceKeys"]]


def _put_exceptions(call: Call) -> Any:
    for key in _keys(call):
        if code := call.region.refusals.get(key[2]):
            members = ("ConfigRuleName", "ResourceType", "ResourceId")
            items = [dict(zip(members, key, strict=True))]
            return {"FailedBatches": [{"FailureMessage": code[1], "FailedItems": items}]}
        call.region.exceptions[key] = {
            "ConfigRuleName": key[0],
            "ResourceType": key[1],
            "ResourceId": key[2],
            "Message": call.body["Message"],
            "ExpirationTime": float(call.body["ExpirationTime"]),
        }
    call.wrote()
    return {"FailedBatches": []}


def _exceptions(call: Call) -> Any:
    known = call.region.exceptions
    page, more = call.page([known[key] for key in _keys(call) if key in known], 25)
    return {"RemediationExceptions": page, **more}


def _delete_exceptions(call: Call) -> Any:
    for key in _keys(call):
        if call.region.exceptions.pop(key, None) is None:
            raise RefusedError("NoSuchRemediationExceptionException", "There is no such exception")
    call.wrote()
    return {"FailedBatches": []}


OPERATIONS: dict[tuple[str, str], Callable[[Call], Any]] = {
    ("securityhub", "GetFindings"): _get_findings,
    ("securityhub", "BatchUpdateFindings"): _update_findings,
    ("securityhub", "GetFindingsV2"): _get_findings_v2,
    ("securityhub", "BatchUpdateFindingsV2"): _update_findings_v2,
    ("inspector2", "ListFindings"): _inspector,
    ("inspector2", "ListFilters"): _filters,
    ("inspector2", "CreateFilter"): _create_filter,
    ("inspector2", "DeleteFilter"): _delete_filter,
    ("config", "DescribeConfigRules"): _rules,
    ("config", "DescribeComplianceByConfigRule"): _compliance,
    ("config", "GetComplianceDetailsByConfigRule"): _details,
    ("config", "PutRemediationExceptions"): _put_exceptions,
    ("config", "DescribeRemediationExceptions"): _exceptions,
    ("config", "DeleteRemediationExceptions"): _delete_exceptions,
}
