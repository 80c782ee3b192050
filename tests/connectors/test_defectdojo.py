"""DefectDojo: read whole or by change, honest about what is missing; acted on once, read back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from riskcockpit.connectors.api import KeptRecord, Reconciles, SourceSpec, WaiverWords
from riskcockpit.connectors.contract import HttpConnectorContract
from riskcockpit.connectors.defectdojo import client
from riskcockpit.connectors.defectdojo.connector import FORMAT, DefectDojoConnector
from riskcockpit.connectors.defectdojo.mapping import DECISIONS, FALSE_POSITIVES
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
from support.dojo_sim import START, DojoSim


@pytest.fixture
def sim() -> DojoSim:
    made = DojoSim()
    made.found(1)
    return made


@pytest.fixture
def bench(sim: DojoSim) -> Iterator[Bench[DojoSim]]:
    yield from bench_of(DefectDojoConnector, sim, {"write": True})


def flags(sim: DojoSim, number: int = 1) -> set[str]:
    """Return which flags of a finding are set."""
    names = ("active", "false_p", "risk_accepted", "is_mitigated", "duplicate")
    return {name for name in names if sim.findings[number][name]}


def rows(document: Document) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(document.content)["results"]
    return found


class TestContract(HttpConnectorContract):
    connector = DefectDojoConnector
    options: Mapping[str, Any] = {"products": ["*"]}
    actions = (
        dismissal("finding/1", **{"from": "active", "to": "false positive"}),
        reopening("finding/1", **{"from": "false positive", "to": "active"}),
    )
    expected_items = 130
    sim: DojoSim

    def setup_method(self) -> None:
        self.sim = DojoSim()
        for number in range(1, 131):
            self.sim.found(number, f"service-{number:03d}")

    def answer(self, asked: Asked) -> Reply:
        return self.sim.reply(asked)


# Reading -----------------------------------------------------------------------------------------


def test_it_says_who_asks(bench: Bench[DojoSim]) -> None:
    assert isinstance(bench.connector(), Reconciles)
    assert bench.connector().check() == "DefectDojo as octo, 1 products for us"
    assert all(one.headers["authorization"].startswith("Token ") for one in bench.sim.exchanges)


def test_products_are_read_whole_by_offset_whatever_the_links_say(bench: Bench[DojoSim]) -> None:
    for number in range(2, 251):
        bench.sim.found(number)
    document = documents(bench.pull())["payments"]
    assert [row["id"] for row in rows(document)] == list(range(1, 251))
    assert document.is_complete


def test_neither_people_nor_traffic_nor_what_is_over_is_kept(bench: Bench[DojoSim]) -> None:
    bench.sim.found(2, is_mitigated=True, active=False)
    bench.sim.found(3, duplicate=True, active=False)
    document = documents(bench.pull())["payments"]
    assert [row["id"] for row in rows(document)] == [1]
    assert not {"reporter", "request_response", "notes", "found_by"} & rows(document)[0].keys()
    assert b"Cookie" not in document.content
    with_duplicates = documents(bench.pull(duplicates=True))["payments"]
    assert [row["id"] for row in rows(with_duplicates)] == [1, 3]


def test_a_product_without_findings_is_given_empty_for_it_is_shown_to_us(
    bench: Bench[DojoSim],
) -> None:
    bench.sim.product("cards")
    document = documents(bench.pull())["cards"]
    assert (rows(document), document.is_complete) == ([], True)


def test_only_products_with_a_change_are_read_again(bench: Bench[DojoSim]) -> None:
    bench.sim.found(2, "cards")
    cursor = bench.pull()[-1].cursor
    bench.sim.asked()
    again = bench.pull(cursor)
    assert documents(again) == {}
    assert len(bench.sim.asked()) == 2
    bench.sim.change(2, is_mitigated=True, active=False)
    after = bench.pull(again[-1].cursor)
    assert {name: rows(one) for name, one in documents(after).items()} == {"cards": []}
    assert documents(bench.pull(after[-1].cursor)) == {}


def test_a_new_product_and_a_late_change_within_the_lookback_are_found(
    bench: Bench[DojoSim],
) -> None:
    bench.sim.found(2, "cards")
    cursor = bench.pull()[-1].cursor
    bench.sim.product("loans")
    assert set(documents(bench.pull(cursor))) == {"loans"}
    late = (bench.sim.at - timedelta(minutes=5)).isoformat()
    bench.sim.findings[1]["last_status_update"] = late
    assert set(documents(bench.pull(cursor))) == {"loans", "payments"}


def test_findings_without_a_moment_of_change_are_no_fault(bench: Bench[DojoSim]) -> None:
    cursor = bench.pull()[-1].cursor
    bench.sim.found(2, last_status_update="")
    bench.sim.findings[2]["last_status_update"] = None
    bench.sim.findings[1]["last_status_update"] = bench.sim.tick()
    bench.sim.orders = False
    assert set(documents(bench.pull(cursor))) == {"payments"}


def test_a_server_that_cannot_order_by_change_is_read_whole(bench: Bench[DojoSim]) -> None:
    bench.sim.orders = False
    cursor = bench.pull()[-1].cursor
    assert set(documents(bench.pull(cursor))) == {"payments"}


def test_a_name_that_would_harm_a_terminal_is_cleaned(bench: Bench[DojoSim]) -> None:
    bench.sim.found(2, " cards\x1b[31m\u202e ")
    bench.sim.found(3, " ")
    assert set(documents(bench.pull())) == {"cards\ufffd[31m\ufffd", "product 3", "payments"}


def test_only_products_called_so_are_read(bench: Bench[DojoSim]) -> None:
    bench.sim.found(2, "cards")
    assert set(documents(bench.pull(products=["pay*"]))) == {"payments"}


def test_other_options_start_from_the_beginning(bench: Bench[DojoSim]) -> None:
    bench.sim.found(2, "cards")
    cursor = bench.pull(products=["pay*"])[-1].cursor
    assert set(documents(bench.pull(cursor))) == {"cards", "payments"}


def test_a_product_that_is_refused_is_incomplete_and_read_again_when_it_may_be(
    bench: Bench[DojoSim],
) -> None:
    bench.sim.found(2, "cards")
    bench.sim.off = {bench.sim.product("cards")}
    batches = bench.pull()
    assert set(documents(batches)) == {"payments"}
    assert batches[-1].coverage.is_truncated
    assert "findings of cards: not readable" in batches[-1].coverage.note
    bench.sim.off.clear()
    assert set(documents(bench.pull(batches[-1].cursor))) == {"cards"}
    bench.sim.off = {1, 2}
    with pytest.raises(ForbiddenError):
        bench.pull()


def test_a_list_that_lacks_rows_is_read_once_more_and_then_never_taken_for_whole(
    bench: Bench[DojoSim],
) -> None:
    for number in range(2, 6):
        bench.sim.found(number)
    bench.sim.fail("short", "is_mitigated=false")
    assert documents(bench.pull())["payments"].is_complete
    bench.sim.fail("short", "is_mitigated=false", times=9)
    batches = bench.pull()
    assert documents(batches)["payments"].is_complete is False
    assert "of 5 findings of payments were listed" in batches[-1].coverage.note
    bench.sim.faults.clear()
    assert documents(bench.pull(batches[-1].cursor))["payments"].is_complete


@pytest.mark.parametrize("fault", ["429", "502", "503", "drop", "slow", "truncated"])
@pytest.mark.parametrize("where", ["/products/", "is_mitigated", "last_status_update"])
def test_a_passing_fault_costs_nothing_but_time(
    bench: Bench[DojoSim], fault: str, where: str
) -> None:
    bench.sim.slow_seconds = 0.1
    whole = documents(bench.pull())
    bench.sim.fail(fault, where)
    assert documents(bench.pull()) == whole


@pytest.mark.parametrize(
    ("fault", "family"), [("429", RateLimitedError), ("500", UnavailableError)]
)
def test_a_fault_in_the_middle_fails_the_pull(
    bench: Bench[DojoSim],
    fault: str,
    family: type[RiskcockpitError],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "PAGE", 1)
    bench.sim.found(2)
    bench.sim.fail(fault, "offset=1", times=99)
    with pytest.raises(family):
        bench.pull()


@pytest.mark.parametrize(
    ("options", "url", "why"),
    [
        ({"products": []}, "https://dojo.bank.example", "products is empty"),
        ({"duplicates": "yes"}, "https://dojo.bank.example", "options.duplicates"),
        ({}, "https://dojo.bank.example/api/v2/", "the path of the API"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: Any, url: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        DefectDojoConnector.build(SourceSpec("dd", url, options), FrozenClock(START))


# Accepting and closing ---------------------------------------------------------------------------


ACCEPTANCE = {
    "from": "active", "to": "accepted", "decision": "A", "until": "2026-06-01T00:00:00Z",
}  # fmt: skip


def acceptance(target: str = "finding/1", **more: str) -> Action:
    return dismissal(target, **{**ACCEPTANCE, **more})


def closure() -> Action:
    return dismissal("finding/1", **{"from": "active", "to": "false positive"})


def release(before: str = "accepted") -> Action:
    return reopening("finding/1", **{"from": before, "to": "active"})


class TestAccepting(ActingContract):
    connector = DefectDojoConnector
    closing = acceptance()
    opening = release()
    write_mark = "POST /api/v2/risk_acceptance/"
    closed_evidence: ClassVar[Mapping[str, str]] = {"state": "accepted", "risk_acceptance": "1"}

    def make(self) -> DojoSim:
        made = DojoSim()
        made.found(1)
        return made


class TestClosing(TestAccepting):
    closing = closure()
    opening = release("false positive")
    write_mark = "/close/"
    closed_evidence: ClassVar[Mapping[str, str]] = {"state": "false positive"}


def test_a_risk_is_accepted_until_the_waiver_ends_and_released(bench: Bench[DojoSim]) -> None:
    made = bench.connector()
    assert made.preview(acceptance()).blockers == ()
    assert bench.sim.writes == []
    receipt = made.apply(acceptance())
    assert receipt.outcome is Outcome.DONE
    assert receipt.evidence == {"state": "accepted", "risk_acceptance": "1"}
    held = bench.sim.acceptances[1]
    assert (held["accepted_findings"], held["expiration_date"], held["decision_details"]) == (
        [1], "2026-06-01T00:00:00Z", COMMENT,
    )  # fmt: skip
    assert held["reactivate_expired"] is True
    assert made.observe(acceptance()).outcome is Outcome.DONE
    assert made.apply(acceptance()).outcome is Outcome.DONE
    assert made.apply(release()).outcome is Outcome.DONE
    assert (flags(bench.sim), bench.sim.acceptances) == ({"active"}, {})
    assert len(bench.sim.writes) == 2


def test_a_false_positive_is_closed_with_a_note_and_made_active_again(
    bench: Bench[DojoSim],
) -> None:
    made = bench.connector()
    assert made.apply(closure()).outcome is Outcome.DONE
    assert flags(bench.sim) == {"false_p"}
    assert bench.sim.findings[1]["notes"][0]["entry"] == COMMENT
    assert made.apply(release("false positive")).outcome is Outcome.DONE
    assert flags(bench.sim) == {"active"}
    assert bench.sim.findings[1]["mitigated"] is None
    bench.sim.change(1, active=False, false_p=True)
    receipt = made.apply(release("false positive"))
    assert (receipt.outcome, "by somebody else" in receipt.message) == (Outcome.REFUSED, True)


@pytest.mark.parametrize("action", [acceptance(), closure()], ids=["accept", "close"])
def test_the_preview_names_exactly_the_calls_that_are_made(
    bench: Bench[DojoSim], action: Action
) -> None:
    made = bench.connector()
    preview = made.preview(action)
    bench.sim.exchanges.clear()
    made.apply(action)
    assert [call.partition("?")[0].partition(" {")[0] for call in preview.calls] == [
        f"{one.method} {bench.url}{one.path}" for one in bench.sim.exchanges
    ]
    bodies = [json.loads("{" + c.partition(" {")[2]) for c in preview.calls if " {" in c]
    assert bodies == [one.body for one in bench.sim.exchanges if one.body is not None]


def test_an_acceptance_that_others_added_to_only_loses_our_finding(bench: Bench[DojoSim]) -> None:
    bench.sim.found(2, risk_accepted=True, active=False)
    made = bench.connector()
    made.apply(acceptance())
    bench.sim.acceptances[1]["accepted_findings"] = [1, 2]
    assert made.apply(release()).outcome is Outcome.DONE
    assert bench.sim.acceptances[1]["accepted_findings"] == [2]
    assert (flags(bench.sim, 1), flags(bench.sim, 2)) == ({"active"}, {"risk_accepted"})


@pytest.mark.parametrize("others", [True, False])
def test_what_somebody_else_accepted_too_is_not_released(
    bench: Bench[DojoSim], others: bool
) -> None:
    made = bench.connector()
    if others:
        made.apply(acceptance())
        bench.sim.acceptances[2] = {**bench.sim.acceptances[1], "id": 2, "decision_details": "ok"}
    else:
        bench.sim.change(1, active=False, risk_accepted=True)
    receipt = made.apply(release())
    assert receipt.outcome is Outcome.REFUSED
    assert "closed by somebody else" in receipt.message
    assert flags(bench.sim) == {"risk_accepted"}


def test_an_acceptance_that_ended_there_needs_no_release(bench: Bench[DojoSim]) -> None:
    made = bench.connector()
    made.apply(acceptance())
    bench.sim.at = END
    bench.sim.expire()
    receipt = made.apply(release())
    assert (receipt.outcome, receipt.message) == (Outcome.DONE, "it was so already")
    assert len(bench.sim.writes) == 1


@pytest.mark.parametrize(
    ("flag", "why"),
    [("is_mitigated", "mitigated"), ("duplicate", "a duplicate"), ("false_p", "false positive"),
     ("out_of_scope", "out of scope"), ("", "inactive")],
)  # fmt: skip
def test_a_finding_that_is_not_active_is_left_alone(
    bench: Bench[DojoSim], flag: str, why: str
) -> None:
    bench.sim.change(1, active=False, **({flag: True} if flag else {}))
    made = bench.connector()
    assert made.preview(acceptance()).blockers == (f"finding 1 is {why}, not active",)
    assert made.apply(acceptance()).outcome is Outcome.REFUSED
    assert bench.sim.writes == []


def test_a_product_that_takes_no_full_acceptances_refuses_in_its_words(
    bench: Bench[DojoSim],
) -> None:
    bench.sim.accepts_risks = False
    receipt = bench.connector().apply(acceptance())
    assert receipt.outcome is Outcome.REFUSED
    assert "Full risk acceptance is not enabled for this product" in receipt.message


def test_a_note_without_its_closure_is_not_taken_for_one(bench: Bench[DojoSim]) -> None:
    bench.sim.fail("403", "/close/")
    receipt = bench.connector().apply(closure())
    assert receipt.outcome is Outcome.REFUSED
    assert flags(bench.sim) == {"active"}


@pytest.mark.parametrize(
    "bad",
    [
        acceptance(""),
        acceptance("finding/1/../2"),
        acceptance("finding/x"),
        acceptance(decision="Z"),
        acceptance(to="mitigated"),
        acceptance(until="soon"),
        acceptance(until=""),
        release("mitigated"),
        Action(ID, ActionKind.DEPLOYMENT_APPROVE, "dd", "finding/1", acceptance().params),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_asked(
    bench: Bench[DojoSim], bad: Action
) -> None:
    with pytest.raises(SourceError):
        bench.connector().apply(bad)
    assert bench.sim.exchanges == []


@pytest.mark.parametrize("reason", list(WaiverReason))
def test_every_reason_of_ours_is_one_that_defectdojo_takes(
    bench: Bench[DojoSim], reason: WaiverReason
) -> None:
    made = bench.connector()
    record = KeptRecord(FORMAT, json.dumps(rows(documents(bench.pull())["payments"])[0]).encode())
    action = made.dismissal(record, WaiverWords(reason, "No route leads there", END))
    assert action is not None
    assert action.target == "finding/1"
    assert made.apply(action).outcome is Outcome.DONE
    assert flags(bench.sim) == {"false_p" if reason in FALSE_POSITIVES else "risk_accepted"}
    assert (reason in DECISIONS) is not (reason in FALSE_POSITIVES)


@pytest.mark.parametrize(
    "record",
    [
        KeptRecord("generic-json", b'{"id": 1}'),
        KeptRecord(FORMAT, b'{"id": "1"}'),
        KeptRecord(FORMAT, b'{"id": 0}'),
        KeptRecord(FORMAT, b"\xff"),
    ],
)
def test_what_is_no_finding_of_defectdojo_is_not_taken_upstream(
    bench: Bench[DojoSim], record: KeptRecord
) -> None:
    words = WaiverWords(WaiverReason.RISK_ACCEPTED, "x", END)
    assert bench.connector().dismissal(record, words) is None
