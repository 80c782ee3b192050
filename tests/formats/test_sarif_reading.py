"""Reading SARIF: counts, places, words, packages, secrets, and what goes wrong."""

from __future__ import annotations

import importlib
import json
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.domain.finding import FindingClass
from riskcockpit.errors import FormatError
from riskcockpit.formats import suspicion
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.registry import named
from support.sarif_logs import OPTIONS, log, read_one, read_scan, result, run

HOSTILE = "[@click=app.quit]x[/] \x1b]52;c;ZXZpbA==\x07 \u202eabc\x9b31m"


@pytest.mark.parametrize(
    "bad",
    [
        "text instead of an object",
        None,
        7,
        {"locations": "here"},
        {"message": ["neither an object nor a text"]},
        {"locations": [{"physicalLocation": {"region": {"startLine": "three"}}}]},
    ],
)
def test_a_bad_record_is_quarantined_with_its_place_and_the_rest_is_read(bad: Any) -> None:
    scan = read_scan(result(), bad, result(path="b.py"))
    assert len(scan.observations) == 2
    (problem,) = scan.problems
    assert problem.where == "runs[0].results[1]"
    assert problem.why


def test_every_record_is_in_exactly_one_count() -> None:
    scan = read_scan(
        result(),
        result(kind="pass"),
        result(baselineState="absent"),
        result(suppressions=[{}]),
        "nonsense",
    )
    counts = len(scan.observations), len(scan.evidence), scan.absent, len(scan.problems)
    assert counts == (2, 1, 1, 1)


@pytest.mark.parametrize(("tool", "is_outside"), [("ZAP", True), ("nuclei", True), ("X", False)])
def test_scanners_of_running_applications_see_addresses_and_not_files(
    tool: str, *, is_outside: bool
) -> None:
    address = "https://shop.example.invalid/pay?id=1"
    scanned = run(result(path=address), result(path=""))
    scanned["tool"]["driver"]["name"] = tool
    (scan,) = named("sarif").read(log(scanned), OPTIONS).scans
    seen, nowhere = scan.observations
    assert (seen.finding_class is FindingClass.DAST, bool(seen.resource)) == (
        is_outside,
        is_outside,
    )
    assert [place.path for place in seen.locations] == ([] if is_outside else [address])
    assert nowhere.finding_class is FindingClass.CODE


def test_a_place_in_memory_is_known_by_its_logical_name() -> None:
    place = {
        "physicalLocation": {"address": {"absoluteAddress": 4096}},
        "logicalLocations": [{"fullyQualifiedName": "crypto::hash"}],
    }
    assert read_one(result(locations=[place])).resource == "crypto::hash"


def test_a_logical_place_may_be_one_that_the_run_lists() -> None:
    known = [{"name": "list"}, {"name": "add", "fullyQualifiedName": "collections::list::add"}]
    places = [[{"logicalLocations": [{"index": index}]}] for index in (1, 0, 2, -1)]
    scan = read_scan(*(result(locations=place) for place in places), logicalLocations=known)
    assert [seen.resource for seen in scan.observations] == [
        "collections::list::add", "list", "", "",
    ]  # fmt: skip


def test_a_bad_rule_is_reported_and_its_results_are_read_without_it() -> None:
    scan = read_scan(result(), rules=["nonsense", {"id": "r", "name": "R"}])
    assert [problem.where for problem in scan.problems] == ["runs[0].tool.driver.rules[0]"]
    assert len(scan.observations) == 1


def test_a_bad_run_does_not_hide_the_next() -> None:
    report = named("sarif").read(log({"tool": 3}, run(result())), OPTIONS)
    assert [len(scan.observations) for scan in report.scans] == [0, 1]
    assert report.scans[0].problems[0].where == "runs[0]"
    assert report.scans[1].observations[0].record == "runs[1].results[0]"


def test_each_run_is_a_scan_of_its_own_category() -> None:
    runs = [run(automationDetails={"id": f"ci/{name}"}) for name in ("a", "b")]
    assert [scan.category for scan in named("sarif").read(log(*runs), OPTIONS).scans] == [
        "ci/a",
        "ci/b",
    ]


def test_a_log_without_runs_says_so() -> None:
    report = named("sarif").read(log(), OPTIONS)
    assert report.scans == ()
    assert report.notes == ("the log has no runs: nothing was scanned",)


@pytest.mark.parametrize(
    ("answers", "successful"),
    [([], None), ([{}], None), ([True, True], True), ([True, False], False), ([True, {}], None)],
)
def test_success_is_known_only_when_all_invocations_say_so(
    answers: list[Any], successful: bool | None
) -> None:
    invocations = [{"executionSuccessful": a} if isinstance(a, bool) else {} for a in answers]
    assert read_scan(invocations=invocations).is_successful is successful


