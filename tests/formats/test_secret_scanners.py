"""Own formats of Gitleaks, TruffleHog and detect-secrets: nothing clear, and nobody, stays."""

from __future__ import annotations

import json
from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass
from riskcockpit.domain.severity import Severity
from support.native import SECRET, detected, only, scan
from support.sarif_logs import REDACTOR

PERSON = "one@example.invalid"


def leak(**members: Any) -> dict[str, Any]:
    return {
        "Description": "Generic API key",
        "StartLine": 4,
        "EndLine": 4,
        "StartColumn": 7,
        "Match": f'key = "{SECRET}"',
        "Secret": SECRET,
        "File": "app/settings.py",
        "Commit": "0d1f",
        "Author": "Committer One",
        "Email": PERSON,
        "Message": f"adds {SECRET}, signed by Committer One",
        "RuleID": "generic-api-key",
        "Fingerprint": "0d1f:app/settings.py:generic-api-key:4",
    } | members


OLD = {
    "line": f'key = "{SECRET}"',
    "lineNumber": 4,
    "offender": SECRET,
    "commit": "0d1f",
    "repoURL": "https://git.example.invalid/bank/core.git",
    "rule": "Generic API key",
    "commitMessage": "adds a key by Committer One",
    "author": "Committer One",
    "email": PERSON,
    "file": "app/settings.py",
}


@pytest.mark.parametrize("record", [leak(), OLD])
def test_gitleaks_of_any_age(record: Any) -> None:
    seen = only("gitleaks", [record])
    assert (seen.finding_class, seen.severity) == (FindingClass.SECRET, Severity.HIGH)
    assert (seen.locations[0].path, seen.locations[0].line) == ("app/settings.py", 4)
    assert seen.locations[0].snippet == ""
    assert seen.secret_digest == REDACTOR.digest(SECRET)
    for clear in (SECRET, PERSON, "Committer One"):
        assert clear not in repr(seen)


def test_the_same_secret_has_the_same_digest_in_every_version() -> None:
    assert only("gitleaks", [leak()]).secret_digest == only("gitleaks", [OLD]).secret_digest


def test_the_repository_of_an_old_report_is_the_asset() -> None:
    assert only("gitleaks", [OLD]).asset == "bank/core"


def test_a_masked_secret_of_gitleaks_has_no_digest() -> None:
    masked = leak(Secret="REDACTED", Match='key = "REDACTED"')
    assert only("gitleaks", [masked]).secret_digest == ""


def test_bad_leaks_are_quarantined() -> None:
    one = scan("gitleaks", [leak(), 3, {"Secret": SECRET}])
    assert [problem.where for problem in one.problems] == ["[1]", "[2]"]
    assert SECRET not in repr(one)


def version_3(**members: Any) -> dict[str, Any]:
    git = {"commit": "0d1f", "file": "keys", "email": f"One <{PERSON}>", "line": 4}
    git["repository"] = "https://git.example.invalid/bank/core.git"
    return {
        "SourceMetadata": {"Data": {"Git": git}},
        "SourceName": "trufflehog - git",
        "DetectorType": 2,
        "DetectorName": "AWS",
        "Verified": True,
        "Raw": SECRET,
        "Redacted": SECRET[:8],
        "ExtraData": {"account": "123456789012", "arn": f"user/{PERSON}"},
        "StructuredData": {"github_ssh_key": [{"user": PERSON}]},
    } | members


def test_trufflehog_3_writes_lines() -> None:
    lines = "\n".join(map(json.dumps, (version_3(), version_3(Verified=False))))
    one = scan("trufflehog", lines)
    first, second = one.observations
    assert (first.severity, second.severity) == (Severity.CRITICAL, Severity.HIGH)
    assert (first.rule, first.asset) == ("AWS", "bank/core")
    assert (first.locations[0].path, first.locations[0].line) == ("keys", 4)
    assert first.secret_digest == REDACTOR.digest(SECRET)
    assert SECRET not in repr(one)
    assert PERSON not in repr(one)


