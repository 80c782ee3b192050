"""Reports that are recognised but not read: which tool wrote them, and what to export instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from riskcockpit.formats.shape import Shape


@dataclass(frozen=True, slots=True)
class KnownTool:
    """A tool's own format that we know by sight."""

    title: str
    instead: str
    """What to do, as a hint."""
    is_it: Callable[[Shape], bool]


def _has(*names: str, kind: str = "") -> Callable[[Shape], bool]:
    """Recognise a JSON report by the names at its top, of any kind or just `object` or `list`."""
    wanted = set(names)

    def is_it(shape: Shape) -> bool:
        return wanted <= shape.members.keys() and kind in ("", shape.kind)

    return is_it


def _has_inner(top: str, *names: str) -> Callable[[Shape], bool]:
    wanted = set(names)

    def is_it(shape: Shape) -> bool:
        return top in shape.members and wanted <= shape.inner

    return is_it


def _xml(*marks: str) -> Callable[[Shape], bool]:
    def is_it(shape: Shape) -> bool:
        return shape.kind == "xml" and any(mark in shape.start for mark in marks)

    return is_it


def _says(name: str, *values: str) -> Callable[[Shape], bool]:
    def is_it(shape: Shape) -> bool:
        text = shape.members.get(name, "").lower()
        return any(value in text for value in values)

    return is_it


def _is_zap(shape: Shape) -> bool:
    if shape.kind == "xml":
        return "OWASPZAPReport" in shape.start
    return "site" in shape.members and (
        "@version" in shape.members or "@generated" in shape.members
    )


def _is_operator(shape: Shape) -> bool:
    return "aquasecurity" in shape.members.get("apiVersion", "") or (
        {"apiVersion", "kind"} <= shape.members.keys() and "report" in shape.members
    )


def _is_operator_dump(shape: Shape) -> bool:
    return any(name.endswith(".aquasecurity.github.io") for name in shape.members)


def _later(what: str) -> str:
    return f"export SARIF with {what}"


def _starts(*marks: str) -> Callable[[Shape], bool]:
    """Recognise a CSV by words in its first line."""

    def is_it(shape: Shape) -> bool:
        return shape.kind == "text" and all(mark in shape.start for mark in marks)

    return is_it


_NO_SARIF = "support for it comes in a later release; convert it to the generic JSON or CSV format"