def test_errors_and_the_time_of_the_run_are_kept() -> None:
    invocation = {
        "executionSuccessful": True,
        "endTimeUtc": "2026-11-23T14:52:33Z",
        "toolExecutionNotifications": [
            {"level": "error", "message": {"text": "cannot parse a.py"}},
            {"level": "warning", "message": {"text": "slow"}},
        ],
    }
    scan = read_scan(invocations=[invocation, {"endTimeUtc": "not a time"}])
    assert scan.tool_errors == ("cannot parse a.py",)
    assert scan.scanned_at == datetime(2026, 11, 23, 14, 52, 33, tzinfo=UTC)


def test_rules_are_known_as_enabled_only_when_more_are_listed_than_have_results() -> None:
    assert read_scan(result(), rules=[{"id": "r"}]).rules is None
    assert read_scan(result(), rules=[{"id": "r"}, {"id": "s"}]).rules == frozenset({"r", "s"})
    off = {"id": "s", "defaultConfiguration": {"enabled": False}}
    assert read_scan(result(), rules=[{"id": "r"}, {"id": "q"}, off]).rules == frozenset({"r", "q"})


def test_repository_and_branch_come_from_the_report() -> None:
    provenance = {"repositoryUri": "https://git.example.invalid/bank/core.git", "branch": "main"}
    scan = read_scan(versionControlProvenance=[provenance])
    assert (scan.asset, scan.branch) == ("bank/core", "main")


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("src/a.py", "src/a.py"),
        ("./src//a.py", "src/a.py"),
        ("src/x/../a.py", "src/a.py"),
        ("src\\Win\\A.cs", "src/Win/A.cs"),
        ("src/a%20b.py", "src/a b.py"),
        ("file:///build/src/a.py", "src/a.py"),
        ("file:////build/src/a.py", "src/a.py"),
        ("file:///elsewhere/a.py", "/elsewhere/a.py"),
        ("file:///C:/work/a.cs", "C:/work/a.cs"),
        ("https://bank.example.invalid/a?b=1", "https://bank.example.invalid/a?b=1"),
    ],
)
def test_paths_become_repository_relative(uri: str, path: str) -> None:
    options = ReadOptions(checkout_prefixes=("/bui", "/build"))
    assert read_one(result(path=uri), options=options).locations[0].path == path


@pytest.mark.parametrize(
    ("bases", "path"),
    [
        ({"ROOT": {"uri": "file:///work/"}}, "src/app.py"),
        ({"ROOT": {"uri": "services/", "uriBaseId": "TOP"}, "TOP": {"uri": "file:///w/"}},
         "services/src/app.py"),
        ({"ROOT": {"description": {"text": "where it ran"}}}, "src/app.py"),
        ({"ROOT": {"uri": "a/", "uriBaseId": "ROOT"}}, None),
    ],
)  # fmt: skip
def test_base_uris_are_resolved_and_an_absolute_one_is_the_root(
    bases: dict[str, Any], path: str | None
) -> None:
    one = result()
    one["locations"][0]["physicalLocation"]["artifactLocation"]["uriBaseId"] = "ROOT"
    found = read_one(one, originalUriBaseIds=bases).locations[0].path
    assert found == path if path else found.endswith("src/app.py")


def test_an_absolute_path_under_a_declared_root_loses_it() -> None:
    seen = read_one(
        result(path="file:///workspace/x.tf"),
        originalUriBaseIds={"ROOTPATH": {"uri": "file:///workspace/"}},
    )
    assert seen.locations[0].path == "x.tf"


def test_a_result_without_a_place_is_legal_and_names_its_symbol() -> None:
    one = result(locations=[{"logicalLocations": [{"fullyQualifiedName": "a.B.c"}]}])
    assert (read_one(one).locations, read_one(one).resource) == ((), "a.B.c")
    assert read_one(result(locations=None)).locations == ()


def test_the_message_is_the_title_and_the_rule_explains() -> None:
    rule = {"id": "r", "shortDescription": {"text": "Short"}, "fullDescription": {"text": "Long"}}
    seen = read_one(result(message={"text": "See [the sink](1) here"}), rules=[rule])
    assert (seen.title, seen.description) == ("See the sink here", "Long")


def test_a_long_message_leaves_the_title_to_the_rule() -> None:
    rule = {"id": "r", "shortDescription": {"text": "Short"}}
    long = "word " * 60
    seen = read_one(result(message={"text": long}), rules=[rule])
    assert (seen.title, seen.description) == ("Short", long.strip())
    assert len(read_one(result(message={"text": "w" * 900})).title) == 200


def test_a_block_of_labelled_lines_leaves_the_title_to_the_rule() -> None:
    rule = {"id": "r", "shortDescription": {"text": "Short"}}
    message = {"text": "Artifact: main.tf\nType: terraform\nSeverity: LOW"}
    assert read_one(result(message=message), rules=[rule]).title == "Short"


