"""Dependency-Track: read whole and honest about what is missing; judged once, and read back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from riskcockpit.connectors.api import KeptRecord, Reconciles, SourceSpec, WaiverWords
from riskcockpit.connectors.contract import HttpConnectorContract
from riskcockpit.connectors.dependency_track import client, listing
from riskcockpit.connectors.dependency_track.connector import FORMAT, DependencyTrackConnector
from riskcockpit.connectors.dependency_track.mapping import VERDICTS
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.domain.action import Action, ActionKind, Outcome
from riskcockpit.domain.batch import Document
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.decision import WaiverReason
from riskcockpit.errors import (
    ConfigError,
    ForbiddenError,
    RateLimitedError,
    RiskcockpitError,
    SourceError,
    UnavailableError,
)
from support.acting_contract import (
    COMMENT,
    END,
    ID,
    ActingContract,
    Bench,
    bench_of,
    dismissal,
    documents,
    reopening,
)
from support.track_sim import START, Project, TrackSim, uuid_of


@pytest.fixture
def sim() -> TrackSim:
    made = TrackSim()
    made.found(made.project("payments"), 1)
    return made


@pytest.fixture
def project(sim: TrackSim) -> Project:
    return sim.project("payments")


@pytest.fixture
def bench(sim: TrackSim) -> Iterator[Bench[TrackSim]]:
    yield from bench_of(DependencyTrackConnector, sim, {"write": True})


def findings(document: Document) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(document.content)["findings"]
    return found


class TestContract(HttpConnectorContract):
    connector = DependencyTrackConnector
    options: Mapping[str, Any] = {"projects": ["*"]}
    actions = (
        dismissal(
            "/".join([uuid_of(name) for name in ("project", "component", "vulnerability")]),
            **{
                "from": "NOT_SET",
                "to": "suppressed",
                "analysis": "FALSE_POSITIVE",
                "justification": "NOT_SET",
                "response": "NOT_SET",
            },
        ),
    )
    expected_items = 130
    sim: TrackSim

    def setup_method(self) -> None:
        self.sim = TrackSim()
        for number in range(130):
            project = self.sim.project(f"service-{number:03d}")
            self.sim.found(project, number)
            self.sim.judge(project, number, analysisState="EXPLOITABLE")

    def answer(self, asked: Asked) -> Reply:
        return self.sim.reply(asked)


# Reading -----------------------------------------------------------------------------------------


def test_it_says_which_server_it_is(bench: Bench[TrackSim]) -> None:
    assert isinstance(bench.connector(), Reconciles)
    assert bench.connector().check() == "Dependency-Track 4.13.2, 1 active projects for us"
    assert all("x-api-key" in one.headers for one in bench.sim.exchanges)
    assert not any("authorization" in one.headers for one in bench.sim.exchanges)


@pytest.mark.parametrize("is_paging", [False, True])
def test_findings_are_read_whole_suppressed_ones_too_whether_paged_or_not(
    bench: Bench[TrackSim], project: Project, is_paging: bool
) -> None:
    bench.sim.is_paging_findings = is_paging
    for number in range(2, 251):
        bench.sim.found(project, number)
    bench.sim.judge(project, 7, isSuppressed=True)
    document = documents(bench.pull())["payments"]
    assert len(findings(document)) == 250
    assert document.is_complete
    pages = sum("/finding/" in line for line in bench.sim.asked())
    assert pages == (3 if is_paging else 1)


def test_what_people_wrote_comes_with_judged_findings_only(
    bench: Bench[TrackSim], project: Project
) -> None:
    bench.sim.found(project, 2)
    bench.sim.judge(
        project, 2, analysisState="NOT_AFFECTED", isSuppressed=True,
        analysisJustification="CODE_NOT_REACHABLE", analysisResponse="WILL_NOT_FIX",
        analysisDetails="no route leads there",
    )  # fmt: skip
    shown = {
        f["vulnerability"]["vulnId"]: f["analysis"]
        for f in findings(documents(bench.pull())["payments"])
    }
    assert shown == {
        "CVE-2026-00001": {"isSuppressed": False},
        "CVE-2026-00002": {
            "state": "NOT_AFFECTED", "isSuppressed": True, "justification": "CODE_NOT_REACHABLE",
            "response": "WILL_NOT_FIX", "details": "no route leads there",
        },
    }  # fmt: skip
    assert sum("/analysis" in line for line in bench.sim.asked()) == 1


def test_only_what_changed_is_given_again_and_its_details_are_asked_for_then(
    bench: Bench[TrackSim],
    project: Project,
) -> None:
    other = bench.sim.project("cards")
    bench.sim.found(other, 2)
    bench.sim.judge(other, 2, analysisState="EXPLOITABLE")
    cursor = bench.pull()[-1].cursor
    bench.sim.asked()
    assert documents(bench.pull(cursor)) == {}
    assert not any("/analysis" in line for line in bench.sim.asked())
    bench.sim.judge(project, 1, analysisState="IN_TRIAGE")
    again = bench.pull(cursor)
    assert set(documents(again)) == {"payments"}
    assert documents(bench.pull(again[-1].cursor)) == {}


def test_the_latest_version_stands_for_its_project_or_all_active_ones(
    bench: Bench[TrackSim],
) -> None:
    newer = bench.sim.project("payments", "2.0", is_latest=True)
    bench.sim.found(newer, 5)
    retired = bench.sim.project("payments", "0.9", is_active=False)
    bench.sim.found(retired, 6)
    rules = {
        versions: [
            f["vulnerability"]["vulnId"]
            for f in findings(documents(bench.pull(versions=versions))["payments"])
        ]
        for versions in ("latest", "active")
    }
    assert rules["latest"] == ["CVE-2026-00005"]
    assert sorted(rules["active"]) == ["CVE-2026-00001", "CVE-2026-00005"]


def test_a_name_that_would_harm_a_terminal_is_cleaned(bench: Bench[TrackSim]) -> None:
    bench.sim.found(bench.sim.project(" cards\x1b[31m\u202e "), 2)
    assert set(documents(bench.pull())) == {"cards\ufffd[31m\ufffd", "payments"}


def test_only_projects_called_so_are_read(bench: Bench[TrackSim]) -> None:
    bench.sim.found(bench.sim.project("cards"), 2)
    assert set(documents(bench.pull(projects=["pay*"]))) == {"payments"}


@pytest.mark.parametrize(
    ("imported", "analysed", "is_complete"),
    [
        (timedelta(), timedelta(minutes=1), True),
        (timedelta(hours=1), timedelta(minutes=1), False),
        (timedelta(), None, True),
        (timedelta(hours=47, minutes=30), None, False),
        (None, None, False),
    ],
)
def test_what_was_not_analysed_since_its_last_bill_of_materials_proves_nothing(
    bench: Bench[TrackSim],
    project: Project,
    imported: timedelta | None,
    analysed: timedelta | None,
    is_complete: bool,
) -> None:
    project.imported = None if imported is None else START + imported
    project.analysed = None if analysed is None else START + analysed
    project.findings.clear()
    document = documents(bench.pull())["payments"]
    assert document.is_complete is is_complete


def test_an_analysis_that_ends_without_a_finding_is_given_once_more(
    bench: Bench[TrackSim], project: Project
) -> None:
    cursor = bench.pull()[-1].cursor
    project.imported = START + timedelta(hours=1)
    project.findings.clear()
    waiting = bench.pull(cursor)
    assert "not analysed since its last bill" in waiting[-1].coverage.note
    assert documents(waiting)["payments"].is_complete is False
    project.analysed = START + timedelta(hours=2)
    done = documents(bench.pull(waiting[-1].cursor))["payments"]
    assert (done.is_complete, findings(done)) == (True, [])


def test_a_project_that_is_not_listed_any_more_is_told_and_closes_nothing(
    bench: Bench[TrackSim], project: Project
) -> None:
    cursor = bench.pull()[-1].cursor
    project.is_active = False
    batches = bench.pull(cursor)
    assert documents(batches) == {}
    assert "payments is not listed any more" in batches[-1].coverage.note
    assert not batches[-1].coverage.is_truncated


def test_a_project_that_is_refused_is_incomplete_and_others_go_on(
    bench: Bench[TrackSim], project: Project
) -> None:
    bench.sim.found(bench.sim.project("cards", is_forbidden=True), 2)
    batches = bench.pull()
    assert set(documents(batches)) == {"payments"}
    assert batches[-1].coverage.is_truncated
    assert "VIEW_VULNERABILITY" in batches[-1].coverage.note
    project.is_forbidden = True
    with pytest.raises(ForbiddenError):
        bench.pull()


def test_a_list_that_lacks_rows_is_read_once_more_and_then_never_taken_for_whole(
    bench: Bench[TrackSim],
    project: Project,
) -> None:
    for number in range(2, 6):
        bench.sim.found(project, number)
    bench.sim.fail("short", "/finding/")
    assert documents(bench.pull())["payments"].is_complete
    bench.sim.fail("short", "/finding/", times=9)
    batches = bench.pull()
    assert documents(batches)["payments"].is_complete is False
    assert "only 4 of 5 findings of payments 1.0 were listed" in batches[-1].coverage.note
    assert batches[-1].coverage.is_truncated
    bench.sim.faults.clear()
    assert documents(bench.pull(batches[-1].cursor))["payments"].is_complete


def test_details_of_very_many_judged_findings_are_bounded_and_told(
    bench: Bench[TrackSim], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_ANALYSES", 2)
    for number in range(1, 5):
        bench.sim.found(project, number)
        bench.sim.judge(project, number, analysisState="EXPLOITABLE")
    batches = bench.pull()
    assert "the details of 2 of 4 judged findings" in batches[-1].coverage.note
    assert documents(batches)["payments"].is_complete


@pytest.mark.parametrize("fault", ["429", "502", "503", "drop", "slow", "truncated"])
@pytest.mark.parametrize("where", ["/project?", "/finding/", "/analysis"])
def test_a_passing_fault_costs_nothing_but_time(
    bench: Bench[TrackSim], project: Project, fault: str, where: str
) -> None:
    bench.sim.slow_seconds = 0.1
    bench.sim.judge(project, 1, analysisState="EXPLOITABLE")
    whole = documents(bench.pull())
    bench.sim.fail(fault, where)
    assert documents(bench.pull()) == whole


@pytest.mark.parametrize(
    ("fault", "family"), [("429", RateLimitedError), ("500", UnavailableError)]
)
def test_a_fault_in_the_middle_fails_the_pull(
    bench: Bench[TrackSim],
    fault: str,
    family: type[RiskcockpitError],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "PAGE", 1)
    bench.sim.found(bench.sim.project("cards"), 2)
    bench.sim.fail(fault, "pageNumber=2", times=99)
    with pytest.raises(family):
        bench.pull()


@pytest.mark.parametrize(
    ("options", "url", "why"),
    [
        ({"projects": []}, "https://dt.bank.example", "projects is empty"),
        ({"versions": "newest"}, "https://dt.bank.example", "options.versions"),
        ({}, "https://dt.bank.example/api/v1", "the path of the API"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: Any, url: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        DependencyTrackConnector.build(SourceSpec("dt", url, options), FrozenClock(START))


# Judging -----------------------------------------------------------------------------------------


def _matrix() -> tuple[str, str, str]:
    sim = TrackSim()
    project = sim.project("payments")
    sim.found(project, 1)
    return sim.matrix(project, 1)


MATRIX = _matrix()
TARGET = "/".join(MATRIX)


def judged(reason: WaiverReason = WaiverReason.RISK_ACCEPTED, **more: str) -> Action:
    verdict = VERDICTS[reason]
    params = {
        "from": "NOT_SET", "to": "suppressed", "analysis": verdict.state,
        "justification": verdict.justification, "response": verdict.response, **more,
    }  # fmt: skip
    return dismissal(TARGET, **params)


def taken_back(to: str = "NOT_SET") -> Action:
    return reopening(TARGET, **{"from": "suppressed", "to": to})


class TestJudging(ActingContract):
    connector = DependencyTrackConnector
    closing = judged()
    opening = taken_back()
    write_mark = "PUT"
    closed_evidence: ClassVar[Mapping[str, str]] = {
        "state": "suppressed",
        "analysis": "EXPLOITABLE",
    }

    def make(self) -> TrackSim:
        made = TrackSim()
        made.found(made.project("payments"), 1)
        return made


def test_a_finding_is_suppressed_with_its_reason_and_judged_as_before_again(
    bench: Bench[TrackSim], project: Project
) -> None:
    bench.sim.judge(project, 1, analysisState="IN_TRIAGE")
    made = bench.connector()
    assert made.preview(judged()).blockers == ()
    assert bench.sim.writes == []
    receipt = made.apply(judged())
    assert receipt.outcome is Outcome.DONE
    assert receipt.evidence == {"state": "suppressed", "analysis": "EXPLOITABLE"}
    assert bench.sim.analyses[MATRIX] == {
        "analysisState": "EXPLOITABLE", "analysisJustification": "NOT_SET",
        "analysisResponse": "WILL_NOT_FIX", "analysisDetails": COMMENT, "isSuppressed": True,
    }  # fmt: skip
    assert made.observe(judged()).outcome is Outcome.DONE
    assert made.apply(judged()).outcome is Outcome.DONE
    assert made.apply(taken_back("IN_TRIAGE")).outcome is Outcome.DONE
    assert bench.sim.analyses[MATRIX] == {
        "analysisState": "IN_TRIAGE", "analysisJustification": "NOT_SET",
        "analysisResponse": "NOT_SET", "analysisDetails": "", "isSuppressed": False,
    }  # fmt: skip
    assert len(bench.sim.writes) == 2


def test_the_preview_names_exactly_the_calls_that_are_made(bench: Bench[TrackSim]) -> None:
    made = bench.connector()
    preview = made.preview(judged())
    bench.sim.exchanges.clear()
    made.apply(judged())
    assert [call.partition("?")[0].partition(" {")[0] for call in preview.calls] == [
        f"{one.method} {bench.url}{one.path}" for one in bench.sim.exchanges
    ]
    assert json.loads("{" + preview.calls[1].partition(" {")[2]) == bench.sim.exchanges[1].body


@pytest.mark.parametrize("reason", list(WaiverReason))
def test_every_reason_of_ours_is_a_verdict_that_the_server_takes(
    bench: Bench[TrackSim], reason: WaiverReason
) -> None:
    made = bench.connector()
    kept = findings(documents(bench.pull())["payments"])[0]
    record = KeptRecord(FORMAT, json.dumps(kept).encode())
    action = made.dismissal(record, WaiverWords(reason, "No route leads there", END))
    assert action is not None
    assert action.target == TARGET
    assert action.params["what"] == "CVE-2026-00001 in lib1 1.4.0"
    assert made.apply(action).outcome is Outcome.DONE
    assert bench.sim.analyses[MATRIX]["analysisDetails"].endswith("(until 2026-06-01, riskcockpit)")


@pytest.mark.parametrize(
    "record",
    [
        KeptRecord("cyclonedx", b'{"component": {"uuid": "x"}, "vulnerability": {"uuid": "y"}}'),
        KeptRecord(FORMAT, b'{"component": {"uuid": "x"}, "vulnerability": {"uuid": "y"}}'),
        KeptRecord(FORMAT, b'{"component": {"name": "x"}}'),
        KeptRecord(FORMAT, b"\xff"),
    ],
)
def test_what_is_no_finding_of_the_server_is_not_taken_upstream(
    bench: Bench[TrackSim], record: KeptRecord
) -> None:
    words = WaiverWords(WaiverReason.RISK_ACCEPTED, "x", END)
    assert bench.connector().dismissal(record, words) is None


def test_a_judgement_of_somebody_else_is_not_taken_back(
    bench: Bench[TrackSim], project: Project
) -> None:
    bench.sim.judge(project, 1, isSuppressed=True, analysisDetails="we know")
    receipt = bench.connector().apply(taken_back())
    assert receipt.outcome is Outcome.REFUSED
    assert "by somebody else" in receipt.message
    assert bench.sim.writes == []


def test_a_finding_that_is_gone_is_refused(bench: Bench[TrackSim], project: Project) -> None:
    action = judged()
    project.findings.clear()
    receipt = bench.connector().apply(action)
    assert receipt.outcome is Outcome.REFUSED
    assert "could not be found" in receipt.message


def test_what_cannot_be_done_is_refused_before_anything_is_asked(bench: Bench[TrackSim]) -> None:
    good = judged()
    bad = [
        Action(ID, good.kind, "dt", "", good.params),
        Action(ID, good.kind, "dt", good.target.replace("/", ":"), good.params),
        Action(ID, good.kind, "dt", f"{good.target}/../x", good.params),
        Action(ID, good.kind, "dt", good.target, {**good.params, "analysis": "GONE"}),
        Action(ID, ActionKind.DEPLOYMENT_APPROVE, "dt", good.target, good.params),
    ]
    for action in bad:
        with pytest.raises(SourceError):
            bench.connector().apply(action)
    assert bench.sim.exchanges == []
