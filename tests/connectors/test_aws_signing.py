"""Who asks AWS, and the proof of it: our signatures are those of boto3, our keys those it finds."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from riskcockpit.config.credentials import Credential, redact, resolve
from riskcockpit.config.settings import CredentialRef
from riskcockpit.connectors.amazon.endpoints import address, is_region
from riskcockpit.connectors.amazon.faults import LIMITED, heard
from riskcockpit.connectors.amazon.keys import Keys, found_by_tools, keys_in, keys_of
from riskcockpit.connectors.amazon.signing import Signer
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.aws.connector import AwsConnector
from riskcockpit.connectors.dialect import Outgoing
from riskcockpit.connectors.reply import NotSentError, Reply
from riskcockpit.domain.action import Action, ActionKind, Outcome
from riskcockpit.errors import AuthenticationError, ConfigError
from support.aws_office import CLOCK, HERE, Office, office
from support.moto_server import Moto, running_moto
from support.processes import free_port
from support.sim_server import serving
from support.simulated import SimReply

AT = datetime(2026, 3, 2, 12, 0)
ACCESS, SECRET = "AKIATEST", secrets.token_hex(20)
TOKEN = secrets.token_hex(40)


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_given: AT)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with files of the AWS tools and nothing in the environment."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    return tmp_path


@pytest.fixture(scope="module")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    with running_moto(tmp_path_factory.mktemp("moto")) as server:
        yield server


def sent_by_boto3(service: str, call: Callable[[Any], Any], **config: Any) -> Any:
    """Return the request that boto3 would have sent."""
    client = boto3.client(
        service,
        region_name=HERE,
        aws_access_key_id=ACCESS,
        aws_secret_access_key=SECRET,
        aws_session_token=TOKEN,
        config=Config(
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            **config,
        ),
    )
    seen: list[Any] = []

    def stop(request: Any, **_given: Any) -> AWSResponse:
        seen.append(request)
        raise InterruptedError

    client.meta.events.register("before-send", stop)
    with pytest.raises(InterruptedError):
        call(client)
    return seen[0]


def signed_by_us(service: str, request: Any) -> dict[str, str]:
    given = {name.lower(): _text(value) for name, value in request.headers.items()}
    body = request.body or b""
    outgoing = Outgoing(request.method, request.url, given, body)
    value = json.dumps({"AccessKeyId": ACCESS, "SecretAccessKey": SECRET, "SessionToken": TOKEN})
    made = Signer(service, HERE)(outgoing, Credential(value, "env X"))
    return {name.lower(): value for name, value in made.items()}


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


# Signatures ----------------------------------------------------------------------------------

QUESTION = {"RecordState": [{"Value": "ACTIVE", "Comparison": "EQUALS"}]}
KEY = "ci/a b+c/ü &?#%~é.json"


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize(
    ("service", "call"),
    [
        ("securityhub", lambda c: c.get_findings(Filters=QUESTION, MaxResults=5)),
        ("securityhub", lambda c: c.get_findings_v2(MaxResults=5)),
        ("inspector2", lambda c: c.list_findings(maxResults=5)),
        ("config", lambda c: c.describe_config_rules()),
        ("sagemaker", lambda c: c.list_endpoints(MaxResults=5)),
        ("s3", lambda c: c.get_object(Bucket="bank.reports", Key=KEY)),
        ("s3", lambda c: c.list_objects_v2(Bucket="bank-reports", Prefix=KEY, MaxKeys=7)),
    ],
)
def test_our_signature_of_a_request_is_the_one_of_boto3(
    service: str, call: Callable[[Any], Any]
) -> None:
    request = sent_by_boto3(service, call, s3={"addressing_style": "path"})
    ours = signed_by_us(service, request)
    assert len(ours) == (4 if service == "s3" else 3)
    for name, value in ours.items():
        assert value == _text(request.headers[name]), name


@pytest.mark.usefixtures("frozen")
def test_we_ask_for_the_same_as_boto3_in_the_same_place() -> None:
    with office() as desk:
        desk.options = {"regions": [HERE], "services": ["securityhub", "config", "sagemaker"]}
        list(desk.connector().pull("", CLOCK.now()))
        asked = {one.operation: one.body for one in desk.sim.exchanges}
    theirs = sent_by_boto3("securityhub", lambda c: c.get_findings(**asked["GetFindings"]))
    assert json.loads(theirs.body) == asked["GetFindings"]
    assert theirs.url == f"{address('securityhub', HERE)}/findings"
    theirs = sent_by_boto3("sagemaker", lambda c: c.list_endpoints(**asked["ListEndpoints"]))
    assert json.loads(theirs.body) == asked["ListEndpoints"]
    assert theirs.url == f"{address('sagemaker', HERE)}/"
    assert _text(theirs.headers["X-Amz-Target"]) == "SageMaker.ListEndpoints"
    assert _text(theirs.headers["Content-Type"]) == "application/x-amz-json-1.1"


@pytest.mark.parametrize(
    "region",
    ["eu-central-1", "us-east-2", "cn-north-1", "us-gov-west-1", "eusc-de-east-1", "us-iso-east-1",
     "us-isob-east-1", "us-isof-south-1", "eu-isoe-west-1"],
)  # fmt: skip
def test_each_service_is_asked_where_boto3_asks_it(region: str) -> None:
    """In a region of every partition."""
    services = ("securityhub", "inspector2", "config", "sagemaker", "s3", "sts")
    assert is_region(region)
    for service in services:
        client = boto3.client(
            service, region_name=region, aws_access_key_id="x", aws_secret_access_key="x"
        )
        assert address(service, region) == client.meta.endpoint_url


def test_the_codes_of_throttling_are_those_that_botocore_retries() -> None:
    from botocore.retries.standard import ThrottledRetryableChecker  # noqa: PLC0415 - one test

    assert set(ThrottledRetryableChecker._THROTTLED_ERROR_CODES) <= LIMITED | {
        "RequestThrottledException"
    }


@pytest.mark.parametrize(
    ("status", "body", "headers", "wanted", "said"),
    [
        (400, {"__type": "ThrottlingException", "message": "Rate exceeded"}, {}, 429, "Rate"),
        (400, {"__type": "a.b#AccessDeniedException", "Message": "no"}, {}, 403, "no"),
        (403, {"message": "old"}, {"x-amzn-errortype": "ExpiredTokenException:x"}, 401, "old"),
        (401, {"Code": "InvalidAccessException", "Message": "off"}, {}, 403, "off"),
        (400, {"code": "ValidationException", "message": None}, {}, 400, "ValidationException"),
        (500, {"__type": "AccessDeniedException"}, {}, 500, "AccessDenied"),
        (503, b"<Error><Code>SlowDown</Code><Message>x</Message></Error>", {}, 429, "SlowDown: x"),
        (403, b"<html>Forbidden</html>", {}, 403, "Forbidden"),
        (400, b"\xff\x00", {}, 400, ""),
        (200, {"__type": "ThrottlingException"}, {}, 200, ""),
    ],
)
def test_what_aws_says_is_put_into_statuses(
    status: int, body: Any, headers: dict[str, str], wanted: int, said: str
) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    got = heard(Reply(status, content, headers))
    assert got.status == wanted
    assert said in got.quote


# Keys ----------------------------------------------------------------------------------------


def test_a_reference_holds_a_secret_with_an_id_or_what_a_program_prints() -> None:
    assert keys_in(Credential(SECRET, "env X", username=ACCESS)) == Keys(ACCESS, SECRET)
    for bad in ("", "no json", "[]", '{"AccessKeyId": "x"}', '{"AccessKeyId": 1}'):
        with pytest.raises(ConfigError, match="env X holds no AWS keys") as caught:
            keys_in(Credential(bad, "env X"))
        assert not bad or bad not in caught.value.message


def test_a_program_prints_keys_as_a_credential_process_does(tmp_path: Path) -> None:
    script = tmp_path / "keys.py"
    printed = {
        "Version": 1,
        "AccessKeyId": ACCESS,
        "SecretAccessKey": SECRET,
        "SessionToken": TOKEN,
        "Expiration": "2026-03-02T13:00:00Z",
    }
    script.write_text(f"print({json.dumps(json.dumps(printed))})")
    found = resolve(CredentialRef(exec=(sys.executable, str(script))), CLOCK)
    assert found.expires_at == datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
    assert keys_in(found) == Keys(ACCESS, SECRET, TOKEN)
    assert SECRET not in redact(f"a {SECRET} b {TOKEN}")
    assert TOKEN not in redact(f"a {SECRET} b {TOKEN}")


def test_profiles_are_resolved_as_the_aws_tools_do(home: Path) -> None:
    program = json.dumps(
        {"Version": 1, "AccessKeyId": "AKIAPROC", "SecretAccessKey": SECRET, "SessionToken": TOKEN}
    )
    script = home / "keys.py"
    script.write_text(f"print({program!r})")
    (home / "config").write_text(
        f"[profile plain]\naws_access_key_id = {ACCESS}\naws_secret_access_key = {SECRET}\n"
        f"[profile asked]\ncredential_process = {sys.executable} {script}\n"
    )
    assert keys_of(found_by_tools("plain")) == Keys(ACCESS, SECRET)
    assert keys_of(found_by_tools("asked")) == Keys("AKIAPROC", SECRET, TOKEN)
    assert redact(f"x{SECRET}x") == "x***x"
    assert "plain" in repr(found_by_tools("plain"))


def test_the_environment_is_the_default_chain(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert home.is_dir()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    assert keys_of(found_by_tools("")) == Keys(ACCESS, SECRET, TOKEN)


def test_a_role_is_assumed_and_renewed(
    home: Path, moto: Moto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", moto.url)
    (home / "config").write_text(
        f"[profile base]\naws_access_key_id = {ACCESS}\naws_secret_access_key = {SECRET}\n"
        "[profile audit]\nrole_arn = arn:aws:iam::123456789012:role/audit\n"
        "source_profile = base\nregion = eu-central-1\n"
    )
    credential = found_by_tools("audit")
    first = keys_of(credential)
    assert first.access_key.startswith("ASIA")
    assert first.token
    assert keys_of(credential) == first
    assert credential.renew is not None
    assert keys_of(credential.renew()) != first


@contextmanager
def portal() -> Iterator[str]:
    """A portal of SSO that gives keys for a token."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path.startswith("/federation/credentials?")
            assert self.headers["x-amz-sso_bearer_token"] == TOKEN
            expires = int(datetime.now(UTC).timestamp() * 1000) + 3_600_000
            keys = {"accessKeyId": "ASIASSO", "secretAccessKey": SECRET, "sessionToken": "s" * 20,
                    "expiration": expires}  # fmt: skip
            content = json.dumps({"roleCredentials": keys}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_who_logged_in_with_sso_is_known(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = "https://sso.bank.example"
    (home / "config").write_text(
        f"[profile sso]\nsso_start_url = {start}\nsso_region = eu-central-1\n"
        "sso_account_id = 123456789012\nsso_role_name = audit\n"
    )
    kept = home / f"{hashlib.sha1(start.encode()).hexdigest()}.json"
    kept.write_text(json.dumps({"accessToken": TOKEN, "expiresAt": "2099-01-01T00:00:00Z"}))
    monkeypatch.setattr("botocore.credentials.SSOProvider._SSO_TOKEN_CACHE_DIR", str(home))
    with portal() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSO", url)
        assert keys_of(found_by_tools("sso")) == Keys("ASIASSO", SECRET, "s" * 20)


@pytest.mark.parametrize(
    ("profile", "family", "why"),
    [
        ("none", AuthenticationError, "none"),
        ("sso", AuthenticationError, "aws sso login"),
        ("mfa", ConfigError, "a code of a second factor"),
        ("through", ConfigError, "a code of a second factor"),
        ("", AuthenticationError, "there are no AWS credentials in the default chain"),
    ],
)
def test_what_cannot_be_had_says_what_to_do_and_never_asks(
    home: Path, monkeypatch: pytest.MonkeyPatch, profile: str, family: type[Exception], why: str
) -> None:
    monkeypatch.setenv("HOME", str(home))
    (home / "config").write_text(
        "[profile sso]\nsso_start_url = https://sso.bank.example\nsso_region = eu-central-1\n"
        "sso_account_id = 123456789012\nsso_role_name = audit\n"
        "[profile mfa]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = base\n"
        "mfa_serial = arn:aws:iam::123456789012:mfa/x\n"
        "[profile base]\naws_access_key_id = AKIA\naws_secret_access_key = x\n"
        "[profile through]\nrole_arn = arn:aws:iam::123456789012:role/y\nsource_profile = mfa\n"
    )
    with pytest.raises(family) as caught:
        keys_of(found_by_tools(profile))
    error = caught.value
    assert why in f"{error} {getattr(error, 'hint', '')}"


class Denying:
    """A token service that lets nobody assume anything."""

    base, slow_seconds = "", 0.0

    def answer(self, *_given: Any) -> SimReply:
        """Refuse."""
        error = "<Error><Code>AccessDenied</Code><Message>not you</Message></Error>"
        return SimReply(403, f"<ErrorResponse>{error}</ErrorResponse>".encode())


def assuming(home: Path, monkeypatch: pytest.MonkeyPatch, sts: str) -> Credential:
    (home / "config").write_text(
        "[profile base]\naws_access_key_id = AKIA\naws_secret_access_key = x\n"
        "[profile audit]\nrole_arn = arn:aws:iam::123456789012:role/audit\n"
        "source_profile = base\nregion = eu-central-1\n"
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    return found_by_tools("audit")


def test_a_role_that_may_not_be_assumed_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Denying()) as url:
        credential = assuming(home, monkeypatch, url)
        with pytest.raises(AuthenticationError, match="not you"):
            keys_of(credential)


def test_a_token_service_that_does_not_answer_means_that_nothing_was_sent(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credential = assuming(home, monkeypatch, f"http://127.0.0.1:{free_port()}")
    with pytest.raises(NotSentError, match="the profile audit"):
        keys_of(credential)


# Renewal -------------------------------------------------------------------------------------


def renewable(desk: Office, renewed: list[str]) -> Credential:
    keys = desk.sim.credential

    def renew() -> Credential:
        renewed.append("once")
        return keys

    return Credential(keys.value, "exec login", username=keys.username, renew=renew)


def test_an_expired_token_is_renewed_once_and_the_write_is_sent_once() -> None:
    renewed: list[str] = []
    with office() as desk:
        finding = desk.region.hub(1)
        options = {"regions": [HERE], "services": ["securityhub"], "write": True}
        keys = renewable(desk, renewed)
        spec = SourceSpec("bank-aws", desk.url, options, read=keys, write=keys)
        desk.sim.fail("expired", "BatchUpdateFindings")
        target = f"securityhub/{HERE} {finding['ProductArn']} {finding['Id']}"
        params = {"from": "NEW", "to": "suppressed", "comment": "why"}
        action = Action("", ActionKind.ALERT_DISMISS, "bank-aws", target, params)
        connector = AwsConnector.build(spec, CLOCK)
        assert connector.apply(action).outcome is Outcome.DONE
        connector.close()
        assert renewed == ["once"]
        assert len(desk.region.writes) == 1


def test_nothing_that_is_signed_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """botocore logs the canonical request, with the session token in it."""
    caplog.set_level(logging.DEBUG)
    value = json.dumps({"AccessKeyId": ACCESS, "SecretAccessKey": SECRET, "SessionToken": TOKEN})
    logging.getLogger("botocore").setLevel(logging.DEBUG)
    outgoing = Outgoing("POST", "https://x.example/", {}, b"{}")
    made = Signer("config", HERE)(outgoing, Credential(value, "env X"))
    assert made["X-Amz-Security-Token"] == TOKEN
    assert TOKEN not in caplog.text
    assert made["Authorization"] not in caplog.text
