"""The HTTP module: what is repeated, what never is, what leaves the origin, what each fault is."""

from __future__ import annotations

import gzip
import http.server
import logging
import secrets
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.dialect import Dialect
from riskcockpit.connectors.endpoint import parse_endpoint
from riskcockpit.connectors.http import HttpClient, replayed
from riskcockpit.connectors.pace import Limits, Pace
from riskcockpit.connectors.reply import Asked, NotSentError, Reply, StatusError
from riskcockpit.connectors.session import Session
from riskcockpit.connectors.validators import Validators
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.errors import (
    AuthenticationError,
    ConfigError,
    ForbiddenError,
    ProtocolError,
    RateLimitedError,
    UnavailableError,
)

CLOCK = FrozenClock(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
URL = "https://upstream.example"


@dataclass
class Upstream:
    """Answers with the replies it is given, the last for ever, and remembers what was asked."""

    replies: list[Reply | type[Exception]]
    asked: list[Asked] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        reply = self.replies[min(len(self.asked), len(self.replies)) - 1]
        if isinstance(reply, type):
            raise reply
        return reply


@dataclass
class FakeTime:
    """A monotonic clock on which only sleeping takes time."""

    seconds: float = 0.0
    naps: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.seconds += seconds

    def pace(self, chance: float = 1.0) -> Pace:
        return Pace(monotonic=lambda: self.seconds, sleep=self.sleep, chance=lambda: chance)


@contextmanager
def client(
    upstream: Callable[[Asked], Reply],
    *,
    url: str = URL,
    pace: Pace | None = None,
    credential: Credential | None = None,
    limits: Limits | None = None,
) -> Iterator[HttpClient]:
    with replayed(upstream, pace):
        made = HttpClient("registry", url, CLOCK, credential, limits or Limits())
        yield made
        made.close()


@pytest.mark.parametrize(
    "fault",
    [Reply(429), Reply(500), Reply(502), Reply(503), Reply(504), TimeoutError, ConnectionError],
)
def test_a_read_is_repeated_when_that_can_help(fault: Reply | type[Exception]) -> None:
    upstream = Upstream([fault, fault, Reply(200, b"{}")])
    with client(upstream) as http:
        assert http.get_json("/x", dict[str, str]) == {}
    assert len(upstream.asked) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 501])
def test_a_read_is_not_repeated_when_that_cannot_help(status: int) -> None:
    upstream = Upstream([Reply(status)])
    with client(upstream) as http, pytest.raises(Exception, match=f"answered {status}"):
        http.get("/x")
    assert len(upstream.asked) == 1


@pytest.mark.parametrize(
    "fault", [Reply(429), Reply(503), Reply(500), TimeoutError, ConnectionError]
)
def test_a_write_is_never_repeated(fault: Reply | type[Exception]) -> None:
    upstream = Upstream([fault])
    with client(upstream) as http, pytest.raises((UnavailableError, RateLimitedError)):
        http.write("POST", "/x", {"a": "b"})
    assert len(upstream.asked) == 1


def test_a_write_that_never_left_is_told_from_one_that_may_have_arrived() -> None:
    with client(Upstream([ConnectionError])) as http, pytest.raises(NotSentError):
        http.write("POST", "/x", {})
    with client(Upstream([TimeoutError])) as http, pytest.raises(UnavailableError) as caught:
        http.write("POST", "/x", {})
    assert not isinstance(caught.value, NotSentError)


def test_waiting_grows_with_full_jitter_and_obeys_retry_after() -> None:
    time = FakeTime()
    refusals: list[Reply | type[Exception]] = [
        Reply(503),
        Reply(503, headers={"retry-after": "7"}),
        Reply(503),
        Reply(200),
    ]
    with client(Upstream(refusals), pace=time.pace(chance=0.5)) as http:
        http.get("/x")
    assert time.naps == [0.25, 7.0, 1.0]


