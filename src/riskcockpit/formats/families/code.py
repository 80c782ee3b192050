"""Scanners of source code, of infrastructure as code, and of secrets in them."""

from __future__ import annotations

from riskcockpit.formats.builtin import BuiltIn
from riskcockpit.formats.shape import Shape
from riskcockpit.formats.signs import (
    Sign,
    all_of,
    any_of,
    has,
    has_inner,
    lacks,
    says,
    xml,
)


def _only(*names: str) -> Sign:
    """JSON object with no names at its top but these."""
    known = set(names)
    return lambda shape: shape.kind == "object" and shape.members.keys() <= known


def _within(*names: str) -> Sign:
    """JSON with no names one object further in, or one of these."""
    return lambda shape: not shape.inner or bool(shape.inner & set(names))


def _is_number(name: str) -> Sign:
    """JSON whose member `name` at the top is a whole number."""
    return lambda shape: shape.members.get(name, "").isdigit()


def _is_rule_of_hadolint(shape: Shape) -> bool:
    code = shape.members.get("code", "")
    return code[:2] in ("DL", "SC") and code[2:].isdigit()


def _starts_with_scan(shape: Shape) -> bool:
    marks = ("<Issues", "<PolicyName", "<StartTime")
    if shape.root == "Scan" and any(mark in shape.start for mark in marks):
        return True
    return shape.root in ("Scan", "Sessions", "WebInspectScan") and "<Session " in shape.start


_SEMGREP_MEMBERS = (
    "results", "errors", "paths", "version", "time", "skipped_rules", "interfile_languages_used",
    "explanations", "rules_by_engine", "engine_requested", "profiling_results", "stats",
    "mcp_scan_results", "subprojects",
)  # fmt: skip

