"""Data of a wrong shape, signed by a key that counts: it stops no reader for anybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.decisions.roles import Deed
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import RiskcockpitError
from riskcockpit.ledger.bodies import fault_of
from riskcockpit.ledger.chain import build_body, build_line, parse_line
from riskcockpit.services.alert_store import acks_of
from riskcockpit.services.asked import asked
from riskcockpit.services.desk import Desk
from riskcockpit.services.endings import record_endings
from riskcockpit.services.evidence import _evaluations
from riskcockpit.services.incidents import drills, incidents
from riskcockpit.services.posture import posture
from riskcockpit.services.record import deciders, examined
from riskcockpit.services.reporting import _last_report
from riskcockpit.services.requests import requests
from riskcockpit.services.verify import ledger_rows, verify_ledger
from riskcockpit.services.waivers import waiver, waivers
from support.caches import NOW
from support.council import terms
from support.deciding import Bank, make_bank
from support.quick_signer import QuickSigner

pytestmark = pytest.mark.usefixtures("without_policy")

WRONG: Mapping[str, Any] = {
    "list": [["x"]], "mapping": {"x": ["y"]}, "number": 7, "null": None, "empty": "",
    "digits": "9" * 5000, "dawn": "0001-01-01T00:00:00Z", "control": "\x00\u2028\x1b[31m",
}  # fmt: skip
RECORD = {"treatment": "accept", "risk_owner": "cara", "review_at": "2026-03-01T00:00:00Z"}
MOVE = {
    "kind": "model.rollback", "source": "registry", "target": "fraud@champion", "model": "fraud",
    "params": {"from": "7", "to": "6"},
}  # fmt: skip


def shapes(request: str) -> Iterator[tuple[EntryType, Mapping[str, Any]]]:
    """Yield data of each type as it should be; answers name `request`."""
    digest = "a" * 64
    ask = {"rule": "r", "policy": digest, "context": "bank", "production": False}
    answer = {**ask, "request": request, "comment": "c"}
    receipt = {**MOVE, "action": request, "outcome": "done", "message": "m", "evidence": {"a": "b"}}
    told = {
        "action": "b" * 32, "kind": "notify", "target": "t", "outcome": "done", "message": "m",
        "alerts": {"k": "high"}, "attempts": 1,
    }  # fmt: skip
    key = {"principal": "zoe", "key_fp": "SHA256:" + "z" * 43, "signers": digest, "reason": "r"}
    cause = {"rule": "r", "metric": "accuracy", "segment": ""}
    opened = {
        "incident_rule": "i", "subject": "fraud", "title": "t", "severity": "high", "owner": "o",
        "alerts": ["a"], "detected_at": "2026-02-01T00:00:00Z", "review_seconds": 60,
        "acknowledge_due_at": "2026-02-01T01:00:00Z", "text": "t",
    }  # fmt: skip
    T = EntryType  # noqa: N806 - a short name for a long table
    yield T.WAIVER_REQUESTED, {**ask, **terms(), "record": RECORD, "authors": [], "upstream": []}
    yield T.WAIVER_GRANTED, {**ask, **terms("medium"), "break_glass": {"reason": "r"}}
    for type_ in (T.WAIVER_REJECTED, T.APPROVAL_GRANTED, T.APPROVAL_REJECTED):
        yield type_, answer
    yield T.WAIVER_REVOKED, {**ask, "waiver": request, "comment": "c"}
    yield T.WAIVER_EXPIRED, {"waiver": request, "expires_at": "2026-03-01", "count": 1}
    yield T.WAIVER_SUSPENDED, {"waiver": request, "comment": "c", "controls": ["x"]}
    yield T.ROLLBACK_REQUESTED, {**ask, **MOVE, "reasons": ["r"], "undoes": "", "cause": cause,
                                 "proposal": digest, "automation": digest}  # fmt: skip
    yield T.ROLLBACK_APPROVED, {**answer, "model": "fraud"}
    yield T.ROLLBACK_EXECUTED, {**MOVE, "action": request}
    yield T.DEPLOYMENT_REQUESTED, {**ask, **MOVE, "kind": "deployment.approve", "what": "w",
                                   "comment": "c"}  # fmt: skip
    yield T.ACTION_SENT, {**MOVE, "action": request}
    for type_ in (T.ACTION_CONFIRMED, T.ACTION_REFUSED, T.ACTION_UNKNOWN):
        yield type_, receipt
        yield type_, told
    yield T.IDENTITY_MERGED, {**ask, "finding": "f", "other": "o", "keys": ["k"], "reason": "r"}
    yield T.IDENTITY_SPLIT, {**ask, "finding": "f", "new": "n", "key": "k", "reason": "r"}
    yield T.CLOSURE_RELEASED, {**ask, "scan": "s", "findings": ["f"], "count": 1, "asset": "a"}
    yield T.NOTE, {"subject": request, "text": "t", "alert": "a"}
    yield T.UNDO, {"decision": request}
    yield T.UNDO, {"scans": {"s": "d"}, "documents": ["d"]}
    yield T.SYNC_COMPLETED, {"generation": 1, "sources": [{"name": "n"}]}
    yield T.CONTROLS_EVALUATED, {"generation": 1, "controls": 1, "failed": 0, "policy_digest": "",
                                 "results_digest": ""}  # fmt: skip
    yield T.REPORT_ISSUED, {"generation": 1, "files": [{"form": "pdf", "sha256": digest}],
                            "heads": {}, "until": "2026-02-01T00:00:00Z"}  # fmt: skip
    yield T.POLICY_CHANGED, {"file": "policy/roles.yaml", "before": digest, "after": digest,
                             "holds": [digest], "params": {}, "findings": {}}  # fmt: skip
    yield T.KEY_ADDED, key
    yield T.KEY_REVOKED, {**key, "valid_before": "2026-02-01T00:00:00Z"}
    steps = (
        "incident.joined", "incident.assigned", "incident.resolved", "incident.contained",
        "incident.step", "incident.reviewed", "automation.stopped", "recovery.seen",
    )  # fmt: skip
    yield T.NOTE, {**opened, "kind": "incident.opened"}
    for step in steps:
        yield T.NOTE, {"kind": step, "incident": request, "at": "2026-02-01T00:00:00Z",
                       "ended": True, "alerts": ["a"], "owner": "o", "runbook": "r", "step": "s",
                       "action": request, "reason": "r", "text": "t"}  # fmt: skip
    yield T.NOTE, {"kind": "drill.done", "runbook": "r", "passed": True, "milliseconds": 5}
    yield T.NOTE, {"kind": "rollback.proposed", "model": "fraud", "params": MOVE["params"],
                   "cause": cause, "reasons": ["r"]}  # fmt: skip


def forge(bank: Bank, name: str, entries: Sequence[tuple[EntryType, Mapping[str, Any]]]) -> None:
    """Sign entries as a tool of somebody's own does, which looks at no shape."""
    signer = QuickSigner.open(bank.root / "keys" / name, bank.ledger / "allowed_signers", name)
    journal = bank.at(name).journal()
    file = bank.ledger / "chains" / f"{journal.chain}.jsonl"
    last = parse_line(journal.chain, file.read_bytes().splitlines(keepends=True)[-1])
    with file.open("ab") as chain:
        for type_, data in entries:
            body = build_body(
                last=last, now=bank.clock.now(), actor=name, key_fp=signer.fingerprint,
                type_=type_, data=data, seen={},
            )  # fmt: skip
            line = build_line(body, signer.sign(body))
            last = parse_line(journal.chain, line)
            chain.write(line)


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    made = make_bank(tmp_path / "home", monkeypatch)
    made.at("engineer").journal().append(EntryType.NOTE, {"subject": "s", "text": "t"})
    return made


