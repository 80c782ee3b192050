"""The gate as a CI job sees it: exit codes, what counts as added, files for others to read."""

from __future__ import annotations

import errno
import json
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from support.cli import Ran, invoke
from support.git import git
from support.sarif_schema import check_sarif

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs/schemas/gate.json").read_text(encoding="utf-8"))
SAMPLE = ROOT / "fixtures/reports/payments-api.semgrep.sarif"
HOSTILE = "| [x](http://evil) ![y](//z) <script> @all #1 `a` *b* \x1b[31m=1+1 \u202e"


@pytest.fixture(autouse=True)
def _checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "payments-api"
    folder.mkdir()
    monkeypatch.chdir(folder)


def result(rule: str, path: str, line: int, *, score: str = "9.0", text: str = "a fault") -> Any:
    """One SARIF result with a severity of its own."""
    place = {"artifactLocation": {"uri": path}, "region": {"startLine": line}}
    return {
        "ruleId": rule,
        "level": "error",
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
        "properties": {"security-severity": score},
        "partialFingerprints": {"probe/v1": f"{rule}:{path}:{text}"},
    }


def report(name: str, *results: Any, tool: str = "probe", ran_at: str = "") -> str:
    """Write a report of one successful run into the checkout and return its path."""
    invocation = {"executionSuccessful": True} | ({"endTimeUtc": ran_at} if ran_at else {})
    rules = {one["ruleId"]: one["properties"] for one in results}
    driver = {"name": tool, "rules": [{"id": i, "properties": p} for i, p in rules.items()]}
    run = {"tool": {"driver": driver}, "invocations": [invocation], "results": list(results)}
    file = Path(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"version": "2.1.0", "runs": [run]}), encoding="utf-8")
    return name


def policy(text: str) -> str:
    """Write a policy and return its path."""
    Path("policy.yaml").write_text(text, encoding="utf-8")
    return "policy.yaml"


def document(ran: Ran) -> dict[str, Any]:
    """The JSON document, valid by its schema."""
    found: dict[str, Any] = json.loads(ran.out)
    jsonschema.validate(found, SCHEMA)
    return found


def titles(found: dict[str, Any]) -> list[str]:
    """The locations of what counts, of all rules."""
    return [row["location"] for rule in found["rules"] for row in rule["findings"]]


def test_a_pull_request_of_the_sample_fails_for_the_new_finding_only() -> None:
    head = json.loads(SAMPLE.read_text(encoding="utf-8"))
    head["runs"][0]["results"].append(result("bank-new-rule", "payments/refunds.py", 12))
    for one in head["runs"][0]["results"][:5]:
        region = one["locations"][0]["physicalLocation"]["region"]
        for key in ("startLine", "endLine"):
            region[key] += 3 * (key in region)
    Path("head.sarif").write_text(json.dumps(head), encoding="utf-8")
    ran = invoke(
        "gate",
        "--report",
        "head.sarif",
        "--baseline",
        str(SAMPLE),
        "--sarif",
        "new.sarif",
        "--json",
    )
    assert ran.code == 1
    found = document(ran)
    assert titles(found) == ["payments/refunds.py:12"]
    assert found["rules"][0]["known"] > 0
    (run,) = check_sarif(Path("new.sarif").read_bytes())["runs"]
    assert [one["ruleId"] for one in run["results"]] == ["bank-new-rule"]
    again = json.loads(invoke("import", "new.sarif", "--json").out)
    assert again["totals"]["new"] == again["totals"]["read"] == 1
    listed = json.loads(invoke("findings", "list", "--json").out)["findings"]
    assert [one["id"] for one in listed] == [found["rules"][0]["findings"][0]["id"]]


def test_the_same_reports_pass_and_leave_no_cache_behind(home: Path) -> None:
    shutil.copy(SAMPLE, "head.sarif")
    ran = invoke("gate", "-r", "head.sarif", "-b", str(SAMPLE))
    assert ran.code == 0
    assert "PASSED" in ran.out
    assert not (home / "cache").exists()