def test_waiting_never_goes_beyond_the_budget() -> None:
    time = FakeTime()
    upstream = Upstream([Reply(429, headers={"retry-after": "3600"})])
    with client(upstream, pace=time.pace()) as http, pytest.raises(RateLimitedError) as caught:
        http.get("/x")
    assert (time.naps, caught.value.retry_after_seconds) == ([], 3600)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 60),
        ({"retry-after": "5"}, 5),
        ({"retry-after": "Mon, 02 Mar 2026 12:00:30 GMT"}, 30),
        ({"retry-after": "Mon, 02 Mar 2020 12:00:30 GMT"}, 0),
        ({"retry-after": "99999999"}, 3600),
        ({"retry-after": "-5"}, 60),
        ({"retry-after": "soon"}, 60),
        (
            {
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": str(int(CLOCK.at.timestamp()) + 90),
            },
            90,
        ),
        ({"ratelimit-reset": "20"}, 20),
        ({"x-ratelimit-remaining": "12", "x-ratelimit-reset": "20"}, 60),
    ],
)
def test_how_long_a_source_asks_to_wait(headers: dict[str, str], seconds: float) -> None:
    error = Reply(429, headers=headers).wait_seconds(CLOCK.now())
    assert (60 if error is None else error) == seconds


def test_a_403_with_a_rate_limit_header_is_a_rate_limit() -> None:
    limited = Reply(403, headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": "20"})
    with client(Upstream([limited])) as http, pytest.raises(RateLimitedError):
        http.get("/x")
    with client(Upstream([Reply(403)])) as http, pytest.raises(ForbiddenError):
        http.get("/x")


def test_redirects_on_the_origin_are_followed_with_the_credential() -> None:
    token = secrets.token_hex(16)
    upstream = Upstream([Reply(302, headers={"location": "/y?z=1"}), Reply(200, b"[1]")])
    with client(upstream, credential=Credential(token, "env T")) as http:
        assert http.get_json("/x", list[int]) == [1]
    last = upstream.asked[1]
    assert (last.path, last.params) == ("/y", {"z": "1"})
    assert last.headers["authorization"] == f"Bearer {token}"


@pytest.mark.parametrize(
    "location",
    [
        "https://elsewhere.example/x",
        "http://upstream.example/x",
        "https://upstream.example:8443/x",
        "//elsewhere.example/x",
        "https://upstream.example@elsewhere.example/",
        "https://user@upstream.example/",
        "ftp://upstream.example/x",
        "https://upstream.example:99999/",
    ],
)
def test_nothing_that_a_server_says_leads_off_the_origin(location: str) -> None:
    upstream = Upstream([Reply(302, headers={"location": location})])
    with client(upstream) as http:
        with pytest.raises(ProtocolError):
            http.get("/x")
        with pytest.raises(ProtocolError):
            http.get_link(location)
    assert len(upstream.asked) == 1


def test_a_next_link_on_the_origin_is_read() -> None:
    upstream = Upstream([Reply(200, b"[]")])
    with client(upstream) as http:
        http.get_link(f"{URL}/items?page=2")
    assert (upstream.asked[0].path, upstream.asked[0].params) == ("/items", {"page": "2"})


def test_each_page_is_asked_with_what_always_holds_whatever_its_link_says() -> None:
    links = ["/items?page=2&hide=false", f"{URL}/items?page=3"]
    upstream = Upstream([
        *(Reply(200, b"[]", {"link": f'<{link}>; rel="next"'}) for link in links),
        Reply(200, b"[]"),
    ])  # fmt: skip
    with client(upstream) as http:
        pages = list(http.pages("/items", list[int], {"hide": "no"}, always={"hide": "true"}))
    assert [page.has_more for page in pages] == [True, True, False]
    assert [asked.params for asked in upstream.asked] == [
        {"hide": "true"}, {"page": "2", "hide": "true"}, {"page": "3", "hide": "true"},
    ]  # fmt: skip


def test_a_redirect_loop_ends() -> None:
    upstream = Upstream([Reply(302, headers={"location": "/x"})])
    with client(upstream) as http, pytest.raises(ProtocolError, match="more than 5 times"):
        http.get("/x")
    assert len(upstream.asked) == 6


def test_a_write_follows_no_redirect() -> None:
    upstream = Upstream([Reply(307, headers={"location": "/y"})])
    with client(upstream) as http, pytest.raises(ProtocolError):
        http.write("POST", "/x", {})
    assert len(upstream.asked) == 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "registry",
        "ftp://upstream.example",
        "https://",
        "https://upstream.example/?a=b",
        "https://upstream.example/#a",
        "https://upstream.example:99999",
        "https://upstream.example/a b",
        "http://upstream.example",
        "http://10.0.0.1:5000",
        "http://127.0.0.1.example.com",
    ],
)
def test_a_url_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match='source "registry"'):
        parse_endpoint(url, "registry")


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    word = secrets.token_hex(8)
    with pytest.raises(ConfigError) as caught:
        parse_endpoint(f"https://user:{word}@upstream.example", "registry")
    assert word not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:5000", "http://localhost:1", "http://[::1]:5000/x"]
)
def test_http_is_for_this_computer(url: str) -> None:
    assert parse_endpoint(url, "registry").is_loopback


