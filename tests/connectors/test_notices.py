"""Messages on their way out: signatures, markup of the targets, and what an attempt came to."""

from __future__ import annotations

import base64
import json
import secrets
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.config.alerts import ChannelSettings
from riskcockpit.config.settings import CredentialRef
from riskcockpit.connectors.notices.sending import Attempt, Sent, send
from riskcockpit.connectors.notices.wire import MOST_LINES, chat, payload
from riskcockpit.domain.alert import Line, Notice, Why
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.severity import Severity
from riskcockpit.domain.untrusted import DANGEROUS
from support.receiver import Receiver
from support.sim_server import serving
from support.simulated import SimReply

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CLOCK = FrozenClock(NOW)


def notice(*titles: str, detail: str = "drifts", text: str = "") -> Notice:
    """A message of one line a title."""
    lines = tuple(
        Line(key=f"model:{n}", why=Why.NEW, severity=Severity.HIGH, title=title, detail=detail,
             since=NOW, owner="risk")
        for n, title in enumerate(titles)
    )  # fmt: skip
    return Notice(
        id="a" * 32, created_at=NOW, severity=Severity.HIGH, owner="risk", context="bank",
        lines=lines, text=text,
    )  # fmt: skip


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> str:
    """A secret of a webhook, as its issuer writes it."""
    value = f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"
    monkeypatch.setenv("PAGER_SECRET", value)
    return value


