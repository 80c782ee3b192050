"""Sync: everything in one judged publish, a failing source stops nothing, no cursor runs ahead."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.config.paths import Paths, make_private, shipped
from riskcockpit.config.settings import IdentitySettings, Settings, SourceSettings
from riskcockpit.domain.batch import Batch, Coverage, Document
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.model import ModelVersion, RegisteredModel
from riskcockpit.domain.reading import MetricClass, Reading, SubjectKind
from riskcockpit.errors import UnavailableError, UnknownNameError
from riskcockpit.services.context import Context
from riskcockpit.services.judging import Judgement
from riskcockpit.services.sync import sync
from riskcockpit.store.database import Writer
from riskcockpit.store.snapshots import Store
from riskcockpit.views.syncing import SourceProgress
from support.caches import NOW, statement
from support.ledgers import key_for, signer_line


@dataclass
class FakeSource:
    """A source that gives its batches and remembers the cursors it was asked from."""

    batches: list[Batch] = field(default_factory=list)
    error: BaseException | None = None
    cursors: list[str] = field(default_factory=list)
    is_closed: bool = False

    def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:
        assert until == NOW
        self.cursors.append(cursor)
        yield from self.batches
        if self.error:
            raise self.error

    def close(self) -> None:
        self.is_closed = True


def sarif(*rules: str, tool: str = "Scanner") -> bytes:
    results = [
        {
            "ruleId": rule,
            "message": {"text": rule},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": f"src/{rule}.py"},
                        "region": {"startLine": 3},
                    }
                }
            ],
        }
        for rule in rules
    ]
    run = {
        "tool": {"driver": {"name": tool}},
        "results": results,
        "invocations": [{"executionSuccessful": True}],
    }
    return json.dumps({"version": "2.1.0", "runs": [run]}).encode()


def document(name: str, *rules: str) -> Document:
    return Document(name, sarif(*rules), asset="payments", modified_at=NOW - timedelta(hours=1))


def whole(*items: Any, cursor: str = "c1", **coverage: Any) -> Batch:
    return Batch(items, cursor, is_complete=True, coverage=Coverage(1, len(items), **coverage))


def champion(version: int) -> RegisteredModel:
    versions = tuple(
        ModelVersion("fraud", n, "READY", NOW, tags={"validation_status": "approved"})
        for n in (7, 6)
    )
    return RegisteredModel("fraud", versions, {"champion": version}, {"risk_tier": "1"})


def accuracy(value: float, version: int = 7) -> Reading:
    return Reading(
        SubjectKind.MODEL, "fraud", "accuracy", MetricClass.ACCURACY, value, NOW,
        version=version, threshold=0.8,
    )  # fmt: skip


@dataclass
class World:
    """A home whose sources are fakes."""

    home: Path
    sources: dict[str, FakeSource] = field(default_factory=dict)
    disabled: tuple[str, ...] = ()
    clock: FrozenClock = field(default_factory=lambda: FrozenClock(NOW))

    def context(self) -> Context:
        paths = Paths.under(self.home)
        settings = Settings(
            identity=IdentitySettings(principal="engineer", key=str(self.home / "keys/engineer")),
            sources=tuple(
                SourceSettings(name=name, kind="fake", enabled=name not in self.disabled)
                for name in self.sources
            ),
        )
        return Context(settings, paths, self.clock, Store(paths.cache, self.clock), "bastion")

    def make_signer(self) -> None:
        ledger = make_private(self.home / "ledger" / "policy").parent
        key = key_for("engineer", self.home / "keys")
        (ledger / "allowed_signers").write_text(signer_line("engineer", key))
        roles = shipped("config", "roles.yaml").read_text(encoding="utf-8")
        (ledger / "policy" / "roles.yaml").write_text(roles)

    def rows(self, text: str) -> list[tuple[Any, ...]]:
        with self.context().store.reader() as reader:
            return reader.rows(statement(text))

    def states(self) -> dict[str, str]:
        return dict(self.rows("SELECT rule, state FROM finding ORDER BY rule"))

    def source(self, name: str) -> dict[str, Any]:
        with self.context().store.reader() as reader:
            rows = reader.records(statement("SELECT * FROM source ORDER BY name"))
        return next(row for row in rows if row["name"] == name)


@pytest.fixture
def judged_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(tmp_path)
    monkeypatch.setattr(
        Context, "connector", lambda _self, source, _session: made.sources[source.name]
    )
    return made


@pytest.fixture
def world(judged_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world whose judges say nothing, which is quicker."""

    def silent(_ctx: Context, tx: Writer, _now: datetime) -> Judgement:
        return Judgement(tx.generation, (), (), "", "")

    monkeypatch.setattr("riskcockpit.services.sync.judge", silent)
    return judged_world


