"""Credentials come from where the reference says, in memory, and never show."""

from __future__ import annotations

import base64
import html
import json
import secrets
import sys
import time
import types
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from riskcockpit.config import credentials
from riskcockpit.config.credentials import Credential, redact, resolve
from riskcockpit.config.programs import run_for_output
from riskcockpit.config.settings import CredentialRef
from riskcockpit.domain.clock import FrozenClock, rfc3339
from riskcockpit.errors import ConfigError

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def secret() -> str:
    return secrets.token_hex(16)


@pytest.fixture(autouse=True)
def _no_cached_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "_printed", {})


def _program(tmp_path: Path, body: str) -> tuple[str, ...]:
    script = tmp_path / "helper.py"
    script.write_text(body)
    return (sys.executable, str(script))


def test_a_variable_of_the_environment(secret: str) -> None:
    found = resolve(CredentialRef(env="TOKEN", username="ci"), environ={"TOKEN": secret})
    assert (found.value, found.source, found.username) == (secret, "env TOKEN", "ci")


@pytest.mark.parametrize("environ", [{}, {"TOKEN": ""}])
def test_a_missing_variable_is_named(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="TOKEN is not set") as caught:
        resolve(CredentialRef(env="TOKEN"), environ=environ)
    assert caught.value.hint


def test_neither_repr_nor_str_nor_format_show_the_value(secret: str) -> None:
    found = resolve(CredentialRef(env="TOKEN"), environ={"TOKEN": secret})
    assert all(secret not in text for text in (repr(found), str(found), f"{found}", f"{[found]}"))


def test_what_was_resolved_is_redacted_from_any_text(secret: str) -> None:
    resolve(CredentialRef(env="TOKEN"), environ={"TOKEN": secret})
    assert redact(f"Bearer {secret}!") == "Bearer ***!"


def test_what_was_resolved_is_redacted_as_servers_repeat_it(secret: str) -> None:
    password = f'{secret[:8]}/ä"&\\ {secret[8:]}'
    resolve(CredentialRef(env="TOKEN"), environ={"TOKEN": password})
    for said in (
        quote(password, safe=""),
        quote_plus(password),
        html.escape(password),
        json.dumps(password)[1:-1],
        json.dumps(password, ensure_ascii=False)[1:-1],
        json.dumps(password).replace("/", "\\/")[1:-1],
        base64.b64encode(password.encode()).decode(),
    ):
        assert redact(f"<{said}>").rstrip("=>") == "<***", said


@pytest.mark.parametrize(
    "ref",
    [CredentialRef(), CredentialRef(env="A", file="/b"), CredentialRef(env="A", keyring="b/c")],
)
def test_a_reference_is_of_exactly_one_kind(ref: CredentialRef) -> None:
    with pytest.raises(ConfigError):
        resolve(ref)


def test_a_private_file(tmp_path: Path, secret: str) -> None:
    path = tmp_path / "token"
    path.write_text(f"{secret}\n")
    path.chmod(0o600)
    assert resolve(CredentialRef(file=str(path))).value == secret


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601, 0o777])
def test_a_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "token"
    path.write_text("x" * 20)
    path.chmod(mode)
    with pytest.raises(ConfigError, match=f"mode {mode:04o}") as caught:
        resolve(CredentialRef(file=str(path)))
    assert caught.value.hint == f"chmod 600 {path}"


def test_a_directory_a_missing_and_a_relative_file_are_refused(tmp_path: Path) -> None:
    for name in (str(tmp_path), str(tmp_path / "none"), "token"):
        with pytest.raises(ConfigError):
            resolve(CredentialRef(file=name))


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"one\ntwo", b"a\x00b", b"\xff\xfe", b"x" * 70_000]
)
def test_a_credential_is_one_printable_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigError) as caught:
        resolve(CredentialRef(file=str(path)))
    assert "two" not in str(caught.value)


def test_a_program_prints_a_bare_line(tmp_path: Path, secret: str) -> None:
    argv = _program(tmp_path, f"print({secret!r})")
    found = resolve(CredentialRef(exec=argv))
    assert found.value == secret
    assert found.source == f"exec {Path(sys.executable).name}"


def test_a_program_prints_an_exec_credential(tmp_path: Path, secret: str) -> None:
    expires = NOW + timedelta(minutes=5)
    answer = {"status": {"token": secret, "expirationTimestamp": rfc3339(expires)}}
    argv = _program(tmp_path, f"print({json.dumps(answer)!r})")
    found = resolve(CredentialRef(exec=argv), FrozenClock(NOW))
    assert (found.value, found.expires_at) == (secret, expires)


