"""Clear secrets are taken out, clean text stays. All secrets here are made up at run time."""

from __future__ import annotations

import json
import random
import re
import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskcockpit.domain.redaction import SUSPECT, Redactor, is_secret_name, may_hold_secret

REDACT = Redactor(b"a key for tests")
LETTERS = random.Random(7)


def token(length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    """Return made-up characters, with a letter and a digit among them."""
    return "a1" + "".join(LETTERS.choice(alphabet) for _ in range(length - 2))


UPPER = string.ascii_uppercase + "234567"
SECRETS = {
    "access key": "AK" + "IA" + "".join(LETTERS.choice(UPPER) for _ in range(16)),
    "temporary access key": "AS" + "IA" + "".join(LETTERS.choice(UPPER) for _ in range(16)),
    "forge token": "gh" + "p_" + token(36),
    "fine-grained forge token": "github_" + "pat_" + token(40),
    "other forge token": "gl" + "pat-" + token(20),
    "chat token": "xo" + "xb-" + token(24),
    "map key": "AI" + "za" + token(35),
    "session token": "ya" + "29." + token(40),
    "signed token": "ey" + "J" + token(20) + "." + "ey" + "J" + token(30) + "." + token(30),
    "payment key": "sk" + "_live_" + token(24),
    "package token": "np" + "m_" + token(36),
    "upload token": "py" + "pi-" + token(60),
    "model hub token": "hf" + "_" + token(34),
    "service key": "sk" + "-proj-" + token(40),
    "vault token": "hv" + "s." + token(24),
    "batch token": "hv" + "b." + token(120),
    "workspace token": "da" + "pi" + token(32, "0123456789abcdef"),
    "registry token": "dckr" + "_pat_" + token(27),
    "dashboard token": "gl" + "sa_" + token(32) + "_" + token(8, "0123456789abcdef"),
    "tracker token": "ATA" + "TT3" + token(180),
    "workspace key": token(14) + "." + "atlas" + "v1." + token(64),
    "telephony key": "S" + "K" + token(32, "0123456789abcdef"),
    "client secret": token(3) + "8" + "Q~" + token(34),
}


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("frame", ["{}", "found {} here", 'x = "{}"', "({})", "a\n{}\nb"])
def test_tokens_with_a_known_shape_are_replaced(kind: str, frame: str) -> None:
    secret = SECRETS[kind]
    text = frame.format(secret)
    assert may_hold_secret(json.dumps(text).encode())
    cleaned = REDACT(text)
    assert secret not in cleaned
    assert "<redacted:" in cleaned


@pytest.mark.parametrize(
    "frame",
    [
        "password={}",
        "PASSWORD: '{}'",
        'db_password = "{}"',
        '"password": "{}"',
        'clientSecret: "{}"',
        "api_key=>'{}'",
        'token := "{}"',
        "aws_secret_access_key = {}",
        "Authorization: Bearer {}",
        "postgresql://app:{}@db.example.invalid/bank",
        "Server=db;Uid=app;Pwd={};",
        "mongodb+srv://app:{}@db.example.invalid",
    ],
)
def test_assigned_values_are_replaced(frame: str) -> None:
    secret = token(24)
    text = frame.format(secret)
    assert may_hold_secret(json.dumps(text).encode())
    assert secret not in REDACT(text)


def test_a_private_key_is_replaced_whole_even_when_it_is_cut_off() -> None:
    body = "\n".join(token(64) for _ in range(4))
    begin, end = (f"-----{word} RSA PRIVATE KEY-----" for word in ("BEGIN", "END"))
    for text in (f"x\n{begin}\n{body}\n{end}\ny", f"x\n{begin}\n{body}"):
        cleaned = REDACT(text)
        assert "PRIVATE KEY" not in cleaned
        assert body[:20] not in cleaned
    assert REDACT(f"{begin}\n{body}\n{end}\ny").endswith("\ny")


@pytest.mark.parametrize(
    "text",
    [
        "Possible hardcoded password assigned to: DB_PASSWORD",
        "Ensure the secret is rotated",
        "password = os.environ['DB']",
        "token = get_token()",
        "the key: value pairs of the map",
        "see https://example.invalid/a@b",
        "user@example.invalid",
        "Basic authentication is used",
        "primary key: customer_identifier_column",
        "commit 4f2a9c",
        "",
        "password:",
        "<redacted:0123456789ab>",
    ],
)
def test_clean_text_stays_as_it_is(text: str) -> None:
    assert REDACT(text) == text


def test_one_secret_has_one_mark_and_another_key_another() -> None:
    secret = token(24)
    first, second = REDACT(f"password={secret}"), REDACT(f'token: "{secret}"')
    mark = first.removeprefix("password=")
    assert mark in second
    assert len(mark) == len("<redacted:>") + 12
    assert mark not in Redactor(b"another key")(f"password={secret}")
    assert REDACT.digest(secret).startswith(mark[10:-1])


def test_redaction_is_idempotent() -> None:
    text = f"password={token(24)} postgres://u:{token(12)}@h/ token='{token(20)}'"
    assert REDACT(REDACT(text)) == REDACT(text)


@given(st.text(max_size=300))
def test_no_text_makes_it_fail(text: str) -> None:
    assert isinstance(REDACT(text), str)


@given(
    st.text(alphabet=string.ascii_letters + " .,=:'\"", max_size=40),
    st.text(alphabet=string.ascii_letters + " .,", max_size=40),
    st.sampled_from(sorted(SECRETS)),
)
def test_whatever_stands_around_it_a_token_between_blanks_is_found(
    before: str, after: str, kind: str
) -> None:
    text = f"{before} {SECRETS[kind]} {after}"
    assert SECRETS[kind] not in REDACT(text)
    assert may_hold_secret(json.dumps(text).encode())


def test_a_long_hostile_text_takes_no_quadratic_time() -> None:
    started = time.process_time()
    for unit in (
        "password",
        "password=",
        "token:",
        "://a:",
        "eyJ",
        "-----BEGIN ",
        "secret_key_",
        "a@",
    ):
        REDACT(unit * (200_000 // len(unit)))
    assert time.process_time() - started < 10


def test_clean_text_costs_little() -> None:
    texts = [f"SQL built from request data in handler {n}" for n in range(100_000)]
    started = time.process_time()
    for text in texts:
        REDACT(text)
    assert time.process_time() - started < 1.0  # 0.2 s on an idle machine


@pytest.mark.parametrize("name", ["password", "client_secret", "clientSecret", "API-KEY", "token"])
def test_names_of_secrets_are_known(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["tokens_used", "key", "title", "passed"])
def test_other_names_are_not(name: str) -> None:
    assert not is_secret_name(name)


def test_an_empty_key_is_refused() -> None:
    with pytest.raises(ValueError, match="key"):
        Redactor(b"")


def test_blank_text_has_no_digest() -> None:
    assert REDACT.digest("  ") == ""


@pytest.mark.parametrize(
    "spelt",
    [
        r"password\u003d\u0027{}\u0027",
        r"passw\u006frd = {}",
        r"https:\/\/someone:{}@example.org",
        r"password\n:\t{}",
        r"password\t= \"{}\"",
    ],
)
def test_a_secret_in_escapes_of_json_is_looked_at_closely(spelt: str) -> None:
    secret = token(20)
    record = f'["{spelt.format(secret)}"]'.encode()
    assert may_hold_secret(record)
    assert secret not in REDACT(json.loads(record)[0])


def test_escapes_that_many_write_everywhere_make_no_record_suspect() -> None:
    assert not may_hold_secret(rb'["a \u003c b \u003e c \u0026 d \u00e9"]')


PIECES = (
    "pass", "word", "passwort", "phrase", "PWD", "secret", "Token", "api", "_key", "KEY",
    "private_", "account-", "client", "credential", "s", "x" * 41, "-", "_", "\\", '"', "'", " ",
    "\n", ":", "=", "://", "@", "user", "bearer", "Basic ", "AKIA", "ABCD", "ghp_", "eyJ", "SG.",
    "xox", "b-", "sk-", "SK", "abcdefgh", "12345678", "npm_", "hooks.slack.com", "-----BEGIN ", "{",
    "\u00e4", "\\u003d", "\\u003c", "\\u00e9", ":\\/\\/", "\\n", "\\t",
)  # fmt: skip


@settings(max_examples=400)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_the_quick_search_for_suspects_finds_what_the_pattern_finds(text: str) -> None:
    record = text.encode()
    assert may_hold_secret(record) == bool(re.search(SUSPECT.encode(), record))