def test_a_secret_outside_of_files_is_known_by_its_place() -> None:
    docker = {"Data": {"Docker": {"image": "bank/app", "layer": "sha256:1"}}}
    seen = only("trufflehog", [version_3(SourceMetadata=docker)])
    assert (seen.locations, seen.resource) == ((), "bank/app")


def test_the_log_of_trufflehog_proves_that_it_came_to_its_end() -> None:
    end = {"level": "info-0", "ts": "x", "logger": "trufflehog", "msg": "finished scanning"}
    fault = end | {"level": "error", "msg": "cannot clone", "error": f'token = "{SECRET}"'}
    lines = [json.dumps(item) for item in (version_3(), end)]
    assert scan("trufflehog", "\n".join(lines)).is_successful is True
    one = scan("trufflehog", "\n".join([*lines, json.dumps(fault)]))
    assert (len(one.tool_errors), one.is_successful) == (1, None)
    assert SECRET not in repr(one)
    nothing = scan("trufflehog", json.dumps(end))
    assert (nothing.observations, nothing.is_successful) == ((), True)


VERSION_2 = {
    "branch": "main",
    "commit": "adds a key by Committer One",
    "commitHash": "0d1f",
    "diff": f"+ {SECRET}",
    "path": "app/settings.py",
    "printDiff": f"+ {SECRET}",
    "reason": "High Entropy",
    "stringsFound": [SECRET],
}


def test_trufflehog_2() -> None:
    seen = only("trufflehog", VERSION_2)
    assert (seen.rule, seen.locations[0].path) == ("High Entropy", "app/settings.py")
    assert seen.secret_digest == REDACTOR.digest(SECRET)
    assert SECRET not in repr(seen)
    assert "Committer One" not in repr(seen)


def test_a_line_that_is_neither_is_quarantined() -> None:
    lines = "\n".join([json.dumps(version_3()), '{"x": 1}'])
    assert [problem.where for problem in scan("trufflehog", lines).problems] == ["[1]"]


def test_a_line_that_is_no_json_makes_the_scan_incomplete() -> None:
    one = scan("trufflehog", "\n".join([json.dumps(version_3()), '{"SourceMeta', ""]))
    assert one.is_partial
    assert (len(one.observations), len(one.problems)) == (1, 1)


def baseline(**results: Any) -> dict[str, Any]:
    return {
        "version": "1.5.0",
        "plugins_used": [{"name": "KeywordDetector"}],
        "results": results,
        "generated_at": "2026-11-20T10:00:00Z",
    }


HASHED = "0f7a136b" * 5


def entry(**members: Any) -> dict[str, Any]:
    return {"type": "Secret Keyword", "hashed_secret": HASHED, "line_number": 9} | members


def test_a_baseline_lists_files() -> None:
    one = scan("detect-secrets", baseline(app=[entry(), entry(is_secret=True)], web=[entry()]))
    assert (one.tool_version, one.is_successful, len(one.observations)) == ("1.5.0", True, 3)
    assert one.scanned_at is not None
    seen = one.observations[0]
    assert (seen.rule, seen.locations[0].path) == ("Secret Keyword", "app")
    assert seen.secret_digest
    assert HASHED not in repr(one)


def test_what_was_audited_as_no_secret_is_suppressed() -> None:
    seen = only("detect-secrets", baseline(app=[entry(is_secret=False)]))
    assert seen.is_suppressed


def test_a_clean_baseline_proves_that_it_was_scanned() -> None:
    one = scan("detect-secrets", baseline())
    assert (one.observations, one.is_successful) == ((), True)


def test_bad_entries_of_a_baseline_are_quarantined() -> None:
    one = scan("detect-secrets", baseline(app=[entry(), "x"], web=3))
    assert [problem.where for problem in one.problems] == ["results[app][1]", "results[web]"]


@pytest.mark.parametrize(
    "content",
    [[{"RuleID": "x"}], {"plugins_used": []}, {"level": "info", "ts": "", "msg": "of another"}],
)
def test_near_misses_are_not_taken(content: Any) -> None:
    assert detected(content) == ""
