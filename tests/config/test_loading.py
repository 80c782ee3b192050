"""Settings: errors name the place and the mend; every value knows where it was set."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.config.durations import parse_duration, written
from riskcockpit.config.loading import (
    effective,
    load_settings,
    parse_settings,
    settings_schema,
)
from riskcockpit.config.paths import Paths, shipped
from riskcockpit.errors import ConfigError

FILE = Path("riskcockpit.yaml")


def refused(text: str) -> tuple[str, str]:
    """The message and the hint of the error `text` gives."""
    with pytest.raises(ConfigError) as caught:
        parse_settings(text, FILE)
    return caught.value.message, caught.value.hint or ""


def test_without_a_file_the_defaults_are_in_force(tmp_path: Path) -> None:
    loaded = load_settings(Paths.under(tmp_path))
    assert loaded.settings.sla.critical_days == 7
    assert loaded.origin("sla.critical_days") == "default"


def test_an_unknown_key_is_named_with_its_line_and_the_nearest_known_one() -> None:
    message, hint = refused("context:\n  name: bank\n  prodution: true\n")
    assert message == (
        'cannot read settings from riskcockpit.yaml: line 3: unknown key "prodution"'
    )
    assert hint == 'did you mean "production"?'


def test_an_unknown_key_deep_in_a_list_is_named_with_its_line() -> None:
    text = "sources:\n  - name: a\n    kind: files\n    credential:\n      enviroment: X\n"
    message, hint = refused(text)
    assert "line 5" in message
    assert hint.startswith("known keys: env, ")


def test_a_key_that_belongs_inside_another_is_told_with_its_path() -> None:
    assert refused("keys: {}\n")[1] == 'did you mean "cockpit.keys"?'
    assert refused("themes: dark\n")[1] == 'did you mean "cockpit.theme"?'
    assert ", cockpit, " in refused("zzz: 1\n")[1][:70], "a banner may cut the rest"


def test_a_wrong_type_is_named_with_its_line_and_path() -> None:
    message, _ = refused("sla:\n  critical_days: soon\n")
    assert "line 2: sla.critical_days: Expected `int`, got `str`" in message


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("appetite: lots", 'appetite: "lots" is not an amount'),
        ('appetite: "NaN"', "is not an amount"),
        ("currency: euro", "is not an ISO 4217 code"),
        ("rollback: {cooldown: 4x}", '"4x" is not a duration'),
        ("sources: [{name: a, kind: k}, {name: a, kind: k}]", '"a" is there twice'),
        ("- a list", "a mapping of settings is expected"),
        ("context: {name: [}", "line 1"),
        ("a: &x 1\nb: *x", "aliases are not allowed"),
        ("sla: {critical_days: 2026-99-99}", "month must be in 1..12"),
    ],
)
def test_bad_settings_are_refused_with_the_reason(text: str, fragment: str) -> None:
    assert fragment in refused(text)[0]


def test_every_value_in_force_knows_its_origin() -> None:
    loaded = parse_settings("sla:\n  critical_days: 3\n", FILE)
    rows = {path: (value, origin) for path, value, origin in effective(loaded)}
    assert rows["sla.critical_days"] == ("3", "riskcockpit.yaml:2")
    assert rows["sla.high_days"] == ("30", "default")


def test_each_value_of_a_source_is_shown_where_it_was_set_and_no_secret_of_its_address() -> None:
    made_up = sha256(b"of as much entropy as a token usually has").hexdigest()[:26]
    text = f"""\
sources:
  - name: one
    kind: http
    url: https://reader:{made_up}@reports.example/?access_token={made_up}
"""
    rows = {path: (value, origin) for path, value, origin in effective(parse_settings(text, FILE))}
    assert rows["sources[0].kind"] == ("http", "riskcockpit.yaml:3")
    value, origin = rows["sources[0].url"]
    assert value == "https://reader:***@reports.example/?access_token=***"
    assert origin == "riskcockpit.yaml:4"


def test_the_schema_for_editors_accepts_what_is_accepted_and_refuses_unknown_keys() -> None:
    schema = settings_schema()
    jsonschema.validate({"sla": {"critical_days": 3}}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"sla": {"critical": 3}}, schema)


def test_the_shipped_template_is_made_of_known_keys() -> None:
    text = shipped("config", "init.yaml").read_text(encoding="utf-8")
    text = (
        text.replace("@PRINCIPAL@", "engineer")
        .replace("@LEDGER@", "")
        .replace("@SOURCES@", "")
        .replace("@ASSETS@", "")
    )
    assert parse_settings(text, FILE).settings.identity.principal == "engineer"


@given(st.text(max_size=200))
def test_any_text_is_settings_or_a_named_error(text: str) -> None:
    try:
        parse_settings(text, FILE)
    except ConfigError as error:
        assert str(FILE) in error.message


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_any_yaml_is_settings_or_a_named_error(value: object) -> None:
    try:
        parse_settings(yaml.safe_dump(value), FILE)
    except ConfigError as error:
        assert str(FILE) in error.message


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("1d12h", 129_600)])
def test_durations_are_read(text: str, seconds: int) -> None:
    assert parse_duration(text).total_seconds() == seconds
    assert parse_duration(written(parse_duration(text))).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "h", "1.5h", "-3d", "3 d", "999999999w", "15m "])
def test_what_is_not_a_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


def home_with_settings(tmp_path: Path) -> Paths:
    paths = Paths.under(tmp_path)
    paths.config.mkdir()
    paths.settings.write_text("currency: CHF\n")
    return paths


def test_settings_that_anybody_can_write_are_refused(tmp_path: Path) -> None:
    paths = home_with_settings(tmp_path)
    paths.settings.chmod(0o646)
    with pytest.raises(ConfigError, match="can be changed by anybody") as caught:
        load_settings(paths)
    assert caught.value.hint == f"chmod o-w {paths.settings}"
    paths.settings.chmod(0o664)
    assert load_settings(paths).settings.currency == "CHF"


def test_settings_that_anybody_can_replace_are_refused(tmp_path: Path) -> None:
    paths = home_with_settings(tmp_path)
    paths.config.chmod(0o777)
    with pytest.raises(ConfigError, match="can be changed by anybody"):
        load_settings(paths)
    paths.config.chmod(0o1777)
    assert load_settings(paths).settings.currency == "CHF"


def test_settings_of_another_user_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = home_with_settings(tmp_path)
    os.chown(paths.settings, os.geteuid(), -1)
    if os.geteuid() == 0:
        os.chown(paths.settings, 65534, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 65534)
    with pytest.raises(ConfigError, match="belongs to another user"):
        load_settings(paths)


@pytest.mark.parametrize(
    "text",
    ["a: " + "[" * 100_000 + "]" * 100_000, "a: " + "{a: " * 50_000 + "}" * 50_000, "- " * 50_000],
    ids=["lists", "mappings", "dashes"],
)
def test_nesting_that_would_end_the_process_is_refused(text: str) -> None:
    message, _ = refused(text)
    assert message.endswith("nested deeper than 200 levels")


def test_many_brackets_beside_each_other_are_not_deep() -> None:
    message, _ = refused("currency: " + "[[]" + ", []" * 300 + "]")
    assert "nested" not in message