def test_moved_renamed_and_fixed_findings_are_not_added_and_a_worse_one_is() -> None:
    base = report(
        "base.sarif",
        result("R1", "a.py", 3, text="one"),
        result("R2", "b.py", 5, text="two"),
        result("R3", "c.py", 7, score="3.0", text="three"),
    )
    head = report(
        "head.sarif",
        result("R1", "a.py", 30, text="one"),
        result("R3", "c.py", 7, score="9.8", text="three"),
    )
    found = document(invoke("gate", "-r", head, "-b", base, "--json"))
    assert titles(found) == ["c.py:7"]
    assert [rule["known"] for rule in found["rules"]] == [1, 0, 0]


def test_what_only_the_base_has_never_counts_not_even_for_all() -> None:
    rules = policy("rules: [{id: any, title: none, query: '', only: all}]")
    base = report("base.sarif", result("R1", "a.py", 3), tool="gone")
    head = report("head.sarif", result("R2", "b.py", 3))
    found = document(invoke("gate", "-r", head, "-b", base, "--policy", rules, "--json"))
    assert titles(found) == ["b.py:3"]


def test_branch_and_age_of_the_base_do_not_matter() -> None:
    base = report("base.sarif", result("R1", "a.py", 3), ran_at="2026-02-01T00:00:00Z")
    head = report("head.sarif", result("R1", "a.py", 3), ran_at="2025-01-01T00:00:00Z")
    for name, branch in ((base, "main"), (head, "change")):
        log = json.loads(Path(name).read_text())
        log["runs"][0]["versionControlProvenance"] = [
            {"repositoryUri": "https://example.com/x", "branch": branch}
        ]
        Path(name).write_text(json.dumps(log))
    assert invoke("gate", "-r", head, "-b", base).code == 0


def test_a_query_stands_in_place_of_the_rules() -> None:
    head = report("head.sarif", result("R1", "a.py", 3), result("R2", "b.py", 4, score="1.0"))
    ran = invoke("gate", "severity<high", "-r", head, "--json")
    assert (ran.code, titles(document(ran))) == (1, ["b.py:4"])
    none = invoke("gate", "rule:R9", "-r", head)
    assert none.code == 0
    assert "every finding counts as added" in none.err


def test_bad_queries_policies_and_places_are_faults_not_results() -> None:
    head = report("head.sarif", result("R1", "a.py", 3))
    unknown = invoke("gate", "severty>=high", "-r", head)
    assert unknown.code == 2
    assert "severity" in unknown.err
    wrong = policy("rules:\n  - id: a\n    title: t\n    query: kev\n    mots: 1\n")
    named = invoke("gate", "-r", head, "--policy", wrong)
    assert named.code == 2
    assert "line 5" in named.err
    assert invoke("gate", "-r", head, "--policy", policy("rules: []")).code == 2
    assert invoke("gate", "-r", head, "-b", "no/such/base").code == 2
    assert invoke("gate").code == 2
    assert invoke("gate", "-r", head, "--sarif", "no/such/dir/x.sarif").code == 2


def test_a_report_nobody_can_read_never_passes() -> None:
    head = report("head.sarif", result("R1", "a.py", 3, score="1.0"))
    Path("broken.json").write_text('{"what": "is this"}')
    ran = invoke("gate", "-r", head, "-r", "broken.json", "--json", "--junit", "gate.xml")
    assert ran.code == 3
    assert document(ran)["passed"] is False
    suites = ElementTree.parse("gate.xml").getroot()
    assert (suites.get("errors"), suites.get("failures")) == ("1", "0")
    assert invoke("gate", "-r", "missing.sarif").code == 3


