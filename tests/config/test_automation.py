"""The rules of automation and incidents as files: strict, with a schema that is theirs."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from riskcockpit.config.automation import automation_schema, parse_automation, read_automation
from riskcockpit.config.incidents import (
    incidents_schema,
    read_incidents,
    read_runbooks,
    runbook_schema,
)
from riskcockpit.config.paths import shipped
from riskcockpit.errors import ConfigError

FILE = Path("automation.yaml")


def rule(**changes: object) -> str:
    values = {"id": "a", "class": "accuracy", **changes}
    return yaml.safe_dump({"rules": [values]})


@pytest.mark.parametrize(
    ("name", "schema", "files"),
    [
        ("automation", automation_schema(), ["automation.yaml"]),
        ("incidents", incidents_schema(), ["incidents.yaml"]),
        ("runbook", runbook_schema(), ["runbooks/model-breach.yaml", "runbooks/data-breach.yaml"]),
    ],
)
def test_the_schema_that_ships_is_that_of_the_reader_and_what_ships_fits_it(
    name: str, schema: dict[str, object], files: list[str]
) -> None:
    shown = json.loads(shipped("config", f"{name}.schema.json").read_text())
    assert shown == json.loads(json.dumps(schema))
    for file in files:
        jsonschema.validate(yaml.safe_load(shipped("config", file).read_text()), shown)


def test_what_ships_can_be_read_and_enforces_nothing() -> None:
    found = read_automation(shipped("config", "automation.yaml")).value
    assert found.enforce == {}
    assert {rule.action for rule in found.rules if rule.class_.value == "drift"} == {"alarm"}
    assert read_incidents(shipped("config", "incidents.yaml")).rules
    assert set(read_runbooks(shipped("config", "runbooks"))) == {"model-breach", "data-breach"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (rule(**{"class": "drift", "action": "rollback"}), "class drift never roll back"),
        (rule(treshold=0.9), 'line 4: unknown key "treshold"'),
        (rule(windows=0), "windows: must be 1 to 100"),
        (rule(action="rollback", cooldown="30s"), "shorter than a minute"),
        (rule(max_age="soon"), 'max_age: "soon" is not a duration'),
        (rule(hysteresis=-0.1), "hysteresis: is below zero"),
        (rule(id=" "), "id: is empty"),
        ("enforce: {fraud: {approver: ''}}\n", "enforce.fraud.approver: is empty"),
        ("enforce: {fraud: {approver: a, until: soon}}\n", "enforce.fraud.until"),
        ("silence: {version_format: v}\n", "version_format"),
        ("max_per_day: -1\n", "max_per_day: is below zero"),
        ("version: 2\n", "version"),
        ("rules: &a []\nkill_switch: *a\n", "aliases are not allowed"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        parse_automation(text, FILE)


def test_two_rules_of_one_name_are_refused() -> None:
    text = yaml.safe_dump({"rules": [{"id": "a", "class": "bias"}] * 2}).replace("&id001", "")
    with pytest.raises(ConfigError, match="there twice"):
        parse_automation(text.replace("*id001", "{id: a, class: bias}"), FILE)