TOOLS: tuple[KnownTool, ...] = (
    KnownTool(
        "Semgrep's own JSON",
        _later("`semgrep scan --sarif --output report.sarif`"),
        _has_inner("results", "check_id", "extra"),
    ),
    KnownTool(
        "Bandit's own JSON",
        _later("`bandit -f sarif` (package bandit[sarif])"),
        _has("metrics", "errors", "generated_at"),
    ),
    KnownTool("Checkov's own JSON", _later("`checkov -o sarif`"), _has("check_type", "results")),
    KnownTool(
        "Checkov's own JSON", _later("`checkov -o sarif`"), _has("checkov_version", "passed")
    ),
    KnownTool(
        "a GitLab security report",
        _NO_SARIF,
        lambda shape: (
            {"version", "vulnerabilities"} <= shape.members.keys()
            and ("scan" in shape.members or "scanner" in shape.inner)
        ),
    ),
    KnownTool(
        "Hadolint's own JSON",
        _later("`hadolint --format sarif`"),
        _has("code", "column", "file", "level", "line", "message", kind="list"),
    ),
    KnownTool(
        "ESLint's own JSON",
        _later("`eslint -f @microsoft/eslint-formatter-sarif`"),
        _has("filePath", "messages", "errorCount", kind="list"),
    ),
    KnownTool(
        "Ruff's own JSON",
        _later("`ruff check --output-format sarif`"),
        _has("code", "filename", "location", "message", kind="list"),
    ),
    KnownTool("Grype's own JSON", _later("`grype -o sarif`"), _has("matches", "descriptor")),
    KnownTool("Grype's own JSON", _later("`grype -o sarif`"), _has("matches", "source", "distro")),
    KnownTool(
        "Gitleaks' own JSON",
        _later("`gitleaks git --report-format sarif`"),
        _has("Description", "RuleID", "Fingerprint", kind="list"),
    ),
    KnownTool(
        "Gitleaks' own JSON",
        _later("`gitleaks --report-format sarif`"),
        _has("offender", "rule", kind="list"),
    ),
    KnownTool(
        "TruffleHog's own JSON",
        _NO_SARIF,
        _has("SourceMetadata", "DetectorName"),
    ),
    KnownTool(
        "detect-secrets' baseline",
        _NO_SARIF,
        _has("plugins_used", "results", "generated_at"),
    ),
    KnownTool("a ZAP report", _NO_SARIF, _is_zap),
    KnownTool("a CycloneDX SBOM", _NO_SARIF, _says("bomFormat", "cyclonedx")),
    KnownTool("a CycloneDX SBOM", _NO_SARIF, _xml("cyclonedx.org/schema/bom")),
    KnownTool("an SPDX SBOM", _NO_SARIF, _has("spdxVersion")),
    KnownTool("an OpenVEX document", _NO_SARIF, _says("@context", "openvex")),
    KnownTool("a CSAF advisory", _NO_SARIF, _has("document", "product_tree")),
    KnownTool("OCSF (Prowler and others)", _NO_SARIF, _has("class_uid", "finding_info")),
    KnownTool("OCSF (Prowler and others)", _NO_SARIF, _has("finding_info", "metadata")),
    KnownTool(
        "AWS Security Finding Format", _NO_SARIF, _has("AwsAccountId", "GeneratorId", kind="list")
    ),
    KnownTool("AWS Security Finding Format", _NO_SARIF, _has_inner("Findings", "AwsAccountId")),
    KnownTool("AWS Security Finding Format", _NO_SARIF, _has_inner("findings", "AwsAccountId")),
    KnownTool(
        "AWS Inspector findings", _NO_SARIF, _has_inner("findings", "awsAccountId", "findingArn")
    ),
    KnownTool(
        "pip-audit's own JSON",
        _NO_SARIF + "; a dependency with `skip_reason` was not checked",
        _has("dependencies", "fixes"),
    ),
    KnownTool(
        "ShellCheck's own JSON",
        "export SARIF with `shellcheck -f json1 … | shellcheck-sarif`",
        _has_inner("comments", "code", "endLine", "fix"),
    ),
    KnownTool(
        "zizmor's own JSON", _later("`zizmor --format sarif`"), _has("ident", "determinations")
    ),
    KnownTool(
        "cfn-lint's own JSON",
        _later("`cfn-lint --format sarif`"),
        _has("Rule", "Filename", "Level", kind="list"),
    ),
    KnownTool("njsscan's own JSON", _later("`njsscan --sarif`"), _has("njsscan_version")),
    KnownTool(
        "Code Climate issues (as GitLab takes them)",
        "export SARIF from the tool itself, as with `hadolint --format sarif`",
        _has("check_name", "fingerprint", "location", kind="list"),
    ),
    KnownTool("KICS' own JSON", _later("`kics scan --report-formats sarif`"), _has("kics_version")),
    KnownTool(
        "Snyk's own JSON", _later("`snyk test --sarif`"), _has("vulnerabilities", "packageManager")
    ),
    KnownTool(
        "tfsec's own JSON",
        _later("`tfsec --format sarif`"),
        _has_inner("results", "rule_id", "long_id"),
    ),
    KnownTool(
        "OSV-Scanner's own JSON",
        _later("`osv-scanner --format sarif`"),
        _has_inner("results", "source", "packages"),
    ),
    KnownTool(
        "Kubescape's own JSON", _later("`kubescape scan --format sarif`"), _has("summaryDetails")
    ),
    KnownTool(
        "Dockle's own JSON", _later("`dockle -f sarif`"), _has("summary", "details", "image")
    ),
    KnownTool(
        "a Trivy Operator resource",
        "export the report with `trivy k8s --format json`",
        _is_operator,
    ),
    KnownTool(
        "Dependency-Check's XML",
        _later("`dependency-check --format SARIF`"),
        _xml("dependency-check"),
    ),
    KnownTool("npm audit's own JSON", _NO_SARIF, _has("auditReportVersion")),
    KnownTool(
        "Nuclei's own JSON",
        _later("`nuclei -sarif-export report.sarif`"),
        _has("template-id", "info"),
    ),
    KnownTool("a JUnit report", "a test report is not a findings report", _xml("<testsuite")),
    KnownTool("an Nmap report", _NO_SARIF, _xml("<nmaprun")),
    KnownTool("a Burp report", _NO_SARIF, _xml("burpVersion")),
    KnownTool("a Nessus report", _NO_SARIF, _xml("NessusClientData")),
    KnownTool("pip-audit's own JSON", _NO_SARIF, _has("name", "version", "vulns", kind="list")),
    KnownTool("pip-audit's own JSON", _NO_SARIF, _has_inner("dependencies", "name", "vulns")),
    KnownTool(
        "KICS' own JSON",
        _later("`kics scan --report-formats sarif`"),
        _has("files_scanned", "queries"),
    ),
    KnownTool("Dockle's own JSON", _later("`dockle -f sarif`"), _has("summary", "details")),
    KnownTool("a GitLab security report", _NO_SARIF, _has("version", "vulnerabilities")),
    KnownTool("a GitLab security report", _NO_SARIF, _has("vulnerabilities", "__comment__")),
    KnownTool("GitHub's alerts", _NO_SARIF, _has("dismissed_at", "dismissed_by", kind="list")),
    KnownTool("GitHub's alerts", _NO_SARIF, _has_inner("data", "repository")),
    KnownTool("GitHub's alerts", _NO_SARIF, _has_inner("data", "search")),
    KnownTool("AWS Security Finding Format", _NO_SARIF, _has_inner("findings", "GeneratorId")),
    KnownTool("AWS Security Finding Format", _NO_SARIF, _has_inner("Findings", "GeneratorId")),
    KnownTool(
        "Prowler's older JSON", "export OCSF with a newer Prowler", _has("CheckID", "ServiceName")
    ),
    KnownTool("npm audit's own JSON", _NO_SARIF, _has("advisories", "muted")),
    KnownTool(
        "Checkmarx' own JSON", _later("the option --report-format sarif"), _has("scanID", "results")
    ),
    KnownTool(
        "Checkmarx' own JSON",
        _later("the option --report-format sarif"),
        _has("vulnerabilityDetails"),
    ),
    KnownTool(
        "Nuclei's own JSON",
        _later("`nuclei -sarif-export report.sarif`"),
        _has("templateID", "info"),
    ),
    KnownTool("Garak's report", _NO_SARIF, _has("detector", "attempt_id")),
    KnownTool("Promptfoo's report", _NO_SARIF, _has("evalId", "results")),
    KnownTool(
        "govulncheck's own JSON",
        _later("`govulncheck -format sarif`"),
        _has_inner("config", "protocol_version"),
    ),
    KnownTool("SonarQube's issues", _NO_SARIF, _has("issues", "components")),
    KnownTool(
        "a Trivy Operator resource",
        "export the report with `trivy k8s --format json`",
        _is_operator_dump,
    ),
    KnownTool("a Veracode report", _NO_SARIF, _xml("veracode")),
    KnownTool("a Wiz export", _NO_SARIF, _starts("Severity", "Resource external ID")),
    KnownTool("a Qualys export", _NO_SARIF, _starts("QID")),
    KnownTool("a Nessus export", _NO_SARIF, _starts("Plugin", "Risk")),
    KnownTool(
        "Prowler's CSV",
        "export OCSF with `prowler --output-formats json-ocsf`",
        _starts("FINDING_UID"),
    ),
    KnownTool("Azure's recommendations", _NO_SARIF, _starts("recommendationId")),
)


def advice(shape: Shape) -> KnownTool | None:
    """Return the known tool whose own format this looks like, or None."""
    return next((tool for tool in TOOLS if tool.is_it(shape)), None)


def resemblance(shape: Shape) -> str:
    """Return in words what content of this shape is."""
    if shape.kind in ("object", "list"):
        found = ", ".join(sorted(shape.members)[:6]) or "nothing in it"
        return f"a JSON {shape.kind} with {found}"
    if shape.kind == "xml":
        return "an XML document"
    if shape.kind == "scalar":
        return f"the bare JSON value {shape.start.strip()}, which does not say what wrote it"
    return "text that is neither JSON nor CSV with a header of ours"