def test_a_path_prefix_is_kept() -> None:
    upstream = Upstream([Reply(200)])
    with client(upstream, url=f"{URL}/mlflow/") as http:
        http.get("/api")
    assert upstream.asked[0].path == "/mlflow/api"


def test_a_reply_beyond_the_limit_is_refused() -> None:
    upstream = Upstream([Reply(200, b"x" * 101)])
    with (
        client(upstream, limits=Limits(max_bytes=100)) as http,
        pytest.raises(ProtocolError, match="more than 100 bytes"),
    ):
        http.get("/x")


GZIP = {"content-encoding": "gzip"}


def test_a_packed_reply_is_unpacked() -> None:
    upstream = Upstream([Reply(200, gzip.compress(b'{"a": "b"}', mtime=0), GZIP)])
    with client(upstream) as http:
        assert http.get_json("/x", dict[str, str]) == {"a": "b"}
    assert upstream.asked[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("encoding", "body", "why"),
    [
        ("gzip, gzip", gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0), "not asked for"),
        ("br", b"{}", "not asked for"),
        ("gzip", b"{}", "do not decompress"),
        ("gzip", gzip.compress(b"{}", mtime=0)[:-9], "cut off"),
    ],
)
def test_a_reply_that_is_packed_in_another_way_is_refused(
    encoding: str, body: bytes, why: str
) -> None:
    upstream = Upstream([Reply(200, body, {"content-encoding": encoding})])
    with client(upstream) as http, pytest.raises(ProtocolError, match=why):
        http.get("/x")


def test_a_packed_reply_is_never_unpacked_beyond_the_limit() -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024), mtime=0)
    tracemalloc.start()
    try:
        with (
            client(Upstream([Reply(200, bomb, GZIP)]), limits=Limits(max_bytes=1000)) as http,
            pytest.raises(ProtocolError, match="more than 1000 bytes"),
        ):
            http.get("/x")
        assert tracemalloc.get_traced_memory()[1] < 8 * 1024 * 1024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"<!doctype html><h1>Log in</h1>", "HTML where JSON"),
        (b"", "nothing where JSON"),
        (b'{"a": "b', "truncated JSON"),
        (b"all is well", "not JSON"),
        (b'{"a": 1}', "JSON of another shape"),
        (b"[" * 100_000, "JSON"),
        (b'{"a": "\xff"}', "not JSON"),
    ],
)
def test_a_reply_that_is_not_what_was_asked_for_is_named(body: bytes, what: str) -> None:
    with (
        client(Upstream([Reply(200, body)])) as http,
        pytest.raises(ProtocolError, match=what) as caught,
    ):
        http.get_json("/x", dict[str, str])
    assert len(caught.value.message) < 300


def test_a_quote_is_short_one_line_and_harmless() -> None:
    body = b"<script>alert(1)</script><h1>Bad\n\x1b]52;c;evil\x07 Gateway</h1>" + b"y" * 500
    with client(Upstream([Reply(502, body)])) as http, pytest.raises(UnavailableError) as caught:
        http.get("/x")
    message = caught.value.message
    assert "Bad" in message
    assert message.isprintable()
    assert "alert" not in message
    assert len(message) < 250