@pytest.mark.parametrize(
    ("demands", "failing"),
    [
        ("tools: [probe]", ""),
        ("tools: [PROBE, trivy]", "there is no report of trivy"),
        ("max_age: 24h", "it ran at 2025-01-01"),
        ("complete: true", ""),
        ("quarantined: 0", "1 could not be read"),
        ("quarantined: 1", ""),
    ],
)
def test_demands_on_scans(demands: str, failing: str) -> None:
    bad = result("R2", "b.py", 1) if "quarantined" not in demands else {"ruleId": 7, "message": 3}
    name = "head.sarif"
    report(name, result("R1", "a.py", 3), ran_at="2025-01-01T00:00:00Z")
    log = json.loads(Path(name).read_text())
    log["runs"][0]["results"].append(bad)
    Path(name).write_text(json.dumps(log))
    rules = policy(f"rules: [{{id: none, title: t, query: kev}}]\nscans: {{{demands}}}\n")
    found = document(invoke("gate", "-r", name, "--policy", rules, "--json"))
    failures = [why for demand in found["demands"] for why in demand["failures"]]
    assert found["passed"] is not bool(failing)
    assert bool(failures) is bool(failing)
    assert failing in " ".join(failures)


def test_a_limit_lets_some_through_and_not_one_more() -> None:
    head = report("head.sarif", *(result("R1", f"f{n}.py", n) for n in range(1, 4)))
    for most, code in ((3, 0), (2, 1)):
        rules = policy(f"rules: [{{id: few, title: few, query: 'rule:R1', most: {most}}}]")
        assert invoke("gate", "-r", head, "--policy", rules).code == code


def test_waived_findings_break_no_rule(home: Path) -> None:
    head = report("head.sarif", result("R1", "a.py", 3, score="5.0"))
    assert invoke("init").code == 0
    assert invoke("import", head).code == 0
    (one,) = json.loads(invoke("findings", "list", "--json").out)["findings"]
    assert invoke("gate", "rule:R1", "-r", head).code == 1
    waived = invoke(
        "waive", one["id"], "--reason", "deferred", "--justification", "mended in the next release",
        "--expires", "7d", "--yes",
    )  # fmt: skip
    assert waived.code == 0, waived.err
    assert invoke("gate", "rule:R1", "-r", head).code == 0
    assert invoke("gate", "rule:R1").code == 0, "the cache says the same"


@pytest.mark.parametrize(
    ("term", "code"),
    [
        ("-path:vendor/*", 1),  # the letter h in it is no call for help
        ("-owner:other", 1),  # the letter r in it names no report
        ("-branch:main", 1),  # the letter b in it names no baseline
        ("-ransomware", 1),
        ("-severity:critical", 0),
    ],
)
def test_a_negated_term_is_a_word_of_the_query_and_no_bundle_of_options(
    term: str, code: int
) -> None:
    head = report("head.sarif", result("R1", "a.py", 3))
    ran = invoke("gate", "severity>=high", term, "-r", head, "--json")
    assert (ran.code, ran.err.count("error")) == (code, 0)
    assert document(ran)["rules"][0]["query"] == f"severity>=high {term}"


def test_what_may_be_an_option_or_a_term_is_refused() -> None:
    report("reports/head.sarif", result("R1", "a.py", 3))
    ran = invoke("gate", "-rreports")
    assert ran.code == 2
    assert "write `-r reports`" in ran.err


def test_no_report_is_its_own_baseline() -> None:
    head = report("head.sarif", result("R1", "a.py", 3))
    base = report("base/head.sarif", result("R2", "b.py", 3))
    for baseline in ("", " ", "head.sarif", "."):
        ran = invoke("gate", "-r", head, "-b", baseline)
        assert (ran.code, "PASSED" in ran.out) == (2, False), baseline
    assert invoke("gate", "-r", "", "-b", base).code == 2
    assert invoke("import", "").code == 2
    assert invoke("gate", "-r", head, "-b", base).code == 1


def test_a_report_comes_from_stdin_as_well() -> None:
    content = Path(report("head.sarif", result("R1", "a.py", 3))).read_bytes()
    ran = invoke("gate", "-r", "-", "--json", stdin=content)
    assert (ran.code, titles(document(ran))) == (1, ["a.py:3"])