def test_a_message_by_id_gets_its_arguments() -> None:
    rule = {"id": "r", "messageStrings": {"default": {"text": "{0} and {1} and {7}"}}}
    message = {"id": "default", "arguments": ["a", "b"]}
    assert read_one(result(message=message), rules=[rule]).title == "a and b and {7}"


def test_a_result_without_any_rule_is_known_by_its_message() -> None:
    assert read_one(result(ruleId=None)).rule == "A fault"


def test_weaknesses_come_from_tags_relationships_and_properties() -> None:
    rule = {
        "id": "r",
        "properties": {"tags": ["external/cwe/cwe-079", "CWE-89: SQL", "security"]},
        "relationships": [{"target": {"id": "22", "toolComponent": {"name": "CWE"}}}],
    }
    seen = read_one(result(properties={"cwe": "CWE-78: OS command"}), rules=[rule])
    assert seen.cwes == (79, 89, 22, 78)


def test_nothing_dangerous_leaves_the_reader() -> None:
    one = result(path=f"src/{HOSTILE}.py", ruleId=HOSTILE, message={"text": HOSTILE})
    one["locations"][0]["physicalLocation"]["region"]["snippet"] = {"text": HOSTILE}
    scan = read_scan(one, automationDetails={"id": HOSTILE})
    (seen,) = scan.observations
    shown = (seen.title, seen.rule, seen.description, seen.locations[0].path,
             seen.locations[0].snippet, scan.category)  # fmt: skip
    for text in shown:
        assert not set(text) & set("\x1b\x07\x9b\u202e")
    assert seen.title.startswith("[@click=app.quit]x[/]")


def test_lone_surrogates_and_nan_are_borne() -> None:
    content = log(run(result(message={"text": "MARK"}, rank=0)))
    broken = content.replace(b"MARK", rb"a\ud800b").replace(b'"rank": 0', b'"rank": NaN')
    (scan,) = named("sarif").read(broken, OPTIONS).scans
    (seen,) = scan.observations
    assert seen.title == "a\ufffdb"
    json.loads(seen.raw)


@pytest.mark.parametrize("depth", [250, 900, 5_000])
def test_deep_nesting_is_refused_and_never_crashes(depth: int) -> None:
    deep = b"[" * depth + b"]" * depth
    content = log(run(result(properties={"x": "DEEP"}), result())).replace(b'"DEEP"', deep)
    try:
        (scan,) = named("sarif").read(content, OPTIONS).scans
    except FormatError as error:
        assert "nested" in error.message  # noqa: PT017 - either outcome is right, by depth
    else:
        assert len(scan.observations) == 1
        assert scan.problems[0].why == "nested deeper than 200 levels"


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.99])
def test_a_log_that_is_cut_off_is_an_error_and_not_half_a_scan(cut: float) -> None:
    content = json.dumps(json.loads(log(run(result(), result()))), indent=2).encode()
    with pytest.raises(FormatError, match="JSON"):
        named("sarif").read(content[: int(len(content) * cut)], OPTIONS)


def test_a_banner_before_the_log_is_noted() -> None:
    report = named("sarif").read(b"scanning...\ndone\n" + log(run(result())), OPTIONS)
    assert len(report.scans[0].observations) == 1
    assert "skipped 2 line(s) of text before the data" in report.notes


def password() -> str:
    return "".join(("correct", "Horse", "9", "Battery"))


def test_a_secret_in_the_text_is_nowhere_in_what_leaves() -> None:
    secret = password()
    one = result(message={"text": f"call with password={secret}"}, properties={"password": secret})
    one["locations"][0]["physicalLocation"]["region"]["snippet"] = {
        "text": f'password = "{secret}"'
    }
    seen = read_one(one)
    assert secret not in repr(seen)
    assert "<redacted:" in seen.title
    assert "<redacted:" in seen.locations[0].snippet
    json.loads(seen.raw)


def test_a_secret_scanner_gives_a_digest_and_no_secret_and_no_person() -> None:
    secret = password()
    one = result(
        message={"text": f"found {secret} in app.py"},
        partialFingerprints={"commitSha": "", "email": "", "author": "", "date": ""},
        properties={"offender": secret, "author": "Committer One", "email": "one@example.invalid"},
    )
    one["locations"][0]["physicalLocation"]["region"]["snippet"] = {"text": f"key={secret}"}
    seen = read_one(one, tool={"driver": {"name": "gitleaks"}})
    assert seen.finding_class is FindingClass.SECRET
    assert len(seen.secret_digest) == 32
    assert seen.fingerprints == ()
    for text in (secret, "Committer One", "one@example.invalid"):
        assert text not in repr(seen)


