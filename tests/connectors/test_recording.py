"""Recorded exchanges hold what helps with a bug, and no secret."""

from __future__ import annotations

import json
import secrets
import stat
from datetime import UTC, datetime
from pathlib import Path

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.dialect import Dialect
from riskcockpit.connectors.http import HttpClient, replayed
from riskcockpit.connectors.recording import Recorder
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.connectors.session import Session
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.redaction import Redactor

CLOCK = FrozenClock(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
URL = "https://upstream.example"


def test_an_exchange_is_recorded_without_anything_secret(tmp_path: Path) -> None:
    own, page, cookie, found, link = (secrets.token_hex(20) for _ in range(5))
    body = {
        "alerts": [{"rule": "hard-coded", "secret": found}],
        "next": f"https://upstream.example/x?page=2&sig={link}",
        "echo": own,
    }
    headers = {
        "set-cookie": cookie,
        "etag": '"abc"',
        "x-ratelimit-remaining": "7",
        "link": f'</x?page=2&after={page}>; rel="next"',
    }
    recorder = Recorder(tmp_path / "record", Redactor(b"key"))
    session = Session(recorder=recorder)
    with replayed(lambda _asked: Reply(200, json.dumps(body).encode(), headers)):
        http = HttpClient(
            "scm", URL, CLOCK, Credential(own, "env T"),
            dialect=Dialect(token_header="PRIVATE-TOKEN"), session=session,
        )  # fmt: skip
        http.get("/x", {"page": "1", "per_page": "100", "after": page})
        http.write("POST", "/y", {"comment": "fixed", "password": found})
    first, second = sorted((tmp_path / "record").iterdir())
    text = first.read_text() + second.read_text()
    assert [secret for secret in (own, page, cookie, found, link) if secret in text] == []
    document = json.loads(first.read_text())
    assert document["request"]["url"] == f"{URL}/x?page=1&per_page=100&after=***"
    assert document["status"] == 200
    assert document["headers"]["x-ratelimit-remaining"] == "7"
    assert "hard-coded" in document["body"]
    assert "private-token" not in document["request"]["headers"]
    assert json.loads(second.read_text())["request"]["method"] == "POST"
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert stat.S_IMODE(first.parent.stat().st_mode) == 0o700


def test_faults_and_bytes_are_recorded_and_a_second_run_overwrites_nothing(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.path == "/gone":
            raise ConnectionError
        return Reply(200, b"\xff\x00")

    for _ in range(2):
        session = Session(recorder=Recorder(tmp_path, Redactor(b"key")))
        with replayed(answer):
            http = HttpClient("a/b", URL, CLOCK, session=session)
            http.get("/x")
            try:
                http.write("POST", "/gone", {})
            except Exception as error:  # noqa: BLE001 - what it is, is tested elsewhere
                assert "no connection" in str(error)
    documents = [json.loads(file.read_text()) for file in sorted(tmp_path.iterdir())]
    assert [(one["status"], one["body"]) for one in documents] == [
        (200, "<2 bytes, no text>"), (0, ""), (200, "<2 bytes, no text>"), (0, ""),
    ]  # fmt: skip
    assert "cannot reach" in documents[1]["fault"]