def test_no_rule_passes_while_a_report_is_unread() -> None:
    Path("empty.json").touch()
    ran = invoke("gate", "-r", "empty.json", "--markdown", "gate.md")
    assert ran.code == 3
    assert "  pass  " not in ran.out
    assert "| pass |" not in Path("gate.md").read_text(encoding="utf-8")
    assert "empty.json: empty.json" not in ran.err
    read = invoke("gate", "-r", report("head.sarif", result("R1", "a.py", 3, score="2.0")))
    assert (read.code, read.out.count("  pass  ")) == (0, 4)


@pytest.mark.parametrize(
    ("demanded", "code"), [("semgrep", 0), ("Semgrep OSS", 0), ("semgre", 1), ("codeql", 1)]
)
def test_a_demanded_tool_is_there_by_the_first_word_of_its_name(demanded: str, code: int) -> None:
    head = report("head.sarif", result("R1", "a.py", 3, score="2.0"), tool="Semgrep OSS")
    rules = policy(f"rules: [{{id: one, title: one, query: kev}}]\nscans: {{tools: [{demanded}]}}")
    ran = invoke("gate", "-r", head, "--policy", rules)
    assert ran.code == code, ran.out
    assert ("there are of Semgrep OSS" in ran.out) is bool(code)


def test_what_a_former_push_showed_is_taken_back_by_a_run_without_results() -> None:
    loud = report("loud.sarif", result("R1", "a.py", 3), tool="loud")
    quiet = report("quiet.sarif", result("R1", "a.py", 3, score="2.0"), tool="quiet")
    invoke("gate", "-r", loud, "-r", quiet, "--sarif", "gate.sarif")
    log = check_sarif(Path("gate.sarif").read_bytes())
    counts = {run["tool"]["driver"]["name"]: len(run["results"]) for run in log["runs"]}
    assert counts == {"loud": 1, "quiet": 0}
    assert invoke("import", loud, quiet).code == 0
    again = json.loads(invoke("import", "gate.sarif", "--json").out)
    assert (again["totals"]["fixed"], again["totals"]["quarantined"]) == (0, 0)


def test_a_faulty_query_of_the_policy_is_told_with_its_rule_and_file() -> None:
    head = report("head.sarif", result("R1", "a.py", 3))
    rules = policy("rules: [{id: few, title: few, query: 'severty>=high'}]")
    ran = invoke("gate", "-r", head, "--policy", rules)
    assert ran.code == 2
    assert "the rule few of policy.yaml" in ran.err
    assert "severity" in ran.err