@pytest.fixture
def receiver(secret: str) -> Iterator[Receiver]:
    """A receiver on this computer that knows the secret."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = Receiver(key, CLOCK.now)
    with serving(made):
        yield made


def webhook(receiver: Receiver, **changes: Any) -> ChannelSettings:
    """A channel to the receiver."""
    given_ = {"url": f"{receiver.base}/in", "secret": CredentialRef(env="PAGER_SECRET"), **changes}
    return ChannelSettings(name="pager", kind="webhook", **given_)


def test_a_receiver_can_check_what_a_webhook_sends(receiver: Receiver) -> None:
    assert send(webhook(receiver), notice("fraud"), CLOCK) == Attempt(Sent.DELIVERED)
    assert receiver.refusals == []
    assert receiver.targets == ["POST /in"]
    assert receiver.accepted["a" * 32] == payload(notice("fraud"))


def test_a_changed_body_an_old_copy_and_another_secret_are_refused(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(webhook(receiver), notice("fraud"), CLOCK)
    headers, content = receiver.requests[0]
    assert receiver.fault(headers, content) == ""
    assert receiver.fault(headers, content.replace(b"fraud", b"froud")) != ""
    later = {**headers, "webhook-timestamp": str(int(NOW.timestamp()) + 60)}
    assert receiver.fault(later, content) == "the signature does not fit"
    receiver.now = lambda: NOW + timedelta(minutes=6)
    assert receiver.fault(headers, content) == "too old or too new"
    receiver.now = CLOCK.now
    monkeypatch.setenv("PAGER_SECRET", "another one")
    refused = send(webhook(receiver), notice("fraud"), CLOCK)
    assert (refused.sent, receiver.refusals) == (Sent.NOT_DELIVERED, ["the signature does not fit"])


@pytest.mark.parametrize("status", [301, 400, 403, 404, 429, 500, 503])
def test_a_refusal_is_no_delivery(receiver: Receiver, status: int) -> None:
    receiver.statuses = [status]
    attempt = send(webhook(receiver), notice("fraud"), CLOCK)
    assert attempt.sent is Sent.NOT_DELIVERED
    assert str(status) in attempt.message or "wait" in attempt.message
    assert len(receiver.targets) == 1  # writes are never repeated by themselves


def test_a_room_that_asks_us_to_wait_holds_up_itself_and_no_other() -> None:
    class Rooms(Receiver):
        def answer(self, method: str, target: str, *_: object) -> SimReply:
            self.targets.append(f"{method} {target}")
            waits = {"Retry-After": "3600"}
            return SimReply(429, headers=waits) if target == "/noisy" else SimReply(204)

    rooms = Rooms(b"", CLOCK.now)
    with serving(rooms) as base:
        one, other = (
            ChannelSettings(name=name, kind="chat", url=f"{base}/{name}")
            for name in ("noisy", "quiet")
        )
        sent = [send(room, notice("fraud"), CLOCK).sent for room in (one, other, one)]
    assert sent == [Sent.NOT_DELIVERED, Sent.DELIVERED, Sent.NOT_DELIVERED]
    assert rooms.targets == ["POST /noisy", "POST /quiet"]


def test_after_a_silence_only_what_carries_an_id_may_be_sent_again(receiver: Receiver) -> None:
    receiver.manners = ["drop", "drop"]
    assert send(webhook(receiver), notice("fraud"), CLOCK).sent is Sent.NOT_DELIVERED
    receiver.is_signed = False
    room = ChannelSettings(name="room", kind="chat", url=f"{receiver.base}/room")
    assert send(room, notice("fraud"), CLOCK).sent is Sent.UNKNOWN


def test_nobody_listens(receiver: Receiver) -> None:
    attempt = send(webhook(receiver, url="http://127.0.0.1:9/in"), notice("fraud"), CLOCK)
    assert attempt.sent is Sent.NOT_DELIVERED
    assert "cannot reach" in attempt.message


def test_the_address_of_a_room_is_a_secret_too(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, sig = secrets.token_hex(12), secrets.token_hex(12)
    monkeypatch.setenv("ROOM_URL", f"{receiver.base}/services/{token}?sig={sig}&v=1")
    receiver.is_signed = False
    receiver.statuses = [204, 404]
    room = ChannelSettings(name="room", kind="chat", url=CredentialRef(env="ROOM_URL"))
    assert send(room, notice("fraud"), CLOCK).sent is Sent.DELIVERED
    assert receiver.targets == [f"POST /services/{token}?sig={sig}&v=1"]
    refused = send(room, notice("fraud"), CLOCK)
    assert token not in refused.message
    assert sig not in refused.message


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        (ChannelSettings(name="p", kind="webhook", url="http://pager.example.com/x",
                         secret=CredentialRef(env="PAGER_SECRET")), "not encrypted"),
        (ChannelSettings(name="p", kind="chat", url=CredentialRef(env="NOT_SET")), "NOT_SET"),
        (ChannelSettings(name="p", kind="chat", url="http://[::1"), "URL"),
        (ChannelSettings(name="p", kind="command", argv=("/nowhere/prog",)), "cannot be started"),
    ],
)  # fmt: skip
def test_what_is_set_wrong_is_told(channel: ChannelSettings, words: str, secret: str) -> None:
    attempt = send(channel, notice("fraud"), CLOCK)
    assert attempt.sent is Sent.NOT_DELIVERED
    assert words in attempt.message


PROGRAM = """
import json, os, sys
given = json.load(sys.stdin)
open(sys.argv[1], "w").write(json.dumps([given, sys.argv[2:], sorted(os.environ)]))
sys.exit(int(sys.argv[2]))
"""


def command(*arguments: str, timeout: str = "10s") -> ChannelSettings:
    """A channel that runs Python."""
    argv = (sys.executable, "-c", *arguments)
    return ChannelSettings(name="mail", kind="command", argv=argv, timeout=timeout)


def test_a_program_gets_the_message_on_stdin_no_shell_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAGER_SECRET", "do not pass on")
    seen = tmp_path / "seen"
    channel = command(PROGRAM, str(seen), "0", "$(touch x); `id`")
    assert send(channel, notice("fraud"), CLOCK).sent is Sent.DELIVERED
    given_, arguments, env = json.loads(seen.read_text())
    assert given_ == payload(notice("fraud"))
    assert arguments == ["0", "$(touch x); `id`"]
    assert "PAGER_SECRET" not in env
    failed = send(command(PROGRAM, str(seen), "3"), notice("fraud"), CLOCK)
    assert failed.sent is Sent.NOT_DELIVERED
    assert "status 3" in failed.message


def test_a_program_that_hangs_may_have_sent_it() -> None:
    channel = command("import time; time.sleep(60)", timeout="1s")
    assert send(channel, notice("fraud"), CLOCK).sent is Sent.UNKNOWN


# What foreign text can do in a room: nothing.

HOSTILE = (
    "<!channel> @here <@U1> [pay](https://evil.example) <https://evil.example|bank> {{DATE()}}"
)


def texts(body: Mapping[str, Any]) -> str:
    """All text of a chat message."""
    if "text" in body:
        return str(body["text"])
    blocks = body["attachments"][0]["content"]["body"]
    return "\n".join(inline["text"] for block in blocks for inline in block["inlines"])


def test_slack_sees_no_tag_no_markup_and_no_link() -> None:
    body = chat(notice(HOSTILE), "slack")
    assert (body["mrkdwn"], body["unfurl_links"]) == (False, False)
    assert "<" not in body["text"]
    assert "&lt;!channel&gt;" in body["text"]
    assert "https[:]//evil.example" in body["text"]


def test_mattermost_sees_no_mention_no_link_and_no_tag_of_slack() -> None:
    text = texts(chat(notice(HOSTILE), "mattermost"))
    assert "@" not in text
    assert "<" not in text
    assert "\\[pay\\]\\(" in text
    assert "://" not in text


def test_teams_gets_runs_of_text_which_know_no_markup() -> None:
    body = chat(notice(HOSTILE), "teams")
    card = body["attachments"][0]["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert "msteams" not in card
    text = texts(body)
    assert "<" not in text
    assert "{{" not in text
    assert "://" not in text


@pytest.mark.parametrize("style", ["slack", "mattermost", "teams"])
@given(title=st.text(max_size=40), detail=st.text(max_size=400))
def test_no_text_adds_a_line_a_control_or_a_link(style: str, title: str, detail: str) -> None:
    text = texts(chat(notice(title, detail=detail), style))
    assert text.count("\n") == 2
    assert "://" not in text
    assert "<" not in text
    assert not {ord(c) for c in text} & (DANGEROUS - {ord("\n")})


def test_a_flood_is_cut_and_counted() -> None:
    text = texts(chat(notice(*map(str, range(MOST_LINES + 5))), "slack"))
    assert "5 more" in text
    assert len(text) < 10_000


def test_a_digest_is_told_whole() -> None:
    body = chat(notice(text="Open: 2\n- one\n- two"), "slack")
    assert body["text"].splitlines() == ["[bank] riskcockpit digest", "Open: 2", "- one", "- two"]