def test_two_registries_with_a_model_of_one_name_do_not_take_turns(world: World) -> None:
    world.sources["mlflow"] = FakeSource([whole(champion(7))])
    world.sources["sagemaker"] = FakeSource([whole(champion(6))])
    for _ in range(2):
        first, second = sync(world.context()).sources
        assert first.message == ""
        assert second.message == (
            "model fraud is left out: source mlflow registers one of that name already"
        )
    sync(world.context(), ["sagemaker"])
    assert world.rows("SELECT source_id, version FROM model_alias") == [("mlflow", 7)]
    assert world.rows("SELECT count(*) FROM model_alias_move") == [(0,)]
    del world.sources["mlflow"]
    assert sync(world.context()).sources[0].message == ""
    assert world.rows("SELECT source_id, version FROM model_alias") == [("sagemaker", 6)]


def test_documents_models_and_readings_come_in_one_judged_publish(judged_world: World) -> None:
    world = judged_world
    world.sources = {
        "metrics": FakeSource([whole(accuracy(0.7), cursor="m1")]),
        "reports": FakeSource([whole(document("a.sarif", "sqli", "xss"), cursor="r1")]),
        "registry": FakeSource([whole(champion(7), cursor="")]),
    }
    report = sync(world.context())
    assert [(s.name, s.state, s.rows) for s in report.sources] == [
        ("metrics", "ok", 1), ("reports", "ok", 1), ("registry", "ok", 1),
    ]  # fmt: skip
    assert (report.generation, report.unfinished) == (1, 0)
    states = world.states()
    assert {"sqli", "xss"} <= set(states)
    assert len(states) == 3, "the breach of the serving version is a finding"
    assert world.rows("SELECT count(*) FROM control")[0][0] > 0, "the generation is judged"
    assert world.source("metrics")["cursor"] == "m1"
    assert all(source.is_closed for source in world.sources.values())


def test_the_second_sync_starts_from_the_cursors_and_full_forgets_them(world: World) -> None:
    source = FakeSource([whole(document("a.sarif", "sqli"))])
    world.sources = {"reports": source}
    sync(world.context())
    sync(world.context())
    sync(world.context(), full=True)
    assert source.cursors == ["", "c1", ""]
    assert list(world.states()) == ["sqli"]


def test_the_last_source_that_is_taken_out_is_forgotten_and_its_findings_stay(world: World) -> None:
    world.sources = {"reports": FakeSource([whole(document("a.sarif", "sqli"))])}
    sync(world.context())
    world.sources = {}
    report = sync(world.context())
    assert (report.sources, report.generation) == ((), 2)
    assert world.rows("SELECT name FROM source") == []
    assert world.states() == {"sqli": "open"}
    assert sync(world.context()).generation == 2, "there is nothing left to forget"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (UnavailableError("it did not answer", hint="look"), "it did not answer"),
        (ZeroDivisionError("a bug of a third party"), "ZeroDivisionError: a bug of a third party"),
    ],
)
def test_a_failing_source_stops_no_other_and_keeps_its_own_state(
    world: World, error: Exception, message: str
) -> None:
    broken = FakeSource([whole(document("b.sarif", "xss"), cursor="b1")])
    world.sources = {"broken": broken, "reports": FakeSource([whole(document("a.sarif", "sqli"))])}
    sync(world.context())
    broken.error = error
    broken.batches = [whole(document("b.sarif", "other"), cursor="b2")]
    report = sync(world.context())
    outcomes = {outcome.name: outcome for outcome in report.sources}
    assert (outcomes["broken"].state, outcomes["reports"].state) == ("failed", "ok")
    assert message in outcomes["broken"].message
    assert outcomes["broken"].hint
    assert report.unfinished == 1
    row = world.source("broken")
    assert (row["state"], row["cursor"], row["last_success"]) == ("failed", "b1", NOW)
    assert world.states() == {"sqli": "open", "xss": "open"}


def test_a_source_that_never_worked_has_no_success(world: World) -> None:
    world.sources = {"broken": FakeSource(error=UnavailableError("down"))}
    report = sync(world.context())
    row = world.source("broken")
    assert (row["last_attempt"], row["last_success"], row["cursor"]) == (NOW, None, "")
    assert report.sources[0].state == "failed"


