"""Cloud, Kubernetes, network and running applications."""

from __future__ import annotations

from riskcockpit.formats.builtin import BuiltIn
from riskcockpit.formats.shape import Shape
from riskcockpit.formats.signs import (
    Sign,
    all_of,
    any_of,
    columns_below,
    has,
    has_inner,
    lacks,
    says,
    xml,
)

_OPERATOR = "aquasecurity.github.io"
_LIST_METADATA = frozenset({"resourceVersion", "selfLink", "continue", "remainingItemCount"})
"""All there is one object further in when `kubectl get` found nothing to list."""
_OF_BOTO = frozenset({"RequestId", "HTTPStatusCode", "HTTPHeaders", "RetryAttempts", "HostId"})
"""What boto3 says of an answer, under `ResponseMetadata`."""
_OCSF_CLASSES = tuple(str(number) for number in range(2001, 2008))
_INSPECTED = ("packageVulnerabilityDetails", "networkReachabilityDetails", "inspectorScore")
"""Members that only a finding of Inspector has."""
_PROWLER_CSV = columns_below("check_id", "check_title", "status", "severity")
_TENABLE = (
    ("plugin id", "risk", "host"),
    ("plugin id", "severity", "host"),
    ("plugin", "plugin name", "severity"),
    ("definition.id", "definition.name", "severity"),
)


def _is_answer_without_findings(name: str) -> Sign:
    """Whether it is an API's answer `{"findings": []}` and nothing else."""
    known = {name, "nextToken", "NextToken", "ResponseMetadata"}

    def sign(shape: Shape) -> bool:
        names = shape.members.keys()
        is_answer = shape.kind == "object" and name in names and names <= known
        return is_answer and shape.inner <= (_OF_BOTO if "ResponseMetadata" in names else set())

    return sign


def _is_event(source: str, *types: str) -> Sign:
    """Whether it is an event of AWS EventBridge; its `detail` has the findings."""
    return all_of(has("detail"), says("source", source), says("detail-type", *types))


def _is_operator(shape: Shape) -> bool:
    """Whether it is a report of the Trivy Operator, a list of them, or a dump of all kinds."""
    names = shape.members
    if any(name.endswith(f".{_OPERATOR}") for name in names) or _OPERATOR in names.get(
        "apiVersion", ""
    ):
        return True
    if not {"apiVersion", "items"} <= names.keys() or shape.kind != "object":
        return False
    is_empty = names.get("kind") == "List" and shape.inner <= _LIST_METADATA
    return is_empty or _OPERATOR in shape.start or "report" in shape.inner


def _is_burp(shape: Shape) -> bool:
    """Whether it is a list of Burp's issues; those of other tools have no serial numbers."""
    marks = ("burpVersion", "exportTime")
    is_named = any(mark in shape.root_tag for mark in marks) or "<serialNumber>" in shape.start
    return shape.kind == "xml" and shape.root == "issues" and is_named


