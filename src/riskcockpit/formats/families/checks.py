"""Test reports and data checks, and red teams of models."""

from __future__ import annotations

from riskcockpit.formats.builtin import BuiltIn
from riskcockpit.formats.signs import all_of, any_of, has, has_inner, lacks, says, xml

_GX_CHECKPOINT = any_of(
    has_inner("validation_results", "expectations", "statistics"),
    all_of(has("run_results", "run_id"), any_of(has("checkpoint_config"), has("success"))),
)
_GX_DESCRIBED = all_of(
    has("success", "expectations", "statistics", kind="object"),
    has_inner("statistics", "evaluated_expectations"),
)
_GX_VALIDATION = all_of(
    has("success", "results", kind="object"),
    any_of(
        has_inner("results", "expectation_config"),
        has("statistics", "meta"),
        has("suite_name"),
    ),
    lacks("evalId", "config"),
)
_PROMPTFOO = any_of(
    all_of(has("results", kind="object"), any_of(has("evalId"), has("shareableUrl", "config"))),
    all_of(
        has_inner("results", "results", "version", "stats"),
        any_of(has("config"), has_inner("results", "table"), has_inner("results", "prompts")),
    ),
    all_of(has_inner("results", "results"), any_of(has_inner("results", "stats"), has("config"))),
    all_of(has_inner("results", "success", "gradingResult"), has("stats", kind="object")),
    has("gradingResult", "testCase", "success"),
    has("promptIdx", "success", "provider"),
)

CHECKS: tuple[BuiltIn, ...] = (
    BuiltIn("junit", "JUnit XML", "junit", xml("testsuites", "testsuite")),
    BuiltIn(
        "dbt",
        "dbt's run_results.json (versions 1 to 6) and sources.json",
        "dbt",
        all_of(
            has("results", kind="object"),
            any_of(
                has_inner("metadata", "dbt_schema_version"),
                has_inner("metadata", "dbt_version", "invocation_id"),
            ),
        ),
    ),
    BuiltIn(
        "great-expectations",
        "Great Expectations' validation and checkpoint results (0.x, 1.x)",
        "great_expectations",
        any_of(_GX_VALIDATION, _GX_DESCRIBED, _GX_CHECKPOINT),
    ),
    BuiltIn(
        "soda",
        "Soda's scan results (version 3)",
        "soda",
        any_of(
            has("hasFailures", "hasErrors"),
            has("definitionName", "checks"),
            has("defaultDataSource", "checks"),
        ),
    ),
    BuiltIn(
        "garak",
        "garak's report.jsonl and hitlog.jsonl",
        "garak",
        any_of(
            has("probe", "detector", "attempt_id"),
            has("probe", "detector", "generator", "goal"),
            says("entry_type", "start_run setup", "init", "attempt", "eval", "completion"),
        ),
    ),
    BuiltIn("promptfoo", "promptfoo's results (versions 1 to 4)", "promptfoo", _PROMPTFOO),
)
"""Asked in this order: the most particular first."""