def test_an_error_in_json_is_quoted_by_its_words() -> None:
    body = b'{"error_code": "X", "message": "no such model"}'
    with client(Upstream([Reply(404, body)])) as http, pytest.raises(StatusError) as caught:
        http.get("/x")
    assert caught.value.message.endswith('answered 404: "no such model"')
    assert caught.value.status == 404


def test_the_query_of_a_request_is_in_no_message_and_no_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    word = secrets.token_hex(8)
    with client(Upstream([Reply(400)])) as http, pytest.raises(StatusError) as caught:
        http.get("/x", {"q": word})
    assert word not in str(caught.value)
    assert word not in caplog.text


def test_a_log_line_says_who_was_asked_what_and_how_it_went(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "riskcockpit.http")
    with client(Upstream([Reply(200)])) as http:
        http.get("/x")
    fields = vars(caplog.records[0])
    assert [fields[name] for name in ("method", "origin", "path", "status")] == [
        "GET", URL, "/x", 200,
    ]  # fmt: skip


def test_basic_authentication_needs_a_user_name() -> None:
    upstream = Upstream([Reply(200)])
    with client(upstream, credential=Credential("pä55", "env P", username="ci")) as http:
        http.get("/x")
    assert upstream.asked[0].headers["authorization"].startswith("Basic ")
    with pytest.raises(ConfigError, match="cannot stand in a header"):
        HttpClient("registry", URL, CLOCK, Credential("pä55", "env P"))


def test_after_a_401_the_credential_is_renewed_once() -> None:
    fresh = Credential("fresh-token", "exec gh")
    stale = Credential("stale-token", "exec gh", renew=lambda: fresh)
    upstream = Upstream([Reply(401), Reply(200)])
    with client(upstream, credential=stale) as http:
        http.get("/x")
    assert [asked.headers["authorization"] for asked in upstream.asked] == [
        "Bearer stale-token", "Bearer fresh-token",
    ]  # fmt: skip
    upstream = Upstream([Reply(401)])
    with client(upstream, credential=stale) as http, pytest.raises(AuthenticationError):
        http.get("/x")
    assert len(upstream.asked) == 2


class _Truncating(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"{")

    def log_message(self, *_: object) -> None:
        pass


def test_over_a_real_socket_a_proxy_of_the_environment_is_not_used_for_this_computer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And an answer that breaks off is retryable, unlike one that is whole and wrong."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Truncating)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        made = HttpClient("registry", url, CLOCK, limits=Limits(attempts=1))
        with pytest.raises(UnavailableError, match="broke off"):
            made.get("/x")
        made.close()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_nobody_listening_is_unreachable() -> None:
    made = HttpClient("registry", "http://127.0.0.1:9", CLOCK, limits=Limits(attempts=1))
    with pytest.raises(NotSentError, match="cannot reach"):
        made.get("/x")
    made.close()


# Conditional reads, and files that lie elsewhere -------------------------------------------------


def unreachable(url: str) -> str:
    """Return why one request to `url` found nobody."""
    http = HttpClient("s", url, CLOCK, limits=Limits(connect_seconds=2, attempts=1))
    with pytest.raises(NotSentError) as caught:
        http.write("POST", "/x", {})
    http.close()
    return f"{caught.value.message} ({caught.value.hint})"


def test_who_cannot_be_reached_is_told_with_the_reason_and_the_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert unreachable(f"http://127.0.0.1:{port}") == (
        f'source "s": cannot reach http://127.0.0.1:{port}: the connection was refused'
        " (check the url and the network)"
    )
    password = secrets.token_hex(8)
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:{password}@127.0.0.1:{port}/")
    assert unreachable(URL) == (
        f'source "s": cannot reach {URL} through the proxy 127.0.0.1:{port}: the connection was'
        " refused (check the proxy and the network)"
    )
    monkeypatch.delenv("HTTPS_PROXY")

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert f"cannot reach {URL}: the name of the host is not known" in unreachable(URL)


def test_a_proxy_that_refuses_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:  # noqa: N802 - as http.server calls it
            self.send_error(407, "Who are you\x1b[2J")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.handle_request, daemon=True).start()
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.server_port}")
    told = unreachable(URL)
    server.server_close()
    assert "the proxy says 407 Who are you\ufffd[2J" in told