def test_the_table_has_every_type_in_its_right_shape() -> None:
    known = list(shapes("c" * 64))
    assert {type_ for type_, _ in known} == set(EntryType) - {EntryType.GENESIS}
    notes = {type_ for type_, data in known if fault_of(type_, {"objects": [], **data})}
    assert notes <= {EntryType.NOTE}  # records are notes of more shapes


@pytest.mark.parametrize("wrong", WRONG)
def test_data_of_a_wrong_shape_stops_no_reader(bank: Bank, wrong: str) -> None:
    request = bank.at("engineer").journal().append(EntryType.WAIVER_REQUESTED, _asked(bank)).hash
    bad = [(type_, {**data, key: WRONG[wrong]}) for type_, data in shapes(request) for key in data]
    forge(bank, "engineer", bad)
    ctx = bank.at("engineer")
    found = examined(ctx)
    assert found.report.is_ok, found.report.problems[0]
    assert len(found.entries) > len(bad)
    bank.publish()
    requests(ctx)
    for row in waivers(ctx)[:2]:
        waiver(ctx, row.id)
    incidents(ctx, is_all=True), drills(ctx), posture(ctx)
    assert len(ledger_rows(ctx)) == len(found.entries)
    verify_ledger(ctx)
    record_endings(ctx)
    acks_of(found.counting, (), deciders(ctx.paths.ledger, found))
    assert list(_evaluations(found.entries, NOW.replace(year=2000), bank.clock.now(), None))
    _last_report(found.entries, bank.clock.now())
    for entry in found.entries:
        try:
            asked(ctx, entry, is_sent=False)
        except RiskcockpitError:
            continue


def _asked(bank: Bank) -> dict[str, Any]:
    desk = Desk(bank.at("engineer"))
    return {**terms(), **desk.grounds(desk.permit(Deed.WAIVE, Severity.HIGH))}