def test_a_program_runs_once_in_its_ttl_and_again_to_renew(tmp_path: Path) -> None:
    argv = _program(
        tmp_path,
        f"p = {str(tmp_path / 'count')!r}\n"
        "open(p, 'a').write('x')\nprint('run', len(open(p).read()))",
    )
    ref = CredentialRef(exec=argv, ttl="1h")
    first, second = resolve(ref), resolve(ref)
    assert (first.value, second.value) == ("run 1", "run 1")
    assert second.renew is not None
    renewed = second.renew()
    assert renewed.value == "run 2"
    assert renewed.renew is None, "a credential is renewed once, not for ever"
    assert resolve(ref).value == "run 2"


def test_an_expired_credential_is_asked_for_again(tmp_path: Path) -> None:
    answer = {"status": {"token": "t-old", "expirationTimestamp": rfc3339(NOW)}}
    argv = _program(tmp_path, f"print({json.dumps(answer)!r})")
    assert resolve(CredentialRef(exec=argv), FrozenClock(NOW)).value == "t-old"
    _program(tmp_path, "print('t-new')")
    assert resolve(CredentialRef(exec=argv), FrozenClock(NOW)).value == "t-new"


def test_a_failing_program_tells_neither_arguments_nor_output(tmp_path: Path, secret: str) -> None:
    argv = (*_program(tmp_path, f"import sys\nprint({secret!r})\nsys.exit(3)"), secret)
    with pytest.raises(ConfigError, match="ended with status 3") as caught:
        resolve(CredentialRef(exec=argv))
    error = caught.value
    assert secret not in f"{error} {error.hint} {error.detail} {error.__cause__!r}"


def test_a_program_that_cannot_start_is_named() -> None:
    with pytest.raises(ConfigError, match="surely-not-a-program"):
        resolve(CredentialRef(exec=("surely-not-a-program",)))
    with pytest.raises(ConfigError, match="names no program"):
        resolve(CredentialRef(exec=()))


def test_a_program_gets_no_input_no_shell_and_its_own_session(tmp_path: Path) -> None:
    body = (
        "import os, sys\n"
        "assert sys.stdin.read() == ''\n"
        "print(sys.argv[1], os.getsid(0) == os.getpid())"
    )
    argv = (*_program(tmp_path, body), "$HOME;id")
    assert resolve(CredentialRef(exec=argv)).value == "$HOME;id True"


def test_a_program_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    beats = tmp_path / "beats"
    child = f"import time\nwhile True: open({str(beats)!r}, 'a').write('x'); time.sleep(0.02)"
    body = (
        "import subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-c', {child!r}])\n"
        "time.sleep(60)"
    )
    with pytest.raises(ConfigError, match="gave no answer within 2 s"):
        run_for_output(_program(tmp_path, body), max_bytes=100, timeout_seconds=2.0)
    after = beats.stat().st_size
    time.sleep(0.2)
    assert 0 < after == beats.stat().st_size


def test_a_program_that_never_stops_printing_is_cut_off(tmp_path: Path) -> None:
    argv = _program(tmp_path, "while True: print('y' * 1000)")
    with pytest.raises(ConfigError, match="longer than"):
        resolve(CredentialRef(exec=argv))


def test_a_bad_ttl_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ttl"):
        resolve(CredentialRef(exec=_program(tmp_path, "print('x' * 8)"), ttl="soon"))


def test_without_the_keyring_package_the_hint_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigError, match="needs the Python package keyring") as caught:
        resolve(CredentialRef(keyring="mlflow/ci"))
    assert "env, exec or file" in (caught.value.hint or "")


def test_a_keyring_without_a_backend_is_a_clear_error(
    monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    def refuse(_service: str, _user: str) -> str:
        raise RuntimeError(f"backend said {secret}")

    fake = types.ModuleType("keyring")
    monkeypatch.setattr(fake, "get_password", refuse, raising=False)
    monkeypatch.setitem(sys.modules, "keyring", fake)
    with pytest.raises(ConfigError, match="no usable keyring") as caught:
        resolve(CredentialRef(keyring="mlflow/ci"))
    assert secret not in f"{caught.value} {caught.value.detail}"
    assert caught.value.__cause__ is None


def test_a_keyring_entry_is_split_at_its_last_slash(
    monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    fake = types.ModuleType("keyring")
    entries = {("team/mlflow", "ci"): secret}
    monkeypatch.setattr(fake, "get_password", lambda s, u: entries.get((s, u)), raising=False)
    monkeypatch.setitem(sys.modules, "keyring", fake)
    assert resolve(CredentialRef(keyring="team/mlflow/ci")).value == secret
    for entry in ("mlflow", "/ci", "team/", "team/other"):
        with pytest.raises(ConfigError):
            resolve(CredentialRef(keyring=entry))


def test_two_credentials_of_one_value_are_equal_whatever_renews_them(secret: str) -> None:
    assert Credential(secret, "env A") == Credential(secret, "env A", renew=lambda: None)  # type: ignore[arg-type, return-value] # only compared
