"""Alerts become findings, and silences survive every fault between us and the server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.alertmanager.connector import AlertmanagerConnector
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.http import replayed
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.domain.action import Action, ActionKind, Outcome
from riskcockpit.domain.batch import Document
from riskcockpit.domain.clock import FrozenClock, rfc3339
from riskcockpit.domain.finding import FindingClass, Observation
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import ConfigError, RetryableError, SourceError
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.generic.from_json import read
from support.alerting import alert

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
UNTIL = NOW + timedelta(days=7)


def observations(*alerts: Mapping[str, Any], **options: Any) -> list[Observation]:
    body = json.dumps(list(alerts)).encode()
    with replayed(lambda _asked: Reply(200, body)):
        spec = SourceSpec("alerts", "https://am.example", options)
        made = AlertmanagerConnector.build(spec, FrozenClock(NOW))
        (batch,) = made.pull("", NOW)
        made.close()
    (document,) = batch.items
    assert isinstance(document, Document)
    (scan,) = read(document.content, ReadOptions()).scans
    assert not scan.problems
    return list(scan.observations)


def test_labels_say_what_an_alert_is_about() -> None:
    model = alert("PsiHigh", labels={"model": "fraud", "feature": "amount", "version": "3"})
    data = alert("LateData", labels={"dataset": "loans", "severity": "warning"})
    other = alert(labels={"service": "pay", "pod": "x-1"})
    (late, psi, queue) = observations(model, data, other)
    assert psi.finding_class is FindingClass.MODEL
    assert psi.signal is not None
    assert (psi.signal.model, psi.signal.metric, psi.signal.segment, psi.asset) == (
        "fraud", "PsiHigh", "amount", "fraud",
    )  # fmt: skip
    assert psi.package is not None
    assert psi.package.version == "3"
    assert late.finding_class is FindingClass.DATA
    assert (late.asset, late.severity) == ("loans", Severity.MEDIUM)
    assert (queue.finding_class, queue.asset, queue.resource) == (
        FindingClass.CLOUD, "pay", "service=pay",
    )  # fmt: skip
    assert queue.onset_at == datetime(2026, 3, 2, 11, 0, 0, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "options", "severity"),
    [
        ("page", {}, Severity.CRITICAL),
        ("P3", {}, Severity.MEDIUM),
        ("sev-0", {"severities": {"SEV-0": "high"}}, Severity.HIGH),
        ("critical", {"severities": {"critical": "low"}}, Severity.LOW),
        ("", {"default_severity": "info"}, Severity.INFO),
        ("whatever", {}, Severity.MEDIUM),
    ],
)
def test_severity_words_are_mapped(word: str, options: dict[str, Any], severity: Severity) -> None:
    (seen,) = observations(alert(labels={"severity": word}), **options)
    assert seen.severity is severity


def test_an_impossible_severity_in_the_settings_is_refused() -> None:
    spec = SourceSpec("alerts", "https://am.example", {"severities": {"p0": "dreadful"}})
    with pytest.raises(ConfigError, match=r"severities\.p0"):
        AlertmanagerConnector.build(spec, FrozenClock(NOW))


def test_silenced_is_suppressed_and_inhibited_is_not() -> None:
    status = {"state": "suppressed", "silencedBy": ["s1"], "inhibitedBy": []}
    covered = {"state": "suppressed", "silencedBy": [], "inhibitedBy": ["f00"]}
    silenced, inhibited = observations(
        alert("A", status=status), alert("B", status=covered, fingerprint="b")
    )
    assert silenced.is_suppressed
    assert not inhibited.is_suppressed
    assert "another alert covers it" in inhibited.description


def test_hostile_labels_stay_text() -> None:
    (seen,) = observations(
        alert(
            "Evil\x1b[31m",
            labels={"service": "[red]x[/]\n\x07"},
            annotations={"summary": "\x1b]52;c;x\x07boo", "runbook_url": "javascript:x"},
            generatorURL="file:///etc/passwd",
        )
    )
    assert seen.help_url == ""
    assert not {"\x1b", "\x07"} & set(seen.title + seen.description + seen.resource + seen.rule)
    assert "passwd" not in seen.description


def test_the_order_of_alerts_changes_nothing() -> None:
    one, two = alert("A", fingerprint="a"), alert("B", fingerprint="b")
    assert observations(one, two) == observations(two, one)


# Silences ----------------------------------------------------------------------------------------


@dataclass
class Server:
    """Keeps silences as Alertmanager does; `fail` answers before a write takes effect."""

    silences: list[dict[str, Any]] = field(default_factory=list)
    fail: Callable[[Asked], Reply | None] = lambda _asked: None
    writes: int = 0
    is_blind: bool = False

    def __call__(self, asked: Asked) -> Reply:
        if asked.method == "GET":
            return Reply(500) if self.is_blind else Reply(200, json.dumps(self.silences).encode())
        refused = self.fail(asked)
        if refused is not None:
            return refused
        self.writes += 1
        if asked.method == "POST":
            wanted = json.loads(asked.body)
            id_ = f"id-{len(self.silences)}"
            self.silences.append({"id": id_, "status": {"state": "active"}, **wanted})
            reply = Reply(200, json.dumps({"silenceID": id_}).encode())
        else:
            id_ = asked.path.rpartition("/")[2]
            for silence in self.silences:
                if silence["id"] == id_:
                    silence["status"] = {"state": "expired"}
                    silence["endsAt"] = rfc3339(NOW)
            reply = Reply(200)
        if self.is_mute:
            raise TimeoutError
        return reply

    is_mute: bool = False
    """Does what it is asked and never answers."""


@contextmanager
def acting(server: Server, *, may_write: bool = True) -> Iterator[AlertmanagerConnector]:
    write = Credential("w" * 20, "test") if may_write else None
    with replayed(server):
        spec = SourceSpec("alerts", "https://am.example", write=write)
        made = AlertmanagerConnector.build(spec, FrozenClock(NOW))
        yield made
        made.close()


def silence(**params: str) -> Action:
    given = {
        "labels": json.dumps({"alertname": "A", "model": "fraud"}),
        "until": rfc3339(UNTIL),
        "comment": "accepted",
        **params,
    }
    return Action("f" * 32, ActionKind.ALERT_SILENCE, "alerts", "A of fraud", given)


END = Action("e" * 32, ActionKind.ALERT_UNSILENCE, "alerts", "A", {"silenced_by": "f" * 32})


def test_an_answer_that_never_came_is_resolved_by_looking() -> None:
    server = Server(is_mute=True)
    with acting(server) as made:
        receipt = made.apply(silence())
        assert receipt.outcome is Outcome.DONE
        assert "after" in receipt.message
        assert made.apply(silence()).outcome is Outcome.DONE
        assert server.writes == 1
        assert made.apply(END).outcome is Outcome.DONE
        assert server.writes == 2


def test_what_can_be_neither_known_nor_read_is_unknown() -> None:
    server = Server()

    def lost(_asked: Asked) -> Reply | None:
        server.is_blind = True
        raise TimeoutError

    server.fail = lost
    with acting(server) as made:
        receipt = made.apply(silence())
        assert receipt.outcome is Outcome.UNKNOWN
        server.is_blind = False
        assert made.observe(silence()).outcome is Outcome.UNKNOWN
        server.fail = lambda _asked: None
        assert made.apply(silence()).outcome is Outcome.DONE
    assert server.writes == 1


@pytest.mark.parametrize("status", [400, 401, 403, 422])
def test_a_refusal_is_a_receipt_and_no_error(status: int) -> None:
    server = Server(fail=lambda _asked: Reply(status, b"no"))
    with acting(server) as made:
        assert made.apply(silence()).outcome is Outcome.REFUSED
    assert server.silences == []


@pytest.mark.parametrize("fault", [ConnectionError, None])
def test_what_was_not_sent_may_be_tried_again(fault: type[Exception] | None) -> None:
    def fail(_asked: Asked) -> Reply:
        if fault is not None:
            raise fault
        return Reply(429, headers={"retry-after": "60"})

    server = Server(fail=fail)
    with acting(server) as made, pytest.raises(RetryableError):
        made.apply(silence())


def test_a_silence_that_somebody_changed_is_not_ours_any_more() -> None:
    server = Server()
    with acting(server) as made:
        made.apply(silence())
        server.silences[0]["endsAt"] = rfc3339(UNTIL + timedelta(days=300))
        receipt = made.observe(silence())
        assert receipt.outcome is Outcome.REFUSED
        assert "not those decided upon" in receipt.message
        assert made.apply(silence()).outcome is Outcome.REFUSED
    assert server.writes == 1


def test_a_silence_whose_time_has_come_is_done() -> None:
    server = Server()
    with acting(server) as made:
        made.apply(silence())
        server.silences[0]["status"] = {"state": "expired"}
        assert made.observe(silence()).outcome is Outcome.DONE


def test_nothing_but_ours_is_ended() -> None:
    foreign = {
        "id": "theirs",
        "status": {"state": "active"},
        "matchers": [],
        "endsAt": rfc3339(UNTIL),
        "comment": "ours? no",
    }
    server = Server(silences=[foreign])
    with acting(server) as made:
        assert made.apply(END).outcome is Outcome.REFUSED
        assert "no silence of that action" in made.preview(END).blockers[0]
    assert server.writes == 0


@pytest.mark.parametrize(
    "params",
    [{"labels": "{}"}, {"labels": '{"a": ""}'}, {"labels": '{"a b": "c"}'}, {"labels": "x"},
     {"until": "soon"}],
)  # fmt: skip
def test_a_silence_without_exact_labels_or_end_is_never_sent(params: dict[str, str]) -> None:
    server = Server()
    with acting(server) as made:
        assert made.apply(silence(**params)).outcome is Outcome.REFUSED
        with pytest.raises(SourceError):
            made.preview(silence(**params))
    assert server.writes == 0


def test_without_a_write_credential_nothing_is_sent() -> None:
    server = Server()
    with acting(server, may_write=False) as made:
        assert made.preview(silence()).blockers == ('the source "alerts" has no write credential',)
        assert made.apply(silence()).outcome is Outcome.REFUSED
    assert server.writes == 0


def test_the_preview_is_what_is_sent() -> None:
    sent: list[bytes] = []
    server = Server(fail=lambda asked: sent.append(asked.body))
    with acting(server) as made:
        preview = made.preview(silence())
        made.apply(silence())
    assert preview.blockers == ()
    shown = json.loads(preview.calls[1].partition("/silences ")[2])
    assert {k: v for k, v in json.loads(sent[0]).items() if k != "startsAt"} == shown


def test_a_comment_is_a_line_of_text() -> None:
    server = Server()
    with acting(server) as made:
        made.apply(replace(silence(comment="a\x1b[0m\n" + "x" * 5000)))
    comment = server.silences[0]["comment"]
    assert comment.isprintable()
    assert comment.endswith(f"(riskcockpit action {'f' * 32})")
