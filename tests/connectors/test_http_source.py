"""Any address as a source: pages to their end, unchanged ones not read twice, secrets nowhere."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.contract import HttpConnectorContract
from riskcockpit.connectors.http import replayed
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.connectors.session import Session
from riskcockpit.connectors.validators import Validators
from riskcockpit.connectors.web import connector as web
from riskcockpit.connectors.web.connector import WebConnector
from riskcockpit.domain.batch import Batch, Document
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.reading import Reading
from riskcockpit.errors import ConfigError, ProtocolError

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
Answer = Callable[[Asked], Reply]


def page(number: int, **members: Any) -> bytes:
    return json.dumps({"findings": [], "tool": f"t{number}", **members}).encode()


class TestHttpByJson(HttpConnectorContract):
    connector = WebConnector
    options: Mapping[str, Any] = {
        "paths": ["/export?state=open"],
        "next_path": "links.next",
        "next_param": "cursor",
    }
    expected_items = 3

    def answer(self, asked: Asked) -> Reply:
        assert asked.params["state"] == "open"
        number = int(asked.params.get("cursor", "0"))
        following = number + 1 if number < 2 else None
        return Reply(200, page(number, links={"next": following}))


@dataclass
class Etagged:
    """One report that never changes, and what its readers knew of it."""

    asked_with: list[str] = field(default_factory=list)
    known: Validators = field(default_factory=Validators)

    def session(self) -> Session:
        """Return a run that knows what the one before kept."""
        self.known = Validators(self.known.kept())
        return Session(validators=self.known, key=b"k" * 32)

    def answer(self, asked: Asked) -> Reply:
        """Answer as a server that compares ETags."""
        self.asked_with.append(asked.headers.get("if-none-match", ""))
        if self.asked_with[-1] == '"v1"':
            return Reply(304)
        return Reply(200, page(1), {"etag": '"v1"'})


def pull(answer: Answer, cursor: str = "", **given: Any) -> list[Batch]:
    read, url = given.pop("read", None), given.pop("url", "https://reports.example/base")
    session = given.pop("session", None) or Session()
    spec = SourceSpec("web", url, given, read, session=session)
    with replayed(answer):
        made = WebConnector.build(spec, FrozenClock(NOW))
        try:
            return list(made.pull(cursor, NOW))
        finally:
            made.close()


def documents(batches: list[Batch]) -> list[Document]:
    return [item for batch in batches for item in batch.items if isinstance(item, Document)]


def test_the_url_itself_is_read_without_any_path() -> None:
    seen: list[str] = []

    def answer(asked: Asked) -> Reply:
        seen.append(asked.path)
        return Reply(200, b"<fvdl/>", {"content-type": "application/xml"})

    (document,) = documents(pull(answer, asset="bank"))
    assert seen == ["/base"]
    assert (document.content, document.asset) == (b"<fvdl/>", "bank")
    assert document.name == "https://reports.example/base"


def test_pages_follow_the_link_header_within_the_origin() -> None:
    asked_of: list[str] = []

    def answer(asked: Asked) -> Reply:
        number = int(asked.params.get("page", "1"))
        asked_of.append(asked.headers["accept"])
        more = f'</x?page={number + 1}>; rel="next last", </x?page=1>; rel=first'
        return Reply(200, page(number), {"link": more if number < 3 else '</x?page=1>; rel="prev"'})

    batches = pull(answer, paths=["/x"], next_link=True, accept="application/sarif+json")
    assert len(documents(batches)) == 3
    assert set(asked_of) == {"application/sarif+json"}
    assert batches[-1].coverage.pages == 3


@pytest.mark.parametrize("option", [{"next_link": True}, {"next_path": "next"}])
def test_a_link_to_another_origin_gets_no_credential(option: dict[str, Any]) -> None:
    asked_of: list[Asked] = []
    link = "https://elsewhere.example/x"

    def answer(asked: Asked) -> Reply:
        asked_of.append(asked)
        return Reply(200, page(1, next=link), {"link": f'<{link}>; rel="next"'})

    with pytest.raises(ProtocolError, match="another origin"):
        pull(answer, read=Credential(secrets.token_hex(8), "test"), **option)
    assert len(asked_of) == 1


def test_a_ring_of_pages_is_no_endless_sync() -> None:
    with pytest.raises(ProtocolError, match="in a ring"):
        pull(lambda _asked: Reply(200, page(1, next="/x?page=2")), next_path="next")


def test_too_many_pages_are_cut_and_told() -> None:
    def answer(asked: Asked) -> Reply:
        return Reply(200, page(1, next=int(asked.params.get("c", "0")) + 1))

    batches = pull(answer, next_path="next", next_param="c", max_pages=3)
    assert len(documents(batches)) == 3
    assert batches[-1].coverage.is_truncated
    again = pull(answer, batches[-1].cursor, next_path="next", next_param="c", max_pages=3)
    assert len(documents(again)) == 3  # nothing is taken for known that was not read to its end


def test_too_many_bytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "MAX_BYTES", 100)
    with pytest.raises(ProtocolError, match="more than 100 bytes"):
        pull(lambda _asked: Reply(200, page(1, pad="x" * 200)), next_path="next")


def test_an_unchanged_report_is_asked_for_by_its_etag() -> None:
    upstream = Etagged()
    first = pull(upstream.answer, session=upstream.session())
    again = pull(upstream.answer, first[-1].cursor, session=upstream.session())
    assert upstream.asked_with == ["", '"v1"']
    assert documents(again) == []
    assert again[-1].is_complete
    assert again[-1].cursor == first[-1].cursor


def test_an_unchanged_report_that_nobody_knows_is_read() -> None:
    upstream = Etagged()
    pull(upstream.answer, session=upstream.session())
    again = pull(upstream.answer, "", session=upstream.session())
    assert upstream.asked_with == ["", '"v1"', ""]
    assert len(documents(again)) == 1


def test_what_another_key_was_given_says_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    upstream = Etagged()
    headers = {"X-Api-Key": {"env": "REPORT_KEY"}}
    monkeypatch.setenv("REPORT_KEY", secrets.token_hex(8))
    first = pull(upstream.answer, headers=headers, session=upstream.session())
    monkeypatch.setenv("REPORT_KEY", secrets.token_hex(8))
    pull(upstream.answer, first[-1].cursor, headers=headers, session=upstream.session())
    assert upstream.asked_with == ["", ""]


def test_the_same_content_without_an_etag_is_not_handed_over_again() -> None:
    first = pull(lambda _asked: Reply(200, page(1)))
    assert documents(pull(lambda _asked: Reply(200, page(1)), first[-1].cursor)) == []
    assert len(documents(pull(lambda _asked: Reply(200, page(2)), first[-1].cursor))) == 1


def test_a_304_that_nobody_asked_for_is_nonsense() -> None:
    with pytest.raises(ProtocolError):
        pull(lambda _asked: Reply(304))


def test_one_changed_page_brings_all_of_its_path() -> None:
    def answer(extra: str) -> Answer:
        def reply(asked: Asked) -> Reply:
            is_last = "c" in asked.params
            return Reply(200, page(1, next=None if is_last else 1, extra=extra if is_last else ""))

        return reply

    given = {"next_path": "next", "next_param": "c"}
    first = pull(answer("a"), **given)
    assert documents(pull(answer("a"), first[-1].cursor, **given)) == []
    assert len(documents(pull(answer("b"), first[-1].cursor, **given))) == 2


def test_headers_come_by_reference_and_are_told_to_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    value = secrets.token_hex(16)
    monkeypatch.setenv("REPORT_KEY", value)
    seen: list[str] = []

    def answer(asked: Asked) -> Reply:
        seen.append(asked.headers["x-api-key"])
        return Reply(200, b"[]") if len(seen) == 1 else Reply(400, value.encode())

    headers = {"X-Api-Key": {"env": "REPORT_KEY"}}
    pull(answer, headers=headers)
    assert seen == [value]
    with pytest.raises(Exception, match="400") as caught:
        pull(answer, headers=headers)
    assert value not in repr(vars(caught.value)) + str(caught.value)


def test_a_redirect_on_the_origin_keeps_the_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORT_KEY", "k" * 12)

    def answer(asked: Asked) -> Reply:
        assert asked.headers["x-api-key"] == "k" * 12
        return (
            Reply(302, headers={"location": "/there"})
            if asked.path != "/there"
            else Reply(200, b"[]")
        )

    assert len(documents(pull(answer, headers={"X-Api-Key": {"env": "REPORT_KEY"}}))) == 1


def test_readings_of_our_own_are_read() -> None:
    reading = {"subject": "fraud", "metric": "auc", "value": 0.9, "at": "2026-03-02T11:00:00+00:00"}
    body = json.dumps({"schema": "riskcockpit.readings/1", "readings": [reading]}).encode()
    (batch, _) = pull(lambda _asked: Reply(200, body))
    assert isinstance(batch.items[0], Reading)


@pytest.mark.parametrize("value", [True, 1.5, [1], {"a": 1}])
def test_a_next_that_is_no_link_is_nonsense(value: object) -> None:
    with pytest.raises(ProtocolError, match="no link and no token"):
        pull(lambda _asked: Reply(200, page(1, next=value)), next_path="next")


def test_the_check_says_what_answers() -> None:
    with replayed(lambda _asked: Reply(200, b"[]", {"content-type": "application/json; x=y"})):
        made = WebConnector.build(SourceSpec("web", "https://reports.example"), FrozenClock(NOW))
        assert made.check() == "https://reports.example answers application/json, 2 bytes"
        made.close()


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"paths": []}, "paths is empty"),
        ({"paths": ["x"]}, r"paths\[0\]"),
        ({"paths": ["//elsewhere.example/x"]}, r"paths\[0\]"),
        ({"paths": ["/x#y"]}, r"paths\[0\]"),
        ({"paths": ["https://elsewhere.example/"]}, r"paths\[0\]"),
        ({"next_link": True, "next_path": "a"}, "exclude each other"),
        ({"next_param": "a"}, "needs options.next_path"),
        ({"max_pages": 0}, "max_pages"),
        ({"headers": {"Host": {"env": "X"}}}, "cannot be set"),
        ({"headers": {"A B": {"env": "X"}}}, "cannot be set"),
        ({"headers": {"X-Key": "in the clear"}}, "headers"),
        ({"headers": {"X-Key": {"env": "X", "username": "u"}}}, "no username"),
    ],
)
def test_settings_that_make_no_sense(options: dict[str, Any], fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        WebConnector.build(SourceSpec("web", "https://a.example", options), FrozenClock(NOW))


def test_two_values_for_authorization_are_refused() -> None:
    options = {"headers": {"Authorization": {"env": "X"}}}
    spec = SourceSpec("web", "https://a.example", options, Credential("x" * 8, "test"))
    with pytest.raises(ConfigError, match="comes from credential already"):
        WebConnector.build(spec, FrozenClock(NOW))