def test_a_vulnerability_of_a_package_is_a_dependency_finding() -> None:
    message = (
        "Package: libssl3\nInstalled Version: 3.0.1\nVulnerability CVE-2026-0001\n"
        "Severity: HIGH\nFixed Version: 3.0.2"
    )
    rule = {"id": "CVE-2026-0001", "shortDescription": {"text": "openssl: overflow"}}
    one = result(ruleId="CVE-2026-0001", message={"text": message})
    seen = read_one(one, rules=[rule])
    assert seen.finding_class is FindingClass.DEPENDENCY
    assert seen.vulnerability_ids == ("CVE-2026-0001",)
    assert seen.package is not None
    assert (seen.package.name, seen.package.version, seen.package.fixed_version) == (
        "libssl3",
        "3.0.1",
        "3.0.2",
    )


def test_a_package_url_beats_prose() -> None:
    one = result(ruleId="GHSA-2222-3333-4444", properties={"purl": "pkg:npm/%40bank/ui@1.2.3"})
    package = read_one(one).package
    assert package is not None
    assert (package.type, package.namespace, package.name, package.version) == (
        "npm",
        "@bank",
        "ui",
        "1.2.3",
    )


def test_a_vulnerability_without_a_package_stays_a_place_in_code() -> None:
    seen = read_one(result(ruleId="CVE-2026-0001"))
    assert (seen.finding_class, seen.package) == (FindingClass.CODE, None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
MEMBERS = [
    "ruleId",
    "ruleIndex",
    "rule",
    "kind",
    "level",
    "message",
    "locations",
    "fingerprints",
    "partialFingerprints",
    "suppressions",
    "baselineState",
    "properties",
    "taxa",
]


@given(st.lists(st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=5), max_size=4))
def test_whatever_a_result_holds_it_is_counted_once(results: list[Any]) -> None:
    scan = read_scan(*results, rules=[{"id": "r"}])
    found = len(scan.observations) + len(scan.evidence) + scan.absent + len(scan.problems)
    assert found == len(results)


@pytest.mark.parametrize("line", [0, -4, 2**40])
def test_lines_that_cannot_be_are_no_lines(line: int) -> None:
    one = result()
    one["locations"][0]["physicalLocation"]["region"]["startLine"] = line
    assert read_one(one).locations[0].line is None


def test_large_and_small_reports_are_searched_for_secrets_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secret = password()
    records = [json.dumps({"n": n, "text": "clean"}).encode() for n in range(40)]
    records[7] = json.dumps({"text": f"password = '{secret}'"}).encode()
    records[39] = json.dumps({"api_key": secret}).encode()
    small = list(suspicion.suspects(records))
    monkeypatch.setattr(suspicion, "LARGE", 0)
    monkeypatch.setattr(suspicion, "_BATCH", 16)
    assert list(suspicion.suspects(records)) == small
    assert [n for n, is_suspect in enumerate(small) if is_suspect] == [7, 39]


def test_secrets_are_found_without_the_private_part_of_arrow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(suspicion, "LARGE", 0)
    importlib.import_module("pyarrow.compute")
    monkeypatch.delattr("pyarrow._compute")
    monkeypatch.setitem(sys.modules, "pyarrow._compute", None)
    assert suspicion.suspects([b"{}", json.dumps({"api_key": password()}).encode()]) == [
        False,
        True,
    ]


@pytest.mark.parametrize("large", [0, 1 << 30])
def test_what_is_found_in_a_record_is_found_in_the_whole_report(
    monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    monkeypatch.setattr(suspicion, "LARGE", large)
    clean = [{"n": n, "text": "clean"} for n in range(9)]
    secret = password()
    for dirty in (
        {"text": f"password = '{secret}'"},
        {"api_key": secret},
        {"text": "AKIA" + "ABCDEFGHIJKLMNOP"},
        {"text": "https://user:" + secret + "@bank.example"},
        {"text": "Authorization: Bearer " + "a1b2c3d4" * 4},
    ):
        for indent in (None, 2):
            document = json.dumps({"results": [*clean, dirty]}, indent=indent).encode()
            assert suspicion.has_suspect(document), dirty
    spelt = json.dumps({"password": secret}).replace("w", "\\u0077").encode()
    assert suspicion.has_suspect(spelt)
    assert not suspicion.has_suspect(json.dumps({"results": clean}).encode())


@pytest.mark.parametrize("large", [0, 1 << 30])
def test_a_secret_in_one_result_is_taken_out_wherever_it_stands(
    monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    monkeypatch.setattr(suspicion, "LARGE", large)
    secret = password()
    leaking = result(message={"text": f"password = '{secret}'"})
    for place in (0, 7, 14):
        many: list[Any] = [result(line=line) for line in range(1, 15)]
        many.insert(place, leaking)
        seen = read_scan(*many).observations
        assert [n for n, one in enumerate(seen) if b"<redacted:" in one.raw] == [place]
        assert secret not in repr(list(seen))
