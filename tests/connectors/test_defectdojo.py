"""DefectDojo: read whole or by change, honest about what is missing; acted on once, read back."""

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
from riskcockpit.connectors.defectdojo import client
from riskcockpit.connectors.defectdojo.connector import FORMAT, DefectDojoConnector
from riskcockpit.connectors.defectdojo.mapping import DECISIONS, FALSE_POSITIVES
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
from support.dojo_sim import START, DojoSim
from support.sim_server import serving

END = datetime(2026, 6, 1, tzinfo=UTC)
ID = "feed" * 16
COMMENT = "Not reachable (until 2026-06-01, riskcockpit)"


class Bench:
    """A simulated DefectDojo behind a socket, and a connector to it."""

    def __init__(self, sim: DojoSim, url: str) -> None:
        self.sim = sim
        self.url = url
        self.until = START + timedelta(days=2)
        sim.found(1)
        self.open: list[DefectDojoConnector] = []

    def connector(self, *, may_write: bool = True, **options: Any) -> DefectDojoConnector:
        """Build a connector with options besides the usual ones."""
        spec = SourceSpec(
            "dd",
            self.url,
            {"write": True, **options},
            read=Credential(secrets.token_hex(16), "env R"),
            write=Credential(secrets.token_hex(16), "env W") if may_write else None,
        )
        made = DefectDojoConnector.build(spec, FrozenClock(self.until))
        self.open.append(made)
        return made

    def pull(self, cursor: str = "", **options: Any) -> list[Batch]:
        """Pull everything since `cursor`."""
        return list(self.connector(**options).pull(cursor, self.until))

    def flags(self, number: int = 1) -> set[str]:
        """Return which flags of a finding are set."""
        names = ("active", "false_p", "risk_accepted", "is_mitigated", "duplicate")
        return {name for name in names if self.sim.findings[number][name]}


@pytest.fixture
def bench() -> Iterator[Bench]:
    sim = DojoSim()
    with serving(sim) as url:
        made = Bench(sim, url)
        yield made
        for connector in made.open:
            connector.close()


def documents(batches: list[Batch]) -> dict[str, Document]:
    items = [item for batch in batches for item in batch.items if isinstance(item, Document)]
    return {item.asset: item for item in items}


def rows(document: Document) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(document.content)["results"]
    return found


class TestContract(HttpConnectorContract):
    connector = DefectDojoConnector
    options: Mapping[str, Any] = {"products": ["*"]}
    expected_items = 130
    sim: DojoSim

    def setup_method(self) -> None:
        self.sim = DojoSim()
        for number in range(1, 131):
            self.sim.found(number, f"service-{number:03d}")

    def answer(self, asked: Asked) -> Reply:
        return self.sim.reply(asked)


# Reading -----------------------------------------------------------------------------------------


def test_it_has_the_capabilities_and_says_who_asks(bench: Bench) -> None:
    made = bench.connector()
    for capability in (Acts, Checks, Dismisses, Reconciles):
        assert isinstance(made, capability)
    assert made.check() == "DefectDojo as octo, 1 products for us"
    assert all(one.headers["authorization"].startswith("Token ") for one in bench.sim.exchanges)


def test_products_are_read_whole_by_offset_whatever_the_links_say(bench: Bench) -> None:
    for number in range(2, 251):
        bench.sim.found(number)
    document = documents(bench.pull())["payments"]
    assert [row["id"] for row in rows(document)] == list(range(1, 251))
    assert document.is_complete


def test_neither_people_nor_traffic_nor_what_is_over_is_kept(bench: Bench) -> None:
    bench.sim.found(2, is_mitigated=True, active=False)
    bench.sim.found(3, duplicate=True, active=False)
    document = documents(bench.pull())["payments"]
    assert [row["id"] for row in rows(document)] == [1]
    assert not {"reporter", "request_response", "notes", "found_by"} & rows(document)[0].keys()
    assert b"Cookie" not in document.content
    with_duplicates = documents(bench.pull(duplicates=True))["payments"]
    assert [row["id"] for row in rows(with_duplicates)] == [1, 3]


def test_a_product_without_findings_is_given_empty_for_it_is_shown_to_us(bench: Bench) -> None:
    bench.sim.product("cards")
    document = documents(bench.pull())["cards"]
    assert (rows(document), document.is_complete) == ([], True)


def test_only_products_with_a_change_are_read_again(bench: Bench) -> None:
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


def test_a_new_product_and_a_late_change_within_the_lookback_are_found(bench: Bench) -> None:
    bench.sim.found(2, "cards")
    cursor = bench.pull()[-1].cursor
    bench.sim.product("loans")
    assert set(documents(bench.pull(cursor))) == {"loans"}
    late = (bench.sim.at - timedelta(minutes=5)).isoformat()
    bench.sim.findings[1]["last_status_update"] = late
    assert set(documents(bench.pull(cursor))) == {"loans", "payments"}