CODE: tuple[BuiltIn, ...] = (
    BuiltIn(
        "bandit",
        "Bandit JSON",
        "code.bandit",
        any_of(
            has("metrics", "errors", "generated_at", kind="object"),
            has("errors", "generated_at", "results", kind="object"),
            has_inner("metrics", "_totals"),
            has_inner("results", "issue_severity", "issue_confidence", "issue_text"),
        ),
    ),
    BuiltIn(
        "semgrep",
        "Semgrep JSON (code, supply chain, secrets)",
        "code.semgrep",
        any_of(
            has_inner("results", "check_id", "extra"),
            all_of(
                any_of(has("results", "errors"), has_inner("paths", "scanned")),
                _only(*_SEMGREP_MEMBERS),
            ),
        ),
    ),
    BuiltIn(
        "semgrep-platform",
        "answers of the Semgrep platform (supply-chain vulnerabilities, findings)",
        "code.semgrep_platform",
        any_of(
            all_of(has("vulns", kind="object"), _within("advisory", "matchedDependency")),
            has_inner("findings", "match_based_id", "rule_name"),
        ),
    ),
    BuiltIn(
        "checkov",
        "Checkov JSON (one report, a list, a bare summary)",
        "code.checkov",
        any_of(
            has("check_type", "results"),
            has_inner("results", "failed_checks"),
            has("checkov_version", "passed"),
            has("passed", "failed", "skipped", "parsing_errors"),
        ),
    ),
    BuiltIn(
        "kics",
        "KICS JSON (versions 1 and 2)",
        "code.kics",
        any_of(
            has("kics_version", "queries", kind="object"),
            has("queries_total", "queries", kind="object"),
            has_inner("queries", "query_name", "query_id"),
        ),
    ),
    BuiltIn(
        "tfsec",
        "tfsec JSON (legacy and current)",
        "code.tfsec",
        all_of(
            _only("results"),
            any_of(
                has_inner("results", "rule_id"),
                has_inner("results", "long_id"),
                lambda shape: shape.members.get("results") == "null",  # others write `[]`
            ),
        ),
    ),
    BuiltIn(
        "shellcheck",
        "ShellCheck JSON (`json` and `json1`)",
        "code.shellcheck",
        any_of(
            all_of(_only("comments"), has("comments"), _within("endLine", "level")),
            has("file", "endLine", "endColumn", "level", "code", "message", kind="list"),
            all_of(has("line", "column", "level", "message", kind="list"), _is_number("code")),
        ),
    ),
    BuiltIn(
        "hadolint",
        "Hadolint JSON",
        "code.hadolint",
        any_of(
            has("code", "column", "file", "level", "line", "message", kind="list"),
            all_of(has("line", "message", kind="list"), _is_rule_of_hadolint),
        ),
    ),
    BuiltIn(
        "dockle",
        "Dockle JSON",
        "code.dockle",
        all_of(has("summary", "details", kind="object"), _within("fatal", "pass")),
    ),
    BuiltIn(
        "zizmor",
        "zizmor JSON (v1)",
        "code.zizmor",
        has("ident", "determinations", "locations", kind="list"),
    ),
    BuiltIn(
        "ruff",
        "Ruff JSON (a list, or lines)",
        "code.ruff",
        all_of(
            has("code", "filename", "location", "message"),
            any_of(has("noqa_row"), has("end_location"), has("fix")),
        ),
    ),
    BuiltIn(
        "cfn-lint",
        "cfn-lint JSON",
        "code.cfn_lint",
        has("Rule", "Filename", "Level", "Location", kind="list"),
    ),
    BuiltIn(
        "eslint",
        "ESLint JSON",
        "code.eslint",
        any_of(
            all_of(
                has("filePath", "messages", kind="list"),
                any_of(has("errorCount"), has_inner("messages", "ruleId")),
            ),
            has_inner("results", "filePath", "messages"),
            has_inner("metadata", "rulesMeta"),
        ),
    ),
    BuiltIn(
        "njsscan",
        "njsscan JSON",
        "code.njsscan",
        any_of(
            has("njsscan_version", kind="object"),
            all_of(_only("errors", "files", "nodejs", "templates"), has("nodejs", "templates")),
        ),
    ),
    BuiltIn(
        "code-climate",
        "Code Climate issues (as GitLab's Code Quality takes them)",
        "code.code_climate",
        any_of(
            has("check_name", "fingerprint", "location"),
            has("check_name", "categories", "location", "type"),
        ),
    ),
    BuiltIn(
        "gitleaks",
        "Gitleaks JSON (version 2 to now)",
        "leaks.gitleaks",
        all_of(
            any_of(
                has("RuleID", "Secret"),
                has("Description", "StartLine", "EndColumn", "Match"),
                has("offender", "rule"),
                has("offender", "reason", "commit"),
            ),
            lacks("Target"),
        ),
    ),
    BuiltIn(
        "trufflehog",
        "TruffleHog JSON (versions 2 and 3)",
        "leaks.trufflehog",
        any_of(
            has("SourceMetadata", "DetectorType"),
            has("SourceMetadata", "DetectorName"),
            has("stringsFound", "reason", "path"),
            all_of(has("level", "ts", "msg"), says("logger", "trufflehog")),
        ),
    ),
    BuiltIn(
        "detect-secrets",
        "detect-secrets' baseline",
        "leaks.detect_secrets",
        all_of(
            has("plugins_used", "results", kind="object"),
            any_of(has("generated_at"), has("version")),
        ),
    ),
    BuiltIn(
        "fortify",
        "Fortify (FPR, audit.fvdl, XML report)",
        "fortify.reader",
        xml("FVDL", "FPR", "ReportDefinition"),
    ),
    BuiltIn("webinspect", "WebInspect (XML, FPR)", "fortify.webinspect", _starts_with_scan),
    BuiltIn(
        "veracode-detailed",
        "Veracode's detailed report (XML)",
        "veracode.detailed",
        any_of(
            xml("detailedreport", namespace="veracode"),
            xml("detailedreport", namespace="report_format_version"),
        ),
    ),
    BuiltIn(
        "veracode-pipeline",
        "results of Veracode's pipeline scan (JSON)",
        "veracode.pipeline",
        any_of(
            has("findings", "scan_status", "pipeline_scan"),
            has("findings", "scan_status", "scan_id", "modules"),
            has_inner("findings", "issue_type_id", "gob"),
            has_inner("findings", "issue_type_id", "cwe_id"),
        ),
    ),
    BuiltIn(
        "veracode-findings",
        "findings of Veracode's API (JSON)",
        "veracode.findings",
        any_of(
            has_inner("findings", "scan_type", "finding_details"),
            has_inner("findings", "scan_type", "finding_status"),
            all_of(
                has_inner("_embedded", "findings"),
                any_of(has("_links"), lambda shape: '"scan_type"' in shape.start),
            ),
            has("scan_type", "finding_details", kind="list"),
            all_of(has("_links", "page"), lambda shape: "veracode.com" in shape.start),
        ),
    ),
)
"""Asked in this order: the most particular first."""
