"""Report files in buckets: named as those of this computer, read once, nothing else touched."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qsl, quote_plus, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest

from riskcockpit.connectors.amazon import buckets as pages
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.contract import HttpConnectorContract
from riskcockpit.connectors.files import objects
from riskcockpit.connectors.files.connector import FilesConnector
from riskcockpit.connectors.http import replayed
from riskcockpit.connectors.listing import list_files
from riskcockpit.connectors.reply import Asked, Reply, StatusError
from riskcockpit.domain.batch import Batch, Document
from riskcockpit.errors import (
    AuthenticationError,
    ConfigError,
    ForbiddenError,
    RateLimitedError,
    UnavailableError,
)
from support.aws_office import CLOCK
from support.aws_signatures import examine
from support.aws_sim import AwsSim
from support.moto_server import REGION, Moto, running_moto
from support.sim_server import serving
from support.simulated import SimReply

NAMES = (
    "payments/bandit.sarif", "payments/deep/trivy.json", "lending/bandit.sarif", "loose.sarif",
    "payments/.hidden/x.json", "payments/readme.txt", "lending/a b+c/ü &<.json", "CODEOWNERS",
    "payments-old/x.json",
)  # fmt: skip
AT = "2026-02-01T10:00:00.000Z"


class Store:
    """A bucket, listed two by two."""

    def __init__(self, *names: str) -> None:
        self.content = {name: name.encode() for name in sorted(names)}
        self.tags: dict[str, str] = {}
        self.read: list[str] = []
        self.refused: dict[str, tuple[str, int]] = {}

    def answer(self, asked: Asked) -> Reply:
        """Answer a listing or the content of one object."""
        bucket, _, key = asked.path.removeprefix("/").partition("/")
        assert bucket == "bank"
        if key:
            self.read.append(key)
            if key in self.refused:
                code, status = self.refused[key]
                return Reply(status, f"<Error><Code>{code}</Code></Error>".encode())
            return Reply(200, self.content[key], {"etag": self.etag(key)})
        prefix, after = asked.params["prefix"], asked.params.get("continuation-token", "")
        names = [n for n in self.content if n.startswith(prefix) and n > after]
        shown = "".join(
            f"<Contents><Key>{quote_plus(name, safe='/')}</Key>"
            f"<LastModified>{AT}</LastModified><ETag>{self.etag(name)}</ETag>"
            f"<Size>{len(self.content[name])}</Size></Contents>"
            for name in names[:2]
        )
        more = len(names) > 2
        token = f"<NextContinuationToken>{escape(names[1])}</NextContinuationToken>" if more else ""
        space = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
        text = f"<ListBucketResult {space}>{shown}{token}<IsTruncated>{str(more).lower()}"
        return Reply(200, f"{text}</IsTruncated></ListBucketResult>".encode())

    def etag(self, name: str) -> str:
        """Return what changes with an object."""
        return self.tags.get(name, f'"{len(self.content[name])}"')


def build(*paths: str, url: str = "https://store.example", **options: Any) -> FilesConnector:
    given = {"paths": list(paths), "region": REGION, **options}
    spec = SourceSpec("reports", url, given, read=AwsSim().credential)
    return FilesConnector.build(spec, CLOCK)


def pull(store: Store, *paths: str, cursor: str = "", **options: Any) -> list[Batch]:
    with replayed(store.answer):
        connector = build(*paths, **options)
        try:
            return list(connector.pull(cursor, CLOCK.now()))
        finally:
            connector.close()


def documents(batches: list[Batch]) -> list[Document]:
    return [item for batch in batches for item in batch.items if isinstance(item, Document)]


def keys(batches: list[Batch]) -> list[str]:
    return [document.name.removeprefix("s3://bank/") for document in documents(batches)]


class TestBucket(HttpConnectorContract):
    connector = FilesConnector
    options: Mapping[str, Any] = {"paths": ["s3://bank"], "region": REGION}
    expected_items = 7

    def spec(self, **changes: Any) -> SourceSpec:
        """Let somebody ask, with the secret that a test gives."""
        read = changes.pop("read", None) or AwsSim().credential
        return super().spec(read=type(read)(read.value, read.source, username="AKIA"), **changes)

    def answer(self, asked: Asked) -> Reply:
        return Store(*NAMES).answer(asked)


# Names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern",
    ["", "payments", "payments/", "payments/bandit.sarif", "*", "*.sarif", "*/*.sarif",
     "**/*.json", "**/*", "payments/**/*.json", "payments/**", "**", "[lp]*/bandit.s?rif",
     "*/deep/*", "**/**/x*",
     "**x/*.json", "a/**b", "pay*/**/trivy.json", "lending/*/*", "none", "none/*", "CODEOWNERS"],
)  # fmt: skip
def test_paths_and_patterns_mean_what_they_mean_on_this_computer(
    pattern: str, tmp_path: Path
) -> None:
    for name in NAMES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    here = list_files([f"{tmp_path}/{pattern}"], None)
    wanted = {
        found.path.relative_to(tmp_path).as_posix(): found.below_root.as_posix()
        for found in here.files
    }
    named_by = objects.ObjectPath.of(f"s3://bank/{pattern}")
    assert named_by is not None
    named = [name for name in NAMES if named_by.names(name)]
    roots = {
        name: PurePosixPath(*name.split("/")[named_by.root(name) :]).as_posix() for name in named
    }
    assert roots == wanted
    assert all(name.startswith(named_by.prefix) for name in named)


@pytest.mark.parametrize(
    ("paths", "options", "why"),
    [
        (("s3://bank/x", "/srv/reports"), {}, "names no bucket"),
        (("s3://x/../../y",), {}, "names no bucket"),
        (("s3://Bank_/x",), {}, "names no bucket"),
        (("s3://a..b/x",), {}, "names no bucket"),
        (("s3://bank/x",), {"region": ""}, "options.region"),
        (("s3://bank/x",), {"profile": "audit"}, "a credential, too"),
        (("s3://bank/x",), {"url": "/srv"}, "not an http"),
        (("s3://bank/x",), {"url": "http://store.example"}, "not encrypted"),
    ],
)
def test_paths_that_cannot_be_meant_are_refused(
    paths: tuple[str, ...], options: dict[str, Any], why: str
) -> None:
    with pytest.raises(ConfigError, match=why):
        build(*paths, **options)


def test_without_a_url_the_bucket_is_asked_for_in_its_region() -> None:
    store, hosts = Store(*NAMES), set()

    def answer(asked: Asked) -> Reply:
        hosts.add(asked.host)
        return store.answer(asked)

    with replayed(answer):
        list(build("s3://bank", url="").pull("", CLOCK.now()))
    assert hosts == {"s3.eu-central-1.amazonaws.com"}


def test_names_that_lead_elsewhere_are_left_out_and_told() -> None:
    store = Store("a/../../b.json", "a//c.json", "./d.json", "e.json")
    batches = pull(store, "s3://bank/**/*.json", "s3://bank")
    assert keys(batches) == ["e.json"]
    assert store.read == ["e.json"]
    assert batches[-1].coverage.is_truncated


# Changes -------------------------------------------------------------------------------------


def test_what_is_unchanged_is_not_read_again() -> None:
    store = Store(*NAMES)
    first = pull(store, "s3://bank")
    assert len(keys(first)) == 7
    store.read.clear()
    store.content["loose.sarif"] = b"of another length"
    store.content["payments/bandit.sarif"] = b"other"
    second = pull(store, "s3://bank", cursor=first[-1].cursor)
    assert keys(second) == ["loose.sarif", "payments/bandit.sarif"]
    assert store.read == keys(second)
    third = pull(store, "s3://bank", cursor=second[-1].cursor)
    assert (keys(third), third[-1].cursor) == ([], second[-1].cursor)


def test_what_was_only_written_again_is_not_handed_over() -> None:
    store = Store("x.json")
    cursor = pull(store, "s3://bank")[-1].cursor
    store.tags["x.json"] = '"again"'
    assert keys(pull(store, "s3://bank", cursor=cursor)) == []


def test_a_sync_that_has_enough_leaves_the_rest_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(objects, "MOST_READ", 3)
    store = Store(*NAMES)
    cursor, seen = "", []
    for count, left in ((3, 4), (3, 1), (1, 0)):
        batches = pull(store, "s3://bank", cursor=cursor)
        cursor = batches[-1].cursor
        seen += keys(batches)
        coverage = batches[-1].coverage
        assert len(keys(batches)) == count
        assert (coverage.is_truncated, f"{left} more are left" in coverage.note) == (
            left > 0,
            left > 0,
        )
    assert len(set(seen)) == 7


def test_what_waits_for_the_next_sync_is_known_by_its_content_still(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = Store("a.json", "b.json")
    cursor = pull(store, "s3://bank")[-1].cursor
    store.tags = {"a.json": '"again"', "b.json": '"again"'}
    monkeypatch.setattr(objects, "MOST_READ", 1)
    second = pull(store, "s3://bank", cursor=cursor)
    third = pull(store, "s3://bank", cursor=second[-1].cursor)
    assert store.read == ["a.json", "b.json", "a.json", "b.json"]
    assert keys(second) + keys(third) == []


def test_size_and_number_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "MAX_BYTES", 12)
    batches = pull(Store("small.json", "much-too-large.json"), "s3://bank")
    assert keys(batches) == ["small.json"]
    assert "much-too-large.json: left out: larger than 12 bytes" in batches[-1].coverage.note
    monkeypatch.setattr(objects, "MOST_LISTED", 2)
    batches = pull(Store("a.json", "b.json", "c.json"), "s3://bank")
    assert len(keys(batches)) == 2
    assert batches[-1].coverage.is_truncated
    assert "1 beyond the first 2" in batches[-1].coverage.note


# Faults --------------------------------------------------------------------------------------


def test_an_object_that_may_not_be_read_is_told_and_stops_no_other() -> None:
    store = Store("a.json", "b.json", "c.json")
    store.refused = {"a.json": ("AccessDenied", 403), "b.json": ("NoSuchKey", 404)}
    batches = pull(store, "s3://bank")
    assert keys(batches) == ["c.json"]
    coverage = batches[-1].coverage
    assert "a.json: left out: it may not be read" in coverage.note
    assert "b.json" not in coverage.note, "it was deleted meanwhile"
    assert coverage.is_truncated


@pytest.mark.parametrize(
    ("code", "status", "family"),
    [
        ("AccessDenied", 403, ForbiddenError),
        ("InvalidAccessKeyId", 403, AuthenticationError),
        ("SignatureDoesNotMatch", 403, AuthenticationError),
        ("NoSuchBucket", 404, StatusError),
        ("SlowDown", 503, RateLimitedError),
    ],
)
def test_a_bucket_that_refuses_is_a_failure(
    code: str, status: int, family: type[Exception]
) -> None:
    body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
    with replayed(lambda _asked: Reply(status, body)), pytest.raises(family, match=code):
        list(build("s3://bank").pull("", CLOCK.now()))


def test_a_bucket_of_another_region_says_so() -> None:
    moved = Reply(301, b"", {"x-amz-bucket-region": "eu-west-1"})
    with replayed(lambda _asked: moved), pytest.raises(StatusError, match="it is in eu-west-1"):
        list(build("s3://bank").pull("", CLOCK.now()))


def test_entities_in_a_listing_are_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "b">]><ListBucketResult>&a;</ListBucketResult>'
    with replayed(lambda _asked: Reply(200, bomb)), pytest.raises(Exception, match="no XML"):
        list(build("s3://bank").pull("", CLOCK.now()))


def test_a_path_that_names_nothing_fails_unless_it_may() -> None:
    store = Store("a.json")
    with pytest.raises(UnavailableError, match="s3://bank/none"):
        pull(store, "s3://bank/none")
    assert keys(pull(store, "s3://bank/none", "s3://bank", optional=True)) == ["a.json"]


def test_files_of_this_computer_load_no_http() -> None:
    program = (
        "import sys; from riskcockpit.connectors.files.connector import FilesConnector;"
        "print([m for m in ('httpx', 'botocore') if m in sys.modules])"
    )
    argv = [sys.executable, "-c", program]
    assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip() == "[]"


class Signed:
    """The store behind a socket, which takes no request that is not signed for what it is."""

    base, slow_seconds = "", 0.0

    def __init__(self, store: Store, secret: str) -> None:
        self._store = store
        self._secret = secret
        self.taken = 0

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], content: bytes
    ) -> SimReply:
        """Check the signature over the bytes that came, then answer."""
        seen = examine(method, target, headers, content, self._secret)
        if seen is None or not seen.is_good:
            return SimReply(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        self.taken += 1
        parts = urlsplit(target)
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        made = self._store.answer(Asked(method, unquote(parts.path), params, headers, content))
        return SimReply(made.status, made.body, dict(made.headers))


def test_odd_names_are_signed_as_they_are_sent() -> None:
    odd = ("a b+c/ü &<.json", "x/%41.json", "x/?#=&.json", "x/~!*'();:@$,[].json", "日本/é.json")
    keys_ = AwsSim().credential
    signed = Signed(Store(*odd), keys_.value)
    with serving(signed) as url:
        options = {"paths": ["s3://bank/**/*.json"], "region": REGION}
        spec = SourceSpec("reports", url, options, read=keys_)
        connector = FilesConnector.build(spec, CLOCK)
        found = documents(list(connector.pull("", CLOCK.now())))
        connector.close()
    assert {document.content.decode() for document in found} == set(odd)
    assert signed.taken == 3 + len(odd)


# A store of others ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    with running_moto(tmp_path_factory.mktemp("moto")) as server:
        yield server


def test_it_reads_what_boto3_wrote(moto: Moto, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_PAGE", 3)
    s3 = moto.client("s3")
    place = {"LocationConstraint": REGION}
    s3.create_bucket(Bucket="bank-reports", CreateBucketConfiguration=place)
    for name in NAMES:
        s3.put_object(Bucket="bank-reports", Key=f"ci/{name}", Body=name.encode())

    def read(cursor: str) -> list[Batch]:
        options = {"paths": ["s3://bank-reports/ci/**/*.*"], "region": REGION,
                   "asset_from": "directory"}  # fmt: skip
        spec = SourceSpec("reports", moto.url, options, read=moto.credential)
        connector = FilesConnector.build(spec, CLOCK)
        try:
            assert connector.check() == "8 report files"
            return list(connector.pull(cursor, CLOCK.now()))
        finally:
            connector.close()

    first = read("")
    assert {d.content.decode() for d in documents(first)} == set(NAMES) - {"CODEOWNERS"}
    assert {d.asset for d in documents(first)} == {"payments", "lending", "", "payments-old"}
    assert documents(read(first[-1].cursor)) == []
    s3.put_object(Bucket="bank-reports", Key="ci/loose.sarif", Body=b"new")
    assert [d.content for d in documents(read(first[-1].cursor))] == [b"new"]
