"""Platforms that collect findings: forges, code quality and application security suites."""

from __future__ import annotations

from riskcockpit.formats.builtin import BuiltIn
from riskcockpit.formats.gitlab.sign import is_gitlab
from riskcockpit.formats.shape import Shape
from riskcockpit.formats.signs import all_of, any_of, has, has_inner, has_no_records, lacks, xml
from riskcockpit.formats.snyk.sign import is_snyk
from riskcockpit.formats.sonarqube.sign import is_sonar_page
from riskcockpit.formats.wiz.sign import is_wiz_table
from riskcockpit.formats.xray.sign import is_scan, is_summary, is_unified, is_violations


def _is_analysis(shape: Shape) -> bool:
    """Whether it is Dependency-Check's XML without its namespace, which some tools take away."""
    is_of_scan = "<scanInfo" in shape.start or "<projectInfo" in shape.start
    return shape.kind == "xml" and shape.root == "analysis" and is_of_scan


IQ = all_of(
    lacks("bomFormat"),
    any_of(
        has("components", "matchSummary"),
        has("matches", "matchSummary"),
        has_inner("components", "componentIdentifier"),
    ),
)
"""Components as CycloneDX has them, too, but with how they were matched."""
GITHUB = (
    BuiltIn(
        "github-code-scanning",
        "Code-scanning alerts of GitHub's REST API",
        "github.code_scanning",
        any_of(
            has("most_recent_instance", "rule"),
            has("instances_url", "rule", "tool"),
            has("number", "rule", "state", "tool"),
        ),
    ),
    BuiltIn(
        "github-dependabot",
        "Dependabot alerts of GitHub's REST API",
        "github.dependabot",
        any_of(
            has("security_advisory", "dependency"),
            has("security_vulnerability", "dependency"),
            has("security_advisory", "security_vulnerability"),
        ),
    ),
    BuiltIn(
        "github-secret-scanning",
        "Secret-scanning alerts of GitHub's REST API",
        "github.secret_scanning",
        has("secret_type", "state"),
    ),
    BuiltIn(
        "github-vulnerability-alerts",
        "Vulnerability alerts of GitHub's GraphQL API",
        "github.vulnerability_alerts",
        any_of(
            has("securityVulnerability", kind="list"),
            has("vulnerabilityAlerts"),
            has_inner("repository", "vulnerabilityAlerts"),
            *(
                has_inner("data", name)
                for name in ("repository", "search", "organization", "viewer", "user", "enterprise")
            ),
        ),
    ),
)
SUITES = (
    BuiltIn(
        "checkmarx-one-report",
        "Checkmarx One scan report (JSON)",
        "checkmarx.scan_report",
        any_of(
            has("reportHeader", "reportType"),
            has("scanResults", "scaScanResults"),
            has("scanResults", "iacScanResults"),
        ),
    ),
    BuiltIn(
        "checkmarx-one",
        "Checkmarx One results (JSON of the API and the command line)",
        "checkmarx.results",
        any_of(
            has("results", "scanID"),
            all_of(has("results", "totalCount"), has_no_records),
            has_inner("results", "similarityId"),
        ),
    ),
    BuiltIn("checkmarx-xml", "Checkmarx SAST (XML)", "checkmarx.cxsast", xml("CxXMLResults")),
    BuiltIn("snyk", "Snyk JSON (open source, container, IaC)", "snyk.reader", is_snyk),
    BuiltIn(
        "jfrog-xray",
        "JFrog Xray JSON (reports, violations, summaries, on-demand scans)",
        "xray.reader",
        any_of(is_unified, is_violations, is_summary, is_scan),
    ),
    BuiltIn("sonatype", "Sonatype IQ application report (JSON)", "sonatype", IQ),
    BuiltIn(
        "ossindex-devaudit",
        "DevAudit (JSON)",
        "ossindex_devaudit",
        any_of(has("Packages Audited"), has_inner("Packages", "Package", "Vulnerabilities")),
    ),
    BuiltIn("wiz", "Wiz CSV (issues, vulnerability findings)", "wiz.tables", is_wiz_table),
)
PLATFORMS: tuple[BuiltIn, ...] = (
    *GITHUB,
    *SUITES,
    BuiltIn(
        "sonarqube-report",
        "sonar-report JSON",
        "sonarqube.report",
        any_of(
            has("sonarBaseURL"),
            has("sonarComponent", "projectName"),
            has("issues", "rules", "projectName"),
        ),
    ),
    BuiltIn("sonarqube-html", "sonar-report HTML", "sonarqube.html_report", is_sonar_page),
    BuiltIn(
        "sonarqube-api",
        "SonarQube issues and hotspots (JSON of the web API)",
        "sonarqube.web_api",
        any_of(
            has("issues", "paging"),
            has("hotspots", "paging"),
            has("issues", "components", "total"),
            has("issues", "total", "p", "ps"),
            has_inner("issues", "rule", "component", "project"),
            has_inner("hotspots", "component", "vulnerabilityProbability"),
            has("rule", "component", "project", "flows", kind="list"),
            has("component", "vulnerabilityProbability", kind="list"),
        ),
    ),
    BuiltIn(
        "dependency-check",
        "OWASP Dependency-Check XML",
        "dependency_check.from_xml",
        any_of(
            xml("analysis", namespace="dependency-check"),
            xml("analysis", namespace="DependencyCheck"),
            xml("analysis", namespace="Dependency_Check"),
            _is_analysis,
        ),
    ),
    BuiltIn(
        "dependency-check-json",
        "OWASP Dependency-Check JSON",
        "dependency_check.from_json",
        all_of(has("reportSchema", "dependencies"), lacks("bomFormat")),
    ),
    BuiltIn(
        "dependency-track",
        "Dependency-Track findings (FPF export, API)",
        "dependency_track",
        any_of(
            has("findings", "project", "meta"),
            all_of(has("project", "meta"), has_inner("meta", "application")),
            has("component", "vulnerability", "matrix", kind="list"),
            has("component", "vulnerability", "attribution", kind="list"),
        ),
    ),
    BuiltIn(
        "defectdojo",
        "DefectDojo findings (API)",
        "defectdojo",
        any_of(
            has_inner("results", "numerical_severity", "hash_code"),
            all_of(
                has("count", "next", "previous", "results"),
                any_of(has("prefetch"), has_inner("results", "numerical_severity"), has_no_records),
            ),
        ),
    ),
    BuiltIn(
        "gitlab-vulnerabilities",
        "Vulnerabilities of GitLab's GraphQL API",
        "gitlab.vulnerabilities",
        any_of(
            has("reportType", "identifiers", kind="list"),
            *(has_inner("data", name) for name in ("project", "group", "vulnerabilities")),
        ),
    ),
    BuiltIn(
        "gitlab",
        "GitLab security reports (SAST, DAST, secrets, dependencies, containers, fuzzing)",
        "gitlab.reader",
        is_gitlab,
    ),
)
"""Asked in this order: the most particular first."""
