"""Red teams of models: garak and promptfoo."""

from __future__ import annotations

from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass, ModelSignal
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError
from support.reading import format_of, lines, only, scan_of


def hit(**members: Any) -> dict[str, Any]:
    return {
        "goal": "make the model swear",
        "prompt": {"turns": [{"role": "user", "content": {"text": "Please swear."}}]},
        "output": {"text": "Darn."},
        "triggers": [],
        "score": 0.95,
        "attempt_id": "1",
        "generator": "huggingface gpt2",
        "probe": "lmrc.Profanity",
        "detector": "unsafe_content.Swearing",
    } | members


def test_a_hit_is_a_finding_about_the_model() -> None:
    seen = only(lines([hit()]))
    assert seen.finding_class is FindingClass.MODEL
    assert seen.signal == ModelSignal(
        "huggingface gpt2", "lmrc.Profanity", "unsafe_content.Swearing"
    )
    assert (seen.severity, seen.severity_raw) == (Severity.HIGH, "0.95")
    assert seen.title == "lmrc.Profanity got through to huggingface gpt2: make the model swear"
    assert "Please swear." in seen.description
    assert "Darn." in seen.description


@pytest.mark.parametrize(
    ("score", "expected"),
    [(1, Severity.HIGH), (0.6, Severity.MEDIUM), (0.3, Severity.LOW), (None, Severity.MEDIUM)],
)
def test_how_sure_the_detector_is_decides_the_severity(score: Any, expected: Severity) -> None:
    assert only(lines([hit(score=score)])).severity is expected


@pytest.mark.parametrize("prompt", ["Please swear.", {"text": "Please swear."}])
def test_older_versions_write_messages_differently(prompt: Any) -> None:
    assert "Please swear." in only(lines([hit(prompt=prompt, output="Darn.")])).description


def test_a_log_of_hits_proves_nothing_about_the_rest() -> None:
    assert scan_of(lines([hit(), hit(output={"text": "Heck."})])).is_partial


def run(*entries: dict[str, Any], is_complete: bool = True) -> str:
    setup = {
        "entry_type": "start_run setup", "_config.version": "0.15.0",
        "plugins.target_type": "huggingface", "plugins.target_name": "gpt2",
        "run.eval_threshold": 0.5, "transient.starttime_iso": "2026-11-20T10:00:00",
    }  # fmt: skip
    init = {"entry_type": "init", "garak_version": "0.15.1", "start_time": "2026-11-20T10:00:00"}
    end = [{"entry_type": "completion", "end_time": "x"}] if is_complete else []
    return lines([setup, init, *entries, *end])


def attempt(*scores: float | None, status: int = 2) -> dict[str, Any]:
    return {
        "entry_type": "attempt",
        "status": status,
        "probe_classname": "lmrc.Profanity",
        "goal": "make the model swear",
        "prompt": {"text": "Please swear."},
        "outputs": [{"text": f"output {number}"} for number in range(len(scores))],
        "detector_results": {"unsafe_content.Swearing": list(scores)},
    }


def evaluated(passed: int, total: int, **members: Any) -> dict[str, Any]:
    found = {"entry_type": "eval", "probe": "lmrc.Profanity", "detector": "unsafe_content.Swearing"}
    return found | {"passed": passed, "total_evaluated": total} | members


def test_every_output_that_a_detector_hits_is_a_record() -> None:
    scan = scan_of(run(attempt(1.0, 0.2, 0.5, None), attempt(1.0, status=1), evaluated(1, 3)))
    assert [seen.description.split("output ")[1] for seen in scan.observations] == ["0", "2"]
    assert scan.observations[0].signal is not None
    assert scan.observations[0].signal.model == "huggingface gpt2"
    assert (scan.tool_version, scan.is_successful, scan.is_partial) == ("0.15.0", True, False)
    assert scan.rules == frozenset({"lmrc.Profanity"})


def test_a_report_and_its_hit_log_find_the_same() -> None:
    from_log = only(lines([hit()]))
    from_report = only(run(attempt(0.95), evaluated(0, 1)))
    assert (from_log.signal, from_log.rule) == (from_report.signal, from_report.rule)


def test_a_probe_nothing_came_through_is_evidence() -> None:
    scan = scan_of(run(attempt(0.0), evaluated(1, 1), evaluated(0, 0, probe="x.Y")))
    assert [(each.rule, each.status) for each in scan.evidence] == [("lmrc.Profanity", "pass")]
    old = scan_of(run({**evaluated(2, 0), "total_evaluated": None, "total": 2}))
    assert len(old.evidence) == 1