def test_findings_without_a_moment_of_change_are_no_fault(bench: Bench) -> None:
    cursor = bench.pull()[-1].cursor
    bench.sim.found(2, last_status_update="")
    bench.sim.findings[2]["last_status_update"] = None
    bench.sim.findings[1]["last_status_update"] = bench.sim.tick()
    bench.sim.orders = False
    assert set(documents(bench.pull(cursor))) == {"payments"}


def test_a_server_that_cannot_order_by_change_is_read_whole(bench: Bench) -> None:
    bench.sim.orders = False
    cursor = bench.pull()[-1].cursor
    assert set(documents(bench.pull(cursor))) == {"payments"}


def test_only_products_called_so_are_read(bench: Bench) -> None:
    bench.sim.found(2, "cards")
    assert set(documents(bench.pull(products=["pay*"]))) == {"payments"}


def test_other_options_start_from_the_beginning(bench: Bench) -> None:
    bench.sim.found(2, "cards")
    cursor = bench.pull(products=["pay*"])[-1].cursor
    assert set(documents(bench.pull(cursor))) == {"cards", "payments"}


def test_a_product_that_is_refused_is_incomplete_and_read_again_when_it_may_be(
    bench: Bench,
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
    bench: Bench,
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
def test_a_passing_fault_costs_nothing_but_time(bench: Bench, fault: str, where: str) -> None:
    bench.sim.slow_seconds = 0.1
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


def acceptance(target: str = "finding/1", **more: str) -> Action:
    params = {"from": "active", "to": "accepted", "decision": "A", "comment": COMMENT,
              "until": "2026-06-01T00:00:00Z", **more}  # fmt: skip
    return Action(ID, ActionKind.ALERT_DISMISS, "dd", target, params)


def closure() -> Action:
    params = {"from": "active", "to": "false positive", "comment": COMMENT}
    return Action(ID, ActionKind.ALERT_DISMISS, "dd", "finding/1", params)


def reopening(before: str = "accepted") -> Action:
    params = {"from": before, "to": "active"}
    return Action(ID[::-1], ActionKind.ALERT_REOPEN, "dd", "finding/1", params)


def test_a_risk_is_accepted_until_the_waiver_ends_and_released(bench: Bench) -> None:
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
    assert made.apply(reopening()).outcome is Outcome.DONE
    assert (bench.flags(), bench.sim.acceptances) == ({"active"}, {})
    assert len(bench.sim.writes) == 2


def test_a_false_positive_is_closed_with_a_note_and_made_active_again(bench: Bench) -> None:
    made = bench.connector()
    assert made.apply(closure()).outcome is Outcome.DONE
    assert bench.flags() == {"false_p"}
    assert bench.sim.findings[1]["notes"][0]["entry"] == COMMENT
    assert made.apply(reopening("false positive")).outcome is Outcome.DONE
    assert bench.flags() == {"active"}
    assert bench.sim.findings[1]["mitigated"] is None
    bench.sim.change(1, active=False, false_p=True)
    receipt = made.apply(reopening("false positive"))
    assert (receipt.outcome, "by somebody else" in receipt.message) == (Outcome.REFUSED, True)


@pytest.mark.parametrize("action", [acceptance(), closure()], ids=["accept", "close"])
def test_the_preview_names_exactly_the_calls_that_are_made(bench: Bench, action: Action) -> None:
    made = bench.connector()
    preview = made.preview(action)
    bench.sim.exchanges.clear()
    made.apply(action)
    assert [call.partition("?")[0].partition(" {")[0] for call in preview.calls] == [
        f"{one.method} {bench.url}{one.path}" for one in bench.sim.exchanges
    ]
    bodies = [json.loads("{" + c.partition(" {")[2]) for c in preview.calls if " {" in c]
    assert bodies == [one.body for one in bench.sim.exchanges if one.body is not None]


def test_an_acceptance_that_others_added_to_only_loses_our_finding(bench: Bench) -> None:
    bench.sim.found(2, risk_accepted=True, active=False)
    made = bench.connector()
    made.apply(acceptance())
    bench.sim.acceptances[1]["accepted_findings"] = [1, 2]
    assert made.apply(reopening()).outcome is Outcome.DONE
    assert bench.sim.acceptances[1]["accepted_findings"] == [2]
    assert (bench.flags(1), bench.flags(2)) == ({"active"}, {"risk_accepted"})


@pytest.mark.parametrize("others", [True, False])
def test_what_somebody_else_accepted_too_is_not_released(bench: Bench, others: bool) -> None:
    made = bench.connector()
    if others:
        made.apply(acceptance())
        bench.sim.acceptances[2] = {**bench.sim.acceptances[1], "id": 2, "decision_details": "ok"}
    else:
        bench.sim.change(1, active=False, risk_accepted=True)
    receipt = made.apply(reopening())
    assert receipt.outcome is Outcome.REFUSED
    assert "closed by somebody else" in receipt.message
    assert bench.flags() == {"risk_accepted"}


def test_an_acceptance_that_ended_there_needs_no_release(bench: Bench) -> None:
    made = bench.connector()
    made.apply(acceptance())
    bench.sim.at = END
    bench.sim.expire()
    receipt = made.apply(reopening())
    assert (receipt.outcome, receipt.message) == (Outcome.DONE, "it was so already")
    assert len(bench.sim.writes) == 1


@pytest.mark.parametrize(
    ("flag", "why"),
    [("is_mitigated", "mitigated"), ("duplicate", "a duplicate"), ("false_p", "false positive"),
     ("out_of_scope", "out of scope"), ("", "inactive")],
)  # fmt: skip
def test_a_finding_that_is_not_active_is_left_alone(bench: Bench, flag: str, why: str) -> None:
    bench.sim.change(1, active=False, **({flag: True} if flag else {}))
    made = bench.connector()
    assert made.preview(acceptance()).blockers == (f"finding 1 is {why}, not active",)
    assert made.apply(acceptance()).outcome is Outcome.REFUSED
    assert bench.sim.writes == []


def test_a_product_that_takes_no_full_acceptances_refuses_in_its_words(bench: Bench) -> None:
    bench.sim.accepts_risks = False
    receipt = bench.connector().apply(acceptance())
    assert receipt.outcome is Outcome.REFUSED
    assert "Full risk acceptance is not enabled for this product" in receipt.message


@pytest.mark.parametrize(
    ("may_write", "write", "why"),
    [(False, True, "has no write credential"), (True, False, "no `write: true`")],
)
def test_without_leave_to_write_nothing_is_sent_and_the_reason_is_told(
    bench: Bench, may_write: bool, write: bool, why: str
) -> None:
    made = bench.connector(may_write=may_write, write=write)
    assert why in made.why_not()
    assert why in " ".join(made.preview(acceptance()).blockers)
    receipt = made.apply(acceptance())
    assert (receipt.outcome, why in receipt.message) == (Outcome.REFUSED, True)
    assert bench.sim.writes == []


@pytest.mark.parametrize("fault", ["drop-after", "truncated", "slow"])
def test_an_answer_lost_after_the_write_is_resolved_by_reading(bench: Bench, fault: str) -> None:
    bench.sim.fail(fault, "POST")
    assert bench.connector().apply(acceptance()).outcome is Outcome.DONE
    assert len(bench.sim.acceptances) == 1


def test_a_doubt_is_never_told_as_a_success_and_nothing_is_sent_twice(bench: Bench) -> None:
    bench.sim.fail("drop-after", "POST")
    bench.sim.fail("500", "GET", after=3, times=4)
    made = bench.connector()
    assert made.apply(acceptance()).outcome is Outcome.UNKNOWN
    assert made.apply(acceptance()).outcome is Outcome.DONE
    assert len(bench.sim.acceptances) == 1
    bench.sim.fail("drop", "DELETE")
    assert made.apply(reopening()).outcome is Outcome.UNKNOWN
    assert made.observe(reopening()).outcome is Outcome.UNKNOWN


def test_a_note_without_its_closure_is_not_taken_for_one(bench: Bench) -> None:
    bench.sim.fail("403", "/close/")
    receipt = bench.connector().apply(closure())
    assert receipt.outcome is Outcome.REFUSED
    assert bench.flags() == {"active"}


@pytest.mark.parametrize("status", ["400", "401", "403", "404"])
def test_a_refusal_upstream_is_a_receipt_and_a_limit_is_waited_for(
    bench: Bench, status: str
) -> None:
    bench.sim.fail(status, "POST", times=2)
    receipt = bench.connector().apply(acceptance())
    assert (receipt.outcome, status in receipt.message) == (Outcome.REFUSED, True)
    bench.sim.faults.clear()
    bench.sim.fail("429", "POST")
    with pytest.raises(RateLimitedError):
        bench.connector().apply(acceptance())


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
        reopening("mitigated"),
        Action(ID, ActionKind.DEPLOYMENT_APPROVE, "dd", "finding/1", acceptance().params),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_asked(bench: Bench, bad: Action) -> None:
    with pytest.raises(SourceError):
        bench.connector().apply(bad)
    assert bench.sim.exchanges == []


@pytest.mark.parametrize("reason", list(WaiverReason))
def test_every_reason_of_ours_is_one_that_defectdojo_takes(
    bench: Bench, reason: WaiverReason
) -> None:
    made = bench.connector()
    record = KeptRecord(FORMAT, json.dumps(rows(documents(bench.pull())["payments"])[0]).encode())
    action = made.dismissal(record, WaiverWords(reason, "No route leads there", END))
    assert action is not None
    assert action.target == "finding/1"
    assert made.apply(action).outcome is Outcome.DONE
    assert bench.flags() == {"false_p" if reason in FALSE_POSITIVES else "risk_accepted"}
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
    bench: Bench, record: KeptRecord
) -> None:
    words = WaiverWords(WaiverReason.RISK_ACCEPTED, "x", END)
    assert bench.connector().dismissal(record, words) is None
