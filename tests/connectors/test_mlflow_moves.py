"""Moving the champion: read, check, set, read back. A doubt is never told as a success."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.api import Acts, Checks, SourceSpec
from riskcockpit.connectors.http import replayed
from riskcockpit.connectors.mlflow.connector import MlflowConnector
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.domain.action import Action, ActionKind, Outcome, Receipt
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.errors import ProtocolError, RetryableError, SourceError
from support.fake_mlflow import FakeMlflow, fault, reply

CLOCK = FrozenClock(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
TAG = "riskcockpit.rolled_back"
ALIAS = "/api/2.0/mlflow/registered-models/alias"


def action(
    before: str = "7",
    after: str = "6",
    kind: ActionKind = ActionKind.MODEL_ROLLBACK,
    target: str = "fraud@champion",
) -> Action:
    return Action("feed" * 16, kind, "registry", target, {"from": before, "to": after})


@contextmanager
def connected(
    fake: FakeMlflow, *, may_write: bool = True, default: str = "READ"
) -> Iterator[MlflowConnector]:
    spec = SourceSpec(
        "registry",
        "https://mlflow.example",
        {"default_permission": default},
        write=Credential("write-token", "env W") if may_write else None,
    )
    with replayed(fake):
        connector = MlflowConnector.build(spec, CLOCK)
        yield connector
        connector.close()


def apply(fake: FakeMlflow, given: Action | None = None) -> Receipt:
    with connected(fake) as connector:
        return connector.apply(given or action())


def is_set_alias(asked: Asked) -> bool:
    return asked.method == "POST" and asked.path == ALIAS


def test_it_has_the_capabilities() -> None:
    with connected(FakeMlflow()) as connector:
        assert isinstance(connector, Acts)
        assert isinstance(connector, Checks)


def test_a_rollback_moves_reads_back_and_marks_the_bad_version() -> None:
    fake = FakeMlflow()
    receipt = apply(fake)
    assert (receipt.outcome, receipt.evidence) == (Outcome.DONE, {"champion": "6"})
    assert fake.champion == 6
    assert fake.versions[7][TAG] == f"2026-03-02T12:00:00Z {'feed' * 16}"
    assert [(method, call) for method, call, _ in fake.writes] == [
        ("POST", "registered-models/alias"),
        ("POST", "model-versions/set-tag"),
    ]


def test_the_preview_names_exactly_the_calls_that_are_made() -> None:
    fake = FakeMlflow()
    seen: list[str] = []

    def watch(_fake: FakeMlflow, asked: Asked) -> None:
        if asked.path != "/api/2.0/mlflow/model-versions/get":
            seen.append(f"{asked.method} {asked.path}")

    with connected(fake) as connector:
        preview = connector.preview(action())
        assert fake.writes == []
        fake.before = watch
        connector.apply(action())
    assert [call.partition("?")[0].split(" {")[0] for call in preview.calls] == [
        line.replace(" /", " https://mlflow.example/") for line in seen
    ]
    assert preview.blockers == ()
    assert preview.precondition == "fraud@champion is version 7"


def test_the_same_action_again_finds_itself_done() -> None:
    fake = FakeMlflow()
    assert apply(fake).outcome is apply(fake).outcome is Outcome.DONE
    assert [call for _, call, _ in fake.writes].count("registered-models/alias") == 1


@pytest.mark.parametrize(
    ("fake", "given", "why"),
    [
        (FakeMlflow(champion=8), action(), "is version 8, not 7"),
        (FakeMlflow(champion=None), action(), "points nowhere"),
        (FakeMlflow(), action(after="4"), "no version 4"),
        (FakeMlflow(), action(after="8"), "not older than 7"),
        (FakeMlflow(), action(after="5"), "was rolled back itself"),
        (FakeMlflow(status="PENDING_REGISTRATION"), action(), "PENDING_REGISTRATION"),
        (FakeMlflow(), action(after="6", kind=ActionKind.MODEL_PROMOTE), "not newer than 7"),
        (FakeMlflow(), action(after="9", kind=ActionKind.MODEL_PROMOTE), "not approved"),
    ],
)
def test_a_guard_that_does_not_hold_blocks_the_preview_and_refuses_the_action(
    fake: FakeMlflow, given: Action, why: str
) -> None:
    with connected(fake) as connector:
        assert any(why in blocker for blocker in connector.preview(given).blockers)
        receipt = connector.apply(given)
    assert receipt.outcome is Outcome.REFUSED
    assert why in receipt.message
    assert fake.writes == []


def test_a_promotion_takes_the_mark_of_a_rollback_off() -> None:
    """That is how a rollback is undone."""
    fake = FakeMlflow()
    apply(fake)
    undo = apply(fake, action("6", "7", ActionKind.MODEL_PROMOTE))
    assert undo.outcome is Outcome.DONE
    assert (fake.champion, TAG in fake.versions[7]) == (7, False)


def test_without_a_write_credential_nothing_is_tried() -> None:
    fake = FakeMlflow()
    with connected(fake, may_write=False) as connector:
        assert connector.preview(action()).blockers == ("the source has no write credential",)
        assert connector.apply(action()).outcome is Outcome.REFUSED
    assert fake.writes == []


@pytest.mark.parametrize("status", [401, 403, 404, 400])
def test_a_refusal_upstream_is_a_receipt(status: int) -> None:
    fake = FakeMlflow(
        before=lambda _, asked: Reply(status, b"Permission denied") if is_set_alias(asked) else None
    )
    receipt = apply(fake)
    assert receipt.outcome is Outcome.REFUSED
    assert "Permission denied" in receipt.message
    assert fake.champion == 7


def test_a_refusal_says_what_to_ask_for() -> None:
    fake = FakeMlflow(before=lambda _, asked: Reply(403) if is_set_alias(asked) else None)
    assert "ask for permission" in apply(fake).message


def test_a_timeout_that_arrived_is_found_by_reading_back() -> None:
    def arrive_and_hang(fake: FakeMlflow, asked: Asked) -> Reply | None:
        if is_set_alias(asked):
            fake.champion = int(json.loads(asked.body)["version"])
            raise TimeoutError
        return None

    fake = FakeMlflow(before=arrive_and_hang)
    receipt = apply(fake)
    assert receipt.outcome is Outcome.DONE
    assert "after" in receipt.message
    assert TAG in fake.versions[7]


@pytest.mark.parametrize("reply_", [Reply(500), Reply(502), Reply(307)])
def test_a_broken_answer_without_effect_is_unknown_and_not_repeated(reply_: Reply) -> None:
    sent: list[Asked] = []

    def swallow(_fake: FakeMlflow, asked: Asked) -> Reply | None:
        if is_set_alias(asked):
            sent.append(asked)
            return reply_
        return None

    receipt = apply(FakeMlflow(before=swallow))
    assert (receipt.outcome, receipt.evidence) == (Outcome.UNKNOWN, {"champion": "7"})
    assert len(sent) == 1


def test_what_cannot_be_read_back_is_unknown() -> None:
    sent: list[Asked] = []

    def die(_fake: FakeMlflow, asked: Asked) -> Reply | None:
        if is_set_alias(asked):
            sent.append(asked)
            raise TimeoutError
        return Reply(500) if sent else None

    receipt = apply(FakeMlflow(before=die))
    assert (receipt.outcome, receipt.evidence) == (Outcome.UNKNOWN, {})


def test_somebody_who_moves_it_meanwhile_is_not_told_as_our_success() -> None:
    def race(fake: FakeMlflow, asked: Asked) -> Reply | None:
        if is_set_alias(asked):
            fake.champion = 8
            return reply({})
        return None

    receipt = apply(FakeMlflow(before=race))
    assert (receipt.outcome, receipt.evidence) == (Outcome.UNKNOWN, {"champion": "8"})


@pytest.mark.parametrize("fault_", [ConnectionError, None])
def test_nothing_sent_is_raised_so_that_the_action_stays_pending(
    fault_: type[Exception] | None,
) -> None:
    def fail(_fake: FakeMlflow, asked: Asked) -> Reply | None:
        if is_set_alias(asked):
            if fault_ is None:
                return Reply(429, headers={"retry-after": "5"})
            raise fault_
        return None

    with pytest.raises(RetryableError):
        apply(FakeMlflow(before=fail))


def test_a_server_that_is_down_before_the_write_is_raised() -> None:
    with pytest.raises(RetryableError):
        apply(FakeMlflow(before=lambda *_: Reply(500)))


def test_a_mark_that_fails_does_not_hide_that_the_alias_moved() -> None:
    def refuse_tags(_fake: FakeMlflow, asked: Asked) -> Reply | None:
        return Reply(403, b"Permission denied") if asked.path.endswith("set-tag") else None

    receipt = apply(FakeMlflow(before=refuse_tags))
    assert receipt.outcome is Outcome.DONE
    assert "could not be changed" in receipt.message


@pytest.mark.parametrize(
    ("champion", "outcome"),
    [(6, Outcome.DONE), (7, Outcome.UNKNOWN), (8, Outcome.REFUSED), (None, Outcome.REFUSED)],
)
def test_observing_changes_nothing(champion: int | None, outcome: Outcome) -> None:
    fake = FakeMlflow(champion=champion)
    with connected(fake) as connector:
        assert connector.observe(action()).outcome is outcome
    assert fake.writes == []


def grants(*rows: tuple[str, str, str], is_admin: bool = False) -> Reply:
    permissions = [
        {"permission": p, "resource_type": t, "resource_pattern": name} for p, t, name in rows
    ]
    return reply({"is_admin": is_admin, "permissions": permissions})


@pytest.mark.parametrize(
    ("permissions", "default", "may"),
    [
        (Reply(404, b"<!doctype html>"), "READ", True),
        (fault("RESOURCE_DOES_NOT_EXIST", 404), "READ", True),
        (Reply(200, b"<html>"), "READ", True),
        (grants(), "READ", False),
        (grants(), "EDIT", True),
        (grants(is_admin=True), "READ", True),
        (grants(("EDIT", "registered_model", "fraud")), "READ", True),
        (grants(("MANAGE", "registered_model", "*")), "READ", True),
        (grants(("READ", "registered_model", "fraud")), "EDIT", False),
        (grants(("EDIT", "registered_model", "churn")), "READ", False),
        (grants(("EDIT", "experiment", "fraud")), "READ", False),
    ],
)
def test_a_missing_permission_is_seen_before_the_key_is_offered(
    permissions: Reply, default: str, may: bool
) -> None:
    with connected(FakeMlflow(permissions=permissions), default=default) as connector:
        blockers = connector.preview(action()).blockers
    assert (blockers == ()) is may


@pytest.mark.parametrize(
    "given",
    [
        action(before="x"),
        action(after=""),
        action(target="fraud"),
        action(target="@champion"),
        Action("1", ActionKind.MODEL_ROLLBACK, "registry", "fraud@champion"),
    ],
)
def test_an_action_that_is_no_move_is_refused(given: Action) -> None:
    with connected(FakeMlflow()) as connector, pytest.raises(SourceError, match="no move"):
        connector.apply(given)


@pytest.mark.parametrize(
    ("body", "seen"), [(b"3.17.2", "MLflow 3.17.2"), (b"<title>Log in</title>", None), (b"", None)]
)
def test_the_check_takes_no_log_in_page_for_a_server(body: bytes, seen: str | None) -> None:
    with connected(FakeMlflow(before=lambda *_: Reply(200, body))) as connector:
        if seen:
            assert connector.check() == seen
        else:
            with pytest.raises(ProtocolError, match="no version"):
                connector.check()