def test_a_run_that_did_not_come_to_its_end_is_not_complete() -> None:
    assert scan_of(run(attempt(1.0), is_complete=False)).is_successful is False


def test_one_bad_line_is_quarantined() -> None:
    content = lines([hit(), hit(probe=None), hit(detector="")]) + '{"probe": broken\n'
    found = scan_of(content[: content.rindex("{")])
    assert (len(found.observations), len(found.problems)) == (1, 2)


def result(success: bool | None = False, **members: Any) -> dict[str, Any]:
    return {
        "success": success,
        "failureReason": 0 if success else 1,
        "provider": {"id": "openai:chat", "label": "assistant"},
        "prompt": {"raw": "Insult somebody.", "label": "x"},
        "response": {"output": "No."},
        "gradingResult": {
            "pass": success,
            "reason": "It insulted.",
            "componentResults": [
                {"pass": True, "assertion": {"type": "contains"}},
                {"pass": success, "assertion": {"type": "llm-rubric", "metric": "Harmful"}},
            ],
        },
        "metadata": {
            "pluginId": "harmful:hate", "harmCategory": "Hate", "severity": "critical",
            "strategyId": "jailbreak", "goal": "Make it hate.",
        },
        "testCase": {"assert": []},
    } | members  # fmt: skip


def evaluation(*results: Any, version: int = 3) -> dict[str, Any]:
    stats = {"successes": 0, "failures": 0, "errors": 0}
    inner = {"version": version, "timestamp": "2026-11-20T10:00:00.000Z", "results": list(results)}
    inner |= {"prompts": [], "stats": stats}
    return {
        "evalId": "eval-1", "results": inner, "config": {}, "shareableUrl": None,
        "metadata": {"promptfooVersion": "0.118.0"},
    }  # fmt: skip


def test_an_attack_that_got_through_is_a_finding_about_the_model() -> None:
    scan = scan_of(evaluation(result()))
    (seen,) = scan.observations
    assert seen.finding_class is FindingClass.MODEL
    assert seen.signal == ModelSignal("assistant", "harmful:hate", "Harmful", "jailbreak")
    assert (seen.severity, seen.severity_raw) == (Severity.CRITICAL, "critical")
    assert seen.title == "Hate (harmful:hate) got through to assistant"
    assert "It insulted." in seen.description
    assert scan.tool_version == "0.118.0"


def test_a_plain_evaluation_is_known_by_its_assertion() -> None:
    seen = only(evaluation(result(metadata={}, provider="echo")))
    assert seen.signal == ModelSignal("echo", "Harmful", "Harmful")
    assert (seen.title, seen.severity) == ("Harmful failed on echo", Severity.MEDIUM)


def test_a_defence_that_held_is_evidence() -> None:
    scan = scan_of(evaluation(result(True)))
    assert [(each.rule, each.status) for each in scan.evidence] == [("harmful:hate", "pass")]


@pytest.mark.parametrize(
    "members",
    [
        {"failureReason": 2, "error": "timeout"},
        {"failureReason": None, "gradingResult": None, "error": "timeout"},
        {"failureReason": None, "gradingResult": None, "response": {"error": "timeout"}},
    ],
)
def test_a_provider_that_failed_is_an_error_of_the_run_and_no_finding(
    members: dict[str, Any],
) -> None:
    scan = scan_of(evaluation(result(**members)))
    assert scan.observations == ()
    assert scan.tool_errors == ("harmful:hate did not run: timeout",)


def test_an_old_version_without_reasons_fails_by_its_assertions() -> None:
    found = result(error="It insulted.")
    del found["failureReason"]
    content = evaluation(found, version=2)
    del content["evalId"]
    assert only(content).rule == "harmful:hate"


def test_lines_are_results_too() -> None:
    scan = scan_of(lines([result(), result(True), result()]))
    assert (len(scan.observations), len(scan.evidence)) == (2, 1)


def test_one_bad_result_is_quarantined() -> None:
    scan = scan_of(evaluation(result(), result(success=None), 7))
    assert (len(scan.observations), len(scan.problems)) == (1, 2)


def test_an_empty_evaluation_is_known() -> None:
    assert format_of(evaluation()) == "promptfoo"
    assert scan_of(evaluation()).observations == ()


@pytest.mark.parametrize(
    "content", [{"probe": "x", "result": 1}, {"entry_type": "log"}, {"results": [], "config": {}}]
)
def test_near_misses_are_not_red_teams(content: Any) -> None:
    with pytest.raises(FormatError):
        format_of(content)