def test_a_home_that_cannot_be_written_is_no_hindrance_and_its_waivers_count(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = report("head.sarif", result("R1", "a.py", 3, score="5.0"))
    assert invoke("init").code == 0
    assert invoke("import", head).code == 0
    waived = invoke(
        "waive", "rule:R1", "--reason", "deferred", "--justification", "mended in the next release",
        "--expires", "7d", "--yes",
    )  # fmt: skip
    assert waived.code == 0, waived.err

    def refuse(folder: Path) -> Path:
        raise PermissionError(errno.EROFS, "Read-only file system", str(folder))

    shutil.rmtree(home / "state")
    monkeypatch.setattr("riskcockpit.services.redaction_key.make_private", refuse)
    ran = invoke("gate", "rule:R1", "-r", head)
    assert ran.code == 0, ran.err
    assert "no waiver of one counts" in ran.err
    assert invoke("formats", "detect", head).code == 0
    other = report("other.sarif", result("R2", "b.py", 3))
    assert invoke("import", other).code == 2, "what is kept needs the key of the home"


def test_without_reports_the_cache_is_judged(home: Path) -> None:
    assert invoke("import", report("head.sarif", result("R1", "a.py", 3))).code == 0
    ran = invoke("gate", "severity>=high", "--json")
    assert (ran.code, titles(document(ran))) == (1, ["a.py:3"])
    assert invoke("gate", "-b", "head.sarif").code == 2


def test_hostile_reports_act_in_no_output() -> None:
    head = report("head.sarif", result("R1", "a.py", 3, text=HOSTILE), result("R2", "]]>&.py", 1))
    ran = invoke("gate", "-r", head, "--junit", "gate.xml", "--markdown", "gate.md")
    assert ran.code == 1
    assert "\x1b" not in ran.out
    text = Path("gate.md").read_text(encoding="utf-8")
    (row,) = [line for line in text.splitlines() if "script" in line]
    for live in ("<script", "](", "@all", "://", "\x1b", "\u202e", " `", " *b"):
        assert live not in row, live
    assert row.replace("\\|", "").count("|") == 6
    cases = list(ElementTree.parse("gate.xml").getroot().iter("testcase"))
    assert {case.get("file") for case in cases if case.get("file")} == {"a.py", "]]>&.py"}


def test_more_findings_than_fit_are_counted_in_every_form() -> None:
    head = report("head.sarif", *(result("R1", f"f{n}.py", 1) for n in range(620)))
    ran = invoke(
        "gate",
        "-r",
        head,
        "--json",
        "--sarif",
        "all.sarif",
        "--junit",
        "g.xml",
        "--markdown",
        "g.md",
    )
    rule = document(ran)["rules"][0]
    assert (rule["matched"], len(rule["findings"])) == (620, 500)
    assert len(check_sarif(Path("all.sarif").read_bytes())["runs"][0]["results"]) == 620
    names = [case.get("name") for case in ElementTree.parse("g.xml").getroot().iter("testcase")]
    assert "120 more findings" in names
    assert "and 570 more" in Path("g.md").read_text()
    assert len(Path("g.md").read_bytes()) < 65_536


def test_an_empty_sarif_of_a_kept_gate_is_valid_too() -> None:
    assert invoke("gate", "kev", "-r", str(SAMPLE), "--sarif", "none.sarif").code == 0
    (run,) = check_sarif(Path("none.sarif").read_bytes())["runs"]
    assert (run["tool"]["driver"]["name"], run["results"]) == ("Semgrep OSS", [])


def test_a_revision_of_git_tells_what_the_change_touches() -> None:
    Path("a.py").write_text("one\ntwo\nthree\n")
    Path("b.py").write_text("one\n")
    git(Path(), "init", "-q", "-b", "base")
    git(Path(), "add", ".")
    git(Path(), "commit", "-qm", "base")
    git(Path(), "checkout", "-qb", "change")
    Path("a.py").write_text("one\ntwo\nnew\nthree\n")
    git(Path(), "commit", "-qam", "change")
    places = [("R1", "a.py", 3), ("R2", "a.py", 4), ("R3", "b.py", 1)]
    nowhere = result("R5", "", 1) | {"locations": []}
    head = report("head.sarif", *(result(*place) for place in places), nowhere)
    found = document(invoke("gate", "-r", head, "-b", "base", "--json"))
    assert sorted(titles(found)) == ["", "a.py:3"]
    assert found["rules"][0]["known"] == 2
    assert found["baseline"] == "the lines added since base"
    assert invoke("gate", "rule:R2", "-r", head, "-b", "base").code == 0


def test_a_file_called_dash_is_stdout_and_only_one_may_be() -> None:
    name = report("scan.sarif", result("R1", "src/a.py", 3))
    ran = invoke("gate", "--report", name, "--sarif", "-", "--markdown", "gate.md")
    assert ran.code == 1
    check_sarif(ran.out.encode())
    assert Path("gate.md").exists()
    for others in (("--junit", "-"), ("--json",)):
        ran = invoke("gate", "--report", name, "--sarif", "-", *others)
        assert (ran.code, ran.out) == (2, "")
        assert "would mix on standard output" in ran.err
    assert not Path("-").exists()
