"""From GitHub's alerts to findings, and from waivers back to GitHub: sent with the last key, opened
again at the end, never without leave.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.config.settings import SourceSettings
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.github.connector import GithubConnector
from riskcockpit.decisions.upstream import MOST_ALERTS, as_data
from riskcockpit.domain.decision import DecisionState
from riskcockpit.errors import RefusedError
from riskcockpit.services.context import Context
from riskcockpit.services.decide import (
    approve,
    plan_approve,
    plan_waiver,
    reject,
    revoke,
    undo,
    waive,
)
from riskcockpit.services.judging import Judgement
from riskcockpit.services.outbox import actions, retry
from riskcockpit.services.projection import project_ledger
from riskcockpit.services.sync import sync
from riskcockpit.services.verify import verify_ledger
from riskcockpit.store.database import Writer
from riskcockpit.views.reports import SyncReport
from support.deciding import LATER, WHY, Bank, make_bank
from support.github_sim import GithubSim
from support.sim_server import serving

pytestmark = pytest.mark.usefixtures("without_policy")


class Office:
    """A bank whose one source is a simulated GitHub."""

    def __init__(self, bank: Bank, sim: GithubSim, url: str) -> None:
        self.bank = bank
        self.sim = sim
        self.world = sim.world
        self.url = url
        self.options: dict[str, Any] = {"organization": "bank", "write": True}
        self.may_write = True

    def connector(self) -> GithubConnector:
        """Build the connector as the settings of this home would."""
        write = Credential(secrets.token_hex(16), "env W") if self.may_write else None
        read = Credential(secrets.token_hex(16), "env R")
        spec = SourceSpec("gh", self.url, self.options, read=read, write=write)
        return GithubConnector.build(spec, self.bank.clock)

    def at(self, name: str = "engineer") -> Context:
        """Sit somebody down."""
        source = SourceSettings(name="gh", kind="github", url=self.url)
        return self.bank.at(name, sources=(source,))

    def sync(self) -> SyncReport:
        """Pull."""
        return sync(self.at())

    def findings(self, what: str = "source_id = 'gh'") -> dict[str, str]:
        """Return document and number → state of the findings of GitHub."""
        rows = self.bank.rows(f"SELECT asset, rule, tool, state FROM finding WHERE {what}")
        return {f"{asset} {tool} {rule}": state for asset, rule, tool, state in rows}

    def ids(self, what: str = "source_id = 'gh'") -> list[str]:
        """Return the ids of findings."""
        return [
            id_ for (id_,) in self.bank.rows(f"SELECT id FROM finding WHERE {what} ORDER BY id")
        ]

    def states(self, kind: str = "dependabot") -> dict[int, str]:
        """Return how the alerts stand upstream."""
        alerts = self.world.repos["bank/payments"].alerts[kind]
        return {number: alert["state"] for number, alert in alerts.items()}


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    bank = make_bank(tmp_path / "home", monkeypatch)

    def judge(ctx: Context, tx: Writer, now: datetime) -> Judgement:
        project_ledger(ctx, tx, now)
        return Judgement(tx.generation, (), (), "", "")

    monkeypatch.setattr("riskcockpit.services.sync.judge", judge)
    sim = GithubSim()
    with serving(sim) as url:
        made = Office(bank, sim, url)
        monkeypatch.setattr(
            Context, "connector", lambda _self, _source, _session=None: made.connector()
        )
        yield made
    sim.check()


def medium(office: Office, *numbers: int) -> None:
    """Open Dependabot alerts that one person may waive."""
    for number in numbers:
        made = office.world.alert("bank/payments", "dependabot", number)
        for part in ("security_advisory", "security_vulnerability"):
            made[part]["severity"] = "medium"


# Findings ----------------------------------------------------------------------------------------


def test_alerts_become_findings_of_their_repository_and_states_are_honoured(office: Office) -> None:
    world = office.world
    for number in (1, 2, 3):
        world.alert("bank/payments", "dependabot", number)
    world.alert("bank/cards", "code-scanning", 1)
    world.alert("bank/cards", "secret-scanning", 1)
    world.alert("bank/cards", "secret-scanning", 2)
    world.set_state("bank/payments", "dependabot", 2, "dismissed", dismissed_reason="not_used")
    world.set_state("bank/payments", "dependabot", 3, "fixed")
    report = office.sync()
    assert report.sources[0].state == "ok", report.sources[0].message
    assert office.findings() == {
        "bank/payments Dependabot CVE-2026-00001": "open",
        "bank/payments Dependabot CVE-2026-00002": "suppressed_at_source",
        "bank/cards CodeQL py/rule-1": "open",
        "bank/cards GitHub secret scanning bank_api_token": "open",
    }
    assert len(office.ids("rule = 'bank_api_token'")) == 2


def test_what_is_fixed_upstream_is_closed_even_when_nothing_is_left_open(office: Office) -> None:
    for number in (1, 2):
        office.world.alert("bank/payments", "dependabot", number)
    office.sync()
    for number in (1, 2):
        office.world.set_state("bank/payments", "dependabot", number, "fixed")
    report = office.sync()
    assert set(office.findings().values()) == {"fixed"}
    assert report.sources[0].counts.fixed == 2
    office.world.set_state("bank/payments", "dependabot", 1, "open")
    office.sync()
    assert office.findings()["bank/payments Dependabot CVE-2026-00001"] == "open"


def test_an_unchanged_sync_writes_no_scan_and_no_finding(office: Office) -> None:
    for number in range(1, 130):
        office.world.alert("bank/payments", "dependabot", number)
    office.sync()
    newest = "SELECT max(rev), count(*) FROM finding"
    before = office.bank.rows(newest), office.bank.rows("SELECT count(*) FROM scan")
    assert office.sync().sources[0].rows == 0
    office.bank.clock.at += timedelta(hours=30)
    assert office.sync().sources[0].rows == 1, "after a day everything is read again"
    assert before == (office.bank.rows(newest), office.bank.rows("SELECT count(*) FROM scan"))


def test_a_list_that_cannot_be_read_closes_nothing(office: Office) -> None:
    office.options = {"repositories": ["bank/payments"], "alerts": ["dependabot", "code-scanning"]}
    for kind in ("dependabot", "code-scanning"):
        office.world.alert("bank/payments", kind, 1)
    office.sync()
    office.world.repos["bank/payments"].off = {"dependabot": 404}
    office.bank.clock.at += timedelta(hours=30)
    report = office.sync()
    assert report.sources[0].state == "partial"
    assert "Dependabot alerts is off there" in report.sources[0].message
    assert set(office.findings().values()) == {"open"}


# Waivers -----------------------------------------------------------------------------------------


def test_the_plan_shows_the_exact_call_and_the_waiver_makes_it(office: Office) -> None:
    medium(office, 1)
    office.sync()
    plan = plan_waiver(office.at(), office.ids(), "false-positive", WHY, LATER)
    assert plan.blockers == ()
    path = f"{office.url}/repos/bank/payments/dependabot/alerts/1"
    end = LATER.date().isoformat()
    comment = f'"dismissed_comment":"{WHY} (until {end}, riskcockpit)"'
    body = f'{{"state":"dismissed","dismissed_reason":"inaccurate",{comment}}}'
    assert plan.calls == (
        f"GET {path}",
        f"PATCH {path} {body}",
        f"GET {path}",
    )
    assert office.world.writes == [], "a plan changes nothing"

    result = waive(office.at(), office.ids(), "false-positive", WHY, LATER)
    assert [(row.kind, row.state) for row in result.actions] == [("alert.dismiss", "done")]
    assert office.states() == {1: "dismissed"}
    assert office.world.repos["bank/payments"].alerts["dependabot"][1]["dismissed_comment"] == (
        f"{WHY} (until {end}, riskcockpit)"
    )
    office.sync()
    assert set(office.findings().values()) == {"false_positive"}
    assert verify_ledger(office.at()).is_ok


def test_with_four_eyes_nothing_is_sent_before_the_last_key(office: Office) -> None:
    office.world.alert("bank/payments", "dependabot", 1)
    office.sync()
    asked = waive(office.at(), office.ids(), "risk_accepted", WHY, LATER)
    assert asked.decision.state is DecisionState.REQUESTED
    assert office.states() == {1: "open"}
    assert office.world.writes == []
    shown = plan_approve(office.at("approver"), asked.decision.id)
    assert any(call.startswith("PATCH ") for call in shown.calls)
    result = approve(office.at("approver"), asked.decision.id)
    assert [row.state for row in result.actions] == ["done"]
    assert office.states() == {1: "dismissed"}


def test_a_rejected_request_never_leaves(office: Office) -> None:
    office.world.alert("bank/payments", "dependabot", 1)
    office.sync()
    asked = waive(office.at(), office.ids(), "risk_accepted", WHY, LATER)
    reject(office.at("approver"), asked.decision.id, "no")
    office.sync()
    assert office.world.writes == []
    assert actions(office.at()) == ()


@pytest.mark.parametrize("end", ["revoke", "undo", "expiry"])
def test_the_end_of_a_waiver_opens_the_alert_again_once(office: Office, end: str) -> None:
    medium(office, 1)
    office.sync()
    waiver = waive(office.at(), office.ids(), "risk_accepted", WHY, LATER).decision.id
    if end == "revoke":
        rows = revoke(office.at(), waiver).actions
        assert [(row.kind, row.state) for row in rows] == [("alert.reopen", "done")]
    elif end == "undo":
        assert [row.state for row in undo(office.at(), waiver).actions] == ["done"]
    else:
        office.bank.clock.at += timedelta(days=21)
        report = office.sync()
        assert "alert.reopen bank/payments#dependabot/1: done" in report.notes
    assert office.states() == {1: "open"}
    office.sync()
    assert len(office.world.writes) == 2
    assert set(office.findings().values()) == {"open"}
    assert {row.state for row in actions(office.at())} == {"done"}


def test_what_another_waiver_still_covers_stays_closed(office: Office) -> None:
    medium(office, 1)
    office.sync()
    first = waive(office.at(), office.ids(), "risk_accepted", WHY, LATER).decision.id
    second = waive(office.at(), office.ids(), "risk_accepted", WHY, LATER).decision.id
    revoke(office.at(), first)
    assert office.states() == {1: "dismissed"}
    revoke(office.at(), second)
    assert office.states() == {1: "open"}
    assert len(office.world.writes) == 2


@pytest.mark.parametrize(
    ("options", "may_write", "why"),
    [
        ({"organization": "bank"}, True, "its options have no `write: true`"),
        ({"organization": "bank", "write": True}, False, "has no write credential"),
    ],
)
def test_without_leave_to_write_the_waiver_holds_here_and_says_why_not_there(
    office: Office, options: dict[str, Any], may_write: bool, why: str
) -> None:
    office.options, office.may_write = options, may_write
    medium(office, 1)
    office.sync()
    plan = plan_waiver(office.at(), office.ids(), "risk_accepted", WHY, LATER)
    assert plan.calls == ()
    assert any(why in warning for warning in plan.warnings)
    assert waive(office.at(), office.ids(), "risk_accepted", WHY, LATER).actions == ()
    assert office.states() == {1: "open"}
    assert set(office.findings().values()) == {"waived"}


def test_a_connection_lost_after_the_write_is_found_done(office: Office) -> None:
    medium(office, 1)
    office.sync()
    office.sim.fail("drop-after", "PATCH")
    result = waive(office.at(), office.ids(), "risk_accepted", WHY, LATER)
    assert [row.state for row in result.actions] == ["done"]
    assert len(office.world.writes) == 1


def test_a_limit_stops_the_rest_which_stays_due_and_goes_out_later(office: Office) -> None:
    medium(office, 1, 2, 3)
    office.sync()
    office.sim.fail("secondary", "PATCH", after=1)
    result = waive(office.at(), office.ids(), "risk_accepted", WHY, LATER)
    assert [row.state for row in result.actions] == ["done", "unknown"]
    assert sorted(office.states().values()) == ["dismissed", "open", "open"]
    office.sync()
    states = {row.id: row.state for row in actions(office.at())}
    assert sorted(states.values()) == ["done", "done", "unknown"]
    unknown = next(id_ for id_, state in states.items() if state == "unknown")
    assert retry(office.at(), unknown).state == "done"
    assert set(office.states().values()) == {"dismissed"}
    assert len(office.world.writes) == 3


def test_a_delegated_dismissal_is_pending_and_confirmed_by_a_later_sync(office: Office) -> None:
    medium(office, 1)
    office.world.repo("bank/payments").is_delegated = True
    office.options = {**office.options, "delegated": True}
    office.sync()
    result = waive(office.at(), office.ids(), "risk_accepted", WHY, LATER)
    assert [row.state for row in result.actions] == ["pending_upstream"]
    agreed = {"dismissed_reason": "tolerable_risk"}
    office.world.set_state("bank/payments", "dependabot", 1, "dismissed", **agreed)
    office.sync()
    assert [row.state for row in actions(office.at())] == ["done"]


def test_too_many_alerts_at_once_are_refused_before_anything_is_signed(office: Office) -> None:
    medium(office, *range(1, MOST_ALERTS + 2))
    office.sync()
    plan = plan_waiver(office.at(), office.ids(), "risk_accepted", WHY, LATER)
    assert any("more than 100" in blocker for blocker in plan.blockers)
    with pytest.raises(RefusedError) as caught:
        waive(office.at(), office.ids(), "risk_accepted", WHY, LATER)
    assert caught.value.rule == "upstream-blast-radius"
    assert office.world.writes == []


def test_a_list_written_by_hand_closes_no_alert_that_the_waiver_does_not_cover(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    medium(office, 1)
    office.world.alert("bank/payments", "dependabot", 2)  # high: two persons would have to sign
    office.sync()
    covered = office.ids("rule = 'CVE-2026-00001'")
    with monkeypatch.context() as patched:
        patched.setattr(
            "riskcockpit.services.decide.as_data",
            lambda actions: [
                {**each, "target": each["target"].replace("/1", "/2")} for each in as_data(actions)
            ],
        )
        rows = waive(office.at(), covered, "risk_accepted", WHY, LATER).actions
    assert ["covers no finding of this alert" in row.message for row in rows] == [True]
    office.sync()
    assert office.states() == {1: "open", 2: "open"}
    assert office.world.writes == []