CLOUD: tuple[BuiltIn, ...] = (
    BuiltIn(
        "ocsf",
        "OCSF findings, classes 2001 to 2007 (Prowler 4 and later, Security Hub, Security Lake)",
        "ocsf",
        any_of(
            has("class_uid", "finding_info"),
            has("finding_info", "metadata", "severity_id"),
            has("class_uid", "finding", "metadata"),
            has("class_uid", "vulnerabilities", "metadata"),
            all_of(has("metadata", "severity_id"), says("class_uid", *_OCSF_CLASSES)),
            has_inner("Findings", "class_uid", "metadata"),
            has_inner("findings", "class_uid", "metadata"),
            _is_event("aws.securityhub", " v2"),
        ),
    ),
    BuiltIn(
        "asff",
        "AWS Security Finding Format (Security Hub, GuardDuty, Inspector, Prowler)",
        "aws.asff",
        any_of(
            has("ProductArn", "GeneratorId"),
            has("SchemaVersion", "AwsAccountId"),
            has_inner("Findings", "ProductArn", "GeneratorId"),
            has_inner("findings", "ProductArn", "GeneratorId"),
            has_inner("Findings", "SchemaVersion", "AwsAccountId"),
            has_inner("findings", "SchemaVersion", "AwsAccountId"),
            _is_answer_without_findings("Findings"),
            _is_event("aws.securityhub", "security hub"),
        ),
    ),
    BuiltIn(
        "aws-inspector",
        "Amazon Inspector findings (aws inspector2 list-findings)",
        "aws.inspector",
        any_of(
            has("findingArn", "awsAccountId"),
            has_inner("findings", "findingArn", "awsAccountId"),
            *(has_inner("findings", name) for name in _INSPECTED),
            *(has(name, "severity") for name in _INSPECTED),
            _is_answer_without_findings("findings"),
            _is_event("aws.inspector", "inspector2 finding"),
        ),
    ),
    BuiltIn(
        "prowler",
        "Prowler JSON (version 3) and CSV (versions 3 to 5)",
        "prowler",
        any_of(has("CheckID", "StatusExtended"), has("CheckID", "ServiceName"), _PROWLER_CSV),
    ),
    BuiltIn(
        "azure-recommendations",
        "Microsoft Defender for Cloud recommendations (CSV)",
        "azure_recommendations",
        columns_below("recommendationId", "recommendationDisplayName", "state", "severity"),
    ),
    BuiltIn(
        "kubescape",
        "Kubescape JSON (formats 1 and 2)",
        "kubernetes.kubescape",
        any_of(
            has("summaryDetails"),
            has("controlReports"),
            has_inner("frameworks", "controlReports"),
            all_of(has("results", "resources"), has_inner("results", "resourceID", "controls")),
        ),
    ),
    BuiltIn(
        "kube-bench",
        "kube-bench JSON, in all its outer shapes",
        "kubernetes.kube_bench",
        any_of(
            has_inner("Controls", "tests", "node_type"),
            has("Controls", "Totals"),
            has("tests", "node_type", "total_pass"),
            has("tests", "total_fail", "total_warn"),
            has("id", "version", "node_type", "tests"),
        ),
    ),
    BuiltIn(
        "trivy-operator",
        "Trivy Operator reports, one by one, in lists, or all kinds in one object",
        "kubernetes.trivy_operator",
        _is_operator,
    ),
    BuiltIn(
        "zap",
        "ZAP XML and JSON, all versions",
        "web.zap",
        any_of(
            xml("OWASPZAPReport"),
            has_inner("alerts", "pluginId", "risk"),
            all_of(
                has("site"),
                any_of(
                    has("@version"),
                    has("@generated"),
                    has("@programName"),
                    has_inner("site", "@name", "alerts"),
                ),
                lacks("vulnerabilities", "scan"),  # GitLab's report quotes the names of ZAP's
            ),
        ),
    ),
    BuiltIn("burp", "Burp Suite XML", "web.burp", _is_burp),
    BuiltIn(
        "nuclei",
        "Nuclei JSON and JSON Lines, all versions",
        "web.nuclei",
        any_of(
            *(has(name, "info") for name in ("template-id", "templateID", "template_id")),
            *(has(name, "matched-at") for name in ("template-id", "template-url")),
            has("template", "matched", "severity"),
        ),
    ),
    BuiltIn(
        "nessus",
        "Nessus XML (.nessus, versions 1 and 2), web applications too",
        "network.nessus",
        xml("NessusClientData", "NessusClientData_v2"),
    ),
    BuiltIn(
        "tenable-csv",
        "Nessus and Tenable CSV (Nessus, Tenable.sc, Tenable.io, web applications)",
        "network.tenable_csv",
        any_of(*(columns_below(*names) for names in _TENABLE)),
    ),
    BuiltIn(
        "qualys-xml",
        "Qualys XML (asset data report, scan result, detection API, web applications)",
        "network.qualys_xml",
        xml(
            "ASSET_DATA_REPORT",
            "QUALYS_REPORT",
            "SCAN",
            "HOST_LIST_VM_DETECTION_OUTPUT",
            "WAS_SCAN_REPORT",
            "WAS_WEBAPP_REPORT",
        ),
    ),
    BuiltIn(
        "qualys-csv",
        "Qualys CSV, also below lines of prose",
        "network.qualys_csv",
        any_of(
            columns_below("qid", "title", "severity"),
            columns_below("qid", "vuln title"),
            columns_below("qid", "host id", "severity"),
        ),
    ),
    BuiltIn("nmap", "Nmap XML: open ports", "network.nmap", xml("nmaprun")),
)
"""Asked in this order: the most particular first."""
