"""Import as a use case: files, directories and stdin, one publish, one bad file among good ones."""

from __future__ import annotations

import json
import stat
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from riskcockpit.config.paths import Paths
from riskcockpit.config.settings import AssetSettings, ImportSettings, Settings
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.errors import ConfigError, StoreError, UnknownNameError
from riskcockpit.services import importing
from riskcockpit.services.context import Context
from riskcockpit.services.documents import asset_around, find
from riskcockpit.services.house import policy_of
from riskcockpit.services.importing import ImportOptions, import_reports
from riskcockpit.services.redaction_key import redaction_key
from riskcockpit.services.rule_names import rule_names
from riskcockpit.store.snapshots import Store
from riskcockpit.store.sql import Sql
from riskcockpit.views.reports import FileReport, ImportCounts, ImportReport

pytestmark = pytest.mark.usefixtures("without_policy")

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Stand in for judging; holds the generation of each publish that was judged."""
    generations: list[int] = []
    module = ModuleType("riskcockpit.services.judging")
    module.judge = lambda _ctx, tx, _now: generations.append(tx.generation)  # type: ignore[attr-defined] # a stand-in
    module.record_evaluation = lambda *_: "there is no key"  # type: ignore[attr-defined] # as above
    monkeypatch.setitem(sys.modules, "riskcockpit.services.judging", module)
    return generations


@pytest.fixture
def ctx(tmp_path: Path, judged: list[int]) -> Context:
    assert judged == []
    return context(tmp_path)


def context(tmp_path: Path, settings: Settings | None = None) -> Context:
    clock = FrozenClock(NOW)
    paths = Paths.under(tmp_path / "home")
    return Context(settings or Settings(), paths, clock, Store(paths.cache, clock), "here")


def run(*results: str, tool: str = "scanner", category: str = "", **more: Any) -> dict[str, Any]:
    """Return a SARIF run with one result for each `rule@path:line`."""
    found = []
    for result in results:
        rule, _, place = result.partition("@")
        path, _, line = place.partition(":")
        where = {"artifactLocation": {"uri": path}, "region": {"startLine": int(line)}}
        found.append({"ruleId": rule, "message": {"text": rule},
                      "locations": [{"physicalLocation": where}]})  # fmt: skip
    identity = {"automationDetails": {"id": category}} if category else {}
    driver = {"driver": {"name": tool}}
    done = {"invocations": [{"executionSuccessful": True}]}
    return {"tool": driver, "results": found, **identity, **done, **more}


def report(file: Path, *runs: dict[str, Any]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"version": "2.1.0", "runs": list(runs)}))
    return file


def lines(count: int, rule: str = "r") -> list[str]:
    return [f"{rule}@src/a.py:{n + 1}" for n in range(count)]


def take(ctx: Context, *paths: Path, **options: Any) -> ImportReport:
    return import_reports(ctx, list(paths), ImportOptions(**options))


def one(result: ImportReport) -> FileReport:
    assert len(result.files) == 1
    return result.files[0]


def rows(ctx: Context, text: str) -> list[tuple[Any, ...]]:
    with ctx.store.reader() as reader:
        return reader.rows(Sql("test", text))


def test_a_report_is_imported_published_once_and_judged(
    ctx: Context, tmp_path: Path, judged: list[int]
) -> None:
    file = report(tmp_path / "scans" / "r.sarif", run(*lines(3)))
    told: list[str] = []
    result = import_reports(ctx, [file], ImportOptions(), told.append)
    assert one(result) == FileReport(
        str(file), "sarif", "scanner", "scans", is_complete=True,
        counts=ImportCounts(read=3, new=3), notes=one(result).notes,
    )  # fmt: skip
    assert result.totals == ImportCounts(read=3, new=3)
    assert result.generation == 1
    assert judged == [1]
    assert told[0] == f"reading {file}"
    assert rows(ctx, "SELECT asset, source_id, count(*) FROM finding GROUP BY ALL") == [
        ("scans", "import", 3)
    ]


def test_a_directory_comes_to_what_its_files_come_to_one_by_one(
    ctx: Context, tmp_path: Path
) -> None:
    scans = tmp_path / "scans"
    for number in range(4):
        tool = f"scanner-{number % 2}"
        report(scans / f"{number}.sarif", run(*lines(3, f"r{number}"), tool=tool))
    (scans / "broken.sarif").write_text("{nope")
    alone = context(tmp_path / "other")
    files = [one(take(alone, file)) for file in sorted(scans.iterdir())]
    whole = take(ctx, scans)
    assert [(f.path, f.tool, f.error, f.counts.read) for f in whole.files] == [
        (f.path, f.tool, f.error, f.counts.read) for f in files
    ]
    assert [f.counts.new for f in whole.files] == [3, 3, 3, 3, 0]
    assert whole.failed == 1
    assert whole.totals.new == 12
    assert rows(ctx, "SELECT rule, tool FROM finding WHERE state = 'open' ORDER BY 1") == [
        (f"r{number}", f"scanner-{number % 2}") for number in range(4) for _ in range(3)
    ]


def test_the_same_report_again_makes_no_generation(
    ctx: Context, tmp_path: Path, judged: list[int]
) -> None:
    file = report(tmp_path / "r.sarif", run(*lines(3)))
    take(ctx, file)
    result = take(ctx, file)
    assert result.totals == ImportCounts(read=3, unchanged=3)
    assert result.generation == 1
    assert judged == [1]


def test_a_dry_run_counts_exactly_and_changes_nothing(
    ctx: Context, tmp_path: Path, judged: list[int]
) -> None:
    file = report(tmp_path / "r.sarif", run(*lines(3)))
    planned = take(ctx, file, dry_run=True)
    assert planned.is_dry_run
    assert planned.generation == 0
    assert not ctx.store.exists()
    assert judged == []
    assert take(ctx, file).totals == planned.totals


def test_one_bad_file_never_stops_the_others(ctx: Context, tmp_path: Path) -> None:
    good = report(tmp_path / "good.sarif", run(*lines(2)))
    empty, other = tmp_path / "empty.json", tmp_path / "other.txt"
    empty.touch()
    other.write_text("hello")
    result = take(ctx, empty, tmp_path / "missing.json", other, good)
    assert [bool(file.error) for file in result.files] == [True, True, True, False]
    assert all(file.hint for file in result.files if file.error)
    assert result.failed == 3
    assert "empty" in result.files[0].error
    assert result.totals.new == 2
    assert result.generation == 1


def test_only_bad_files_publish_nothing(ctx: Context, tmp_path: Path) -> None:
    result = take(ctx, tmp_path / "missing.json")
    assert (result.failed, result.generation) == (1, 0)
    assert not ctx.store.exists()


def test_a_zero_byte_report_closes_nothing(ctx: Context, tmp_path: Path) -> None:
    file = report(tmp_path / "r.sarif", run(*lines(2)))
    take(ctx, file)
    file.write_bytes(b" \n")
    assert take(ctx, file, complete=True).failed == 1
    assert rows(ctx, "SELECT DISTINCT state FROM finding") == [("open",)]


def test_75_and_then_74_results_are_exactly_one_fixed(ctx: Context, tmp_path: Path) -> None:
    file = report(tmp_path / "r.sarif", run(*lines(75)))
    take(ctx, file)
    report(file, run(*lines(74)))
    assert take(ctx, file).totals == ImportCounts(read=74, unchanged=74, fixed=1)


def test_many_closures_wait_until_somebody_accepts_them(ctx: Context, tmp_path: Path) -> None:
    file = report(tmp_path / "r.sarif", run(*lines(60)))
    take(ctx, file)
    report(file, run(*lines(3)))
    held = take(ctx, file)
    assert held.totals == ImportCounts(read=3, unchanged=3, held=57)
    assert any("--accept-held" in note for note in one(held).notes)
    assert take(ctx, file).generation == held.generation
    assert take(ctx, file, accept_held=True).totals == ImportCounts(read=3, unchanged=3, fixed=57)


def test_a_partial_report_closes_nothing_until_it_is_vouched_for(
    ctx: Context, tmp_path: Path
) -> None:
    file = report(tmp_path / "r.sarif", run(*lines(5)))
    take(ctx, file)
    report(file, run(*lines(4)))
    partial = take(ctx, file, complete=False)
    assert not one(partial).is_complete
    assert partial.totals.fixed == 0
    assert take(ctx, file, complete=True).totals.fixed == 1


def test_runs_of_one_tool_in_one_file_do_not_close_each_other(ctx: Context, tmp_path: Path) -> None:
    file = report(tmp_path / "r.sarif", run("a@x.py:1"), run("b@y.py:1"))
    assert take(ctx, file).totals == ImportCounts(read=2, new=2)
    file = report(file, run("a@x.py:1"), run("b@y.py:1"), run("c@z.py:1", category="weekly"))
    assert take(ctx, file).totals == ImportCounts(read=3, new=1, unchanged=2)


def test_reports_given_together_are_parts_of_one_scan(ctx: Context, tmp_path: Path) -> None:
    first = report(tmp_path / "d" / "1.sarif", run(*lines(3, "a")))
    second = report(tmp_path / "d" / "2.sarif", run(*lines(3, "b")))
    result = take(ctx, first, second)
    assert result.totals == ImportCounts(read=6, new=6)
    again = take(ctx, tmp_path / "d")
    assert again.totals == ImportCounts(read=6, unchanged=6)
    assert again.generation == result.generation
    assert take(ctx, first).generation == result.generation
    report(first, run(*lines(2, "a")))
    assert take(ctx, second, first).totals == ImportCounts(read=5, unchanged=5, fixed=1)
    assert rows(ctx, "SELECT DISTINCT kind FROM finding_event ORDER BY kind") == [
        ("created",), ("fixed",)
    ]  # fmt: skip


def test_a_part_that_failed_keeps_the_whole_from_closing(ctx: Context, tmp_path: Path) -> None:
    first = report(tmp_path / "d" / "1.sarif", run(*lines(3, "a")))
    second = report(tmp_path / "d" / "2.sarif", run(*lines(3, "b")))
    take(ctx, first, second)
    report(first, run(*lines(2, "a"), invocations=[{"executionSuccessful": False}]))
    for order in ((first, second), (second, first)):
        assert take(ctx, *order, complete=True).totals.fixed == 0


def test_what_one_part_shows_is_never_taken_for_what_another_shows(
    ctx: Context, tmp_path: Path
) -> None:
    claimed = run("a@src/x.py:5")
    claimed["results"][0]["partialFingerprints"] = {"contextHash/v1": "f1"}
    first = report(tmp_path / "d" / "1.sarif", run("a@src/x.py:4"))
    second = report(tmp_path / "d" / "2.sarif", claimed)
    assert take(ctx, first, second).totals == ImportCounts(read=2, new=2)


def test_copies_of_one_report_are_one_report(ctx: Context, tmp_path: Path) -> None:
    first = report(tmp_path / "d" / "1.sarif", run(*lines(3)))
    second = report(tmp_path / "d" / "2.sarif", run(*lines(3)))
    assert take(ctx, first, second).totals == ImportCounts(read=6, new=3, unchanged=3)
    report(first, run(*lines(2)))
    report(second, run(*lines(2)))
    assert take(ctx, first, second).totals == ImportCounts(read=4, unchanged=4, fixed=1)


def test_a_directory_is_walked_in_order_without_hidden_files_and_links(tmp_path: Path) -> None:
    for name in ("b/2.sarif", "a/1.sarif", ".git/x.sarif", "b/.hidden.sarif"):
        report(tmp_path / "d" / name, run())
    (tmp_path / "d" / "link.sarif").symlink_to(tmp_path / "d" / "b" / "2.sarif")
    (tmp_path / "d" / "loop").symlink_to(tmp_path / "d")
    found = [Path(source.name).name for source in find([tmp_path / "d", tmp_path / "d" / "b"])]
    assert found == ["1.sarif", "2.sarif"]


def test_a_directory_without_a_report_is_no_clean_result(ctx: Context, tmp_path: Path) -> None:
    (tmp_path / "d" / "empty").mkdir(parents=True)
    (tmp_path / "d" / "link.sarif").symlink_to("/etc/hostname")
    result = take(ctx, tmp_path / "d")
    assert result.failed == 1
    assert "no file to read in it" in one(result).error
    assert "symbolic links" in (one(result).hint or "")


def test_stdin_is_a_report(ctx: Context) -> None:
    content = json.dumps({"version": "2.1.0", "runs": [run(*lines(2))]}).encode()
    result = take(ctx, Path("-"), stdin=content, asset="payments")
    assert one(result).path == "-"
    assert one(result).scope == "payments"
    assert result.totals.new == 2
    assert take(ctx, Path("-")).failed == 1


def test_the_asset_is_the_one_given_else_the_repository_else_the_directory(
    ctx: Context, tmp_path: Path
) -> None:
    file = report(tmp_path / "shop" / "out" / "r.sarif", run(*lines(1)))
    assert asset_around(file) == "out"
    (tmp_path / "shop" / ".git").mkdir()
    assert asset_around(file) == "shop"
    assert one(take(ctx, file)).scope == "shop"
    assert one(take(ctx, file, asset="lending")).scope == "lending"


def test_a_file_beyond_the_limit_is_refused(tmp_path: Path, judged: list[int]) -> None:
    assert judged == []
    ctx = context(tmp_path, Settings(imports=ImportSettings(max_file_bytes=40)))
    result = take(ctx, report(tmp_path / "r.sarif", run(*lines(3))))
    assert "more than the 40" in one(result).error


def test_an_unknown_format_is_refused_before_anything_is_read(ctx: Context, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError):
        take(ctx, tmp_path / "missing", format="sarrif")


def test_an_unwritable_cache_leaves_the_published_generation(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = report(tmp_path / "r.sarif", run(*lines(1)))
    take(ctx, file)

    def fail(*_: object) -> None:
        raise StoreError("no space")

    monkeypatch.setattr(sys.modules["riskcockpit.services.judging"], "judge", fail)
    report(file, run(*lines(2)))
    with pytest.raises(StoreError):
        take(ctx, file)
    assert ctx.store.generation() == 1
    assert rows(ctx, "SELECT count(*) FROM finding") == [(1,)]


def test_a_home_has_one_private_redaction_key(tmp_path: Path) -> None:
    paths = Paths.under(tmp_path / "home")
    key = redaction_key(paths)
    assert len(key) == 32
    assert redaction_key(paths) == key
    file = paths.state / "redaction_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [entry.name for entry in paths.state.iterdir()] == ["redaction_key"]
    assert redaction_key(Paths.under(tmp_path / "other")) != key
    file.write_bytes(b"short")
    with pytest.raises(StoreError, match="not a redaction key"):
        redaction_key(paths)


def test_renamed_rules_of_a_home_stand_beside_ours(tmp_path: Path) -> None:
    paths = Paths.under(tmp_path / "home")
    ours = rule_names(paths)
    assert ours["bandit"]["B324"] == "B303"
    paths.config.mkdir(parents=True)
    (paths.config / "rule_aliases.yaml").write_text("Bandit:\n  B999: B998\n")
    assert rule_names(paths)["bandit"] == {**ours["bandit"], "B999": "B998"}
    for unusable in ("- nonsense\n", "bandit:\n  B1: B2\n  B1: B3\n"):
        (paths.config / "rule_aliases.yaml").write_text(unusable)
        with pytest.raises(ConfigError, match="rule_aliases"):
            rule_names(paths)


def test_an_asset_of_an_unknown_kind_is_a_fault_of_the_settings(tmp_path: Path) -> None:
    settings = Settings(assets=(AssetSettings(name="a", kind="castle"),))
    with pytest.raises(ConfigError, match="castle"):
        policy_of(context(tmp_path, settings))


TOKEN = "gh" + "p_" + "a1B2c3D4e5" * 4


def leaky(token: str = TOKEN) -> dict[str, Any]:
    """Return a run that repeats a token wherever a report has room for one."""
    place = {"physicalLocation": {"artifactLocation": {"index": 0}, "region": {"startLine": 3}}}
    rule = {"id": f"r-{token}", "shortDescription": {"text": f"label {token}"},
            "fullDescription": {"text": f"about {token}"}, "helpUri": f"https://x/{token}",
            "messageStrings": {"default": {"text": f"message {token}"}}}  # fmt: skip
    return {
        "tool": {"driver": {"name": f"tool {token}", "version": token, "rules": [rule]}},
        "automationDetails": {"id": f"nightly/{token}"},
        "versionControlProvenance": [
            {"repositoryUri": f"https://git.example.org/{token}/x", "branch": f"b-{token}"}
        ],
        "invocations": [
            {"executionSuccessful": True,
             "toolExecutionNotifications": [{"level": "error", "message": {"text": token}}]}
        ],
        "artifacts": [{"location": {"uri": f"config/{token}/app.py"}}],
        "results": [
            {"ruleIndex": 0, "message": {"id": "default"}, "locations": [place]},
            {"ruleId": "s", "message": {"text": "t"}, "level": token, "guid": token,
             "fingerprints": {"v": token}, "locations": [place], "properties": {"x": token}},
            {"ruleId": "s", "message": 5, "kind": token},
        ],
    }  # fmt: skip


@pytest.mark.parametrize("is_spelt_in_escapes", [False, True])
def test_no_part_of_a_report_brings_a_clear_secret_into_the_cache(
    ctx: Context, tmp_path: Path, *, is_spelt_in_escapes: bool
) -> None:
    file = report(tmp_path / "r.sarif", leaky())
    if is_spelt_in_escapes:
        escapes = "".join(f"\\u{ord(letter):04x}" for letter in TOKEN)
        file.write_text(file.read_text().replace(TOKEN, escapes))
    assert take(ctx, file).totals.read == 2
    assert clear_places(ctx, TOKEN) == []


def test_the_target_of_a_trivy_report_is_redacted(ctx: Context, tmp_path: Path) -> None:
    found = {"ID": "X1", "Title": "t", "Severity": "HIGH", "Status": "FAIL"}
    result = {"Target": f"t/{TOKEN}", "Class": "config", "Misconfigurations": [found]}
    trivy = {"SchemaVersion": 2, "ArtifactName": f"x-{TOKEN}", "Results": [result]}
    file = tmp_path / "trivy.json"
    file.write_text(json.dumps(trivy))
    assert take(ctx, file).totals.read == 1
    assert clear_places(ctx, TOKEN) == []


def clear_places(ctx: Context, secret: str) -> list[str]:
    """Return `table.column` wherever the cache holds `secret`."""
    columns = rows(ctx, "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal")
    places = []
    for table, column in columns:
        values = rows(ctx, f'SELECT "{column}"::VARCHAR FROM {table}')
        places += [f"{table}.{column}" for (value,) in values if secret in (value or "")]
    return places


def test_numbers_that_no_cache_can_hold_stop_nothing(ctx: Context, tmp_path: Path) -> None:
    wild = {"title": "t", "severity": "low", "file_path": "x"}
    cwes = (10**30, "9" * 5000, 2**31, -1, "CWE-79")
    findings = [{**wild, "line": n + 1, "cwe": cwe} for n, cwe in enumerate(cwes)]
    file = tmp_path / "generic.json"
    file.write_text(json.dumps({"findings": findings}))
    take(ctx, file)
    assert rows(ctx, "SELECT DISTINCT cwes FROM finding ORDER BY len(cwes)") == [([],), ([79],)]


def test_a_repeated_document_is_told_by_its_bytes_and_says_what_reading_it_would(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = run(*lines(3), results=[*run(*lines(3))["results"], {"ruleId": 7}])
    file = report(tmp_path / "a" / "x.sarif", broken, run("r@p:1", category="other"))
    log = json.loads(file.read_text())
    file.write_text(json.dumps({**log, "version": "2.1.1"}))
    first = import_reports(ctx, [file], ImportOptions())
    with monkeypatch.context() as patch:
        patch.setattr(importing, "_repeats", lambda *_: None)
        slow = import_reports(ctx, [file], ImportOptions())
    monkeypatch.setattr(importing, "read_report", _never)
    again = import_reports(ctx, [file], ImportOptions())
    assert first.totals.new == 4
    assert again == slow
    assert again.files[0].problems
    assert len(again.files[0].notes) == 2
    assert again.generation == 1


def _never(*_arguments: Any, **_options: Any) -> None:
    raise AssertionError("it was read")


@pytest.mark.parametrize(
    "other",
    [{"asset": "b"}, {"scope": "b"}, {"complete": True}, {"format": "sarif"}],
    ids=str,
)
def test_the_same_bytes_under_other_options_are_read_again(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: dict[str, Any]
) -> None:
    file = report(
        tmp_path / "a" / "x.sarif", run(*lines(3), invocations=[{"executionSuccessful": False}])
    )
    import_reports(ctx, [file], ImportOptions(asset="a"))
    monkeypatch.setattr(importing, "read_report", _never)
    import_reports(ctx, [file], ImportOptions(asset="a"))
    with pytest.raises(AssertionError, match="it was read"):
        import_reports(ctx, [file], ImportOptions(**{"asset": "a", **other}))


def test_an_older_document_is_read_again_once_another_had_the_last_word(
    ctx: Context, tmp_path: Path
) -> None:
    one = report(tmp_path / "a" / "1.sarif", run("r@p:1", "r@p:2"))
    two = report(tmp_path / "a" / "2.sarif", run("r@p:1", "r@q:3"))
    options = ImportOptions(asset="a", accept_held=True)
    for file in (one, two):
        import_reports(ctx, [file], options)
    back = import_reports(ctx, [one], options)
    assert (back.totals.unchanged, back.totals.reopened, back.totals.fixed) == (1, 1, 1)


def test_documents_that_share_a_scope_are_read_together_even_if_each_was_imported_before(
    ctx: Context, tmp_path: Path
) -> None:
    files = [report(tmp_path / "a" / f"{n}.sarif", run(f"r{n}@p{n}:1")) for n in (1, 2)]
    options = ImportOptions(asset="a")
    assert import_reports(ctx, files, options).totals.new == 2
    assert import_reports(ctx, files, options).totals.unchanged == 2
    assert import_reports(ctx, files[:1], options).totals.unchanged == 1


def test_two_projects_in_one_repository_are_told_that_one_closes_the_other(
    ctx: Context, tmp_path: Path
) -> None:
    (tmp_path / "mono" / ".git").mkdir(parents=True)
    pay, lend = (tmp_path / "mono" / name / "r.sarif" for name in ("pay", "lend"))
    take(ctx, report(pay, run("r@a.py:1", "q@b.py:2")))
    (note,) = one(take(ctx, report(lend, run("r@a.py:1")))).notes
    assert note.startswith(f"it closes what {pay} showed: both are taken for mono")
    again = one(take(ctx, report(lend, run("s@c.py:1"))))
    assert (again.counts.fixed, again.notes) == (1, ()), "the same place: the next scan"
    named = one(take(ctx, report(pay, run("t@d.py:1")), asset="mono"))
    assert (named.counts.fixed, named.notes) == (1, ()), "somebody said what it is about"


def test_parts_of_a_scan_that_show_one_finding_at_two_places_are_told(
    ctx: Context, tmp_path: Path
) -> None:
    parts = [
        report(tmp_path / "a" / f"{n}.sarif", run(f"r@Dockerfile:{n}", "q@same.py:1"))
        for n in (1, 9)
    ]
    first, second = take(ctx, *parts, asset="a").files
    assert (first.notes, second.counts.moved, second.counts.unchanged) == ((), 1, 1)
    (note,) = second.notes
    assert note == (
        "1 result taken for what another of these reports shows at another place: give different "
        "projects an --asset each, and import older reports of one project before the newer ones"
    )


def test_a_secret_in_a_name_that_somebody_gives_is_not_stored(ctx: Context, tmp_path: Path) -> None:
    secret = "AKIA" + "ABCDEFGHIJKLMN7P"
    file = report(tmp_path / f"{secret}" / "r.sarif", run("r@a.py:1"))
    take(ctx, file)
    take(ctx, file, asset=secret, scope=secret)
    for table in ("finding", "scan", "asset", "document"):
        assert rows(
            ctx, f"SELECT count(*) FROM {table} WHERE {table}::VARCHAR LIKE '%{secret}%'"
        ) == [(0,)]