def test_an_unreadable_document_is_told_again_until_it_is_mended(world: World) -> None:
    bad = Document("broken.json", b"{]", modified_at=NOW)
    source = FakeSource([whole(document("a.sarif", "sqli"), bad)])
    world.sources = {"reports": source}
    report = sync(world.context())
    assert report.sources[0].state == "partial"
    assert "broken.json" in report.sources[0].message
    assert world.states() == {"sqli": "open"}
    sync(world.context())
    assert source.cursors == ["", ""], "the cursor waits for the document"
    source.batches = [whole(document("a.sarif", "sqli"))]
    assert sync(world.context()).sources[0].state == "ok"
    assert world.source("reports")["cursor"] == "c1"


@pytest.mark.parametrize(
    "batch", [whole(is_truncated=True, note="a page is missing"), Batch((), "c1")]
)
def test_half_a_pass_is_partial(world: World, batch: Batch) -> None:
    world.sources = {"reports": FakeSource([batch])}
    outcome = sync(world.context()).sources[0]
    assert outcome.state == "partial"
    assert "nothing was closed by what is missing" in outcome.hint
    assert outcome.message


def test_one_changed_document_does_not_close_what_its_siblings_hold(world: World) -> None:
    """Two reports of one tool over one asset: unchanged ones are not read again."""
    source = FakeSource([whole(document("a.sarif", "sqli"), document("b.sarif", "xss"))])
    world.sources = {"reports": source}
    sync(world.context())
    for rule in ("csrf", "ssrf", "idor"):
        source.batches = [whole(document("b.sarif", rule))]
        sync(world.context())
    assert world.states()["sqli"] == "open"


def test_a_report_alone_in_its_scope_closes_what_it_no_longer_sees(world: World) -> None:
    source = FakeSource([whole(document("a.sarif", "sqli", "xss"))])
    world.sources = {"reports": source}
    sync(world.context())
    source.batches = [whole(document("a.sarif", "xss"))]
    report = sync(world.context())
    assert report.sources[0].counts.fixed == 1
    assert world.states() == {"sqli": "fixed", "xss": "open"}


def test_a_dry_run_counts_and_changes_nothing(world: World) -> None:
    world.make_signer()
    world.sources = {"reports": FakeSource([whole(document("a.sarif", "sqli"))])}
    report = sync(world.context(), dry_run=True)
    assert (report.is_dry_run, report.sources[0].counts.new, report.generation) == (True, 1, 0)
    assert not world.context().store.exists()
    assert not (world.home / "ledger" / "chains").exists()


def test_names_choose_and_a_wrong_one_is_refused_before_anything_is_asked(world: World) -> None:
    world.sources = {"one": FakeSource([whole()]), "two": FakeSource([whole()])}
    world.disabled = ("two",)
    assert [s.name for s in sync(world.context()).sources] == ["one"]
    assert [s.name for s in sync(world.context(), ["two"]).sources] == ["two"]
    with pytest.raises(UnknownNameError) as caught:
        sync(world.context(), ["one", "tow"])
    assert caught.value.hint == 'did you mean "two"?'
    assert len(world.sources["one"].cursors) == 1


def test_without_sources_nothing_is_published(world: World) -> None:
    assert sync(world.context()).sources == ()
    assert not world.context().store.exists()


def test_a_source_that_left_the_settings_is_forgotten_its_findings_are_not(world: World) -> None:
    world.sources = {
        "old": FakeSource([whole(document("a.sarif", "sqli"))]),
        "new": FakeSource([whole()]),
    }
    sync(world.context())
    del world.sources["old"]
    sync(world.context(), ["new"])
    assert len(world.rows("SELECT name FROM source")) == 2
    sync(world.context())
    assert world.rows("SELECT name FROM source") == [("new",)]
    assert "sqli" in world.states()


def test_a_sync_is_signed_for_with_counts_and_digests(judged_world: World) -> None:
    world = judged_world
    world.make_signer()
    world.sources = {"reports": FakeSource([whole(document("a.sarif", "sqli"))])}
    assert sync(world.context()).notes == ()
    sync(world.context())
    entries = world.context().reading_journal().entries()
    signed = [entry for entry in entries if entry.type is EntryType.SYNC_COMPLETED]
    assert [entry.data["generation"] for entry in signed] == [1, 2]
    first, second = (entry.data["sources"][0] for entry in signed)
    assert (first["name"], first["state"], first["new"], second["new"]) == ("reports", "ok", 1, 0)
    assert first["digest"] == second["digest"] != ""
    assert any(entry.type is EntryType.CONTROLS_EVALUATED for entry in entries)