def test_a_304_is_an_answer_only_to_who_asked_for_one() -> None:
    upstream = Upstream([Reply(304)])
    with replayed(upstream):
        known = Validators()
        session = Session(validators=known, key=b"k" * 32)
        dialect = Dialect(headers={"X-Version": "7"})
        scope = session.fingerprint(None, dialect.headers)
        known.note(f"{URL}/x?a=1", scope, 200, {"etag": 'W/"e"'})
        session = replace(session, validators=Validators(known.kept()))
        client = HttpClient("s", URL, CLOCK, dialect=dialect, session=session)
        assert client.get("/x", {"a": 1}, conditional=True).is_unchanged
        for is_conditional in (True, False):
            with pytest.raises(ProtocolError):
                client.get("/x", conditional=is_conditional)
    assert [a.headers.get("if-none-match") for a in upstream.asked] == ['W/"e"', None, None]
    assert {asked.headers["x-version"] for asked in upstream.asked} == {"7"}


def test_no_credential_and_no_header_of_ours_goes_to_where_a_file_lies() -> None:
    secret = secrets.token_hex(16)
    away = Reply(302, headers={"location": "https://storage.example/f?signature=1"})
    upstream = Upstream([away, Reply(200, b"zip")])
    with replayed(upstream):
        read = Credential(secret, "env X")
        client = HttpClient("s", URL, CLOCK, read, dialect=Dialect(headers={"X-Version": "7"}))
        assert client.get_blob("/f").body == b"zip"
    first, second = upstream.asked
    assert secret in first.headers["authorization"]
    assert second.headers["host"] == "storage.example"
    assert not {"authorization", "x-version", "cookie"} & second.headers.keys()
    assert secret not in str(dict(second.headers))


@pytest.mark.parametrize(
    "location",
    [
        "http://storage.example/f", "https://127.0.0.1/f", "http://localhost:9200/x", "ftp://s/f",
        "https://user@storage.example/f", "", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_a_file_is_fetched_from_no_place_that_is_unsafe(location: str) -> None:
    upstream = Upstream([Reply(302, headers={"location": location})])
    with replayed(upstream), pytest.raises(ProtocolError):
        HttpClient("s", URL, CLOCK).get_blob("/f")
    assert len(upstream.asked) == 1


def test_a_file_is_followed_to_one_other_host_only() -> None:
    away = [Reply(302, headers={"location": f"https://{n}.example/f"}) for n in ("one", "two")]
    upstream = Upstream([*away])
    with replayed(upstream), pytest.raises(ProtocolError):
        HttpClient("s", URL, CLOCK).get_blob("/f")
    assert len(upstream.asked) == 2


def test_a_dialect_may_say_what_an_answer_means() -> None:
    """Some tell of their limits under a status that says something else."""

    def heard(reply: Reply) -> Reply:
        return replace(reply, status=429) if reply.body == b"slow down" else reply

    upstream = Upstream([Reply(400, b"slow down"), Reply(200, b"{}")])
    with replayed(upstream):
        http = HttpClient("registry", URL, CLOCK, dialect=Dialect(heard=heard))
        assert http.query_json("/x", dict[str, str], body={}) == {}
        upstream.replies = [Reply(400, b"slow down")]
        with pytest.raises(RateLimitedError):
            http.write("POST", "/x", {})
        http.close()
    assert len(upstream.asked) == 3, "a write is not repeated whatever it means"


def test_a_question_and_a_write_may_say_what_their_json_is() -> None:
    upstream = Upstream([Reply(200, b"{}")])
    with client(upstream) as http:
        for headers in ({"Content-Type": "application/x-amz-json-1.1", "X-Target": "a"}, None):
            http.query_json("/x", dict[str, str], body={}, headers=headers)
            http.write("POST", "/x", {}, headers=headers)
    kinds = [asked.headers["content-type"] for asked in upstream.asked]
    assert kinds == ["application/x-amz-json-1.1"] * 2 + ["application/json"] * 2
    assert [asked.headers.get("x-target") for asked in upstream.asked] == ["a", "a", None, None]
