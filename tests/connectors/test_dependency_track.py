"""Dependency-Track: read whole and honest about what is missing; judged once, and read back."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.api import (
    Acts,
    Checks,
    Dismisses,
    KeptRecord,
    Reconciles,
    SourceSpec,
    WaiverWords,
)
from riskcockpit.connectors.contract import HttpConnectorContract
from riskcockpit.connectors.dependency_track import client, listing
from riskcockpit.connectors.dependency_track.connector import FORMAT, DependencyTrackConnector
from riskcockpit.connectors.dependency_track.mapping import VERDICTS
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.domain.action import Action, ActionKind, Outcome
from riskcockpit.domain.batch import Batch, Document
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
from support.sim_server import serving
from support.track_sim import START, TrackSim

END = datetime(2026, 6, 1, tzinfo=UTC)
ID = "feed" * 16
COMMENT = "Not reachable (until 2026-06-01, riskcockpit)"


class Bench:
    """A simulated Dependency-Track behind a socket, and a connector to it."""

    def __init__(self, sim: TrackSim, url: str) -> None:
        self.sim = sim
        self.url = url
        self.until = START + timedelta(days=2)
        self.project = sim.project("payments")
        sim.found(self.project, 1)
        self.open: list[DependencyTrackConnector] = []

    def connector(self, *, may_write: bool = True, **options: Any) -> DependencyTrackConnector:
        """Build a connector with options besides the usual ones."""
        spec = SourceSpec(
            "dt",
            self.url,
            {"write": True, **options},
            read=Credential(secrets.token_hex(16), "env R"),
            write=Credential(secrets.token_hex(16), "env W") if may_write else None,
        )
        made = DependencyTrackConnector.build(spec, FrozenClock(self.until))
        self.open.append(made)
        return made

    def pull(self, cursor: str = "", **options: Any) -> list[Batch]:
        """Pull everything since `cursor`."""
        return list(self.connector(**options).pull(cursor, self.until))

    @property
    def target(self) -> str:
        """The one finding as a target."""
        return "/".join(self.sim.matrix(self.project, 1))

    def analysis(self) -> dict[str, Any]:
        """How the one finding is judged."""
        return self.sim.analyses[self.sim.matrix(self.project, 1)]


@pytest.fixture
def bench() -> Iterator[Bench]:
    sim = TrackSim()
    with serving(sim) as url:
        made = Bench(sim, url)
        yield made
        for connector in made.open:
            connector.close()


def documents(batches: list[Batch]) -> dict[str, Document]:
    items = [item for batch in batches for item in batch.items if isinstance(item, Document)]
    return {item.asset: item for item in items}


def findings(document: Document) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(document.content)["findings"]
    return found


class TestContract(HttpConnectorContract):
    connector = DependencyTrackConnector
    options: Mapping[str, Any] = {"projects": ["*"]}
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


def test_it_has_the_capabilities_and_says_which_server_it_is(bench: Bench) -> None:
    made = bench.connector()
    for capability in (Acts, Checks, Dismisses, Reconciles):
        assert isinstance(made, capability)
    assert made.check() == "Dependency-Track 4.13.2, 1 active projects for us"
    assert all("x-api-key" in one.headers for one in bench.sim.exchanges)
    assert not any("authorization" in one.headers for one in bench.sim.exchanges)


@pytest.mark.parametrize("is_paging", [False, True])
def test_findings_are_read_whole_suppressed_ones_too_whether_paged_or_not(
    bench: Bench, is_paging: bool
) -> None:
    bench.sim.is_paging_findings = is_paging
    for number in range(2, 251):
        bench.sim.found(bench.project, number)
    bench.sim.judge(bench.project, 7, isSuppressed=True)
    document = documents(bench.pull())["payments"]
    assert len(findings(document)) == 250
    assert document.is_complete
    pages = sum("/finding/" in line for line in bench.sim.asked())
    assert pages == (3 if is_paging else 1)


def test_what_people_wrote_comes_with_judged_findings_only(bench: Bench) -> None:
    bench.sim.found(bench.project, 2)
    bench.sim.judge(
        bench.project, 2, analysisState="NOT_AFFECTED", isSuppressed=True,
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
    bench: Bench,
) -> None:
    other = bench.sim.project("cards")
    bench.sim.found(other, 2)
    bench.sim.judge(other, 2, analysisState="EXPLOITABLE")
    cursor = bench.pull()[-1].cursor
    bench.sim.asked()
    assert documents(bench.pull(cursor)) == {}
    assert not any("/analysis" in line for line in bench.sim.asked())
    bench.sim.judge(bench.project, 1, analysisState="IN_TRIAGE")
    again = bench.pull(cursor)
    assert set(documents(again)) == {"payments"}
    assert documents(bench.pull(again[-1].cursor)) == {}


def test_the_latest_version_stands_for_its_project_or_all_active_ones(bench: Bench) -> None:
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


def test_only_projects_called_so_are_read(bench: Bench) -> None:
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
    bench: Bench, imported: timedelta | None, analysed: timedelta | None, is_complete: bool
) -> None:
    bench.project.imported = None if imported is None else START + imported
    bench.project.analysed = None if analysed is None else START + analysed
    bench.project.findings.clear()
    document = documents(bench.pull())["payments"]
    assert document.is_complete is is_complete


def test_an_analysis_that_ends_without_a_finding_is_given_once_more(bench: Bench) -> None:
    cursor = bench.pull()[-1].cursor
    bench.project.imported = START + timedelta(hours=1)
    bench.project.findings.clear()
    waiting = bench.pull(cursor)
    assert "not analysed since its last bill" in waiting[-1].coverage.note
    assert documents(waiting)["payments"].is_complete is False
    bench.project.analysed = START + timedelta(hours=2)
    done = documents(bench.pull(waiting[-1].cursor))["payments"]
    assert (done.is_complete, findings(done)) == (True, [])


def test_a_project_that_is_not_listed_any_more_is_told_and_closes_nothing(bench: Bench) -> None:
    cursor = bench.pull()[-1].cursor
    bench.project.is_active = False
    batches = bench.pull(cursor)
    assert documents(batches) == {}
    assert "payments is not listed any more" in batches[-1].coverage.note
    assert not batches[-1].coverage.is_truncated


def test_a_project_that_is_refused_is_incomplete_and_others_go_on(bench: Bench) -> None:
    bench.sim.found(bench.sim.project("cards", is_forbidden=True), 2)
    batches = bench.pull()
    assert set(documents(batches)) == {"payments"}
    assert batches[-1].coverage.is_truncated
    assert "VIEW_VULNERABILITY" in batches[-1].coverage.note
    bench.project.is_forbidden = True
    with pytest.raises(ForbiddenError):
        bench.pull()


def test_a_list_that_lacks_rows_is_read_once_more_and_then_never_taken_for_whole(
    bench: Bench,
) -> None:
    for number in range(2, 6):
        bench.sim.found(bench.project, number)
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
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_ANALYSES", 2)
    for number in range(1, 5):
        bench.sim.found(bench.project, number)
        bench.sim.judge(bench.project, number, analysisState="EXPLOITABLE")
    batches = bench.pull()
    assert "the details of 2 of 4 judged findings" in batches[-1].coverage.note
    assert documents(batches)["payments"].is_complete


@pytest.mark.parametrize("fault", ["429", "502", "503", "drop", "slow", "truncated"])
@pytest.mark.parametrize("where", ["/project?", "/finding/", "/analysis"])
def test_a_passing_fault_costs_nothing_but_time(bench: Bench, fault: str, where: str) -> None:
    bench.sim.slow_seconds = 0.1
    bench.sim.judge(bench.project, 1, analysisState="EXPLOITABLE")
    whole = documents(bench.pull())
    bench.sim.fail(fault, where)
    assert documents(bench.pull()) == whole


@pytest.mark.parametrize(
    ("fault", "family"), [("429", RateLimitedError), ("500", UnavailableError)]
)
def test_a_fault_in_the_middle_fails_the_pull(
    bench: Bench, fault: str, family: type[RiskcockpitError], monkeypatch: pytest.MonkeyPatch
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


def dismissal(bench: Bench, reason: WaiverReason = WaiverReason.RISK_ACCEPTED) -> Action:
    verdict = VERDICTS[reason]
    params = {
        "from": "NOT_SET", "to": "suppressed", "analysis": verdict.state, "comment": COMMENT,
        "justification": verdict.justification, "response": verdict.response,
    }  # fmt: skip
    return Action(ID, ActionKind.ALERT_DISMISS, "dt", bench.target, params)


def reopening(bench: Bench, to: str = "NOT_SET") -> Action:
    params = {"from": "suppressed", "to": to}
    return Action(ID[::-1], ActionKind.ALERT_REOPEN, "dt", bench.target, params)


def test_a_finding_is_suppressed_with_its_reason_and_judged_as_before_again(bench: Bench) -> None:
    bench.sim.judge(bench.project, 1, analysisState="IN_TRIAGE")
    made = bench.connector()
    assert made.preview(dismissal(bench)).blockers == ()
    assert bench.sim.writes == []
    receipt = made.apply(dismissal(bench))
    assert receipt.outcome is Outcome.DONE
    assert receipt.evidence == {"state": "suppressed", "analysis": "EXPLOITABLE"}
    assert bench.analysis() == {
        "analysisState": "EXPLOITABLE", "analysisJustification": "NOT_SET",
        "analysisResponse": "WILL_NOT_FIX", "analysisDetails": COMMENT, "isSuppressed": True,
    }  # fmt: skip
    assert made.observe(dismissal(bench)).outcome is Outcome.DONE
    assert made.apply(dismissal(bench)).outcome is Outcome.DONE
    assert made.apply(reopening(bench, "IN_TRIAGE")).outcome is Outcome.DONE
    assert bench.analysis() == {
        "analysisState": "IN_TRIAGE", "analysisJustification": "NOT_SET",
        "analysisResponse": "NOT_SET", "analysisDetails": "", "isSuppressed": False,
    }  # fmt: skip
    assert len(bench.sim.writes) == 2


def test_the_preview_names_exactly_the_calls_that_are_made(bench: Bench) -> None:
    made = bench.connector()
    preview = made.preview(dismissal(bench))
    bench.sim.exchanges.clear()
    made.apply(dismissal(bench))
    assert [call.partition("?")[0].partition(" {")[0] for call in preview.calls] == [
        f"{one.method} {bench.url}{one.path}" for one in bench.sim.exchanges
    ]
    assert json.loads("{" + preview.calls[1].partition(" {")[2]) == bench.sim.exchanges[1].body


@pytest.mark.parametrize("reason", list(WaiverReason))
def test_every_reason_of_ours_is_a_verdict_that_the_server_takes(
    bench: Bench, reason: WaiverReason
) -> None:
    made = bench.connector()
    kept = findings(documents(bench.pull())["payments"])[0]
    record = KeptRecord(FORMAT, json.dumps(kept).encode())
    action = made.dismissal(record, WaiverWords(reason, "No route leads there", END))
    assert action is not None
    assert action.target == bench.target
    assert action.params["what"] == "CVE-2026-00001 in lib1 1.4.0"
    assert made.apply(action).outcome is Outcome.DONE
    assert bench.analysis()["analysisDetails"].endswith("(until 2026-06-01, riskcockpit)")


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
    bench: Bench, record: KeptRecord
) -> None:
    words = WaiverWords(WaiverReason.RISK_ACCEPTED, "x", END)
    assert bench.connector().dismissal(record, words) is None


def test_a_judgement_of_somebody_else_is_not_taken_back(bench: Bench) -> None:
    bench.sim.judge(bench.project, 1, isSuppressed=True, analysisDetails="we know")
    receipt = bench.connector().apply(reopening(bench))
    assert receipt.outcome is Outcome.REFUSED
    assert "by somebody else" in receipt.message
    assert bench.sim.writes == []


def test_a_finding_that_is_gone_is_refused(bench: Bench) -> None:
    action = dismissal(bench)
    bench.project.findings.clear()
    receipt = bench.connector().apply(action)
    assert receipt.outcome is Outcome.REFUSED
    assert "could not be found" in receipt.message


@pytest.mark.parametrize(
    ("may_write", "write", "why"),
    [(False, True, "has no write credential"), (True, False, "no `write: true`")],
)
def test_without_leave_to_write_nothing_is_sent_and_the_reason_is_told(
    bench: Bench, may_write: bool, write: bool, why: str
) -> None:
    made = bench.connector(may_write=may_write, write=write)
    assert why in made.why_not()
    assert why in " ".join(made.preview(dismissal(bench)).blockers)
    receipt = made.apply(dismissal(bench))
    assert (receipt.outcome, why in receipt.message) == (Outcome.REFUSED, True)
    assert bench.sim.writes == []


@pytest.mark.parametrize("fault", ["drop-after", "truncated", "slow"])
def test_an_answer_lost_after_the_write_is_resolved_by_reading(bench: Bench, fault: str) -> None:
    bench.sim.fail(fault, "PUT")
    assert bench.connector().apply(dismissal(bench)).outcome is Outcome.DONE
    assert len(bench.sim.writes) == 1


def test_a_doubt_is_never_told_as_a_success_and_nothing_is_sent_twice(bench: Bench) -> None:
    bench.sim.fail("drop-after", "PUT")
    bench.sim.fail("500", "GET", after=1, times=4)
    made = bench.connector()
    assert made.apply(dismissal(bench)).outcome is Outcome.UNKNOWN
    assert made.apply(dismissal(bench)).outcome is Outcome.DONE
    assert len(bench.sim.writes) == 1
    bench.sim.fail("drop", "PUT")
    receipt = made.apply(reopening(bench))
    assert receipt.outcome is Outcome.UNKNOWN
    assert "is suppressed" in receipt.message


@pytest.mark.parametrize("status", ["400", "401", "403", "404"])
def test_a_refusal_upstream_is_a_receipt_and_a_limit_is_waited_for(
    bench: Bench, status: str
) -> None:
    bench.sim.fail(status, "PUT", times=2)
    receipt = bench.connector().apply(dismissal(bench))
    assert (receipt.outcome, status in receipt.message) == (Outcome.REFUSED, True)
    bench.sim.faults.clear()
    bench.sim.fail("429", "PUT")
    with pytest.raises(RateLimitedError):
        bench.connector().apply(dismissal(bench))


def test_what_cannot_be_done_is_refused_before_anything_is_asked(bench: Bench) -> None:
    good = dismissal(bench)
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