def test_without_a_key_the_facts_are_in_and_the_report_says_so(world: World) -> None:
    world.sources = {"reports": FakeSource([whole(document("a.sarif", "sqli"))])}
    report = sync(world.context())
    assert report.notes[0].startswith("this sync is not in the ledger")
    assert world.states() == {"sqli": "open"}


def test_a_damaged_cache_is_moved_aside_and_built_again(world: World) -> None:
    source = FakeSource([whole(document("a.sarif", "sqli"))])
    world.sources = {"reports": source}
    sync(world.context())
    cache = world.context().paths.cache
    (cache / "000001.duckdb").write_bytes(b"not a database" * 1000)
    report = sync(world.context())
    assert "moved aside" in report.notes[0]
    assert source.cursors == ["", ""]
    assert world.states() == {"sqli": "open"}
    assert list(cache.glob("*.aside"))


def test_an_interrupt_loses_nothing_and_waits_for_no_source(world: World) -> None:
    world.sources = {"reports": FakeSource([whole(document("a.sarif", "sqli"))])}
    sync(world.context())
    release = threading.Event()

    class Slow(FakeSource):
        def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:  # noqa: ARG002 - given
            yield Batch((document("b.sarif", "xss"),))
            release.wait(60)

    world.sources["slow"] = Slow()
    world.sources["reports"] = FakeSource([whole(document("a.sarif", "other"))])
    main = threading.main_thread().ident
    assert main is not None
    timer = threading.Timer(0.5, signal.pthread_kill, (main, signal.SIGINT))
    timer.start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        sync(world.context())
    release.set()
    timer.join()
    assert time.monotonic() - started < 30
    assert world.context().store.generation() == 1
    assert world.states() == {"sqli": "open"}


def test_progress_names_source_rows_and_step(world: World) -> None:
    world.sources = {"reports": FakeSource([whole(document("a.sarif", "sqli"))])}
    told: list[SourceProgress] = []
    sync(world.context(), progress=told.append)
    assert [(one.name, one.rows, one.step) for one in told] == [
        ("reports", 0, "connecting"), ("reports", 1, "reading"), ("reports", 1, "writing"),
    ]  # fmt: skip


def test_a_pass_from_the_start_is_measured_by_the_last_one(world: World) -> None:
    source = FakeSource([whole(document("a.sarif", "sqli"), cursor="")])
    world.sources = {"reports": source}
    told: list[SourceProgress] = []
    for full in (False, False, True):
        sync(world.context(), full=full, progress=told.append)
    first, second, third = (told[at : at + 3] for at in (0, 3, 6))
    assert {one.expected for one in first} == {0}
    for later in (second, third):
        assert [(one.expected, one.expected_pages) for one in later[:2]] == [(1, 1)] * 2


def scores(on: int, probability: float) -> Document:
    text = f"#model_version:v1,score_date:2026-11-{on}T00:00:00+0000\ncve,epss,percentile\n"
    return Document("epss.csv", f"{text}CVE-2024-3094,{probability},0.9\n".encode())


def test_what_is_known_from_elsewhere_comes_by_a_source_as_well(judged_world: World) -> None:
    finding = {"title": "xz", "severity": "high", "cve": "CVE-2024-3094", "file_path": "a/b.txt"}
    found = Document("found.json", json.dumps({"tool": "t", "findings": [finding]}).encode())
    owners = Document("CODEOWNERS", b"/a/ @team\n", asset="reports")
    judged_world.sources = {"reports": FakeSource([whole(scores(20, 0.9), found, owners)])}
    report = sync(judged_world.context())
    assert [source.message for source in report.sources] == [""]
    assert judged_world.rows("SELECT epss, owner FROM finding") == [(0.9, "@team")]
    judged_world.sources["reports"].batches = [whole(scores(19, 0.1), scores(20, 0.9))]
    (source,) = sync(judged_world.context()).sources
    assert (source.state, source.message) == (
        "ok",
        "epss.csv: older than that of 2026-11-20T00:00:00Z, which stays in force",
    )
    assert judged_world.rows("SELECT epss, owner FROM finding") == [(0.9, "@team")]
