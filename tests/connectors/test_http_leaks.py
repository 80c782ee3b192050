"""No credential leaves the origin: a redirect and a next-link to elsewhere, for each header."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.dialect import Dialect, Outgoing
from riskcockpit.connectors.http import HttpClient, replayed
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.errors import ProtocolError, SourceError

CLOCK = FrozenClock(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
URL = "https://upstream.example"
ELSEWHERE = "https://elsewhere.example/x"


def signed(outgoing: Outgoing, credential: Credential) -> Mapping[str, str]:
    """Sign as AWS does: three headers, none of which may leave."""
    assert outgoing.url.startswith(URL)
    return {
        "Authorization": f"AWS4 {credential.value}",
        "X-Amz-Security-Token": credential.value,
        "X-Amz-Date": "now",
    }


WAYS = {
    "bearer": (Dialect(), ""),
    "token": (Dialect(token_scheme="Token"), ""),
    "basic": (Dialect(), "ci"),
    "PRIVATE-TOKEN": (Dialect(token_header="PRIVATE-TOKEN"), ""),
    "X-Api-Key": (Dialect(token_header="X-Api-Key"), ""),
    "Proxy-Authorization": (Dialect(token_header="Proxy-Authorization"), ""),
    "Cookie": (Dialect(token_header="Cookie"), ""),
    "X-Amz-Security-Token": (Dialect(sign=signed), ""),
}


@dataclass
class Upstream:
    """Points elsewhere, by `header`; a stranger answers there."""

    header: str
    status: int
    asked: list[Asked] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        if asked.host != "upstream.example":
            return Reply(200, b"[1]")
        value = ELSEWHERE if self.header == "location" else f'<{ELSEWHERE}>; rel="next"'
        return Reply(self.status, b"[1]", {self.header: value})


def pages(http: HttpClient) -> object:
    return list(http.pages("/x", list[int]))


def get(http: HttpClient) -> object:
    return http.get("/x")


def query(http: HttpClient) -> object:
    return http.query_json("/x", list[int], {"q": "1"})


def write(http: HttpClient) -> object:
    return http.write("POST", "/x", {})


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("header", "status", "ask"),
    [
        ("link", 200, pages),
        *(("location", status, get) for status in (301, 302, 303, 307, 308)),
        ("location", 302, pages),
        ("location", 307, query),
        ("location", 307, write),
    ],
)
def test_a_pointer_to_another_origin_is_not_followed_at_all(
    way: str, header: str, status: int, ask: Callable[[HttpClient], object]
) -> None:
    dialect, username = WAYS[way]
    secret = secrets.token_hex(16)
    upstream = Upstream(header, status)
    with replayed(upstream):
        http = HttpClient(
            "scm", URL, CLOCK, Credential(secret, "env T", username=username), dialect=dialect
        )
        with pytest.raises(ProtocolError) as caught:
            ask(http)
        http.close()
    assert {asked.host for asked in upstream.asked} == {"upstream.example"}
    assert secret not in f"{caught.value} {caught.value.hint} {caught.value.detail}"
    sent = {name for name, value in upstream.asked[0].headers.items() if secret in value}
    assert sent or username, "the credential was sent to its own origin"


@pytest.mark.parametrize("way", WAYS)
def test_a_file_in_blob_storage_is_asked_for_without_any_credential(way: str) -> None:
    dialect, username = WAYS[way]
    secret = secrets.token_hex(16)
    upstream = Upstream("location", 302)
    headers = {"X-Tenant": "of the bank"}
    spoken = Dialect(headers, dialect.token_header, dialect.token_scheme, sign=dialect.sign)
    with replayed(upstream):
        http = HttpClient(
            "scm", URL, CLOCK, Credential(secret, "env T", username=username), dialect=spoken
        )
        assert http.get_blob("/log").body == b"[1]"
        http.close()
    there = upstream.asked[1]
    assert there.host == "elsewhere.example"
    assert not any(secret in value for value in there.headers.values())
    known = {"host", "accept", "accept-encoding", "connection", "user-agent"}
    assert set(there.headers) == known, "nor anything else that was ours"


def test_a_file_behind_an_unencrypted_redirect_is_refused() -> None:
    def answer(asked: Asked) -> Reply:
        assert asked.host == "upstream.example"
        return Reply(302, headers={"location": "http://elsewhere.example/x"})

    with replayed(answer):
        http = HttpClient("scm", URL, CLOCK)
        with pytest.raises(ProtocolError, match="no file is fetched"):
            http.get_blob("/log")


def test_pages_that_run_in_a_circle_end() -> None:
    asked: list[Asked] = []

    def answer(one: Asked) -> Reply:
        asked.append(one)
        return Reply(200, b"[]", {"link": '</x?page=2>; rel="next"'})

    with replayed(answer):
        http = HttpClient("scm", URL, CLOCK)
        with pytest.raises(ProtocolError, match="in a circle"):
            list(http.pages("/x", list[int]))
    assert len(asked) == 2


def test_what_looks_like_a_secret_in_the_path_is_in_no_message() -> None:
    token = "gh" + "p_" + secrets.token_hex(18)
    with replayed(lambda _: Reply(404)), pytest.raises(SourceError) as caught:
        HttpClient("gate", f"{URL}/hooks/{token}", CLOCK).get("/reports")
    assert token not in caught.value.message
    assert f"{URL}/hooks/***/reports answered 404" in caught.value.message
